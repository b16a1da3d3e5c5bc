"""A reader's conversation as a state machine, and iterators kept in one thread."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from rag import Answer, Article, Citation, Filters, Hit, Passage
from rag.types import Draft
from ui.session import MAX_NOTE, Exchange, Selection, Session, in_one_thread

ARTICLE = Article(title="题", text="第一句。第二句。")
HIT = Hit(article=ARTICLE, passage=Passage(article_id=ARTICLE.id, start=0, end=8), score=1.0)
ANSWER = Answer(
    question="问",
    status="answered",
    text="第二句。[1]",
    citations=(Citation(number=1, article=ARTICLE, start=4, end=8),),
)
REFUSED = Answer(question="问", status="refused", text="没有。", nearest=(HIT,))


def asked(question: str = "问") -> tuple[Session, object]:
    session = Session()
    assert session.ask(question)
    taken = session.take()
    assert taken == (session.ticket, 0)
    return session, taken[0]


def test_a_question_goes_from_retrieving_over_reading_to_its_answer():
    session, ticket = asked("  问  ")
    assert session.exchanges == (Exchange(question="问", stage="retrieving"),)
    assert session.receive(ticket, (HIT,))
    assert session.exchanges[-1].stage == "reading"
    assert session.running
    assert session.receive(ticket, ANSWER)
    assert not session.running
    assert session.exchanges[-1].answer is ANSWER
    assert session.selection == Selection(0, "cite", 1)
    assert [turn.answer for turn in session.turns(1)] == [ANSWER]
    assert session.turns(0) == ()


def test_a_blank_question_is_not_taken():
    session = Session()
    assert not session.ask(" \n\t")
    assert session.take() is None


def test_a_second_question_waits_and_is_given_out_once_the_first_is_answered():
    session, ticket = asked()
    assert session.ask("又问")
    assert session.exchanges[1].stage == "waiting"
    assert session.take() is None
    session.receive(ticket, ANSWER)
    assert session.take() == (session.ticket, 1)
    assert session.take() is None
    assert not session.receive(ticket, ANSWER)
    assert session.receive(session.ticket, REFUSED)
    assert [e.answer for e in session.exchanges] == [ANSWER, REFUSED]


def test_a_question_asked_once_more_and_taken_back_has_its_answer_again():
    session, ticket = asked()
    session.receive(ticket, ANSWER)
    session.ask("又问")
    session.receive(session.take()[0], Draft(text="第二句。[1]", citations=ANSWER.citations))
    session.select(1, "cite", 1)
    assert session.ask_again(0, "换个说法")
    session.withdraw(0)
    assert session.exchanges[0].answer is ANSWER
    assert session.place == (ARTICLE, (4, 8))


@pytest.mark.parametrize("meanwhile", ["clear", "resume"])
def test_an_answer_that_comes_just_then_does_not_reach_another_conversation(monkeypatch, meanwhile):
    session, ticket = asked()
    kept = (Exchange(question="旧问", stage="answered", answer=ANSWER),)
    other = {"clear": session.clear, "resume": lambda: session.resume("key", kept)}[meanwhile]
    click = threading.Thread(target=other)

    def slow(exchange, **changes):
        if not click.ident:
            click.start()
            click.join(0.2)
        return replace(exchange, **changes)

    monkeypatch.setattr("ui.session.replace", slow)
    session.receive(ticket, REFUSED)
    click.join()
    assert session.exchanges == (kept if meanwhile == "resume" else ())


def test_a_waiting_question_can_be_taken_back_and_no_other():
    session, _ = asked()
    session.ask("又问")
    session.ask("再问")
    for turn in (0, 7, -1, 1):
        session.withdraw(turn)
    assert [e.question for e in session.exchanges] == ["问", "再问"]


def test_filters_hold_for_the_questions_to_come():
    session, _ = asked()
    session.filters = Filters(source="晚报")
    session.ask("又问")
    assert [e.filters.source for e in session.exchanges] == [None, "晚报"]


def test_the_linked_article_is_shown_until_an_answer_opens_another():
    session = Session()
    session.linked = (ARTICLE, (0, 4))
    assert session.place == (ARTICLE, (0, 4))
    session.ask("问")
    session.receive(session.take()[0], ANSWER)
    assert session.place == (ARTICLE, (4, 8))
    assert session.linked is None


def test_what_comes_after_stop_is_dropped():
    session, ticket = asked()
    session.stop()
    assert session.exchanges[-1].stage == "stopped"
    assert not session.receive(ticket, ANSWER)
    assert not session.fail(ticket, ("坏", "bad"))
    assert session.exchanges[-1].answer is None
    assert session.turns(1) == ()


def test_what_comes_after_a_new_conversation_does_not_reach_it():
    session, old = asked("旧")
    session.clear()
    assert session.ask("新")
    assert not session.receive(old, ANSWER)
    assert session.exchanges == (Exchange(question="新", stage="retrieving"),)


def test_a_stopped_question_that_nobody_took_is_not_given_out():
    session = Session()
    session.ask("问")
    session.stop()
    assert session.take() is None


def test_after_a_stop_the_next_question_is_given_out():
    session, ticket = asked()
    session.ask("又问")
    session.stop()
    assert session.take() == (session.ticket, 1)
    assert not session.receive(ticket, ANSWER)


def test_an_error_ends_the_question_and_is_no_turn():
    session, ticket = asked()
    assert session.fail(ticket, ("坏", "bad"))
    assert (session.exchanges[-1].stage, session.exchanges[-1].error) == ("failed", ("坏", "bad"))
    assert session.turns(1) == ()


def test_a_refusal_closes_the_article():
    session, ticket = asked()
    session.receive(ticket, ANSWER)
    session.ask("又问")
    session.receive(session.take()[0], REFUSED)
    assert session.selection is None


@pytest.mark.parametrize(
    ("turn", "kind", "number"),
    [
        (0, "cite", 2),
        (0, "cite", 0),
        (1, "cite", 1),
        (-1, "cite", 1),
        (0, "near", 1),
        (0, "hit", 9),
    ],
)
def test_what_does_not_exist_is_not_opened(turn, kind, number):
    session, ticket = asked()
    session.receive(ticket, (HIT,))
    session.receive(ticket, ANSWER)
    before = session.selection
    assert not session.select(turn, kind, number)
    assert session.selection == before


def test_places_are_found_by_kind():
    session, ticket = asked()
    session.receive(ticket, (HIT,))
    assert session.exchanges[0].place("hit", 1) == (ARTICLE, (0, 8))
    session.receive(ticket, ANSWER)
    assert session.exchanges[0].place("cite", 1) == (ARTICLE, (4, 8))
    assert Exchange(question="问", answer=REFUSED).place("near", 1) == (ARTICLE, (0, 8))


def test_an_iterator_lives_in_one_thread_and_hands_over_what_it_raises():
    threads = []

    def numbers():
        for number in range(3):
            threads.append(threading.get_ident())
            yield number
        raise LookupError("after three")

    got = []
    with ThreadPoolExecutor(1) as pool, pytest.raises(LookupError, match="after three"):
        for number in in_one_thread(pool, numbers):
            got.append(number)
    assert got == [0, 1, 2]
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_an_error_before_the_first_item_is_raised_too():
    def broken():
        raise LookupError("at once")

    with ThreadPoolExecutor(1) as pool, pytest.raises(LookupError, match="at once"):
        list(in_one_thread(pool, broken))


def test_a_kept_conversation_goes_on_and_what_it_left_unanswered_is_stopped():
    session, ticket = asked()
    session.receive(ticket, ANSWER)
    session.ask("又问")
    session.ask("还问")
    other = Session()
    other.resume("key", session.exchanges)
    assert other.key == "key"
    assert [e.stage for e in other.exchanges] == ["answered", "stopped", "stopped"]
    assert other.selection == Selection(0, "cite", 1)
    assert other.take() is None
    other.clear()
    assert other.key == ""


def test_an_answer_is_judged_and_the_judgement_taken_back():
    session, ticket = asked()
    session.judge(0, "right")
    session.remark(0, "还没有回答")
    assert (session.exchanges[0].verdict, session.exchanges[0].note) == (None, "")
    session.receive(ticket, ANSWER)
    for turn in (-1, 1):
        session.judge(turn, "right")
    session.judge(0, "right")
    session.judge(0, "citation")
    session.remark(0, " 出处是\n另一篇 " + "长" * 2000)
    assert session.exchanges[0].verdict == "citation"
    assert session.exchanges[0].note.startswith("出处是 另一篇 长")
    assert len(session.exchanges[0].note) == MAX_NOTE
    session.judge(0, "citation")
    assert session.exchanges[0].verdict is None
