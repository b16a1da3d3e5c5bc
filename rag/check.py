"""Whether passages support a sentence that names them, and with which of their words. Pure.

A sentence is supported when every claim of it (`rag.claims`) is held by the passages that it names,
and one or two of their sentences say the same: by common words, or by meaning where those don't
settle it; with no negation on one side only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.claims import Held, claims, english_names, held, holds_claim, missing
from rag.forms import normal
from rag.passages import sentences
from rag.terms import bigrams, has_chinese
from rag.types import Hit, Problem, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""Texts to unit vectors, shape (texts, dim)."""

QUOTES = 2
"""Sentences of one passage that a statement may rest on."""

CLEAR, FAINT = 0.6, 0.2
"""Shares of common words from which a sentence is supported, and below which it is not; between
them the cosine decides.
"""

COSINE = 0.88
"""Cosine from which two sentences say the same."""

FOREIGN = 0.84
"""The same between two languages."""

_NEGATION = re.compile(
    r"没有|没能|没(?!收|入)|未(?!来)|不(?!仅|但|断|同|少|过|只|管|论|久|足|到|得不|锈|动产|妨|禁)|并非|绝非|无(?!论|人机|障碍|锡|线)|拒绝|谢绝|否认|禁止|"
    r"\b(?:not|no|never|without|none|neither|nor|refus\w+|den(?:y|ied|ies))\b|n't\b",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of a passage: which of the passages given, from 0, and the span of its article."""

    passage: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What supports a sentence, or why nothing does; ``missing`` are claims that nothing holds."""

    quotes: tuple[Quote, ...] = ()
    problem: Problem | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A sentence of a passage that may support."""

    quote: Quote
    text: str
    terms: frozenset[str]
    held: Held


def check(sentence: str, passages: Sequence[Hit], embed: Embed) -> Verdict:
    """Whether the passages, all together, support a sentence (without its numbers)."""
    texts = [held(p.article, p.passage.start, p.passage.end) for p in passages]
    lacking = [claim.words for claim in missing(sentence, texts)]
    if not has_chinese(sentence):
        folded = " ".join(text.folded for text in texts)
        lacking += [name for name in english_names(sentence) if name.lower() not in folded]
    if lacking:
        return Verdict(problem="details", missing=tuple(dict.fromkeys(lacking)))
    found = _candidates(passages)
    chosen = _chosen(sentence, found)
    if not chosen or not _says(sentence, chosen, embed) or _negates(sentence, chosen):
        return Verdict(problem="meaning")
    return Verdict(quotes=tuple(candidate.quote for candidate in chosen))


def _candidates(passages: Sequence[Hit]) -> list[_Candidate]:
    return [
        _Candidate(
            quote=Quote(passage=i, span=(hit.passage.start + a, hit.passage.start + b)),
            text=hit.text[a:b],
            terms=frozenset(bigrams(normal(hit.text[a:b]))),
            held=held(hit.article, hit.passage.start + a, hit.passage.start + b),
        )
        for i, hit in enumerate(passages)
        for a, b in sentences(hit.text)
    ]


def _chosen(sentence: str, found: Sequence[_Candidate]) -> list[_Candidate]:
    """The best sentence, and others that hold what it lacks, in the order of the passages."""
    said = frozenset(bigrams(normal(sentence)))
    claimed = claims(sentence)
    chosen: list[_Candidate] = []
    words: frozenset[str] = frozenset()
    open_claims = list(claimed)
    while len(chosen) < QUOTES + 1:
        best = max(found, key=lambda c: _gain(sentence, said - words, open_claims, c), default=None)
        if best is None or best in chosen:
            break
        gain = _gain(sentence, said - words, open_claims, best)
        if chosen and gain < 1 + 0.25 * len(said):
            break
        chosen.append(best)
        words |= best.terms
        open_claims = [c for c in open_claims if not holds_claim(c, sentence, best.held)]
    per = [c for i, c in enumerate(chosen) if _rank(chosen, i) < QUOTES]
    return sorted(per, key=lambda c: (c.quote.passage, c.quote.span))


def _rank(chosen: Sequence[_Candidate], i: int) -> int:
    return sum(c.quote.passage == chosen[i].quote.passage for c in chosen[:i])


def _gain(
    sentence: str, terms: frozenset[str], open_claims: Sequence[object], candidate: _Candidate
) -> float:
    held_claims = sum(holds_claim(c, sentence, candidate.held) for c in open_claims)  # type: ignore[arg-type]
    return len(terms & candidate.terms) + (1 + 0.25 * len(terms)) * held_claims


def _says(sentence: str, chosen: Sequence[_Candidate], embed: Embed) -> bool:
    said = frozenset(bigrams(normal(sentence)))
    words = frozenset[str]().union(*(c.terms for c in chosen))
    share = len(said & words) / max(1, len(said))
    foreign = has_chinese(sentence) != has_chinese(chosen[0].text)
    if not foreign and (share >= CLEAR or share < FAINT):
        return share >= CLEAR
    vectors = embed([sentence, "".join(c.text for c in chosen)])
    return float(vectors[0] @ vectors[1]) >= (FOREIGN if foreign else COSINE)


def _negates(sentence: str, chosen: Sequence[_Candidate]) -> bool:
    evidence = "".join(c.text for c in chosen)
    return bool(_NEGATION.search(sentence)) != bool(_NEGATION.search(evidence))
