"""Whether a detail of a sentence stands, in its passage, beside the words that it stands beside in
the sentence: or whether another detail of its kind does, and two facts were mixed up. Pure.

半程报名费40元 has its 40元 in “全程120元，半程90元，欢乐跑40元”, but 半程 stands there beside 90元.
Each pair of neighbouring characters near the detail counts, less the further away it is and the
more marks are between, on both sides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.types import Span
from rag.writing.amounts import Amount, evened, same_amount
from rag.writing.claims import PERSON, QUOTED, Claim, Held
from rag.writing.times import Clock, Day, agrees, dated, days, same_clock

MARGIN = 1.1
"""How many times better a rival must fit the sentence's words."""

LEAST = 1.2
"""How well, at least."""

DISTINCT = 0.25
"""How much better one word beside a number or time may fit it than its rival, at most: 半程 stands
beside 90元, even if 报名费 stands beside 120元.
"""

REACH = 60
"""Characters to each side in which words count."""

_NEAR, _FAR = 12.0, 30.0
_MARKS = {"，": 0.75, ",": 0.75, "、": 0.6, "；": 0.2, ";": 0.2, "。": 0.25, "\n": 0.1, "：": 0.9}
_AFTER = 0.7
"""What words behind a detail count, of those in front: 报名费120元."""

_TERM = re.compile(r"(?=([\u3400-\u9fff]{2}))|([a-z]{2,})")
_CHANGE = re.compile("[^，,；]*[到至为→—-][^，,；]*")
_SHORT = 10


_Terms = dict[str, float]
"""Words with how well they fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a detail of a kind stands in a passage, and whether it is the one that is claimed."""

    span: Span
    held: bool


def mixed_up(sentence: str, claims: Sequence[Claim], texts: Sequence[Held]) -> Claim | None:
    """The first claim whose words in the sentence fit another detail of the passages better."""
    even = evened(sentence)
    return next((claim for claim in claims if _is_mixed(claim, even, claims, texts)), None)


def _is_mixed(claim: Claim, even: str, claims: Sequence[Claim], texts: Sequence[Held]) -> bool:
    if isinstance(claim.value, Day) and claim.value.parts[1:] == (None, None):
        return False  # a year is said once for much that follows
    far = _FAR if claim.kind == "person" else _NEAR
    said = _around(even, claim.span, far, ())
    own, rivals = list[_Terms](), list[_Terms]()
    for text in texts:
        places = _apart(list(_places(claim, claims, text)), text.even)
        spans = [place.span for place in places]
        for place in places:
            there = _around(text.even, place.span, far, spans)
            (own if place.held else rivals).append(
                {t: w * there.get(t, 0) for t, w in said.items()}
            )
    if not own or not rivals:
        return False
    mine, other = max(own, key=_total), max(rivals, key=_total)
    if _total(other) < max(LEAST, MARGIN * _total(mine)):
        return False
    return claim.kind == "person" or max(mine[t] - other[t] for t in mine) < DISTINCT


def _total(fit: _Terms) -> float:
    return sum(fit.values())


def _apart(places: list[_Place], even: str) -> list[_Place]:
    """The places without rivals that a change joins to the claim: 由40分钟缩短到8分钟."""
    own = [place.span for place in places if place.held]
    return [p for p in places if p.held or not any(_joined(p.span, o, even) for o in own)]


def _joined(a: Span, b: Span, even: str) -> bool:
    between = even[min(a[1], b[1]) : max(a[0], b[0])]
    return len(between) <= 8 and bool(_CHANGE.fullmatch(between))


def _around(even: str, span: Span, far: float, others: Sequence[Span]) -> _Terms:
    """The terms around a place with their weights."""
    weights: _Terms = {}
    begin, end = max(0, span[0] - REACH), min(len(even), span[1] + REACH)
    for match in _TERM.finditer(even, begin, end):
        start, stop = match.span(1) if match[1] else match.span(2)
        before = stop <= span[0]
        if not before and start < span[1]:
            continue
        between = (stop, span[0]) if before else (span[1], start)
        weight = math.exp(-(between[1] - between[0]) / far) * (1.0 if before else _AFTER)
        for mark in even[slice(*between)]:
            weight *= _MARKS.get(mark, 1.0)
        crossed = sum(between[0] <= a and b <= between[1] for a, b in others)
        weight *= 0.5**crossed
        term = match[1] or match[2]
        weights[term] = max(weights.get(term, 0.0), weight)
    return weights


def _places(claim: Claim, claims: Sequence[Claim], text: Held) -> Iterator[_Place]:
    """Where the passage has the claim, and where others of its kind that the sentence leaves."""
    said = [other.value for other in claims if other.kind == claim.kind and other is not claim]
    for span, value in _values(claim, text):
        if _same(claim.value, value, text):
            yield _Place(span=span, held=True)
        elif not any(_same(other, value, text) for other in said):
            yield _Place(span=span, held=False)


def _values(claim: Claim, text: Held) -> Iterator[tuple[Span, object]]:
    """The details of a passage that are of a claim's kind."""
    value = claim.value
    if isinstance(value, Amount):
        amounts_like = (a for a in text.amounts if a.unit == value.unit or same_amount(value, a))
        yield from ((amount.span, amount) for amount in amounts_like)
    elif isinstance(value, Day):
        yield from ((day.span, day) for day in days(text.even))
    elif isinstance(value, Clock):
        yield from ((clock.span, clock) for clock in text.clocks)
    elif claim.kind == "quoted" and len(value) <= _SHORT:
        quoted = (match for match in QUOTED.finditer(text.even) if len(match[0]) <= _SHORT + 2)
        yield from ((match.span(), match[0][1:-1]) for match in quoted)
    elif claim.kind == "person":
        yield from _persons(value, text.even)


def _persons(name: str, even: str) -> Iterator[tuple[Span, object]]:
    for match in re.finditer(re.escape(name), even):
        yield match.span(), name
    for match in PERSON.finditer(even):
        other = match["a"] or match["b"] or match["c"]
        if not other.startswith(name):
            yield match.span(match.lastgroup or 0), other


def _same(said: object, other: object, text: Held) -> bool:
    if isinstance(said, Amount) and isinstance(other, Amount):
        return same_amount(said, other)
    if isinstance(said, Clock) and isinstance(other, Clock):
        return same_clock(said, other)
    if isinstance(said, Day) and isinstance(other, Day):
        parts = (dated(said, text.printed), dated(other, text.printed))
        return agrees(*parts, text.days, text.printed)
    return said == other
