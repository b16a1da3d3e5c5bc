"""What a sentence claims that a passage must hold: numbers, dates, times, names, addresses. Pure.

Forms don't count: 二点一万 is 21,000, 晚9时35分 is 21:35, 去年 is 2023年 in a paper of 2024, 四成
is 40%, 约6.3万 may be 62,817. Names are found as far as rules reach: what stands in quotation
marks, Latin words, persons beside a title or a verb of speech, places and bodies by how they end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from rag.asks import SURNAMES
from rag.dates import number_value
from rag.forms import normal
from rag.passages import sentences
from rag.printed import in_full
from rag.terms import fold, has_chinese
from rag.types import Article, Span

Kind = Literal["number", "date", "clock", "quoted", "latin", "person", "place", "address"]
Day = tuple[int | None, int | None, int | None]
"""Year, month and day, as far as they are said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Words of a sentence that a passage must hold. ``span`` is theirs in the sentence."""

    kind: Kind
    span: Span
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A number with what it counts. ``about``: 0 exact, -1 the true one is less, 1 more, 2 near."""

    value: Decimal
    unit: str
    about: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a text that may support a sentence holds, ready to be compared."""

    text: str
    folded: str
    squashed: str
    days: frozenset[Day]
    printed: date | None
    clocks: frozenset[tuple[int, bool]]
    amounts: tuple[Amount, ...]


# Numbers

_CJK = "〇零一二两三四五六七八九十百千"
_NUMERAL = rf"[0-9]+(?:,[0-9]{{3}})*(?:\.[0-9]+)?|[{_CJK}]+(?:点[{_CJK}]+)?|半"
_UNITS: dict[str, tuple[str, str]] = {
    "毫米": ("length", ".001"), "厘米": ("length", ".01"), "公分": ("length", ".01"),
    "平方公里": ("area", "1000000"), "平方米": ("area", "1"), "公顷": ("area", "10000"),
    "亩": ("area", "666.67"), "立方米": ("volume", "1"), "公里": ("length", "1000"),
    "千米": ("length", "1000"), "米": ("length", "1"), "公斤": ("mass", "1"), "千克": ("mass", "1"),
    "克": ("mass", ".001"), "吨": ("mass", "1000"), "斤": ("mass", ".5"),
    "分钟": ("minutes", "1"), "小时": ("minutes", "60"), "钟头": ("minutes", "60"),
    "个小时": ("minutes", "60"), "个钟头": ("minutes", "60"), "分": ("minutes", "1"),
    "秒": ("minutes", ".0166666667"), "个月": ("months", "1"), "年": ("months", "12"),
    "个星期": ("days", "7"), "周": ("days", "7"), "天": ("days", "1"), "日": ("days", "1"),
    "岁": ("age", "1"), "美元": ("dollar", "1"), "元": ("money", "1"), "块钱": ("money", "1"),
    "个百分点": ("points", "1"), "%": ("percent", "1"), "‰": ("percent", ".1"),
    "成": ("percent", "10"), "倍": ("times", "1"), "℃": ("degree", "1"), "摄氏度": ("degree", "1"),
    "km": ("length", "1000"), "kilometers": ("length", "1000"), "kilometres": ("length", "1000"),
    "metres": ("length", "1"), "meters": ("length", "1"), "minutes": ("minutes", "1"),
    "hours": ("minutes", "60"), "seconds": ("minutes", ".0166666667"), "tonnes": ("mass", "1000"),
    "tons": ("mass", "1000"), "percent": ("percent", "1"), "yuan": ("money", "1"),
    "months": ("months", "1"), "years": ("months", "12"), "days": ("days", "1"),
    "weeks": ("days", "7"),
}  # fmt: skip
_COUNTS = (
    "名位个人户套件条部届期号集节座台辆架艘家所间栋层级本册张种项类批次趟班场站届盒箱棵株头只支"
    "枚颗枝把道处口点份篇段首幅组队组桌步圈弯格轮回代遍字页版番等度尺寸里顿"
)
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_MORE = "多|余|来"
_AMOUNT = re.compile(
    rf"(?P<ordinal>第)?(?P<percent>百分之)?(?P<n>{_NUMERAL})(?P<more1>{_MORE})?(?P<scale>[万亿千百]{{0,3}})"
    rf"(?P<more2>{_MORE})?\s?(?:(?P<unit>{_UNIT})(?P<half>半)?|(?P<count>[{_COUNTS}]))?"
)
_FRACTION = re.compile(f"([{_CJK}]+|[0-9]+)分之([{_CJK}]+|[0-9]+)")
_SCALES = {"万": 10**4, "亿": 10**8, "千": 1000, "百": 100}
_ABOUT = {
    2: re.compile(r"(?:约|大约|左右|上下|大概|about|around|roughly|approximately|some)\s*$"),
    -1: re.compile(r"(?:近|将近|接近|不到|不足|nearly|almost|less than|under)\s*$"),
    1: re.compile(r"(?:超过|逾|多达|突破|高于|more than|over|exceed(?:s|ed|ing)?)\s*$"),
}
_AFTER = re.compile(r"\s*(?:左右|上下|以上)")
_ONE = re.compile("[期号届次名等级成倍线日月年集部步层半分]")
"""Behind a lone 一 these make it a number; elsewhere it mostly is none (一些, 一起)."""

_IDIOMS = ("十分", "两点", "三点", "两口", "三番", "两边")
_NEAR, _ROUGH = Decimal("0.05"), Decimal("0.1")

# Days and times

_WORDY = {"去年": -1, "上年": -1, "今年": 0, "本年": 0, "前年": -2, "明年": 1}
_N = "(?:[0-9]{1,2}|[一二三四五六七八九十廿]{1,3})"
_Y = "(?:[12][0-9]{3}|[一二][〇零一二三四五六七八九]{3})"
_DATE = re.compile(
    f"(?<![0-9])(?P<iy>[12][0-9]{{3}})[-/.](?P<im>[0-9]{{1,2}})[-/.](?P<id>[0-9]{{1,2}})(?![0-9])"
    f"|(?<![0-9一二三四五六七八九十百千])(?:(?P<y>{_Y})年|(?P<w>{'|'.join(_WORDY)})的?)?"
    f"(?P<m>{_N})月份?(?!子)(?:(?P<d>{_N})[日号])?"
    f"|(?<![0-9])(?P<oy>{_Y})年(?![间代]|来)"
    f"|(?P<ow>{'|'.join(_WORDY)})"
    f"|(?<![0-9一二三四五六七八九十百千第月个每])(?P<bd>{_N})[日号](?!内|间|后|游|线|楼|院|馆|公告|文件|令|仓|厅|挂|小|店|桥)"
)
_MONTHS = "january february march april may june july august september october november december"
_ENGLISH = re.compile(
    rf"\b(?P<m>{'|'.join(_MONTHS.split())})(?:\s+(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?\b)?"
    r"(?:,?\s+(?:of\s+)?(?P<y>[12][0-9]{3}))?"
    rf"|\b(?P<d2>[0-9]{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{'|'.join(_MONTHS.split())})"
    r"(?:,?\s+(?P<y2>[12][0-9]{3}))?|\b(?:in|of|since|year)\s+(?P<y3>[12][0-9]{3})\b",
    re.I,
)
_CLOCK = re.compile(
    rf"(?P<part>上午|下午|午后|凌晨|清晨|早上|早晨|中午|傍晚|晚上|晚间|夜里|夜间|晚|早|夜)?"
    rf"(?<![0-9:第])(?:(?P<h>[0-9]{{1,2}}):(?P<m>[0-9]{{2}})(?![0-9:])|(?P<ch>{_N})[点时]"
    rf"(?![间代候期段速意要建看])(?:(?P<cm>{_N})分?|(?P<half>半)|(?P<q>[一三])刻)?)"
    r"(?:\s?(?P<ap>[ap]\.?m\.?))?"
)
_LATE = ("下午", "午后", "傍晚", "晚上", "晚间", "夜里", "夜间", "晚", "夜")
_PRINTING = re.compile(r"报道|刊登|刊发|见报|消息|报(?:纸|载)|report|publish|print", re.I)

# Names

_QUOTED = re.compile(
    r"《([^《》\n]{1,60})》|“([^“”\n]{1,200})”|「([^「」\n]{1,200})」|『([^『』\n]{1,200})』"
    r"|\"([^\"\n]{1,200})\""
)
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9]*(?:[.&'’-][A-Za-zÀ-ɏ0-9]+)*")
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}://|(?:javascript|data|vbscript|mailto|file|tel):|www\.)[^\s，。；、）)】]{1,500}"
    r"|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}"
    r"|(?<![\w.])(?:[a-z0-9-]{1,63}\.){1,5}(?:com|cn|net|org|io|top|xyz|example|info|biz|test|invalid)\b(?:/[^\s，。；、）)】]{0,300})?",
    re.I,
)
_TITLES = (
    "书记|主任|局长|市长|区长|县长|省长|镇长|村长|部长|院长|校长|董事长|总裁|总经理|经理|教授|博士|队长"
    "|教练|导演|总导演|记者|工程师|总工程师|主席|主委|会长|站长|馆长|所长|科长|处长|班长|连长|法官|医生"
    "|医师|护士|老师|教师|艺人|策展人|创始人|总统|总理|冠军|选手|师傅|预报员|发言人|研究员|负责人|指挥长"
    "|焊工|木匠|农民|茶农|居民|市民|学生|先生|女士|同学|大爷|奶奶|掌柜|主持人|作家|画家|演员|歌手"
)
_SPEECH = (
    "说|表示|介绍|认为|指出|告诉|强调|坦言|透露|回忆|提醒|解释|分析|称|宣布|估算|预计|建议|呼吁"
    "|要求|担心"
)
_GIVEN = "[\u4e00-\u9fff]{1,2}"
_PERSON = re.compile(
    rf"(?:{_TITLES})(?P<a>[{SURNAMES}]{_GIVEN}?)(?=(?:{_SPEECH}|[，。、；：！？（）\s]|$|在|代表|作|出席|主持|率|领|是|的|和|于|为|把|被|将|与|因|向|对|已|从|以|花|用|带|上|书面))"
    rf"|(?<![\u4e00-\u9fff])(?P<b>[{SURNAMES}]{_GIVEN})(?={_SPEECH}|[、，。]|以|在|是|任|获|的成绩)"
    rf"|(?P<c>[{SURNAMES}][\u4e00-\u9fff]{{2}})(?={_SPEECH})"
)
_PLACE = re.compile(
    r"(?P<stem>[\u4e00-\u9fff]{2})(?P<end>大桥|公园|医院|大学|学院|中学|小学|博物馆|美术馆|图书馆|体育馆|体育场|体育中心"
    r"|法院|水厂|工厂|集团|公司|大道|广场|火车站|[省市区县镇乡村街路巷湖江河山岛湾港站])"
)
_NO_STEM = re.compile(
    "[的了在到从和与及是由于等各该全本这那此其两个某新老每过去来上下向往为把对第一二三四五六七八九十约超座条所家]"
)
_ENGLISH_COMMON = frozenset(
    "the a an i it in on at of to by for from with and or but as is was were are be this that these"
    " those he she they we his her their its our mayor deputy director bureau city county district"
    " town village bridge river lake line metro station hospital museum school university park road"
    " street company group festival exhibition marathon project government council chinese china"
    " english according monday tuesday wednesday thursday friday saturday sunday mr mrs ms dr no"
    " north south east west phase first second third new".split()
)
_SQUASH = re.compile(r"[^\w%.:]|_")


def claims(sentence: str) -> list[Claim]:
    """The claims of a sentence, in order, none inside another."""
    even = evened(sentence)
    found: list[Claim] = []
    taken = [False] * len(sentence)

    def take(kind: Kind, span: Span) -> None:
        if span[0] < span[1] and not any(taken[span[0] : span[1]]):
            words = sentence[slice(*span)].strip()
            found.append(Claim(kind=kind, span=span, words=words))
            if kind != "quoted":
                taken[span[0] : span[1]] = [True] * (span[1] - span[0])

    for kind, span in _spans(even):
        take(kind, span)
    return sorted(found, key=lambda claim: claim.span)


_FORMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("address", _ADDRESS),
    ("quoted", _QUOTED),
    ("date", _ENGLISH),
    ("clock", _CLOCK),
    ("date", _DATE),
    ("number", _FRACTION),
    ("number", _AMOUNT),
    ("person", _PERSON),
    ("place", _PLACE),
    ("latin", _LATIN),
)


def _spans(even: str) -> Iterator[tuple[Kind, Span]]:
    """What may be claims, those first that others may be a part of."""
    for kind, pattern in _FORMS:
        for match in pattern.finditer(even):
            if _claims(kind, even, match):
                yield kind, match.span(match.lastgroup or 0) if kind == "person" else match.span()


def _claims(kind: Kind, even: str, match: re.Match[str]) -> bool:
    if kind == "clock":
        return _clock(match) is not None
    if kind == "number":
        return _counts(even, match)
    if kind == "place":
        return not _NO_STEM.search(match["stem"])
    return kind != "latin" or _names(even, match)


def held(article: Article, start: int, end: int) -> Held:
    """What a part of an article holds, its headline and day of printing beside it."""
    words = article.text[start:end]
    text = f"{article.title}\n{article.subtitle or ''}\n{words}"
    even = evened(text)
    return Held(
        text=text,
        folded=fold(text),
        squashed=squashed(text),
        days=frozenset(_days_of(article, start, end)),
        printed=article.date,
        clocks=frozenset(c for m in _CLOCK.finditer(even) if (c := _clock(m))),
        amounts=tuple(_amounts(even)),
    )


def holds_claim(claim: Claim, sentence: str, held: Held) -> bool:
    """Whether a text holds a claim of a sentence."""
    even = evened(sentence)
    said = even[slice(*claim.span)]
    if claim.kind == "address":
        return said.rstrip("./") in held.folded
    if claim.kind == "quoted":
        return _holds_quoted(said, held)
    if claim.kind == "date":
        return _holds_days(said, sentence, held)
    if claim.kind == "clock":
        return _holds_clock(said, held)
    if claim.kind == "number":
        return _holds_amount(even, claim.span, held)
    if claim.kind == "latin":
        return bool(re.search(rf"(?<![a-z0-9]){re.escape(said)}(?![a-z0-9])", held.folded))
    if claim.kind == "place":
        return said in held.folded or said[:2] in held.folded
    return said in held.folded


def evened(text: str) -> str:
    """The text folded character for character, so that offsets stay."""
    wide = "".join(w if len(w := unicodedata.normalize("NFKC", c)) == 1 else c for c in text)
    simple = fold(wide)
    return simple if len(simple) == len(text) else wide.lower()


def squashed(text: str) -> str:
    """The normal form without punctuation."""
    return _SQUASH.sub("", normal(text))


# Numbers


def _counts(even: str, match: re.Match[str]) -> bool:
    """Whether a numeral is a number that is claimed, not a part of a word."""
    if match.re is _FRACTION or even[match.start()] in "0123456789第":
        return True
    groups = match.groupdict()
    numeral = groups["n"]
    if groups["percent"] or (groups["scale"] and len(numeral) + len(groups["scale"]) > 1):
        return True
    if numeral == "半":
        return groups["unit"] in ("小时", "年", "个月", "天") or even[match.end() :][:1] == "数"
    if numeral == "一":
        return bool(_ONE.match(even, match.end("n")))
    counted = groups["unit"] or groups["count"]
    if numeral in ("十", "千", "百") or numeral + (counted or "") in _IDIOMS:
        return False
    return bool(counted) or (len(numeral) > 1 and number_value(numeral) is not None)


def _amounts(even: str) -> Iterator[Amount]:
    for match in _FRACTION.finditer(even):
        if amount := _fraction(match):
            yield amount
    for match in _AMOUNT.finditer(even):
        if amount := _amount(even, match):
            yield amount
    if re.search("翻了?一番|翻番|double", even):
        yield Amount(value=Decimal(2), unit="times")
    if re.search("一半|半数|half", even):
        yield Amount(value=Decimal(50), unit="percent")


def _fraction(match: re.Match[str]) -> Amount | None:
    below, above = _value(match[1]), _value(match[2])
    if match[1] == "百" or below is None or above is None or not below:
        return None
    return Amount(value=above * 100 / below, unit="percent")


def _amount(even: str, match: re.Match[str]) -> Amount | None:
    value = _value(match["n"])
    if value is None:
        return None
    for scale in match["scale"]:
        value *= _SCALES[scale]
    unit = match["unit"] or match["count"] or ""
    kind, factor = _UNITS.get(unit, (unit, "1"))
    if match["half"]:
        value += Decimal(".5")
    if unit == "成" and (rest := re.match("[0-9一二三四五六七八九]", even[match.end() :])):
        value += (_value(rest[0]) or Decimal(0)) / 10
    if match["percent"]:
        kind, factor = "percent", "1"
    about = 1 if match["more1"] or match["more2"] else 0
    before = even[max(0, match.start() - 14) : match.start()]
    about = next((how for how, word in _ABOUT.items() if word.search(before)), about)
    if not about and (after := _AFTER.match(even, match.end())):
        about = 1 if "以上" in after[0] else 2
    return Amount(
        value=value * Decimal(factor), unit="第" if match["ordinal"] else kind, about=about
    )


def _value(numeral: str) -> Decimal | None:
    if numeral == "半":
        return Decimal(".5")
    whole, _, rest = numeral.partition("点")
    if rest:
        digits = "".join(str(number_value(c) or 0) for c in rest)
        base = number_value(whole)
        return None if base is None else Decimal(f"{base}.{digits}")
    try:
        return (
            Decimal(numeral.replace(",", ""))
            if numeral[0].isdigit() and numeral[0] < "〇"
            else _cjk(numeral)
        )
    except InvalidOperation:
        return None


def _cjk(numeral: str) -> Decimal | None:
    value = number_value(numeral)
    return None if value is None else Decimal(value)


def _holds_amount(even: str, span: Span, held: Held) -> bool:
    match = _FRACTION.fullmatch(even, *span)
    said = _fraction(match) if match else None
    if said is None and (amount := _AMOUNT.match(even, *span)):
        said = _amount(even, amount)
    if said is None:
        return squashed(even[slice(*span)]) in held.squashed
    return any(_same(said, other) for other in held.amounts)


def _same(said: Amount, other: Amount) -> bool:
    if not _same_kind(said.unit, other.unit):
        return False
    if said.value == other.value:
        return True
    off = abs(said.value - other.value) / max(abs(other.value), Decimal("1e-9"))
    if off < Decimal("1e-6"):
        return True
    if said.about == 2:
        return off <= _NEAR
    if said.about == 1:
        return other.value > said.value and off <= _ROUGH
    return said.about == -1 and other.value < said.value and off <= _ROUGH


_MEASURED = frozenset(kind for kind, _ in _UNITS.values())


def _same_kind(a: str, b: str) -> bool:
    """Whether two units may count the same; measure words, which people change, always do."""
    return (
        a == b
        or not (a in _MEASURED and b)
        or not (b in _MEASURED and a)
        or (a not in _MEASURED and b not in _MEASURED)
    )


# Days and times


def _days(even: str) -> Iterator[tuple[Day, int | None]]:
    """The days in a text, each with the years that a word for its year is away from today."""
    for match in _ENGLISH.finditer(even):
        groups = match.groupdict()
        month = (groups["m"] or groups["m2"] or "").lower()
        number = _MONTHS.split().index(month) + 1 if month else None
        year = groups["y"] or groups["y2"] or groups["y3"]
        day = groups["d"] or groups["d2"]
        yield (int(year) if year else None, number, int(day) if day else None), None
    for match in _DATE.finditer(even):
        groups = match.groupdict()
        year, month, day = (
            number_value(groups[a] or groups[b] or "")
            for a, b in (("iy", "y"), ("im", "m"), ("id", "d"))
        )
        year = year or number_value(groups["oy"] or "")
        day = day or number_value(groups["bd"] or "")
        yield (year, month, day), _WORDY.get(groups["w"] or groups["ow"] or "")


def _days_of(article: Article, start: int, end: int) -> Iterator[Day]:
    words = article.text[start:end]
    printed = article.date
    texts = [article.title, article.subtitle or "", words]
    if printed:
        for a, b in sentences(words):
            texts.append(in_full(article.text, (start + a, start + b), printed))
    for text in texts:
        for (year, month, day), away in _days(evened(text)):
            if away is not None and printed:
                year = printed.year + away
            yield year, month, day


def _holds_days(said: str, sentence: str, held: Held) -> bool:
    return all(_holds_day(day, away, sentence, held) for day, away in _days(said))


def _holds_day(day: Day, away: int | None, sentence: str, held: Held) -> bool:
    printed = held.printed
    if away is not None:
        if printed is None:
            return False
        day = (printed.year + away, day[1], day[2])
    if printed and _PRINTING.search(sentence) and _agrees(day, _of(printed), printed, held):
        return True
    if day[1] is None and day[2] is None and printed and day[0] == printed.year:
        return True
    return any(_agrees(day, other, printed, held) for other in held.days)


def _of(day: date) -> Day:
    return day.year, day.month, day.day


def _agrees(day: Day, other: Day, printed: date | None, held: Held) -> bool:
    """Whether all that is said of a day is so of the other; what a paper leaves out is its own."""
    if day[2] is not None and day[2] != other[2]:
        return False
    if day[1] is not None:
        months = {d[1] for d in held.days} | {printed.month if printed else None}
        if day[1] != other[1] and (other[1] is not None or day[1] not in months):
            return False
    if day[0] is not None and day[0] != other[0]:
        years = {d[0] for d in held.days} | {printed.year if printed else None}
        return other[0] is None and day[0] in years
    return day[2] is not None or day[1] is not None or day[0] == other[0]


def _clock(match: re.Match[str]) -> tuple[int, bool] | None:
    """Minutes of the day, and whether which half of the day is sure."""
    hour = number_value(match["h"] or match["ch"])
    minute = number_value(match["m"] or match["cm"] or "0")
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    minute = 30 if match["half"] else {"一": 15, "三": 45}.get(match["q"] or "", minute)
    late = (match["part"] or "") in _LATE or (match["ap"] or "").startswith("p")
    if late and hour < 12:
        hour += 12
    return hour * 60 + minute, bool(match["part"] or match["ap"]) or hour > 12


def _holds_clock(said: str, held: Held) -> bool:
    match = _CLOCK.match(said)
    clock = _clock(match) if match else None
    if clock is None:
        return squashed(said) in held.squashed
    minutes, sure = clock
    return any(
        minutes == other or (not (sure and known) and minutes % 720 == other % 720)
        for other, known in held.clocks
    )


# Names


def _names(even: str, match: re.Match[str]) -> bool:
    word = match[0]
    if word.lower() in _UNITS or word in ("am", "pm", "a", "p", "m", "st", "nd", "rd", "th"):
        return False
    return has_chinese(even)


def _holds_quoted(said: str, held: Held) -> bool:
    parts = [squashed(part) for part in re.split("…+|\\.{3,}", said[1:-1])]
    return all(part in held.squashed for part in parts if part)


def english_names(sentence: str) -> list[str]:
    """The capitalised words of an English sentence that are no common ones."""
    found = list(_LATIN.finditer(sentence))
    names = [m[0] for m in found[1:] if m[0][0].isupper() and m[0].lower() not in _ENGLISH_COMMON]
    months = set(_MONTHS.split())
    return [name for name in names if name.lower() not in months]


def missing(sentence: str, texts: Sequence[Held]) -> list[Claim]:
    """The claims of a sentence that none of the texts holds."""
    return [
        claim
        for claim in claims(sentence)
        if not any(holds_claim(claim, sentence, held) for held in texts)
    ]
