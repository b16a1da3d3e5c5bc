"""Chatbot: the one place where the stages are put together.

The page, the command line, the Python interface and the evaluation all call this.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from rag.answer import Evidence, choose, cite, sentences_of, together
from rag.archive import Archive, Counts
from rag.asks import ONE_CLAUSE, Asked, asked, holds, signatures
from rag.cite import verified
from rag.config import Settings
from rag.conversation import already_said, cited_before, parts, readings
from rag.dates import TimeMention, period_in
from rag.errors import QuestionError, UnknownArticle
from rag.evidence import Query, Sentence, evidence_model, features, likeliest, query_of
from rag.generate import Generator
from rag.passages import embedded_text
from rag.printed import in_full
from rag.reader import NO_SPAN, Reading, SpanReader, bundled_reader
from rag.retrieve import retrieve
from rag.rewriting import rewritten
from rag.snap import snapped
from rag.terms import question_terms
from rag.types import Answer, Article, Citation, Draft, Filters, Hit, Span, Turn
from rag.writing.composing import written
from rag.writing.prompt import refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_QUESTION_CHARS = 1000
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""What a byte that is no text, or a JSON escape without its other half, comes in as."""

FIRST_DAY, LAST_DAY = date(1000, 1, 1), date(8999, 12, 31)
"""Between these a question can be asked: "last year" and "next week" have a date."""

LIKELY = 12
"""Sentences of the passages found whose vectors are compared with the question's."""

_GOES_ON = re.compile(r"[。；]|(?<![0-9０-９])[，：]|[，：](?![0-9０-９])")
"""A mark between clauses, not one inside a number (9：30)."""

SPANS = 12
"""Answers of the reader in each sentence, of which one is taken."""

KIND = 2.0
"""What it is worth, in logits, that the words hold the kind of thing asked for."""

_READING = threading.Lock()
"""One question is read for at a time. A model's steps and the words around them take turns at one
interpreter: ten questions at once took five times as long as one after the other, and the next
one's evidence, which takes no time, waited as long.
"""

DATED = 20
"""Characters of a short answer, at most, whose times are written out by the calendar beside it."""

NEAREST = 3
"""Passages shown with a refusal."""


