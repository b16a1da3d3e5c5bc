"""Hits to an extractive answer: which sentences to quote, or that there is no answer. Pure.

The best sentence is quoted; then others, while there are questions' words that only they hold, or
an other article says something as strong (the two may contradict each other: both are shown).
Sentences of different articles that say the same are cited together. A sentence that leans on its
neighbour (他说…) is quoted with it. No sentence is quoted twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rag.asks import ONE_CLAUSE, Asked, holds
from rag.config import Settings
from rag.evidence import EvidenceModel, Query, Sentence, told_by
from rag.names import is_office, numbered_in, offices_in, person_in, tells_of
from rag.passages import sentences
from rag.snap import (
    addressed,
    affirmed,
    called,
    counted,
    day_of,
    enumerated,
    hedged,
    in_one_clause,
    items,
    listing,
    of_level,
    office_of,
    place_of,
    unlabelled,
    with_noun,
    with_side,
    without_sum,
)
from rag.terms import bigrams, fold, likeness, share
from rag.types import Citation, Hit, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAME = 0.6
"""Share of common bigrams above which two sentences say the same."""

_LEANS = re.compile(r"[他她它该此这其]|对此|同时|据介绍|据了解|[二三四五六七八九十]是")
_FIGURE = re.compile(r"[0-9０-９〇零一二两三四五六七八九十百千半]")
_GOES_ON = re.compile(r"[二三四五六七八九十]是|其[二三四五]|第[二三四五]|此外|另外|同时|其中|还|并")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The quoted sentences in order, those that say the same together, the probability that they
    answer, and the words of the first that answer by themselves.
    """

    groups: tuple[tuple[Sentence, ...], ...] = ()
    confidence: float = 0.0
    short: str = ""


def sentences_of(hits: Sequence[Hit]) -> list[Sentence]:
    """The sentences of the hits' passages, best hit first."""
    return [
        Sentence(hit=hit, span=(hit.passage.start + start, hit.passage.start + end))
        for hit in hits
        for start, end in sentences(hit.text)
    ]


def choose(
    query: Query,
    found: Sequence[Sentence],
    rows: NDArray[np.float64],
    model: EvidenceModel,
    settings: Settings,
) -> Evidence:
    """The sentences to quote. ``rows``: the features of ``found``, shape (sentences, features)."""
    if not found:
        return Evidence()
    order = model.order(rows)
    support = model.probability(rows)
    ranked = [int(i) for i in np.argsort(-order, kind="stable")]
    quoted: list[tuple[Sentence, ...]] = []
    covered: set[str] = set()
    left = list(found)
    for group in _groups(found, ranked, settings):
        if len(quoted) == settings.max_sentences:
            break
        lead, alike = found[group[0]], [found[i] for i in group if found[i] in left]
        if lead not in left:
            continue
        terms = _terms(alike)
        adds = share(query.weights, terms - covered)
        rivals = order[group[0]] >= order[ranked[0]] - RIVAL_MARGIN
        elsewhere = all(lead.hit.article.id != s.hit.article.id for one in quoted for s in one)
        if not quoted or adds >= NEW_WORDS or (rivals and elsewhere):
            quoted.append(tuple(_widened(query, left, sentence) for sentence in alike))
            left = [sentence for sentence in left if not _among(sentence, quoted[-1])]
            covered |= terms
    wanted, short, confidence = query.wanted, quoted[0][0].answer, float(support[ranked[0]])
    lacks = not short or (wanted.amount and holds(short, wanted) == 0)
    if lacks and wanted.kind in ONE_CLAUSE and not wanted.sentence:
        confidence = min(confidence, NO_WORDS)
    if _speaks_of_others(query, quoted[0][0]):
        confidence = min(confidence, OTHERS)
    return Evidence(groups=tuple(quoted), confidence=confidence, short=short)


RIVAL_MARGIN = 2.0
"""How far below the best a sentence of another article may score and still be shown beside it."""

MIN_SPAN = 0.0
"""Logits above "not here" from which the reader's words are given as the short answer. Words below
it are as often right where they are the person, day, number or place that is asked for (of 23 in
the development sets 15), and else seldom (of 27 eleven).
"""

NO_WORDS = 0.25
"""The most that a sentence is trusted in which no person, day, number or place is marked that could
be the one asked for: of ten such in the development sets three answered. So it is where the marked
number is of another unit than the amount that the question names (4.3年 for 多少小时).
"""

OTHERS = 0.25
"""The most that a sentence is trusted which speaks of others than the question. Its article does
not name the city, county, district or town that the question names (so it is with 21 of 2,710
reports that answer a written question with such a name, and with 285 of 1,509 that don't) or the
number of the meeting (第二次会议; of 109 such two answer); or it does not name the office of the
person asked for, or as that of a deputy: so do 11 of the 813 sentences that answer such a question.
"""

