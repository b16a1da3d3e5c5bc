"""The ``wenbao`` command. Exit codes: 0 right, 1 something failed, 2 wrong use.

This file is the top of the program: it alone reaches from here to ``ui`` and ``eval``.
"""

from __future__ import annotations

import argparse
import getpass
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from embeddings.errors import prefers_chinese
from rag.adding import AddProgress, AddReport
from rag.archive import Archive
from rag.chatbot import Chatbot
from rag.config import load_settings
from rag.errors import EncoderChanged, SettingsError, WenbaoError
from rag.generate import generator_of
from rag.plain import answer_dict, article_dict, iso
from rag.reader import Reader
from rag.types import Answer, Article, Filters

VERSION = "0.1.0"

_STAGES = {
    "reading": ("读取", "reading"),
    "embedding": ("入库", "adding"),
}


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    arguments = sys.argv[1:] if argv is None else argv
    try:
        if arguments[:1] == ["eval"]:
            return _measure(arguments[1:])
        options = _parser().parse_args(arguments)
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except SettingsError as exc:
        return _failed(exc, 2)
    except WenbaoError as exc:
        return _failed(exc, 1)
    except KeyboardInterrupt:
        _note(
            "已停止。已完成的部分都在，重复同一命令即可继续。",
            "Stopped. What was done is kept; the same command goes on.",
        )
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


# The commands


def _add(options: argparse.Namespace) -> int:
    archive = Archive(options.archive, embedder=options.embedder)
    with _bar(options.json) as progress:
        report = archive.add(
            options.paths, day=options.date, source=options.source, progress=progress
        )
    for problem in report.problems:
        _note(f"未能加入：{problem.zh}", f"not added: {problem.en}")
    if options.json:
        _print_json(_report_dict(report))
    else:
        _print(
            f"新增 {report.added} 篇，未变 {report.unchanged} 篇，移除 {report.removed} 篇；"
            f"档案 {archive.path} 现有 {archive.counts().articles} 篇。",
            f"{report.added} articles added, {report.unchanged} unchanged, {report.removed} "
            f"removed; the archive {archive.path} holds {archive.counts().articles}.",
        )
    return 1 if report.problems else 0


def _ask(options: argparse.Namespace) -> int:
    bot = _chatbot(options)
    filters = Filters(
        since=options.since, until=options.until, source=options.source, title=options.title
    )
    if options.question == "-":
        return _ask_many(bot, filters, options)
    answer = bot.ask(options.question, filters=filters, asked_on=options.asked_on)
    _show(answer, as_json=options.json)
    return 0


def _ask_many(bot: Chatbot, filters: Filters, options: argparse.Namespace) -> int:
    """One question a line in, one answer a line out, in order; a bad line gets an error object."""
    code = 0
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # such a line alone is refused
    for line in sys.stdin:
        try:
            answer = bot.ask(line.strip(), filters=filters, asked_on=options.asked_on)
            _show(answer, as_json=options.json)
        except WenbaoError as exc:
            code = 1
            if options.json:
                question = _one_line(line.strip()[:200])
                _print_json({"question": question, "status": "error", "error": str(exc)})
            _failed(exc, 1)
        sys.stdout.flush()
    return code


def _serve(options: argparse.Namespace) -> int:
    from ui.access import read_token
    from ui.app import serve
    from ui.history import History
    from ui.users import read_users

    users = read_users(options.auth) if options.auth else None
    token = read_token(options.token_file, os.environ)
    if users is None:
        _warn_if_open(options.host, token)
    bot = _chatbot(options, create=True)  # its page takes the first files
    path = options.history or bot.archive.path / "history.db"
    history = None if options.no_history else History(path)
    bot.archive.encoder  # noqa: B018 - loaded before the page opens, not at the first question
    bot.reader  # noqa: B018
    serve(
        bot,
        host=options.host,
        port=options.port,
        open_browser=options.open,
        examples=options.example,
        questions=options.questions,
        history=history,
        users=users,
        token=token,
    )
    return 0


