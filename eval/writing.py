"""How fast a language model on this machine writes, and stops: wenbao eval writing --generator NAME

Asks it to read messages of some length and to write, and prints: seconds until the first piece,
tokens a second, the time from the moment a token is there until its piece has been passed on, and
the time that it takes to stop: while it reads, and while it writes.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator

from eval.commands import parser_of
from eval.figures import percentile
from eval.speed import machine
from rag.generate import Generator, Message, generator_of

ROUNDS = 20
PIECES = 100
"""So many are timed."""

TOLD = "The committee met on Monday and talked about the bridge, the school and the market. "


def asked(generator: Generator, tokens: int) -> list[Message]:
    """Messages of about so many tokens, which the model may take a while to answer."""
    told = TOLD * max(1, min(tokens, generator.context) // (generator.tokens(TOLD) + 1))
    return [{"role": "user", "content": told + "Tell it again, at length."}]


def passing_on(generator: Generator, messages: list[Message]) -> dict[str, float]:
    """Seconds until the first piece, tokens a second, and milliseconds from each token to its
    piece.
    """
    from torch.nn.modules.module import register_module_forward_hook
    from transformers import GenerationMixin

    steps: list[float] = []

    def note(module: object, *_: object) -> None:
        if isinstance(module, GenerationMixin):
            steps.append(time.perf_counter())

    hook = register_module_forward_hook(note)
    started = time.perf_counter()
    try:
        written = filter(None, generator.stream(messages))
        came = [(time.perf_counter(), len(steps)) for _ in itertools.islice(written, PIECES)]
    finally:
        hook.remove()
    late = [1000 * (at - steps[step - 1]) for at, step in came]
    first, ordered = came[0], sorted(late)
    return {
        "first piece s": first[0] - started,
        "tokens/s": (came[-1][1] - first[1]) / max(1e-9, came[-1][0] - first[0]),
        "first passed on ms": late[0],
        "passed on p50 ms": percentile(ordered, 50),
        "passed on p95 ms": percentile(ordered, 95),
    }


def stopping(
    generator: Generator, messages: list[Message], rounds: int, *, writes: bool
) -> dict[str, float]:
    """Seconds to close a reply, while the model reads or while it writes."""
    seconds = []
    for _ in range(rounds):
        pieces = generator.stream(messages)
        next(pieces)
        if writes:
            _until_written(pieces)
        started = time.perf_counter()
        pieces.close()  # type: ignore[attr-defined]
        seconds.append(time.perf_counter() - started)
    return {"p50 s": percentile(sorted(seconds), 50), "max s": max(seconds)}


def _until_written(pieces: Iterator[str]) -> None:
    """Reads on until there is something."""
    while not next(pieces):
        pass


def main(argv: list[str]) -> int:
    """``wenbao eval writing``."""
    parser = parser_of("wenbao eval writing", __doc__)
    parser.add_argument("--generator", required=True, help="a model on this machine")
    parser.add_argument("--tokens", type=int, default=2000, help="how much it has to read")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(argv)
    generator = generator_of(options.generator)
    messages = asked(generator, options.tokens)
    sys.stdout.write(machine() + "\n")
    read = sum(generator.tokens(message["content"]) for message in messages)
    _print(f"reads {read} tokens and writes", passing_on(generator, messages))
    for name, writes in (("stops while it reads", False), ("stops while it writes", True)):
        _print(name, stopping(generator, messages, options.rounds, writes=writes))
    return 0


def _print(name: str, figures: dict[str, float]) -> None:
    values = ", ".join(f"{key} {value:,.3f}" for key, value in figures.items())
    sys.stdout.write(f"{name}: {values}\n")
    sys.stdout.flush()
