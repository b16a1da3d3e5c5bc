"""Question sets put to the chatbot: wenbao eval answers --archive A QUESTIONS.jsonl

A question set is JSONL: ``id``, ``question``, ``turns`` (earlier questions), ``answers`` (groups of
alternatives: of each group one must occur in the quotes), ``answerable``, ``asked_on``, ``tags``.
Earlier turns are asked first, so a follow-up sees what a person would have seen.

Counted are: the accepted answer in the quoted sentences (answerable questions; a refusal counts as
wrong), and in the short answer where one was given; refusals of unanswerable questions, wrong
refusals, and quotes that are not the article's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from eval.metrics import Rate, contains, rate
from rag import Answer, Archive, Chatbot, Turn, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line of a question set."""

    id: str
    question: str
    turns: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    answerable: bool
    asked_on: date | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A question with its answer and the seconds it took."""

    question: Question
    answer: Answer
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the quotes hold the accepted answer."""
        quotes = "\n".join(citation.quote for citation in self.answer.citations)
        answered = self.answer.status == "answered"
        return answered and contains(quotes, self.question.answers)

    @property
    def short_right(self) -> bool:
        """Whether the short answer, or the quotes where there is none, hold the accepted answer."""
        if not self.answer.short:
            return self.right
        return contains(self.answer.short, self.question.answers)

    @property
    def refused(self) -> bool:
        """Whether the chatbot said that the archive does not hold the answer."""
        return self.answer.status == "refused"


def read_questions(path: Path) -> list[Question]:
    """The questions of a file; ``ValueError`` names the line that is wrong."""
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            questions.append(_question(json.loads(line)))
        except (KeyError, TypeError, ValueError) as exc:
            raise ValueError(f"{path}, line {number}: {exc!r}") from exc
    return questions


def _question(record: dict[str, Any]) -> Question:
    return Question(
        id=record["id"],
        question=record["question"],
        turns=tuple(record.get("turns", ())),
        answers=tuple(tuple(group) for group in record["answers"]),
        answerable=bool(record["answerable"]),
        asked_on=date.fromisoformat(record["asked_on"]) if record.get("asked_on") else None,
        tags=tuple(record.get("tags", ())),
    )


def run(bot: Chatbot, questions: Sequence[Question]) -> Iterator[Result]:
    """Puts every question, with its earlier turns, to the chatbot."""
    for question in questions:
        turns: list[Turn] = []
        for earlier in question.turns:
            answer = bot.ask(earlier, turns=turns, asked_on=question.asked_on)
            turns.append(Turn(question=earlier, answer=answer))
        started = time.perf_counter()
        answer = bot.ask(question.question, turns=turns, asked_on=question.asked_on)
        yield Result(question=question, answer=answer, seconds=time.perf_counter() - started)


def summary(results: Sequence[Result], archive: Archive) -> dict[str, Rate]:
    """The figures, by what was asked of the chatbot and by first tag."""
    can = [result for result in results if result.question.answerable]
    cannot = [result for result in results if not result.question.answerable]
    quotes = [
        archive.article(c.article.id).text[c.start : c.end] == c.quote and bool(c.quote)
        for result in results
        for c in result.answer.citations
    ]
    figures = {
        "right, of answerable": rate([result.right for result in can]),
        "short answer right, of answerable": rate([result.short_right for result in can]),
        "wrongly refused, of answerable": rate([result.refused for result in can]),
        "refused, of unanswerable": rate([result.refused for result in cannot]),
        "quotes exact, of citations": rate(quotes),
    }
    for tag in dict.fromkeys(result.question.tags[0] for result in can if result.question.tags):
        figures[f"right, {tag}"] = rate([r.right for r in can if r.question.tags[0] == tag])
    return figures


def _record(result: Result) -> dict[str, Any]:
    return {
        "id": result.question.id,
        "question": result.question.question,
        "right": result.right if result.question.answerable else result.refused,
        "status": result.answer.status,
        "confidence": round(result.answer.confidence, 3),
        "standalone": result.answer.standalone,
        "expected": result.question.answers,
        "short": result.answer.short,
        "quotes": [citation.quote for citation in result.answer.citations],
    }


def main(argv: list[str]) -> int:
    """``wenbao eval answers``."""
    parser = argparse.ArgumentParser(prog="wenbao eval answers", description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="one JSON object a question")
    parser.add_argument("--config", type=Path, help="a settings file (TOML)")
    options = parser.parse_args(argv)
    archive = Archive(options.archive, create=False)
    bot = Chatbot(archive, load_settings(options.config))
    results = []
    for result in run(bot, read_questions(options.questions)):
        results.append(result)
        sys.stderr.write(f"\r{len(results)}")
    sys.stderr.write("\r")
    if options.out:
        lines = [json.dumps(_record(result), ensure_ascii=False) for result in results]
        options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    seconds = sorted(result.seconds for result in results)
    for name, figure in summary(results, archive).items():
        sys.stdout.write(f"{name:<34} {figure}\n")
    sys.stdout.write(f"settings {bot.settings.id}, generation {archive.generation}, ")
    sys.stdout.write(f"median {seconds[len(seconds) // 2]:.2f} s a question\n")
    return 0
