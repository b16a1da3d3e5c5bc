"""Corrections by a person of what was read wrongly: heads, and where articles begin and end.

Every step replaces a run of articles of one file by others, in one transaction, and notes the run
in a journal; undoing a step puts the run back. An article that stands in other files too stays in
these as it was: only author, byline and source, which its id does not hold, change everywhere.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from rag.adding import Embedding, drop_orphans, insert_article, insert_passage, insert_place
from rag.errors import CorrectionError, UnknownArticle
from rag.newspaper import byline_of, first_sentence
from rag.store import Store, to_article
from rag.types import Article, Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALIGNED = (40, 20, 10, 5)
"""How many characters of a text are looked for in the raw page, the first that is found counts."""


class Correction(TypedDict, total=False):
    """The fields of an article that a person may set; None clears one."""

    title: str
    subtitle: str | None
    author: str | None
    byline: str | None
    date: date | None
    source: str | None


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the archive: its articles' ids in order, and whether a person corrected it."""

    path: str
    articles: tuple[str, ...]
    corrected: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Articles that follow each other in one file, from ``ordinal`` on."""

    file: int
    ordinal: int
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """The corrections of one archive. ``embedding`` is asked for when a text is new."""

    store: Store
    embedding: Callable[[], Embedding]

    def files(self) -> list[SourceFile]:
        """The files by path."""
        rows = self.store.read(
            "SELECT s.path, a.id, s.id IN (SELECT source FROM corrections) AS corrected"
            " FROM sources s LEFT JOIN places p ON p.source = s.id"
            " LEFT JOIN articles a ON a.row = p.article ORDER BY s.path, p.ordinal"
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            found.setdefault(row["path"], []).extend([row["id"]] if row["id"] else [])
        corrected = {row["path"] for row in rows if row["corrected"]}
        return [SourceFile(path, tuple(ids), path in corrected) for path, ids in found.items()]

    def correct(self, article_id: str, path: str | None, changes: Correction) -> Article:
        """Sets the given fields."""
        run = self._run(article_id, path)
        (article,) = run.articles
        values = _checked(changes)
        if "title" in values and values["title"] != article.title:
            values["title_derived"] = False
        corrected = replace(article, **values)
        if corrected != article:
            self._step(run, [corrected])
        return corrected

    def merge(self, first_id: str, second_id: str, path: str | None) -> Article:
        """Makes one article of two."""
        where, values = ("", []) if path is None else (" AND p.source = ?", [self._file(path)])
        rows = self.store.read(
            f"{_PLACES} WHERE a.id = ?{where} AND EXISTS (SELECT 1 FROM places n JOIN articles b"
            " ON b.row = n.article WHERE n.source = p.source AND n.ordinal = p.ordinal + 1"
            " AND b.id = ?) ORDER BY p.rowid",
            (first_id, *values, second_id),
        )
        if not rows:
            raise CorrectionError(
                f"文章 {first_id} 与 {second_id} 在同一文件中并不前后相邻，不能合并。"
                "请选择前后相邻的两篇，前一篇在先。",
                f"The articles {first_id} and {second_id} do not follow each other in one file, "
                "so they cannot be merged. Choose two neighbours, the earlier one first.",
            )
        run = self._run_at(rows[0]["file"], rows[0]["ordinal"], 2)
        merged = _merged(*run.articles)
        self._step(run, [merged])
        return merged

    def split(
        self, article_id: str, at: int, path: str | None, title: str
    ) -> tuple[Article, Article]:
        """Makes two articles of one, the second from the paragraph at this offset on."""
        run = self._run(article_id, path)
        (article,) = run.articles
        if not 0 < at < len(article.text) or article.text[at - 1] != "\n":
            raise CorrectionError(
                f"《{article.title}》不能在第 {at} 个字处拆分：那里不是段落的开头。"
                "请选择第二段或之后的段落。",
                f"《{article.title}》 cannot be split at character {at}: no paragraph begins "
                "there. Choose its second paragraph or a later one.",
            )
        raw = self.store.read("SELECT raw FROM sources WHERE id = ?", (run.file,))[0]["raw"]
        parts = _split(article, at, " ".join(title.split()), raw)
        self._step(run, parts)
        return parts

    def undo(self, path: str) -> bool:
        """Takes back the last step of a file; false when there is none."""
        file = self._file(path)
        rows = self.store.read(
            "SELECT * FROM corrections WHERE source = ? ORDER BY id DESC LIMIT 1", (file,)
        )
        if rows:
            self._take_back(file, rows)
        return bool(rows)

    def revert(self, path: str) -> int:
        """Takes back all steps of a file in one transaction; returns how many there were."""
        file = self._file(path)
        rows = self.store.read(
            "SELECT * FROM corrections WHERE source = ? ORDER BY id DESC", (file,)
        )
        if rows:
            self._take_back(file, rows)
        return len(rows)

    # Inside

    def _file(self, path: str) -> int:
        rows = self.store.read(
            "SELECT id FROM sources WHERE path IN (?, ?)", (path, str(Path(path).absolute()))
        )
        if not rows:
            raise UnknownArticle(
                f"档案里没有文件 {path}。用 wenbao list 查看全部。",
                f"There is no file {path} in the archive. See them with: wenbao list",
            )
        return int(rows[0]["id"])

    def _run(self, article_id: str, path: str | None) -> _Run:
        """The article where it stands in the file, or in the first of its files."""
        where, values = ("", []) if path is None else (" AND p.source = ?", [self._file(path)])
        rows = self.store.read(
            f"{_PLACES} WHERE a.id = ?{where} ORDER BY p.rowid LIMIT 1", (article_id, *values)
        )
        if not rows:
            raise UnknownArticle(
                f"档案里没有文章 {article_id}（它可能刚被改过）。请重新打开文件。",
                f"There is no article {article_id} (it may just have been corrected). "
                "Open its file again.",
            )
        return _Run(rows[0]["file"], rows[0]["ordinal"], (to_article(rows[0]),))

    def _run_at(self, file: int, ordinal: int, count: int) -> _Run:
        rows = self.store.read(
            f"{_PLACES} WHERE p.source = ? AND p.ordinal >= ? AND p.ordinal < ? ORDER BY p.ordinal",
            (file, ordinal, ordinal + count),
        )
        return _Run(file, ordinal, tuple(to_article(row) for row in rows))

    def _step(self, run: _Run, articles: Sequence[Article]) -> None:
        new = self._embedded(articles, run.articles)
        with self.store.change() as connection:
            note(connection, run.file, run.ordinal, run.articles, len(articles))
            _replace_run(connection, run.file, run.ordinal, len(run.articles), articles, new)
            drop_orphans(connection)

    def _take_back(self, file: int, rows: Sequence[sqlite3.Row]) -> None:
        """Undoes steps, the latest first."""
        steps = [(row, _articles_from(row["articles"])) for row in rows]
        shown = [
            a for row, _ in steps for a in self._run_at(file, row["ordinal"], row["count"]).articles
        ]
        new = self._embedded([a for _, articles in steps for a in articles], shown)
        with self.store.change() as connection:
            for row, articles in steps:
                _replace_run(connection, file, row["ordinal"], row["count"], articles, new)
                connection.execute("DELETE FROM corrections WHERE id = ?", (row["id"],))
            drop_orphans(connection)

    def _embedded(
        self, articles: Sequence[Article], before: Sequence[Article]
    ) -> dict[str, list[tuple[Passage, NDArray[np.float32]]]]:
        """The passages and vectors of the articles that are not in yet, by id. Vectors of what
        reads the same in ``before`` are kept.
        """
        fresh = {a.id: a for a in articles if self.store.article(a.id) is None}
        if not fresh:
            return {}
        embedding = self.embedding()
        parts = [(a, passage) for a in fresh.values() for passage in embedding.passages(a)]
        known = self._vectors_of(embedding, before)
        unknown = [(a, p) for a, p in parts if embedding.text(a, p) not in known]
        if unknown:
            vectors = embedding.vectors(unknown)
            known |= {embedding.text(a, p): v for (a, p), v in zip(unknown, vectors, strict=True)}
        made: dict[str, list[tuple[Passage, NDArray[np.float32]]]] = {key: [] for key in fresh}
        for article, passage in parts:
            made[article.id].append((passage, known[embedding.text(article, passage)]))
        return made

    def _vectors_of(
        self, embedding: Embedding, articles: Sequence[Article]
    ) -> dict[str, NDArray[np.float32]]:
        """What was embedded of these articles -> its vector."""
        found = {}
        for article in articles:
            for row in self.store.read(
                'SELECT p.start, p."end", p.vector FROM passages p JOIN articles a'
                " ON a.row = p.article WHERE a.id = ?",
                (article.id,),
            ):
                passage = Passage(article_id=article.id, start=row["start"], end=row["end"])
                vector = np.frombuffer(row["vector"], np.float16).astype(np.float32)
                found[embedding.text(article, passage)] = vector
        return found


_PLACES = """
SELECT a.*, s.path, p.raw_start, p.raw_end, p.page, p.source AS file, p.ordinal FROM places p
JOIN articles a ON a.row = p.article JOIN sources s ON s.id = p.source
"""


def remove_article(connection: sqlite3.Connection, article_id: str) -> bool:
    """Takes an article out of all its files, as a step that can be undone; false if unknown."""
    rows = connection.execute(
        f"{_PLACES} WHERE a.id = ? ORDER BY p.ordinal DESC", (article_id,)
    ).fetchall()
    for row in rows:
        note(connection, row["file"], row["ordinal"], [to_article(row)], 0)
        _replace_run(connection, row["file"], row["ordinal"], 1, [], {})
    return bool(rows)


def note(
    connection: sqlite3.Connection,
    file: int,
    ordinal: int,
    before: Sequence[Article],
    count: int,
) -> None:
    """Writes into the journal that ``count`` articles take the place of these."""
    texts = json.dumps([asdict(article) for article in before], ensure_ascii=False, default=str)
    connection.execute(
        "INSERT INTO corrections (source, ordinal, count, articles) VALUES (?, ?, ?, ?)",
        (file, ordinal, count, texts),
    )


def _articles_from(texts: str) -> list[Article]:
    return [
        Article(
            **(fields | {"date": date.fromisoformat(fields["date"]) if fields["date"] else None})
        )
        for fields in json.loads(texts)
    ]


def _replace_run(
    connection: sqlite3.Connection,
    file: int,
    ordinal: int,
    count: int,
    articles: Sequence[Article],
    new: dict[str, list[tuple[Passage, NDArray[np.float32]]]],
) -> None:
    """Puts articles in the place of ``count`` others; the later ones of the file move along."""
    gone = connection.execute(
        "SELECT a.id FROM places p JOIN articles a ON a.row = p.article"
        " WHERE p.source = ? AND p.ordinal >= ? AND p.ordinal < ?",
        (file, ordinal, ordinal + count),
    ).fetchall()
    connection.execute(
        "DELETE FROM places WHERE source = ? AND ordinal >= ? AND ordinal < ?",
        (file, ordinal, ordinal + count),
    )
    _move(connection, file, ordinal + count, len(articles) - count)
    for number, article in enumerate(articles, ordinal):
        if article.id in {row["id"] for row in gone}:
            _update(connection, article)
        else:
            _take_in(connection, article, new)
        insert_place(connection, file, number, article)


def _move(connection: sqlite3.Connection, file: int, first: int, by: int) -> None:
    """Shifts ordinals, by way of negative ones, since no two may be equal even for a moment."""
    connection.execute(
        "UPDATE places SET ordinal = -1 - (ordinal + ?) WHERE source = ? AND ordinal >= ?",
        (by, file, first),
    )
    connection.execute(
        "UPDATE places SET ordinal = -1 - ordinal WHERE source = ? AND ordinal < 0", (file,)
    )


def _update(connection: sqlite3.Connection, article: Article) -> None:
    """Sets what the id does not hold."""
    connection.execute(
        "UPDATE articles SET title_derived = ?, author = ?, byline = ?, source = ? WHERE id = ?",
        (article.title_derived, article.author, article.byline, article.source, article.id),
    )


def _take_in(
    connection: sqlite3.Connection,
    article: Article,
    new: dict[str, list[tuple[Passage, NDArray[np.float32]]]],
) -> None:
    if connection.execute("SELECT 1 FROM articles WHERE id = ?", (article.id,)).fetchone():
        return
    insert_article(connection, article)
    for passage, vector in new[article.id]:
        insert_passage(connection, article, passage, vector)


# --- what the new articles are ------------------------------------------------------------------


def _checked(changes: Correction) -> dict[str, Any]:
    """The fields to set: text without needless white space, blank as None."""
    unknown = changes.keys() - Correction.__annotations__.keys()
    if unknown:
        raise TypeError(f"not a field that can be corrected: {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {
        name: " ".join(value.split()) or None if isinstance(value, str) else value
        for name, value in changes.items()
    }
    if "title" in values and not values["title"]:
        raise CorrectionError(
            "标题不能为空。请写一个标题。", "The headline is empty. Write a headline."
        )
    return values


def _merged(first: Article, second: Article) -> Article:
    """The second one's printed headline and subtitle become paragraphs."""
    printed = None if second.title_derived else second.title
    paragraphs = [first.text, printed, second.subtitle, second.text]
    return replace(
        first,
        text="\n".join(paragraph for paragraph in paragraphs if paragraph),
        author=" ".join(dict.fromkeys(filter(None, (first.author, second.author)))) or None,
        byline=first.byline or second.byline,
        raw_end=second.raw_end,
    )


