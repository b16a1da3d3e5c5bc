from __future__ import annotations

from datetime import date

import pytest

from rag import Article, Citation
from ui.reference import authors, quotation, reference

BRIDGE = Article(
    title="青禾大桥合龙",
    text="3月27日，青禾大桥\n全线合龙。",
    author="林知远 苏禾",
    source="青岚日报",
    date=date(2024, 3, 28),
    page=1,
)


def test_a_reference_as_the_standard_has_it():
    assert reference(BRIDGE) == "林知远, 苏禾. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."


def test_what_is_not_known_is_left_out():
    assert reference(Article(title="无主消息", text="文。")) == "无主消息[N]."
    dated = Article(title="题", text="文。", date=date(2024, 1, 2), subtitle="——副题")
    assert reference(dated) == "题：副题[N]. 2024-01-02."


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"byline": "（记者 方若溪）"}, "方若溪"),
        ({"byline": "本报记者 方若溪 通讯员 林知远"}, "方若溪, 林知远"),
        ({"author": "□本报评论员"}, ""),
        ({"author": "甲一 乙二 丙三 丁四"}, "甲一, 乙二, 丙三, 等"),
        ({"byline": "By Ann Lee"}, "By Ann Lee"),
        ({}, ""),
    ],
)
def test_names_without_what_they_are(fields, names):
    assert authors(Article(title="题", text="文。", **fields)) == names


def test_a_quotation_is_on_one_line():
    citation = Citation(number=1, article=BRIDGE, start=0, end=len(BRIDGE.text))
    assert quotation(citation) == f"“3月27日，青禾大桥 全线合龙。”（{reference(BRIDGE)}）"
