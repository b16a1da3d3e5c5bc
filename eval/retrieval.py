"""Recall of each leg and of their fusion: wenbao eval retrieval --archive A QUESTIONS.jsonl

Questions are JSONL with ``question``, ``gold_doc``, ``near_dup_docs`` and ``min_df``;
``--articles`` are the JSONL files, with ``id``, that the archive was made from. Only self-contained
questions count (``min_df`` <= 40). A rank is that of the first passage of a gold article among
distinct articles.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.jsonl import read_jsonl
from eval.metrics import bootstrap, mcnemar, rank_of, rate
from rag import Archive, Settings
from rag.retrieve import Scores, fuse
from rag.terms import question_terms

MAX_MIN_DF = 40


def legs(archive: Archive, question: str, vector: Any, settings: Settings) -> dict[str, Scores]:  # noqa: ANN401
    """The scores of the dense leg, the lexical leg and their fusion, by passage row."""
    dense = dict(archive.search_vectors(vector, settings.leg_size))
    lexical = dict(archive.search_terms(question_terms(question), settings.leg_size))
    both = dense | archive.cosines(vector, lexical.keys() - dense.keys())
    return {"dense": dense, "lexical": lexical, "fused": fuse(both, lexical, settings.dense_weight)}


def ranked_articles(archive: Archive, scores: Scores) -> list[str]:
    """Distinct article ids, best passage first."""
    found = archive.passages_of(scores)
    rows = sorted(found, key=lambda row: (-scores[row], row))
    return list(dict.fromkeys(found[row][0].id for row in rows))


def _ids(archive: Archive, files: Sequence[Path]) -> dict[str, str]:
    """The data's own ids -> the archive's."""
    by_text = {"".join(article.text.split()): article.id for article in archive.articles()}
    records = [record for path in files for record in read_jsonl(path)]
    keyed = {record["id"]: by_text.get("".join(record["text"].split())) for record in records}
    return {key: value for key, value in keyed.items() if value}


def gold_questions(
    archive: Archive, questions: Path, articles: Sequence[Path]
) -> list[tuple[dict[str, Any], set[str]]]:
    """The self-contained questions, with the archive's ids of the articles that answer each."""
    ids = _ids(archive, articles)
    return [
        (q, {ids[d] for d in (q["gold_doc"], *q["near_dup_docs"]) if d in ids})
        for q in read_jsonl(questions)
        if (q["min_df"] or 99) <= MAX_MIN_DF
    ]


def main(argv: list[str]) -> int:
    """``wenbao eval retrieval``."""
    parser = argparse.ArgumentParser(prog="wenbao eval retrieval", description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--articles", type=Path, nargs="+", required=True)
    parser.add_argument("--dense-weight", type=float, nargs="*", default=[Settings().dense_weight])
    options = parser.parse_args(argv)
    archive = Archive(options.archive, create=False)
    questions = gold_questions(archive, options.questions, options.articles)
    vectors = archive.encoder.encode_queries([q["question"] for q, _ in questions])
    sys.stdout.write(f"{archive.counts().articles} articles, {len(questions)} questions\n")
    for weight in options.dense_weight:
        settings = Settings(dense_weight=weight)
        ranks: dict[str, list[int | None]] = {}
        for (q, gold), vector in zip(questions, vectors, strict=True):
            for leg, scores in legs(archive, q["question"], vector, settings).items():
                ranks.setdefault(leg, []).append(rank_of(ranked_articles(archive, scores), gold))
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