LIST = 3
"""Things from which words are a list, whatever the reader makes of them."""

NEAR = 3
"""Sentences after one in which its reason, or the rest of its list, is looked for."""

NEW_WORDS = 0.3
"""Share of the question's rare words that a further sentence must be the first to hold."""


def _speaks_of_others(query: Query, quoted: Sentence) -> bool:
    """Whether the sentence is about another region, meeting or office than the question names."""
    article = quoted.hit.article
    if query.offices and not set(query.offices) <= {*offices_in(fold(article.title + quoted.text))}:
        return True
    if not query.regions and not query.ordinals:
        return False
    told = told_by(article)
    elsewhere = not all(tells_of(region, told) for region in query.regions)
    return elsewhere or not query.ordinals <= numbered_in(told)


def together(each: Sequence[Evidence]) -> Evidence:
    """The evidence for a question from that for its parts: the best of each first."""
    if len(each) == 1:
        return each[0]
    best = [evidence.groups[0] for evidence in each if evidence.groups]
    groups = [
        group for i, group in enumerate(best) if not any(_among(group[0], b) for b in best[:i])
    ]
    confidence = sum(evidence.confidence for evidence in each) / len(each)
    shorts = [evidence.short for evidence in each]
    told = {(lead.hit.article.id, lead.words) for lead, *_ in best if lead.answer}
    return Evidence(
        groups=tuple(groups),
        confidence=confidence,
        short="；".join(shorts) if len(told) == len(each) else "",  # the same can't speak of each
    )


def cite(evidence: Evidence) -> tuple[str, tuple[Citation, ...]]:
    """The answer's text with its numbers, and the citations."""
    lines: list[str] = []
    citations: list[Citation] = []
    for group in evidence.groups:
        numbers = []
        for sentence in group:
            start, end = sentence.span
            citation = Citation(
                number=len(citations) + 1,
                article=sentence.hit.article,
                start=start,
                end=end,
                words=sentence.words if sentence.answer else None,
            )
            citations.append(citation)
            numbers.append(f"[{citation.number}]")
        lines.append(group[0].text + "".join(numbers))
    return "\n".join(lines), tuple(citations)


def _groups(found: Sequence[Sentence], ranked: list[int], settings: Settings) -> list[list[int]]:
    """Sentences that say the same, together, in the order of their best; only the first few."""
    groups: list[list[int]] = []
    for i in ranked[: 4 * settings.max_sentences]:
        mine = set(bigrams(found[i].text))
        for group in groups:
            if likeness(mine, set(bigrams(found[group[0]].text))) >= SAME:
                articles = {found[j].hit.article.id for j in group}
                if found[i].hit.article.id not in articles and len(group) < 3:
                    group.append(i)
                break
        else:
            groups.append([i])
    return groups


def _terms(group: Sequence[Sentence]) -> set[str]:
    return {term for s in group for term in bigrams(f"{s.hit.article.title}\n{s.text}")}


def _widened(query: Query, left: Sequence[Sentence], sentence: Sentence) -> Sentence:
    """The sentence, with those around it of the ones ``left`` where it can't be understood without,
    and the words of all of it that answer.
    """
    around = _around(left, sentence)
    span = sentence.span
    if neighbour := _neighbour(query, around, sentence):
        span = min(span, neighbour.span)[0], max(span, neighbour.span)[1]
    span = _past_questions(query, around, span)
    if query.wanted.kind in ("list", "reason"):
        span = _whole_list(query, around, span)
    best = max((s for s in around if _inside(s.span, span)), key=lambda s: s.score)
    return replace(best, span=span, words=_clamped(_words(query, best, span), span))


def _around(left: Sequence[Sentence], sentence: Sentence) -> list[Sentence]:
    """The sentence with those before and after it in its passage, as far as none is missing."""
    text = sentence.hit.article.text
    around: list[Sentence] = []
    for other in (s for s in left if s.hit is sentence.hit):
        if around and text[around[-1].span[1] : other.span[0]].strip():
            if sentence in around:
                break
            around = []
        around.append(other)
    return around


def _neighbour(query: Query, around: Sequence[Sentence], sentence: Sentence) -> Sentence | None:
    """The sentence before or after that must be quoted with this one: because this one leans on it
    or leads to it (it asks itself, or names what happened where the question wants to know why), or
    because the answer is in it.
    """
    wanted, i = query.wanted, around.index(sentence)
    before = around[i - 1] if i > 0 else None
    after = around[i + 1] if i + 1 < len(around) else None
    lacks = holds(sentence.text, wanted) == 0
    if before and (_LEANS.match(sentence.text) or (lacks and holds(before.text, wanted))):
        return before
    leads = _asks(sentence.text) or (lacks and wanted.kind == "reason")
    if after and (leads or (lacks and holds(after.text, wanted))):
        return after
    best = max((s for s in (before, after) if s), key=lambda s: s.score, default=sentence)
    return best if best.score > max(sentence.score, MIN_SPAN) else None


