"""The fit of the evidence's weights: its questions, what is taken away from them, its figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from conftest import STORIES, write_jsonl

from eval.fit import (
    SIGNS,
    Example,
    Labelled,
    _at,
    _logistic,
    _without_answer,
    calibration_error,
    examples,
    importance,
    lack,
)
from rag import Article, Chatbot, Hit, Passage
from rag.evidence import FEATURES


def test_cutting_the_answer_out_leaves_the_other_sentences():
    article = Article(title="停水", text="城东水厂检修。影响居民2.1万户。请提前储水。")
    passage = Passage(article_id=article.id, start=0, end=len(article.text))
    hit = Hit(article=article, passage=passage, score=1.0)
    item = Labelled(
        group="news",
        question="影响多少户？",
        answers=("2.1万户",),
        gold=article.text,
        asked_on=date(2024, 3, 4),
    )
    start = len("城东水厂检修。")
    parts = [replace(passage, end=start), replace(passage, start=start)]
    gone = replace(passage, start=start, end=start + len("影响居民2.1万户。"))
    cut = _without_answer([replace(hit, passage=part) for part in (*parts, gone)], item)
    assert [one.text for one in cut] == ["城东水厂检修。", "请提前储水。"]
    assert {one.article.text for one in cut} == {"城东水厂检修。请提前储水。"}
    assert {one.passage.article_id for one in cut} == {cut[0].article.id}


def test_another_article_with_the_answers_words_is_neither_right_nor_wrong(
    archive, reader, tmp_path
):
    copy = {
        "title": "观鸟手记",
        "text": "我也看到了312只白鹭。湿地的风很大。",
        "date": "2024-03-05",
    }
    write_jsonl(tmp_path / "more.jsonl", [copy])
    archive.add([tmp_path / "more.jsonl"])
    gold = next(a.text for a in archive.articles() if a.title == STORIES[0]["title"])
    item = Labelled(
        group="news",
        question="观鸟节记录到白鹭多少只？",
        answers=("312只",),
        gold=gold,
        asked_on=date(2024, 4, 1),
    )
    made = {one.group: one for one in examples(Chatbot(archive, reader=reader), [item])}
    assert {name: int(one.right.sum()) for name, one in made.items()} == {
        "news": 1,
        "news-removed": 0,
        "news-cut": 0,
    }
    sentences = {name: len(one.rows) for name, one in made.items()}
    # 3 of the gold article, 2 and 4 of the others, 2 of the copy, of which one has the answer
    assert sentences == {"news": 3 + 6 + 1, "news-removed": 6, "news-cut": 2 + 6 + 1}


def test_what_was_written_to_have_no_answer_is_one_example_of_wrong_sentences(archive, reader):
    item = Labelled(
        group="written-missing",
        question="观鸟节是谁赞助的？",
        answers=(),
        gold=next(a.text for a in archive.articles() if a.title == STORIES[0]["title"]),
        asked_on=date(2024, 4, 1),
    )
    (made,) = examples(Chatbot(archive, reader=reader), [item])
    assert made.group == "written-missing"
    assert len(made.right) == len(made.rows) > 3
    assert not made.right.any()


def test_no_weight_has_the_wrong_sign():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, len(FEATURES)))
    right = rows @ rng.normal(size=len(FEATURES)) > 0  # signs at random: some must be held back
    weights = dict(zip(FEATURES, _logistic(rows, right, np.ones(len(rows)))[1:], strict=True))
    for name, weight in weights.items():
        sign = SIGNS.get(name, 1)
        assert weight * sign >= 0 or sign == 0
    assert any(weight == 0 for weight in weights.values())
    assert any(weight > 0 for weight in weights.values())


def test_calibration_error_by_hand():
    probability = np.array([0.9, 0.8, 0.2, 0.1])
    right = np.array([True, True, False, False])
    # Four bins, each a quarter of the weight, each off by its distance from 1 or 0.
    even = calibration_error(probability, right, np.ones(4))
    assert even == pytest.approx((0.1 + 0.2 + 0.2 + 0.1) / 4)
    uneven = calibration_error(probability, right, np.array([1.0, 1.0, 3.0, 1.0]))
    assert uneven == pytest.approx((0.1 + 0.2 + 3 * 0.2 + 0.1) / 6)


def example(group, *, right):
    row = np.zeros((1, len(FEATURES)))
    return Example(group=group, fold=0, rows=row, right=np.array([right]))


def test_each_way_to_have_no_answer_weighs_the_same():
    data = [
        *(example("news", right=True) for _ in range(6)),
        *(example("news-cut", right=False) for _ in range(4)),
        example("written-missing", right=False),
        example("written-false", right=False),
        example("written-astray", right=False),
    ]
    ways = [lack(one) for one in data]
    assert ways[-4:] == ["cut", "unsaid", "unsaid", "astray"]
    assert importance(ways).tolist() == [1.0] * 6 + [0.5] * 4 + [1.0, 1.0, 2.0]


def test_what_weighs_more_moves_threshold_and_weights_more():
    probability, right = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, False, False])
    can = np.array([True, False, False, False])
    even = _at(probability, right, can, np.ones(4), 0.5)
    uneven = _at(probability, right, can, np.array([1.0, 1.0, 1.0, 4.0]), 0.5)
    assert (even["rightly_refused"], uneven["rightly_refused"]) == (0.333, 0.667)
    rows = np.zeros((4, len(FEATURES)))
    rows[:, FEATURES.index("span")] = [1.0, 0.9, 0.1, 0.0]
    right = np.array([True, False, True, False])
    at = FEATURES.index("span") + 1
    first, last = ([4.0, 1.0, 1.0, 4.0], [1.0, 4.0, 4.0, 1.0])
    assert _logistic(rows, right, np.array(first))[at] > _logistic(rows, right, np.array(last))[at]
