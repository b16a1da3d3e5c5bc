"""A question set put to the chatbot: wenbao eval run QUESTIONS --archive A --out FOLDER

Every question goes through ``Chatbot.stream``, as it does from the page; earlier turns first. The
folder gets ``run.json`` (what was run on what), ``answers.jsonl`` (a line a question, with all that
is needed to look at it again) and, at the end, ``summary.json``. The same command goes on with what
is left when it was stopped. A question that brings its own passages is put to an archive of them.

``--without-gold`` asks each question that names its articles once more, with these left out of the
archive: then to refuse is right.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from embeddings.encoder import TURN
from eval.commands import parser_of
from eval.dataset import (
    OWN,
    Gold,
    Question,
    QuestionSetError,
    as_line,
    gold_ids,
    named_articles,
    read_questions,
)
from eval.figures import Figure, Record, by_tag, figures
from eval.files import write_text
from rag import (
    Answer,
    Archive,
    Chatbot,
    Filters,
    Settings,
    Turn,
    WenbaoError,
    generator_of,
    load_settings,
)
from rag.evidence import EVIDENCE
from rag.plain import answer_dict
from rag.source import shown

WITHOUT = "without-gold"
"""The tag of a question whose gold articles were left out."""

ANSWERS = "answers.jsonl"
"""The file of a run's records."""

Progress = Callable[[int, int], None]


class RunError(WenbaoError):
    """A run that cannot be started, continued or read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question as it is put, its gold articles, and the articles that are left out."""

    question: Question
    gold: Gold = ()
    without: tuple[str, ...] = ()

    @property
    def asked(self) -> dict[str, Any]:
        """The question's line, with ids for the names of its articles."""
        line: dict[str, Any] = json.loads(as_line(self.question))
        line |= {"answerable": self.question.answerable, "answers": self.question.answers}
        return line | {"gold": [sorted(group) for group in self.gold]}


def cases(questions: Sequence[Question], archive: Archive, *, without_gold: bool) -> list[Case]:
    """What is asked. ``QuestionSetError`` when a gold article is not in the archive."""
    gold = gold_ids(questions, named_articles(archive))
    made = []
    for question in questions:
        made.append(Case(question=question, gold=gold.get(question.id, ())))
        if without_gold and gold.get(question.id):
            gone = tuple(sorted({key for group in gold[question.id] for key in group}))
            made.append(Case(question=_refusable(question), without=gone))
    return made


def _refusable(question: Question) -> Question:
    """The question as one that can't be answered."""
    return replace(
        question,
        id=f"{question.id} {WITHOUT}",
        answers=(),
        gold=(),
        answerable=False,
        tags=(*question.tags, WITHOUT),
    )


def run(
    bot: Chatbot,
    questions: Sequence[Question],
    folder: Path,
    *,
    without_gold: bool = False,
    progress: Progress | None = None,
) -> None:
    """Asks what has not been asked yet, and writes the summary; see ``steps``."""
    for done, total in steps(bot, questions, folder, without_gold=without_gold):
        if progress:
            progress(done, total)


def steps(
    bot: Chatbot, questions: Sequence[Question], folder: Path, *, without_gold: bool = False
) -> Iterator[tuple[int, int]]:
    """A run question by question, as (done, of all); who stops iterating stops the run.

    Raises ``QuestionSetError`` for a set of another archive, ``RunError`` when the folder holds a
    run of something else, or one that is still going on.
    """
    todo = cases(questions, bot.archive, without_gold=without_gold)
    wanted = description(bot, todo)
    with _alone(folder):
        _begin(folder, wanted)
        yield from _asked(bot, todo, folder)


def _asked(bot: Chatbot, todo: Sequence[Case], folder: Path) -> Iterator[tuple[int, int]]:
    _drop_half_line(folder / ANSWERS)
    done = {record["asked"]["id"] for record in read_records(folder)}
    with (folder / ANSWERS).open("a", encoding="utf-8") as file:
        for number, case in enumerate(todo, 1):
            if case.question.id not in done:
                file.write(json.dumps(ask(bot, case), ensure_ascii=False) + "\n")
                file.flush()
            if number < len(todo):
                yield number, len(todo)
    order = {case.question.id: number for number, case in enumerate(todo)}
    records = sorted(read_records(folder), key=lambda record: order[record["asked"]["id"]])
    _write(folder / "summary.json", summary(records))
    yield len(todo), len(todo)


