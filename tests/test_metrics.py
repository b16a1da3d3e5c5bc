"""Metrics against tables worked by hand and against second implementations."""

from __future__ import annotations

import math
import random
import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics import (
    auroc,
    bootstrap,
    calibration,
    calibration_error,
    contains,
    exact_match,
    holm,
    is_short_answer,
    mcnemar,
    ndcg,
    overlap_f1,
    permutation,
    rank_of,
    ranks_of,
    rate,
    recall,
    reciprocal_rank,
    risk_coverage,
    rouge_l,
    supported,
)
from rag.forms import normal, occurs


def test_wilson_interval_by_hand():
    figure = rate([True] * 8 + [False] * 2)
    assert figure.value == 0.8
    assert figure.interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert str(figure) == "0.800 [0.490, 0.943] n=10"
    assert math.isnan(rate([]).value)


def test_mcnemar_by_hand():
    a = [True] * 6 + [False] * 4
    b = [True] * 1 + [False] * 9
    assert mcnemar(a, b) == 2 / 2**5
    assert mcnemar(a, a) == 1.0


def test_bootstrap_holds_the_mean():
    low, high = bootstrap([0.0, 1.0] * 50)
    assert 0.39 < low < 0.45
    assert 0.55 < high < 0.61


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("六集", "6集"),
        ("12月26日", "十二月二十六日"),
        ("12月26号", "12月26日"),
        ("21:35", "21点35分"),
        ("２１时３５分", "21:35"),
        ("9点", "9时"),
        ("2.1万户", "21,000户"),
        ("1.1亿元", "110000000元"),
        ("百分之3.5", "3.5%"),
        ("两万一千户", "21000户"),
        ("三亿二千万", "320000000"),
        ("1.05亿", "10500万"),
        ("二〇二四年三月", "2024年3月"),
        ("一百零五", "105"),
        ("臺灣", "台湾"),
        ("ＧＤＰ 增速", "gdp增速"),
        ("二点一万户", "2.1万户"),
        ("百分之十二点五", "12.5%"),
        ("九点三公里", "9.3公里"),
        ("9点3名", "9时3名"),
        ("三点五十分", "3:50"),
        ("2024-03-05", "二〇二四年三月五日"),
        ("2024年03月05日", "2024/3/5"),
        ("3万5千元", "三万五千元"),
        ("1亿2千万", "12000万"),
        ("一万二", "12000"),
        ("一万零二", "10002"),
    ],
)
def test_the_same_words_written_differently(one, other):
    assert normal(one) == normal(other)
    assert contains(f"据悉，{other}。", [[one]])


@pytest.mark.parametrize(
    ("text", "words"),
    [("共16集。", "6集"), ("增长11.5%。", "1.5%"), ("在2024年", "202"), ("3.25公里", "25公里")],
)
def test_a_number_is_not_found_inside_a_longer_one(text, words):
    assert not contains(text, [[words]])


@pytest.mark.parametrize(("text", "words"), [("每周一9时开馆", "9时"), ("周一3月5日", "3月5日")])
def test_a_numeral_beside_a_digit_is_of_another_word(text, words):
    assert contains(text, [[words]])
    assert not contains(text, [[f"1{words}"]])


def test_time_grows_with_length_alone():
    began = time.perf_counter()
    normal("1" * 30_000)
    occurs("1", "1" * 300_000)
    assert time.perf_counter() - began < 5


def test_of_every_group_one_alternative():
    groups = [["孟秋", "站长"], ["312只"]]
    assert contains("站长说，记录到312只白鹭。", groups)
    assert not contains("站长说，记录到12只白鹭。", groups)
    assert contains("什么都可以", [])


@pytest.mark.parametrize(
    ("said", "groups", "good"),
    [
        ("312只", [["312只"]], True),
        ("白鹭312只", [["312只"]], True),
        ("今年共记录到白鹭312只，比去年多", [["312只"]], False),
        ("", [["312只"]], False),
        ("六集", [["6集"]], True),
        ("柳树和水杉", [["柳树"], ["水杉"]], True),
        ("柳树", [["柳树"], ["水杉"]], False),
        ("5", [["5%"]], False),
        ("3:2", [["3.2"]], False),
        ("“百分之五”。", [["5%"]], True),
    ],
)
def test_short_answers(said, groups, good):
    assert is_short_answer(said, groups) is good


def test_exact_match_and_overlap_as_the_cmrc_script_has_them():
    assert exact_match("《青山》，共6集", "青山 共6集")
    assert not exact_match("共6集", "共16集")
    assert overlap_f1("白鹭312只", "共312只") == pytest.approx(2 * 2 / (4 + 3))


words = st.text("青山6集a b，", max_size=9)


