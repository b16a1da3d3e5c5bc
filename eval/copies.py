"""An archive's articles in a new archive, changed on the way: for noise and for ablations.

The copy is made from one JSONL file in the order of the archive, so that every article is found
again by its place in it, whatever became of its text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from eval.dataset import Question, gold_ids, named_articles
from rag import Archive, Article
from rag.passages import PASSAGE_CHARS

NAME = "articles"


def copy_of(
    archive: Archive,
    folder: Path,
    *,
    change: Callable[[str], str] = lambda text: text,
    passage_chars: int = PASSAGE_CHARS,
    headlines: bool = True,
) -> Archive:
    """A new archive in ``folder`` with every article's headline and text changed by ``change``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.jsonl"
    rows = (json.dumps(_row(article, change), ensure_ascii=False) for article in archive.articles())
    path.write_text("\n".join(rows), encoding="utf-8")
    made = Archive(
        folder / "archive",
        encoder=archive.encoder,
        passage_chars=passage_chars,
        headlines=headlines,
    )
    made.add([path])
    return made


def questions_of(
    questions: Sequence[Question], archive: Archive, copied: Archive
) -> list[Question]:
    """The questions with the names that their gold articles have in the copy."""
    place = {article.id: i for i, article in enumerate(archive.articles(), 1)}
    there = named_articles(copied)
    gold = gold_ids(questions, named_articles(archive))
    return [
        replace(question, gold=_renamed(gold.get(question.id, ()), place, there))
        for question in questions
    ]


def _renamed(
    gold: Sequence[frozenset[str]], place: Mapping[str, int], there: Mapping[str, str]
) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(there[f"{NAME}#{place[key]}"] for key in g)) for g in gold)


def _row(article: Article, change: Callable[[str], str]) -> dict[str, str | None]:
    return {
        "title": None if article.title_derived else change(article.title),
        "text": change(article.text),
        "date": article.date.isoformat() if article.date else None,
        "source": article.source,
        "author": article.author,
    }