def _words(query: Query, best: Sentence, quote: Span) -> Span:
    """The words that answer by themselves, inside the quote; empty where sentences must do, as for
    a list of so many things of which they are a part.
    """
    wanted, text = query.wanted, best.hit.article.text
    nothing = (quote[0], quote[0])
    if wanted.sentence:
        return nothing
    if wanted.counted and (named := called(text, quote, wanted.counted, wanted.count)):
        return named
    if wanted.holder and (office := office_of(text, quote, wanted.holder)):
        return office
    words = affirmed(text, quote, best.words)
    words = _clamped(enumerated(text, words) if wanted.kind == "list" else words, quote)
    sure = best.score >= MIN_SPAN or _of_kind(text[slice(*words)], wanted)
    found = words if sure else nothing
    if wanted.kind != "list":
        return finished(text, quote, found, query) if found != nothing else found
    announced = listing(text, quote, wanted.count)
    if announced and found[0] < announced[0] < found[1]:  # with what announces it
        return announced
    found = without_sum(text, found, query.text)
    if items(text[slice(*found)]) >= max(2, wanted.count):
        return found
    return announced or (nothing if wanted.count else found)


def _of_kind(words: str, wanted: Asked) -> bool:
    """Whether the words are such a thing as is asked for, where that can be told."""
    if wanted.kind == "list":
        return items(words) >= max(LIST, wanted.count)
    return wanted.kind in ONE_CLAUSE and _tells(words, wanted)


def finished(text: str, quote: Span, words: Span, query: Query) -> Span:
    """The words of one thing, as people would say it: one clause, a number with its unit."""
    wanted, question = query.wanted, query.text

    def names(part: str) -> bool:
        """An office alone is nobody yet."""
        alone = wanted.kind == "person" and is_office(part) and not person_in(part)
        return _tells(part, wanted) and not alone

    if wanted.kind in ONE_CLAUSE:
        terms = [set(bigrams(wanted.noun)), query.focus, query.weights.keys()]
        words = in_one_clause(text, quote, words, terms, names)
    if wanted.kind == "person":
        return addressed(text, quote, words)
    if wanted.kind == "number":
        words = unlabelled(text, words, question)
        words = counted(text, quote, words, wanted.noun, wanted.units)
        return hedged(text, quote, words, question)
    if wanted.kind == "date":
        return with_side(text, quote, day_of(text, quote, words, question), question)
    if wanted.kind == "place":
        words = place_of(text, words)
    words = of_level(text, words, wanted.noun)
    return with_noun(text, quote, words, wanted.noun, question)


def _tells(part: str, wanted: Asked) -> bool:
    """Whether the words hold the thing itself: 亿吨大关 is no number yet."""
    return holds(part, wanted) == 1 and (wanted.kind != "number" or bool(_FIGURE.search(part)))


def _clamped(span: Span, quote: Span) -> Span:
    start, end = (min(max(at, quote[0]), quote[1]) for at in span)
    return start, end


def _inside(a: Span, b: Span) -> bool:
    return b[0] <= a[0] and a[1] <= b[1]


def _among(sentence: Sentence, group: Sequence[Sentence]) -> bool:
    """Whether the sentence is quoted, alone or with others, in the group."""
    article = sentence.hit.article.id
    return any(article == s.hit.article.id and _inside(sentence.span, s.span) for s in group)


def _asks(text: str) -> bool:
    return text.rstrip("”’」』").endswith(("？", "?"))


def _past_questions(query: Query, around: Sequence[Sentence], span: Span) -> Span:
    """The span with the sentences after it while it ends with a question that the paper asks and
    then answers itself; for a reason also as far as one is named, if that is near.
    """
    wanted, text = query.wanted, around[0].hit.article.text
    after = [s for s in around if s.span[0] >= span[1]][:NEAR]
    named = wanted.kind == "reason" and any(holds(s.text, wanted) for s in after)
    for following in after:
        said = text[slice(*span)]
        if _asks(said) or (named and not holds(said, wanted)):
            span = span[0], following.span[1]
    return span


def _whole_list(query: Query, around: Sequence[Sentence], span: Span) -> Span:
    """The span with the sentences after it that go on with the list: those that say so, or, where
    the question names a number of things, those that follow until there are as many.
    """
    text = around[0].hit.article.text
    for following in [s for s in around if s.span[0] >= span[1]]:
        long = sum(_inside(s.span, span) for s in around) > NEAR
        enough = long or items(text[slice(*span)]) >= query.wanted.count
        if enough and not _GOES_ON.match(following.text):
            break
        span = span[0], following.span[1]
    return span