def ask(bot: Chatbot, case: Case) -> dict[str, Any]:
    """The record of one question.

    The answer is recorded whatever its confidence, and beside it what a person would have seen.
    """
    question = case.question
    with _archive_for(bot, question) as archive:
        served = _with(bot, archive, bot.settings)
        turns: list[Turn] = []
        for earlier in question.turns:
            answer = served.ask(earlier, turns=turns, asked_on=question.asked_on)
            turns.append(Turn(question=earlier, answer=answer))
        frank = _with(bot, archive, replace(bot.settings, min_confidence=0.0))
        answer, seconds = _timed(frank, question, turns, Filters(without=case.without))
        gold = case.gold
        if question.passages:
            gold = gold_ids([replace(question, passages=())], named_articles(archive))[question.id]
        exact = [
            archive.article(c.article.id).text[c.start : c.end] == c.quote for c in answer.citations
        ]
    sure = bool(answer.generator) or answer.confidence >= bot.settings.min_confidence
    return {
        "asked": replace(case, gold=gold).asked,
        "status": "answered" if answer.status == "answered" and sure else "refused",
        "answer": answer_dict(answer) | {"settings_id": bot.settings.id},
        "exact": exact,
        "seconds": seconds,
    }


def _with(bot: Chatbot, archive: Archive, settings: Settings) -> Chatbot:
    """The same models on another archive or with other settings."""
    return Chatbot(archive, settings, reader=bot.reader, generator=bot.generator)


def _timed(
    bot: Chatbot, question: Question, turns: Sequence[Turn], filters: Filters
) -> tuple[Answer, dict[str, float]]:
    """The answer, and the seconds until the first evidence and until the answer were there."""
    started = time.perf_counter()
    evidence = 0.0
    stream = bot.stream(question.question, turns=turns, filters=filters, asked_on=question.asked_on)
    for event in stream:
        now = time.perf_counter() - started
        if isinstance(event, Answer):
            return event, {"evidence": round(evidence, 4), "answer": round(now, 4)}
        evidence = now
    raise AssertionError("stream ends with an Answer")


@contextmanager
def _archive_for(bot: Chatbot, question: Question) -> Iterator[Archive]:
    """The archive that a question is put to: the bot's, or one of the question's own passages."""
    if not question.passages:
        yield bot.archive
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = [json.dumps({"text": text}, ensure_ascii=False) for text in question.passages]
        path = Path(folder, f"{OWN}.jsonl")
        path.write_text("\n".join(rows), encoding="utf-8")
        archive = Archive(Path(folder, "archive"), encoder=bot.archive.encoder)
        archive.add([path])
        yield archive


# The folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder of a run, made if there is none, without another process that writes to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise RunError(
            f"无法建立文件夹 {shown(folder)}：{exc.strerror}。",
            f"The folder {shown(folder)} cannot be made: {exc.strerror}.",
        ) from exc
    try:
        with FileLock(folder / "run.lock", timeout=0):
            yield
    except Timeout as exc:
        raise RunError(
            f"{shown(folder)} 里的评测还在进行。请等它结束，或换一个 --out。",
            f"The run in {shown(folder)} is still going on. Wait for its end, or give another "
            "--out.",
        ) from exc


