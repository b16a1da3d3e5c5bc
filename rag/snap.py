"""The exact words of an answer: a span that cuts no number, date or quoted name. Pure.

A reader's span ends where a piece of its vocabulary does, which may be inside ``12月26日`` or
``《重庆谈判》``. Spans are widened to whole ones, never narrowed but by punctuation at their ends.
"""

from __future__ import annotations

import re

from rag.types import Span

_NUMBER = r"[0-9０-９]+(?:[.．,，:：][0-9０-９]+)*[%％]?|[〇零一二两三四五六七八九十百千万亿]{2,}"
_DATE = r"(?:[0-9０-９〇零一二三四五六七八九十]{1,4}[年月日号时点分](?:[0-9]{1,2}[分秒])?){2,}"
_WORD = r"[A-Za-zＡ-Ｚａ-ｚ]+(?:[-'·][A-Za-z]+)*"
_QUOTED = r"《[^《》\n]{1,40}》|“[^“”\n]{1,20}”|「[^「」\n]{1,20}」|『[^『』\n]{1,20}』"
_WHOLE = re.compile(f"{_QUOTED}|{_DATE}|{_NUMBER}|{_WORD}")

_LOOSE = " \t\n，。、；：？！,.;:?!…—"
_PAIRS = {"“": "”", "「": "」", "『": "』", "《": "》", "（": "）", "(": ")"}

_COUNTED = r"[二两三四五六七八九十0-9]+[个大项条种类部点方件家所座名位][\u4e00-\u9fff]{0,8}"
_LISTS = re.compile(
    rf"(?:{_COUNTED}|包括|分别[是为]|如下)[:：](?P<after>[^。\n]+)"  # 三项安排：…，…，…
    r"|(?P<named>(?:“[^“”\n]{1,20}”[、和及]?){2,})"  # “岁时”“戏文”“新样”
    r"|(?P<told>(?:一是|其一|第一，).+(?:二是|其二|第二，).+)"
)
_BETWEEN = re.compile(
    r"”[、和及]?“|(?:[；，。]|^)(?:[二三四五六七八九十]是|其[二三四五])|[、，；]|[和及与]"
)

_ITEM = r"[^，。；：？！、\n]{1,16}"
_AFTER = re.compile(rf"^(?:、{_ITEM}?(?=[、，。；：？！\n]|$))+")


def snapped(text: str, span: Span) -> Span:
    """The span widened so that neither end is inside a number, date, foreign word or quoted name,
    without loose punctuation at its ends. Never empty unless the span holds punctuation alone.
    """
    start, end = span
    for match in _WHOLE.finditer(text, max(0, start - 50), min(len(text), end + 50)):
        if match.start() < start < match.end() or match.start() < end < match.end():
            start, end = min(start, match.start()), max(end, match.end())
    return _bare(text, start, end)


def enumerated(text: str, span: Span) -> Span:
    """The span with the things that are listed right after it: 甲、乙、丙 for 甲."""
    start, end = span
    after = _AFTER.match(text[end : end + 120])
    return _bare(text, start, end + after.end() if after else end)


def called(text: str, quote: Span, counted: str, count: int) -> Span | None:
    """The quoted things that a quote counts by name: 甲、乙、丙 in “甲、乙、丙”三个高地."""
    pattern = rf"“(?P<inside>[^“”\n]{{2,60}})”等?{re.escape(counted)}"
    for match in re.finditer(pattern, text[: quote[1]]):
        start, end = match.span("inside")
        if quote[0] <= start and _lists(match["inside"], count):
            return start, end
    return None


def listing(text: str, quote: Span, count: int) -> Span | None:
    """The part of a quote that lists things, ``count`` of them or, where that is 0, several: what
    stands after 三项：, names in quotation marks one after the other, 一是…二是….
    """
    for match in _LISTS.finditer(text, *quote):
        kind = match.lastgroup or ""
        start, end = _bare(text, *match.span(kind))
        if _lists(text[start:end], count):
            return start, end
    return None


def _lists(words: str, count: int) -> bool:
    """Whether the words are so many things, or several where no number is asked for."""
    return 1 + len(_BETWEEN.findall(words)) >= max(2, count)


def _bare(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in _LOOSE:
        start += 1
    while start < end and text[end - 1] in _LOOSE:
        end -= 1
    inside = text[start:end]
    for opening, closing in _PAIRS.items():
        if inside.startswith(opening) and closing not in inside:
            return _bare(text, start + 1, end)
        if inside.endswith(closing) and opening not in inside:
            return _bare(text, start, end - 1)
    return start, end
