"""Question to hits: a dense and a lexical leg, fused by weighted normalised scores.

Each leg finds ``leg_size`` passages; its scores are stretched to 0..1 over what it found, and the
fused score is w x dense + the rest x lexical (min-max fusion, as in Bruch, Gai and Ingber 2023, "An
Analysis of Fusion Functions for Hybrid Retrieval"). w is ``dense_weight`` where the best lexical
passage has all of the question's words, and nears 1 the fewer of them it has: a question in other
words than the paper's is left to the vectors. What only the lexical leg found gets its exact
cosine; what only the dense leg found gets 0 from the lexical one.

Where the question names a time, both legs also look among the articles of those days alone, and a
passage of those days gets ``time_bonus`` on top. A paper prints today what happened yesterday, and
a month's or a half year's figures weeks after its end, so the days reach further than the
question's, the more so the longer those are. Articles that a follow-up question goes on about are
treated in the same way, with ``topic_bonus``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rag.archive import Archive
from rag.config import Settings
from rag.dates import TimeMention
from rag.terms import bigrams, content_terms, question_terms, rarities, share
from rag.types import Article, Filters, Hit, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PRINTED_LATER = timedelta(days=3)
"""How long after an event papers still print it as news."""

SUMMED_UP_LATER = timedelta(days=45)
"""How long after a period papers still sum it up, at most; else half as long as it lasted. Of 326
written questions about months, quarters and half years after which the archive has papers, the
passages read have the report of 308, and with three days that of 295 (15 more, 2 fewer). Only where
to look: that a report from then tells of the period, its words must say.
"""

Days = tuple[date, date]
"""The first and the last of a row of days."""

Scores = dict[int, float]
"""Passage row -> score; higher is better."""


def retrieve(
    archive: Archive,
    question: str,
    vector: NDArray[np.float32],
    *,
    settings: Settings = Settings(),
    filters: Filters = Filters(),
    mention: TimeMention | None = None,
    about: Sequence[str] = (),
) -> list[Hit]:
    """The best passages for a question, best first: at most ``settings.passages``.

    ``vector`` is the question's, of shape (dim,); ``mention`` the time that the question names;
    ``about`` the ids of the articles that the answer before cited, for a question that goes on.
    """
    terms = question_terms(question)
    days = _days_of(mention)
    scopes = [filters, *_scopes_in_time(filters, days), *_scopes_of(filters, about)]
    with archive.snapshot():
        dense = _union(archive.search_vectors(vector, settings.leg_size, s) for s in scopes)
        lexical = _union(archive.search_terms(terms, settings.leg_size, s) for s in scopes)
        dense |= archive.cosines(vector, lexical.keys() - dense.keys())
        found = archive.passages_of(dense.keys() | lexical.keys())
        weight = dense_share(archive, question, found, lexical, settings)
    fused = fuse(dense, lexical, weight)
    hits = [
        Hit(
            article=article,
            passage=passage,
            score=fused[row]
            + (settings.time_bonus if _within(article, days) else 0.0)
            + (settings.topic_bonus if article.id in about else 0.0),
            dense=dense[row],
            lexical=lexical.get(row),
        )
        for row, (article, passage) in found.items()
    ]
    hits.sort(key=lambda hit: (-hit.score, hit.passage.article_id, hit.passage.start))
    return _limited(hits, settings)


def dense_share(
    archive: Archive,
    question: str,
    found: Mapping[int, tuple[Article, Passage]],
    lexical: Scores,
    settings: Settings,
) -> float:
    """The dense leg's share of the fused score: ``dense_weight`` to the power of the share of the
    question's words, weighted by rarity, that the best lexical passage has. ``found`` are the
    passages of the rows; without a lexical leg all counts on the dense one, if that counts at all.
    """
    rows = lexical.keys() & found.keys()
    if not rows:
        return float(settings.dense_weight > 0)
    article, passage = found[max(rows, key=lambda row: (lexical[row], -row))]
    frequencies = archive.document_frequencies(content_terms(question))
    weights = rarities(frequencies, archive.passage_count())
    has = set(bigrams(f"{article.title}\n{article.text[passage.start : passage.end]}"))
    return float(settings.dense_weight ** share(weights, has))


def fuse(dense: Scores, lexical: Scores, dense_weight: float) -> Scores:
    """The weighted sum of both legs' stretched scores, for every row that either leg found."""
    d, w = _stretched(dense), _stretched(lexical)
    return {
        row: dense_weight * d.get(row, 0.0) + (1 - dense_weight) * w.get(row, 0.0)
        for row in d.keys() | w.keys()
    }


def in_time(article: Article, mention: TimeMention | None) -> bool:
    """Whether an article is of the days that a question names, or printed right after them."""
    days = (mention.start, mention.end + PRINTED_LATER) if mention else None
    return _within(article, days)


def _days_of(mention: TimeMention | None) -> Days | None:
    """The days whose papers may tell of those that a question names."""
    if mention is None:
        return None
    lasted = mention.end - mention.start + timedelta(days=1)
    return mention.start, mention.end + max(PRINTED_LATER, min(lasted / 2, SUMMED_UP_LATER))


def _within(article: Article, days: Days | None) -> bool:
    return bool(days and article.date and days[0] <= article.date <= days[1])


def _scopes_in_time(filters: Filters, days: Days | None) -> list[Filters]:
    if days is None:
        return []
    since = max(filters.since or date.min, days[0])
    until = min(filters.until or date.max, days[1])
    return [replace(filters, since=since, until=until)] if since <= until else []


def _scopes_of(filters: Filters, about: Sequence[str]) -> list[Filters]:
    return [replace(filters, articles=tuple(about))] if about and not filters.articles else []


def _union(legs: Iterable[Sequence[tuple[int, float]]]) -> Scores:
    return {row: score for leg in legs for row, score in leg}


def _stretched(scores: Scores) -> Scores:
    """Scores stretched to 0..1; all 1 where they don't differ."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {row: (score - low) / (high - low) for row, score in scores.items()}


def _limited(hits: list[Hit], settings: Settings) -> list[Hit]:
    taken: list[Hit] = []
    of_article: dict[str, int] = {}
    for hit in hits:
        count = of_article.get(hit.article.id, 0)
        if count < settings.per_article:
            of_article[hit.article.id] = count + 1
            taken.append(hit)
        if len(taken) == settings.passages:
            break
    return taken
