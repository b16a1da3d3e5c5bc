"""Printed lines, and how the page that they stand on is set. Pure.

"White space" here is what ``str.isspace`` says, zero-width marks and the byte-order mark; it is
normalised or dropped. Every other character is kept, control characters and direction marks
included.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from statistics import mean

from rag.marks import Kind, ends_sentence, is_edge_furniture, is_page_note, kind_of

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_BLANK = "".join(c for c in map(chr, range(0x10000)) if c.isspace() or c in _ZERO_WIDTH)
_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+|\r\n|[\n\r\f\v\x85\u2028\u2029]")
_BREAKS = frozenset("\n\r\f\v\x85\u2028\u2029")
_SPACES = re.compile(r"\s+")


def tidy(text: str) -> str:
    """The text without zero-width marks and outer white space, each inner run of it one space, or
    one ideographic space where the run begins with it.
    """
    for mark in _ZERO_WIDTH:
        text = text.replace(mark, "")
    return _SPACES.sub(lambda run: "\u3000" if run[0][0] == "\u3000" else " ", text.strip())


# --- lines --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its tidied text, its span in the raw page, and the room around it."""

    text: str
    start: int
    end: int
    kind: Kind
    ended: bool = False  # it ends where a sentence may
    indent: int = 0  # characters of white space before it; one ASCII space is none
    room: int = 0  # characters between the margins, inner white space included
    gap: int = 0  # blank lines above
    feeds: int = 0  # form feeds above, from the top of the text

    def touches(self, above: Line) -> bool:
        """Whether nothing stands between this line and the one above."""
        return self.gap == 0 and self.feeds == above.feeds


def lines_of(raw: str) -> list[Line]:
    """All lines that hold more than white space, in order."""
    lines: list[Line] = []
    breaks, feeds = 1, 0
    for match in _LINE.finditer(raw):
        if match[0][0] in _BREAKS:
            breaks += 1
            feeds += match[0] == "\f"
        elif line := _line(match[0], match.start(), max(0, breaks - 1) if lines else 0, feeds):
            lines.append(line)
            breaks = 0
    return _with_edges(lines)


def _line(piece: str, offset: int, gap: int, feeds: int) -> Line | None:
    text = tidy(piece)
    if not text:
        return None
    solid = piece.lstrip(_BLANK)
    start = offset + len(piece) - len(solid)
    end = offset + len(piece.rstrip(_BLANK))
    indent = 0 if piece.startswith(" " + text[0]) else start - offset
    # One space behind a line may be the one that the wrap ate; more are noise.
    room = len(solid) if len(solid) <= end - start + 1 else end - start
    return Line(text, start, end, kind_of(text), ends_sentence(text), indent, room, gap, feeds)


def _with_edges(lines: list[Line]) -> list[Line]:
    """Marks what is furniture only because of where it stands, from both ends of the text."""
    out = list(lines)
    for i in (*range(len(out)), *range(len(out) - 1, -1, -1)):
        if out[i].kind is not Kind.FURNITURE and _furniture_by_place(out, i):
            out[i] = replace(out[i], kind=Kind.FURNITURE)
    return out


def _furniture_by_place(lines: Sequence[Line], i: int) -> bool:
    """A bare date, paper's name or page number at an edge of a page or beside other furniture, or
    a note at the top of the page.
    """
    line = lines[i]
    if len(line.text) > 160:
        return False
    above = lines[i - 1] if i else None
    below = lines[i + 1] if i + 1 < len(lines) else None
    top = above is None or above.feeds < line.feeds
    edge = top or below is None or below.feeds > line.feeds
    beside = any(n is not None and n.kind is Kind.FURNITURE for n in (above, below))
    if beside and is_edge_furniture(line.text, edge=False):
        return True
    if edge and len(lines) > 1 and is_edge_furniture(line.text, edge=True):
        return True
    if not top or below is None:
        return False
    notice = below.kind is Kind.FURNITURE and line.text.endswith(("。", "）", "】"))
    return is_page_note(line.text) or notice


# --- the page's setting -------------------------------------------------------------------------

_FAR, _NEAR, _STEP = 20, 12, 6

Widths = tuple[int, ...]
"""Wrap widths that a line may have been set in."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a page is set. ``margins`` are the wrap widths around each line, none where lines
    aren't wrapped; like ``sizes`` in characters (``unit`` 1) or, where that fits the page better,
    in half-width columns (``unit`` 2). ``indent`` is the usual one of paragraphs, 0 for none.
    """

    margins: Sequence[Widths]
    sizes: Sequence[int]
    unit: int
    slack: int
    grams: Grams
    indent: int = 0
    spaced: bool = False
    sentences: float = 0.0

    def full(self, i: int) -> bool:
        """Whether line i goes up to the right margin, and no more than two stops beyond it."""
        over = 2 * self.unit + self.slack
        return any(-self.slack <= self.sizes[i] - width <= over for width in self.margins[i])


