"""Printed lines -> paragraphs. Pure.

Whether a line goes on in the next one is decided from what the two are (`rag.marks`), how the first
ends, and how the page is set (`rag.lines.Setting`): its wrap width, whether its paragraphs are
indented, whether blank lines part them. "White space" is what `rag.lines` says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.lines import Line, Setting, lines_of, setting_of, tidy
from rag.marks import (
    HEADING_MAX,
    TAIL_LENGTH,
    Kind,
    ends_sentence,
    is_closing,
    is_tail,
    kind_of,
    looks_heading,
)


def repair(text: str) -> str:
    r"""Raw page text as paragraphs, headings and furniture lines, one a line, joined by "\n".

    Idempotent. The characters that are not white space (see `rag.lines`) stay the same, in order.
    Lines of a list, headings and furniture are glued to nothing.
    """
    for _ in range(4):
        repaired = "\n".join(block.text for block in blocks_of(lines_of(text)))
        if repaired == text:
            return text
        text = repaired
    # Text that is no page may be read otherwise each time; a single line cannot be.
    return tidy(text)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that make one paragraph, headline or furniture line. ``heading``: it can be a headline
    by its form; ``ended``: it ends where a sentence may; ``closing``: it ends an article.
    """

    text: str
    lines: tuple[Line, ...]
    kind: Kind
    ended: bool
    closing: bool
    heading: bool

    @property
    def first(self) -> Line:
        """Its first line."""
        return self.lines[0]


def blocks_of(lines: Sequence[Line]) -> list[Block]:
    """Joins lines to blocks, in order; each line is in exactly one."""
    if not lines:
        return []
    setting = setting_of(lines)
    groups: list[list[int]] = [[0]]
    head = tail = lines[0].text  # of the open block, as much as is needed to judge it
    for i in range(1, len(lines)):
        text = lines[i].text
        if _joins(_Seam(head, tail, groups[-1][0], i, lines, setting)):
            groups[-1].append(i)
            head = head if len(head) > 2 * HEADING_MAX else head + text
            tail = (tail + text)[-TAIL_LENGTH:]
        else:
            groups.append([i])
            head = tail = text
    return [_block([lines[i] for i in group]) for group in groups]


def _block(lines: Sequence[Line]) -> Block:
    pieces = [lines[0].text]
    for a, b in pairwise(lines):
        pieces += [_glue(a.text, b.text), b.text]
    text = "".join(pieces)
    kind = lines[0].kind if len(lines) == 1 else kind_of(text)
    heading = kind in (Kind.BODY, Kind.ITEM) and looks_heading(text)
    ended = lines[0].ended if len(lines) == 1 else ends_sentence(text)
    return Block(text, tuple(lines), kind, ended, is_closing(text), heading)


def _glue(a: str, b: str) -> str:
    """A space where Latin words meet, nothing elsewhere: numbers are cut anywhere."""
    if not (b[0].isascii() and b[0].isalpha() and a[-1].isascii()):
        return ""
    words = a[-1].isalpha() or (a[-1] in ".,;:!?" and a[-2:-1].isascii())
    return " " if words else ""


@dataclass(slots=True)
class _Seam:
    """A place where the open block, which begins with line ``first`` and has the text ``head`` …
    ``tail``, may go on with line ``i``.
    """

    head: str
    tail: str
    first: int
    i: int
    lines: Sequence[Line]
    setting: Setting

    @property
    def above(self) -> Line:
        return self.lines[self.i - 1]

    @property
    def below(self) -> Line:
        return self.lines[self.i]

    @property
    def full(self) -> bool:
        return self.setting.full(self.i - 1)

    @property
    def centred(self) -> bool:
        flush = (0, self.setting.indent)
        return self.above.indent not in flush and self.below.indent not in flush


_NEVER_FIRST = frozenset("，。、；：！？”’」』）》】〉％%…·,;:!?)]")
_NEVER_LAST = frozenset("，、（《“‘【〈「『([—")


def _joins(seam: _Seam) -> bool:
    """Whether the block goes on with the next line."""
    above, below = seam.above, seam.below
    if Kind.FURNITURE in (above.kind, below.kind):
        return False
    if below.text[0] in _NEVER_FIRST or above.text[-1] in _NEVER_LAST:
        return True
    if seam.setting.indent and below.indent and not seam.centred:
        return False
    kind = above.kind if seam.first == seam.i - 1 else kind_of(seam.head)
    heading = looks_heading(seam.head) and kind is not Kind.DATELINE
    if below.kind is not Kind.BODY and (below.kind is not Kind.SUBTITLE or heading):
        return False
    if kind is Kind.CLOSING or (is_tail(seam.head) and not seam.full):
        return False
    if ends_sentence(seam.tail):
        return _same_paragraph(seam)
    if seam.full and below.touches(above):
        return True
    if above.text[-1] in "：:" or above.kind in (Kind.AUTHOR, Kind.SUBTITLE):
        return False
    return _was_cut(seam) if heading else not _heading_ahead(seam)


