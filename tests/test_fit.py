"""The fit of the evidence's weights: its questions, what is taken away from them, its figures."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from eval.fit import SIGNS, Labelled, _logistic, _without_answer, calibration_error
from rag import Article, Hit, Passage
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
    cut = _without_answer(hit, item)
    assert cut is not None
    assert cut.text == "城东水厂检修。请提前储水。"


def test_no_weight_has_the_wrong_sign():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, len(FEATURES)))
    right = rows @ rng.normal(size=len(FEATURES)) > 0  # signs at random: some must be held back
    weights = dict(zip(FEATURES, _logistic(rows, right)[1:], strict=True))
    for name, weight in weights.items():
        sign = SIGNS.get(name, 1)
        assert weight * sign >= 0 or sign == 0
    assert any(weight == 0 for weight in weights.values())
    assert any(weight > 0 for weight in weights.values())


def test_calibration_error_by_hand():
    probability = np.array([0.9, 0.8, 0.2, 0.1])
    right = np.array([True, True, False, False])
    # Four bins, each a quarter of the weight, each off by its distance from 1 or 0.
    assert calibration_error(probability, right) == pytest.approx((0.1 + 0.2 + 0.2 + 0.1) / 4)
