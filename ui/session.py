"""One reader's conversation: what was asked, how far the answer is, which article is open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Literal, TypeVar

from rag import Answer, Article, Draft, Filters, Hit, Settings, Turn
from rag.types import Span
from ui.texts import Language

Stage = Literal["waiting", "retrieving", "reading", "answered", "stopped", "failed"]
Kind = Literal["cite", "near", "hit"]
Verdict = Literal["right", "wrong", "citation"]
"""What a reader says of an answer; ``citation``: it is right, but what it cites is not."""

T = TypeVar("T")

EVERYTHING = Filters()
MAX_NOTE = 1000
"""Characters of a note that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question with what is known of its answer. ``error`` is a message in Chinese and English.

    ``hits`` are the passages that retrieval found, shown until the answer is there. ``filters`` and
    ``settings`` are those that the question was asked with; no settings are those of the chatbot.
    ``verdict`` and ``note`` are what the reader says of the answer.
    """

    question: str
    stage: Stage = "waiting"
    filters: Filters = EVERYTHING
    settings: Settings | None = None
    hits: tuple[Hit, ...] = ()
    answer: Answer | None = None
    error: tuple[str, str] | None = None
    verdict: Verdict | None = None
    note: str = ""

    @property
    def running(self) -> bool:
        """Whether the question is being answered."""
        return self.stage in ("retrieving", "reading")

    def place(self, kind: Kind, number: int) -> tuple[Article, Span] | None:
        """The article and span of a citation, nearest passage or hit, counted from 1."""
        if kind == "cite":
            cited = self.answer.citations if self.answer else ()
            found = next((c for c in cited if c.number == number), None)
            return (found.article, (found.start, found.end)) if found else None
        hits = self.hits if kind == "hit" else self.answer.nearest if self.answer else ()
        if not 1 <= number <= len(hits):
            return None
        hit = hits[number - 1]
        return hit.article, (hit.passage.start, hit.passage.end)


@dataclass(frozen=True, slots=True)
class Selection:
    """What the right side shows: a source or passage of one exchange."""

    turn: int
    kind: Kind
    number: int


_TAKING = threading.Lock()


@dataclass(slots=True)
class Session:
    """The state behind one open page.

    Mutable: a language changed while an answer is read must reach the event that reads it.
    ``ticket`` marks the question being answered; results for another ticket come too late.
    ``untaken`` until somebody answers it. Further questions wait. ``filters`` and ``settings``
    hold for the questions to come. ``linked`` is the article and span that the page's address
    named.
    ``raw``: whether the page's own text is shown beside the article. ``measuring`` while an
    evaluation runs; who sets it to false stops that. ``owner`` tells the reader from others,
    ``key`` the conversation from others, once it is kept; ``kept`` is what was stored of it last.
    ``user`` is who is logged in, where that is asked for.
    """

    language: Language = "zh"
    exchanges: tuple[Exchange, ...] = ()
    selection: Selection | None = None
    filters: Filters = EVERYTHING
    settings: Settings | None = None
    linked: tuple[Article, Span] | None = None
    ticket: object = None
    untaken: bool = False
    kept: tuple[Exchange, ...] = ()
    raw: bool = False
    measuring: bool = False
    owner: str = ""
    key: str = ""
    user: str = ""

    @property
    def current(self) -> int | None:
        """The place of the question being answered."""
        return next((i for i, e in enumerate(self.exchanges) if e.running), None)

    @property
    def running(self) -> bool:
        """Whether a question is being answered."""
        return self.current is not None

    def turns(self, before: int) -> tuple[Turn, ...]:
        """The answered questions before a place."""
        asked = self.exchanges[:before]
        return tuple(Turn(question=e.question, answer=e.answer) for e in asked if e.answer)

    def ask(self, question: str) -> bool:
        """Adds a question, unless it is blank; it waits while another one is being answered."""
        if not question.strip():
            return False
        with _TAKING:
            asked = Exchange(
                question=question.strip(), filters=self.filters, settings=self.settings
            )
            self.exchanges += (asked,)
            self._start_next()
        return True

    def take(self) -> tuple[object, int] | None:
        """The ticket and place of the question that nobody answers yet; each is given out once."""
        with _TAKING:
            self._start_next()
            current = self.current
            if current is None or not self.untaken:
                return None
            self.untaken = False
            return self.ticket, current

    def _start_next(self) -> None:
        waiting = [i for i, e in enumerate(self.exchanges) if e.stage == "waiting"]
        if waiting and not self.running:
            self.ticket, self.untaken = object(), True
            self._put(waiting[0], stage="retrieving")

    def receive(self, ticket: object, event: tuple[Hit, ...] | Draft | Answer) -> bool:
        """Takes in what ``Chatbot.stream`` gave; false when the question was given up."""
        if isinstance(event, Draft):
            return self._update(ticket)
        if not isinstance(event, Answer):
            return self._update(ticket, stage="reading", hits=event)
        place = self.current
        kept = self._update(ticket, stage="answered", answer=event)
        if kept and place is not None:
            first = event.citations[0].number if event.citations else None
            self.selection = None if first is None else Selection(place, "cite", first)
            self.linked = None
        return kept

    def fail(self, ticket: object, error: tuple[str, str]) -> bool:
        """Ends the question with an error; false when it was given up."""
        return self._update(ticket, stage="failed", error=error)

    def stop(self) -> None:
        """Gives up the question being answered; the next one is not."""
        self._update(self.ticket, stage="stopped")
        self.ticket, self.untaken = None, False

    def withdraw(self, turn: int) -> None:
        """Takes back a question that waits."""
        if 0 <= turn < len(self.exchanges) and self.exchanges[turn].stage == "waiting":
            self.exchanges = (*self.exchanges[:turn], *self.exchanges[turn + 1 :])

    def judge(self, turn: int, verdict: Verdict) -> None:
        """Notes what the reader says of an answer; the same once more takes it back."""
        if self._answered(turn):
            said = self.exchanges[turn].verdict
            self._put(turn, verdict=None if said == verdict else verdict)

    def remark(self, turn: int, note: str) -> None:
        """Notes why the reader says so."""
        if self._answered(turn):
            self._put(turn, note=" ".join(note.split())[:MAX_NOTE])

    def clear(self) -> None:
        """Starts a new conversation."""
        self.exchanges, self.selection, self.linked = (), None, None
        self.key, self.kept = "", ()
        self.ticket, self.untaken = None, False

    def resume(self, key: str, exchanges: tuple[Exchange, ...]) -> None:
        """Goes on with a kept conversation; a question that it left unanswered is a stopped one."""
        self.clear()
        self.key, self.kept = key, exchanges
        self.exchanges = tuple(
            replace(e, stage="stopped") if e.running or e.stage == "waiting" else e
            for e in exchanges
        )
        for turn, exchange in reversed(list(enumerate(self.exchanges))):
            if exchange.answer and exchange.answer.citations:
                self.select(turn, "cite", exchange.answer.citations[0].number)
                return

    def select(self, turn: int, kind: Kind, number: int) -> bool:
        """Opens a source or passage; false when there is no such one."""
        known = 0 <= turn < len(self.exchanges) and self.exchanges[turn].place(kind, number)
        if known:
            self.selection = Selection(turn, kind, number)
        return bool(known)

    @property
    def place(self) -> tuple[Article, Span] | None:
        """The article and span that the right side shows."""
        if self.selection is None:
            return self.linked
        return self.exchanges[self.selection.turn].place(self.selection.kind, self.selection.number)

    def _answered(self, turn: int) -> bool:
        return 0 <= turn < len(self.exchanges) and self.exchanges[turn].answer is not None

    def _update(self, ticket: object, **changes: object) -> bool:
        current = self.current
        if ticket is None or ticket is not self.ticket or current is None:
            return False
        self._put(current, **changes)
        return True

    def _put(self, place: int, **changes: object) -> None:
        changed = replace(self.exchanges[place], **changes)  # type: ignore[arg-type]
        self.exchanges = (*self.exchanges[:place], changed, *self.exchanges[place + 1 :])


def in_one_thread(executor: Executor, start: Callable[[], Iterator[T]]) -> Iterator[T]:
    """The items of an iterator that lives wholly in one thread of the executor.

    The web framework resumes a generator in whichever thread is free, and a database connection
    belongs to one. What the iterator raises is raised here.
    """
    channel: SimpleQueue[list[T]] = SimpleQueue()

    def work() -> None:
        try:
            for item in start():
                channel.put([item])
        finally:
            channel.put([])

    future = executor.submit(work)
    while batch := channel.get():
        yield from batch
    future.result()
