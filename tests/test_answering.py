"""A conversation's questions put to the chatbot, and the search for others given up in time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from conftest import OverlapReader

from rag import Answer, Chatbot, Settings
from ui.answering import GivenUp, WhileWanted, answered, next_questions
from ui.session import Session

QUESTION = "观鸟节哪天开幕？"


class Counting(OverlapReader):
    """Counts what it reads, and calls ``then`` after each time."""

    def __init__(self):
        self.reads = 0
        self.then = lambda: None

    def read(self, question, passages):
        self.reads += 1
        self.then()
        return super().read(question, passages)


@pytest.fixture
def asked(archive):
    """A chatbot, its reader and a session whose question it has answered."""
    reader, session = Counting(), Session()
    bot = Chatbot(archive, Settings(min_confidence=0.0), reader=reader)
    session.ask(QUESTION)
    ticket, place = session.take()
    with ThreadPoolExecutor(1) as pool:
        for event in answered(bot, pool, session, ticket, place):
            session.receive(ticket, event)
    reader.reads = 0
    return bot, reader, session


def found(bot, session):
    with ThreadPoolExecutor(1) as pool:
        return list(next_questions(bot, pool, session, *session.seek()))


def test_questions_to_go_on_with_are_answered_by_the_archive(asked):
    bot, reader, session = asked
    questions = found(bot, session)
    assert 0 < len(questions) <= 3
    assert len(questions) <= reader.reads
    assert all(bot.ask(question).status == "answered" for question in questions)


def test_settings_can_want_none(asked):
    bot, reader, session = asked
    exchange = replace(session.exchanges[0], settings=replace(bot.settings, suggestions=0))
    session.exchanges = (exchange,)
    assert found(bot, session) == []
    assert reader.reads == 0


def test_a_search_that_is_given_up_reads_no_more(asked):
    bot, reader, session = asked
    reader.then = lambda: session.ask("又问")
    assert found(bot, session) == []
    assert reader.reads == 1
    with pytest.raises(GivenUp):
        WhileWanted(reader, lambda: False).read(QUESTION, [("", "文")])
    assert reader.reads == 1


def test_a_question_is_asked_as_the_reader_understands_it(asked):
    bot, _, session = asked
    session.ask_again(0, "白鹭有多少只？")
    ticket, place = session.take()
    with ThreadPoolExecutor(1) as pool:
        events = list(answered(bot, pool, session, ticket, place))
    assert isinstance(events[-1], Answer)
    assert (events[-1].question, events[-1].standalone) == (QUESTION, "白鹭有多少只？")
    assert "312" in events[-1].text
