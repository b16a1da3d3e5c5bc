"""One reader's conversation: what was asked, how far the answer is, which article is open."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Literal, ParamSpec, TypeVar

from rag import Answer, Article, Citation, Filters, Hit, Settings, Turn
from rag.types import Draft, Span
from ui.texts import Language

Stage = Literal["waiting", "retrieving", "reading", "writing", "answered", "stopped", "failed"]
Kind = Literal["cite", "near", "hit"]
Verdict = Literal["right", "wrong", "citation"]
"""What a reader says of an answer; ``citation``: it is right, but what it cites is not."""

Event = tuple[Hit, ...] | Draft | Answer
"""What ``Chatbot.stream`` gives."""

P = ParamSpec("P")
T = TypeVar("T")

EVERYTHING = Filters()
MAX_NOTE = 1000
"""Characters of a note that are kept."""

APART = 0.1
"""Seconds between two drafts that are shown, if no sentence was finished in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question with what is known of its answer. ``error`` is a message in Chinese and English.

    ``standalone`` is how the reader wants the question understood, blank to leave that to the
    chatbot. ``hits`` are the passages that retrieval found, shown until the answer is there;
    ``draft`` is what a language model has written of it. ``filters`` and ``settings`` are those
    that the question was asked with; no settings are those of the chatbot. ``verdict`` and ``note``
    are what the reader says of the answer.
    """

    question: str
    standalone: str = ""
    stage: Stage = "waiting"
    filters: Filters = EVERYTHING
    settings: Settings | None = None
    hits: tuple[Hit, ...] = ()
    draft: Draft | None = None
    answer: Answer | None = None
    error: tuple[str, str] | None = None
    verdict: Verdict | None = None
    note: str = ""

    @property
    def running(self) -> bool:
        """Whether the question is being answered."""
        return self.stage in ("retrieving", "reading", "writing")

    @property
    def done(self) -> bool:
        """Whether nothing more will come of the question by itself."""
        return self.stage in ("answered", "stopped", "failed")

    @property
    def understood(self) -> str:
        """How the question is understood, where that is not how it was typed."""
        found = self.answer.standalone if self.answer else ""
        return self.standalone or (found if found != self.question else "")

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those of the answer, or of what there is of it."""
        said = self.answer or self.draft
        return said.citations if said else ()

    def stopped(self) -> Exchange:
        """The same, given up: what was written and not checked is gone."""
        draft = self.draft and replace(self.draft, pending="")
        return replace(self, stage="stopped", draft=draft if draft and draft.text else None)

    def place(self, kind: Kind, number: int) -> tuple[Article, Span] | None:
        """The article and span of a citation, nearest passage or hit, counted from 1."""
        if kind == "cite":
            found = next((c for c in self.citations if c.number == number), None)
            return (found.article, (found.start, found.end)) if found else None
        hits = self._nearest if kind == "near" else self.passages
        if not 1 <= number <= len(hits):
            return None
        hit = hits[number - 1]
        return hit.article, (hit.passage.start, hit.passage.end)

    @property
    def passages(self) -> tuple[Hit, ...]:
        """The passages that were found."""
        return self.answer.hits if self.answer else self.hits

    @property
    def _nearest(self) -> tuple[Hit, ...]:
        return self.answer.nearest if self.answer else ()


@dataclass(frozen=True, slots=True)
class Selection:
    """What the right side shows: a source or passage of one exchange."""

    turn: int
    kind: Kind
    number: int


_CHANGING = threading.RLock()


def _alone(change: Callable[P, T]) -> Callable[P, T]:
    """A method during which no other thread changes a session: an answer comes in one thread, what
    the reader does meanwhile in others.
    """

    @functools.wraps(change)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with _CHANGING:
            return change(*args, **kwargs)

    return alone


