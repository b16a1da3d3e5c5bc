"""Questions written for this project about reports of ``crud/distractors_5000.jsonl.gz``.

``written.tsv`` has one a line: the report's id, the kind, the question, and the answer's start and
end in the report's text (end exclusive; both empty where it says none). They were written with a
language model that read the report, many in other words than the report's, many in pairs of which
it answers one and not the other; a program checked that each answer stands in one sentence, and
those that are kept for ``eval.fit`` were read once more (579 of 18,983 were thrown out, most as
nobody could find their report by them). The reports themselves are not part of this project.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.files import read_jsonl
from rag.types import Span

ANSWERED = ("fact", "paraphrase", "everyday", "longer", "english")
"""Kinds that the report answers: in its own words; in others; in such as people use who half
remember it; with a clause or a list; asked in English.
"""

UNANSWERED = ("missing", "beside", "false")
"""Kinds that it does not: a detail that it does not give; one that it gives of something else;
another year, place or name than its.
"""

FILE = Path(__file__).with_name("written.tsv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A question about a report. ``answer`` is a span of its text, None where it says none."""

    report: str
    kind: str
    question: str
    answer: Span | None


def for_training(report: str) -> bool:
    """Whether the questions about a report train the reader; one in six is for ``eval.fit``."""
    return zlib.crc32(report.encode()) % 6 > 0


def written() -> list[Written]:
    """All of them, in the order of the file."""
    return [_of(line) for line in FILE.read_text(encoding="utf-8").rstrip("\n").split("\n")]


def sampled(questions: Sequence[Written], count: int, seed: int = 1) -> list[Written]:
    """At most so many of them at random, by a hash of each: that others are added or thrown out
    changes few of them.
    """
    place = {one: zlib.crc32(f"{seed} {one.report} {one.question}".encode()) for one in questions}
    return sorted(questions, key=lambda one: place[one])[:count]


def reports(data: Path) -> dict[str, dict[str, Any]]:
    """The reports by their ids, from the data folder."""
    return {r["id"]: r for r in read_jsonl(data / "crud" / "distractors_5000.jsonl.gz")}


def without_space(text: str) -> str:
    """The text without white space, of which an archive keeps less than a report has."""
    return "".join(text.split())


def _of(line: str) -> Written:
    report, kind, question, start, end = line.split("\t")
    answer = (int(start), int(end)) if start else None
    if kind not in (UNANSWERED if answer is None else ANSWERED):
        raise ValueError(f"{FILE.name}: {kind} is no kind of question: {line}")
    return Written(report=report, kind=kind, question=question, answer=answer)
