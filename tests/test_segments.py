from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.writing.segments import LONGEST, MARKER, Segments


def cut(*pieces):
    segments = Segments()
    found = [segment for piece in pieces for segment in segments.feed(piece)]
    return [*found, *segments.finish()]


def texts(*pieces):
    return [segment.text for segment in cut(*pieces)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("大桥通车了。[1]全长三公里[2]。", ["大桥通车了。[1]", "全长三公里[2]。"]),
        ("大桥通车了[1]。 [2][3] 好。", ["大桥通车了[1]。 [2][3]", "好。"]),
        ("大桥通车了。【1】［2，3］好！", ["大桥通车了。【1】［2，3］", "好！"]),
        (
            "It is 3.5 km long.[1] It opened. [2] Yes",
            ["It is 3.5 km long.[1]", "It opened. [2]", "Yes"],
        ),
        ("Mr. Smith of the U.S. came. He left.", ["Mr. Smith of the U.S. came.", "He left."]),
        ("“水退了。人回家了。”她说。[1]好。", ["“水退了。人回家了。”她说。[1]", "好。"]),
        ("她说：“水退了。”[1]他走了。", ["她说：“水退了。”[1]", "他走了。"]),
        ("一、通车\n二、收费。\n[1]\n三", ["一、通车", "二、收费。\n[1]", "三"]),
        ("1. 通车。\n2. 收费。", ["1. 通车。", "2. 收费。"]),
        ("真的吗？！……是。", ["真的吗？！……", "是。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text, sentences):
    assert texts(text) == sentences
    assert texts(*text) == sentences


@given(
    st.text(alphabet="一二。！”“「.?[]【】123, \nab\u200b-", max_size=60),
    st.lists(st.integers(0, 60), max_size=8),
)
@example("好。[1]", [2])
@example("a.[", [2])
def test_where_the_stream_is_cut_makes_no_difference(text, at):
    places = sorted({0, len(text), *(min(i, len(text)) for i in at)})
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert cut(*pieces) == cut(text) == cut(*text)


@given(st.text(alphabet="一。！”“.[]1 \n", max_size=80))
def test_nothing_is_lost(text):
    assert "".join("".join(t.split()) for t in texts(text)) == "".join(text.split())


def test_a_sentence_is_given_as_soon_as_it_is_sure():
    segments = Segments()
    assert list(segments.feed("大桥通车了。")) == []
    assert list(segments.feed("[1")) == []
    assert [s.text for s in segments.feed("]好")] == ["大桥通车了。[1]"]
    assert segments.pending == "好"


def test_what_never_ends_is_cut():
    assert [len(text) for text in texts("字" * (2 * LONGEST + 5))] == [LONGEST, LONGEST, 5]


@pytest.mark.parametrize("char", list("[“。.1 \n【a,-"))
def test_long_runs_of_one_character_end(char):
    texts(char * 100_000)
    MARKER.sub("", char * 100_000)