def _warn_if_open(host: str, token: str | None) -> None:
    from ui.server import is_local

    if is_local(host):
        return
    _note(
        f"警告：页面开放在 {host}，没有密码：凡是连得到这个端口的人，都能查阅这份档案，也能改动"
        "它。请用 wenbao passwd 文件 用户名 建立用户，再加上 --auth 文件。",
        f"Warning: the page is open on {host} and has no password: everyone who reaches this "
        "port reads the archive and can change it. Make users with wenbao passwd FILE USER, "
        "then add --auth FILE.",
    )
    if token is None:
        _note(
            "警告：HTTP 接口也没有令牌。请加上 --token-file 文件。",
            "Warning: the HTTP interface has no token either. Add --token-file FILE.",
        )


def _passwd(options: argparse.Namespace) -> int:
    from ui.users import set_password

    set_password(options.file, options.user, _new_password())
    _note(
        f"已保存 {options.user} 的密码；下次用 --auth {options.file} 启动时生效。",
        f"The password of {options.user} is kept; it counts from the next start with --auth "
        f"{options.file}.",
    )
    return 0


def _new_password() -> str:
    """Asked for twice without echo; from a pipe, its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    chinese = prefers_chinese()
    password = getpass.getpass("密码：" if chinese else "Password: ")
    if getpass.getpass("再输一遍：" if chinese else "Again: ") != password:
        raise WenbaoError(
            "两次输入的密码不同，什么都没有改。请再试一次。",
            "The two passwords differ; nothing was changed. Try again.",
        )
    return password


def _list(options: argparse.Namespace) -> int:
    archive = Archive(options.archive, create=False)
    filters = Filters(
        since=options.since, until=options.until, source=options.source, title=options.title
    )
    if options.json:
        for article in archive.articles(filters):
            _print_json(article_dict(article))
        return 0
    for article in archive.articles(filters):
        _write(f"{article.id}  {iso(article.date) or '—':<10}  {_one_line(article.title)}")
    counts = archive.counts()
    _note(
        f"共 {counts.articles} 篇，{counts.passages} 段，来自 {counts.files} 个文件。",
        f"{counts.articles} articles, {counts.passages} passages, from {counts.files} files.",
    )
    return 0


def _show_article(options: argparse.Namespace) -> int:
    article = Archive(options.archive, create=False).article(options.id)
    if options.json:
        _print_json({**article_dict(article), "text": article.text})
        return 0
    for line in (article.title, article.subtitle, article.author, _place(article), article.text):
        if line:
            _write(line)
    return 0


def _remove(options: argparse.Namespace) -> int:
    gone = Archive(options.archive, create=False).remove(options.names)
    if options.json:
        _print_json({"removed": gone})
    else:
        _print(f"移除了 {gone} 篇。", f"{gone} articles removed.")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    archive = Archive(options.archive, embedder=options.embedder, create=False)
    if options.reembed:
        with _bar(options.json) as progress:
            done = archive.reembed(_embedding_only(progress))
        _note(f"重新嵌入了 {done} 段。", f"{done} passages embedded again.")
    facts = _facts(archive)
    if options.json:
        _print_json(facts)
    else:
        for key, value in facts.items():
            _write(f"{key:<12} {value}")
    return 0 if facts["database"] == "ok" and facts["model"] == "ok" else 1


def _measure(arguments: list[str]) -> int:
    from eval.commands import run

    name, *rest = arguments or ["--help"]
    return run(name, rest)


# What is printed


def _report_dict(report: AddReport) -> dict[str, Any]:
    return {
        "added": report.added,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "embedded": report.embedded,
        "problems": [str(problem) for problem in report.problems],
    }


def _show(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        _print_json(answer_dict(answer))
        return
    if answer.short:
        dated = f"（{_one_line(answer.dated)}）" if answer.dated else ""
        _write(_one_line(answer.short) + dated + "\n")
    if answer.fallback:
        _note(*answer.fallback)
    for line in _lines(answer):
        _write(line)
    for citation in answer.citations:
        _write(f"  [{citation.number}] {_place(citation.article)}")
    if answer.nearest:
        _print("最接近的段落（不是答案）：", "Nearest passages (not an answer):")
    for hit in answer.nearest:
        _write(f"  · {_place(hit.article)}：{_one_line(hit.text)[:80]}…")


def _lines(answer: Answer) -> Iterator[str]:
    """The text, what a language model wrote and no passage supports marked."""
    if not answer.statements:
        yield answer.text
        return
    mark = "〔无据〕" if prefers_chinese() else "[unsupported] "
    marked, end = "", 0
    for statement in answer.statements:
        before = answer.text[end : statement.start]
        end = statement.end
        marked += before + (mark if statement.problem else "") + answer.text[statement.start : end]
    yield from map(_one_line, marked.split("\n"))


def _place(article: Article) -> str:
    parts = [f"《{_one_line(article.title)}》", article.source, iso(article.date)]
    if article.page:
        parts.append(f"第{article.page}版" if prefers_chinese() else f"p. {article.page}")
    parts.append(_one_line(Path(article.path).name))
    return "  ".join(part for part in parts if part)


def _facts(archive: Archive) -> dict[str, Any]:
    import platform
    import sqlite3
    from importlib.metadata import version

    counts = archive.counts()
    try:
        fingerprint, model = archive.encoder.fingerprint, "ok"
    except EncoderChanged as exc:
        fingerprint, model = "-", str(exc)
    libraries = ("torch", "sentence-transformers", "transformers", "faiss-cpu", "gradio")
    return {
        "archive": str(archive.path),
        "database": archive.check(),
        "model": model,
        "embedder": archive.embedder,
        "fingerprint": fingerprint,
        "generation": archive.generation,
        "files": counts.files,
        "articles": counts.articles,
        "passages": counts.passages,
        "days": f"{iso(counts.first)} – {iso(counts.last)}",
        "wenbao": VERSION,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in libraries},
    }


def _print(zh: str, en: str) -> None:
    _write(zh if prefers_chinese() else en)


def _note(zh: str, en: str) -> None:
    sys.stderr.write((zh if prefers_chinese() else en) + "\n")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


def _print_json(value: object) -> None:
    _write(json.dumps(value, ensure_ascii=False))


def _failed(exc: WenbaoError, code: int) -> int:
    sys.stderr.write(f"wenbao: {exc}\n")
    return code


def _one_line(text: str) -> str:
    """Printable on one line: what a file or title holds must not move the cursor."""
    return "".join(c if c.isprintable() else " " for c in text)


# Progress


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[AddProgress], None] | None]:
    """A progress bar with an estimate on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        files = bar.add_task("", total=None)
        articles = bar.add_task("", total=None)

        def show(state: AddProgress) -> None:
            zh, en = _STAGES[state.stage]
            bar.update(
                files,
                description=_one_line(state.path.name)[:40],
                total=state.files,
                completed=state.file - 1,
            )
            bar.update(
                articles,
                description=zh if prefers_chinese() else en,
                total=state.total or None,
                completed=state.done,
            )

        yield show


