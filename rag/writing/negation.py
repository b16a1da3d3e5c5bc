"""Whether a sentence denies what a passage affirms, or the other way round. Pure.

Compared clause by clause: a clause of the sentence with the clause of the passage that shares most
of its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.terms import bigrams

_CLAUSE = re.compile(r"[^，。；！？、：,;!?:\n]+")
_DENIES = re.compile(
    "没有|没能|没(?![收入])|未(?!来)|并非|绝非|从不"
    "|不(?![仅但断同少过只管论久足到得料锈动产妨])|不得(?!不)|无(?![论人障锡线数])"
    "|拒绝|谢绝|婉拒|否认|禁止|严禁"
    r"|\b(?:not|no|never|without|none|neither|nor|refus\w+|den(?:y|ied|ies)|cannot)\b|n't\b"
)
_OPPOSITES = (
    ("答应|同意|接受", "谢绝|拒绝|婉拒|推辞"),
    ("增长|上升|增加|提高|上涨|增产|上调", "下降|减少|降低|下跌|减产|回落|下调"),
    ("提前|提早", "推迟|延期|延后|推后"),
    ("开幕|开展|启用|开业|开放", "闭幕|停业|关闭|封闭"),
    ("可以|允许|准许|能够", "禁止|不得|不准|严禁"),
    ("高于|超过|多于", "低于|不足|少于|不到"),
)
_FREE = re.compile("免费|免收|免票")
_PAID = re.compile(r"收[费钱取]|付[费钱]|交钱|\b(?:pay|toll|fee|charge)\b")
_TWICE = re.compile("不得不|不能不|不无|并非不|没有不|无不|非不")
COMMON = 2
"""Pairs of characters that two clauses must share to be about the same."""


def denies(text: str) -> bool:
    """Whether a clause denies something; twice is not at all."""
    text = _TWICE.sub("", text)
    return len(_DENIES.findall(text)) % 2 == 1


def contradicts(sentence: str, evidence: Sequence[str]) -> bool:
    """Whether a clause of the sentence denies what its like in the evidence does not, or says the
    opposite. A denial that has no like at all contradicts an evidence without any.
    """
    texts = [_plainly(text, sentence) for text in evidence]
    clauses = [(clause, set(_terms(clause))) for text in texts for clause in _clauses(text)]
    for clause in _clauses(_plainly(sentence, "".join(evidence))):
        said = set(_terms(clause))
        like = max(clauses, key=lambda other: len(said & other[1]), default=("", set()))
        if len(said & like[1]) >= COMMON:
            if denies(clause) != denies(like[0]) or _opposed(clause, like[0]):
                return True
        elif denies(clause) and not any(denies(other) for other, _ in clauses):
            return True
    return _opposed(sentence, "".join(evidence), _OPPOSITES[:1])


def _plainly(text: str, other: str) -> str:
    """The text with a clause 不收费 for 免费 where the other one speaks of paying."""
    return _FREE.sub("不收费，", text) if _PAID.search(other.lower()) else text


def _opposed(a: str, b: str, pairs: Sequence[tuple[str, str]] = _OPPOSITES) -> bool:
    """Whether one text has a word and the other only its opposite."""
    for pair in pairs:
        for one, other in (pair, pair[::-1]):
            has = bool(re.search(one, a)), bool(re.search(other, a))
            against = bool(re.search(one, b)), bool(re.search(other, b))
            if has == (True, False) and against == (False, True):
                rest = (re.sub(f"{one}|{other}", "", text) for text in (a, b))
                return len({denies(text) for text in rest}) == 1
    return False


def _clauses(text: str) -> Iterator[str]:
    yield from (match[0] for match in _CLAUSE.finditer(text.lower()))


def _terms(clause: str) -> list[str]:
    """The pairs of a clause without its negations, which must not decide what is alike."""
    return bigrams(_DENIES.sub(" ", clause))
