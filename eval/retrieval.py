"""Recall of each leg and of their fusion: wenbao eval retrieval QUESTIONS --archive A

QUESTIONS is a question set that names its gold articles. A rank is that of the first passage of a
gold article among distinct articles, in the whole of what a leg finds, not only in what is read.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.commands import parser_of
from eval.dataset import gold_ids, named_articles, read_questions
from eval.metrics import bootstrap, mcnemar, rank_of, rate
from rag import Archive, Settings
from rag.retrieve import Scores, dense_share, fuse
from rag.terms import question_terms


def legs(archive: Archive, question: str, vector: Any, settings: Settings) -> dict[str, Scores]:  # noqa: ANN401
    """The scores of the dense leg, the lexical leg and their fusion, by passage row."""
    dense = dict(archive.search_vectors(vector, settings.leg_size))
    lexical = dict(archive.search_terms(question_terms(question), settings.leg_size))
    both = dense | archive.cosines(vector, lexical.keys() - dense.keys())
    found = archive.passages_of(lexical)
    weight = dense_share(archive, question, found, lexical, settings)
    return {"dense": dense, "lexical": lexical, "fused": fuse(both, lexical, weight)}


def ranked_articles(archive: Archive, scores: Scores) -> list[str]:
    """Distinct article ids, best passage first."""
    found = archive.passages_of(scores)
    rows = sorted(found, key=lambda row: (-scores[row], row))
    return list(dict.fromkeys(found[row][0].id for row in rows))


def main(argv: list[str]) -> int:
    """``wenbao eval retrieval``."""
    parser = parser_of("wenbao eval retrieval", __doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument(
        "--dense-weight",
        type=float,
        nargs="*",
        default=[Settings().dense_weight],
        help="of the dense leg where a passage has all of the question's words",
    )
    options = parser.parse_args(argv)
    archive = Archive(options.archive, create=False)
    questions = [q for q in read_questions(options.questions) if q.gold]
    gold = gold_ids(questions, named_articles(archive))
    vectors = archive.encoder.encode_queries([q.question for q in questions])
    sys.stdout.write(f"{archive.counts().articles} articles, {len(questions)} questions\n")
    for weight in options.dense_weight:
        settings = Settings(dense_weight=weight)
        ranks: dict[str, list[int | None]] = {}
        for question, vector in zip(questions, vectors, strict=True):
            keys = frozenset().union(*gold[question.id])
            for leg, scores in legs(archive, question.question, vector, settings).items():
                ranks.setdefault(leg, []).append(rank_of(ranked_articles(archive, scores), keys))
        _report(ranks, settings)
    return 0


def _report(ranks: dict[str, list[int | None]], settings: Settings) -> None:
    sys.stdout.write(f"dense weight {settings.dense_weight}, settings {settings.id}\n")
    for leg, found in ranks.items():
        reciprocal = [1 / rank if rank else 0.0 for rank in found]
        low, high = bootstrap(reciprocal)
        mrr = sum(reciprocal) / len(reciprocal)
        line = f"  {leg:<8} R@1 {_within(found, 1)}   R@10 {_within(found, 10)}"
        sys.stdout.write(f"{line}   MRR {mrr:.3f} [{low:.3f}, {high:.3f}]\n")
    for k in (1, 10):
        fused, lexical = ([bool(r and r <= k) for r in ranks[leg]] for leg in ("fused", "lexical"))
        p = mcnemar(fused, lexical)
        sys.stdout.write(f"  fused against lexical, R@{k}: p = {p:.3f} (McNemar, exact)\n")


def _within(ranks: Sequence[int | None], k: int) -> str:
    return str(rate([bool(rank and rank <= k) for rank in ranks]))