@given(words, words)
def test_overlap_is_that_of_brute_force(said, gold):
    import re

    a, b = (re.findall(r"[a-z0-9]+|\w", text) for text in (said, gold))
    runs = [tuple(b[i:j]) for i, j in combinations(range(len(b) + 1), 2)]
    longest = max(
        (len(run) for run in runs if any(tuple(a[i : i + len(run)]) == run for i in range(len(a)))),
        default=0,
    )
    expected = 2 * longest / (len(a) + len(b)) if longest else 0.0
    assert overlap_f1(said, gold) == pytest.approx(expected)


@given(st.text("甲乙丙", max_size=7), st.text("甲乙丙", max_size=7))
def test_rouge_is_that_of_all_subsequences(said, gold):
    def subsequences(text):
        return {"".join(c) for n in range(len(text) + 1) for c in combinations(text, n)}

    longest = max(map(len, subsequences(said) & subsequences(gold)))
    expected = 2 * longest / (len(said) + len(gold)) if longest else 0.0
    assert rouge_l(said, gold) == pytest.approx(expected)


def test_support_of_numbers_and_names():
    quote = "《青山》共6集，12月26日开播。"
    assert supported("《青山》六集，十二月二十六日播出", quote)
    assert not supported("《青山》共16集", quote)
    assert not supported("《绿水》共6集", quote)


def test_ranks_by_hand():
    found = ["c", "a", "d", "b"]
    assert rank_of(found, {"a", "b"}) == 2
    assert rank_of(found, {"x"}) is None
    ranks = ranks_of(found, [{"a"}, {"b"}, {"x"}])
    assert ranks == [2, 4, None]
    assert [recall(ranks, k) for k in (1, 2, 4)] == [0, 1 / 3, 2 / 3]
    assert reciprocal_rank(ranks) == 0.5
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    assert ndcg(ranks, 8) == pytest.approx(gain / (1 + 1 / math.log2(3) + 1 / math.log2(4)))
    assert ndcg([1, 2], 8) == 1.0
    assert ndcg([None], 8) == 0.0


def test_ranking_measures_are_scikit_learns():
    from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

    rng = random.Random(1)
    for _ in range(40):
        found = [str(n) for n in range(rng.randint(2, 12))]
        gold = rng.sample(found, rng.randint(1, len(found)))
        ranks = ranks_of(found, [{key} for key in gold])
        relevant = [[int(key in gold) for key in found]]
        scores = [[-float(place) for place in range(len(found))]]
        for k in (1, 5, 8):
            assert ndcg(ranks, k) == pytest.approx(ndcg_score(relevant, scores, k=k))
        first = [[int(place + 1 == min(ranks)) for place in range(len(found))]]
        expected = label_ranking_average_precision_score(first, scores)
        assert reciprocal_rank(ranks) == pytest.approx(expected)


def test_auroc_is_scikit_learns():
    from sklearn.metrics import roc_auc_score

    rng = random.Random(1)
    for _ in range(20):
        a = [rng.choice([0.1, 0.4, 0.5, 0.9]) for _ in range(rng.randint(1, 9))]
        b = [rng.choice([0.1, 0.4, 0.5, 0.9]) for _ in range(rng.randint(1, 9))]
        expected = roc_auc_score([1] * len(a) + [0] * len(b), a + b)
        assert auroc(a, b) == pytest.approx(expected)
    assert math.isnan(auroc([], [0.5]))


def test_risk_and_coverage_by_hand():
    curve = risk_coverage([0.9, 0.8, 0.8, 0.1], [True, False, True, False])
    assert curve == [(0.25, 0.0), (0.75, 1 / 3), (1.0, 0.5)]


def test_calibration_by_hand():
    table = calibration([0.95, 0.9, 0.12, 0.18, 1.0], [True, False, False, True, True])
    assert table == [
        (pytest.approx(0.15), 0.5, 2),
        (pytest.approx((0.95 + 0.9 + 1.0) / 3), pytest.approx(2 / 3), 3),
    ]
    expected = (2 * 0.35 + 3 * (0.95 - 2 / 3)) / 5
    assert calibration_error(table) == pytest.approx(expected)


def test_permutation_agrees_with_all_signs():
    a, b = np.array([1.0, 0.5, 1.0, 0.8, 0.9]), np.array([0.2, 0.4, 0.3, 0.9, 0.1])
    differences = a - b
    signs = np.array([[1 if i >> k & 1 else -1 for k in range(5)] for i in range(32)])
    exact = (abs(signs @ differences) >= abs(differences.sum()) - 1e-12).mean()
    assert permutation(a, b) == pytest.approx(exact, abs=0.03)
    assert permutation(a, a) == 1.0


def test_holm_by_hand():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {
        "a": pytest.approx(0.03),
        "c": pytest.approx(0.06),
        "b": pytest.approx(0.06),
    }
    assert holm({"a": 0.9, "b": 0.8}) == {"b": 1.0, "a": 1.0}