@dataclass(slots=True, weakref_slot=True)
class Session:
    """The state behind one open page.

    Mutable: a language changed while an answer is read must reach the event that reads it.
    ``ticket`` marks the question being answered; results for another ticket come too late.
    ``untaken`` until somebody answers it. Further questions wait. ``suggestions`` are questions to
    go on with after the last answer; ``seeking`` marks the search for them, ``unsought`` until it
    begins. ``filters`` and ``settings`` hold for the questions to come. ``linked`` is the article
    and span that the page's address named. ``raw``: whether the page's own text is shown beside the
    article. ``measuring`` while an evaluation runs; who sets it to false stops that. ``owner``
    tells the reader from others, ``key`` the conversation from others, once it is kept; ``kept`` is
    what was stored of it last. ``replaced`` holds, by their places, the exchanges whose questions
    were asked once more. ``user`` is who is logged in, where that is asked for.
    ``renderings`` counts how often a part of the page was written.
    """

    language: Language = "zh"
    exchanges: tuple[Exchange, ...] = ()
    selection: Selection | None = None
    filters: Filters = EVERYTHING
    settings: Settings | None = None
    linked: tuple[Article, Span] | None = None
    ticket: object = None
    untaken: bool = False
    suggestions: tuple[str, ...] = ()
    seeking: object = None
    unsought: bool = False
    kept: tuple[Exchange, ...] = ()
    replaced: dict[int, Exchange] = field(default_factory=dict)
    raw: bool = False
    measuring: bool = False
    owner: str = ""
    key: str = ""
    user: str = ""
    renderings: int = 0

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

    @_alone
    def ask(self, question: str) -> bool:
        """Adds a question, unless it is blank; it waits while another one is being answered."""
        if not question.strip():
            return False
        asked = Exchange(question=question.strip(), filters=self.filters, settings=self.settings)
        self.exchanges += (asked,)
        self._seek(again=False)
        self._start_next()
        return True

    @_alone
    def ask_again(self, turn: int, standalone: str) -> bool:
        """Asks an answered question once more, understood as the reader says, in place of what was
        answered; false when that is blank, or the question is not done.
        """
        words = " ".join(standalone.split())
        done = 0 <= turn < len(self.exchanges) and self.exchanges[turn].done
        if not (words and done):
            return False
        asked, settings = self.exchanges[turn], self.settings
        again = Exchange(question=asked.question, standalone=words, filters=asked.filters)
        self.replaced[turn] = asked
        self._set(turn, replace(again, settings=settings))
        if self.selection and self.selection.turn == turn:
            self.selection = None
        self._seek(again=False)
        self._start_next()
        return True

    @_alone
    def take(self) -> tuple[object, int] | None:
        """The ticket and place of the question that nobody answers yet; each is given out once."""
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

    @_alone
    def next_rendering(self) -> int:
        """A number for a part of the page that is about to be written, higher than those before."""
        self.renderings += 1
        return self.renderings

    def wants(self, ticket: object) -> bool:
        """Whether what belongs to this ticket is still asked for."""
        return ticket is not None and ticket in (self.ticket, self.seeking)

    @_alone
    def receive(self, ticket: object, event: Event) -> bool:
        """Takes in what ``Chatbot.stream`` gave; false when the question was given up."""
        if isinstance(event, Draft):
            return self._update(ticket, stage="writing", draft=event)
        if not isinstance(event, Answer):
            return self._update(ticket, stage="reading", hits=event)
        place, before = self.current, self.place
        kept = self._update(ticket, stage="answered", answer=event, draft=None)
        if kept and place is not None:
            self._open(place, event, before)
            self._seek(again=event.status == "answered")
        return kept

    def _open(self, turn: int, answer: Answer, before: tuple[Article, Span] | None) -> None:
        """Opens the first source, unless the reader has opened one of the draft that stays."""
        self.linked = None
        chosen = self.selection
        if chosen and (chosen.turn, chosen.kind) == (turn, "cite") and self.place == before:
            return
        first = answer.citations[0].number if answer.citations else None
        self.selection = None if first is None else Selection(turn, "cite", first)

    @_alone
    def seek(self) -> tuple[object, int] | None:
        """The ticket and place of the answer that suggestions are wanted for; given out once."""
        last = self.exchanges[-1].answer if self.exchanges else None
        if not self.unsought or self.running or last is None or last.status == "refused":
            return None
        self.unsought, self.seeking = False, object()
        return self.seeking, len(self.exchanges) - 1

    @_alone
    def suggest(self, ticket: object, question: str) -> bool:
        """Adds a question to go on with; false when the search for them was given up."""
        wanted = ticket is not None and ticket is self.seeking
        if wanted:
            self.suggestions += (question,)
        return wanted

    def _seek(self, *, again: bool) -> None:
        """Gives up the suggestions, and may want others."""
        self.suggestions, self.seeking, self.unsought = (), None, again

    @_alone
    def fail(self, ticket: object, error: tuple[str, str]) -> bool:
        """Ends the question with an error; false when it was given up."""
        return self._update(ticket, stage="failed", error=error)

    @_alone
    def stop(self) -> None:
        """Gives up the question being answered; the next one is not."""
        current = self.current
        if current is not None:
            self._set(current, self.exchanges[current].stopped())
        self.ticket, self.untaken = None, False

    @_alone
    def leave(self) -> None:
        """Gives up everything that is on its way: nobody is there any more."""
        self.exchanges = tuple(e if e.done else e.stopped() for e in self.exchanges)
        self.stop()
        self._seek(again=False)

    @_alone
    def withdraw(self, turn: int) -> None:
        """Takes back a question that waits; what one that is asked once more replaced is there
        again.
        """
        if 0 <= turn < len(self.exchanges) and self.exchanges[turn].stage == "waiting":
            before = [self.replaced.pop(turn)] if turn in self.replaced else []
            self.exchanges = (*self.exchanges[:turn], *before, *self.exchanges[turn + 1 :])

    @_alone
    def judge(self, turn: int, verdict: Verdict) -> None:
        """Notes what the reader says of an answer; the same once more takes it back."""
        if self._answered(turn):
            said = self.exchanges[turn].verdict
            self._put(turn, verdict=None if said == verdict else verdict)

    @_alone
    def remark(self, turn: int, note: str) -> None:
        """Notes why the reader says so."""
        if self._answered(turn):
            self._put(turn, note=" ".join(note.split())[:MAX_NOTE])

    @_alone
    def clear(self) -> None:
        """Starts a new conversation."""
        self.exchanges, self.selection, self.linked = (), None, None
        self.key, self.kept, self.replaced = "", (), {}
        self.ticket, self.untaken = None, False
        self._seek(again=False)

    @_alone
    def resume(self, key: str, exchanges: tuple[Exchange, ...]) -> None:
        """Goes on with a kept conversation; a question that it left unanswered is a stopped one."""
        self.clear()
        self.key, self.kept = key, exchanges
        self.exchanges = tuple(e if e.done else e.stopped() for e in exchanges)
        for turn, exchange in reversed(list(enumerate(self.exchanges))):
            if exchange.answer and exchange.answer.citations:
                self.select(turn, "cite", exchange.answer.citations[0].number)
                return

    @_alone
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
        self._set(place, replace(self.exchanges[place], **changes))  # type: ignore[arg-type]

    def _set(self, place: int, exchange: Exchange) -> None:
        self.exchanges = (*self.exchanges[:place], exchange, *self.exchanges[place + 1 :])


