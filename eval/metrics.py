"""Figures and their intervals. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.forms import normal, occurs
from rag.terms import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of ``n`` cases with its 95 % Wilson interval (Wilson 1927)."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share; NaN when there were no cases."""
        return self.hits / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end of the interval."""
        if not self.n:
            return math.nan, math.nan
        z = 1.959964
        middle = self.value + z * z / (2 * self.n)
        spread = z * math.sqrt(self.value * (1 - self.value) / self.n + z * z / (4 * self.n**2))
        whole = 1 + z * z / self.n
        return (middle - spread) / whole, (middle + spread) / whole

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}] n={self.n}"


def rate(cases: Sequence[bool]) -> Rate:
    """The share of true cases."""
    return Rate(hits=sum(cases), n=len(cases))


def mcnemar(a: Sequence[bool], b: Sequence[bool]) -> float:
    """Two-sided exact p-value that a and b are right equally often on the same cases."""
    only_a = sum(x and not y for x, y in zip(a, b, strict=True))
    only_b = sum(y and not x for x, y in zip(a, b, strict=True))
    n = only_a + only_b
    tail: float = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1)) / 2**n
    return min(1.0, 2 * tail)


def bootstrap(values: Sequence[float], seed: int = 0, rounds: int = 2000) -> tuple[float, float]:
    """95 % percentile interval of the mean."""
    sample = np.asarray(values, float)
    draws = np.random.default_rng(seed).integers(0, len(sample), (rounds, len(sample)))
    low, high = np.percentile(sample[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


# Words


def contains(text: str, groups: Sequence[Sequence[str]]) -> bool:
    """Whether of every group at least one alternative occurs in the text, in normal form."""
    inside = normal(text)
    return all(any(occurs(normal(one), inside) for one in group) for group in groups)


_WORD = re.compile(r"[0-9]+(?:[.:][0-9]+)*[%‰]?|[^\W_]")


def is_short_answer(said: str, groups: Sequence[Sequence[str]]) -> bool:
    """Whether the words are the accepted ones, punctuation aside, or hold them and are at most
    twice as long.
    """
    if not said or not groups:
        return False
    words = _WORD.findall(normal(said))
    if len(groups) == 1 and any(words == _WORD.findall(normal(one)) for one in groups[0]):
        return True
    longest = sum(max(len(normal(one)) for one in group) for group in groups)
    return contains(said, groups) and len(normal(said)) <= 2 * longest


_TOKEN = re.compile(r"[a-z0-9]+|\w")


def exact_match(said: str, gold: str) -> bool:
    """Whether both are the same words, punctuation and case aside (CMRC 2018's EM)."""
    return _tokens(said) == _tokens(gold)


def overlap_f1(said: str, gold: str) -> float:
    """CMRC 2018's F1: of the longest run of tokens (Chinese characters, Latin words, numbers)
    that the two have in common.
    """
    a, b = _tokens(said), _tokens(gold)
    longest = 0
    row = [0] * (len(b) + 1)
    for x in a:
        row = [0, *(row[j] + 1 if x == y else 0 for j, y in enumerate(b))]
        longest = max(longest, *row)
    return 2 * longest / (len(a) + len(b)) if longest else 0.0


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(fold(text).replace("_", " "))


def rouge_l(said: str, gold: str) -> float:
    """ROUGE-L (Lin 2004): F1 of the longest common subsequence of tokens."""
    a, b = _tokens(said), _tokens(gold)
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(row[j + 1], new[j]))
        row = new
    return 2 * row[-1] / (len(a) + len(b)) if row[-1] else 0.0


_CLAIM = re.compile(r"[0-9]+(?:[.:][0-9]+)*|[《“「『][^《》“”「」『』]{1,30}[》”」』]")


def supported(sentence: str, quote: str) -> bool:
    """Whether all numbers and quoted names of a sentence occur in the quote that it rests on."""
    inside = normal(quote)
    return all(occurs(claim, inside) for claim in _CLAIM.findall(normal(sentence)))


# Ranks


def rank_of(found: Sequence[str], gold: Collection[str]) -> int | None:
    """The rank, from 1, of the first gold id; None when there is none."""
    return next((i for i, one in enumerate(found, 1) if one in gold), None)


def ranks_of(found: Sequence[str], groups: Sequence[Collection[str]]) -> list[int | None]:
    """The rank of the first id of each group."""
    return [rank_of(found, group) for group in groups]


def recall(ranks: Sequence[int | None], k: int) -> float:
    """The share of the groups that are among the first ``k``."""
    return sum(r is not None and r <= k for r in ranks) / len(ranks)


def reciprocal_rank(ranks: Sequence[int | None]) -> float:
    """One over the rank of the first group found; 0 when none was."""
    return max((1 / r for r in ranks if r), default=0.0)


def ndcg(ranks: Sequence[int | None], k: int) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002); each group gains 1."""
    gain = sum(1 / math.log2(r + 1) for r in ranks if r and r <= k)
    ideal = sum(1 / math.log2(i + 2) for i in range(min(len(ranks), k)))
    return gain / ideal


# Confidence


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that a positive case has the higher score, ties counting half; NaN without any."""
    if not positive or not negative:
        return math.nan
    a, b = np.asarray(positive, float)[:, None], np.asarray(negative, float)[None, :]
    return float(((a > b) + 0.5 * (a == b)).mean())


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float]]:
    """(share answered, share wrong of those) at each threshold, from the most confident answer on
    (El-Yaniv and Wiener 2010).
    """
    cases = sorted(zip(confidence, right, strict=True), key=lambda case: -case[0])
    curve, wrong = [], 0
    for number, (score, good) in enumerate(cases, 1):
        wrong += not good
        if number == len(cases) or cases[number][0] < score:
            curve.append((number / len(cases), wrong / number))
    return curve


def calibration(
    confidence: Sequence[float], right: Sequence[bool], bins: int = 10
) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, cases) of each bin that has any."""
    places: dict[int, list[tuple[float, bool]]] = {}
    for score, good in zip(confidence, right, strict=True):
        places.setdefault(min(int(score * bins), bins - 1), []).append((score, good))
    return [
        (sum(s for s, _ in cases) / len(cases), sum(g for _, g in cases) / len(cases), len(cases))
        for _, cases in sorted(places.items())
    ]


def calibration_error(table: Sequence[tuple[float, float, int]]) -> float:
    """Expected calibration error (Naeini et al. 2015) of a calibration table."""
    n = sum(cases for _, _, cases in table)
    return sum(cases * abs(said - was) for said, was, cases in table) / n if n else math.nan


# Comparison


def permutation(a: Sequence[float], b: Sequence[float], seed: int = 0, rounds: int = 5000) -> float:
    """Two-sided p-value that paired scores differ by chance: signs flipped at random."""
    difference = np.asarray(a, float) - np.asarray(b, float)
    difference = difference[difference != 0]
    rng = np.random.default_rng(seed)
    sums = [
        difference @ (2.0 * rng.integers(0, 2, len(difference), np.int8) - 1) for _ in range(rounds)
    ]
    as_far = np.abs(sums) >= abs(difference.sum()) - 1e-12
    return float((as_far.sum() + 1) / (rounds + 1))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values corrected for their number (Holm 1979)."""
    corrected, highest = {}, 0.0
    for i, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (len(p_values) - i) * p))
        corrected[name] = highest
    return corrected
