from __future__ import annotations

import json
from itertools import pairwise

import pytest
from conftest import DATA, EXAMPLES
from hypothesis import given
from hypothesis import strategies as st

from rag.passages import embedded_text, passages, sentences
from rag.types import Article

WORDS = st.text(alphabet="水桥路人会说了，。！？；“”’）… \nabc.12\u200b", max_size=400)


def split(text, limit=300):
    return [text[start:end] for start, end in sentences(text, limit)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("大桥通车了。全长三公里！谁建的？", ["大桥通车了。", "全长三公里！", "谁建的？"]),
        ("他说：“来了。”门开了。", ["他说：“来了。”", "门开了。"]),
        ("“水退了！”村主任方禾说，大家松了口气。", ["“水退了！”村主任方禾说，大家松了口气。"]),
        ("第一段\n第二段。", ["第一段", "第二段。"]),
        ("等等……后来呢？", ["等等……", "后来呢？"]),
        ("It opened in 2019. It cost 3.5 million.", ["It opened in 2019.", "It cost 3.5 million."]),
        ("见附件2.3节，完。", ["见附件2.3节，完。"]),
        ("  两边有空格。  ", ["两边有空格。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text, expected):
    assert split(text) == expected


def test_an_endless_sentence_is_cut_at_commas_then_anywhere():
    assert split("水位上涨，" * 10, 12) == ["水位上涨，水位上涨，"] * 5
    assert split("水" * 25, 10) == ["水" * 10, "水" * 10, "水" * 5]


@given(WORDS, st.integers(5, 60))
def test_sentences_keep_every_visible_character_in_order(text, limit):
    spans = sentences(text, limit)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(a < b <= a + limit for a, b in spans)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))


@given(WORDS, st.integers(5, 60))
def test_passages_are_whole_sentences(text, limit):
    article = Article(title="题", text=text)
    spans = sentences(text, limit)
    starts, ends = {a for a, _ in spans}, {b for _, b in spans}
    for passage in passages(article, limit):
        assert passage.start in starts
        assert passage.end in ends
        assert passage.end - passage.start <= limit


def test_what_the_encoder_does_not_take_whole_is_halved():
    article = Article(title="题", text="一二三四五六七八九。" * 6)
    head = len(embedded_text(article, 0, 0))
    found = passages(article, 300, lambda texts: [len(text) <= 25 + head for text in texts])
    assert all(p.end - p.start <= 25 for p in found)
    assert "".join(article.text[p.start : p.end] for p in found) == article.text


def test_headline_and_date_stand_in_front():
    from datetime import date

    article = Article(title="长" * 90, text="正文。", date=date(2024, 3, 5))
    assert embedded_text(article, 0, 3) == "长" * 60 + "（2024年3月5日）\n正文。"


@pytest.mark.model
@pytest.mark.parametrize("name", ["sample", "crud"])
def test_no_passage_is_ever_cut_by_the_encoder(model, name):
    def fits(texts):
        return [count <= model.max_tokens for count in model.count_tokens(texts)]

    for article in _articles(name):
        found = passages(article, fits=fits)
        ends = {end for _, end in sentences(article.text)}
        assert all(p.end in ends for p in found)
        texts = [embedded_text(article, p.start, p.end) for p in found]
        assert max(model.count_tokens(texts)) <= model.max_tokens


def _articles(name):
    if name == "sample":
        lines = (EXAMPLES / "articles.jsonl").read_text(encoding="utf-8").splitlines()
        for record in map(json.loads, lines):
            yield Article(title=record["title"] or "题", text="\n".join(record["paragraphs"]))
        return
    path = DATA / "crud" / "articles_text_only_1328.jsonl"
    if not path.exists():
        pytest.skip(f"{path.name} is not on this machine")
    for line in path.read_text(encoding="utf-8").splitlines()[::10]:
        record = json.loads(line)
        yield Article(title=record["title"], text=record["text"])


@pytest.mark.model
def test_text_that_no_encoder_likes_still_fits(model):
    def fits(texts):
        return [count <= model.max_tokens for count in model.count_tokens(texts)]

    text = "".join(chr(c) for c in range(0x20000, 0x20400)) + "。" + "𝔘𝔫𝔦𝔠𝔬𝔡𝔢☃✈" * 200
    article = Article(title="题" * 500, text=text)
    found = passages(article, fits=fits)
    assert "".join(text[p.start : p.end] for p in found) == text
