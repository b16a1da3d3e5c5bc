"""One reader's conversation: what was asked, how far the answer is, which article is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Literal, TypeVar

from rag import Answer, Article, Hit, Turn
from rag.types import Span
from ui.texts import Language

Stage = Literal["retrieving", "reading", "answered", "stopped", "failed"]
Kind = Literal["cite", "near", "hit"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question with what is known of its answer. ``error`` is a message in Chinese and English.

    ``hits`` are the passages that retrieval found, shown until the answer is there.
    """

    question: str
    stage: Stage = "retrieving"
    hits: tuple[Hit, ...] = ()
    answer: Answer | None = None
    error: tuple[str, str] | None = None

    @property
    def running(self) -> bool:
        """Whether an answer is still to come."""
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


@dataclass(slots=True)
class Session:
    """The state behind one open page.

    Mutable: a language changed while an answer is read must reach the event that reads it.
    ``ticket`` marks the question being answered; results for another ticket come too late.
    ``measuring`` while an evaluation runs; who sets it to false stops that.
    """

    language: Language = "zh"
    exchanges: tuple[Exchange, ...] = ()
    selection: Selection | None = None
    ticket: object = None
    waiting: bool = False
    measuring: bool = False

    @property
    def running(self) -> bool:
        """Whether a question is being answered."""
        return bool(self.exchanges) and self.exchanges[-1].running

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The answered questions so far."""
        return tuple(Turn(question=e.question, answer=e.answer) for e in self.exchanges if e.answer)

    def ask(self, question: str) -> bool:
        """Adds a question, unless it is blank or another one is being answered."""
        if self.running or not question.strip():
            return False
        self.exchanges += (Exchange(question=question.strip()),)
        self.ticket, self.waiting = object(), True
        return True

    def take(self) -> object | None:
        """The ticket of a question that nobody answers yet; each is given out once."""
        waiting, self.waiting = self.waiting, False
        return self.ticket if waiting else None

    def receive(self, ticket: object, event: tuple[Hit, ...] | Answer) -> bool:
        """Takes in what ``Chatbot.stream`` gave; false when the question was given up."""
        if isinstance(event, Answer):
            kept = self._update(ticket, stage="answered", answer=event)
            if kept:
                first = event.citations[0].number if event.citations else None
                turn = len(self.exchanges) - 1
                self.selection = None if first is None else Selection(turn, "cite", first)
            return kept
        return self._update(ticket, stage="reading", hits=event)

    def fail(self, ticket: object, error: tuple[str, str]) -> bool:
        """Ends the question with an error; false when it was given up."""
        return self._update(ticket, stage="failed", error=error)

    def stop(self) -> None:
        """Gives up the question being answered."""
        if self.running:
            self._update(self.ticket, stage="stopped")
        self.ticket, self.waiting = None, False

    def clear(self) -> None:
        """Starts a new conversation."""
        self.stop()
        self.exchanges, self.selection = (), None

    def select(self, turn: int, kind: Kind, number: int) -> bool:
        """Opens a source or passage; false when there is no such one."""
        known = 0 <= turn < len(self.exchanges) and self.exchanges[turn].place(kind, number)
        if known:
            self.selection = Selection(turn, kind, number)
        return bool(known)

    def _update(self, ticket: object, **changes: object) -> bool:
        if ticket is None or ticket is not self.ticket:
            return False
        last = replace(self.exchanges[-1], **changes)  # type: ignore[arg-type]
        self.exchanges = (*self.exchanges[:-1], last)
        return True


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
