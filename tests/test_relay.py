"""A thread that writes and one that reads: order, errors, stopping, thoughts left out."""

from __future__ import annotations

import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.writing.relay import relayed


def cut(text, places):
    """The text in pieces."""
    at = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in itertools.pairwise(at)]


def written(pieces) -> str:
    def work(put, stopped):
        for piece in pieces:
            put(piece)

    return "".join(relayed(work))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("主跨628米。", "主跨628米。"),
        ("<think>嗯，628？</think>主跨628米。", "主跨628米。"),
        ("\n<think>\n\n</think>\n\n主跨。<think>又", "\n\n主跨。<think>又"),
        ("<think>想不完", ""),
        ("<thi", "<thi"),
        ("<b>粗</b>", "<b>粗</b>"),
        (" \n", " \n"),
        ("", ""),
    ],
)
@given(places=st.lists(st.integers(0, 40), max_size=6))
def test_thoughts_are_left_out_however_the_pieces_fall(text, said, places):
    assert written(cut(text, places)) == said


def test_an_error_comes_after_what_came_before_it():
    def work(put, stopped):
        put("主跨")
        raise KeyError("线断了")

    pieces = relayed(work)
    assert next(pieces) == "主跨"
    with pytest.raises(KeyError, match="线断了"):
        list(pieces)


def test_who_leaves_is_waited_for_by_nobody():
    ended = threading.Event()

    def work(put, stopped):
        stopped.result(timeout=20)
        ended.set()

    pieces = relayed(work)
    assert next(pieces) == ""
    pieces.close()
    assert ended.is_set()


def test_nothing_starts_before_somebody_reads():
    begun = threading.Event()
    pieces = relayed(lambda put, stopped: begun.set())
    assert not begun.is_set()
    assert "".join(pieces) == ""
    assert begun.is_set()
