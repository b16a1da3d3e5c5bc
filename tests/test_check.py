"""Sentences against passages: each problem, and the quotes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from conftest import EXAMPLES

from eval.support import Judged, judged, main, precision, read_pairs, recall
from rag.types import Article, Hit, Passage
from rag.writing.check import QUOTES, check

TEXT = (
    "3月2日，云桥湿地观鸟节开幕。今年共记录到白鹭312只，比去年多45只。"
    "湿地管理站站长孟秋说，水位调低了20厘米，水鸟有了落脚的浅滩。"
)


def hit(text=TEXT, title="观鸟节", start=0):
    article = Article(title=title, text=text, date=date(2024, 3, 3))
    return Hit(
        article=article,
        passage=Passage(article_id=article.id, start=start, end=len(text)),
        score=1.0,
    )


class Cosine:
    """Vectors whose cosine with the first text is always the same; counts what it is asked."""

    def __init__(self, cosine):
        self.cosine = cosine
        self.asked = 0

    def __call__(self, texts):
        self.asked += len(texts)
        other = [self.cosine, np.sqrt(1 - self.cosine**2)]
        return np.array([[1.0, 0.0]] + [other] * (len(texts) - 1), np.float32)


def quotes(verdict, *hits):
    return [hits[q.passage].article.text[slice(*q.span)] for q in verdict.quotes]


def test_the_quote_is_the_sentence_that_says_so():
    embed = Cosine(0.0)
    verdict = check("今年记录到三百一十二只白鹭。", [hit()], embed)
    assert verdict.problem is None
    assert quotes(verdict, hit()) == ["今年共记录到白鹭312只，比去年多45只。"]
    assert embed.asked == 0


def test_facts_of_two_sentences_have_two_quotes():
    verdict = check("观鸟节3月2日开幕，今年记录到白鹭312只。", [hit()], Cosine(0.0))
    assert len(verdict.quotes) == 2 == QUOTES


def test_facts_of_two_passages_have_a_quote_in_each():
    other = hit("城东水厂停水检修，影响居民2.1万户。", "检修")
    verdict = check("观鸟节记录到白鹭312只，停水检修影响居民2.1万户。", [hit(), other], Cosine(0.0))
    assert [q.passage for q in verdict.quotes] == [0, 1]


def test_a_passage_that_adds_nothing_is_not_cited():
    other = hit("面馆开在老街口。", "面馆")
    verdict = check("今年共记录到白鹭312只。", [other, hit()], Cosine(0.0))
    assert [q.passage for q in verdict.quotes] == [1]


@pytest.mark.parametrize(("cosine", "problem"), [(0.95, None), (0.85, "meaning")])
def test_meaning_decides_where_words_do_not(cosine, problem):
    embed = Cosine(cosine)
    assert check("水位下降让鸟儿能停在浅滩上。", [hit()], embed).problem == problem
    assert embed.asked >= 2


def test_other_words_are_no_support_whatever_the_cosine():
    assert check("市民都很高兴。", [hit()], Cosine(0.99)).problem == "meaning"


ENGLISH = (
    "The Harbor Bridge opened to traffic on May 4, 2024. It is 2.4 kilometers long and cost 310 "
    "million dollars. Mayor Ellen Ward said the bridge will halve the trip to the airport."
)


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("The bridge opened on May 4.", None),
        ("The Harbor Bridge cost $310 million.", None),
        ("According to Ellen Ward, the trip to the airport will be halved.", None),
        ("The bridge opened on May 5, 2024.", "details"),
        ("It cost 320 million dollars.", "details"),
        ("Mayor John Ward spoke about the trip to the airport.", "details"),
        ("The bridge did not open to traffic on May 4.", "meaning"),
        ("The bridge has two lanes.", "meaning"),
    ],
)
def test_english(sentence, problem):
    assert check(sentence, [hit(ENGLISH, "Bridge opens")], Cosine(0.8)).problem == problem


@pytest.mark.parametrize(("cosine", "problem"), [(0.85, None), (0.7, "meaning")])
def test_another_language_is_compared_by_meaning(cosine, problem):
    sentence = "At the 观鸟节, 312 egrets were counted this year."
    assert check(sentence, [hit()], Cosine(cosine)).problem == problem


@pytest.mark.parametrize(
    ("sentence", "problem", "missing"),
    [
        ("今年记录到白鹭321只。", "details", ("321只",)),
        ("站长孟冬说，水位调低了20厘米。", "details", ("站长孟冬", "孟冬")),
        ("水位没有调低20厘米。", "meaning", ()),
        ("今年共记录到白鹭45只。", "meaning", ("45只",)),
    ],
)
def test_problems(sentence, problem, missing):
    verdict = check(sentence, [hit()], Cosine(0.95))
    assert (verdict.problem, verdict.quotes) == (problem, ())
    assert set(missing) <= set(verdict.missing)


def test_offsets_are_those_of_the_article():
    later = hit(start=TEXT.index("今年"))
    verdict = check("今年共记录到白鹭312只。", [later], Cosine(0.0))
    assert quotes(verdict, later) == ["今年共记录到白鹭312只，比去年多45只。"]


def test_the_pairs_are_balanced():
    pairs = read_pairs(EXAMPLES / "support.jsonl")
    assert len(pairs) == 200
    for part in ("dev", "test"):
        assert sum(p.part == part for p in pairs) == 100
        assert sum(p.part == part and p.supported for p in pairs) == 50
    false = [p.kind for p in pairs if not p.supported]
    assert {kind: false.count(kind) for kind in false} == dict.fromkeys(
        ("number", "person", "date", "negation", "merged"), 20
    )


def test_precision_and_recall_by_hand():
    pairs = [p for p in read_pairs(EXAMPLES / "support.jsonl") if p.id in ("short-1", "number-1")]
    wrong = [Judged(pair=p, problem=None, missing=(), seconds=0.0) for p in pairs]
    assert [one.right for one in wrong] == [True, False]
    assert (precision(wrong).hits, precision(wrong).n) == (1, 2)
    assert (recall(wrong).hits, recall(wrong).n) == (1, 1)


def test_the_measure_prints_each_kind(monkeypatch, capsys, encoder):
    monkeypatch.setattr("eval.support.SentenceEncoder", lambda: encoder)
    assert main(["--wrong"]) == 0
    out = capsys.readouterr().out
    assert "dev    precision 0." in out
    for kind in ("short", "form", "english", "number", "person", "date", "negation", "merged"):
        assert f"\n{kind} " in out


@pytest.mark.model
def test_the_pairs_are_told_apart(model):
    results = judged(read_pairs(EXAMPLES / "support.jsonl"), model)
    assert precision(results).value >= 0.8
    assert recall(results).value >= 0.85
