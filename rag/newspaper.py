"""A raw newspaper page -> its articles. Pure.

The page's lines are joined to paragraphs (`rag.paragraphs`), the beginnings of articles are found
(`rag.boundaries`), and what is printed at the head and foot of each article is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rag.boundaries import AUTHOR_MARKS, starts_of
from rag.dates import date_in_name, dates_in
from rag.lines import Line, lines_of
from rag.marks import NAMES, Kind, is_dateline, kind_of
from rag.paragraphs import Block, blocks_of, repair
from rag.types import Article, RawText

__all__ = ["articles_of", "repair"]

TITLE_MAX = 40
"""A title taken from the first sentence is cut to so many characters."""


def articles_of(raw: RawText, *, date: date | None = None) -> list[Article]:
    """The articles of a page or record, in the order of the text; none where it holds no words.

    ``date`` wins over ``raw.date``, that over a date printed on the page, that over one in the
    file's name. Raw spans are disjoint and ascending. What is in no article is furniture
    (mastheads, folios, notes) or an author line's mark. Never raises on any text.
    """
    lines = lines_of(raw.text)
    day = date or raw.date or _printed_date(lines, raw.path) or date_in_name(raw.path)
    if raw.record:
        return [_record(raw, lines, day)] if lines else []
    pages = _page_numbers(lines)
    blocks = blocks_of([line for line in lines if line.kind is not Kind.FURNITURE])
    bounds = [*starts_of(blocks), len(blocks)]
    articles = []
    for a, b in pairwise(bounds):
        head, body = _head(blocks[a:b])
        paragraphs = [block.text for block in body]
        author = head.author or raw.author
        articles.append(
            Article(
                title=head.title or first_sentence(paragraphs[0]),
                title_derived=not head.title,
                text="\n".join(paragraphs),
                subtitle=head.subtitle,
                author=author,
                byline=byline_of(paragraphs, author),
                date=day,
                source=raw.source,
                url=raw.url,
                path=raw.path,
                page=pages.get(blocks[a].first.feeds),
                raw_start=blocks[a].first.start,
                raw_end=blocks[b - 1].lines[-1].end,
            )
        )
    return articles


def _record(raw: RawText, lines: Sequence[Line], day: date | None) -> Article:
    """One row of a table: one article, whatever its lines look like."""
    paragraphs = [block.text for block in blocks_of(lines)]
    return Article(
        title=raw.title or first_sentence(paragraphs[0]),
        title_derived=not raw.title,
        text="\n".join(paragraphs),
        author=raw.author,
        byline=byline_of(paragraphs, raw.author),
        date=day,
        source=raw.source,
        url=raw.url,
        path=raw.path,
        raw_start=lines[0].start,
        raw_end=lines[-1].end,
    )


# --- heads --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Head:
    title: str | None = None
    subtitle: str | None = None
    author: str | None = None


_ANNOUNCES = re.compile(r"(?:强调|指出|要求|表示)$")


def _head(blocks: Sequence[Block]) -> tuple[_Head, Sequence[Block]]:
    """What is printed above an article's text, and the blocks of its text, at least one."""
    head = _Head()
    at = 0
    last = len(blocks) - 1
    if last and blocks[0].heading:
        head.title, at = blocks[0].text, 1
        if at < last and blocks[at].heading and not blocks[at].ended and _second_line(blocks):
            _add_line(head, blocks[at].text)
            at += 1
    while at < last and blocks[at].kind in (Kind.SUBTITLE, Kind.AUTHOR):
        if blocks[at].kind is Kind.SUBTITLE:
            head.subtitle = _joined(head.subtitle, blocks[at].text)
        else:
            head.author = _joined(head.author, blocks[at].text.lstrip(AUTHOR_MARKS).strip())
        at += 1
    return head, blocks[at:]


def _second_line(blocks: Sequence[Block]) -> bool:
    """Whether the second headline-like block belongs to the head, and is not the heading of the
    first of several sections.
    """
    below = blocks[2].kind in (Kind.SUBTITLE, Kind.AUTHOR, Kind.DATELINE)
    return below or not any(block.heading and not block.ended for block in blocks[2:])


def _add_line(head: _Head, line: str) -> None:
    """Adds a second line to a headline: its other half after a colon, the headline itself below a
    shoulder line that announces it, else a subtitle.
    """
    title = head.title or ""
    if title.endswith(("：", ":")):
        head.title = title + line
    elif _ANNOUNCES.search(title):
        head.title, head.subtitle = line, title
    else:
        head.subtitle = line


