"""Conversations that outlive the page: what is saved is what is loaded."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.dataset import checked
from rag import Answer, Article, Citation, Filters, Hit, Passage
from ui.conversations import begin_anew, keep, resume
from ui.history import ConversationChanged, History, HistoryError, from_json, to_json
from ui.session import Exchange, Session

ARTICLE = Article(
    title="湿地观鸟", text="开幕了。记录到白鹭312只。", date=date(2024, 3, 3), path="a.txt", page=2
)
HIT = Hit(
    article=ARTICLE,
    passage=Passage(article_id=ARTICLE.id, start=0, end=4),
    score=0.7,
    dense=0.1 + 0.2,
)
ANSWER = Answer(
    question="白鹭几只？",
    status="answered",
    text="记录到白鹭312只。[1]",
    short="312只",
    citations=(Citation(number=1, article=ARTICLE, start=4, end=14, words=(9, 13)),),
    hits=(HIT,),
    asked_on=date(2024, 4, 1),
    filters=Filters(since=date(2024, 1, 1), articles=("a1", "a2")),
    timings={"read": 0.123456789},
)
REFUSED = Answer(question="票价？", status="refused", text="没有找到。", nearest=(HIT,))
BOTH = (
    Exchange(question="白鹭几只？", stage="answered", hits=(HIT,), answer=ANSWER),
    Exchange(question="票价？", stage="answered", answer=REFUSED),
)
FAILED = Exchange(question="坏了？", stage="failed", error=("坏", "bad"))


@pytest.fixture
def history(tmp_path):
    made = History(tmp_path / "history.db")
    yield made
    made.close()


words = st.text(max_size=30)
articles = st.builds(
    Article,
    title=words,
    text=st.text(min_size=1, max_size=40),
    subtitle=st.none() | words,
    date=st.none() | st.dates(),
    page=st.none() | st.integers(1, 99),
)


@st.composite
def hits(draw):
    article = draw(articles)
    end = draw(st.integers(1, len(article.text)))
    return Hit(
        article=article,
        passage=Passage(article_id=article.id, start=0, end=end),
        score=draw(st.floats(allow_nan=False)),
        lexical=draw(st.none() | st.floats(allow_nan=False)),
    )


@st.composite
def citations(draw):
    article = draw(articles)
    end = draw(st.integers(1, len(article.text)))
    span = draw(st.none() | st.just((0, end)))
    return Citation(number=draw(st.integers(1, 9)), article=article, start=0, end=end, words=span)


answers = st.builds(
    Answer,
    question=words,
    status=st.sampled_from(["answered", "refused"]),
    text=words,
    citations=st.lists(citations(), max_size=3).map(tuple),
    nearest=st.lists(hits(), max_size=2).map(tuple),
    confidence=st.floats(0, 1),
    asked_on=st.none() | st.dates(),
    filters=st.builds(Filters, since=st.none() | st.dates(), without=st.just(("a",))),
    timings=st.dictionaries(words, st.floats(0, 99), max_size=3),
)
exchanges = st.builds(
    Exchange,
    question=words,
    stage=st.sampled_from(["retrieving", "answered", "failed"]),
    hits=st.lists(hits(), max_size=2).map(tuple),
    answer=st.none() | answers,
    error=st.none() | st.tuples(words, words),
)


@given(st.lists(exchanges, max_size=3).map(tuple))
def test_json_gives_back_what_it_was_given(conversation):
    assert from_json(to_json(conversation)) == conversation


def test_what_is_saved_is_loaded_also_after_a_restart(history):
    conversation = (*BOTH, FAILED)
    history.save("k", conversation)
    assert history.load("k") == conversation
    history.close()
    again = History(history.path)
    assert again.load("k") == conversation
    again.close()


def test_an_article_is_stored_once():
    assert to_json(BOTH).count("开幕了") == 1


def test_the_list_is_newest_first_and_keeps_a_given_title(history):
    history.save("a", BOTH[:1])
    history.save("b", BOTH[1:])
    history.save("a", BOTH, BOTH[:1])
    assert [(c.key, c.title, c.exchanges) for c in history.conversations()] == [
        ("a", "白鹭几只？", 2),
        ("b", "票价？", 1),
    ]
    history.rename("a", " 观鸟\n笔记 ")
    history.save("a", BOTH[:1], BOTH)
    assert history.conversations()[0].title == "观鸟 笔记"
    history.rename("a", " ")
    assert history.conversations()[0].title == "白鹭几只？"


def test_saving_the_same_again_is_no_change(history):
    history.save("a", BOTH)
    before = history.conversations()
    history.save("a", BOTH)
    assert history.conversations() == before
    history.save("empty", ())
    assert history.conversations() == before


@pytest.mark.parametrize(
    ("search", "found"),
    [("白鷺", True), ("312只", True), ("票价 白鹭", True), ("笔记", True), ("100%", False)],
)
def test_search_in_titles_questions_and_answers(history, search, found):
    history.save("a", BOTH)
    history.rename("a", "笔记")
    assert bool(history.conversations(search)) == found


def test_deleted_it_can_be_restored_for_a_while(history):
    history.save("a", BOTH)
    history.delete("a")
    assert history.conversations() == []
    with pytest.raises(HistoryError, match="deleted"):
        history.load("a")
    history.restore("a")
    assert history.load("a") == BOTH
    history.delete("a")
    long_ago = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    history._write("UPDATE conversations SET deleted = ?", long_ago)
    again = History(history.path)
    with pytest.raises(HistoryError):
        again.restore("a")
    again.close()


def test_what_another_page_saved_is_not_written_over(history):
    history.save("a", BOTH[:1])
    history.save("a", (*BOTH[:1], FAILED), BOTH[:1])
    for before in ((), BOTH[:1], BOTH):
        with pytest.raises(ConversationChanged):
            history.save("a", BOTH, before)
    assert history.load("a") == (*BOTH[:1], FAILED)
    history.save("a", (*BOTH[:1], FAILED), BOTH)  # the same again is no change


def judged(*verdicts):
    return tuple(replace(e, verdict=v) for e, v in zip(BOTH, verdicts, strict=True))


def test_feedback_is_a_question_set(history, tmp_path):
    history.save("a", judged("right", "right"))
    first, second = history.question_set()
    assert (first["answers"], first["gold"]) == ([["312只"]], [[ARTICLE.id]])
    assert first["asked_on"] == "2024-04-01"
    assert (second["answerable"], second["turns"]) == (False, ["白鹭几只？"])
    path = tmp_path / "feedback.jsonl"
    path.write_text("\n".join(map(json.dumps, (first, second))), encoding="utf-8")
    questions, problems = checked(path)
    assert problems == []
    assert [q.tags for q in questions] == [("feedback", "right")] * 2


def test_a_reader_takes_away_only_own_feedback(history):
    history.save("mine-1", judged("right", None))
    history.save("theirs-1", judged("right", "right"))
    assert [line["id"] for line in history.question_set("mine-")] == ["mine-1-1"]
    assert len(list(history.question_set())) == 3


def test_a_reader_is_told_from_one_with_a_longer_name(history):
    for key in ("mine-1", "mine-2", "mine2-1", "min-1"):
        history.save(key, BOTH)
    assert {c.key for c in history.conversations("白鹭", "mine-")} == {"mine-1", "mine-2"}


def reading(history, *exchanges):
    session = Session(owner="mine", exchanges=exchanges)
    keep(history, session)
    return session


def test_what_is_stored_late_does_not_give_its_key_to_a_new_conversation(history, monkeypatch):
    session, save, clear = reading(history, *BOTH), history.save, Session.clear
    late = threading.Thread(target=keep, args=(history, session))
    begun, cleared = threading.Event(), threading.Event()

    def slow_save(*given):
        if threading.current_thread() is late:
            begun.set()
            cleared.wait(1)
        save(*given)

    def slow_clear(session):
        late.start()
        begun.wait(0.2)
        clear(session)
        cleared.set()

    monkeypatch.setattr(history, "save", slow_save)
    monkeypatch.setattr(Session, "clear", slow_clear)
    begin_anew(history, session)
    late.join()
    assert (session.key, session.exchanges) == ("", ())


def test_a_conversation_opened_again_while_it_is_answered_stays_one(history):
    session = reading(history, BOTH[0], Exchange(question="票价？", stage="reading"))
    key = session.key
    resume(history, session, key)
    session.judge(0, "right")
    keep(history, session)
    assert [c.key for c in history.conversations()] == [key]


def test_what_is_not_known_to_be_true_is_left_out(history):
    history.save("a", judged("citation", "wrong"))
    (line,) = history.question_set()
    assert line["answers"] == [["312只"]]
    assert "gold" not in line


def test_a_conversation_without_spans_gives_its_quote(history):
    whole = replace(ANSWER, citations=(replace(ANSWER.citations[0], words=None),))
    history.save("a", (replace(BOTH[0], answer=whole, verdict="right"),))
    (line,) = history.question_set()
    assert line["answers"] == [["记录到白鹭312只。"]]


def test_several_threads(history):
    def work(number):
        for turn in range(10):
            history.save(f"{number}-{turn}", BOTH)
            history.conversations("白鹭")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(history.conversations()) == 40


@pytest.mark.parametrize("bad", [b"no database at all" * 99, None])
def test_a_damaged_or_foreign_file_is_left_alone(tmp_path, bad):
    path = tmp_path / "history.db"
    if bad:
        path.write_bytes(bad)
    else:
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE theirs (x)")
        other.commit()
        other.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match=r"damaged|not a history"):
        History(path)
    assert path.read_bytes() == before