def _same_paragraph(seam: _Seam) -> bool:
    """Whether the next line goes on a paragraph though the line above ends with a stop. Where the
    stop stands at the margin and neither indents nor blank lines tell, a paragraph that already
    has more sentences than is usual on the page ends.
    """
    if not seam.full or _heading_ahead(seam):
        return False
    if seam.setting.indent:
        return True
    if not seam.below.touches(seam.above):
        return False
    return seam.setting.spaced or seam.tail.count("。") <= seam.setting.sentences


def _heading_ahead(seam: _Seam) -> bool:
    """Whether a headline of some lines begins below, and not the rest of a cut paragraph, which
    goes up to the margin or to a stop.
    """
    lines, setting, text = seam.lines, seam.setting, ""
    for j in range(seam.i, min(seam.i + 4, len(lines))):
        text += lines[j].text
        if not looks_heading(text) or lines[j].ended:
            return False
        following = lines[j + 1] if j + 1 < len(lines) else None
        if not setting.full(j) or (setting.indent and following and following.indent):
            return True
        if not following or following.gap or following.kind is not Kind.BODY:
            return False
    return False


_HANGING = frozenset("的和与在将为对把被从向以及等是不并而使让由于至到了")
_HANGING_FIRST = frozenset("的了们着过等和与及是也都而")
_OPENING = re.compile(
    r"[“《（]|\d+日|\d+月\d+日|近日|日前|昨|今|据|记者|当地时间|目前|随着|为|在|近|截至|一"
)
CUT_WEIGHTS = {
    "bias": -3.5,
    "indented": 1.4,
    "flush": -1.3,
    "centred": -2.0,
    "next_flush": 2.8,
    "open_quote": 1.7,
    "hanging": 0.5,
    "hanging_first": 1.6,
    "bridges": 1.0,
    "bond": 0.9,
    "opening": -1.6,
    "commas": 1.6,
    "odd_gap": 1.4,
    "no_gap": -1.5,
    "gap_above": -1.8,
    "top": -1.9,
    "after_heading": 0.9,
    "length": 0.9,
    "figure": 1.3,
    "space": -1.0,
}
"""Log-odds for a cut paragraph, fitted by logistic regression on generated pages (eval.pages)."""


def _was_cut(seam: _Seam) -> bool:
    """Whether a short open block is the first piece of a cut paragraph, and not a heading."""
    if _heading_ahead(seam):
        # A headline on two lines is printed without a gap on pages that part paragraphs by gaps.
        return (
            (seam.setting.spaced or seam.centred)
            and seam.below.touches(seam.above)
            and not _parallel(seam.above.text, seam.below.text)
        )
    return sum(CUT_WEIGHTS[name] * value for name, value in cut_features(seam).items()) > 0


def cut_features(seam: _Seam) -> dict[str, float]:
    """What is seen at a place where a short piece may have been cut off; see `CUT_WEIGHTS`."""
    above, below, first = seam.above, seam.below, seam.lines[seam.first]
    last, following = above.text[-1], below.text[0]
    indent, spaced = seam.setting.indent, seam.setting.spaced
    pairs = (("“", "”"), ("《", "》"), ("（", "）"))
    return {
        "bias": 1.0,
        "indented": indent > 0 and first.indent == indent,
        "flush": indent > 0 and not first.indent,
        "centred": first.indent not in (0, indent),
        "next_flush": indent > 0,
        "open_quote": any(seam.head.count(o) > seam.head.count(c) for o, c in pairs),
        "hanging": last in _HANGING,
        "hanging_first": following in _HANGING_FIRST,
        "bridges": seam.setting.grams.bridges(above.text, below.text),
        "bond": seam.setting.grams.bond(last, following),
        "opening": bool(_OPENING.match(below.text)),
        "commas": min(seam.head.count("，"), 3),
        "odd_gap": not spaced and not below.touches(above),
        "no_gap": spaced and below.touches(above),
        "gap_above": not spaced and first.gap > 0,
        "top": seam.first == 0,
        "after_heading": seam.first > 0 and not seam.lines[seam.first - 1].ended,
        "length": min(len(seam.head), 40) / 20,
        "figure": last.isdigit() and following.isdigit(),
        "space": " " in seam.head,
    }


def _parallel(a: str, b: str) -> bool:
    return a.count(" ") == b.count(" ") > 0
