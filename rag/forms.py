"""Words in the one form in which they are compared, however they were written. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from rag.dates import number_value
from rag.terms import fold

_ONES = "〇零一二两三四五六七八九"
_NUMERALS = f"{_ONES}十百千"
# Beside a digit a numeral is of another word: 周一9时.
_NUMERAL = re.compile(f"(?<![0-9{_NUMERALS}])[{_NUMERALS}]++(?![0-9])")
_BELOW = {"百": "十", "千": "百", "万": "千", "亿": "千万"}
_SPOKEN = re.compile(f"(?<=[0-9{_NUMERALS}])([百千万亿])[1-9{_ONES[2:]}](?=[元块多余]|[^\\w.]|$)")
_CLOCK = re.compile(r"(?<![0-9:])([0-2]?[0-9])(?:[点时]([0-5]?[0-9])分?|:([0-5][0-9]))(?![0-9:])")
_ONE, _MANY = "(?<![0-9.])([1-9])", r"(?<![0-9])([0-9]{1,12}(?:\.[0-9]{1,12})?)"
_UNITS = tuple(
    (10**n, re.compile(f"{count}{unit}(?:([0-9]{{1,{n}}})(?!十))?(?![0-9{_ONES}]|\\.[0-9])"))
    for count, unit, n in ((_ONE, "百", 2), (_ONE, "千", 3), (_MANY, "万", 4), (_MANY, "亿", 8))
)
_DECIMAL = re.compile(
    "(?:(?<=百分之[0-9])|(?<=百分之[0-9]{2})|(?<=[0-9])(?=点[0-9]{1,4}(?:[万亿倍%‰米吨元度]|公[里斤])))"
    "点(?=[0-9])"
)
_DATE = re.compile(r"(?<![0-9.])([12][0-9]{3})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9]|\.[0-9])")
_ZERO = re.compile(r"(?<![0-9.:])0(?=[1-9][月日])")
_PERCENT = re.compile(r"百分之([0-9]+(?:\.[0-9]+)?)")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_DIGIT = re.compile("[0-9]")


def normal(text: str) -> str:
    """The text in the form in which words are compared: width, case, script and white space don't
    count, nor how a number, date or time is written (六集 = 6集, 二点一万 = 两万一,
    21:35 = 21点35分, 2024-03-05 = 二〇二四年三月五日).
    """
    text = _THOUSANDS.sub("", "".join(fold(text).split())).replace("廿", "二十")
    text = _NUMERAL.sub(_in_digits, _SPOKEN.sub(lambda m: m[0] + _BELOW[m[1]], text))
    text = _ZERO.sub("", _DATE.sub(r"\1年\3月\4日", _DECIMAL.sub(".", text)))
    text = _PERCENT.sub(r"\1%", text)
    text = _CLOCK.sub(lambda m: f"{int(m[1])}:{int(m[2] or m[3]):02}", text)
    text = re.sub(r"(?<=[0-9])点", "时", re.sub(r"(?<=[0-9])号", "日", text))
    for size, pattern in _UNITS:
        text = pattern.sub(lambda m, size=size: _in_full(m, size), text)  # type: ignore[misc]
    return text


def _in_digits(match: re.Match[str]) -> str:
    value = number_value(match[0])
    return match[0] if value is None else str(value)


def _in_full(match: re.Match[str], size: int) -> str:
    value = Decimal(match[1]) * size + int(match[2] or 0)
    return f"{value.normalize():f}"


def occurs(alternative: str, text: str) -> bool:
    """Whether normal words occur in a normal text, no number of theirs inside a longer one."""
    at = text.find(alternative)
    while at >= 0 and alternative:
        end = at + len(alternative)
        before, after = text[max(0, at - 2) : at], text[end : end + 2]
        if not (_goes_on(before[::-1], alternative[0]) or _goes_on(after, alternative[-1])):
            return True
        at = text.find(alternative, at + 1)
    return False


def _goes_on(beside: str, end: str) -> bool:
    """Whether a number at the end of the words goes on beside them."""
    if not _DIGIT.match(end) or not beside:
        return False
    return bool(_DIGIT.match(beside)) or (beside[0] == "." and bool(_DIGIT.match(beside[1:])))