def description(bot: Chatbot, todo: Sequence[Case]) -> dict[str, Any]:
    """What is run on what, and on which machine. What is the same in two runs can be compared."""
    lines = "\n".join(json.dumps(case.asked, ensure_ascii=False) for case in todo)
    libraries = ("torch", "transformers", "sentence-transformers", "faiss-cpu", "numpy")
    return {
        "questions": hashlib.sha256(lines.encode()).hexdigest()[:16],
        "cases": len(todo),
        "settings": asdict(bot.settings),
        "settings_id": bot.settings.id,
        "archive": {
            "generation": bot.archive.generation,
            "articles": bot.archive.counts().articles,
            "passages": bot.archive.counts().passages,
        },
        "models": {
            "embedder": bot.archive.embedder,
            "fingerprint": bot.archive.encoder.fingerprint,
            "reader": bot.reader.fingerprint,
            "fitted": _fitted(),
            "generator": bot.generator.name if bot.generator else "",
        },
        "versions": {"python": platform.python_version()} | {n: version(n) for n in libraries},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _fitted() -> str:
    """A hash of what is fitted beside the models: question vectors' turn, weights of evidence."""
    data = b"".join(path.read_bytes() for path in (TURN, EVIDENCE))
    return hashlib.sha256(data).hexdigest()[:12]


_MUST_AGREE = ("questions", "settings_id", "archive", "models")


def _begin(folder: Path, wanted: dict[str, Any]) -> None:
    """Notes what the run is, or checks that the one in the folder is the same."""
    if not (folder / "run.json").exists():
        _write(folder / "run.json", wanted)
        return
    found = read_run(folder)
    differ = [name for name in _MUST_AGREE if found.get(name) != wanted[name]]
    if differ:
        raise RunError(
            f"{shown(folder)} 里是另一次评测（{'、'.join(differ)} 不同）。请换一个 --out。",
            f"{shown(folder)} holds a run of something else ({', '.join(differ)} differ). "
            "Give another --out.",
        )


def read_run(folder: Path) -> dict[str, Any]:
    """What a run was on; ``RunError`` when there is none in the folder."""
    return _read(folder / "run.json")


def read_summary(folder: Path) -> dict[str, Any]:
    """The summary of a finished run; ``RunError`` when it is not finished."""
    return _read(folder / "summary.json")


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as exc:
        raise RunError(
            f"{shown(path.parent)} 里没有完整的评测（{path.name} 缺失或损坏）。"
            "请运行：wenbao eval run",
            f"{shown(path.parent)} holds no finished run ({path.name} is missing or damaged). "
            "Make one with: wenbao eval run",
        ) from exc


def read_records(folder: Path) -> list[dict[str, Any]]:
    """The records written so far, each question's first. A last line that is still being written
    is left out; ``RunError`` names any other that is damaged.
    """
    path = folder / ANSWERS
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    records = [_record(path, number, line) for number, line in enumerate(lines, 1)]
    return list({record["asked"]["id"]: record for record in reversed(records)}.values())[::-1]


def _record(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(line)
        record["asked"]["id"]
    except (ValueError, TypeError, KeyError) as exc:
        raise RunError(
            f"{shown(path)} 第 {number} 行已损坏。请删去这一行，再用同一命令继续。",
            f"{shown(path)}, line {number} is damaged. Delete that line; the same command goes on.",
        ) from exc
    return record


def _drop_half_line(path: Path) -> None:
    """A line that was cut off when the run was killed leaves the file, to be asked again."""
    if path.exists():
        with path.open("r+b") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


def runs(folder: Path) -> list[Path]:
    """The folders of the finished runs in a folder, newest first."""
    found = [path.parent for path in folder.glob("*/summary.json")]
    return sorted(found, key=lambda path: (read_run(path).get("started", ""), path), reverse=True)


def summary(records: Sequence[Record]) -> dict[str, Any]:
    """The figures of a run, as JSON has them."""
    return {
        "figures": {name: _figure(one) for name, one in figures(records).items() if one.n},
        "by_tag": {
            tag: {name: _figure(one) for name, one in found.items() if one.n}
            for tag, found in by_tag(records).items()
        },
    }


def _figure(one: Figure) -> dict[str, float | int | None]:
    values = {"value": one.value, "low": one.low, "high": one.high}
    known = {name: None if math.isnan(v) else round(v, 4) for name, v in values.items()}
    return {**known, "n": one.n}


def _write(path: Path, value: dict[str, Any]) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


# The command


def main(argv: list[str]) -> int:
    """``wenbao eval run``."""
    parser = parser_of("wenbao eval run", __doc__)
    question_arguments(parser)
    parser.add_argument(f"--{WITHOUT}", action="store_true")
    parser.add_argument("--generator", help="a language model that writes the answers (see serve)")
    options = parser.parse_args(argv)
    questions = drawn(read_questions(options.questions), options.ask, options.seed)
    archive, settings = Archive(options.archive, create=False), load_settings(options.config)
    generator = generator_of(options.generator) if options.generator else None
    bot = Chatbot(archive, settings, generator=generator)
    with progress_bar() as progress:
        run(bot, questions, options.out, without_gold=options.without_gold, progress=progress)
    print_summary(options.out)
    return 0


def question_arguments(parser: argparse.ArgumentParser, *, out: bool = True) -> None:
    """What every measurement that asks questions takes; ``out`` where it keeps what it got."""
    parser.add_argument("questions", type=Path)
    parser.add_argument("--archive", type=Path, required=True)
    if out:
        parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--config", type=Path, help="a settings file (TOML)")
    parser.add_argument("--ask", type=int, help="only so many questions, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")


def drawn(questions: Sequence[Question], count: int | None, seed: int) -> list[Question]:
    """So many of the questions, in their order; all where no number is given."""
    import random

    if count is None or count >= len(questions):
        return list(questions)
    if count < 1:
        raise QuestionSetError("--ask 至少为 1。", "--ask must be at least 1.")
    kept = set(random.Random(seed).sample(range(len(questions)), count))
    return [question for number, question in enumerate(questions) if number in kept]


def print_summary(folder: Path) -> None:
    """The figures of a finished run on standard output."""
    about = read_run(folder)
    for name, one in figures(read_records(folder)).items():
        if one.n:
            sys.stdout.write(f"{name:<28} {one}\n")
    sys.stdout.write(f"settings {about['settings_id']}, {about['archive']['articles']} articles, ")
    sys.stdout.write(f"generation {about['archive']['generation']}\n")


@contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """A bar with an estimate on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, total: bar.update(task, completed=done, total=total)
