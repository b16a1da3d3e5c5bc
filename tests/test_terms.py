from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.terms import bigrams, fold, question_terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("湿地观鸟", ["湿地", "地观", "观鸟"]),
        ("濕地觀鳥", ["湿地", "地观", "观鸟"]),
        ("共6集", ["共", "6", "集"]),
        ("２１：３５播出", ["21:35", "播出"]),
        ("增长6.4%", ["增长", "6.4"]),
        ("用AI看CT片", ["用", "ai", "看", "ct", "片"]),
        ("Opening of the Bridge", ["opening", "of", "the", "bridge"]),
        ("，。！", []),
        ("", []),
    ],
)
def test_bigrams(text, expected):
    assert bigrams(text) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("大桥哪天通车？", ["大桥", "通车"]),
        ("请问停水影响多少户居民？", ["停水", "水影", "影响", "户居", "居民"]),
        ("谁？", ["谁"]),
        ("白鹭白鹭", ["白鹭", "鹭白"]),
        ("酒吧街啥时候开业？", ["酒吧", "吧街", "开业"]),
        ("哪吒队几时来呢？", ["哪吒", "吒队", "来"]),
        ("几内亚队咋走吧，任何车？", ["几内", "内亚", "亚队", "走", "任何", "何车"]),
    ],
)
def test_a_question_without_the_words_that_only_ask(question, expected):
    assert question_terms(question) == expected


@given(st.text(max_size=200))
def test_terms_never_carry_query_syntax(text):
    assert all('"' not in term and " " not in term and term for term in bigrams(text))
    assert fold(fold(text)) == fold(text) or "İ" in text.upper()
