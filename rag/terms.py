"""The words that lexical search compares: character bigrams of folded text. Pure.

Chinese is not split into words: bigrams find as much and know no dictionary. Latin words and
numbers stay whole; full-width forms, capitals and traditional characters are folded first.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Set
from typing import cast

_RUN = re.compile(
    r"[0-9]+(?:[.:,][0-9]+)*"  # numbers, times
    r"|[^\W\d_\u2e80-\ufaff\U00020000-\U0003ffff]+"  # words of alphabets
    r"|[\u3400-\u9fff\U00020000-\U0003ffff]+"  # Chinese
)

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_LETTERS = re.compile(r"[^\W\d_\u2e80-\ufaff\U00020000-\U0003ffff]+")

ASKING = re.compile(
    r"请问|请告诉我|我想知道|你知道|(?:什么|啥)(?:时候|时间|样)?|为何|为什么|为啥|怎么样?|怎样|咋样?|如何|干[嘛吗]"
    r"|哪(?![吒咤])(?:一?[年天日月个位家种]|[些里儿])?|多少|几(?!内亚|何\w|率|乎)[个位次种家人名年月日天点时何]?"
    r"|是谁|谁|(?<!任)何[时地人]|是否|有没有|是不是|分别|各是|(?<![酒网])[吗呢吧啊嘛](?!\w)|[？?]"
)

_LINKING = re.compile(r"[的是由在了被把有和与为一这那个]")


def fold(text: str) -> str:
    """Full-width to half-width, lower case, traditional to simplified. May change the length."""
    return _simplifier()(unicodedata.normalize("NFKC", text).lower())


def bigrams(text: str) -> list[str]:
    """The terms of a text in order, with repeats: ``重庆谈判2集`` -> 重庆 庆谈 谈判 2 集."""
    terms: list[str] = []
    for run in _RUN.findall(fold(text)):
        if run[0] >= "\u2e80" and len(run) > 1:
            terms.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            terms.append(run)
    return terms


def likeness(a: Set[str], b: Set[str]) -> float:
    """How much of the smaller set of terms the other one holds, 0 to 1."""
    return len(a & b) / max(1, min(len(a), len(b)))


def whole_bigrams(text: str) -> list[str]:
    """The terms that every text holds which has this one in it: its Chinese pairs. A single
    character, a Latin word or a number may be part of a longer term there.
    """
    return [term for term in bigrams(text) if len(term) == 2 and term[0] >= "\u2e80"]


def focus_terms(question: str) -> list[str]:
    """The distinct terms right beside the words that ask: what the question wants to know of.

    ``大桥由谁设计？`` -> 设计: not the bridge but who designed it.
    """
    text = fold(question)
    terms: list[str] = []
    for match in ASKING.finditer(text):
        before, after = text[max(0, match.start() - 4) : match.start()], text[match.end() :][:4]
        terms += [t for side in (before, after) for t in bigrams(_LINKING.sub(" ", side))]
    return [t for t in dict.fromkeys(terms) if len(t) > 1]


def content_terms(question: str) -> list[str]:
    """The distinct terms of a question without the words that only ask."""
    kept = ASKING.sub(" ", fold(question))
    return list(dict.fromkeys(bigrams(kept) or bigrams(question)))


def question_terms(question: str) -> list[str]:
    """The terms of a question that are searched for: of one in English with Chinese names in it
    only these.
    """
    terms = content_terms(question)
    chinese = [term for term in terms if term[0] >= "\u2e80" or term[0].isdigit()]
    foreign = len(terms) - len(chinese) > 3  # a question in English about names in Chinese
    return chinese if foreign and chinese else terms


def rarities(frequencies: Mapping[str, int], passages: int) -> dict[str, float]:
    """The weight of each term: the logarithm of how few of the passages have it, at least 0.1."""
    return {t: max(0.1, math.log((passages + 1) / (n + 0.5))) for t, n in frequencies.items()}


def share(weights: Mapping[str, float], terms: Set[str]) -> float:
    """The weight of those of the terms that are in the set, of the weight of all."""
    total = sum(weights.values())
    return sum(w for t, w in weights.items() if t in terms) / total if total else 0.0


def has_chinese(text: str) -> bool:
    """Whether the text holds Chinese characters, so that the reply should too."""
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def is_chinese(text: str) -> bool:
    """Whether a text is in Chinese, rather than in another language with Chinese names in it."""
    return len(_HAN.findall(text)) > len(_LETTERS.findall(text))


@functools.cache
def _simplifier() -> Callable[[str], str]:
    import opencc

    return cast(Callable[[str], str], opencc.OpenCC("t2s").convert)
