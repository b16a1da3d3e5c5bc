"""What the records of a run say: values for each question, figures with intervals for all. Pure.

A record is what ``eval.run`` writes for one question: ``asked`` (its line, with article ids as
``gold``), ``answer`` (as ``wenbao ask --json`` prints it, whatever its confidence), ``status``
(what a person would have seen: refused below the threshold), ``exact`` (for each citation whether
the quote is the article's own text) and ``seconds``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eval.metrics import (
    auroc,
    bootstrap,
    calibration,
    calibration_error,
    contains,
    exact_match,
    is_short_answer,
    ndcg,
    overlap_f1,
    ranks_of,
    rate,
    recall,
    reciprocal_rank,
    risk_coverage,
    rouge_l,
    supported,
)
from rag.forms import normal

Record = Mapping[str, Any]
Failure = Literal[
    "not retrieved", "other words", "not read", "wrong span", "wrongly refused", "should refuse",
    "citation wrong",
]  # fmt: skip

CITED = 8
"""Passages that an answer is read from; ranks below don't count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure with its 95 % interval and the number of cases; NaN where there were none."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if not self.n:
            return "–"
        if math.isnan(self.low):
            return f"{self.value:.3f} n={self.n}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.n}"


def right(record: Record, *, withheld: bool = False) -> bool:
    """Whether the quotes hold the accepted answer; a refusal is not right. ``withheld``: judge the
    quotes that a refusal held back.
    """
    asked, answer = record["asked"], record["answer"]
    if not asked["answerable"] or (record["status"] == "refused" and not withheld):
        return False
    quotes = "\n".join(citation["quote"] for citation in answer["citations"])
    return bool(quotes) and contains(quotes, asked["answers"])


def refused(record: Record) -> bool:
    """Whether the person was told that the archive does not hold the answer."""
    return bool(record["status"] == "refused")


def shorts(record: Record) -> list[str]:
    """The short answer that a person saw: as the paper has it and, where it says when, by the
    calendar; none where none was given.
    """
    answer = record["answer"]
    return (
        [] if refused(record) else [one for key in ("short", "dated") if (one := answer.get(key))]
    )


def short_right(record: Record) -> bool:
    """Whether the short answer holds the accepted one, or the quotes where none is given."""
    said = shorts(record)
    return any(contains(one, record["asked"]["answers"]) for one in said) if said else right(record)


def words_right(record: Record) -> bool:
    """Whether the short answer is the accepted one, or holds it and is at most twice as long."""
    return any(is_short_answer(one, record["asked"]["answers"]) for one in shorts(record))


def _best(record: Record, score: Callable[[str, str], float]) -> float:
    """The mean over the groups of the best score of the short answer (or the text) with any of a
    group's alternatives.
    """
    said = shorts(record) or ["" if refused(record) else str(record["answer"]["text"])]
    groups = record["asked"]["answers"]
    best = [max(score(normal(s), normal(one)) for s in said for one in group) for group in groups]
    return sum(best) / len(best)


def gold_articles(record: Record) -> set[str]:
    """The ids of all articles that a question names."""
    return {key for group in record["asked"]["gold"] for key in group}


def articles_found(record: Record) -> list[str]:
    """The distinct articles of the passages found, best first."""
    return list(dict.fromkeys(hit["article_id"] for hit in record["answer"]["hits"]))


def ranks(record: Record) -> list[int | None]:
    """The rank among the articles found of each group of gold articles."""
    return ranks_of(articles_found(record), record["asked"]["gold"])


def passage_rank(record: Record) -> int | None:
    """The rank of the first passage that holds what answers: a gold quote, or an accepted answer in
    a gold article.
    """
    asked = record["asked"]
    gold = gold_articles(record)
    words = asked.get("quotes") or [one for group in asked["answers"] for one in group]
    for rank, hit in enumerate(record["answer"]["hits"], 1):
        mine = not gold or hit["article_id"] in gold
        if mine and any(contains(hit["text"], [[word]]) for word in words):
            return rank
    return None


def _cited(record: Record) -> list[str]:
    return [c["article_id"] for c in record["answer"]["citations"]] if not refused(record) else []


def _precision(record: Record) -> float | None:
    gold = gold_articles(record)
    cited = _cited(record)
    return sum(key in gold for key in cited) / len(cited) if cited else None


def _citation_recall(record: Record) -> float:
    groups, cited = record["asked"]["gold"], set(_cited(record))
    return sum(bool(cited & set(group)) for group in groups) / len(groups)


def _support(record: Record) -> float | None:
    """The share of the answer's cited sentences whose numbers and names stand in the quotes that
    they cite; words behind the last citation cite nothing.
    """
    if refused(record):
        return None
    quotes = [citation["quote"] for citation in record["answer"]["citations"]]
    said = list(cited_sentences(str(record["answer"]["text"]), quotes))
    return sum(supported(words, quote) for words, quote in said) / len(said) if said else None


