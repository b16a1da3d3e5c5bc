"""Whether passages support a sentence that names them, and with which of their words. Pure.

Four questions, the cheap ones first. Do the passages hold every claim of the sentence
(`claims`)? Does each stand there beside the same words (`contrast`)? Do one or two of
their sentences say the same, by common words or, where those don't settle it, by meaning? Is
nothing denied on one side only (`negation`)? Those sentences are the quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.forms import normal
from rag.passages import sentences
from rag.terms import bigrams, is_chinese
from rag.types import Hit, Problem, Span
from rag.writing.claims import Claim, Held, claims, held, holds_claim, missing
from rag.writing.contrast import mixed_up
from rag.writing.negation import contradicts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Texts to unit vectors, shape (texts, dim)."""

QUOTES = 2
"""Sentences of one passage that a statement may rest on."""

CLEAR, FAINT = 0.55, 0.15
"""Shares of common words from which a sentence is supported, and below which it is not; between
them the cosine decides.
"""

COSINE = 0.9
"""Cosine from which two sentences say the same."""

FOREIGN = 0.79
"""The same between two languages."""

ADDS = 0.25
"""Share of the statement's words that a further quote must add, if it holds no further claim."""

_GRAMMAR = frozenset(
    "a an the this that these those it its he she they his her their we our i you of in on at to by"
    " for from with as and or but is was were are be been has have had will would"
    " which who also".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of a passage: which of the passages given, from 0, and the span of its article."""

    passage: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What supports a sentence, or why nothing does; ``missing`` are claims that nothing holds, or
    one that belongs to something else.
    """

    quotes: tuple[Quote, ...] = ()
    problem: Problem | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence of a passage that may support a statement."""

    quote: Quote
    text: str
    terms: frozenset[str]
    held: Held


def check(sentence: str, passages: Sequence[Hit], embed: Embed) -> Verdict:
    """Whether the passages, all together, support a sentence (without its numbers)."""
    texts = [held(hit.article, hit.passage.start, hit.passage.end) for hit in passages]
    claimed = claims(sentence)
    if lacking := missing(sentence, claimed, texts):
        words = dict.fromkeys(claim.words for claim in lacking)
        return Verdict(problem="details", missing=tuple(words))
    if wrong := mixed_up(sentence, claimed, texts):
        return Verdict(problem="meaning", missing=(wrong.words,))
    chosen = best(sentence, claimed, candidates(passages))
    evidence = [candidate.text for candidate in chosen]
    if not says(sentence, chosen, embed) or contradicts(sentence, evidence):
        return Verdict(problem="meaning")
    return Verdict(quotes=tuple(candidate.quote for candidate in chosen))


def candidates(passages: Sequence[Hit]) -> list[Candidate]:
    """The sentences of the passages."""
    return [
        Candidate(
            quote=Quote(passage=i, span=(hit.passage.start + a, hit.passage.start + b)),
            text=hit.text[a:b],
            terms=_terms(hit.text[a:b]),
            held=held(hit.article, hit.passage.start + a, hit.passage.start + b),
        )
        for i, hit in enumerate(passages)
        for a, b in sentences(hit.text)
    ]


def best(sentence: str, claimed: Sequence[Claim], found: Sequence[Candidate]) -> list[Candidate]:
    """The sentence that holds most of a statement's claims and words, and others that hold what it
    lacks, in the order of the passages.
    """
    said = _terms(sentence)
    least = 1 + ADDS * len(said)
    left, chosen = list(claimed), list[Candidate]()
    words: frozenset[str] = frozenset()

    def gain(candidate: Candidate) -> float:
        holds = sum(holds_claim(claim, sentence, candidate.held) for claim in left)
        return len((said - words) & candidate.terms) + least * holds

    while open_to := [c for c in found if _room(c, chosen)]:
        one = max(open_to, key=gain)
        if chosen and gain(one) < least:
            break
        chosen.append(one)
        words |= one.terms
        left = [claim for claim in left if not holds_claim(claim, sentence, one.held)]
    return sorted(chosen, key=lambda c: (c.quote.passage, c.quote.span))


def says(sentence: str, chosen: Sequence[Candidate], embed: Embed) -> bool:
    """Whether the chosen sentences say what the statement says."""
    if not chosen:
        return False
    said = _terms(sentence)
    words = frozenset[str]().union(*(candidate.terms for candidate in chosen))
    share = len(said & words) / max(1, len(said))
    foreign = is_chinese(sentence) != is_chinese(chosen[0].text)
    if not foreign and (share >= CLEAR or share < FAINT):
        return share >= CLEAR
    first, *others = embed([sentence, *(candidate.text for candidate in chosen)])
    cosine = max(float(first @ other) for other in others)
    return cosine >= (FOREIGN if foreign else COSINE)


def _room(candidate: Candidate, chosen: Sequence[Candidate]) -> bool:
    """Whether a passage may be quoted once more."""
    same = sum(one.quote.passage == candidate.quote.passage for one in chosen)
    return candidate not in chosen and same < QUOTES


def _terms(text: str) -> frozenset[str]:
    """The words that are compared: pairs of Chinese characters, numbers in normal form, Latin words
    that are more than grammar.
    """
    if is_chinese(text):
        return frozenset(bigrams(normal(text)))
    return frozenset(bigrams(text)) - _GRAMMAR
