"""How well generated sentences are told from invented ones: wenbao eval support [PAIRS]

Each line of PAIRS (examples/support.jsonl) is a sentence with a passage that supports it or,
subtly, does not. Precision is the share of the sentences called supported that are, recall the
share of the supported ones that are called so; then, kind by kind, the share that is judged right.
The checker's rules and thresholds were made with the part ``dev`` alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import mean, median

from embeddings import Encoder, SentenceEncoder
from eval.commands import parser_of
from eval.metrics import Rate, rate
from rag import Article, Hit, Passage
from rag.writing.check import check

PAIRS = Path(__file__).parents[1] / "examples" / "support.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A sentence, the passage that it names, and whether that supports it."""

    id: str
    part: str
    kind: str
    supported: bool
    sentence: str
    hit: Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A pair with what the check says of it, and the seconds of processor time that took, over all
    threads.
    """

    pair: Pair
    problem: str | None
    missing: tuple[str, ...]
    seconds: float

    @property
    def right(self) -> bool:
        """Whether it says what is so."""
        return (self.problem is None) == self.pair.supported


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file, one a line."""
    return [
        Pair(
            id=row["id"],
            part=row["part"],
            kind=row["kind"],
            supported=row["supported"],
            sentence=row["sentence"],
            hit=_hit(row["title"], row["date"], row["passage"]),
        )
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def judged(pairs: Sequence[Pair], encoder: Encoder) -> list[Judged]:
    """What the check says of each pair."""
    return [_judge(pair, encoder) for pair in pairs]


def precision(results: Sequence[Judged]) -> Rate:
    """Of the sentences called supported, the share that is."""
    return rate([one.pair.supported for one in results if one.problem is None])


def recall(results: Sequence[Judged]) -> Rate:
    """Of the supported sentences, the share called so."""
    return rate([one.problem is None for one in results if one.pair.supported])


def _hit(title: str, day: str, text: str) -> Hit:
    article = Article(title=title, text=text, date=date.fromisoformat(day))
    passage = Passage(article_id=article.id, start=0, end=len(text))
    return Hit(article=article, passage=passage, score=1.0)


def _judge(pair: Pair, encoder: Encoder) -> Judged:
    started = time.process_time()
    verdict = check(pair.sentence, [pair.hit], encoder.encode_passages)
    return Judged(
        pair=pair,
        problem=verdict.problem,
        missing=verdict.missing,
        seconds=time.process_time() - started,
    )


def _lines(results: Sequence[Judged], *, wrong: bool) -> Iterator[str]:
    for part in ("dev", "test"):
        some = [one for one in results if one.pair.part == part]
        yield f"{part:<6} precision {precision(some)}   recall {recall(some)}"
    yield ""
    for kind in dict.fromkeys(one.pair.kind for one in results):
        some = [one for one in results if one.pair.kind == kind]
        what = "supported" if some[0].pair.supported else "not supported"
        parts = ("dev", "test")
        shares = [rate([one.right for one in some if one.pair.part == part]) for part in parts]
        yield f"{kind:<11} {what:<14} right: dev {shares[0]}   test {shares[1]}"
    times = [1000 * one.seconds for one in results]
    yield f"\nprocessor ms a sentence: mean {mean(times):.1f}, median {median(times):.1f}"
    for one in results if wrong else ():
        if not one.right:
            yield f"{one.pair.part} {one.pair.id}: {one.problem} {one.missing} {one.pair.sentence}"


def main(argv: list[str]) -> int:
    """``wenbao eval support``."""
    parser = parser_of("wenbao eval support", __doc__)
    parser.add_argument("pairs", type=Path, nargs="?", default=PAIRS)
    parser.add_argument("--wrong", action="store_true", help="name the pairs judged wrongly")
    options = parser.parse_args(argv)
    encoder = SentenceEncoder()
    encoder.encode_passages(["。"])
    results = judged(read_pairs(options.pairs), encoder)
    sys.stdout.write("".join(f"{line}\n" for line in _lines(results, wrong=options.wrong)))
    return 0
