"""Which sentences answer a question, and how sure that is: two small linear models. Pure.

Each sentence of the retrieved passages is described by a few numbers (``FEATURES``): how well an
answer in it scores with the span reader, how near its vector is to the question's, whether it holds
the kind of thing asked for, whether its article knows the names and the time of the question.
``choice`` weighs them to order the sentences; ``support`` weighs those of the best sentence to the
probability that it answers at all. The weights are data (``evidence.json``), fitted by
``python -m eval.fit`` on questions that are in no test set.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.asks import Asked, asked, holds
from rag.dates import TimeMention, dates_in, periods_in
from rag.forms import occurs
from rag.names import offices_in, ordinals_in, regions_in, tells_of
from rag.reader import NO_SPAN
from rag.retrieve import in_time
from rag.terms import bigrams, focus_terms, fold, question_terms, rarities, share
from rag.types import Article, Hit, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEATURES = (
    "names_missing",  # share of the question's names, regions, numbers that the article lacks
    "span",  # the reader's best answer in the sentence above "not here", in logits / 10
    "span_behind",  # how far that is behind the best sentence's
    "span_lead",  # how far it is above the mean of the other articles' best
    "span_holds",  # whether the kind of thing asked for is in the words of that answer
    "agreement",  # whether another article's best answer has the same words
    "cosine",  # of question and sentence
    "cosine_lead",  # how far that of the sentence is above the mean of all sentences found
    "passage_cosine",  # of question and passage
    "fused",  # the passage's fused retrieval score, relative to the best passage's
    "holds",  # whether the kind of thing asked for is in it
    "untimely",  # the question names a time that neither the sentence nor its date is of
    "length",  # characters / 100
)

EVIDENCE = Path(__file__).with_name("evidence.json")
"""The fitted weights, with figures of what they are worth."""

NOT_HERE = -7.0
"""The mean of these scores in the development sets."""

_NAMED = re.compile(
    r"[《“「『]([^》”」』]{1,30})[》”」』]|([0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)*)|([a-z][a-z0-9]+)"
)
_LOOSE = re.compile(r"[\s·]|(?<=[0-9]),(?=[0-9])")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?=年)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as the features see it. ``weights`` are the rarities of its terms, ``focus`` those
    of them that stand beside the words that ask. ``regions`` are those that it names (渝北区),
    ``offices`` those that it names where it asks for a person, ``ordinals`` the numbers of meetings
    and the like (第二次会议).
    """

    text: str
    weights: Mapping[str, float]
    wanted: Asked
    focus: frozenset[str]
    names: tuple[str, ...]
    regions: tuple[str, ...]
    offices: tuple[str, ...]
    ordinals: frozenset[int]
    mention: TimeMention | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a hit: a span of the article's text. ``words`` is the reader's best answer in
    it, as a span of the article's text, and ``score`` its logits above those of "not here".
    """

    hit: Hit
    span: Span
    words: Span = (0, 0)
    score: float = NO_SPAN

    @property
    def text(self) -> str:
        """Its words."""
        return self.hit.article.text[self.span[0] : self.span[1]]

    @property
    def answer(self) -> str:
        """The words of the reader's answer in it."""
        return self.hit.article.text[self.words[0] : self.words[1]]


def query_of(
    question: str,
    frequencies: Mapping[str, int],
    passages: int,
    mention: TimeMention | None = None,
) -> Query:
    """``frequencies``: in how many of the archive's ``passages`` each term occurs."""
    weights = rarities({t: frequencies.get(t, 0) for t in question_terms(question)}, passages)
    folded, wanted = fold(question), asked(question)
    named = _NAMED.findall(folded)
    foreign = sum(bool(word) for _, _, word in named) > 3  # English words are no names then
    names = [
        _LOOSE.sub("", quoted or number or word)
        for quoted, number, word in named
        if not (word and foreign)
    ]
    return Query(
        text=question,
        weights=weights,
        wanted=wanted,
        focus=frozenset(weights.keys() & set(focus_terms(question))),
        names=tuple(dict.fromkeys(names)),
        regions=tuple(regions_in(folded)),
        offices=tuple(offices_in(folded)) if wanted.kind == "person" else (),
        ordinals=frozenset(ordinals_in(folded)),
        mention=mention,
    )


def likeliest(query: Query, sentences: Sequence[Sentence], most: int) -> list[int]:
    """The places of the sentences, at most so many, that may answer by the reader's score and the
    words in and around them. Only they are worth the time that their vectors take.
    """
    nearby = [set(bigrams(_nearby(sentences, i))) for i in range(len(sentences))]
    worth = [s.score / 10 + share(query.weights, n) for s, n in zip(sentences, nearby, strict=True)]
    return sorted(range(len(sentences)), key=lambda i: -worth[i])[:most]