def cited_sentences(text: str, quotes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(words, what they rest on) for the words in front of each run of citation numbers. Numbers
    that no citation has are words: articles print footnotes too.
    """
    start = 0
    for match in _CITED.finditer(text):
        numbers = [int(number) for number in _NUMBER.findall(match[0])]
        if all(1 <= number <= len(quotes) for number in numbers):
            yield text[start : match.start()], "\n".join(quotes[n - 1] for n in numbers)
            start = match.end()
    if text[start:].strip():
        yield text[start:], ""


_NUMBER = re.compile("[0-9]{1,4}")
_CITED = re.compile(r"(?:\[[0-9]{1,4}\])+")


def _answerable(record: Record) -> bool:
    return bool(record["asked"]["answerable"])


def _with_gold(record: Record) -> bool:
    return _answerable(record) and bool(record["asked"]["gold"])


MEASURES: dict[str, tuple[Callable[[Record], bool], Callable[[Record], float | bool | None]]] = {
    "right": (_answerable, right),
    "short answer right": (_answerable, short_right),
    "exact words": (_answerable, words_right),
    "exact match": (_answerable, lambda r: _best(r, exact_match) == 1),
    "character F1": (_answerable, lambda r: _best(r, overlap_f1)),
    "ROUGE-L": (_answerable, lambda r: _best(r, rouge_l)),
    "wrongly refused": (_answerable, refused),
    "refused": (lambda r: not _answerable(r), refused),
    "recall@1": (_with_gold, lambda r: recall(ranks(r), 1)),
    "recall@5": (_with_gold, lambda r: recall(ranks(r), 5)),
    "recall@8": (_with_gold, lambda r: recall(ranks(r), CITED)),
    "all gold@8": (_with_gold, lambda r: recall(ranks(r), CITED) == 1),
    "MRR": (_with_gold, lambda r: reciprocal_rank(ranks(r))),
    "nDCG@8": (_with_gold, lambda r: ndcg(ranks(r), CITED)),
    "passage MRR": (_answerable, lambda r: reciprocal_rank([passage_rank(r)])),
    "citation precision": (_with_gold, _precision),
    "citation recall": (_with_gold, _citation_recall),
    "quotes exact": (lambda r: bool(r["exact"]), lambda r: all(r["exact"])),
    "supported": (lambda r: True, _support),
}
"""Name -> which questions it is for, and its value for one (None: does not apply)."""

LOWER_IS_BETTER = frozenset({"wrongly refused"})


def values(record: Record) -> dict[str, float | bool]:
    """What each measure that applies says of one question."""
    found = {name: of(record) for name, (fits, of) in MEASURES.items() if fits(record)}
    return {name: value for name, value in found.items() if value is not None}


def figures(records: Sequence[Record]) -> dict[str, Figure]:
    """The figures of a run, name by name."""
    each = [values(record) for record in records]
    found = {name: figure([v[name] for v in each if name in v]) for name in MEASURES}
    can = [r["answer"]["confidence"] for r in records if _answerable(r)]
    cannot = [r["answer"]["confidence"] for r in records if not _answerable(r)]
    good = [right(record, withheld=True) for record in records]
    said = [record["answer"]["confidence"] for record in records]
    curve = risk_coverage(said, good)
    n = len(records)
    found["AUROC of refusal"] = _plain(auroc(can, cannot), len(can) + len(cannot))
    found["area under risk-coverage"] = _plain(_area(curve), n)
    found["calibration error"] = _plain(calibration_error(calibration(said, good)), n)
    for stage in ("evidence", "answer"):
        seconds = sorted(record["seconds"][stage] for record in records)
        for part in (50, 95):
            found[f"seconds to {stage}, p{part}"] = _plain(percentile(seconds, part), n)
    return found


def by_tag(records: Sequence[Record]) -> dict[str, dict[str, Figure]]:
    """The figures that matter, for every tag in the order in which they come."""
    tagged: dict[str, list[dict[str, float | bool]]] = {}
    for record in records:
        found = values(record)
        for tag in dict.fromkeys(record["asked"].get("tags", ())):
            tagged.setdefault(tag, []).append(found)
    shown = ("right", "short answer right", "wrongly refused", "refused", "recall@8")
    return {
        tag: {name: figure([v[name] for v in each if name in v]) for name in shown}
        for tag, each in tagged.items()
    }


def failure(record: Record) -> Failure | None:
    """The kind of a question's failure, the earliest stage that failed; None when it went well."""
    if not _answerable(record):
        return None if refused(record) else "should refuse"
    if right(record):
        gold, cited = gold_articles(record), set(_cited(record))
        return "citation wrong" if gold and not cited & gold else _span_failure(record)
    if _with_gold(record) and all(rank is None for rank in ranks(record)):
        return "not retrieved"
    if passage_rank(record) is None:
        cited = gold_articles(record) & set(_cited(record))
        return "other words" if cited else "not retrieved"
    return "wrongly refused" if right(record, withheld=True) else "not read"


def _span_failure(record: Record) -> Failure | None:
    return None if short_right(record) else "wrong span"


def figure(cases: Sequence[float | bool]) -> Figure:
    """The mean of the cases: a share with its Wilson interval, or a bootstrap of the mean."""
    if not cases:
        return _plain(math.nan, 0)
    if is_share(cases):
        share = rate([bool(case) for case in cases])
        return Figure(value=share.value, low=share.interval[0], high=share.interval[1], n=share.n)
    low, high = bootstrap(cases)
    return Figure(value=sum(cases) / len(cases), low=low, high=high, n=len(cases))


def is_share(cases: Iterable[float | bool]) -> bool:
    """Whether every case is a yes or a no. A bootstrap of such cases, all alike, has no width."""
    return all(case in (0, 1) for case in cases)


def percentile(ordered: Sequence[float], part: int) -> float:
    """The smallest value that ``part`` per cent of the ordered values do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * part / 100) - 1)] if ordered else math.nan


def _plain(value: float, n: int) -> Figure:
    return Figure(value=value, low=math.nan, high=math.nan, n=0 if math.isnan(value) else n)


def _area(curve: Iterable[tuple[float, float]]) -> float:
    """The mean risk over coverage, by steps."""
    area, before = 0.0, 0.0
    for coverage, risk in curve:
        area += (coverage - before) * risk
        before = coverage
    return area
