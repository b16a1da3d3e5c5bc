"""Next questions: how they are formed, and that each was checked before it is offered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import OverlapReader, write_jsonl

from rag import Archive, Chatbot, Settings, Turn
from rag.questions import asked_of
from rag.suggest import candidates, formed, suggestions

BRIDGE = {
    "title": "望江大桥合龙",
    "text": "昨日，望江大桥合龙。望江大桥总投资12.5亿元，主跨430米。\n"
    "项目总工程师程远说，工人们守了两个通宵，等气温稳定才锁定。\n"
    "大桥计划于10月8日正式通车。望江大桥为什么会晚？征地拆迁比预想的慢。",
    "date": "2024-03-03",
    "source": "云桥晚报",
}
WATER = {
    "title": "城东水厂夜间检修",
    "text": "城东水厂3月5日22时至次日6时停水检修，影响居民2.1万户。城东水厂总投资3亿元。",
    "date": "2024-03-04",
    "source": "云桥晚报",
}


class Counting(OverlapReader):
    """Counts how often it was asked to read."""

    def __init__(self):
        self.read_for = []

    def read(self, question, passages):
        self.read_for.append(question)
        return super().read(question, passages)


@pytest.fixture
def counting():
    return Counting()


@pytest.fixture
def bot(tmp_path, encoder, counting):
    path = tmp_path / "papers.jsonl"
    write_jsonl(path, [BRIDGE, WATER])
    archive = Archive(tmp_path / "archive", encoder=encoder)
    archive.add([path])
    return Chatbot(archive, Settings(min_confidence=0.0), reader=counting)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("大桥全长3.2公里，总投资12.5亿元。", ("望江大桥的总投资是多少？", "12.5亿元")),
        ("项目总工程师程远说，不急。", ("关于望江大桥，项目总工程师程远说了什么？", "")),
        ("据馆长许文介绍，明天开门。", ("关于望江大桥，馆长许文说了什么？", "")),
        ("大桥计划于10月8日正式通车。", ("望江大桥计划于什么时候正式通车？", "10月8日")),
        ("大桥通车日期定为10月8日。", ("望江大桥通车日期定在什么时候？", "10月8日")),
        ("桥为什么会晚？", ("望江大桥，桥为什么会晚？", "")),
        ("全市共有考生2.38万名。", ("全市共有考生多少名？", "2.38万名")),
    ],
)
def test_a_sentence_is_asked_for_what_it_says(sentence, found):
    assert found in list(formed(sentence, "望江大桥"))


@pytest.mark.parametrize(
    "sentence",
    [
        "3月1日到5月10日，志愿者走了42条样线。",
        "截至3月5日，工程过半。",
        "该桥于10月8日正式通车了。",
        "3月5日早上7时50分，桥上来了人。",
        "昨天下雨了。",
        "",
    ],
)
def test_what_would_read_badly_is_not_asked(sentence):
    assert list(formed(sentence, "望江大桥")) == []


def test_questions_of_a_sentence_for_question_sets():
    assert list(asked_of("云桥湿地观鸟节于3月2日正式开幕。")) == [
        ("when", "云桥湿地观鸟节于什么时候正式开幕？", "3月2日")
    ]


@pytest.mark.parametrize(("score", "asked_about"), [(0.9, True), (0.1, False)])
def test_the_cited_article_comes_first_then_what_was_found_near_it(bot, score, asked_about):
    answer = bot.ask("望江大桥昨日怎么了？")
    cited = {c.article.id for c in answer.citations}
    hits = [
        replace(hit, score=1.0 if hit.article.id in cited else score)
        for hit in bot.ask("城东水厂和望江大桥").hits
    ]
    titles = [c.article.title for c in candidates(replace(answer, hits=tuple(hits)))]
    assert titles[0] == "望江大桥合龙"
    assert (titles[-1] == "城东水厂夜间检修") is asked_about


def test_each_is_answered_by_what_was_not_quoted_yet(bot):
    answer = bot.ask("项目总工程师程远守了几个通宵？")
    quoted = {(c.article.id, c.start) for c in answer.citations}
    found = list(suggestions(bot, answer))
    assert 1 <= len(found) <= 3
    assert len(set(found)) == len(found)
    for question in found:
        first = bot.ask(question).citations[0]
        assert (first.article.id, first.start) not in quoted


def test_what_was_asked_is_not_suggested(bot):
    answer = bot.ask("望江大桥昨日怎么了？")
    (first, *_) = suggestions(bot, answer)
    turns = [Turn(question=first, answer=bot.ask(first))]
    assert first not in list(suggestions(bot, answer, turns=turns))


def test_they_are_looked_for_one_by_one(bot, counting):
    answer = bot.ask("望江大桥昨日怎么了？")
    counting.read_for.clear()
    found = suggestions(bot, answer)
    assert counting.read_for == []
    first = next(found)
    assert counting.read_for[-1] == first
    read = len(counting.read_for)
    found.close()
    assert len(counting.read_for) == read


def test_none_where_none_are_wanted(bot, counting):
    answer = bot.ask("望江大桥昨日怎么了？")
    counting.read_for.clear()
    assert list(suggestions(bot, answer, most=0)) == []
    assert counting.read_for == []


def test_what_the_archive_refuses_is_not_suggested(bot):
    answer = bot.ask("望江大桥昨日怎么了？")
    shy = Chatbot(bot.archive, Settings(min_confidence=1.0), reader=bot.reader)
    assert list(suggestions(shy, answer)) == []


def test_no_model_is_asked(bot):
    class Fails:
        name = "fails"
        context = 4000

        def tokens(self, text):
            return len(text)

        def stream(self, messages):
            raise AssertionError(messages)

    answer = bot.ask("望江大桥昨日怎么了？")
    with_model = Chatbot(bot.archive, bot.settings, reader=bot.reader, generator=Fails())
    assert list(suggestions(with_model, answer)) == list(suggestions(bot, answer))
