"""``wenbao eval NAME``: which measurements there are."""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "pages": "how well generated pages come apart into articles and paragraphs",
    "answers": "a question set against an archive",
    "refusal": "short answers, and refusal where the article is taken away",
    "retrieval": "recall of each leg and of their fusion",
    "speed": "throughput, latency, memory, cold start on this machine",
}


def run(name: str, rest: list[str]) -> int:
    """Runs one measurement; 2 when there is none of this name."""
    if name in COMMANDS:
        code: int = import_module(f"eval.{name}").main(rest)
        return code
    lines = [f"  {command:<10} {text}" for command, text in COMMANDS.items()]
    text = "usage: wenbao eval NAME ...\n\n" + "\n".join(lines) + "\n"
    asked = name in ("-h", "--help")
    (sys.stdout if asked else sys.stderr).write(text)
    return 0 if asked else 2
