"""Archive: a folder that holds articles, their passages, vectors and lexical index.

``archive.db`` is the truth (see ``store``). ``vectors.index`` is a cache of the vectors for faiss:
it carries the generation it was made for and is rebuilt, with a warning, when it does not match.
``writer.lock`` lets one writer in at a time. Meanwhile questions are answered: from what the
database holds by then and the index of before, until the new one takes its place.
"""

from __future__ import annotations

import itertools
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
from filelock import FileLock, Timeout

from embeddings import (
    BUNDLED,
    Encoder,
    EncoderError,
    IndexFileError,
    IndexStamp,
    SentenceEncoder,
    VectorIndex,
)
from rag.adding import (
    Adding,
    AddProgress,
    AddReport,
    Embedding,
    drop_orphans,
    files_behind,
    insert_passage,
    reporter,
)
from rag.editing import Correction, Editing, SourceFile, remove_article
from rag.errors import (
    ArchiveError,
    ArchiveLocked,
    EncoderChanged,
    ModelError,
    ReadingError,
    UnknownArticle,
    WenbaoError,
)
from rag.passages import PASSAGE_CHARS
from rag.store import Store, condition
from rag.terms import fold, whole_bigrams
from rag.types import Article, Filters, Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much the archive holds, and of which days."""

    files: int
    articles: int
    passages: int
    first: date | None
    last: date | None


class Archive:
    """An archive folder, for reading, and for writing by one process at a time.

    ``embedder`` names the model of a new archive (the bundled one by default) and must be left out
    or name the same model later. ``encoder`` gives the model itself instead. The model is loaded
    when it is first needed. ``create=False`` raises ``ArchiveMissing`` where there is no archive.
    ``passage_chars`` is the length of new passages, ``headlines`` whether headline and date are
    embedded with each.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        embedder: str | None = None,
        encoder: Encoder | None = None,
        create: bool = True,
        passage_chars: int = PASSAGE_CHARS,
        headlines: bool = True,
    ) -> None:
        self.path = Path(path).expanduser().absolute()
        if create:
            _make_folder(self.path)
        self._store = Store(self.path / "archive.db", create=create)
        self._embedder = embedder
        self._encoder = encoder
        self._passage_chars = passage_chars
        self._headlines = headlines
        self._changing = False
        self._mutex = threading.Lock()
        nothing = IndexStamp(fingerprint="", generation=-1)
        self._index: tuple[IndexStamp, VectorIndex | None] = (nothing, None)

    # What it holds

    @property
    def generation(self) -> int:
        """Grows with every change of the archive."""
        return self._store.generation

    @property
    def embedder(self) -> str:
        """The name of the model that this archive is embedded with, or will be."""
        return self._store.meta("embedder") or self._embedder or BUNDLED

    def articles(self, filters: Filters = Filters()) -> Iterator[Article]:
        """The articles that pass the filters, by date."""
        return self._store.articles(filters)

    def article(self, article_id: str) -> Article:
        """The article of this id; ``UnknownArticle`` when there is none."""
        found = self._store.article(article_id)
        if found is None:
            raise UnknownArticle(
                f"档案里没有编号为 {article_id} 的文章。用 wenbao list 查看全部。",
                f"There is no article {article_id} in the archive. See them with: wenbao list",
            )
        return found

    def find(
        self, text: str, filters: Filters = Filters(), limit: int = 200, offset: int = 0
    ) -> list[Article]:
        """The articles that hold every word of ``text``, which spaces part, in their headline or
        text, newest first; all where there is no word. Full-width and traditional forms are equal
        to the others.
        """
        words = [fold(word) for word in text.split()]
        terms = dict.fromkeys(term for word in words for term in whole_bigrams(word))
        found = (
            article
            for article in self._store.holding(list(terms), filters)
            if not words or _holds(article, words)
        )
        return list(itertools.islice(found, offset, offset + limit))

    def timeline(self, filters: Filters = Filters()) -> list[tuple[str, str, int]]:
        """How many articles there are by month ("2024-03") and source, sorted; "" where unknown."""
        where, values = condition(filters)
        rows = self._store.read(
            "SELECT substr(coalesce(a.date, ''), 1, 7) AS month, coalesce(a.source, '') AS paper,"
            f" COUNT(*) AS articles FROM articles a WHERE {where} GROUP BY 1, 2 ORDER BY 1, 2",
            values,
        )
        return [(row["month"], row["paper"], row["articles"]) for row in rows]

    def files(self) -> list[SourceFile]:
        """The files by path, with their articles in the order of the page."""
        return self._editor().files()

    def raw_text(self, path: str) -> str:
        """The text of a file as it was read, before it was cut into articles."""
        rows = self._store.read("SELECT raw FROM sources WHERE path = ?", (path,))
        if not rows:
            raise _unknown_file(path)
        return str(rows[0]["raw"])

    def sources(self) -> list[str]:
        """The names of the papers, the one with most articles first."""
        rows = self._store.read(
            "SELECT source FROM articles WHERE source IS NOT NULL"
            " GROUP BY source ORDER BY COUNT(*) DESC, source"
        )
        return [str(row["source"]) for row in rows]

    def counts(self) -> Counts:
        """How many files, articles and passages there are, and their first and last day."""
        row = self._store.read(
            "SELECT (SELECT COUNT(*) FROM sources) AS files, COUNT(*) AS articles,"
            " (SELECT COUNT(*) FROM passages) AS passages, MIN(date) AS first, MAX(date) AS last"
            " FROM articles"
        )[0]
        days = (date.fromisoformat(row[key]) if row[key] else None for key in ("first", "last"))
        first, last = days
        return Counts(
            files=row["files"],
            articles=row["articles"],
            passages=row["passages"],
            first=first,
            last=last,
        )

    def passage_count(self) -> int:
        """How many passages there are."""
        return int(self._store.read("SELECT COUNT(*) FROM passages")[0][0])

    def check(self) -> str:
        """``ok``, or what SQLite finds wrong with the database."""
        return self._store.check()

    # Searching

    @property
    def encoder(self) -> Encoder:
        """The model, loaded on first use; ``EncoderChanged`` if the vectors are another's."""
        encoder = self._given_encoder()
        self._check_encoder(encoder)
        return encoder

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that this thread reads inside comes from one state of the archive; but
        ``search_vectors`` may miss passages of it and find rows of a later one, which
        ``passages_of`` leaves out.
        """
        self._refresh_index()
        with self._store.snapshot():
            yield

    def search_vectors(
        self, vector: NDArray[np.float32], k: int, filters: Filters = Filters()
    ) -> list[tuple[int, float]]:
        """The ``k`` passages (row, cosine) nearest to a unit vector of shape (dim,), best first."""
        allowed = None
        if filters != Filters():
            where, values = condition(filters)
            rows = self._store.read(
                f"SELECT p.row FROM passages p JOIN articles a ON a.row = p.article WHERE {where}",
                values,
            )
            allowed = np.array([row["row"] for row in rows], np.int64)
        index = self._fitting_index()
        return index.search(vector, k, allowed) if index else []

    def search_terms(
        self, terms: Sequence[str], k: int, filters: Filters = Filters()
    ) -> list[tuple[int, float]]:
        """The ``k`` passages (row, BM25) that share most with the terms, best first."""
        if not terms:
            return []
        where, values = condition(filters)
        match = " OR ".join(f'"{term}"' for term in terms)
        rows = self._store.read(
            "SELECT p.row, -bm25(lexical) AS score FROM lexical"
            " JOIN passages p ON p.row = lexical.rowid JOIN articles a ON a.row = p.article"
            f" WHERE lexical MATCH ? AND {where} ORDER BY score DESC, p.row LIMIT ?",
            (match, *values, k),
        )
        return [(row["row"], row["score"]) for row in rows]

    def cosines(self, vector: NDArray[np.float32], rows: Iterable[int]) -> dict[int, float]:
        """The exact cosine of a unit vector of shape (dim,) with each of these passages."""
        wanted = list(rows)
        found = self._store.read(
            f"SELECT row, vector FROM passages WHERE row IN ({_marks(wanted)})", wanted
        )
        return {
            row["row"]: float(np.frombuffer(row["vector"], np.float16).astype(np.float32) @ vector)
            for row in found
        }

    def passages_of(self, rows: Iterable[int]) -> dict[int, tuple[Article, Passage]]:
        """The passages of these rows with their articles; rows that are gone are left out."""
        wanted = list(rows)
        found = self._store.read(
            'SELECT p.row, p.start, p."end", a.id FROM passages p JOIN articles a'
            f" ON a.row = p.article WHERE p.row IN ({_marks(wanted)})",
            wanted,
        )
        articles = {key: self._store.article(key) for key in {row["id"] for row in found}}
        return {
            row["row"]: (
                article,
                Passage(article_id=row["id"], start=row["start"], end=row["end"]),
            )
            for row in found
            if (article := articles[row["id"]]) is not None
        }

    def vectors(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The rows of all passages, shape (n,), and their vectors, shape (n, dim)."""
        rows = self._store.read("SELECT row, vector FROM passages ORDER BY row")
        vectors = [np.frombuffer(row["vector"], np.float16) for row in rows]
        return (
            np.array([row["row"] for row in rows], np.int64),
            np.array(vectors, np.float32).reshape(len(rows), len(vectors[0]) if vectors else 0),
        )

    def document_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term occurs."""
        return {
            term: self._store.read(
                "SELECT COUNT(*) FROM lexical WHERE lexical MATCH ?", (f'"{term}"',)
            )[0][0]
            for term in terms
        }

    # Changing

    def add(
        self,
        paths: Iterable[str | Path],
        *,
        day: date | None = None,
        source: str | None = None,
        progress: Callable[[AddProgress], None] | None = None,
    ) -> AddReport:
        """Reads files and folders, cuts them into articles and takes these in.

        A file that was added before and has not changed costs nothing, an article that is there
        already costs no embedding, and a changed file replaces what it held. ``day`` overrides the
        date of every article, ``source`` names the paper where the file doesn't. What can't be read
        is reported, the rest goes in. Interrupted, it keeps the batches that are done; the same
        call goes on from there. Other threads may ask meanwhile. Raises ``ArchiveLocked`` when the
        archive is being written to already.
        """
        with self._writing():
            before = self.generation
            files, problems = files_behind(paths)
            counts = {"added": 0, "unchanged": 0, "removed": 0, "embedded": 0}
            for number, path in enumerate(files, 1):
                adding = Adding(
                    store=self._store,
                    embedding=self._embedding,
                    path=path,
                    day=day,
                    source=source,
                    report=reporter(progress, path, number, len(files)),
                )
                try:
                    problems.extend(adding.run(counts))
                except ReadingError as exc:
                    problems.append(exc)
            if self.generation != before:
                self._publish_index()
        return AddReport(**counts, problems=tuple(problems))

    def remove(self, names: Iterable[str]) -> int:
        """Removes articles by id, or all articles of files by path; returns how many are gone.

        All or nothing: ``UnknownArticle`` when one of the names is not in the archive. An article
        is taken out of all its files, and ``undo`` puts it back into one as long as the file holds
        others; a file is gone with its corrections.
        """
        with self._writing():
            before = self.counts().articles
            with self._store.change() as connection:
                for name in names:
                    self._remove_one(connection, name)
                drop_orphans(connection)
            self._publish_index()
            return before - self.counts().articles

    def correct(
        self, article_id: str, *, path: str | None = None, **changes: Unpack[Correction]
    ) -> Article:
        """Sets the given fields of an article in a file (in the first it stands in, without
        ``path``) and returns it as it is now: its id may be another. None or blank clears a field;
        an empty title is a ``CorrectionError``. Author, byline and source change in all its files.
        """
        with self._editing() as editing:
            return editing.correct(article_id, path, changes)

    def merge(self, first_id: str, second_id: str, *, path: str | None = None) -> Article:
        """Makes one article of two that follow each other in a file (in the first where they do,
        without ``path``), else ``CorrectionError``.

        The second one's printed headline and subtitle become paragraphs of the text.
        """
        with self._editing() as editing:
            return editing.merge(first_id, second_id, path)

    def split(
        self, article_id: str, at: int, *, title: str = "", path: str | None = None
    ) -> tuple[Article, Article]:
        """Makes two articles of one: the second begins with the paragraph at this offset of the
        text, else ``CorrectionError``. Without a title its headline is taken from its first
        sentence; a first paragraph that is the title given becomes the headline.
        """
        with self._editing() as editing:
            return editing.split(article_id, at, path, title)

    def undo(self, path: str) -> bool:
        """Takes back the last correction or removal in a file; false when there is none."""
        with self._editing() as editing:
            return editing.undo(path)

    def revert(self, path: str) -> int:
        """Takes back all corrections and removals in a file; returns how many there were."""
        with self._editing() as editing:
            return editing.revert(path)

    def reembed(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Embeds every article with the given ``embedder`` and makes it the archive's own.

        One transaction: interrupted, the archive stays as it was. Returns the number of passages.
        """
        with self._writing():
            embedding = self._embedding_of(self._given_encoder())
            parts = [(a, found) for a in self.articles() for found in embedding.passages(a)]
            vectors = embedding.vectors(parts, progress)
            with self._store.change() as connection:
                connection.execute("DELETE FROM passages")
                for (article, passage), vector in zip(parts, vectors, strict=True):
                    insert_passage(connection, article, passage, vector)
                embedding.claim(connection)
            self._publish_index()
        return len(parts)

    # Inside

    def _given_encoder(self) -> Encoder:
        with self._mutex:
            if self._encoder is None:
                self._encoder = _load_encoder(self._embedder or self.embedder)
            return self._encoder

    def _embedding(self) -> Embedding:
        """The model that the archive is embedded with, checked."""
        return self._embedding_of(self.encoder)

    def _embedding_of(self, encoder: Encoder) -> Embedding:
        name = self._embedder or self.embedder
        return Embedding(
            encoder=encoder,
            name=name,
            passage_chars=self._passage_chars,
            headlines=self._headlines,
        )

    @contextmanager
    def _editing(self) -> Iterator[Editing]:
        with self._writing():
            before = self.generation
            yield self._editor()
            if self.generation != before:
                self._publish_index()

    def _editor(self) -> Editing:
        return Editing(store=self._store, embedding=self._embedding)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with FileLock(self.path / "writer.lock", timeout=0):
                self._changing = True
                try:
                    yield
                finally:
                    self._changing = False
        except Timeout as exc:
            raise ArchiveLocked(
                f"另一个程序正在写入档案 {self.path}。请等它结束后再试。",
                f"Another process is writing to the archive {self.path}. "
                "Try again when it has finished.",
            ) from exc
        except OSError as exc:
            raise _unwritable(self.path, exc) from exc

    def _remove_one(self, connection: sqlite3.Connection, name: str) -> None:
        if remove_article(connection, name):
            return
        sql = "DELETE FROM sources WHERE path IN (?, ?)"
        if not connection.execute(sql, (name, str(Path(name).absolute()))).rowcount:
            raise _unknown_file(name)

    def _check_encoder(self, encoder: Encoder) -> None:
        stored = self._store.meta("fingerprint")
        if stored and stored != encoder.fingerprint:
            raise EncoderChanged(
                f"档案 {self.path} 是用另一个嵌入模型（{self.embedder}）建立的。"
                f"要改用现在的模型，请运行：wenbao doctor --reembed --archive {self.path}",
                f"The archive {self.path} was embedded by another model ({self.embedder}). "
                f"To embed it again with this one, run: wenbao doctor --reembed "
                f"--archive {self.path}",
            )

    @property
    def _index_path(self) -> Path:
        return self.path / "vectors.index"

    def _fitting_index(self) -> VectorIndex | None:
        """An index of the model whose vectors this thread reads. In a snapshot none is loaded: what
        it sees may be older than the index that is held or in the file.
        """
        if not self._store.in_snapshot:
            self._refresh_index()
        stamp, index = self._index
        return index if stamp.fingerprint == self._stamp().fingerprint else self._built_index()

    def _refresh_index(self) -> None:
        """Brings the index to the present state: from its file, or rebuilt. While this object
        writes, the index of before stays.
        """
        with self._mutex:
            stamp, (held, _) = self._stamp(), self._index
            if stamp == held or (self._changing and stamp.fingerprint == held.fingerprint):
                return
            try:
                self._index = stamp, VectorIndex.load(self._index_path, stamp)
            except IndexFileError as exc:
                index = self._built_index()
                self._index = stamp, index
                if index is None:
                    return
                log.warning("%s; rebuilt from the database", exc)
                if stamp == self._stamp():  # else a writer may have saved a newer one
                    _save_quietly(index, self._index_path, stamp)

    def _publish_index(self) -> None:
        """After a change: the index of the new state, in memory and in its file."""
        stamp, index = self._stamp(), self._built_index()
        with self._mutex:
            self._index = stamp, index
        if index is not None:
            _save_quietly(index, self._index_path, stamp)

    def _built_index(self) -> VectorIndex | None:
        rows, vectors = self.vectors()
        return VectorIndex(rows, vectors) if len(rows) else None

    def _stamp(self) -> IndexStamp:
        return IndexStamp(
            fingerprint=self._store.meta("fingerprint") or "", generation=self.generation
        )


