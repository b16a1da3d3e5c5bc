"""The archive's database: one SQLite file that holds everything and is the only truth.

``Store`` opens it, hands out one connection a thread, and translates SQLite's errors. Readers work
beside one writer (write-ahead log). Row numbers of passages are never used again (AUTOINCREMENT),
so a vector index of an earlier or a later state can miss a passage but never name a wrong one.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rag.errors import ArchiveDamaged, ArchiveError, ArchiveMissing
from rag.types import Article, Filters

FORMAT = "2"

_CORRECTIONS = """
CREATE TABLE corrections (  -- the journal: articles that `count` others took the place of
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  count INTEGER NOT NULL,
  articles TEXT NOT NULL    -- JSON
);
CREATE INDEX corrections_by_source ON corrections (source);
"""

_CLOSE_GAPS = """
UPDATE places SET ordinal = -1 - r.number FROM (
  SELECT rowid AS id, row_number() OVER (PARTITION BY source ORDER BY ordinal) - 1 AS number
  FROM places
) r WHERE places.rowid = r.id
"""
"""Negative at first, since no two ordinals of a file may be equal even for a moment."""

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  digest TEXT,            -- of bytes and options; NULL while its articles are still going in
  raw TEXT NOT NULL       -- the text as it was read, which raw_start and raw_end point into
);
CREATE TABLE articles (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  subtitle TEXT,
  title_derived INTEGER NOT NULL,
  author TEXT,
  byline TEXT,
  date TEXT,
  source TEXT,
  url TEXT,
  text TEXT NOT NULL
);
CREATE TABLE places (     -- where an article stands: the same article may be in several files
  source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  article INTEGER NOT NULL REFERENCES articles (row) ON DELETE CASCADE,
  raw_start INTEGER NOT NULL,
  raw_end INTEGER NOT NULL,
  page INTEGER,
  PRIMARY KEY (source, ordinal)
);
CREATE INDEX places_by_article ON places (article);
CREATE TABLE passages (
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  article INTEGER NOT NULL REFERENCES articles (row) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  vector BLOB NOT NULL    -- float16, dim values
);
CREATE INDEX passages_by_article ON passages (article);
CREATE VIRTUAL TABLE lexical USING fts5 (title, body, tokenize = "unicode61 remove_diacritics 0");
CREATE TRIGGER passage_leaves_lexical AFTER DELETE ON passages
  BEGIN DELETE FROM lexical WHERE rowid = old.row; END;
"""

_ARTICLE = """
SELECT a.*, s.path, p.raw_start, p.raw_end, p.page FROM articles a
LEFT JOIN places p ON p.rowid = (SELECT MIN(rowid) FROM places WHERE article = a.row)
LEFT JOIN sources s ON s.id = p.source
"""


