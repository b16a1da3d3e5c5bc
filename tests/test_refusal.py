from __future__ import annotations

import pytest

from eval.refusal import is_short_answer, run, summary
from rag import Chatbot, Settings

QUESTION = "停水检修影响多少户居民？"


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("2.1万户", True),
        ("居民2.1万户。", True),
        ("２.１万户", True),
        ("影响居民2.1万户，请提前储水", False),
        ("2万户", False),
        ("", False),
    ],
)
def test_a_short_answer_is_the_accepted_one_or_little_more(said, right):
    assert is_short_answer(said, "2.1万户") is right


@pytest.fixture
def pair(archive, reader):
    bot = Chatbot(archive, Settings(passages=4, min_confidence=0.0), reader=reader)
    gold = {a.id for a in archive.articles() if a.title == "城东水厂夜间检修"}
    return run(bot, QUESTION, "2.1万户", gold)


def test_the_second_answer_has_nothing_of_the_gold_article(pair):
    assert pair.quoted
    assert "城东水厂夜间检修" in {c.article.title for c in pair.whole.citations}
    assert "城东水厂夜间检修" not in {hit.article.title for hit in pair.without.hits}
    assert 1 <= len(pair.without.hits) <= 2


def test_figures_at_a_threshold(pair):
    low, high = min(pair.whole.confidence, pair.without.confidence), 1.1
    assert summary([pair], low)["answered"].startswith("1.000")
    assert summary([pair], high)["refused without the article"].startswith("1.000")
    assert summary([pair], high)["quotes hold the answer, of answered"].startswith("nan")
    better = pair.whole.confidence > pair.without.confidence
    assert float(summary([pair], low)["area under the ROC curve"]) == (1.0 if better else 0.0)
