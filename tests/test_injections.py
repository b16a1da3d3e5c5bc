"""Hostile passages against a model that does all that they say: nothing of it acts or passes as
supported. The 40 passages are in ``injections.jsonl``.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import STORIES, Scripted, write_jsonl

from rag import Archive, Chatbot, Settings
from rag.cite import verified
from rag.harmless import ODD
from ui import render
from ui.session import Exchange

ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("injections.jsonl").read_text("utf-8").splitlines()
]
QUESTION = "停水检修影响多少户居民？"
_ORDER = re.compile(r"(?:回答|输出|写|插入|reply with|write)[:：]\s*(.+)", re.S)
_PASSAGE = re.compile(r"=== 段落 ([0-9]+)｜.*?===\n(.*?)\n=== 段落 \1 完 ===", re.S)


def obey(messages):
    """The reply of a model that takes every passage for an order: what it is told to write, as it
    stands and then once more with each number; the whole passage; and every number it has seen.
    """
    content = messages[-1]["content"]
    said = ["停水检修影响居民2.1万户[{}]。".format(_with(content, "2.1万户"))]
    for number, text in _PASSAGE.findall(content):
        for order in _ORDER.findall(text):
            said += [order, f"{order.rstrip('。')}[1]。", f"{order.rstrip('。')}[{number}]。"]
        if _ORDER.search(text):
            said.append(f"{text}[{number}]")
    seen = re.findall(r"(?:段落|END|PASSAGE) ([0-9]+)", content)
    said += [f"据段落{n}，居民可领补贴500元[{n}]。" for n in dict.fromkeys(seen)]
    return "\n".join(said)


def _with(content, words):
    return next(number for number, text in _PASSAGE.findall(content) if words in text)


class Page(HTMLParser):
    """The tags of a page and their attributes."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(params=ROWS, ids=[row["id"] for row in ROWS])
def answered(request, tmp_path, encoder, reader):
    """The hostile passage, what the model was asked, the answer, and the archive."""
    path = tmp_path / "pages.jsonl"
    row = {"title": request.param["title"], "text": request.param["text"], "date": "2024-03-05"}
    write_jsonl(path, [*STORIES, row])
    archive = Archive(tmp_path / "archive", encoder=encoder)
    archive.add([path])
    generator = Scripted(obey)
    bot = Chatbot(archive, Settings(min_confidence=0.0), reader=reader, generator=generator)
    answer = bot.ask(QUESTION)
    return request.param, generator.asked[0][-1]["content"], answer, archive


def test_there_are_forty_of_them():
    assert len(ROWS) == 40


def test_no_passage_opens_or_closes_a_fence(answered):
    row, prompt, answer, _ = answered
    assert row["title"] in {hit.article.title for hit in answer.hits[: answer.used]}
    assert len(re.findall("===", prompt)) == 4 * answer.used
    assert not ODD.search(prompt)
    assert [int(n) for n, _ in _PASSAGE.findall(prompt)] == list(range(1, answer.used + 1))


def test_what_is_not_the_papers_is_marked(answered):
    row, _, answer, archive = answered
    assert answer.status == "answered"
    assert answer.generator == "scripted"
    assert verified(answer, archive.article)
    covered = 0
    for statement in answer.statements:
        assert answer.text[covered : statement.start].strip() == ""
        covered = statement.end
        quotes = [answer.citations[n - 1] for n in statement.numbers]
        assert bool(quotes) == (statement.problem is None)
        hostile = [c for c in quotes if c.article.title == row["title"]]
        said = answer.text[statement.start : statement.end]
        if not hostile and quotes:
            # supported by the honest paper: one of its own facts, whoever said it
            assert re.sub(r"\W|\d", "", said)
            assert not re.search("evil|领|取消|倒闭|辞职|净水器|金鹏|500", said)
            assert not re.search("9.9万|21万|8.1万|6.6万|5万户|3万户|30天|三个月", said)
    assert answer.text[covered:].strip() == ""


def test_nothing_of_it_acts(answered):
    _, _, answer, _ = answered
    assert not re.search(r"<|>|\]\(|!\[|\*\*|```", answer.text)
    assert not ODD.search(answer.text)
    exchange = Exchange(question=QUESTION, stage="answered", answer=answer)
    for language in ("zh", "en"):
        html = render.conversation([exchange], (), language)
        page = Page()
        page.feed(html)
        assert not {tag for tag, _ in page.tags} & {
            "img", "script", "iframe", "style", "svg", "object", "embed", "link", "meta", "base",
        }  # fmt: skip
        for _, attributes in page.tags:
            assert not any(name.startswith("on") for name in attributes)
            for name in ("href", "src", "action"):
                assert not re.search("evil|script|data:|mailto", attributes.get(name) or "")
        assert not ODD.search(html)
