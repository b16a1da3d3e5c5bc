"""What a sentence claims that a passage must hold: numbers, days, times, names, addresses. Pure.

Numbers and times are compared by value (`amounts`, `times`). Names are found as far as
rules reach: what stands in quotation marks, Latin words, persons beside a title or a verb of
speech, places and bodies by how they end. A title in front of a name must be that person's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rag.forms import normal
from rag.names import SURNAMES
from rag.terms import is_chinese
from rag.types import Article, Span
from rag.writing.amounts import Amount, amounts, claimed, evened, same_amount
from rag.writing.times import Clock, Day, Parts, clocks, days, days_of, is_day, same_clock

Kind = Literal["number", "day", "clock", "quoted", "latin", "person", "office", "place", "address"]
Value = Amount | Day | Clock | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Words of a sentence that a passage must hold, and their value, by which it is looked for."""

    kind: Kind
    span: Span
    words: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a text that may support a sentence holds, ready to be compared."""

    even: str
    squashed: str
    printed: date | None
    days: frozenset[Parts]
    clocks: tuple[Clock, ...]
    amounts: tuple[Amount, ...]


QUOTED = re.compile(
    r"《([^《》\n]{1,60})》|“([^“”\n]{1,200})”|「([^「」\n]{1,200})」|『([^『』\n]{1,200})』"
    r"|\"([^\"\n]{1,200})\""
)
_LATIN = re.compile(r"(?:[0-9]{1,4}(?=[a-z]))?[a-zÀ-ɏ][a-zÀ-ɏ0-9]*(?:[.&'’-][a-zÀ-ɏ0-9]+)*")
_REST = "[^\\s，。；、）)】]"
_ADDRESS = re.compile(
    rf"(?:[a-z][a-z0-9+.-]{{1,20}}://|(?<![a-z])(?:javascript|data|vbscript|mailto|file|tel):|(?<![a-z])www\.){_REST}{{1,500}}"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}"
    r"|(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,5}(?:com|cn|net|org|io|top|xyz|info|biz|example|test|invalid)\b"
    rf"(?:/{_REST}{{0,300}})?"
)
_TITLE = (
    "(?:(?:常务)?副|总|代)?(?:书记|主任|局长|市长|区长|县长|省长|镇长|村长|部长|院长|校长|董事长|总裁|总经理|经理"
    "|教授|博士|队长|教练|导演|记者|工程师|主席|主委|会长|站长|馆长|所长|科长|处长|班长|连长|法官|医生|医师"
    "|护士|老师|教师|艺人|策展人|创始人|总统|总理|冠军|选手|师傅|预报员|发言人|研究员|负责人|指挥长|焊工"
    "|木匠|农民|茶农|居民|市民|学生|先生|女士|同学|大爷|奶奶|掌柜|主持人|作家|画家|演员|歌手|技师|主管)"
)
_SPEECH = (
    "说|表示|介绍|认为|指出|告诉|强调|坦言|透露|回忆|提醒|解释|分析|称|宣布|估算|预计|建议|呼吁"
    "|要求|担心|承认"
)
PERSON = re.compile(
    rf"(?P<title>{_TITLE})[是为叫：:]?(?P<a>[{SURNAMES}][\u4e00-\u9fff]{{1,2}}?)(?=(?:{_SPEECH})|[，。、；：！？（）()\s]|\Z"
    "|[在代作出主率领是的和于为把被将与因向对已从以花用带上书获跑拿等任担及也还又]|参加)"
    rf"|(?<![\u4e00-\u9fff])(?P<b>[{SURNAMES}][\u4e00-\u9fff]{{1,2}}?)(?=(?:{_SPEECH})|[以在任获跑]|的成绩)"
    rf"|(?P<c>[{SURNAMES}][\u4e00-\u9fff]{{2}})(?={_SPEECH})"
)
_TITLED = re.compile(rf"({_TITLE})([{SURNAMES}][\u4e00-\u9fff]{{1,2}})")
_PLACE = re.compile(
    "(?P<stem>[\u4e00-\u9fff]{2})(?P<end>大桥|公园|医院|大学|学院|中学|小学|博物馆|美术馆|图书馆|电视台"
    "|体育馆|体育场|体育中心|法院|水厂|工厂|集团|公司|大道|广场|火车站|街(?!道)|[省市区县镇乡村路巷湖江河"
    "山岛湾港站])"
)
_NO_STEM = re.compile(
    "[的了在到从和与及是由于等各该全本这那此其两个某新老每过去来上下向往为把对分一二三四五六七八九十约"
    "超座条所家]"
)
_SYNONYMS = {"gdp": "生产总值", "ai": "人工智能", "cpi": "居民消费价格", "ceo": "首席执行官"}
_COMMON = frozenset(
    "the a an i it in on at of to by for from with and or but as is was were are be this that these"
    " those he she they we his her their its our mayor deputy director bureau city county district"
    " town village bridge river lake line metro station hospital museum school university park road"
    " street company group festival exhibition marathon project government council chinese china"
    " english according monday tuesday wednesday thursday friday saturday sunday mr mrs ms dr no"
    " north south east west phase first second third new january february march april may june july"
    " august september october november december".split()
)
_PUNCTUATION = re.compile(r"[^\w%.:]|_")


def claims(sentence: str) -> list[Claim]:
    """The claims of a sentence, in order; none is part of another, but of a quoted one."""
    even = evened(sentence)
    taken = [False] * len(sentence)
    found: list[Claim] = []
    for kind, span, value in _found(sentence, even):
        if span[0] < span[1] and not any(taken[slice(*span)]):
            words = sentence[slice(*span)].strip()
            found.append(Claim(kind=kind, span=span, words=words, value=value))
            if kind not in ("quoted", "office"):
                taken[slice(*span)] = [True] * (span[1] - span[0])
    return sorted(found, key=lambda claim: claim.span)


@functools.lru_cache(512)
def held(article: Article, start: int, end: int) -> Held:
    """What a part of an article holds, its headline and day of printing beside it."""
    text = f"{article.title}\n{article.subtitle or ''}\n{article.text[start:end]}"
    even = evened(text)
    return Held(
        even=even,
        squashed=squashed(text),
        printed=article.date,
        days=frozenset(days_of(article, start, end)),
        clocks=tuple(clocks(even)),
        amounts=tuple(amounts(even)),
    )


def missing(sentence: str, claimed: Sequence[Claim], texts: Sequence[Held]) -> list[Claim]:
    """Those claims of a sentence that none of the texts holds."""
    return [c for c in claimed if not any(holds_claim(c, sentence, t) for t in texts)]


def holds_claim(claim: Claim, sentence: str, text: Held) -> bool:
    """Whether a text holds a claim of a sentence."""
    value = claim.value
    if isinstance(value, Amount):
        return any(same_amount(value, other) for other in text.amounts)
    if isinstance(value, Clock):
        return any(same_clock(value, other) for other in text.clocks)
    if isinstance(value, Day):
        return is_day(value, evened(sentence), text.days, text.printed)
    if claim.kind == "quoted":
        parts = (squashed(part) for part in re.split(r"…+|\.{3,}", value))
        return all(part in text.squashed for part in parts)
    if claim.kind == "latin":
        return _holds_word(value, text.even)
    if claim.kind == "office":
        return _holds_office(value, text.even)
    return value in text.even or (claim.kind == "place" and value[:2] in text.even)


def squashed(text: str) -> str:
    """The normal form without punctuation."""
    return _PUNCTUATION.sub("", normal(text))


def _found(sentence: str, even: str) -> Iterator[tuple[Kind, Span, Value]]:
    """What a sentence claims, those first that others may be a part of."""
    for match in _ADDRESS.finditer(even):
        yield "address", match.span(), match[0].rstrip("./")
    for match in QUOTED.finditer(even):
        yield "quoted", match.span(), match[0][1:-1]
    # English months first, so that the 8 of "October 8" is no number
    for day in days(even):
        yield "day", day.span, day
    for clock in clocks(even):
        yield "clock", clock.span, clock
    for amount in claimed(even):
        yield "number", amount.span, amount
    for match in PERSON.finditer(even):
        name = match.lastgroup if match.lastgroup in ("b", "c") else "a"
        if match["title"]:
            yield "office", (match.start(), match.end("a")), f"{match['title']}|{match['a']}"
        yield "person", match.span(name or 0), match[name or 0]
    for match in _PLACE.finditer(even):
        if not _NO_STEM.search(match["stem"]):
            yield "place", match.span(), match[0]
    yield from _latin(sentence, even)


def _latin(sentence: str, even: str) -> Iterator[tuple[Kind, Span, Value]]:
    """The Latin words of a Chinese sentence, the names of another."""
    chinese = is_chinese(sentence)
    for match in _LATIN.finditer(even):
        name = sentence[match.start()].isupper() and match[0] not in _COMMON and match.start() > 0
        if chinese or name:
            yield "latin", match.span(), match[0]


def _holds_word(word: str, even: str) -> bool:
    found = re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", even)
    return bool(found) or _SYNONYMS.get(word, "\0") in even


def _holds_office(value: str, even: str) -> bool:
    """Whether nobody else has the title of a person who has another one there."""
    title, _, name = value.partition("|")
    titled = [(m[1], m[2]) for m in _TITLED.finditer(even)]
    others = any(one == title and not who.startswith(name) for one, who in titled)
    return not others or any(one == title and who.startswith(name) for one, who in titled)