def _embedding_only(
    progress: Callable[[AddProgress], None] | None,
) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(
        AddProgress(path=Path(), file=1, files=1, stage="embedding", done=done, total=total)
    )


# The arguments


def _chatbot(options: argparse.Namespace, *, create: bool = False) -> Chatbot:
    archive = Archive(options.archive, embedder=options.embedder, create=create)
    reader = Reader(options.reader) if options.reader else None
    generator = generator_of(options.generator) if options.generator else None
    return Chatbot(archive, load_settings(options.config), reader=reader, generator=generator)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wenbao", description="Ask a Chinese newspaper archive, and see the exact sentence."
    )
    parser.add_argument("--version", action="version", version=f"wenbao {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = _command(
        commands, "add", _add, "take in files and folders: pages, PDF, Word, HTML, JSONL, CSV"
    )
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--date", type=_date, help="the date of all articles (YYYY-MM-DD)")
    add.add_argument("--source", help="the paper's name, where the file does not say it")
    _embedder(add)
    ask = _command(
        commands, "ask", _ask, "answer a question; - reads one a line from standard input"
    )
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--asked-on", type=_date, help="the day that “yesterday” counts from")
    _embedder(ask)
    _reader(ask)
    _generator(ask)
    _filters(ask)
    serve = _command(
        commands,
        "serve",
        _serve,
        "serve the page and the HTTP interface",
        json_too=False,
        also=("chat",),
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, default=7860, help="port to listen on (7860)")
    serve.add_argument(
        "--example", action="append", default=[], metavar="QUESTION", help="a question to click"
    )
    serve.add_argument(
        "--questions",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a question set that can be run in the page",
    )
    kept = serve.add_mutually_exclusive_group()
    kept.add_argument(
        "--history", type=Path, metavar="FILE", help="where conversations are kept (in the archive)"
    )
    kept.add_argument("--no-history", action="store_true", help="keep no conversations")
    serve.add_argument(
        "--auth", type=Path, metavar="FILE", help="let in only the users of this file (see passwd)"
    )
    serve.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="the bearer token of the HTTP interface, 16 characters or more (WENBAO_TOKEN)",
    )
    serve.add_argument("--open", action="store_true", help="open the page in a browser")
    _embedder(serve)
    _reader(serve)
    _generator(serve)
    _filters(_command(commands, "list", _list, "list the articles"))
    show = _command(commands, "show", _show_article, "print one article")
    show.add_argument("id", metavar="ID")
    remove = _command(commands, "remove", _remove, "remove articles by id, or files by path")
    remove.add_argument("names", nargs="+", metavar="ID-OR-PATH")
    doctor = _command(commands, "doctor", _doctor, "check the archive, the model and the versions")
    doctor.add_argument("--reembed", action="store_true", help="embed all passages again")
    _embedder(doctor)
    about = "set a user's password in the file for serve --auth; asked for, or read from a pipe"
    passwd = commands.add_parser("passwd", help=about, description=about)
    passwd.set_defaults(run=_passwd)
    passwd.add_argument("file", type=Path, metavar="FILE")
    passwd.add_argument("user", metavar="USER")
    commands.add_parser("eval", help="measure: run a question set, report, compare, and more")
    return parser