def paced(events: Iterator[Event], clock: Callable[[], float] = time.monotonic) -> Iterator[Event]:
    """The events, without the drafts that only lengthen what is not checked, too soon after another
    one: a model writes faster than a page needs to be told.
    """
    last, sentences = float("-inf"), 0
    for event in events:
        if isinstance(event, Draft):
            now, written = clock(), len(event.statements)
            if written == sentences and now < last + APART:
                continue
            last, sentences = now, written
        yield event


def in_one_thread(
    executor: Executor, start: Callable[[], Iterator[T]], wanted: Callable[[], bool] = lambda: True
) -> Iterator[T]:
    """The items of an iterator that lives wholly in one thread of the executor.

    The web framework resumes a generator in whichever thread is free, and a database connection
    belongs to one. What the iterator raises is raised here. It is closed, in its thread, as soon as
    it gives something that nobody has ``wanted`` any more, or when what is returned here is closed.
    """
    channel: SimpleQueue[list[T]] = SimpleQueue()
    left: list[bool] = []

    def work() -> None:
        try:
            with closing(_closable(start())) as items:
                for item in items:
                    if left or not wanted():
                        break
                    channel.put([item])
        finally:
            channel.put([])

    future = executor.submit(work)
    try:
        while batch := channel.get():
            yield from batch
    finally:
        left.append(True)
    future.result()


def _closable(items: Iterator[T]) -> Generator[T]:
    """The items; closing this closes them too."""
    yield from items