def _split(article: Article, at: int, title: str, raw: str) -> tuple[Article, Article]:
    """A paragraph that is the title given becomes the headline of the second part."""
    above, below = article.text[: at - 1], article.text[at:]
    cut = _raw_offset(raw, article, below)
    if title and below.startswith(f"{title}\n"):
        below = below[len(title) + 1 :]
    moved = article.byline and article.byline in below and article.byline not in above
    first = replace(
        article,
        text=above,
        byline=byline_of(above.split("\n"), article.author) if moved else article.byline,
        raw_end=cut,
    )
    second = replace(
        article,
        title=title or first_sentence(below),
        title_derived=not title,
        subtitle=None,
        text=below,
        author=None,
        byline=byline_of(below.split("\n")),
        raw_start=cut,
    )
    return first, second


def _raw_offset(raw: str, article: Article, below: str) -> int:
    """Where the rest of an article's text begins in the raw page: there is other white space and
    other line ends in it, so only the other characters are compared, and of several places that
    read the same the one that leaves as much text below counts.
    """
    offsets = [i for i in range(article.raw_start, article.raw_end) if not raw[i : i + 1].isspace()]
    page = "".join(raw[i : i + 1] or " " for i in offsets)
    rest = "".join(below.split())
    expected = max(0, len(page) - len(rest))
    for length in ALIGNED:
        places = _occurrences(page, rest[:length])
        if places:
            return offsets[min(places, key=lambda place: abs(place - expected))]
    return offsets[expected] if expected < len(offsets) else article.raw_end


def _occurrences(text: str, part: str) -> list[int]:
    places, at = [], text.find(part)
    while at >= 0:
        places.append(at)
        at = text.find(part, at + 1)
    return places