def _command(
    commands: Any,  # noqa: ANN401 - argparse keeps this class private
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
    *,
    json_too: bool = True,
    also: Sequence[str] = (),
) -> argparse.ArgumentParser:
    """``also`` are other names of the command."""
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, aliases=also
    )
    command.set_defaults(run=run)
    command.add_argument(
        "--archive",
        type=Path,
        default=_default_archive(),
        help="the archive's folder (WENBAO_ARCHIVE, or one in your data folder)",
    )
    command.add_argument("--config", type=Path, help="a settings file (TOML)")
    if json_too:
        command.add_argument("--json", action="store_true", help="print JSON, one object a line")
    return command


def _embedder(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--embedder", help="a model by hub id or folder (default: the bundled one)"
    )


def _reader(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--reader",
        help="a question-answering model by hub id or folder (default: the bundled one)",
    )


def _generator(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--generator",
        metavar="NAME",
        help="a language model that writes the answers, checked: openai:MODEL@URL, a folder, a "
        "GGUF file or a hub id (default: none)",
    )


def _filters(command: argparse.ArgumentParser) -> None:
    command.add_argument("--since", type=_date, help="only articles from this day on")
    command.add_argument("--until", type=_date, help="only articles up to this day")
    command.add_argument("--source", help="only papers with this in their name")
    command.add_argument("--title", help="only articles with this in their headline")


def _default_archive() -> Path:
    from platformdirs import user_data_path

    return Path(os.environ.get("WENBAO_ARCHIVE") or user_data_path("wenbao") / "archive")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2024-03-28") from exc


if __name__ == "__main__":
    sys.exit(main())
