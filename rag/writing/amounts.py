"""Numbers with what they count, however they are written. Pure.

二点一万 is 21,000, 九亿四千万 940,000,000, 四成 is 40 %, 一年半 is 18 months, and 约6.3万 may be
62,817. Text is folded character for character first (`evened`), so offsets stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rag.dates import number_value
from rag.terms import fold
from rag.types import Span

_CJK = "〇零一二两三四五六七八九十百千"
_DIGITS = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_PART = rf"(?:{_DIGITS}[百千]?|[{_CJK}]+(?:点[{_CJK}]+)?)"
_NUMERAL = rf"{_PART}(?:[万亿]+(?:{_PART}万|[{_CJK}]+|[0-9]{{4}})?)?|半"
_COMPONENT = re.compile(rf"(?P<n>{_DIGITS}|[{_CJK}]+(?:点[{_CJK}]+)?)(?P<scale>[百千]?[万亿]*)")
_SCALES = {"万": 10**4, "亿": 10**8, "千": 1000, "百": 100}

_UNITS: dict[str, tuple[str, str]] = {
    "毫米": ("length", ".001"), "厘米": ("length", ".01"), "公分": ("length", ".01"),
    "米": ("length", "1"), "公里": ("length", "1000"), "千米": ("length", "1000"),
    "平方公里": ("area", "1000000"), "平方米": ("area", "1"), "公顷": ("area", "10000"),
    "亩": ("area", "666.67"), "立方米": ("volume", "1"), "公斤": ("mass", "1"),
    "千克": ("mass", "1"), "克": ("mass", ".001"), "吨": ("mass", "1000"), "斤": ("mass", ".5"),
    "分钟": ("minutes", "1"), "小时": ("minutes", "60"), "钟头": ("minutes", "60"),
    "个小时": ("minutes", "60"), "个钟头": ("minutes", "60"), "分": ("minutes", "1"),
    "秒": ("minutes", ".0166666667"), "个月": ("months", "1"), "年": ("months", "12"),
    "个星期": ("days", "7"), "周": ("days", "7"), "天": ("days", "1"), "日": ("days", "1"),
    "岁": ("age", "1"), "美元": ("dollar", "1"), "欧元": ("euro", "1"), "元": ("money", "1"),
    "块钱": ("money", "1"), "块": ("money", "1"), "个百分点": ("points", "1"),
    "%": ("percent", "1"), "‰": ("percent", ".1"), "成": ("percent", "10"), "倍": ("times", "1"),
    "℃": ("degree", "1"), "摄氏度": ("degree", "1"), "度": ("degree", "1"),
    "km": ("length", "1000"), "kilometers": ("length", "1000"), "kilometres": ("length", "1000"),
    "metres": ("length", "1"), "meters": ("length", "1"), "m": ("length", "1"),
    "minutes": ("minutes", "1"), "hours": ("minutes", "60"), "seconds": ("minutes", ".0166666667"),
    "tonnes": ("mass", "1000"), "tons": ("mass", "1000"), "percent": ("percent", "1"),
    "yuan": ("money", "1"), "months": ("months", "1"), "years": ("months", "12"),
    "days": ("days", "1"), "weeks": ("days", "7"),
}  # fmt: skip
_MEASURED = frozenset(kind for kind, _ in _UNITS.values())
_COUNTS = (
    "人次|[名位个人户套件条部届期号集节座台辆架艘家所间栋层级本册张种项类批次趟班场站盒箱棵株头只"
    "支枚颗枝把道处口点份篇段首幅组队桌步圈弯格轮代遍版番等里顿车]"
)
_UNIT = "|".join(
    re.escape(unit) + (r"\b" if unit.isascii() and unit.isalpha() else "")
    for unit in sorted(_UNITS, key=len, reverse=True)
)
_MORE = "[多余来]"
AMOUNT = re.compile(
    rf"(?P<ordinal>第)?(?P<percent>百分之)?(?P<n>{_NUMERAL})(?P<more>{_MORE})?(?P<late>[万亿]+)?"
    rf"\s?(?:million\b|billion\b|thousand\b)?"
    rf"\s?(?:(?P<unit>{_UNIT})(?P<half>半)?|(?P<count>{_COUNTS}))?"
)
"""A numeral with what stands around it that tells what it counts."""

FRACTION = re.compile(f"([{_CJK}]+|[0-9]+)分之([{_CJK}]+|[0-9]+)")
_THOUSANDS = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_ABOUT = {
    2: re.compile(r"(?:约|大概|差不多|about|around|roughly|approximately|some)\s*\Z"),
    -1: re.compile(r"(?:近|接近|不到|不足|nearly|almost|less than|under)\s*\Z"),
    1: re.compile(r"(?:超过|逾|多达|突破|高于|more than|over|exceed(?:s|ed|ing)?)\s*\Z"),
}
_AFTER = re.compile(r"\s*(?:左右|上下|以上)")
_ONE = re.compile("[期号届次名等级成倍线日月年集层分]|个(?:月|小时|百)")
"""Behind a lone 一 these make it a number; elsewhere it mostly is none (一些, 一起)."""

_WORDS = ("十分", "两点", "三点", "三番", "两边", "一等", "一次", "一级", "一成不", "一线", "一年")
_NEAR, _ROUGH = Decimal("0.05"), Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A number with what it counts. ``about``: 0 exact, -1 the true one is less, 1 more, 2 near."""

    span: Span
    value: Decimal
    unit: str
    about: int = 0


