"""The questions of a conversation put to the chatbot, in a thread of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass

from rag import Chatbot
from rag.reader import Reading, SpanReader
from rag.suggest import suggestions
from ui.preferences import configured
from ui.session import Event, Session, in_one_thread, paced


def answered(
    chatbot: Chatbot, readers: Executor, session: Session, ticket: object, place: int
) -> Iterator[Event]:
    """What the chatbot gives for the question at a place of the conversation, until its ticket is
    given up.
    """
    asked, turns = session.exchanges[place], session.turns(place)
    bot = configured(chatbot, asked.settings)

    def stream() -> Iterator[Event]:
        return bot.stream(
            asked.question, turns=turns, filters=asked.filters, standalone=asked.standalone
        )

    return paced(in_one_thread(readers, stream, lambda: session.wants(ticket)))


def next_questions(
    chatbot: Chatbot, seekers: Executor, session: Session, ticket: object, place: int
) -> Iterator[str]:
    """Questions to go on with after the answer at a place, until the ticket is given up; none where
    the settings want none. With one thread for all, no question waits for more than one search.
    """
    asked, turns = session.exchanges[place], session.turns(place)
    bot, answer = configured(chatbot, asked.settings), asked.answer
    most = bot.settings.suggestions
    if answer is None or not most:
        return

    def wanted() -> bool:
        return session.wants(ticket)

    def search() -> Iterator[str]:
        patient = Chatbot(bot.archive, bot.settings, reader=WhileWanted(bot.reader, wanted))
        return suggestions(patient, answer, turns=turns, most=most)

    with suppress(GivenUp):
        yield from in_one_thread(seekers, search, wanted)


class GivenUp(Exception):
    """What was being read for is wanted no longer."""


@dataclass(frozen=True, slots=True)
class WhileWanted:
    """A span reader that reads no more once what it reads for is not ``wanted``: the next question
    then waits for one reading at most.
    """

    reader: SpanReader
    wanted: Callable[[], bool]

    @property
    def fingerprint(self) -> str:
        """That of the reader."""
        return self.reader.fingerprint

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """What the reader reads; raises ``GivenUp``."""
        if not self.wanted():
            raise GivenUp
        return self.reader.read(question, passages)