class Chatbot:
    """Answers questions from an archive, with citations that were checked, or says it can't."""

    def __init__(
        self,
        archive: Archive,
        settings: Settings | None = None,
        *,
        reader: SpanReader | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.archive = archive
        self.settings = settings or Settings()
        self.generator = generator
        self._reader = reader

    @property
    def reader(self) -> SpanReader:
        """The span reader, loaded on first use: the bundled one unless another was given."""
        return self._reader or bundled_reader()

    def ask(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        filters: Filters = Filters(),
        asked_on: date | None = None,
        standalone: str = "",
    ) -> Answer:
        """The answer to one question.

        ``turns``: the conversation so far, oldest first. ``asked_on``: the day that "yesterday"
        counts from; today if left out. ``standalone``: what the question means when it stands
        alone, where the person has written that; else it is found out from the turns. Raises
        ``QuestionError`` for an empty, endless or garbled question and for a day that nothing
        counts from.
        """
        events = self.stream(
            question, turns=turns, filters=filters, asked_on=asked_on, standalone=standalone
        )
        for event in events:
            if isinstance(event, Answer):
                return event
        raise AssertionError("stream ends with an Answer")

    def stream(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        filters: Filters = Filters(),
        asked_on: date | None = None,
        standalone: str = "",
    ) -> Iterator[tuple[Hit, ...] | Draft | Answer]:
        """Like ``ask``, but yields the hits as soon as they are there, then with a generator the
        drafts of its reply as it comes, then the answer. Closing it ends the generator's work.
        """
        question = checked_question(question)
        inquiry = Inquiry(
            self, checked_day(asked_on or date.today()), filters, already_said(question, turns)
        )
        started = time.perf_counter()
        texts = [checked_question(standalone)] if standalone else self._meant(question, turns)
        inquiry.clock("meant", started)
        alone = bool(standalone) or texts == [question]
        about = () if alone else cited_before(question, turns)
        found = [[(part, inquiry.retrieve(part, about)) for part in parts(text)] for text in texts]
        yield _mixed([hits for _, hits in found[-1]], self.settings.passages)
        with _READING:
            tries = [
                (
                    text,
                    _mixed([hits for _, hits in each], self.settings.passages),
                    together([inquiry.read(part, hits) for part, hits in each]),
                )
                for text, each in zip(texts, found, strict=True)
            ]
        text, hits, evidence = max(tries, key=lambda one: one[2].confidence)
        extractive = inquiry.answer(question, text, hits, evidence)
        if self.generator is None or not hits:
            yield extractive
            return
        yield from written(
            extractive,
            self.generator,
            asked_on=inquiry.asked_on,
            embed=inquiry.embed,
            article_of=inquiry.article,
            clock=inquiry.clock,
        )

    def _meant(self, question: str, turns: Sequence[Turn]) -> list[str]:
        """What the question may mean in the conversation: as the language model writes it out where
        there is one and that passes its check, else by rules.
        """
        alone = rewritten(self.generator, question, turns) if self.generator and turns else ""
        return [alone] if alone else readings(question, turns)


class Inquiry:
    """One question on its way: the stages, their timings, and what they share."""

    def __init__(
        self, bot: Chatbot, asked_on: date, filters: Filters, said: set[tuple[str, Span]]
    ) -> None:
        self.archive = bot.archive
        self.bot = bot
        self.settings = bot.settings
        self.asked_on = asked_on
        self.filters = filters
        self.said = said
        self.timings: dict[str, float] = {}
        self.vectors: dict[str, NDArray[np.float32]] = {}
        self.sentences: dict[str, NDArray[np.float32]] = {}
        self.generation = bot.archive.generation

    @cached_property
    def counts(self) -> Counts:
        """What the archive holds, counted once for a question."""
        return self.archive.counts()

    def retrieve(self, text: str, about: Sequence[str] = ()) -> list[Hit]:
        """The passages for one reading of the question, which may go on about some articles."""
        started = time.perf_counter()
        encoder = self.archive.encoder
        started = self.clock("load", started)
        self.vectors[text] = encoder.encode_queries([text])[0]
        started = self.clock("encode", started)
        hits = retrieve(
            self.archive,
            text,
            self.vectors[text],
            settings=self.settings,
            filters=self.filters,
            mention=self._period(text),
            about=about,
        )
        self.clock("retrieve", started)
        return hits

    def read(self, text: str, hits: Sequence[Hit]) -> Evidence:
        """The sentences of the hits that answer best."""
        started = time.perf_counter()
        query, found, rows = self.describe(text, hits)
        evidence = choose(query, found, rows, evidence_model(), self.settings)
        self.clock("read", started)
        return evidence

    def describe(
        self, text: str, hits: Sequence[Hit]
    ) -> tuple[Query, list[Sentence], NDArray[np.float64]]:
        """The question, the sentences of the hits, and their features (sentences, features)."""
        query = self.query(text)
        fresh = [s for s in sentences_of(hits) if not self._was_said(s)]
        found = self._read(query, hits, fresh)
        return query, found, features(query, found, self._cosines(text, query, found))

    def _cosines(self, text: str, query: Query, found: Sequence[Sentence]) -> list[float]:
        """Of each sentence with the question; that of the unlikely ones is the least of the rest's,
        which changes the best one for 3 questions in 1,000 of those that the weights are fitted on.
        """
        likely = likeliest(query, found, LIKELY)
        vectors = self._vectors([found[i].text for i in likely])
        asked = self.vectors[text]
        known = {i: float(vector @ asked) for i, vector in zip(likely, vectors, strict=True)}
        least = min(known.values(), default=0.0)
        return [known.get(i, least) for i in range(len(found))]

    def _read(self, query: Query, hits: Sequence[Hit], found: Sequence[Sentence]) -> list[Sentence]:
        """The sentences with the reader's best answer in each."""
        fronts = [embedded_text(hit.article, 0, 0) for hit in hits]
        pairs = [(front, hit.text) for front, hit in zip(fronts, hits, strict=True)]
        readings = dict(zip(map(id, hits), self.bot.reader.read(query.text, pairs), strict=True))
        return [_with_words(s, readings[id(s.hit)], query.wanted) for s in found]

    def query(self, text: str) -> Query:
        """The question with the rarity of its words in this archive."""
        terms = question_terms(text)
        return query_of(
            text,
            self.archive.document_frequencies(terms),
            self.counts.passages,
            self._period(text),
        )

    def _period(self, text: str) -> TimeMention | None:
        """The days that the question speaks of; a day without a year is one of the archive's."""
        return period_in(text, self.asked_on, self.counts.last)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of sentences, shape (n, dim); each is computed once."""
        with _READING:
            return np.stack(self._vectors(texts))

    def _vectors(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        new = [text for text in dict.fromkeys(texts) if text not in self.sentences]
        if new:
            vectors = self.archive.encoder.encode_passages(new)
            self.sentences.update(zip(new, vectors, strict=True))
        return [self.sentences[text] for text in texts]

    def answer(self, question: str, text: str, hits: Sequence[Hit], evidence: Evidence) -> Answer:
        """The finished answer; a refusal when the evidence is weak or does not verify."""
        refused = Answer(
            question=question,
            status="refused",
            text=refusal(question),
            nearest=tuple(hits[:NEAREST]),
            hits=tuple(hits),
            confidence=evidence.confidence,
            standalone=text,
            asked_on=self.asked_on,
            filters=self.filters,
            settings_id=self.settings.id,
            generation=self.generation,
            timings=self.timings,
        )
        if not evidence.groups or evidence.confidence < self.settings.min_confidence:
            return refused
        quoted, citations = cite(evidence)
        answer = replace(
            refused,
            status="answered",
            text=quoted,
            short=evidence.short,
            dated=_dated(text, evidence.short, citations),
            citations=citations,
            nearest=(),
        )
        return answer if verified(answer, self.article) else refused

    def article(self, article_id: str) -> Article | None:
        """The archive's article of this id, if it has one."""
        try:
            return self.archive.article(article_id)
        except UnknownArticle:
            return None

    def _was_said(self, sentence: Sentence) -> bool:
        start, end = sentence.span
        return any(
            key == sentence.hit.article.id and a <= start and end <= b for key, (a, b) in self.said
        )

    def clock(self, stage: str, started: float) -> float:
        """Adds the time since a moment to a stage; tells the moment that is now."""
        now = time.perf_counter()
        self.timings[stage] = self.timings.get(stage, 0.0) + now - started
        return now


def _with_words(sentence: Sentence, reading: Reading, wanted: Asked) -> Sentence:
    """The sentence with the reader's best answer in it, whole numbers and names; one that holds the
    kind of thing asked for goes before one that the reader likes a little more, unless it is one
    thing that is asked for and that goes on over a clause.
    """
    text, start = sentence.hit.article.text, sentence.hit.passage.start
    begin, end = sentence.span[0] - start, sentence.span[1] - start
    signed = [(begin + a, begin + b) for a, b in signatures(sentence.text, wanted)]
    spans = [
        (score, (a, b))
        for score, (a, b) in reading.best_within(begin, end, SPANS)
        if not any(a < y and x < b for x, y in signed)
    ] or [(NO_SPAN, (begin, begin))]
    read = [(score, snapped(text, (start + a, start + b))) for score, (a, b) in spans]

    def liked(one: tuple[float, Span]) -> float:
        said = text[slice(*one[1])]
        goes_on = wanted.kind in ONE_CLAUSE and bool(_GOES_ON.search(said))
        return one[0] if goes_on else one[0] + KIND * holds(said, wanted)

    score, words = max(read, key=liked)
    return replace(sentence, words=words, score=score)


def _dated(question: str, short: str, citations: Sequence[Citation]) -> str:
    """The short answer with its times by the calendar, if the question asks for one."""
    first = citations[0]
    words, printed = first.words, first.article.date
    if words is None or printed is None or first.article.text[slice(*words)] != short:
        return ""
    if len(short) > DATED or asked(question).kind not in ("date", "time"):
        return ""
    return in_full(first.article.text, words, printed)


def _mixed(lists: Sequence[Sequence[Hit]], most: int) -> tuple[Hit, ...]:
    """The hits of all parts of a question in turn, each once, at most ``most``."""
    if len(lists) == 1:
        return tuple(lists[0])
    turns = [hit for row in zip_longest(*lists) for hit in row if hit is not None]
    return tuple({hit.passage: hit for hit in turns}.values())[:most]


def checked_day(day: date) -> date:
    """The day, if there are others before and after it to count to; else ``QuestionError``."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise QuestionError(
            f"提问的日子 {day} 太远。请给出 {FIRST_DAY} 到 {LAST_DAY} 之间的一天。",
            f"The day of asking, {day}, is too far off. Give one from {FIRST_DAY} to {LAST_DAY}.",
        )
    return day


def checked_question(question: str) -> str:
    """The question on one line; ``QuestionError`` when it is empty, longer than the limit, or not
    all characters.
    """
    text = " ".join(question.split())
    if not text:
        raise QuestionError("问题是空的。请写下要问的事。", "The question is empty. Ask something.")
    if len(text) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"问题有 {len(text):,} 字，超过上限 {MAX_QUESTION_CHARS:,} 字。请缩短。",
            f"The question has {len(text):,} characters, more than {MAX_QUESTION_CHARS:,}. "
            "Shorten it.",
        )
    if HALF_CHARACTER.search(text):
        raise QuestionError(
            "问题里有半个字符（编码错误）。请重新输入，或把文件存为 UTF-8。",
            "The question holds half a character (an encoding error). "
            "Type it again, or save its file as UTF-8.",
        )
    return text
