"""Answers that a language model writes, through the chatbot."""

from __future__ import annotations

import re

import pytest
from conftest import Scripted

from rag import Answer, Chatbot, Draft, Settings
from rag.chatbot import _READING
from rag.cite import verified
from rag.errors import GeneratorError
from rag.writing.composing import NOTHING, QUOTED, TOO_LONG, UNSUPPORTED
from rag.writing.prompt import REFUSAL_EN, REFUSAL_ZH

EAGER = Settings(min_confidence=0.0)
QUESTION = "停水检修影响多少户居民？"


def number(messages, words):
    """The number of the passage that holds the words."""
    prompt = messages[-1]["content"]
    blocks = re.findall(r"=== 段落 (\d+)｜.*?===\n(.*?)\n=== 段落", prompt, re.S)
    return next(int(n) for n, text in blocks if words in text)


def writes(*lines):
    """A generator that writes sentences, ``{words}`` in them being the passage that holds these."""

    def reply(messages):
        return "".join(
            re.sub(r"\{(.+?)\}", lambda m: f"[{number(messages, m[1])}]", line) for line in lines
        )

    return Scripted(reply)


@pytest.fixture
def ask(archive, reader):
    def call(generator, question=QUESTION, settings=EAGER):
        return Chatbot(archive, settings, reader=reader, generator=generator).ask(question)

    return call


def said(answer):
    return [answer.text[s.start : s.end] for s in answer.statements]


def test_supported_sentences_carry_the_numbers_of_their_quotes(ask, archive):
    answer = ask(
        writes(
            "城东水厂3月5日22时至次日6时停水检修，影响居民21000户。{停水检修}",
            "掌勺的是孙女方禾。{掌勺}",
        )
    )
    assert said(answer) == [
        "城东水厂3月5日22时至次日6时停水检修，影响居民21000户。[1]",
        "掌勺的是孙女方禾。[2]",
    ]
    assert [c.quote for c in answer.citations] == [
        "城东水厂3月5日22时至次日6时停水检修，影响居民2.1万户。",
        "如今掌勺的是孙女方禾。",
    ]
    assert [s.numbers for s in answer.statements] == [(1,), (2,)]
    assert (answer.generator, answer.status, answer.fallback) == ("scripted", "answered", None)
    assert answer.used == len(answer.hits) == 3
    assert verified(answer, archive.article)
    assert {"generate", "check"} <= set(answer.timings)


def test_each_problem_is_marked(ask):
    answer = ask(
        writes(
            "停水检修影响居民2.1万户。{停水检修}",
            "影响居民3.1万户。{停水检修}",
            "市民都很高兴。",
            "检修由外地工人完成。[9]",
            "请提前储水[9]{停水检修}。",
        )
    )
    assert [s.problem for s in answer.statements] == [None, "details", "uncited", "invented", None]
    assert answer.statements[1].missing == ("3.1万户",)
    assert [s.invented for s in answer.statements] == [(), (), (), (9,), (9,)]
    assert all(s.numbers == () for s in answer.statements if s.problem)
    assert "[9]" not in answer.text


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_how_the_reply_is_cut_makes_no_difference(ask, piece):
    lines = (
        "**城东水厂**3月5日22时至次日6时停水检修，影响居民21000户。{停水检修}",
        "影响居民3.1万户{停水检修}。\n- 掌勺的是孙女方禾[9]{掌勺}",
    )
    other = writes(*lines)
    other.piece = piece
    answer, whole = ask(other), ask(writes(*lines))
    assert (answer.text, answer.statements) == (whole.text, whole.statements)
    assert answer.citations == whole.citations
    assert [s.problem for s in answer.statements] == [None, "details", None]
    assert answer.text.endswith("\n- 掌勺的是孙女方禾[2]")


def test_drafts_pass_every_piece_on(archive, reader):
    generator = writes("停水检修影响居民2.1万户。{停水检修}请提前储水。{储水}")
    bot = Chatbot(archive, EAGER, reader=reader, generator=generator)
    hits, *drafts, answer = bot.stream(QUESTION)
    assert isinstance(hits, tuple)
    assert isinstance(answer, Answer)
    assert all(isinstance(draft, Draft) for draft in drafts)
    assert drafts[0].pending == "停水检修影响居"
    assert drafts[-1].text == answer.text
    assert [len(d.statements) for d in drafts] == sorted(len(d.statements) for d in drafts)


def test_closing_the_stream_closes_the_generator(archive, reader):
    generator = writes("停水检修影响居民2.1万户。{停水检修}" * 20)
    stream = Chatbot(archive, EAGER, reader=reader, generator=generator).stream(QUESTION)
    next(stream), next(stream)
    stream.close()
    assert generator.closed


def test_nothing_is_held_while_a_generator_writes(archive, reader):
    free = []

    def reply(messages):
        free.append(_READING.acquire(blocking=False))
        _READING.release()
        return "好。"

    Chatbot(archive, EAGER, reader=reader, generator=Scripted(reply)).ask(QUESTION)
    assert free == [True]


@pytest.mark.parametrize(
    ("generator", "reason"),
    [
        (Scripted("市民都很高兴。"), UNSUPPORTED),
        (Scripted(""), UNSUPPORTED),
        (Scripted(REFUSAL_ZH), NOTHING),
        (Scripted(REFUSAL_EN + "[1]"), NOTHING),
        (Scripted("停水。", context=100), TOO_LONG),
    ],
)
def test_falls_back_to_the_paper_and_says_why(ask, generator, reason):
    answer = ask(generator)
    assert answer.fallback == (reason[0] + QUOTED[0], f"{reason[1]} {QUOTED[1]}")
    assert (answer.generator, answer.statements, answer.used) == ("", (), 0)
    assert "2.1万户" in answer.citations[0].quote


def test_a_generator_that_fails_falls_back_too(ask):
    def stream(messages):
        yield "停水检修影响居民2.1万户。[1]"
        raise GeneratorError("断了。", "It broke.")

    generator = Scripted("")
    generator.stream = stream
    answer = ask(generator)
    assert answer.generator == ""
    assert answer.fallback[1].endswith(f"It broke. {QUOTED[1]}")


def test_without_evidence_the_fallback_is_the_refusal(ask):
    answer = ask(Scripted("好。"), settings=Settings(min_confidence=1.0))
    assert (answer.status, answer.text, answer.fallback) == ("refused", REFUSAL_ZH, UNSUPPORTED)


def test_an_empty_archive_asks_no_generator(tmp_path, encoder, reader):
    from rag import Archive

    generator = Scripted("好。")
    bot = Chatbot(Archive(tmp_path / "e", encoder=encoder), reader=reader, generator=generator)
    assert bot.ask(QUESTION).status == "refused"
    assert generator.asked == []
