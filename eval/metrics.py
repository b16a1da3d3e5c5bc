"""Figures and their intervals. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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


def contains(text: str, groups: Sequence[Sequence[str]]) -> bool:
    """Whether of every group at least one alternative occurs in the text.

    Width, case, script (traditional or simplified) and white space don't count.
    """
    inside = "".join(fold(text).split())
    return all(any("".join(fold(alt).split()) in inside for alt in group) for group in groups)


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


def rank_of(found: Sequence[str], gold: set[str]) -> int | None:
    """The rank, from 1, of the first gold id; None when there is none."""
    return next((i for i, one in enumerate(found, 1) if one in gold), None)
