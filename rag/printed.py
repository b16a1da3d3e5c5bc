"""Times as a paper prints them, written out by the calendar: 20日 -> 2023年7月20日. Pure.

A paper leaves year and month to its reader, who has the day at the top of the page. What is written
out is beside the paper's words, never instead of them, and nothing is where the words before leave
a doubt about the year: a false date is worse than a short one.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from rag.dates import calendar, number_value
from rag.types import Span

_NUMERAL = "0-9〇零一二三四五六七八九十廿"
_N = f"(?:[0-9]{{1,2}}|[{_NUMERAL[3:]}]{{1,3}})"
_YEARS = {"今年": 0, "本年": 0, "去年": -1, "前年": -2, "明年": 1, "后年": 2}
_MONTHS = {"本月": 0, "这个月": 0, "上月": -1, "上个月": -1, "下月": 1, "下个月": 1}
_DAYS = {
    **dict.fromkeys(("今天", "今日", "今晨", "今早", "今晚"), 0),
    **dict.fromkeys(("昨天", "昨日", "昨晚", "昨夜"), -1),
    **dict.fromkeys(("前天", "前日"), -2),
    **dict.fromkeys(("明天", "明日", "明晚", "明早"), 1),
    **dict.fromkeys(("后天", "后日"), 2),
}
_PART = {"晨": "早晨", "早": "早上", "晚": "晚上", "夜": "夜里"}

_WRITTEN = re.compile("[12][0-9]{3}年|[一二][〇零一二三四五六七八九]{3}年")
_TIME = re.compile(
    f"(?P<year>{'|'.join(_YEARS)})(?:的?(?P<ym>{_N})月(?:(?P<yd>{_N})[日号])?)?"
    f"|(?<![{_NUMERAL}年])(?P<m>{_N})月(?P<d>{_N})[日号]"
    f"|(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})(?:(?P<md>{_N})[日号])?"
    f"|(?P<day>{'|'.join(_DAYS)})"
    f"|(?<![{_NUMERAL}第月个每])(?P<bare>{_N})[日号](?!内|间|后|游|线|楼|院|馆|公告|文件|令)"
)
_DOUBT = re.compile(
    "去年|前年|明年|后年|上年|次年|翌年|同年|当年|那年|来年|上个?月|下个?月|次月|当月|年代|世纪"
)
_AHEAD = re.compile("将|计划|预计|拟|定于|有望|力争|争取|截止")
_FAR = timedelta(days=120)
"""A day without a year that is further off, in a sentence that does not look ahead, is a doubt."""

_MONTH = re.compile(f"(?<![{_NUMERAL}])({_N})月")


def in_full(text: str, words: Span, printed: date) -> str:
    """The words of an article's text with their times by the calendar; blank where they hold none
    that the day of printing completes, or what stands before them in the paragraph leaves a doubt.
    """
    start, end = words
    before = text[text.rfind("\n", 0, start) + 1 : start]
    said = text[start:end]
    if _DOUBT.search(before) or _WRITTEN.search(said) or _other_year(before, printed):
        return ""
    months = _MONTH.findall(before)
    month = number_value(months[-1]) if months else None
    ahead = bool(_AHEAD.search(f"{before[before.rfind('。') + 1 :]}{said}{text[end : end + 12]}"))
    doubt = False

    def written(match: re.Match[str]) -> str:
        nonlocal doubt
        made = _by_calendar(match, printed, month, ahead)
        doubt = doubt or made is None
        return made or match[0]

    full = _TIME.sub(written, said)
    return "" if doubt or full == said else full


def _other_year(before: str, printed: date) -> bool:
    years = (match[0][:-1] for match in _WRITTEN.finditer(before))
    return any(number_value(year) != printed.year for year in years)


def _by_calendar(match: re.Match[str], printed: date, month: int | None, ahead: bool) -> str | None:
    """What a time means; None when no calendar has such a day, or its year is in doubt."""
    groups = match.groupdict()
    if groups["year"]:
        year = printed.year + _YEARS[groups["year"]]
        return _parts(year, groups["ym"], groups["yd"])
    if groups["month"]:
        first = _months_on(printed, _MONTHS[groups["month"]])
        return _parts(first.year, str(first.month), groups["md"])
    if groups["day"]:
        word = groups["day"]
        return _form(printed + timedelta(days=_DAYS[word])) + _PART.get(word[-1], "")
    if groups["m"]:
        return _year_of(number_value(groups["m"]), groups["d"], printed, ahead)
    if month:
        return _year_of(month, groups["bare"], printed, ahead)
    around = (_months_on(printed, by) for by in (-1, 0, 1))
    days = [calendar(first.year, first.month, number_value(groups["bare"])) for first in around]
    known = [day for day in days if day]
    return _form(min(known, key=lambda day: abs(day - printed))) if known else None


def _year_of(month: int | None, day: str, printed: date, ahead: bool) -> str | None:
    """A day of a month in the year in which it is nearest, or in which it comes next."""
    days = [calendar(printed.year + by, month, number_value(day)) for by in (-1, 0, 1)]
    known = [found for found in days if found and (not ahead or found >= printed)]
    nearest = min(known, key=lambda found: abs(found - printed), default=None)
    if nearest is None or (abs(nearest - printed) > _FAR and not ahead):
        return None
    return _form(nearest)


def _parts(year: int, month: str | None, day: str | None) -> str | None:
    if month is None:
        return f"{year}年"
    number = number_value(month)
    if day is not None:
        found = calendar(year, number, number_value(day))
        return _form(found) if found else None
    return f"{year}年{number}月" if number and 1 <= number <= 12 else None


def _months_on(day: date, months: int) -> date:
    """The first of the month so many months later."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _form(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
