"""A stream of text, cut into sentences as it comes. Pure.

A sentence ends at a Chinese or Latin stop outside of quotation marks, or with its line. Closing
marks behind the stop belong to it, and so do citation numbers: “……三公里。[1][2]”. Where the stream
is cut into pieces makes no difference: an end is one only when what follows can't change it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.harmless import visible

LONGEST = 1000
"""Characters after which a sentence ends, whatever stands there."""

_OPEN, _CLOSE = "“「『", "”」』"
_NUMBERS = r"\^?\d{1,4}(?:\s{0,2}[,，、;；~–-]\s{0,2}\^?\d{1,4}){0,20}"
MARKER = re.compile(rf"[\[【［]\s{{0,2}}({_NUMBERS})\s{{0,2}}[\]】］]")
"""Citation numbers as models write them: [1], [1, 2], [1-3], 【1】, [^1]."""

_BEGUN = re.compile(r"[\[【［][\s\d,，、;；~–^-]{0,60}\Z")
_STOPS = "。！？!?…"
_STOP = re.compile(rf"[{_STOPS}]|\.(?=[\s\[【［”’\"')）]|\Z)|\n")
_TAIL = re.compile(rf"[{_STOPS}.]*[”’」』）)》】\"']*")
_BEHIND = re.compile(rf"(?:\s*{MARKER.pattern})+[。.]?")
_SHORT = re.compile(
    r"(?:\A|[\s(（.])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|Inc|Ltd|Co|Jr|Sr|etc)\Z|\A\s*\d{1,3}\Z"
)
_WORDS = re.compile(r"\w|[“”「」『』，,：:；;、]")


@dataclass(frozen=True, slots=True)
class Segment:
    """One sentence as it was written, with its numbers, and what stands between it and the one
    before: nothing, a space or a line feed.
    """

    gap: str
    text: str


class Segments:
    """Takes the pieces of a stream and gives its sentences."""

    def __init__(self) -> None:
        self.pending = ""

    def feed(self, piece: str) -> Iterator[Segment]:
        """The sentences that are complete with this piece."""
        self.pending += visible(piece.replace("\r\n", "\n").replace("\r", "\n"))
        return self._cut(final=False)

    def finish(self) -> Iterator[Segment]:
        """The rest, when no piece follows."""
        yield from self._cut(final=True)
        if self.pending.strip():
            yield _segment(self.pending)
        self.pending = ""

    def _cut(self, *, final: bool) -> Iterator[Segment]:
        while (end := _end(self.pending, final)) is not None:
            segment = _segment(self.pending[:end])
            self.pending = self.pending[end:]
            yield segment


def _segment(text: str) -> Segment:
    bare = text.lstrip()
    before = text[: len(text) - len(bare)]
    gap = "\n" if "\n" in before else " " if before else ""
    return Segment(gap, bare.rstrip())


def _end(text: str, final: bool) -> int | None:
    """Where the first sentence of a text ends; None while that is not sure."""
    begin = len(text) - len(text.lstrip())
    at = begin
    while match := _STOP.search(text, at, begin + LONGEST):
        end = _whole(text, match)
        behind = _BEHIND.match(text, end)
        end = behind.end() if behind else end
        if not final and _goes_on(text, end):
            return None
        if _ends(text, begin, match, end, marked=bool(behind)):
            return end
        at = max(end, match.end())
    return begin + LONGEST if len(text) >= begin + LONGEST else None


def _whole(text: str, stop: re.Match[str]) -> int:
    """The end of a stop with the stops and closing marks behind it."""
    if stop[0] == "\n":
        return stop.start()
    tail = _TAIL.match(text, stop.end())
    return tail.end() if tail else stop.end()


def _goes_on(text: str, end: int) -> bool:
    """Whether what may follow could still change where the sentence ends."""
    rest = text[end:].lstrip()
    return not rest or bool(_BEGUN.match(rest)) or len(text) == end


def _ends(text: str, begin: int, stop: re.Match[str], end: int, *, marked: bool) -> bool:
    if stop[0] == "\n" or marked:
        return True
    before = text[begin : stop.start()]
    if stop[0] == "." and _SHORT.search(before):
        return False
    said = text[begin:end]
    if sum(map(said.count, _OPEN)) > sum(map(said.count, _CLOSE)):
        return False
    quoted = text[end - 1] in _CLOSE and end > stop.end()
    return not (quoted and end < len(text) and _WORDS.match(text, end))