def _joined(first: str | None, second: str) -> str:
    return f"{first} {second}" if first else second


def first_sentence(text: str) -> str:
    """The first sentence without its full stop, cut to what fits a title."""
    match = re.match(r"[^。！？!?\n]{1,200}[。！？!?]?[”’」』）》]*", text)
    sentence = match[0].strip().removesuffix("。") if match else ""
    if not sentence:
        return text[:TITLE_MAX]
    if len(sentence) <= TITLE_MAX:
        return sentence
    cut = max(sentence.rfind(mark, 12, TITLE_MAX) for mark in "，；：、")
    return sentence[: cut if cut > 0 else TITLE_MAX - 1] + "…"


# --- bylines ------------------------------------------------------------------------------------

_IN_BRACKETS = re.compile(
    r"[（(【]\s*([^（()）。【】]{0,16}(?:记者|通讯员|作者)[^（()）。【】]{0,100}?)\s*[）)】]"
)
_REPORTER = re.compile(rf"(?:本报)?(?:见习|首席|特约)?记者\s*{NAMES}")
_ONLY_NAMES = re.compile(rf"[（(]\s*({NAMES})\s*[）)]$")


def byline_of(paragraphs: Sequence[str], author: str | None = None) -> str | None:
    """The reporters as printed: those of the dateline, else those at the end, in brackets or on a
    line of their own, else the author line; None where none are named.
    """
    first, last = paragraphs[0][:160], paragraphs[-1][-160:]
    if is_dateline(first) and (match := _IN_BRACKETS.search(first)):
        return match[1].strip()
    for match in _IN_BRACKETS.finditer(last):
        if match.end() == len(last) and not match[1].rstrip().endswith("摄"):
            return match[1].strip()
    if match := _ONLY_NAMES.search(last):
        return match[1].strip()
    if len(paragraphs) > 1 and kind_of(last) is Kind.AUTHOR:
        return last.lstrip(AUTHOR_MARKS).strip()
    if is_dateline(first) and (match := _REPORTER.match(first)):
        return match[0].strip()
    return author if author and "记者" in author else None


# --- dates and page numbers ---------------------------------------------------------------------

_DATELINE_DAY = re.compile(r".{0,24}?(\d{1,2})月\d{1,2}日(?:专|综合)?[电讯]")


def _printed_date(lines: Sequence[Line], path: str) -> date | None:
    """The date of the first folio that has one, else of the first dateline, its year taken from
    the file's name where it isn't printed; more than six months ahead is the year before.
    """
    for line in lines:
        if line.kind is Kind.FURNITURE:
            for _, day in dates_in(line.text):
                return day
    named = date_in_name(path)
    for line in lines:
        if line.kind is Kind.DATELINE and (match := _DATELINE_DAY.match(line.text)):
            year = named.year - (int(match[1]) > named.month + 6) if named else None
            for _, day in dates_in(match[0], year=year):
                return day
    return None


_NO_PAGE = re.compile(
    r"\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|今日\s*\d+\s*版|第\s*\d+\s*期"
)
_PAGE = re.compile(
    r"第\s*[A-Z]?(\d{1,3})\s*版|(?<!\d)[A-Z]?(\d{1,3})\s*版|[\u4e00-\u9fff][\s·|/]*[A-Z]?(\d{1,3})$"
    r"|^[A-Z]?(\d{1,3})(?:\s|$)|^[-—–·\s]*(\d{1,3})[-—–·\s]*$"
)


def _page_numbers(lines: Sequence[Line]) -> dict[int, int]:
    """Form feeds above -> page number: the folio's, counted on from the last folio where a page of
    several has none, else the place in the file. Empty for a single page without a folio.
    """
    printed: dict[int, int] = {}
    for line in lines:
        if line.kind is Kind.FURNITURE and line.feeds not in printed and len(line.text) <= 80:
            match = _PAGE.search(_NO_PAGE.sub(" ", line.text).strip())
            if match and (number := int(next(filter(None, match.groups())))):
                printed[line.feeds] = number
    pages: dict[int, int] = {}
    for feeds in range(lines[-1].feeds + 1 if lines else 0):
        counted = pages.get(feeds - 1, feeds) + 1
        pages[feeds] = printed.get(feeds, counted)
    return pages if printed or len(pages) > 1 else {}
