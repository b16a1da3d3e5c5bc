"""Dates in running text and in file names, and the days a question speaks of. Pure.

Text is folded character for character (full-width digits and marks become ASCII), so offsets are
those of the text given. Every pattern repeats only what it bounds, so time grows with length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from functools import partial

from rag.types import Span

Period = tuple[date, date]
"""Two days, both included."""

_Build = Callable[["re.Match[str]", date], "Period | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMention:
    """A time that a question names: where its words stand, and the days meant, both included."""

    span: Span
    start: date
    end: date


_FOLD = str.maketrans("０１２３４５６７８９－／．：○Ｏ　～", "0123456789-/.:〇〇 ~")
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_DIGIT = "[一二三四五六七八九两]"
_UNITS = re.compile(
    f"(?:(?P<k>{_DIGIT})千)?(?P<z>[零〇])?(?:(?P<h>{_DIGIT})百)?(?P<y>[零〇])?"
    f"(?:(?P<t>{_DIGIT})?(?P<ten>十))?(?P<o>{_DIGIT})?"
)


def number_value(s: str) -> int | None:
    """The value of a number below 10,000 in digits or Chinese numerals, else None.

    Read: 12, １２, 十二, 两, 三十一, 廿六, 一百零五, and digit by digit 二〇二三. Not read: 二三
    and 一百五, which people mean as "two or three" and 150.
    """
    s = s.translate(_FOLD).replace("廿", "二十").replace("卅", "三十")
    if re.fullmatch("[0-9]{1,4}", s):
        return int(s)
    if s and all(c in _DIGITS for c in s):
        plain = len(s) in (1, 3, 4) or (len(s) == 2 and _DIGITS[s[0]] * _DIGITS[s[1]] == 0)
        return int("".join(str(_DIGITS[c]) for c in s)) if plain else None
    return _with_units(s)


def _with_units(s: str) -> int | None:
    m = _UNITS.fullmatch(s)
    if not m or not s:
        return None
    if m["o"] and (m["k"] or m["h"]) and not (m["ten"] or m["z"] or m["y"]):
        return None
    tens = (_DIGITS[m["t"]] if m["t"] else 1) if m["ten"] else 0
    thousands, hundreds, ones = (_DIGITS.get(m[g] or "零", 0) for g in "kho")
    return thousands * 1000 + hundreds * 100 + tens * 10 + ones


# Building blocks. _S: OCR and typists put spaces around the numbers of a date.
_S = "[ \t]{0,2}"
_NUMERAL = "0-9〇零一二三四五六七八九十廿卅"
_ALONE = f"(?<![{_NUMERAL}百千第])"
_N = f"(?:[0-9]{{1,2}}|[{_NUMERAL[3:]}]{{1,3}})"
_Y = "(?:[12][0-9]{3}|[一二][〇零一二三四五六七八九]{3})"
_NUMERIC = r"(?<![0-9.])(?P<y>[12][0-9]{3})(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})"

_NUMERIC_DATE = re.compile(_NUMERIC + r"(?![0-9]|\.[0-9])")
# So many years back from the running one, and on from the one named before.
_YEARS_BACK = {"今年": 0, "本年": 0, "去年": 1, "上年": 1, "上一年": 1, "前年": 2, "大前年": 3}
_YEARS_BACK |= {"明年": -1, "后年": -2}
_YEARS_ON = {"同年": 0, "当年": 0, "那年": 0, "次年": 1, "翌年": 1, "来年": 1}
_INSIDE = f"(?={_S}的?{_S}(?:{_N}{_S}月|[上下]半年|第?[一二三四1-4]季度|前|[初底末]))"
_YEAR_WORD = f"今年|本年|去年|大?前年|(?:[明后同当那次翌来]|上一?)年{_INSIDE}"
_YEAR = f"{_ALONE}(?P<y>{_Y}){_S}年|(?P<ry>{_YEAR_WORD})"
# After another year (民国十年, 08年) or calendar: the year is not known.
_NO_YEAR = "(?<!年)(?<!年的)(?<![农阴夏旧]历)"
_DAY_END = "(?:日|号(?![线楼院馆]))"
_CHINESE_DATE = re.compile(
    f"(?:(?:{_YEAR})的?{_S}|{_NO_YEAR}){_ALONE}(?P<m>{_N}){_S}月{_S}(?P<d>{_N}){_S}{_DAY_END}"
)
_LISTED = re.compile(f"{_S}[、和与及]{_S}")


def dates_in(text: str, *, year: int | None = None) -> list[tuple[Span, date]]:
    """The full dates that a text names, in order, none overlapping.

    Read: 2023年12月27日 (also 号, also in Chinese numerals), 2023-12-27, 2023/12/27, 2023.12.27,
    years 1000 to 2999; of 12月27日、28日 the first. With ``year``, the year the text was printed,
    also 12月27日 and 去年12月27日; what is listed with a date is of its year. Dates that no
    calendar has (2月30日) are left out.
    """
    folded = text.translate(_FOLD)
    matches = [*_NUMERIC_DATE.finditer(folded), *_CHINESE_DATE.finditer(folded)]
    found: list[tuple[Span, date]] = []
    for m in sorted(matches, key=lambda m: m.span()):
        listed = found and _LISTED.fullmatch(folded, found[-1][0][1], m.start())
        day = _date_of(m, found[-1][1].year if listed and not m.groupdict().get("ry") else year)
        if day and not (found and m.start() < found[-1][0][1]):
            found.append((m.span(), day))
    return found


def _date_of(m: re.Match[str], printed: int | None) -> date | None:
    groups = m.groupdict()
    year = number_value(groups["y"] or "")
    back = _YEARS_BACK.get(groups.get("ry") or "今年")
    if year is None and printed is not None and back is not None:
        year = printed - back
    return calendar(year, number_value(groups["m"]), number_value(groups["d"]))


def calendar(year: int | None, month: int | None, day: int | None) -> date | None:
    """The day of these numbers; None when one is not known or no calendar has such a day."""
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


# In names: 20231227, 2023122703 (a page number behind), 2023-12-27, 2023_12_27, 2023 12 27.
_NAME_DATES = (
    re.compile("(?<![0-9])(?P<y>(?:1[89]|2[01])[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?![0-9])"),
    re.compile(
        r"(?<![0-9])(?P<y>(?:1[89]|2[01])[0-9]{2})(?P<sep>[-_. ])(?P<m>[0-9]{1,2})(?P=sep)"
        "(?P<d>[0-9]{1,2})(?![0-9])"
    ),
    re.compile("(?<![0-9])(?P<y>(?:19|20)[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})[0-9]{2}(?![0-9])"),
)
# In folders, joined: 2023/12/27, 2023-12/27, 2023/12-27, 202312/27, 2023/1227, 2023年/12月/27日.
_FOLDER_DATES = (
    re.compile(
        "(?:^|/)(?P<y>(?:1[89]|2[01])[0-9]{2})(?:年/|[-_./年])(?P<m>[0-9]{1,2})(?:月/|[-_./月])"
        "(?P<d>[0-9]{1,2})日?$"
    ),
    re.compile("(?:^|/)(?P<y>(?:1[89]|2[01])[0-9]{2})(?P<m>[0-9]{2})/(?P<d>[0-9]{2})$"),
    re.compile("(?:^|/)(?P<y>(?:1[89]|2[01])[0-9]{2})/(?P<m>[0-9]{2})(?P<d>[0-9]{2})$"),
)


def date_in_name(name: str) -> date | None:
    """The date that a file name or path carries, or None.

    The last component is read first, then each folder above it, by itself and together with those
    above it (``2023/12/27/p3.txt``). In one component the first date counts. A run of digits is a
    date only when it has eight, or ten of which the last two are a page number; years 1800 to 2199.
    """
    parts = [p for p in re.split(r"[\\/]", name.translate(_FOLD_NAME)) if p]
    for last in range(len(parts) - 1, -1, -1):
        above = "/".join(parts[max(0, last - 2) : last])
        part = parts[last]
        stem = re.sub(r"\.[A-Za-z]{1,9}$", "", part)
        day = _date_in_part(part) or _first_date(_FOLDER_DATES, f"{above}/{stem}")
        if day:
            return day
    return None


# A full-width solidus is a character of a name, not a separator.
_FOLD_NAME = str.maketrans("０１２３４５６７８９－．＿", "0123456789-._")


def _date_in_part(part: str) -> date | None:
    days = dates_in(part)
    return _first_date(_NAME_DATES, part) or (days[0][1] if days else None)


def _first_date(patterns: tuple[re.Pattern[str], ...], text: str) -> date | None:
    days = (_date_of(m, None) for pattern in patterns for m in pattern.finditer(text))
    return next((day for day in days if day), None)


# Spans of days


def _days(year: int, first: int, last: int) -> Period:
    """From the first day of one month to the last of another, of one year."""
    after = date(year + last // 12, last % 12 + 1, 1)
    return date(year, first, 1), after - timedelta(days=1)


def _whole_year(year: int) -> Period:
    return _days(year, 1, 12)


def _months_back(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    first, last = _days(year, month + 1, month + 1)
    return min(first + timedelta(days=day.day - 1), last)


def _whole_week(day: date) -> Period:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def _latest(make: Callable[[int], Period], asked_on: date, summed: bool = False) -> Period | None:
    """The latest year's version that has begun on ``asked_on``; nine years reach a 29 February.
    What is ``summed`` up from January (1—11月) counts from its last month on.
    """
    for year in range(asked_on.year, asked_on.year - 9, -1):
        try:
            period = make(year)
        except ValueError:
            continue
        first, last = period
        if (last.replace(day=1) if summed and first.month == 1 else first) <= asked_on:
            return period
    return None


def _number(s: str | None, low: int, high: int) -> int:
    """The value of a numeral. Raises ValueError outside of the bounds, which drops the mention."""
    value = number_value(s or "")
    if value is None or not low <= value <= high:
        raise ValueError(s)
    return value


# Chinese: a year, a part of it, a month, a day

_EDGE = "初(?![中级步次代始夏秋冬春雪伏心一二三四五六七八九十])|[底末](?![特层线下部薪蕴气])"
_PART = f"上旬|中旬|下旬|{_EDGE}"
_JOIN = "(?:到|至|[-~—–]{1,2})"
_AND = f"{_S}(?:{_JOIN}|[、和与及]){_S}"
_HOUR = "(?:[0-9]{1,2}[时点]|[早晚夜晨]间?|[上下]午|凌晨|起|[（(]周.[）)])?"
_ABSOLUTE = re.compile(
    f"(?:(?:{_YEAR})度?(?:{_S}的)?{_S}|{_NO_YEAR})"
    "(?:"
    f"(?:{_ALONE}(?P<m>{_N}){_S}月份?|(?P<rm>上一?个?月|本月|这个?月)份?)"
    f"(?:{_S}的?{_S}(?P<d>{_N})(?:(?:{_S}{_DAY_END}{_HOUR})?{_AND}(?P<d2>{_N})){{0,3}}{_S}{_DAY_END}"
    f"|(?P<part>{_PART}))?"
    "|(?P<half>[上下])半年"
    f"|(?<!前)(?:(?<![{_NUMERAL}])第?(?P<q1>[一二三1-3])(?:{_S}季度)?(?:{_AND})?)?"
    f"第?(?P<q>[一二三四1-4]){_S}(?:(?<=第.)个)?季度(?!假)"
    f"|[前头](?P<fm>{_N}|两)个?月"
    f"|[前头](?P<fq>[一二两三23]){_S}个?季度"
    f"|(?:(?<![明后来次翌每同当那青少童幼成新龙百千{_NUMERAL}])年|(?<=年))(?P<edge>{_EDGE})"
    ")?"
)


def _absolute(m: re.Match[str], asked_on: date) -> Period | None:
    year = _stated_year(m, asked_on)
    make = partial(_part_of_year, m, asked_on)
    if m["rm"]:
        year = _relative_month(m["rm"], asked_on).year
    if year is None and (m["edge"] in ("底", "末") or m["fm"] or m.group() == "一月"):
        # Without a year 年底 is mostly one to come, 前三个月 the three just past, 一月 any month.
        return None
    return _latest(make, asked_on, bool(m["fq"] or m["q1"])) if year is None else make(year)


def _stated_year(m: re.Match[str], asked_on: date, n: str = "") -> int | None:
    if m["y" + n]:
        return _number(m["y" + n], 1800, 2199)
    back = _YEARS_BACK.get(m["ry" + n])
    return None if back is None else asked_on.year - back


def _relative_month(word: str, asked_on: date) -> date:
    return _months_back(asked_on, 1 if word.startswith("上") else 0)


def _part_of_year(m: re.Match[str], asked_on: date, year: int) -> Period:
    first, last = _months_of(m, asked_on)
    if m["d"]:
        day = date(year, first, _number(m["d"], 1, 31))
        return day, max(day, day.replace(day=_number(m["d2"] or m["d"], 1, 31)))
    start, end = _days(year, first, last)
    if not m["part"]:
        return start, end
    begin = {"上": 1, "初": 1, "中": 11}.get(m["part"][0], 21)
    return start.replace(day=begin), end if begin == 21 else start.replace(day=begin + 9)


def _months_of(m: re.Match[str], asked_on: date) -> tuple[int, int]:
    """First and last month of what a match names inside a year."""
    month = _relative_month(m["rm"], asked_on).month if m["rm"] else None
    if m["m"]:
        month = _number(m["m"], 1, 12)
    if month:
        return month, month
    if m["fm"] or m["fq"]:
        return 1, _number(m["fm"], 1, 12) if m["fm"] else 3 * _number(m["fq"], 1, 4)
    if m["q"]:
        quarter = _number(m["q"], 1, 4)
        return 3 * _number(m["q1"] or m["q"], 1, quarter) - 2, 3 * quarter
    return {"上": (1, 6), "下": (7, 12), "初": (1, 3), "底": (10, 12), "末": (10, 12)}.get(
        m["half"] or m["edge"] or "", (1, 12)
    )


# Ranges whose second half leaves out what the first says: 2023年1月到3月, 12月1日至5日, 1—11月.

_RANGE = re.compile(
    f"(?:(?:{_ALONE}(?P<y1>{_Y}){_S}年?|(?P<ry1>{_YEAR_WORD}))的?{_S}|{_NO_YEAR})"
    f"(?:(?<![{_NUMERAL}百千第])(?P<m1>{_N})(?:{_S}月份?(?:{_S}(?P<d1>{_N}){_S}[日号]?)?)?)?{_S}"
    f"{_JOIN}{_S}"
    f"(?:(?P<y2>{_Y}){_S}年|(?P<ry2>{_YEAR_WORD}))?的?{_S}"
    f"(?:(?P<m2>{_N}){_S}月份?)?(?:{_S}(?P<d2>{_N}){_S}[日号])?"
)


def _range(m: re.Match[str], asked_on: date) -> Period | None:
    first, second = (_stated_year(m, asked_on, n) for n in "12")
    depth1, depth2 = (bool(m["d" + n]) * 2 or bool(m["m" + n]) for n in "12")
    if depth1 != depth2 or (not depth1 and (first is None or second is None)):
        return None
    make = partial(_between, (m["m1"], m["d1"]), (m["m2"] or m["m1"], m["d2"]), second)
    return _latest(make, asked_on, summed=True) if first is None else make(first)


def _between(
    first: tuple[str, str | None], last: tuple[str, str | None], second: int | None, year: int
) -> Period:
    """From a month, or its day, of a year to one of the second, by default the same or the next."""
    start, end = _end_of_range(*first, year)[0], _end_of_range(*last, second or year)[1]
    if end < start and second is None and last[0] != first[0]:
        end = _end_of_range(*last, year + 1)[1]
    if end < start:
        raise ValueError(first, last)
    return start, end


def _end_of_range(month: str | None, day: str | None, year: int) -> Period:
    if not month:
        return _whole_year(year)
    number = _number(month, 1, 12)
    if not day:
        return _days(year, number, number)
    one = date(year, number, _number(day, 1, 31))
    return one, one


# Chinese: relative to the day of asking

AHEAD = timedelta(days=120)
"""How long before a day, a month or a quarter papers speak of it as one that comes."""

_DAY_WORDS = {"今": 0, "昨": 1, "前": 2, "大前": 3}
_DAY = re.compile(
    "(?<!年)(?<!年的)(?<!前的)(?P<w>大?前|昨|今)(?:天|日|(?<=[昨今])(?:晚|晨|早))"
    "(?:早上|晚上|上午|下午|中午|凌晨|[早晚上])?"
)
_WEEKDAY = "(?:[一二三四五六日]|(?<=[期拜])天)"
_WEEK = re.compile(
    "(?P<w>上上|上|本|这)(?:一?个|一)?(?:周|星期|礼拜)"
    "(?:(?!一[共直些带]|二十|三[亚峡]|四川|日[本均])"
    f"(?P<d>{_WEEKDAY})(?![名位个家起项条辆部批场次款艘])"
    f"(?:(?:{_AND})?(?:周|星期|礼拜)(?P<d2>{_WEEKDAY}))?|(?P<end>末))?"
)
_UNIT = "(?P<u>天|日|周|星期|礼拜|月|年)"
_AGO = re.compile(
    f"(?<![{_NUMERAL}百千第数几多余头])(?:(?P<n>[{_NUMERAL}百两]{{1,3}})|(?P<h>半))"
    "(?:(?P<u>天|个?周|个?星期|个?礼拜|个月|年))[以之]?前(?![后几])"
)
_RECENT = re.compile(
    f"(?:过去|最近|(?<![附接将临靠逼时达期续了已过隔职历])近)的?(?:(?P<n>[{_NUMERAL}百两]{{1,4}})|(?P<h>半))个?{_UNIT}"
    "(?![级制期龄半]|之久|的?时间|的?历史)"
)
_DECADE = re.compile(f"{_ALONE}(?P<y>[12][0-9]{{2}}0){_S}年代")
_QUARTER = re.compile("(?P<w>上一?个?|本|这个?)季度")


def _day(m: re.Match[str], asked_on: date) -> Period:
    day = asked_on - timedelta(days=_DAY_WORDS[m["w"]])
    return day, day


def _week(m: re.Match[str], asked_on: date) -> Period:
    weeks = {"上上": 2, "上": 1}.get(m["w"], 0)
    monday, sunday = _whole_week(asked_on - timedelta(weeks=weeks))
    if m["d"]:
        # 天 is found at -1, which is Sunday too.
        days = sorted("一二三四五六日".find(d) % 7 for d in (m["d"], m["d2"] or m["d"]))
        return monday + timedelta(days=days[0]), monday + timedelta(days=days[1])
    return (sunday - timedelta(days=1) if m["end"] else monday), sunday


def _amount(m: re.Match[str], unit: str) -> tuple[int, str]:
    """How many of which of the units d, w, m, y; half a year is six months."""
    if m["h"]:
        return {"y": (6, "m"), "m": (15, "d")}[unit]
    return _number(m["n"], 1, 400), unit


def _unit(word: str) -> str:
    return {"天": "d", "日": "d", "月": "m", "年": "y"}.get(word.lstrip("个"), "w")


def _back(asked_on: date, n: int, unit: str) -> date:
    if unit in "my":
        return _months_back(asked_on, n * (12 if unit == "y" else 1))
    return asked_on - timedelta(days=n * (7 if unit == "w" else 1))


def _around(day: date, unit: str) -> Period:
    """The day, week, month or year that a day is in."""
    if unit == "w":
        return _whole_week(day)
    if unit == "m":
        return _days(day.year, day.month, day.month)
    return _whole_year(day.year) if unit == "y" else (day, day)


def _ago(m: re.Match[str], asked_on: date) -> Period | None:
    word = m["u"]
    if m["h"] and word not in ("年", "个月"):
        return None
    n, unit = _amount(m, _unit(word))
    return _around(_back(asked_on, n, unit), unit)


def _recent(m: re.Match[str], asked_on: date) -> Period | None:
    word = m["u"]
    if m["h"] and word not in ("年", "月"):
        return None
    return _back(asked_on, *_amount(m, _unit(word))), asked_on


def _decade(m: re.Match[str], asked_on: date) -> Period:
    first = _number(m["y"], 1800, 2199)
    return date(first, 1, 1), date(first + 9, 12, 31)


def _quarter(m: re.Match[str], asked_on: date) -> Period:
    day = _months_back(asked_on, 3 if m["w"].startswith("上") else 0)
    first = (day.month - 1) // 3 * 3 + 1
    return _days(day.year, first, first + 2)


# English

_MONTH_NAMES = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_EN_AND = r"(?:\s*[-~–—]\s*|\s+(?:to|and|through|until)\s+)"
_MON = rf"(?<!long )\b(?P<mon>{_MONTH_NAMES})\b\.?(?!-(?-i:[a-z]))"
_MON_NAME = _MON.replace("may", "(?-i:M)ay").replace("mar(", "(?-i:M)ar(")  # not "Model 3 may"
_TO_MON = rf"(?:{_EN_AND}(?P<mon2>{_MONTH_NAMES})\b\.?)?"
_D, _TH = r"(?<!\d)(?P<d>\d{1,2})", "(?:st|nd|rd|th)"
_DAY_NUMBER = rf"{_D}{_TH}?(?:{_EN_AND}(?P<d2>\d{{1,2}}){_TH}?(?!\d|\s+(?-i:[a-z])))?\b"
_ORDINAL_DAY = rf"{_D}(?:{_TH}(?:\s+of)?|\s+of)"
_YEAR_AFTER = r"(?:(?:,|\s+of)?\s+(?P<y>[12]\d{3}\b|(?:last|this)(?=\s+year\b))(?:\s+year\b)?)"
_WITHOUT_YEAR = rf"(?!,?\s+\d|{_YEAR_AFTER}|{_EN_AND}(?:{_MONTH_NAMES})\b)"
_COUNTED = r"\s(?:(?:to|and) \d+ )?(?-i:(?!this|does)[a-z]{3,}s|people|children|yuan)\b"
_EN_YEAR = rf"(?P<y>(?:1[89]|2[01])\d\d)\b(?!-|{_COUNTED})"
_OF_MONTH = "|".join(rf"(?<=\b{w} )" for w in "since from to until between this".split())
_OF_A_YEAR = "|".join(rf"(?<=\b{w} )" for w in "of and before after through".split())
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNTS = "one two three four five six seven eight nine ten eleven twelve".split()
_COUNT = rf"(?P<n>an?|\d{{1,3}}|{'|'.join(_COUNTS)})"
_EN_UNIT = r"(?P<u>day|week|month|year)s?\b"


def _english(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def _month_named(m: re.Match[str], asked_on: date) -> Period | None:
    """December 26 2023, 26 to 28 December, March 2024, in March, January to June last year."""
    groups = m.groupdict()
    names = (groups["mon"], groups.get("mon2") or groups["mon"])
    first, last = ("janfebmaraprmayjunjulaugsepoctnovdec".index(n[:3].lower()) // 3 for n in names)
    day, day2 = groups.get("d"), groups.get("d2") or groups.get("d")
    make = partial(_between, (str(first + 1), day), (str(last + 1), day2), None)
    if y := groups.get("y"):
        year = _number(y, 1800, 2199) if y.isdigit() else asked_on.year - (y.lower() == "last")
        return make(year - (last < first))
    back = timedelta(days=asked_on.day if groups.get("last") else 0)
    return _latest(make, asked_on - back, summed=True)


def _year_named(m: re.Match[str], asked_on: date) -> Period:
    return _whole_year(_number(m["y"], 1800, 2199))


def _english_day(m: re.Match[str], asked_on: date) -> Period:
    day = asked_on - timedelta(days=(2 if m["two"] else 1) if m["y"] else 0)
    return day, day


def _english_unit(m: re.Match[str], asked_on: date) -> Period:
    unit = m["u"][0].lower()
    return _around(_back(asked_on, m["w"].lower() == "last", unit), unit)


def _english_weekday(m: re.Match[str], asked_on: date) -> Period:
    back = (asked_on.weekday() - _WEEKDAYS.index(m["d"].lower()) - 1) % 7 + 1
    day = asked_on - timedelta(days=back)
    return day, day


def _count(word: str | None) -> int:
    word = (word or "a").lower()
    if word in ("a", "an"):
        return 1
    return _COUNTS.index(word) + 1 if word in _COUNTS else _number(word, 1, 400)


def _english_ago(m: re.Match[str], asked_on: date) -> Period:
    unit = m["u"][0].lower()
    return _around(_back(asked_on, _count(m["n"]), unit), unit)


def _english_recent(m: re.Match[str], asked_on: date) -> Period:
    return _back(asked_on, _count(m["n"]), m["u"][0].lower()), asked_on


def _numeric(m: re.Match[str], asked_on: date) -> Period | None:
    day = _date_of(m, None)
    return (day, day) if day else None


def _year_and_month(m: re.Match[str], asked_on: date) -> Period:
    month = _number(m["m"], 1, 12)
    return _days(_number(m["y"], 1800, 2199), month, month)


_TIMES = f"{_N}{_S}(?:月份?(?:{_S}{_N}{_S}[日号])?|(?={_JOIN}))"
# What looks like a time and is none. These take their characters away from the rules above.
_NO_TIME = re.compile(
    "上上个?月|(?:历史上的|时至|直到)今[天日]|[如当现而]今|[目此以之当日提空史生赛会战眼跟]前|近日|近期|近来|近年"
    "|[同哪某任另]一个?(?:年|月份?|周|天|日)"
    "|今日(?=头条|俄罗斯|说法|关注|美国|中国|视点|论坛)|今晚报|昨日重现"
    f"|(?:(?:每|历|往|常)年[从自的]?|每逢)(?:{_TIMES}(?:{_AND}(?:[次翌来]年)?{_TIMES}){{0,3}})?"
    f"|每个?(?:月|周|星期|礼拜)[{_NUMERAL}]{{0,3}}[日号天]?"
    "|今年轻|前年[轻龄度]|去年轻|[失过]去年|前天[津文空主]|今天津|前日本"
    "|[日基资成样版剧]本(?=[年月周季])|[以网线海路天登]上(?=[月周季])|上月[球亮]"
    "|[上本]周[年刊报期边转岁]|[本这]周[年岁]|[本上]月刊"
    f"|{_Y}{_S}年(?:[版款式]|的?历史)|(?:2[0-9]|1[89])[0-9]{{2}}-[0-9]{{2}}{_S}(?:赛季|财年|学年)"
    f"|{_N}月(?:革命|[天花龄薪均供饼亮球]|[初十]?[一二三四五六七八九十](?![日号十]))"
    f"|去年{_S}的?同期|去年相比"
)

_RULES: tuple[tuple[re.Pattern[str], _Build], ...] = (
    (_NO_TIME, lambda m, asked_on: None),
    (_RANGE, _range),
    (_ABSOLUTE, _absolute),
    (_DAY, _day),
    (_WEEK, _week),
    (_AGO, _ago),
    (_RECENT, _recent),
    (_DECADE, _decade),
    (_QUARTER, _quarter),
    (_NUMERIC_DATE, _numeric),
    (
        re.compile(r"(?<![0-9.-])(?P<y>(?:1[89]|2[01])[0-9]{2})-(?P<m>[01][0-9])(?![0-9-])"),
        _year_and_month,
    ),
    (_english(rf"{_MON}\s+{_DAY_NUMBER}{_YEAR_AFTER}?"), _month_named),
    (_english(rf"{_ORDINAL_DAY}\s+{_MON}{_YEAR_AFTER}?"), _month_named),
    (_english(rf"{_DAY_NUMBER}\s+{_MON_NAME}{_YEAR_AFTER}?"), _month_named),
    (_english(rf"{_MON}{_TO_MON}{_YEAR_AFTER}"), _month_named),
    # Without a year the month needs a word before it: "may" and "march" are verbs too.
    (_english(rf"\b(?:in|during|(?P<last>last))\s+{_MON}{_TO_MON}{_WITHOUT_YEAR}"), _month_named),
    (_english(rf"(?:{_OF_MONTH}){_MON_NAME}{_TO_MON}{_WITHOUT_YEAR}"), _month_named),
    (_english(rf"(?:\b(?:in|during|year)\s+|{_OF_MONTH}|{_OF_A_YEAR}){_EN_YEAR}"), _year_named),
    (_english(r"\b(?:(?P<two>(?:the )?day before )?(?P<y>yesterday)|today)\b"), _english_day),
    (_english(r"\b(?P<w>last|this)\s+(?P<u>week|month|year)\b(?!\s+of\b)"), _english_unit),
    (_english(rf"\blast\s+(?P<d>{'|'.join(_WEEKDAYS)})\b"), _english_weekday),
    (_english(rf"(?<![\w,.-])(?<!half )(?<!over ){_COUNT}\s+{_EN_UNIT}\s+ago\b"), _english_ago),
    (_english(rf"\b(?:past|last)\s+(?:{_COUNT}\s+)?{_EN_UNIT}(?!\s+of\b)"), _english_recent),
)

_JOINED = re.compile(rf"\s*(?:{_JOIN}|to|until|through|and)\s*", re.IGNORECASE)
_SINCE = re.compile("以[来后]|[至迄]今|[到至]现在|之后|后(?![续来半卫勤果方备])|起(?=[,，。？?]|$)")
_SINCE_BEFORE = re.compile(r"\b(?:since|after)\s$", re.IGNORECASE)
# What is before a time, or compares with it, asks about another one. The time stands at \0.
_NOT_IT = re.compile(
    f"\0(?:以前|之前|前(?![所百大首总往来去方{_NUMERAL}])|为止|同(?:期|月|时期)|相比"
    f"|的?[0-9.几{_DIGIT[1:-1]}]{{1,4}}倍)"
    "|[与同跟和]\0(?:比|一样|持平|差不多)"
    "|(?:[比较]|(?<![\u4e00-\u9fff])超|[远已]超|超过|高于|低于|不[如及]|相[比对当]于|比起)\0"
    r"|\b(?:(?:before|until|till|by|prior to)(?: the)?(?: end of)?|than|over|versus"
    r"|compared (?:to|with)|same (?:period|time)(?: of| in)?|(?:up|down)(?: [^ ]+)? from)\s\0",
    re.IGNORECASE,
)
_ORIGIN = re.compile("(?:成立|建[立成]|创[办立建]|投产|投用|开业|出生|毕业|上市)的")


def period_in(question: str, asked_on: date, printed: date | None = None) -> TimeMention | None:
    """The days that a question speaks of, or None when it names no time.

    Years, months, quarters, halves and weeks (from Monday) are whole calendar ones, also the
    running one: 今年 ends on 31 December, 本周 on Sunday. Without a year, 12月26日, 3月, 一季度,
    上半年 and "in March" are the latest that has begun on ``asked_on``, or on the last day that the
    papers were ``printed``, if that is before; 前三季度 and 1—11月 the latest of which the last
    month has. A day, month or quarter that comes within ``AHEAD`` of that day is no time of papers,
    but what they announce.

    - 上旬 or 初: days 1-10; 中旬: 11-20; 下旬, 底 or 末: from 21. 年初: January to March;
      2023年底 or 去年年末: October to December. 前三季度 and 2023年前11个月: from January.
    - 三天前, "3 days ago": that day; 两周前, 三个月前, 四年前: the calendar week, month or year of
      that day; 半年前: the month six months back.
    - 过去一周, 最近三个月, 近半年, "past week": from the same day so much earlier, to ``asked_on``.
    - 上周五: the Friday of last week; 上周末: Saturday and Sunday; "last Friday": the latest before
      ``asked_on``. A weekday alone is no time, nor is 26日 alone.
    - 1990年代: its ten years. 2023年1月到3月, 1—11月, 2020—2023年, "between 2021 and 2023": all
      days between.
    - 3月以来, 2023年之后, "since March": from its first day to ``asked_on`` or its own last day.

    None: 近日, 最近, 每年, 10年来, 农历八月, durations (历时两年), questions for the time
    (几月几日), 2023年以前, what something is compared with (比去年, 去年同期), and any time that
    begins after ``asked_on``: no paper printed then can be in an archive, so the question is about
    it.

    Of several times, one that contains another gives way to the more precise; a month or day
    without a year belongs to a year named before it in its sentence (去年 ... 12月26日) or listed
    with it (2022年3月和5月), and 2021年成立的 is no time beside another. Where times remain apart,
    the answer runs from the earliest day to the latest, so that neither is cut off; ``span`` is
    then that of the first.
    """
    text = question.translate(_FOLD)
    last = asked_on if printed is None else min(asked_on, printed)
    mentions = _joined(text, _resolved(text, asked_on, last))
    spoken = _in_contexts(text, mentions, asked_on)
    timely = [m for m in spoken if not _ORIGIN.match(text, m.span[1])]
    precise = _most_precise(timely or spoken)
    if not precise:
        return None
    return TimeMention(
        span=precise[0].span, start=min(m.start for m in precise), end=max(m.end for m in precise)
    )


def periods_in(text: str, printed: date) -> list[TimeMention]:
    """The days that a text printed on a day speaks of, as far as they had begun: each expression by
    itself, in order.
    """
    folded = text.translate(_FOLD)
    return _in_contexts(folded, _resolved(folded, printed, printed), printed)


_TOGETHER, _STOP = re.compile(_AND), re.compile("[。！？!?；;\n]")


def _resolved(text: str, asked_on: date, last: date) -> Iterator[TimeMention]:
    """Expressions that name days, from left to right; of two that overlap the longer first one.
    Those without a year are of the year named before them, else the latest begun on ``last``.
    """
    found = [
        (m.start(), -m.end(), n, m) for n, (p, _) in enumerate(_RULES) for m in p.finditer(text)
    ]
    taken = at = 0
    named, holds = None, False
    for start, _, n, m in sorted(found, key=lambda f: f[:3]):
        if start < taken or not m.group():
            continue
        if _STOP.search(text, at, start):
            named, holds = None, False
        at = start
        pattern, build = _RULES[n]
        reach = _reach(text, m, named, holds)
        period = _built(build, m, reach or (last if _yearless(m) else asked_on))
        # A range that is none gives its characters back; what else names no days keeps them.
        if period or pattern is not _RANGE:
            taken = m.end()
        if not period:
            continue
        end = start + len(m.group().rstrip(" \t的"))
        mention = TimeMention(span=(start, end), start=period[0], end=period[1])
        begun = mention.start <= asked_on and (reach or not _announced(m, build, last))
        if begun:
            yield mention
        if not _yearless(m) and (turned := _in_context(text, mention, asked_on)):
            whole = period == _whole_year(period[0].year) and not _ORIGIN.match(text, end)
            named, holds = mention, bool(begun and turned == mention and whole)
        elif not holds:
            named = mention if reach else None


def _reach(text: str, m: re.Match[str], named: TimeMention | None, holds: bool) -> date | None:
    """The last day of the year that a match is of by what is ``named`` before it: if that year
    ``holds``, or both are listed or joined, or a word goes on from it.
    """
    groups = m.groupdict()
    for word in {str(groups.get(g)) for g in ("ry", "ry1", "ry2")} & _YEARS_ON.keys():
        year = named.start.year if named else 2900  # which no paper speaks of
        return date(min(year + _YEARS_ON[word], MAXYEAR), 12, 31)
    if named and _yearless(m) and (holds or _TOGETHER.fullmatch(text, named.span[1], m.start())):
        return date(named.start.year, 12, 31)
    return None


def _announced(m: re.Match[str], build: _Build, last: date) -> bool:
    """Whether a match names days without their year that come soon after the last one. Half a year,
    and more than a month from January on, are rather those past.
    """
    soon = _built(build, m, min(last, date.max - AHEAD) + AHEAD) if _yearless(m) else None
    if soon is None or soon[0] <= last:
        return False
    return soon[1] - soon[0] < timedelta(days=31 if soon[0].month == 1 else 100)


def _yearless(m: re.Match[str]) -> bool:
    """Whether a match names a month or a part of a year, but not which year."""
    groups = m.groupdict()
    years = (groups.get(g) for g in ("y", "ry", "rm", "y1", "ry1", "y2", "ry2", "last"))
    return bool(groups.keys() & {"m", "m1", "mon"}) and not any(years)


def _built(build: _Build, m: re.Match[str], asked_on: date) -> Period | None:
    try:
        return build(m, asked_on)
    except (ValueError, OverflowError):  # 13月, 2月30日, a year before the calendar
        return None


def _joined(text: str, mentions: Iterator[TimeMention]) -> list[TimeMention]:
    """Mentions with those put together that a word like 到 joins into a range."""
    out: list[TimeMention] = []
    for m in mentions:
        if out and _JOINED.fullmatch(text, out[-1].span[1], m.span[0]):
            first = out.pop()
            span = (first.span[0], m.span[1])
            m = TimeMention(span=span, start=_moved_before(first.start, m.start), end=m.end)
        out.append(m)
    return out


def _moved_before(start: date, limit: date) -> date:
    """A start whose year was left out ("from March to May 2024") is put before the range's end."""
    if start <= limit:
        return start
    for year in (limit.year, limit.year - 1):
        moved = calendar(year, start.month, start.day)
        if moved and moved <= limit:
            return moved
    return limit


def _in_contexts(text: str, mentions: Iterable[TimeMention], asked_on: date) -> list[TimeMention]:
    """The mentions as the words around them turn them, without those that they reject."""
    return [turned for m in mentions if (turned := _in_context(text, m, asked_on))]


def _in_context(text: str, m: TimeMention, asked_on: date) -> TimeMention | None:
    """The mention as the words around it turn it: since it, before it, compared with it."""
    start, end = m.span
    before = text[max(0, start - 24) : start]
    since = _SINCE.match(text, end)
    if since or _SINCE_BEFORE.search(before):
        span = (start, since.end() if since else end)
        return TimeMention(span=span, start=m.start, end=max(m.end, asked_on))
    if _NOT_IT.search(f"{before}\0{text[end : end + 8]}"):
        return None
    return m


def _most_precise(mentions: list[TimeMention]) -> list[TimeMention]:
    """Those that contain no other; of equal ones the first."""
    return [
        m
        for i, m in enumerate(mentions)
        if not any(
            m.start <= o.start
            and o.end <= m.end
            and ((m.start, m.end) != (o.start, o.end) or j < i)
            for j, o in enumerate(mentions)
            if j != i
        )
    ]
