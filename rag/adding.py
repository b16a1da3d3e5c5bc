"""Files into the archive: read, cut into articles, embedded, and written in batches.

One file is an ``Adding``. A file that has not changed is known by its digest; what it held before
and no longer holds is dropped when the last batch is in, so an interruption loses nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embeddings import Encoder, EncoderError
from rag.errors import ModelError, ReadingError
from rag.newspaper import articles_of
from rag.passages import embedded_text, passages
from rag.reading import read, shown, walk
from rag.store import Store
from rag.terms import bigrams
from rag.types import Article, Passage, RawText

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

BATCH_ARTICLES = 64
"""Articles that go in with one transaction: what an interruption can cost."""

_WITH_PROBLEMS = "problems:"
"""Before the digest of a file of which rows could not go in: it is read again to tell of them."""

MAX_ARTICLE_CHARS = 200_000
"""The longest features have some 20,000 characters; ten times more is not one article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProgress:
    """Where an ``add`` stands: file ``file`` of ``files``, articles done of its ``total``."""

    path: Path
    file: int
    files: int
    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReport:
    """What an ``add`` did, in articles, and the files and rows that could not go in."""

    added: int = 0
    unchanged: int = 0
    removed: int = 0
    embedded: int = 0
    problems: tuple[ReadingError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """What a model makes of articles. ``name`` is what the archive notes beside its fingerprint;
    ``headlines``: whether headline and date are embedded with each passage.
    """

    encoder: Encoder
    name: str
    passage_chars: int
    headlines: bool = True

    def passages(self, article: Article) -> list[Passage]:
        """The article's passages, none longer than the model takes."""

        def fits(texts: Sequence[str]) -> list[bool]:
            return [n <= self.encoder.max_tokens for n in self.encoder.count_tokens(texts)]

        return passages(article, self.passage_chars, fits)

    def text(self, article: Article, passage: Passage) -> str:
        """What is embedded of a passage."""
        if self.headlines:
            return embedded_text(article, passage.start, passage.end)
        return article.text[passage.start : passage.end]

    def vectors(
        self,
        parts: Sequence[tuple[Article, Passage]],
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.float32]:
        """The vectors of passages, shape (n, dim)."""
        texts = [self.text(article, passage) for article, passage in parts]
        try:
            return self.encoder.encode_passages(texts, progress)
        except EncoderError as exc:
            raise ModelError(exc.zh, exc.en) from exc

    def claim(self, connection: sqlite3.Connection) -> None:
        """Notes which model the vectors are of."""
        connection.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            [
                ("embedder", self.name),
                ("fingerprint", self.encoder.fingerprint),
                ("dim", str(self.encoder.dim)),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """One file on its way into the archive. ``day`` overrides the date of its articles, ``source``
    names the paper where the file doesn't; ``embedding`` is asked for when there is something new.
    """

    store: Store
    embedding: Callable[[], Embedding]
    path: Path
    day: date | None = None
    source: str | None = None
    report: Callable[[str, int, int], None]

    def run(self, counts: dict[str, int]) -> Sequence[ReadingError]:
        """Takes the file in; returns the rows that could not go in."""
        self.report("reading", 0, 0)
        digest = self._digest()
        name = str(self.path.absolute())
        known = self.store.read("SELECT id, digest FROM sources WHERE path = ?", (name,))
        before = known[0]["digest"] if known else None
        if before == digest:
            counts["unchanged"] += self._held(known[0]["id"])
            return ()
        reading = read(self.path)
        if before == _WITH_PROBLEMS + digest:
            counts["unchanged"] += self._held(known[0]["id"])
            return reading.problems
        articles = self._articles(reading.texts, name)
        self._check(articles)
        source_id = self._begin(name, "\n".join(raw.text for raw in reading.texts))
        self._insert(articles, source_id, counts)
        mark = _WITH_PROBLEMS if reading.problems else ""
        self._finish(source_id, len(articles), mark + digest, counts)
        return reading.problems

    def _held(self, source_id: int) -> int:
        return int(
            self.store.read("SELECT COUNT(*) FROM places WHERE source = ?", (source_id,))[0][0]
        )

    def _articles(self, texts: Sequence[RawText], name: str) -> list[Article]:
        """The articles of all texts; raw spans are counted in the texts joined by line feeds."""
        articles, start = [], 0
        for raw in texts:
            articles += [
                replace(
                    article,
                    path=name,
                    source=article.source or self.source,
                    raw_start=start + article.raw_start,
                    raw_end=start + article.raw_end,
                )
                for article in articles_of(raw, date=self.day)
            ]
            start += len(raw.text) + 1
        return articles

    def _digest(self) -> str:
        """Changes with the file's bytes and with the options that shape its articles."""
        options = f"{self.day}|{self.source}|".encode()
        try:
            with self.path.open("rb") as file:
                return (
                    hashlib.file_digest(file, "sha256").hexdigest()
                    + hashlib.sha256(options).hexdigest()[:8]
                )
        except OSError as exc:
            raise ReadingError(
                f"{shown(self.path)}：读不出来（{exc.strerror}）。请检查权限。",
                f"{shown(self.path)}: cannot be read ({exc.strerror}). Check its permissions.",
            ) from exc

    def _check(self, articles: list[Article]) -> None:
        if not articles:
            raise ReadingError(
                f"{shown(self.path)}：没有找到文章正文。",
                f"{shown(self.path)}: no article text was found in it.",
            )
        longest = max(articles, key=lambda article: len(article.text))
        if len(longest.text) > MAX_ARTICLE_CHARS:
            raise ReadingError(
                f"{shown(self.path)}：一篇文章长达 {len(longest.text):,} 字，超过上限 "
                f"{MAX_ARTICLE_CHARS:,}。请把文件按文章分开（例如每行一篇的 JSONL）。",
                f"{shown(self.path)}: one article has {len(longest.text):,} characters, more than "
                f"{MAX_ARTICLE_CHARS:,}. Split the file into articles, for example as JSONL.",
            )

    def _begin(self, name: str, raw: str) -> int:
        with self.store.change() as connection:
            connection.execute(
                "INSERT INTO sources (path, digest, raw) VALUES (?, NULL, ?)"
                " ON CONFLICT (path) DO UPDATE SET digest = NULL, raw = excluded.raw",
                (name, raw),
            )
            row = connection.execute("SELECT id FROM sources WHERE path = ?", (name,)).fetchone()
            dropped = connection.execute("DELETE FROM corrections WHERE source = ?", (row["id"],))
        if dropped.rowcount:
            log.warning("%s was read again; its %d corrections are gone", name, dropped.rowcount)
        return int(row["id"])

    def _insert(self, articles: list[Article], source_id: int, counts: dict[str, int]) -> None:
        numbered = enumerate(articles)
        total = len(articles)
        self.report("embedding", 0, total)
        while batch := list(itertools.islice(numbered, BATCH_ARTICLES)):
            fresh = {a.id: a for _, a in batch if self.store.article(a.id) is None}
            self._insert_batch(batch, fresh, source_id, counts)
            counts["added"] += len(fresh)
            counts["unchanged"] += len(batch) - len(fresh)
            self.report("embedding", batch[-1][0] + 1, total)

    def _insert_batch(
        self,
        batch: list[tuple[int, Article]],
        fresh: dict[str, Article],
        source_id: int,
        counts: dict[str, int],
    ) -> None:
        embedding = self.embedding()
        parts = [(a, p) for a in fresh.values() for p in embedding.passages(a)]
        vectors = embedding.vectors(parts)
        with self.store.change() as connection:
            for article in fresh.values():
                insert_article(connection, article)
            for (article, passage), vector in zip(parts, vectors, strict=True):
                insert_passage(connection, article, passage, vector)
            for ordinal, article in batch:
                insert_place(connection, source_id, ordinal, article)
            embedding.claim(connection)
        counts["embedded"] += len(parts)

    def _finish(self, source_id: int, count: int, digest: str, counts: dict[str, int]) -> None:
        with self.store.change() as connection:
            connection.execute(
                "DELETE FROM places WHERE source = ? AND ordinal >= ?", (source_id, count)
            )
            counts["removed"] += drop_orphans(connection)
            connection.execute("UPDATE sources SET digest = ? WHERE id = ?", (digest, source_id))


def insert_article(connection: sqlite3.Connection, article: Article) -> None:
    """Writes an article that is not in yet, without its passages and place."""
    connection.execute(
        "INSERT INTO articles (id, title, subtitle, title_derived, author, byline, date, source,"
        " url, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            article.id,
            article.title,
            article.subtitle,
            article.title_derived,
            article.author,
            article.byline,
            article.date.isoformat() if article.date else None,
            article.source,
            article.url,
            article.text,
        ),
    )


def insert_passage(
    connection: sqlite3.Connection,
    article: Article,
    passage: Passage,
    vector: NDArray[np.float32],
) -> None:
    """Writes a passage of an article that is in, with its vector and its lexical terms."""
    row = connection.execute(
        'INSERT INTO passages (article, start, "end", vector)'
        " VALUES ((SELECT row FROM articles WHERE id = ?), ?, ?, ?)",
        (article.id, passage.start, passage.end, vector.astype(np.float16).tobytes()),
    ).lastrowid
    body = article.text[passage.start : passage.end]
    connection.execute(
        "INSERT INTO lexical (rowid, title, body) VALUES (?, ?, ?)",
        (row, " ".join(bigrams(article.title)), " ".join(bigrams(body))),
    )


def insert_place(
    connection: sqlite3.Connection, source_id: int, ordinal: int, article: Article
) -> None:
    """Writes where an article that is in stands in a file."""
    connection.execute(
        "INSERT OR REPLACE INTO places VALUES"
        " (?, ?, (SELECT row FROM articles WHERE id = ?), ?, ?, ?)",
        (source_id, ordinal, article.id, article.raw_start, article.raw_end, article.page),
    )


def drop_orphans(connection: sqlite3.Connection) -> int:
    """Removes articles that stand in no file any more, and files that hold none."""
    gone = connection.execute(
        "DELETE FROM articles WHERE row NOT IN (SELECT article FROM places)"
    ).rowcount
    connection.execute(
        "DELETE FROM sources WHERE digest IS NOT NULL AND id NOT IN (SELECT source FROM places)"
    )
    return int(gone)


def files_behind(paths: Iterable[str | Path]) -> tuple[list[Path], list[ReadingError]]:
    """The files behind the given paths, and the paths that lead nowhere."""
    files: list[Path] = []
    problems: list[ReadingError] = []
    for path in paths:
        try:
            files.extend(walk([Path(path)]))
        except ReadingError as exc:
            problems.append(exc)
    return files, problems


def reporter(
    progress: Callable[[AddProgress], None] | None, path: Path, number: int, files: int
) -> Callable[[str, int, int], None]:
    """Tells ``progress`` of the stages of one file: (stage, articles done, articles in all)."""

    def report(stage: str, done: int, total: int) -> None:
        if progress:
            progress(
                AddProgress(
                    path=path, file=number, files=files, stage=stage, done=done, total=total
                )
            )

    return report
