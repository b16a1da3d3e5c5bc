"""The words of the domain: article, passage, hit, citation, answer.

All are frozen. Offsets count characters (code points) of ``Article.text``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Span = tuple[int, int]
"""A half-open range of character offsets."""

Status = Literal["answered", "refused"]

Problem = Literal["uncited", "invented", "details", "meaning"]
"""Why a generated sentence is not supported: it names no passage; only passages that do not exist;
a passage that lacks a number, date or name of it; a passage that holds those and does not say so.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """What a file holds before it is understood.

    ``record`` is true for one row of a JSONL or CSV file, which is one article by itself; a page
    (false) may hold several. A form feed in ``text`` stands where a page of the file ends.
    ``place`` says where in the file it stands ("line 12"), empty for the whole file.
    """

    path: str
    text: str
    record: bool = False
    place: str = ""
    title: str | None = None
    date: date | None = None
    source: str | None = None
    author: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article of a paper.

    ``text`` is the repaired body: paragraphs joined by a line feed, without the headline.
    ``author`` is the author line of a signed piece, ``byline`` the reporters as printed.
    ``raw_start`` and ``raw_end`` bound the article, headline included, in the raw text of its file.
    ``title_derived`` marks a title that was not printed but taken from the first sentence.
    """

    title: str
    text: str
    subtitle: str | None = None
    title_derived: bool = False
    author: str | None = None
    byline: str | None = None
    date: date | None = None
    source: str | None = None
    url: str | None = None
    path: str = ""
    page: int | None = None
    raw_start: int = 0
    raw_end: int = 0

    @property
    def id(self) -> str:
        """A hash of what the article says: the same article in two files is one article."""
        day = self.date.isoformat() if self.date else ""
        content = "\x1f".join((self.title, self.subtitle or "", day, self.text))
        return "a" + hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Whole sentences of one article: the unit that is embedded and found."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles a question may be answered from. ``since`` and ``until`` are inclusive days;
    ``source`` and ``title`` match when they occur in the field; ``articles`` are ids, none for all,
    and ``without`` ids that are left out.
    """

    since: date | None = None
    until: date | None = None
    source: str | None = None
    title: str | None = None
    articles: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that retrieval found. Scores: higher is better; ``dense`` is the cosine, whichever
    leg found it, ``lexical`` the BM25 of the bigrams, None where that leg did not; ``score`` is the
    fusion, 0 to 1, with bonuses for the days that the question names and the articles that it goes
    on about.
    """

    article: Article
    passage: Passage
    score: float
    dense: float = 0.0
    lexical: float | None = None

    @property
    def text(self) -> str:
        """The words of the passage."""
        return self.article.text[self.passage.start : self.passage.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where an answer's words stand: ``quote`` is always the article's own text.

    ``words`` are the characters of the article, inside the quote, that answer by themselves.
    """

    number: int
    article: Article
    start: int
    end: int
    words: Span | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= len(self.article.text):
            raise ValueError(f"span {self.start}:{self.end} is not inside {self.article.id}")
        if self.words and not self.start <= self.words[0] < self.words[1] <= self.end:
            raise ValueError(f"words {self.words} are not inside {self.start}:{self.end}")

    @property
    def quote(self) -> str:
        """The quoted words: ``article.text[start:end]``."""
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence that a language model wrote, and what its check found.

    ``start`` and ``end`` are its characters in the text that it is part of, its citation numbers
    included. ``numbers`` are the citations that support it, none where there is a ``problem``.
    ``missing`` are its words that the passages it names do not hold, ``invented`` the numbers of
    passages that do not exist.
    """

    start: int
    end: int
    numbers: tuple[int, ...] = ()
    problem: Problem | None = None
    missing: tuple[str, ...] = ()
    invented: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A generated answer on its way: its checked sentences, and ``pending``, what has come of the
    next one, which nobody has checked yet.
    """

    text: str = ""
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    pending: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One earlier question of a conversation with what was answered."""

    question: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the archive says to a question, with the proof.

    ``text`` carries citation numbers as ``[1]``, in the order of ``citations``. ``short`` are the
    words of the first citation that answer by themselves (of each part of a question in parts),
    empty where only whole sentences do; ``dated`` are the same words with their times written out
    by the calendar, where a question asks for a time and the paper leaves that to its date, else
    empty. A refused answer has no citations; ``nearest`` then holds the passages closest to the
    question. ``confidence`` is the estimated probability that the citations answer. ``timings`` are
    seconds by stage.

    Where a language model wrote the text, ``generator`` is its name, ``statements`` are its
    sentences, and the first ``used`` of the ``hits`` are what it was given to read. Where one was
    asked and the answer is not its, ``fallback`` says why, in Chinese and in English.
    """

    question: str
    status: Status
    text: str
    short: str = ""
    dated: str = ""
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Hit, ...] = ()
    hits: tuple[Hit, ...] = ()
    confidence: float = 0.0
    standalone: str = ""
    asked_on: date | None = None
    filters: Filters = Filters()
    settings_id: str = ""
    generation: int = 0
    timings: Mapping[str, float] = field(default_factory=dict)
    generator: str = ""
    statements: tuple[Statement, ...] = ()
    used: int = 0
    fallback: tuple[str, str] | None = None