def setting_of(lines: Sequence[Line]) -> Setting:
    """Measures a page: the width from lines that end in mid-sentence, the rest from what follows a
    line that surely ends a paragraph.
    """
    setting = _wrapping(lines)
    ends: list[Line] = []
    goes_on: list[Line] = []
    sentences = 0
    for i, (a, b) in enumerate(pairwise(lines)):
        if Kind.FURNITURE in (a.kind, b.kind):
            continue
        sentences += a.text.count("。")
        if setting.full(i) != a.ended:
            (goes_on if setting.full(i) else ends).append(b)
    if not ends:
        return setting
    indents = Counter(b.indent for b in ends if b.indent)
    marked = sum(indents.values()) >= 0.4 * len(ends)
    stray = bool(goes_on) and mean(b.indent > 0 for b in goes_on) > 0.2
    return replace(
        setting,
        indent=indents.most_common(1)[0][0] if marked and not stray else 0,
        spaced=mean(b.gap > 0 for b in ends) >= 0.6,
        sentences=sentences / len(ends),
    )


def _wrapping(lines: Sequence[Line]) -> Setting:
    """Wrap widths in the measure, characters or columns, in which the margin is straighter."""
    sizes = [line.room + line.indent for line in lines]
    margins, unit = _margins(lines, sizes, 10, 60), 1
    near, full = _straightness(margins, sizes, unit)
    if near < 0.95:
        columns = [_columns(line.text[:200]) + min(line.indent, 4) for line in lines]
        other = _margins(lines, columns, 20, 120)
        if _straightness(other, columns, 2)[0] > near + 0.03:
            margins, sizes, unit = other, columns, 2
            near, full = _straightness(margins, sizes, unit)
    slack = 0 if full >= 0.9 * near else unit
    return Setting(margins, sizes, unit, slack, Grams(lines))


def _columns(text: str) -> int:
    return sum(1 if char < "\u0370" else 2 for char in text)


def _open(line: Line) -> bool:
    return line.kind is not Kind.FURNITURE and not line.ended


def _margins(
    lines: Sequence[Line], sizes: Sequence[int], lowest: int, highest: int
) -> list[Widths]:
    """The usual sizes of open lines around, above and below each line, as far as there are such:
    articles and columns of one page may differ in width.
    """
    opens = [n if _open(line) else 0 for line, n in zip(lines, sizes, strict=True)]
    margins: list[Widths] = []
    for i in range(0, len(lines), _STEP):
        windows = (
            (slice(max(0, i - _FAR), i + _STEP + _FAR), 2, 0.3),
            (slice(max(0, i - _NEAR), i + _STEP), 3, 0.5),
            (slice(i, i + _STEP + _NEAR), 3, 0.5),
        )
        found = {
            _mode(opens[window], sizes[window], least, share, (lowest, highest))
            for window, least, share in windows
        }
        margins += [tuple(found - {0})] * min(_STEP, len(lines) - i)
    return margins


def _mode(
    opens: Sequence[int], sizes: Sequence[int], least: int, share: float, bounds: tuple[int, int]
) -> int:
    """The commonest size of open lines, 0 where too few lines have about that one or too many
    are longer.
    """
    counts = Counter(n for n in opens if bounds[0] <= n <= bounds[1])
    size = max(counts, key=lambda n: (counts[n], n), default=0)
    close = sum(counts[n] for n in (size - 1, size, size + 1))
    longer = sum(n > size + 2 for n in sizes)
    usual = close >= max(least, share * sum(n > 0 for n in opens))
    return size if usual and longer <= 0.2 * len(sizes) else 0


def _straightness(
    margins: Sequence[Widths], sizes: Sequence[int], unit: int
) -> tuple[float, float]:
    """Of the lines that aren't clearly short, the shares that end near a margin and that reach
    it. Stops may hang two characters over.
    """
    near = full = total = 0
    for widths, size in zip(margins, sizes, strict=True):
        width = min(widths, key=lambda w: abs(w - size), default=0)
        if width and size >= 0.75 * width:
            total += 1
            near += width - unit <= size <= width + 2 * unit
            full += width <= size <= width + 2 * unit
    return (near / total, full / total) if total else (0.0, 0.0)


class Grams:
    """Which characters stand together on a page, in its first million or so."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    @cached_property
    def _counts(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        left = 1_000_000
        for line in self._lines:
            text = line.text[:left]
            left -= len(text)
            for n in (1, 2, 3):
                counts.update(text[i : i + n] for i in range(len(text) - n + 1))
        return counts

    def bond(self, left: str, right: str) -> float:
        """How often the rarer of two characters stands in this pair, 0 to 10."""
        rarer = min(self._counts[left], self._counts[right])
        return 10 * self._counts[left + right] / (1 + rarer)

    def bridges(self, left: str, right: str) -> bool:
        """Whether three characters across a join stand together elsewhere."""
        return left[-2:] + right[0] in self._counts or left[-1] + right[:2] in self._counts
