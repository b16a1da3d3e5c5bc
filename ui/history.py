"""The conversations of the page, kept in one SQLite file beside the archive.

A conversation is stored with the text of every article that it shows, each once: it reads the same
after an article was corrected or removed, and all offsets stay valid.
"""

from __future__ import annotations

import contextlib
import functools
import json
import sqlite3
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from rag import Answer, Article, WenbaoError
from rag.terms import fold
from ui.session import Exchange, Verdict

FORMAT = "1"
KEPT = timedelta(days=30)
"""How long a deleted conversation can be restored; the first start after that forgets it."""

Value = Any
"""Of a type that is known only when it runs."""

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE conversations (
  key TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  renamed INTEGER NOT NULL DEFAULT 0,
  updated TEXT NOT NULL,    -- UTC
  deleted TEXT,             -- UTC; NULL unless it was deleted
  exchanges INTEGER NOT NULL,
  words TEXT NOT NULL,      -- folded questions and answers, for the search
  body TEXT NOT NULL        -- JSON
);
INSERT INTO meta VALUES ('format', '{FORMAT}');
COMMIT;
"""


class HistoryError(WenbaoError):
    """The history cannot be used, or holds no such conversation."""


class ConversationChanged(HistoryError):
    """The conversation was saved by somebody else since this page read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation as a list shows it. ``updated`` is in UTC; ``exchanges`` counts them."""

    key: str
    title: str
    updated: datetime
    exchanges: int


class History:
    """The file of conversations; made where there is none. Safe with several threads."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser().absolute()
        self._mutex = threading.Lock()
        with self._translated():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=10, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        before = (datetime.now(UTC) - KEPT).isoformat()
        self._write("DELETE FROM conversations WHERE deleted < ?", before)

    def save(
        self, key: str, exchanges: Sequence[Exchange], before: Sequence[Exchange] = ()
    ) -> None:
        """Stores the whole conversation under its key; none without an exchange. One that was
        deleted is there again. ``before`` is what was stored when it was last read or saved;
        ``ConversationChanged`` when it is not what is stored.
        """
        if not exchanges:
            return
        saved = self._write(
            "INSERT INTO conversations (key, title, updated, exchanges, words, body)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
            " title = CASE WHEN renamed THEN title ELSE excluded.title END, deleted = NULL,"
            " updated = CASE WHEN body = excluded.body THEN updated ELSE excluded.updated END,"
            " exchanges = excluded.exchanges, words = excluded.words, body = excluded.body"
            " WHERE body IN (?, excluded.body)",
            key,
            exchanges[0].question,
            datetime.now(UTC).isoformat(),
            len(exchanges),
            fold(_words(exchanges)),
            to_json(exchanges),
            to_json(before),
        )
        if not saved:
            raise ConversationChanged(
                "这段对话在另一个页面里又接着问过了。",
                "This conversation was gone on with in another page.",
            )

    def load(self, key: str) -> tuple[Exchange, ...]:
        """The conversation as it was saved; ``HistoryError`` when there is none of this key."""
        sql = "SELECT body FROM conversations WHERE key = ? AND deleted IS NULL"
        rows = self._read(sql, key)
        if not rows:
            raise _unknown(key)
        try:
            return from_json(rows[0]["body"])
        except (ValueError, KeyError, TypeError, IndexError) as exc:
            raise self._damaged(exc) from exc

    def conversations(self, search: str = "", owner: str = "") -> list[Conversation]:
        """Those that hold every word of ``search`` in title, questions or answers, newest first; of
        one reader, whose keys begin with ``owner``, or of all.
        """
        rows = self._read(
            "SELECT key, title, updated, exchanges, words FROM conversations"
            " WHERE deleted IS NULL AND key BETWEEN ? AND ? ORDER BY updated DESC, rowid DESC",
            owner,
            f"{owner}\U0010ffff",
        )
        wanted = fold(search).split()
        return [
            Conversation(
                key=row["key"],
                title=row["title"],
                updated=datetime.fromisoformat(row["updated"]),
                exchanges=row["exchanges"],
            )
            for row in rows
            if all(word in f"{fold(row['title'])}\n{row['words']}" for word in wanted)
        ]

    def rename(self, key: str, title: str) -> None:
        """Gives a title; a blank one gives back the first question."""
        title = " ".join(title.split())
        shown = title or self.load(key)[0].question
        sql = "UPDATE conversations SET title = ?, renamed = ? WHERE key = ? AND deleted IS NULL"
        if not self._write(sql, shown, bool(title), key):
            raise _unknown(key)

    def delete(self, key: str) -> None:
        """Hides a conversation; ``restore`` brings it back within ``KEPT``."""
        sql = "UPDATE conversations SET deleted = ? WHERE key = ? AND deleted IS NULL"
        if not self._write(sql, datetime.now(UTC).isoformat(), key):
            raise _unknown(key)

    def restore(self, key: str) -> None:
        """Undoes ``delete``."""
        if not self._write("UPDATE conversations SET deleted = NULL WHERE key = ?", key):
            raise _unknown(key)

    def question_set(self, owner: str = "") -> Iterator[dict[str, Any]]:
        """The judged answers, of one reader or of all, as lines of a question set, as
        ``examples/questions.jsonl`` has them.

        An answer judged right gives its words and the articles it cites, a refusal judged right a
        question that cannot be answered. Where only the citation is wrong the words are known and
        the articles are not. A wrong answer says nothing of the right one and is left out.
        """
        for conversation in self.conversations(owner=owner):
            exchanges = self.load(conversation.key)
            for turn, exchange in enumerate(exchanges):
                known = _known(exchange.answer, exchange.verdict)
                if exchange.answer and known is not None:
                    asked_on = exchange.answer.asked_on
                    yield {
                        "id": f"{conversation.key}-{turn + 1}",
                        "question": exchange.question,
                        "turns": [before.question for before in exchanges[:turn]],
                        **known,
                        **({"asked_on": asked_on.isoformat()} if asked_on else {}),
                        "tags": ["feedback", str(exchange.verdict)],
                    }

    def close(self) -> None:
        """Closes the file."""
        with self._mutex:
            self._connection.close()

    # Inside

    def _read(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._mutex, self._translated():
            return self._connection.execute(sql, values).fetchall()

    def _write(self, sql: str, *values: object) -> int:
        """One statement in one transaction; returns how many rows it changed."""
        with self._mutex, self._translated(), self._connection:
            return self._connection.execute(sql, values).rowcount

    def _prepare(self) -> None:
        tables = "SELECT COUNT(*) FROM sqlite_master"
        if not self._connection.execute(tables).fetchone()[0]:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(_SCHEMA)
        named = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'meta'"
        found = None
        if self._connection.execute(named).fetchone()[0]:
            row = self._connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
            found = row and row[0]
        if found != FORMAT:
            raise HistoryError(
                f"{self.path} 不是本版本的对话记录（格式 {found}，需要 {FORMAT}）。"
                "请把它移走，或换一个位置。",
                f"{self.path} is not a history of this version (format {found}, not {FORMAT}). "
                "Move it away or choose another place.",
            )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as exc:
            raise HistoryError(
                f"对话记录 {self.path} 无法使用：{exc}。请检查文件夹权限和磁盘空间。",
                f"The history {self.path} cannot be used: {exc}. Check the folder's permissions "
                "and the free space.",
            ) from exc
        except sqlite3.DatabaseError as exc:
            raise self._damaged(exc) from exc

    def _damaged(self, exc: Exception) -> HistoryError:
        return HistoryError(
            f"对话记录 {self.path} 已损坏：{exc}。文件未被改动；请从备份恢复，或把它移走。",
            f"The history {self.path} is damaged: {exc}. Nothing was changed; restore it from a "
            "backup or move it away.",
        )


def _words(exchanges: Sequence[Exchange]) -> str:
    """What is searched: all questions and answers."""
    return "\n".join(
        f"{exchange.question}\n{exchange.answer.text if exchange.answer else ''}"
        for exchange in exchanges
    )


def _unknown(key: str) -> HistoryError:
    return HistoryError(
        f"没有编号为 {key} 的对话，它可能已被删除。请从列表里另选一个。",
        f"There is no conversation {key}; it may have been deleted. Choose another from the list.",
    )


def _known(answer: Answer | None, verdict: Verdict | None) -> dict[str, Any] | None:
    """What a judged answer tells of its question; None for nothing."""
    if answer is None or verdict in (None, "wrong"):
        return None
    if answer.status == "refused":
        return {"answers": [], "gold": [], "answerable": False} if verdict == "right" else None
    answering = [c for c in answer.citations if c.words]
    words = [c.article.text[slice(*c.words)] for c in answering if c.words]
    if verdict == "citation":
        return {"answers": [[word] for word in words], "answerable": True} if words else None
    cited = answering or answer.citations[:1]
    gold = dict.fromkeys(c.article.id for c in cited)
    answers = words or [c.quote for c in cited]
    return {
        "answers": [[text] for text in answers],
        "gold": [[key] for key in gold],
        "answerable": True,
    }


# --- exchanges as JSON --------------------------------------------------------------------------


def to_json(exchanges: Sequence[Exchange]) -> str:
    """Exchanges as JSON; ``articles`` holds each article once, the rest names its place there."""
    articles: dict[Article, int] = {}
    body = _plain(tuple(exchanges), articles)
    texts = [_fields(article, {}) for article in articles]
    return json.dumps({"articles": texts, "exchanges": body}, ensure_ascii=False)


def from_json(text: str) -> tuple[Exchange, ...]:
    """What ``to_json`` was given."""
    data = json.loads(text)
    articles = [_made(Article, fields_, ()) for fields_ in data["articles"]]
    return tuple(_value(Exchange, exchange, articles) for exchange in data["exchanges"])


def _plain(value: Value, articles: dict[Article, int]) -> Value:
    if isinstance(value, Article):
        return articles.setdefault(value, len(articles))
    if is_dataclass(value):
        return _fields(value, articles)
    if isinstance(value, tuple):
        return [_plain(item, articles) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value


def _fields(value: Value, articles: dict[Article, int]) -> dict[str, Any]:
    """The fields that are not as by default."""
    return {
        field.name: _plain(getattr(value, field.name), articles)
        for field in fields(value)
        if field.default is MISSING or getattr(value, field.name) != field.default
    }


def _value(kind: Value, value: Value, articles: Sequence[Article]) -> Value:
    """A value of this type from what ``_plain`` made of it."""
    if value is None:
        return None
    origin: Value = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _value(get_args(kind)[0], value, articles)
    if origin is tuple:
        first, *rest = get_args(kind)
        kinds = [first] * len(value) if rest == [...] else [first, *rest]
        return tuple(_value(k, v, articles) for k, v in zip(kinds, value, strict=True))
    if kind is Article:
        return articles[value]
    if kind is date:
        return date.fromisoformat(value)
    return _made(kind, value, articles) if is_dataclass(kind) else value


def _made(kind: Value, values: Mapping[str, Any], articles: Sequence[Article]) -> Value:
    hints = _hints(kind)
    return kind(**{k: _value(hints[k], v, articles) for k, v in values.items() if k in hints})


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
