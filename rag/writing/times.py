"""Days and times of day that a sentence names, compared with those of a passage. Pure.

What a paper leaves to its reader is read with the day on which it was printed: 26日, 去年, 昨天.
Text is folded character for character (`rag.writing.amounts.evened`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rag.dates import number_value
from rag.passages import sentences
from rag.printed import in_full
from rag.types import Article, Span
from rag.writing.amounts import evened

Parts = tuple[int | None, int | None, int | None]
"""Year, month and day, as far as they are said."""

_AWAY = {"去年": -1, "上年": -1, "今年": 0, "本年": 0, "前年": -2, "明年": 1}
_N = "(?:[0-9]{1,2}|[一二三四五六七八九十廿]{1,3})"
_Y = "(?:[12][0-9]{3}|[一二][〇零一二三四五六七八九]{3})"
_DATE = re.compile(
    "(?<![0-9])(?P<iy>[12][0-9]{3})[-/.](?P<im>[0-9]{1,2})[-/.](?P<id>[0-9]{1,2})(?![0-9])"
    f"|(?<![0-9一二三四五六七八九十百千])(?:(?P<y>{_Y})年|(?P<w>{'|'.join(_AWAY)})的?)?"
    f"(?P<m>{_N})月份?(?!子)(?:(?P<d>{_N})[日号])?"
    f"|(?<![0-9])(?P<oy>{_Y})年(?![间代]|来)"
    f"|(?P<ow>{'|'.join(_AWAY)})"
    f"|(?<![0-9一二三四五六七八九十百千第月个每])(?P<bd>{_N})(?:日(?!内|间|后|游)"
    "|号(?![\u4e00-\u9fff]{0,4}?(?:线|楼|院|馆|仓|厅|店|桥|公告|文件|令|洪峰|挂号|小行星)))"
)
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_M = "|".join(_MONTHS)
_ENGLISH = re.compile(
    rf"\b(?P<m>{_M})(?:\s+(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?\b)?"
    r"(?:,?\s+(?:of\s+)?(?P<y>[12][0-9]{3}))?"
    rf"|\b(?P<d2>[0-9]{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{_M})"
    r"(?:,?\s+(?P<y2>[12][0-9]{3}))?|\b(?:in|of|since|year)\s+(?P<y3>[12][0-9]{3})\b"
)
_CLOCK = re.compile(
    "(?P<part>上午|下午|午后|凌晨|清晨|早上|早晨|中午|傍晚|晚上|晚间|夜里|夜间|晚|早|夜)?"
    r"(?<![0-9:第])(?:(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?![0-9:])"
    "|(?P<ch>[0-9]{1,2}|[零一二三四五六七八九十两]{1,3})[点时](?![间代候期段速意要建看])"
    f"(?:(?P<q>[一三])刻|(?P<half>半)|(?P<cm>{_N})分?)?)"
    r"(?:\s?(?P<ap>[ap])\.?m\b\.?)?"
)
_LATE = ("下午", "午后", "傍晚", "晚上", "晚间", "夜里", "夜间", "晚", "夜")
_PRINTING = re.compile(r"报道|刊登|刊发|见报|消息|报纸|报载|report|publish|print")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day or a part of one, as it is said. ``away``: years from the day of printing."""

    span: Span
    parts: Parts
    away: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time of day. ``sure``: whether it is said which half of the day is meant."""

    span: Span
    minutes: int
    sure: bool


def days(even: str) -> Iterator[Day]:
    """The days that a folded text names."""
    for match in _ENGLISH.finditer(even):
        groups = match.groupdict()
        month = groups["m"] or groups["m2"]
        year = groups["y"] or groups["y2"] or groups["y3"]
        day = groups["d"] or groups["d2"]
        parts = (_int(year), _MONTHS.index(month) + 1 if month else None, _int(day))
        yield Day(span=match.span(), parts=parts)
    for match in _DATE.finditer(even):
        groups = match.groupdict()
        year = number_value(groups["iy"] or groups["y"] or groups["oy"] or "")
        month = number_value(groups["im"] or groups["m"] or "")
        day = number_value(groups["id"] or groups["d"] or groups["bd"] or "")
        away = _AWAY.get(groups["w"] or groups["ow"] or "")
        if (month or 1) <= 12 and (day or 1) <= 31:
            yield Day(span=match.span(), parts=(year, month, day), away=away)


def days_of(article: Article, start: int, end: int) -> Iterator[Parts]:
    """The days that a part of an article or its headline names, read with the day of printing."""
    printed = article.date
    texts = [article.title, article.subtitle or "", article.text[start:end]]
    if printed:
        spans = sentences(article.text[start:end])
        texts += [in_full(article.text, (start + a, start + b), printed) for a, b in spans]
    for text in texts:
        for day in days(evened(text)):
            yield dated(day, printed)


def dated(day: Day, printed: date | None) -> Parts:
    """The parts of a day, with the year that 去年 is in a paper of that date."""
    if day.away is None or printed is None:
        return day.parts
    return printed.year + day.away, *day.parts[1:]


def is_day(day: Day, sentence: str, known: frozenset[Parts], printed: date | None) -> bool:
    """Whether a day of a sentence is one of those that a passage names, or where the sentence
    speaks of a report, the day of printing.
    """
    parts = dated(day, printed)
    if day.away is not None and printed is None:
        return False
    if printed and _PRINTING.search(sentence):
        known |= {(printed.year, printed.month, printed.day)}
    if parts[1:] == (None, None) and printed and parts[0] == printed.year:
        return True
    return any(agrees(parts, other, known, printed) for other in known)


def agrees(parts: Parts, other: Parts, known: frozenset[Parts], printed: date | None) -> bool:
    """Whether all that is said of a day is so of the other; what a paper leaves out there is what
    it says elsewhere, or that of the day of printing.
    """
    year, month, day = parts
    if day is not None and day != other[2]:
        return False
    if month is not None and month != other[1]:
        months = {one[1] for one in known} | {printed.month if printed else None}
        if other[1] is not None or month not in months:
            return False
    if year is not None and year != other[0]:
        years = {one[0] for one in known} | {printed.year if printed else None}
        return other[0] is None and year in years
    return True


def clocks(even: str) -> Iterator[Clock]:
    """The times of day that a folded text names."""
    for match in _CLOCK.finditer(even):
        hour = number_value(match["h"] or match["ch"])
        minute = number_value(match["m"] or match["cm"] or "0")
        if hour is None or minute is None or hour > 24 or minute > 59:
            continue
        minute = 30 if match["half"] else {"一": 15, "三": 45}.get(match["q"] or "", minute)
        late = (match["part"] or "") in _LATE or match["ap"] == "p"
        hour += 12 if late and hour < 12 else 0
        sure = bool(match["part"] or match["ap"]) or hour > 12
        yield Clock(span=match.span(), minutes=hour * 60 + minute, sure=sure)


def same_clock(said: Clock, other: Clock) -> bool:
    """Whether two times of day are one, for all that is said; midnight ends one day and begins the
    next.
    """
    if said.minutes % 1440 == other.minutes % 1440:
        return True
    return not (said.sure and other.sure) and said.minutes % 720 == other.minutes % 720


def _int(digits: str | None) -> int | None:
    return int(digits) if digits else None
