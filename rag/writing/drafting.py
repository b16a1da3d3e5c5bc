"""A generated answer as it grows: pieces in, checked sentences with their citations out. Pure.

The numbers in what a model writes are those of the passages in its prompt; the text that leaves
here carries those of the citations, in the order of their first use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.forms import normal
from rag.harmless import plain
from rag.types import Citation, Draft, Hit, Span, Statement
from rag.writing.check import Embed, Verdict, check
from rag.writing.prompt import REFUSAL_EN, REFUSAL_ZH
from rag.writing.segments import MARKER, Segment, Segments

_WORD = re.compile(r"\w")
_ITEM = re.compile(r"^(?:- |\d{1,3}[.)、．]\s*|[（(]\d{1,3}[）)]\s*)")
_RANGE = re.compile(r"(\d+)\s*[~–-]\s*\^?(\d+)")
_REFUSALS = frozenset(re.sub(r"\W", "", normal(text)) for text in (REFUSAL_ZH, REFUSAL_EN))


class Drafting:
    """Takes the pieces of a reply to a prompt with these passages and checks its sentences."""

    def __init__(self, passages: Sequence[Hit], embed: Embed) -> None:
        self.passages = passages
        self.refused = False
        self._embed = embed
        self._segments = Segments()
        self._text = ""
        self._statements: list[Statement] = []
        self._citations: list[Citation] = []

    @property
    def supported(self) -> bool:
        """Whether a sentence so far is supported."""
        return any(statement.problem is None for statement in self._statements)

    def feed(self, piece: str) -> Iterator[Draft]:
        """The draft with the piece as it came, then once more for each sentence that it ends."""
        ended = list(self._segments.feed(piece))
        pending = "".join(f"{s.gap}{s.text}" for s in ended) + self._segments.pending
        yield self.draft(plain(pending))
        yield from self._take(ended)

    def finish(self) -> Iterator[Draft]:
        """The last sentences."""
        yield from self._take(list(self._segments.finish()))

    def _take(self, segments: Sequence[Segment]) -> Iterator[Draft]:
        for i, segment in enumerate(segments):
            self._add(segment)
            rest = "".join(f"{s.gap}{s.text}" for s in segments[i + 1 :])
            yield self.draft(plain(rest + self._segments.pending))

    def draft(self, pending: str = "") -> Draft:
        """What has been checked so far, and what has not."""
        return Draft(
            text=self._text,
            statements=tuple(self._statements),
            citations=tuple(self._citations),
            pending=pending,
        )

    def _add(self, segment: Segment) -> None:
        body, numbers = unmarked(plain(segment.text))
        if not _WORD.search(body):
            return
        if re.sub(r"\W", "", normal(body)) in _REFUSALS and not self.supported:
            self.refused = True
        invented = tuple(n for n in numbers if not 1 <= n <= len(self.passages))
        named = [self.passages[n - 1] for n in numbers if n not in invented]
        if named:
            verdict = check(_ITEM.sub("", body), named, self._embed)
        else:
            verdict = Verdict(problem="invented" if invented else "uncited")
        cited = self._numbers(verdict, named)
        text = body + "".join(f"[{n}]" for n in cited)
        start = len(self._text) + len(segment.gap if self._text else "")
        self._text += (segment.gap if self._text else "") + text
        self._statements.append(
            Statement(
                start=start,
                end=start + len(text),
                numbers=cited,
                problem=verdict.problem,
                missing=verdict.missing,
                invented=invented,
            )
        )

    def _numbers(self, verdict: Verdict, named: Sequence[Hit]) -> tuple[int, ...]:
        numbers = [self._number(named[quote.passage], quote.span) for quote in verdict.quotes]
        return tuple(dict.fromkeys(numbers))

    def _number(self, hit: Hit, span: Span) -> int:
        """The number of the citation of these words, a new one where there is none yet."""
        for citation in self._citations:
            same = citation.article.id == hit.article.id
            if same and (citation.start, citation.end) == span:
                return citation.number
        number = len(self._citations) + 1
        self._citations.append(
            Citation(number=number, article=hit.article, start=span[0], end=span[1])
        )
        return number


def unmarked(text: str) -> tuple[str, tuple[int, ...]]:
    """The text without its citation numbers, and these, each once, in order. Square brackets that
    are left become wide ones: no number or link can be made of them.
    """
    numbers: list[int] = []
    while MARKER.search(text):
        for match in MARKER.finditer(text):
            numbers += _listed(match[1])
        text = MARKER.sub("", text)
    bare = text.replace("[", "［").replace("]", "］").strip()
    return bare, tuple(dict.fromkeys(numbers))


def _listed(numbers: str) -> list[int]:
    """1, 3 of ``1, 3``; 1, 2, 3 of ``1-3``."""
    numbers = numbers.replace("^", "")
    spread = _RANGE.sub(lambda m: _between(int(m[1]), int(m[2])), numbers)
    return [int(n) for n in re.findall(r"\d+", spread)]


def _between(first: int, last: int) -> str:
    if not first < last <= first + 20:
        return f"{first},{last}"
    return ",".join(str(n) for n in range(first, last + 1))