def _holds(article: Article, words: Sequence[str]) -> bool:
    text = fold(f"{article.title}\n{article.text}")
    return all(word in text for word in words)


def _marks(values: Sequence[int]) -> str:
    return ",".join("?" * len(values))


def _load_encoder(name: str) -> Encoder:
    try:
        return SentenceEncoder(name)
    except EncoderError as exc:
        raise ModelError(exc.zh, exc.en) from exc


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _unwritable(path, exc) from exc
    if not os.access(path, os.W_OK) and not (path / "archive.db").exists():
        raise _unwritable(path, PermissionError(13, "Permission denied"))


def _save_quietly(index: VectorIndex, path: Path, stamp: IndexStamp) -> None:
    """Saves the cache; a folder that can't be written only costs the next start some time."""
    try:
        index.save(path, stamp)
    except OSError as exc:
        log.warning("the vector index cannot be saved to %s: %s", path, exc)


def _unwritable(path: Path, exc: OSError) -> WenbaoError:
    return ArchiveError(
        f"档案文件夹 {path} 无法写入：{exc.strerror}。请换一个位置（--archive）或修改权限。",
        f"The archive folder {path} cannot be written: {exc.strerror}. "
        "Choose another place (--archive) or change its permissions.",
    )


def _unknown_file(name: str) -> UnknownArticle:
    return UnknownArticle(
        f"档案里没有文章或文件 {name!r}。用 wenbao list 查看全部。",
        f"The archive holds no article or file {name!r}. See them with: wenbao list",
    )