class Store:
    """One archive's database. ``create`` makes it where there is none."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._local = threading.local()
        if not path.exists() and not create:
            raise ArchiveMissing(
                f"{path.parent} 里没有档案。请先运行：wenbao add 文件… --archive {path.parent}",
                f"There is no archive in {path.parent}. First run: wenbao add FILE... "
                f"--archive {path.parent}",
            )
        with self._translated():
            self._prepare()

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """The rows of one query."""
        with self._translated():
            return self._connection().execute(sql, values).fetchall()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that this thread reads inside comes from one state of the archive."""
        with self._translated():
            self._connection().execute("BEGIN")
            try:
                yield
            finally:
                self._connection().rollback()

    @property
    def in_snapshot(self) -> bool:
        """Whether this thread reads inside one."""
        return self._connection().in_transaction

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One transaction that raises the generation by one; rolled back on any exception."""
        with self._translated():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute(
                    "UPDATE meta SET value = value + 1 WHERE key = 'generation'",
                )
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def meta(self, key: str) -> str | None:
        """A fact about the archive: format, generation, embedder, fingerprint."""
        rows = self.read("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0]["value"]) if rows else None

    @property
    def generation(self) -> int:
        """Grows with every change."""
        return int(self.meta("generation") or 0)

    def articles(self, filters: Filters = Filters()) -> Iterator[Article]:
        """The articles that pass the filters, by date, then in the order they came in."""
        where, values = condition(filters)
        with self._translated():
            cursor = self._connection().execute(
                f"{_ARTICLE} WHERE {where} ORDER BY a.date IS NULL, a.date, a.row", values
            )
            for row in cursor:
                yield to_article(row)

    def holding(self, terms: Sequence[str], filters: Filters = Filters()) -> Iterator[Article]:
        """The articles that hold each lexical term somewhere, newest first, undated ones last."""
        where, values = condition(filters)
        held = (
            " AND a.row IN (SELECT p.article FROM lexical JOIN passages p"
            " ON p.row = lexical.rowid WHERE lexical MATCH ?)"
        )
        with self._translated():
            cursor = self._connection().execute(
                f"{_ARTICLE} WHERE {where}{held * len(terms)} ORDER BY a.date DESC, a.row",
                (*values, *(f'"{term}"' for term in terms)),
            )
            for row in cursor:
                yield to_article(row)

    def article(self, article_id: str) -> Article | None:
        """The article of this id."""
        rows = self.read(f"{_ARTICLE} WHERE a.id = ?", (article_id,))
        return to_article(rows[0]) if rows else None

    def check(self) -> str:
        """SQLite's own verdict on the file: ``ok``, or what is wrong."""
        return str(self.read("PRAGMA integrity_check")[0][0])

    def close(self) -> None:
        """Closes this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        return connection

    def _prepare(self) -> None:
        connection = self._connection()
        tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if not tables:
            self._make(connection)
        found = self.meta("format") if self._has_meta(connection) else None
        if found == "1":
            self._migrate(connection)
            found = self.meta("format")
        if found != FORMAT:
            raise ArchiveError(
                f"{self.path} 不是本版本的档案（格式 {found}，需要 {FORMAT}）。"
                "请把文件加入一个新档案。",
                f"{self.path} is not an archive of this version (format {found}, not {FORMAT}). "
                "Add the files to a new archive.",
            )

    def _make(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(
            f"BEGIN IMMEDIATE;{_SCHEMA}{_CORRECTIONS}"
            f"INSERT INTO meta VALUES ('format', '{FORMAT}'), ('generation', '0');COMMIT;"
        )

    @staticmethod
    def _migrate(connection: sqlite3.Connection) -> None:
        """Format 1 had no corrections, and left gaps in the ordinals where an article was removed.
        Changes nothing when another process just migrated.
        """
        connection.execute("BEGIN IMMEDIATE")
        try:
            row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
            if row["value"] == "1":
                for statement in filter(str.strip, _CORRECTIONS.split(";")):
                    connection.execute(statement)
                connection.execute(_CLOSE_GAPS)
                connection.execute("UPDATE places SET ordinal = -1 - ordinal")
                connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (FORMAT,))
            connection.commit()
        except BaseException:
            connection.rollback()
            raise

    @staticmethod
    def _has_meta(connection: sqlite3.Connection) -> bool:
        sql = "SELECT COUNT(*) FROM sqlite_master WHERE name = 'meta'"
        return bool(connection.execute(sql).fetchone()[0])

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as exc:
            raise ArchiveError(
                f"档案 {self.path} 无法使用：{exc}。请检查文件夹权限和磁盘空间。",
                f"The archive {self.path} cannot be used: {exc}. Check the folder's permissions "
                "and the free space.",
            ) from exc
        except sqlite3.DatabaseError as exc:
            raise ArchiveDamaged(
                f"档案数据库 {self.path} 已损坏：{exc}。文件未被改动；"
                "请从备份恢复，或把原文件加入一个新档案。",
                f"The archive's database {self.path} is damaged: {exc}. Nothing was changed; "
                "restore it from a backup, or add the original files to a new archive.",
            ) from exc


def condition(filters: Filters) -> tuple[str, list[str]]:
    """The filters as an SQL condition on ``articles a`` with its values."""
    parts, values = ["1"], []
    for column, sign, value in (
        ("date", ">=", filters.since and filters.since.isoformat()),
        ("date", "<=", filters.until and filters.until.isoformat()),
    ):
        if value:
            parts.append(f"a.{column} {sign} ?")
            values.append(value)
    for column, text in (("source", filters.source), ("title", filters.title)):
        if text:
            parts.append(f"instr(a.{column}, ?) > 0")
            values.append(text)
    for sign, ids in (("IN", filters.articles), ("NOT IN", filters.without)):
        if ids:
            parts.append(f"a.id {sign} ({', '.join('?' * len(ids))})")
            values += ids
    return " AND ".join(parts), values


def to_article(row: sqlite3.Row) -> Article:
    """A row of the article query as an ``Article``."""
    return Article(
        title=row["title"],
        text=row["text"],
        subtitle=row["subtitle"],
        title_derived=bool(row["title_derived"]),
        author=row["author"],
        byline=row["byline"],
        date=date.fromisoformat(row["date"]) if row["date"] else None,
        source=row["source"],
        url=row["url"],
        path=row["path"] or "",
        page=row["page"],
        raw_start=row["raw_start"] or 0,
        raw_end=row["raw_end"] or 0,
    )
