"""Article to sentences to passages, as offsets into the article's text. Pure.

A sentence ends at 。！？…, at a Latin full stop before a space, or with its paragraph; closing
quotes belong to it, and so does a following attribution (“……！”王岚说。). What is longer than a
passage may be is cut at a comma, in the last resort anywhere, and its pieces count as sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.types import Article, Passage, Span

PASSAGE_CHARS = 300
_TITLE_CHARS = 60

_SENTENCE_END = re.compile(r"[。！？!?…]+[”’」』）)》】\"]*|\.(?=\s|$)[”’\"]?|\n+")
_ATTRIBUTION = re.compile(
    r"[^“”。！？!?，,：:\n]{1,40}?(?:说|表示|介绍|指出|认为|强调|坦言|透露|回忆|感慨|称|道)(?=[，,。：:])"
)
_CLOSERS = '”’」』"'
_CLAUSE_END = re.compile(r"[，,；;：:、\s]")


def sentences(text: str, limit: int = PASSAGE_CHARS) -> list[Span]:
    """The sentences of a text in order, without surrounding white space, at most ``limit`` long."""
    spans = []
    start = 0
    for end in _ends(text):
        spans.extend(_pieces(text, _trimmed(text, start, end), limit))
        start = end
    return spans


def passages(
    article: Article,
    limit: int = PASSAGE_CHARS,
    fits: Callable[[Sequence[str]], list[bool]] | None = None,
) -> list[Passage]:
    """Whole sentences packed into passages of at most ``limit`` characters.

    ``fits`` says of each text (as ``embedded_text`` makes it) whether the encoder takes it whole;
    passages that don't fit are halved, between sentences if they have several.
    """
    packed = _pack(sentences(article.text, limit), limit)
    while fits:
        verdicts = fits([embedded_text(article, group[0][0], group[-1][1]) for group in packed])
        if all(verdicts):
            break
        packed = [
            part
            for group, fit in zip(packed, verdicts, strict=True)
            for part in ([group] if fit else _halves(article.text, group))
        ]
    return [Passage(article_id=article.id, start=g[0][0], end=g[-1][1]) for g in packed]


def embedded_text(article: Article, start: int, end: int) -> str:
    """What the encoder reads for a passage: headline and date in front of its words."""
    day = (
        f"（{article.date.year}年{article.date.month}月{article.date.day}日）"
        if article.date
        else ""
    )
    title = article.title[:_TITLE_CHARS]
    return f"{title}{day}\n{article.text[start:end]}"


def _ends(text: str) -> list[int]:
    ends = []
    for match in _SENTENCE_END.finditer(text):
        closes_quote = match.group()[-1] in _CLOSERS
        if closes_quote and _ATTRIBUTION.match(text, match.end()):
            continue
        ends.append(match.end())
    return [*ends, len(text)]


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _pieces(text: str, span: Span, limit: int) -> list[Span]:
    """The span itself, or cuts of it that are at most ``limit`` long."""
    start, end = span
    pieces = []
    while end - start > limit:
        clauses = [m.end() for m in _CLAUSE_END.finditer(text, start + limit // 2, start + limit)]
        cut = clauses[-1] if clauses else start + limit
        pieces.append(_trimmed(text, start, cut))
        start = cut
    pieces.append(_trimmed(text, start, end))
    return [(a, b) for a, b in pieces if a < b]


def _pack(spans: list[Span], limit: int) -> list[list[Span]]:
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span[1] - groups[-1][0][0] <= limit:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups


def _halves(text: str, group: list[Span]) -> list[list[Span]]:
    if len(group) > 1:
        middle = len(group) // 2
        return [group[:middle], group[middle:]]
    start, end = group[0]
    if end - start < 2:
        raise ValueError(f"one character does not fit the encoder: {text[start:end]!r}")
    return [[piece] for piece in _pieces(text, group[0], (end - start + 1) // 2)]