def features(
    query: Query, sentences: Sequence[Sentence], cosines: Sequence[float]
) -> NDArray[np.float64]:
    """Shape (sentences, features). ``cosines``: of each sentence with the question."""
    best = max((sentence.hit.score for sentence in sentences), default=0.0) or 1.0
    mean = sum(cosines) / max(len(cosines), 1)
    top = max((sentence.score for sentence in sentences), default=0.0)
    best_of = _best_of(sentences)
    said, others = _said(best_of), _others(best_of)
    hits = {id(sentence.hit): sentence.hit for sentence in sentences}
    untimely = {key: _untimely(query.mention, hit) for key, hit in hits.items()}
    missing = {key: _names_missing(query, hit.article) for key, hit in hits.items()}
    rows = [
        [
            missing[id(sentences[i].hit)],
            sentences[i].score / 10,
            (top - sentences[i].score) / 10,
            (sentences[i].score - others[sentences[i].hit.article.id]) / 10,
            holds(sentences[i].answer, query.wanted),
            float(len(said.get(fold(sentences[i].answer), set())) > 1),
            cosine,
            cosine - mean,
            *_circumstances(query, sentences[i], best, untimely[id(sentences[i].hit)]),
        ]
        for i, cosine in enumerate(cosines)
    ]
    return np.array(rows, np.float64).reshape(len(sentences), len(FEATURES))


def _best_of(sentences: Sequence[Sentence]) -> dict[str, Sentence]:
    """Each article's sentence with the best answer."""
    best: dict[str, Sentence] = {}
    for sentence in sentences:
        article = sentence.hit.article.id
        if article not in best or sentence.score > best[article].score:
            best[article] = sentence
    return best


def _others(best_of: Mapping[str, Sentence]) -> dict[str, float]:
    """For each article the mean of the other articles' best scores: what the reader says where the
    answer is not, for this question. ``NOT_HERE`` where there is no other article.
    """
    best = {article: sentence.score for article, sentence in best_of.items()}
    total, more = sum(best.values()), len(best) - 1
    return {article: (total - s) / more if more else NOT_HERE for article, s in best.items()}


def _said(best_of: Mapping[str, Sentence]) -> dict[str, set[str]]:
    """The words of each article's best answer, with the articles that say them."""
    said: dict[str, set[str]] = {}
    for article, sentence in best_of.items():
        said.setdefault(fold(sentence.answer), set()).add(article)
    return said


def told_by(article: Article) -> str:
    """All that an article names, folded: its words with headlines, date and paper, whose own city
    it need not name.
    """
    parts = (article.title, article.subtitle, article.source, article.date, article.text)
    return fold("\n".join(str(part) for part in parts if part))


def _names_missing(query: Query, article: Article) -> float:
    """The feature of that name."""
    most = len(query.names) + len(query.regions)
    if not most:
        return 0.0
    told = _LOOSE.sub("", told_by(article))
    missing = sum(not occurs(name, told) for name in query.names)
    return (missing + sum(not tells_of(region, told) for region in query.regions)) / most


def _circumstances(query: Query, sentence: Sentence, best: float, untimely: bool) -> list[float]:
    """The features of passage and kind, ``passage_cosine`` to ``length``."""
    hit = sentence.hit
    return [
        hit.dense,
        hit.score / best,
        holds(sentence.text, query.wanted),
        float(untimely),
        len(sentence.text) / 100,
    ]


def _nearby(sentences: Sequence[Sentence], i: int) -> str:
    """The sentence with the one before and after it, as far as they are of the same passage."""
    around = [s for s in sentences[max(0, i - 1) : i + 2] if s.hit is sentences[i].hit]
    return "\n".join(s.text for s in around)


def _untimely(mention: TimeMention | None, hit: Hit) -> bool:
    """Whether the question speaks of days that neither the passage is of nor its words name."""
    article = hit.article
    if mention is None or in_time(article, mention):
        return False
    text = f"{article.title}\n{hit.text}"
    year = article.date.year if article.date else None
    named = [(day, day) for _, day in dates_in(text, year=year)]
    if article.date:
        named += [(period.start, period.end) for period in periods_in(text, article.date)]
    if any(mention.start <= first and last <= mention.end for first, last in named):
        return False
    whole_year = mention.start.year == mention.end.year and (mention.end - mention.start).days > 300
    return not (whole_year and str(mention.start.year) in _YEAR.findall(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceModel:
    """The fitted weights: ``choice`` orders sentences, ``support`` gives a probability."""

    choice: NDArray[np.float64]
    support: NDArray[np.float64]

    def order(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """A score for each sentence, shape (n,): higher answers better."""
        return np.asarray(rows @ self.choice[1:] + self.choice[0], np.float64)

    def probability(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each sentence, shape (n,), the probability that it answers."""
        logits = rows @ self.support[1:] + self.support[0]
        return np.asarray(1 / (1 + np.exp(-logits)), np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What refusing below ``at`` did to questions that the weights were not fitted on, half of them
    without an answer in the archive. ``wrong`` is a share of the answers given, ``refused`` a share
    of the questions that could be answered.
    """

    at: float
    wrong: float
    refused: float


@functools.cache
def thresholds() -> tuple[Threshold, ...]:
    """The measured thresholds, lowest first."""
    return tuple(
        Threshold(at=row["at"], wrong=row["answers_wrong"], refused=row["wrongly_refused"])
        for row in _fitted()["held_out"]["thresholds"]
    )


@functools.cache
def evidence_model() -> EvidenceModel:
    """The weights that come with the package."""
    data = _fitted()
    if data["features"] != list(FEATURES):
        raise ValueError("evidence.json was fitted for other features: run python -m eval.fit")
    return EvidenceModel(
        choice=np.array(data["choice"], np.float64), support=np.array(data["support"], np.float64)
    )


@functools.cache
def _fitted() -> dict[str, Any]:
    """What ``python -m eval.fit`` wrote."""
    data: dict[str, Any] = json.loads(EVIDENCE.read_text())
    return data
