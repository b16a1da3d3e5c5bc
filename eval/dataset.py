"""Question sets: JSONL, one question a line.

``id`` and ``question`` are needed. ``turns`` are earlier questions of the conversation. ``answers``
are groups of alternatives: of every group one must occur. ``gold`` are groups in the same way, of
names of the articles that hold the answer: an article's id, or ``page-03#2`` for the second article
of the file ``page-03.txt``.
``quotes`` are words that stand in the passage that answers. ``answerable`` is true where it is left
out, ``asked_on`` the day that "yesterday" counts from, ``tags`` are free. ``passages`` are texts:
a question that brings its own is put to an archive of them alone, where ``passages#1`` names the
first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path, PurePath
from typing import Any

from eval.files import write_text
from rag import Archive, WenbaoError
from rag.source import shown

OWN = "passages"
"""The name of the file that a question's own passages are kept in."""


class QuestionSetError(WenbaoError):
    """A question set that cannot be used: what is wrong, in which line and field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line of a question set."""

    id: str
    question: str
    turns: tuple[str, ...] = ()
    answers: tuple[tuple[str, ...], ...] = ()
    gold: tuple[tuple[str, ...], ...] = ()
    quotes: tuple[str, ...] = ()
    answerable: bool = True
    asked_on: date | None = None
    tags: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a question set. ``field`` is empty for a whole line."""

    line: int
    field: str
    zh: str
    en: str


def read_questions(path: Path) -> list[Question]:
    """The questions of a file. ``QuestionSetError`` names the first thing that is wrong, and how
    many there are.
    """
    questions, problems = checked(path)
    if problems:
        first, more = problems[0], len(problems) - 1
        raise QuestionSetError(
            f"{shown(path)} 第 {first.line} 行{_named(first.field, '，')}：{first.zh}"
            + (f"（另有 {more} 处，见 wenbao eval check）" if more else ""),
            f"{shown(path)}, line {first.line}{_named(first.field, ', ')}: {first.en}"
            + (f" ({more} more: wenbao eval check)" if more else ""),
        )
    return questions


def checked(path: Path) -> tuple[list[Question], list[Problem]]:
    """The questions of a file and everything that is wrong with it, line by line."""
    questions: list[Question] = []
    problems: list[Problem] = []
    lines_of: dict[str, list[int]] = {}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        found = _parsed(line)
        if isinstance(found, Question):
            questions.append(found)
            lines_of.setdefault(found.id, []).append(number)
        else:
            problems += [Problem(line=number, field=field, zh=zh, en=en) for field, zh, en in found]
    for key, numbers in lines_of.items():
        if len(numbers) > 1:
            zh, en = f"编号 {key} 出现了多次。", f"the id {key} occurs more than once."
            problems.append(Problem(line=numbers[-1], field="id", zh=zh, en=en))
    if not questions and not problems:
        problems.append(
            Problem(line=1, field="", zh="没有任何问题。", en="there is no question in it.")
        )
    return questions, sorted(problems, key=lambda problem: problem.line)


def write_questions(path: Path, questions: Sequence[Question]) -> None:
    """Writes a set, whole or not at all."""
    write_text(path, "".join(as_line(q) + "\n" for q in questions))


def as_line(question: Question) -> str:
    """A question as its line; fields that say nothing are left out."""
    values = asdict(question)
    values["asked_on"] = question.asked_on.isoformat() if question.asked_on else None
    kept = {name: value for name, value in values.items() if value not in (None, (), [])}
    return json.dumps(kept, ensure_ascii=False)


def named_articles(archive: Archive) -> dict[str, str]:
    """Name -> id, for every name that a question set may use for an article of the archive."""
    names = {}
    files: dict[str, list[tuple[int, str]]] = {}
    for article in archive.articles():
        names[article.id] = article.id
        files.setdefault(article.path, []).append((article.raw_start, article.id))
    for path, found in files.items():
        for number, (_, key) in enumerate(sorted(found, key=lambda one: one[0]), 1):
            names[f"{PurePath(path).stem}#{number}"] = key
    return names


Gold = tuple[frozenset[str], ...]
"""The ids of the articles that hold an answer: of every group one is enough."""


def gold_ids(questions: Sequence[Question], names: Mapping[str, str]) -> dict[str, Gold]:
    """Question id -> its gold articles. ``QuestionSetError`` where one is not in the archive."""
    own = [q for q in questions if not q.passages]
    missing = [(q.id, name) for q in own for g in q.gold for name in g if name not in names]
    if missing:
        key, name = missing[0]
        raise QuestionSetError(
            f"问题 {key} 所指的文章 {shown(name)} 不在档案里（共 {len(missing)} 处）。"
            "这套问题属于另一个档案，或档案还不完整。",
            f"The question {key} names the article {shown(name)}, which the archive does not hold "
            f"({len(missing)} such). The set belongs to another archive, or this one is not whole.",
        )
    return {q.id: tuple(frozenset(names[name] for name in group) for group in q.gold) for q in own}


# One line

_Wrong = tuple[str, str, str]
"""Field, and what is wrong with it in Chinese and in English."""

_FIELDS = tuple(Question.__dataclass_fields__)
_TEXTS = ("turns", "quotes", "tags", "passages")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as exc:
        raise QuestionSetError(
            f"无法读取 {shown(path)}：{exc.strerror}。",
            f"{shown(path)} cannot be read: {exc.strerror}.",
        ) from exc
    except UnicodeDecodeError as exc:
        line = path.read_bytes()[: exc.start].count(b"\n") + 1
        raise QuestionSetError(
            f"{shown(path)} 第 {line} 行不是 UTF-8 编码。请另存为 UTF-8。",
            f"{shown(path)}, line {line} is not UTF-8. Save the file as UTF-8.",
        ) from exc


def _parsed(line: str) -> Question | list[_Wrong]:
    try:
        record = json.loads(line)
    except ValueError as exc:
        return [("", f"不是 JSON：{exc}。", f"is not JSON: {exc}.")]
    if not isinstance(record, dict):
        return [("", "应是一个 JSON 对象。", "should be a JSON object.")]
    wrong = list(_wrong(record))
    return wrong or _question(record)


def _wrong(record: Mapping[str, Any]) -> Iterator[_Wrong]:
    for name in sorted(record.keys() - set(_FIELDS)):
        yield name, "没有这个字段。", f"there is no such field; there are: {', '.join(_FIELDS)}."
    for name, fits, zh, en in _FORMS:
        if not fits(record.get(name)):
            yield name, f"应是{zh}。", f"should be {en}."
    groups, answerable = record.get("answers"), record.get("answerable", True)
    if _are_groups(groups) and isinstance(answerable, bool) and answerable != bool(groups):
        yield (
            "answers",
            "可答的问题要有答案，不可答的不能有。",
            "a question that can be answered needs answers, another must have none.",
        )


def _question(record: Mapping[str, Any]) -> Question:
    texts = {name: tuple(record.get(name) or ()) for name in _TEXTS}
    return Question(
        id=record["id"],
        question=record["question"],
        answers=tuple(tuple(group) for group in record.get("answers") or ()),
        gold=tuple(tuple(group) for group in record.get("gold") or ()),
        answerable=record.get("answerable") is not False,
        asked_on=date.fromisoformat(record["asked_on"]) if record.get("asked_on") else None,
        **texts,
    )


def _is_text(value: object) -> bool:
    """Whether it says something, in characters: JSON can escape halves of one."""
    whole = isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)
    return whole and bool(str(value).strip())


def _are_texts(value: object) -> bool:
    return value is None or (isinstance(value, list) and all(_is_text(one) for one in value))


def _are_groups(value: object) -> bool:
    whole = isinstance(value, list) and all(group and _are_texts(group) for group in value)
    return value is None or whole


def _is_flag(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _is_day(value: object) -> bool:
    try:
        return value is None or bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


_FORMS: tuple[tuple[str, Callable[[object], bool], str, str], ...] = (
    *((name, _is_text, "非空文字", "text that is not empty") for name in ("id", "question")),
    *(
        (name, _are_texts, "非空文字的列表", "a list of texts that are not empty")
        for name in _TEXTS
    ),
    *(
        (name, _are_groups, "列表的列表，每组任取其一", "a list of lists of texts")
        for name in ("answers", "gold")
    ),
    ("answerable", _is_flag, " true 或 false", "true or false"),
    ("asked_on", _is_day, " 2024-03-28 这样的日期", "a day like 2024-03-28"),
)
"""Field, what it must be, and how that is said."""


def _named(field: str, before: str) -> str:
    return f"{before}{field}" if field else ""
