"""Other sets in the form of ``eval.dataset``: wenbao eval convert FORM FILE --out QUESTIONS.jsonl

FORM is one of

- chronoqa, crud: questions with the ids of their articles; ``--articles`` are the JSONL files
  (with ``id``, title, text, date) that the archive is made from;
- cmrc: questions with their context;
- rgb: questions with passages that answer (``positive``) and that don't (``negative``), five of
  which are drawn for each question: ``--noise`` x 5 of the latter; at 1.0 there is no answer in
  them, and to refuse is right. Of its counterfactual questions the passages are the wrong ones
  (``positive_wrong``) and the accepted answer is what these say: an archive is quoted as it is.

Files may be gzipped. Records without a question or an answer are left out, and counted.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.commands import parser_of
from eval.dataset import OWN, Question, QuestionSetError, write_questions
from eval.files import read_jsonl
from rag.dates import dates_in
from rag.newspaper import articles_of
from rag.source import shown
from rag.types import RawText

DRAWN = 5
"""Passages of an RGB question."""

MAX_MIN_DF = 40
"""CRUD questions whose rarest word is in more articles than this are not self-contained."""

Json = Mapping[str, Any]


def article_ids(files: Sequence[Path]) -> dict[str, str]:
    """The data's own ids -> the ids that an archive made from these files gives the articles."""
    ids = {}
    for record in (record for path in files for record in read_jsonl(path)):
        day = record.get("date")
        raw = RawText(
            path="",
            text=record["text"],
            record=True,
            title=record.get("title"),
            date=dates_in(day)[0][1] if day else None,
        )
        found = articles_of(raw)
        if found:
            ids[record["id"]] = found[0].id
    return ids


def chronoqa(record: Json, ids: Mapping[str, str]) -> Question:
    """A time-aware question over news; all its chunks are needed."""
    return Question(
        id=record["id"],
        question=record["question"],
        answers=((record["answer"],),),
        gold=tuple((_id(key, ids),) for key in record["gold"]),
        asked_on=dates_in(record["question_date"])[0][1],
        tags=(record["answer_type"], record["temporal_type"], record["reference_document_count"]),
    )


def crud(record: Json, ids: Mapping[str, str]) -> Question | None:
    """A factoid question over news, if it is self-contained; near duplicates count as gold."""
    if (record["min_df"] or MAX_MIN_DF + 1) > MAX_MIN_DF:
        return None
    near = [key for key in record["near_dup_docs"] if key in ids]
    return Question(
        id=record["id"],
        question=record["question"],
        answers=((record["answer"],),),
        gold=(tuple(_id(key, ids) for key in (record["gold_doc"], *near)),),
        tags=("crud",),
    )


def _id(key: str, ids: Mapping[str, str]) -> str:
    if key not in ids:
        raise QuestionSetError(
            f"文章 {shown(key)} 不在 --articles 的文件里。请把建立档案所用的文件都列出。",
            f"The article {shown(key)} is in none of the files of --articles. "
            "Name all files that the archive is made from.",
        )
    return ids[key]


def cmrc(record: Json) -> Question:
    """A question about one context."""
    return Question(
        id=record["id"],
        question=record["question"],
        answers=(tuple(dict.fromkeys(answer["text"] for answer in record["answers"])),),
        gold=((f"{OWN}#1",),),
        tags=("cmrc",),
        passages=(record["context"],),
    )


def rgb(record: Json, noise: float, rng: random.Random) -> Question:
    """A question with five passages, a share of ``noise`` of which don't answer."""
    false = "positive_wrong" in record
    positive = record["positive_wrong" if false else "positive"]
    many = positive and isinstance(positive[0], list)
    groups = positive if many else [positive]
    wanted = DRAWN - math.ceil(noise * DRAWN)
    drawn = _each_first([rng.sample(group, len(group)) for group in groups])
    good = drawn[: max(wanted, len(groups)) if wanted else 0]
    bad = rng.sample(record["negative"], min(DRAWN - len(good), len(record["negative"])))
    texts = [*good, *bad]
    order = rng.sample(range(len(texts)), len(texts))
    answers = _groups(record["fakeanswer" if false else "answer"])
    holding = [f"{OWN}#{place}" for place, i in enumerate(order, 1) if i < len(good)]
    return Question(
        id=str(record["id"]),
        question=record["query"],
        answers=answers if good else (),
        gold=(tuple(holding),) if good else (),
        answerable=bool(good),
        tags=("rgb", f"noise {noise:g}", *(("counterfactual",) if false else ())),
        passages=tuple(texts[i] for i in order),
    )


def _each_first(groups: Sequence[Sequence[str]]) -> list[str]:
    """The first of every group, then the second of every group, and so on."""
    longest = max((len(group) for group in groups), default=0)
    return [group[i] for i in range(longest) for group in groups if i < len(group)]


def _groups(answer: object) -> tuple[tuple[str, ...], ...]:
    """A text; a list of texts that must all occur; inner lists are alternatives."""
    parts = answer if isinstance(answer, list) else [answer]
    return tuple(
        tuple(map(str, part)) if isinstance(part, list) else (str(part),) for part in parts
    )


def converted(
    form: str, file: Path, *, articles: Sequence[Path] = (), noise: float = 0.0, seed: int = 1
) -> list[Question]:
    """The questions of a file, without those that say nothing. ``QuestionSetError`` names the line
    that is not of this form.
    """
    if not 0 <= noise <= 1:
        raise QuestionSetError(
            f"--noise {noise:g} 应在 0 与 1 之间。", f"--noise {noise:g} should be from 0 to 1."
        )
    ids = article_ids(articles)
    rng = random.Random(seed)
    makers: dict[str, Callable[[Json], Question | None]] = {
        "chronoqa": lambda record: chronoqa(record, ids),
        "crud": lambda record: crud(record, ids),
        "cmrc": cmrc,
        "rgb": lambda record: rgb(record, noise, rng),
    }
    found = map(_of_its_own, _made(makers[form], file))
    return [q for q in found if q.question.strip() and q.answerable == bool(q.answers)]


def _made(maker: Callable[[Json], Question | None], file: Path) -> Iterator[Question]:
    for number, record in enumerate(read_jsonl(file), 1):
        try:
            question = maker(record)
        except (KeyError, TypeError, ValueError, IndexError) as exc:
            raise QuestionSetError(
                f"{shown(file)} 第 {number} 行不是这种格式：{exc!r}。",
                f"{shown(file)}, line {number} is not of this form: {exc!r}.",
            ) from exc
        if question is not None:
            yield question


def _of_its_own(question: Question) -> Question:
    """Empty alternatives can't be looked for."""
    answers = tuple(tuple(one for one in group if one.strip()) for group in question.answers)
    return replace(question, answers=tuple(group for group in answers if group))


def main(argv: list[str]) -> int:
    """``wenbao eval convert``."""
    parser = parser_of("wenbao eval convert", __doc__)
    parser.add_argument("form", choices=("chronoqa", "crud", "cmrc", "rgb"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--articles", type=Path, nargs="+", default=[])
    parser.add_argument("--noise", type=float, default=0.0, help="of RGB's passages (0)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    found = converted(
        options.form,
        options.file,
        articles=options.articles,
        noise=options.noise,
        seed=options.seed,
    )
    write_questions(options.out, found)
    left_out = len(read_jsonl(options.file)) - len(found)
    sys.stdout.write(f"{len(found)} questions in {shown(options.out)}, {left_out} left out\n")
    return 0