def evened(text: str) -> str:
    """The text folded character for character, so that offsets stay."""
    wide = "".join(w if len(w := unicodedata.normalize("NFKC", c)) == 1 else c for c in text)
    simple = fold(wide)
    return simple if len(simple) == len(text) else wide.lower()


def amounts(even: str) -> Iterator[Amount]:
    """All numbers of a folded text, those in words (翻番, 一半) too."""
    yield from claimed(even, everything=True)
    for match in re.finditer("翻了?一番|翻番|doubled", even):
        yield Amount(span=match.span(), value=Decimal(2), unit="times")
    for match in re.finditer(r"一半|半数|\bhalf\b", even):
        yield Amount(span=match.span(), value=Decimal(50), unit="percent")


def claimed(even: str, *, everything: bool = False) -> Iterator[Amount]:
    """The numbers that a folded text claims, without the numerals that are parts of words."""
    fractions = [amount for m in FRACTION.finditer(even) if (amount := _fraction(m))]
    yield from fractions
    for match in AMOUNT.finditer(even):
        inside = any(f.span[0] <= match.start() < f.span[1] for f in fractions)
        if not inside and (everything or _counts(even, match)) and (one := _amount(even, match)):
            yield one


def same_amount(said: Amount, other: Amount) -> bool:
    """Whether a number in a sentence is one of a passage, which it may round if it says so."""
    if not same_kind(said, other):
        return False
    off = abs(said.value - other.value) / max(abs(other.value), Decimal("1e-9"))
    if off < Decimal("1e-6"):
        return True
    if said.about == 2:
        return off <= _NEAR
    if said.about == 1:
        return other.value > said.value and off <= _ROUGH
    return said.about == -1 and other.value < said.value and off <= _ROUGH


def same_kind(a: Amount, b: Amount) -> bool:
    """Whether two numbers may count the same. People change measure words, so these all do."""
    return a.unit == b.unit or not (a.unit and b.unit) or not {a.unit, b.unit} & _MEASURED


def _counts(even: str, match: re.Match[str]) -> bool:
    """Whether a numeral is a number that is claimed, not a part of a word."""
    numeral, counted = match["n"], match["unit"] or match["count"] or ""
    if even[match.start("n")] in "0123456789" or match["percent"]:
        return True
    if numeral == "半":
        return counted in ("小时", "年", "个月", "天")
    if numeral == "一":
        return bool(_ONE.match(even, match.end("n"))) and not (
            numeral + counted in _WORDS and not (match["ordinal"] or match["half"])
        )
    if numeral in ("十", "千", "百", "万") or numeral + counted in _WORDS:
        return False
    return bool(counted or match["ordinal"]) or (len(numeral) > 1 and _value(numeral) is not None)


def _fraction(match: re.Match[str]) -> Amount | None:
    below, above = _part(match[1]), _part(match[2])
    if match[1] == "百" or below is None or above is None or not below:
        return None
    return Amount(span=match.span(), value=above * 100 / below, unit="percent")


def _amount(even: str, match: re.Match[str]) -> Amount | None:
    value = _value(match["n"])
    if value is None:
        return None
    for scale in match["late"] or "":
        value *= _SCALES[scale]
    value *= next((size for word, size in _THOUSANDS.items() if word in match[0]), 1)
    unit = match["unit"] or match["count"] or ""
    kind, factor = _UNITS.get(unit, (unit, "1"))
    value += Decimal(".5") if match["half"] else 0
    if unit == "成" and (rest := re.match("[0-9一二三四五六七八九半]", even[match.end() :])):
        value += Decimal(".5") if rest[0] == "半" else (_part(rest[0]) or Decimal(0)) / 10
    if match["percent"]:
        kind, factor = "percent", "1"
    kind = "第" if match["ordinal"] else kind
    about = _about(even, match)
    return Amount(span=match.span(), value=value * Decimal(factor), unit=kind, about=about)


def _about(even: str, match: re.Match[str]) -> int:
    before = even[max(0, match.start() - 16) : match.start()]
    how = next((how for how, word in _ABOUT.items() if word.search(before)), 0)
    if not how and (after := _AFTER.match(even, match.end())):
        how = 1 if "以上" in after[0] else 2
    return how or (1 if match["more"] else 0)


def _value(numeral: str) -> Decimal | None:
    if numeral == "半":
        return Decimal(".5")
    total = Decimal(0)
    for match in _COMPONENT.finditer(numeral):
        value = _part(match["n"])
        if value is None:
            return None
        for scale in match["scale"]:
            value *= _SCALES[scale]
        total += value
    return total


def _part(numeral: str) -> Decimal | None:
    if numeral[0] <= "9":
        return Decimal(numeral.replace(",", ""))
    whole, _, rest = numeral.partition("点")
    value = number_value(whole)
    digits = "".join(str(number_value(c) or 0) for c in rest)
    return None if value is None else Decimal(f"{value}.{digits or 0}")
