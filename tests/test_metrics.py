from __future__ import annotations

import math

import pytest

from eval.metrics import bootstrap, contains, mcnemar, rank_of, rate


def test_rate_and_its_wilson_interval():
    found = rate([True] * 8 + [False] * 2)
    assert (found.hits, found.n, found.value) == (8, 10, 0.8)
    assert found.interval == pytest.approx((0.490, 0.943), abs=1e-3)
    assert rate([True] * 5).interval[1] == pytest.approx(1.0)


def test_no_cases_is_not_zero():
    assert math.isnan(rate([]).value)


def test_mcnemar_is_exact():
    a = [True] * 6 + [False] * 4
    b = [False] * 6 + [False] * 4
    assert mcnemar(a, b) == pytest.approx(2 / 2**6)
    assert mcnemar(a, a) == 1.0


def test_bootstrap_holds_the_mean():
    low, high = bootstrap([0.0, 1.0] * 200)
    assert low < 0.5 < high
    assert high - low == pytest.approx(4 * 0.5 / 20, abs=0.02)


@pytest.mark.parametrize(
    ("text", "groups", "expected"),
    [
        ("共６集", [["6集", "六集"]], True),
        ("共六集，每集30分钟", [["6集", "六集"], ["30分钟"]], True),
        ("共六集", [["6集", "六集"], ["30分钟"]], False),
        ("共 六 集", [["六集"]], True),
        ("電視片", [["电视片"]], True),
        ("任何话", [], True),
    ],
)
def test_contains(text, groups, expected):
    assert contains(text, groups) == expected


def test_rank_of():
    assert rank_of(["a", "b", "c"], {"b", "c"}) == 2
    assert rank_of(["a"], {"b"}) is None
