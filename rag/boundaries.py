"""Where the articles of a page begin.

Most articles say so: a subtitle, an author line or a dateline follows the headline, a byline closes
the article before. Where nothing is printed, a headline must be told from a section heading by its
words: the text after it is about something else. Lexical cohesion is measured as in Hearst 1997
("TextTiling", Computational Linguistics 23(1)), on character bigrams, the rarer on the page the
heavier; bigrams of a single paragraph say nothing about cohesion and are left out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rag.marks import Kind
from rag.paragraphs import Block

AUTHOR_MARKS = "□■◎☐◆●"

WEIGHTS = {
    "bias": -0.6,
    "subtitle": 4.0,
    "author": 5.0,
    "dateline": 5.0,
    "closed": 3.3,
    "gap": 3.0,
    "ended": -1.0,
    "item": -2.0,
    "length": 2.2,
    "lead": 1.9,
    "colon": 0.8,
    "brief": -2.3,
    "series": -1.3,
    "plain": -2.2,
    "cohesion": -1.3,
    "next": -3.9,
    "dip": -3.0,
    "ahead": 2.9,
    "behind": -4.0,
}
"""Log-odds for a headline, by what `features` sees. Fitted by logistic regression on generated
pages (eval.pages), but for what such pages hold too little of: subtitle, author, dateline, item."""

_WINDOW = 600
_NEXT = 150
_MOST_BLOCKS = 12
_SAMPLES = 40


def starts_of(blocks: Sequence[Block]) -> list[int]:
    """Where articles begin, as ascending numbers of blocks; the first block always begins one.
    ``blocks`` holds no furniture.
    """
    if not blocks:
        return []
    page = _Page(blocks)
    starts = [0]
    for i in range(1, len(blocks)):
        if score(page, i, starts[-1]) > 0:
            starts.append(i)
    return starts


def head_length(blocks: Sequence[Block], start: int) -> int:
    """How many blocks from ``start`` on are headline, second line, subtitle and author line."""
    n = 0
    for block in blocks[start : start + 5]:
        headline = n < 2 and block.heading and (n == 0 or not block.ended)
        if not headline and block.kind not in (Kind.SUBTITLE, Kind.AUTHOR):
            break
        n += 1
    return n


def score(page: _Page, i: int, start: int) -> float:
    """How much speaks for an article that begins at block i, the open one having begun at block
    ``start``; above zero, it does. A headline above a dateline that would begin an article by
    itself begins it.
    """
    blocks = page.blocks
    block, before = blocks[i], blocks[i - 1]
    after = blocks[i + 1] if i + 1 < len(blocks) else None
    body = i - start - head_length(blocks, start)
    if body <= 0 and before.kind is not Kind.CLOSING:
        return -math.inf
    closed = before.closing
    if block.kind is Kind.AUTHOR and after:
        signed = closed or block.text[0] in AUTHOR_MARKS or "评论员" in block.text or body > 1
        return -1.0 if not signed or (after.heading and not after.ended) else 1.0
    if block.kind is Kind.DATELINE:
        return 1.0 if body > 1 or closed else -1.0
    if block.heading and after:
        if after.kind in (Kind.DATELINE, Kind.AUTHOR) and score(page, i + 1, start) > 0:
            return 1.0
        return sum(WEIGHTS[name] * value for name, value in features(page, i, start).items())
    return 1.0 if closed and block.kind is Kind.BODY and len(block.text) > 40 else -1.0


_LEAD = re.compile(r"\d日|近日|日前|昨|今天|今日|记者|据|获悉|[（(]")
_FIGURE = re.compile(r"[：:\d]")


def features(page: _Page, i: int, start: int) -> dict[str, float]:
    """What is seen at a block that may be a headline; see `WEIGHTS`."""
    blocks = page.blocks
    block, after = blocks[i], blocks[i + 1]
    upto = page.window(i - 1, -1, start)
    onward = page.window(i + 1, 1, len(blocks))
    cohesion = page.cosine(upto, onward)
    head = _head_marks(blocks, i)
    return {
        "bias": 1.0,
        "subtitle": Kind.SUBTITLE in head,
        "author": Kind.AUTHOR in head,
        "dateline": Kind.DATELINE in head,
        "closed": page.closed(i),
        "gap": block.first.gap > page.usual_gap,
        "ended": block.ended,
        "item": block.kind is Kind.ITEM,
        "length": min(len(block.text), 30) / 15 - 1,
        "lead": bool(_LEAD.search(after.text[:30])),
        "colon": bool(_FIGURE.search(block.text)),
        "brief": sum(len(b.text) for b in blocks[start + 1 : min(i, start + 9)]) < 120,
        "series": _in_series(blocks, i),
        "plain": 0.0 if head or page.closed(i) else page.marked_share,
        "cohesion": cohesion,
        "next": page.share(page.window(i + 1, 1, len(blocks), _NEXT), upto),
        "dip": cohesion / page.typical,
        "ahead": page.share(page.bigrams[i], onward),
        "behind": page.share(page.bigrams[i], upto),
    }


def _head_marks(blocks: Sequence[Block], i: int) -> set[Kind]:
    """The printed signs of a headline below block i, with only parts of a head between."""
    marks: set[Kind] = set()
    for block in blocks[i + 1 : i + 4]:
        if block.kind in (Kind.SUBTITLE, Kind.AUTHOR, Kind.DATELINE):
            marks.add(block.kind)
        elif not block.heading:
            break
    return marks


def _in_series(blocks: Sequence[Block], i: int) -> bool:
    """Whether another heading near is built alike: the same number of parts, nearly as long."""
    own = blocks[i].text
    shape = _shape(own)
    if shape == (0, 0):
        return False
    near = (*blocks[max(0, i - 15) : i], *blocks[i + 1 : i + 15])
    return any(
        other.heading
        and not other.ended
        and abs(len(other.text) - len(own)) <= 6
        and _shape(other.text) == shape
        for other in near
    )


def _shape(text: str) -> tuple[int, int]:
    return text.count(" "), text.count("，")


class _Page:
    """What is measured once on the blocks of a page.

    ``typical`` is the cohesion between neighbouring paragraphs; ``marked_share`` how many of the
    possible headlines have a printed sign of an article's beginning beside them: where most have
    one, one without is likely a section's.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.bigrams = [_bigrams(block.text[:_WINDOW]) for block in blocks]
        counts = Counter(pair for pairs in self.bigrams for pair in pairs)
        self._weight = {p: math.log(1 + len(blocks) / n) for p, n in counts.items() if n > 1}
        gaps = sorted(block.first.gap for block in blocks[1:]) or [0]
        self.usual_gap = gaps[len(gaps) // 2]
        self.typical = self._typical_cohesion()
        headings = [i for i, b in enumerate(blocks[:-1]) if b.heading and not b.ended]
        self.marked_share = sum(map(self.marked, headings)) / max(1, len(headings))

    def closed(self, i: int) -> bool:
        """Whether the block above ends an article: a closing byline, or names on their own line."""
        above = self.blocks[i - 1] if i else None
        return above is not None and (above.kind is Kind.AUTHOR or above.closing)

    def marked(self, i: int) -> bool:
        """Whether a printed sign beside block i says that an article begins there."""
        return self.closed(i) or bool(_head_marks(self.blocks, i))

    def window(self, i: int, step: int, stop: int, most: int = _WINDOW) -> set[str]:
        """The bigrams of the running text from block i on, up or down the page, for some hundred
        characters or to the next sure beginning of an article.
        """
        seen: set[str] = set()
        size = 0
        for j in range(i, stop if step > 0 else stop - 1, step)[:_MOST_BLOCKS]:
            if step > 0 and j > i + 1 and self._begins(j):
                break
            if not self.blocks[j].heading:
                seen |= self.bigrams[j]
                size += len(self.blocks[j].text)
            if size >= most:
                break
        return seen

    def _begins(self, i: int) -> bool:
        block = self.blocks[i]
        if block.kind in (Kind.DATELINE, Kind.AUTHOR) or block.first.gap > self.usual_gap:
            return True
        return self.blocks[i - 1].closing

    def _typical_cohesion(self) -> float:
        inner = [
            i for i, (a, b) in enumerate(pairwise(self.blocks), 1) if not (a.heading or b.heading)
        ]
        sample = inner[:: max(1, len(inner) // _SAMPLES)]
        down = len(self.blocks)
        cosines = [self.cosine(self.window(i - 1, -1, 0), self.window(i, 1, down)) for i in sample]
        return max(0.05, sum(cosines) / max(1, len(cosines)))

    def _mass(self, pairs: set[str]) -> float:
        return sum(self._weight.get(pair, 0.0) for pair in pairs)

    def cosine(self, a: set[str], b: set[str]) -> float:
        """Overlap of two windows, 0 to 1."""
        norm = math.sqrt(self._mass(a) * self._mass(b))
        return self._mass(a & b) / norm if norm else 0.0

    def share(self, own: set[str], window: set[str]) -> float:
        """How much of ``own`` occurs in the window, 0 to 1."""
        mass = self._mass(own)
        return self._mass(own & window) / mass if mass else 0.0


_WORD = re.compile(r"[\u3400-\u9fff]+|[A-Za-z0-9]+")


def _bigrams(text: str) -> set[str]:
    return {a + b for run in _WORD.findall(text) for a, b in pairwise(run)}
