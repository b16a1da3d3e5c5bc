"""The exact words of an answer: a span that cuts no number, date or quoted name. Pure.

A reader's span ends where a piece of its vocabulary does, which may be inside ``12月26日`` or
``《重庆谈判》``. Spans are widened to whole ones. They are narrowed by punctuation at their ends,
and to one clause where one thing is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from itertools import takewhile

from rag.dates import number_value
from rag.names import is_office
from rag.terms import bigrams, fold
from rag.types import Span
from rag.units import MEASURES

_NUMERAL = "[〇零一二两三四五六七八九十百千万亿]"
_POWERS = "(?:[万亿]|百(?=万)|千(?![瓦米克卡帕伏]))+"
_ARABIC = rf"\d+(?:(?:[.．,，:：∶]|{_POWERS})\d+)*"
_NUMBER = rf"{_ARABIC}(?:{_POWERS}|[%％])?|{_NUMERAL}{{2,}}"
_FEW = rf"(?:(?<!\d)\d{{1,3}}|{_NUMERAL}+)"
_AMOUNT = (
    rf"{_NUMERAL}+分之{_NUMERAL}+(?:点{_NUMERAL}+)?|{_FEW}(?:个?小时{_FEW}分钟?(?:{_FEW}秒)?"
    rf"|年[零又]?{_FEW}个月|[年岁天]半|[米块]\d{{1,2}}(?![\d.\u4e00-\u9fff]))"
)
"""An amount in two numbers: 2小时30分, 5米20, 两年半, 三分之二."""

_TIME = (
    r"(?:[0-9０-９〇零一二三四五六七八九十]{1,4}"
    r"(?:年代?|[月日时点分]|号(?![线楼机台门塔厅馆桥井路店车船库文令]))(?:[0-9]{1,2}[分秒]|半)?)"
    r"(?:凌晨|清晨|早[上晨]|上午|[正中]午|下午|傍晚|晚[上间]?|夜[间里]|深夜|[年月]?底|[初末]|[上中下]旬|左右|许)?"
)
_DATE = rf"(?:{_TIME})+(?:[至到~～—-]+(?:{_TIME})+)?"
_WORD = r"[A-Za-zＡ-Ｚａ-ｚ]+(?:[-'·][A-Za-z]+)*"
_CALLED = (
    r"(?:[^“”「」『』，。；：？！\n]{1,12}|[A-Za-z0-9 .'&-]{1,40}"
    r"|[^“”「」『』，。；：？！\n]{1,24}[赛节展会奖])"
)
"""In quotation marks a name; what is longer, or has stops in it, was said."""

_QUOTED = rf"《[^《》\n]{{1,24}}》|“{_CALLED}”|「{_CALLED}」|『{_CALLED}』"
_ORDINAL = rf"第(?:{_NUMBER}|[〇零一二两三四五六七八九十])"
_WHOLE = re.compile(f"{_QUOTED}|{_AMOUNT}|{_DATE}|{_ORDINAL}|{_NUMBER}|{_WORD}")

_LOOSE = " \t\n，。、；：？！,.;:?!…—"
_PAIRS = {"“": "”", "「": "」", "『": "』", "《": "》", "（": "）", "(": ")"}

_COUNTED = r"[二两三四五六七八九十0-9]+[个大项条种类部点方件家所座名位][\u4e00-\u9fff]{0,8}"
_LISTS = re.compile(
    rf"(?:{_COUNTED}|包括|分别[是为]|如下)[:：](?P<after>[^。\n]+)"  # 三项安排：…，…，…
    r"|(?P<named>(?:“[^“”\n]{1,20}”[、和及]?){2,}|(?:《[^《》\n]{1,20}》[、和及]?){2,})"  # “甲”“乙”
    r"|(?P<told>(?:一是|其一|第一，).+(?:二是|其二|第二，).+)"
)
_BETWEEN = re.compile(
    r"[”》][、和及与]?[“《]|(?:[；，。\n]|^)(?:[二三四五六七八九十]是|其[二三四五]|第[二三四五][，是])"
    r"|[、；]?(?:以?(?<![涉普波危提])及(?![时格])|(?<![共总饱温缓平])和(?![平谐解睦气])|(?<!参)与(?!会))|[、；;](?!$)"
)

_CLAUSE = re.compile(r"(?:[^，。；：？！\n]|(?<=\d)：(?=\d))+")
_FITTED = re.compile(
    rf"(?:的|(?:了|达到?|为|是|有|共)(?=[近约超]?(?:\d|{_NUMERAL}))|[即至](?=\d)|将?[于自在](?=\d|[\u4e00-\u9fff]{{1,3}}节))?"
    r"(?P<words>.+?)(?:(?<=[日月年时分])[在于将的起]|的)?",
    re.DOTALL,
)
_SO_MANY = (
    rf"(?:{_ARABIC} ?|(?:(?<![人户总分岁件次])数|几|(?<!以)上(?=[百千万]))?{_NUMERAL}+几?)"
    rf"(?:{_POWERS})?[余多]?[万亿]*"
)
_ALONE, _ENDS = r"(?<![第至到~～—0-9.-])", r"(?![^，。]{0,2}[至到~～—-])"
"""Around a number with its unit that is neither an ordinal nor the end of a range."""

_RANGE = re.compile(rf".{{0,4}}?{_SO_MANY}[^0-9，。]{{0,4}}[至到~～—-]+{_SO_MANY}[^0-9，。]{{0,6}}")
"""A range and nothing else."""

_UNSURE = re.compile(
    r"(?:(?:不[得能可应宜会许要准该]?|未|没有?)(?:超过?|[低高少多大小]于)|超过|[低高少多大小]于|(?<=其中)超"
    r"|(?<![中英西德意法赶反])超|(?<![节合签条预契纽续违履公相邀特制])约|(?<![最附邻靠临走就逼贴])近|将近|大约|逾|不足"
    r"|(?<![系找看听等收得达])不到|至[少多]|接近|零下|(?<![胜平欠担抱自肩减\d])负|(?<![\dA-Za-z])-"
    r"|每(?!周[一二三四五六日])[\u4e00-\u9fff]{1,2})$"
)
_MORE = re.compile(r"(?:(?<=[年岁天米斤里])[多半](?![次个种数]))?(?:以[上下内外](?!海)|左右|之内)?")
_LIMIT = re.compile("[以之][上下内外]|最[多少高低]|至[多少]|[上下]限|[低高少多大小]于")
_LOST = re.compile("(?:同比|环比)?(?:下[降跌滑]|[减缩][少小]?|(?<!至)少|亏损?|跌)了?$")
_MEASURES = re.compile(
    r" ?(?:个(?:[多半]?(?:月|小时|星期)|百分点|(?:自然|工作|交易)日)|架次|人次|班次|车次|小时|分钟"
    r"|公里|千米|公斤|千克|公顷|公分|厘米|毫米|平方?(?:公里|米)|立方米|千瓦时?|[美欧日港]元|港币|[℃％%秒]"
    r"|(?P<noun>个?人(?![民才次家大工物口流员体类生])|[省县镇乡校州楼]|地(?![区震方])|[国村](?![民有家际道企]))"
    r"|毫?[克升](?![至到级高])|周年?|年级|成(?![员立功为交品都年人])|股(?![民东市])"
    rf"|[{MEASURES.replace('人', '')}趟轮组节则排箱])"
)

_LEVELS = "省州市郡县区旗镇乡村"
_LEVEL = re.compile(
    rf"城市|省会|区县|县区|乡镇|镇乡|[{_LEVELS}](?![{_LEVELS}会民场级委政长和与]|的?哪)"
)
_OF_CITIES = {"城市": "市", "省会": "市"}
_PLACE = re.compile(
    rf"[\u4e00-\u9fff]{{1,2}}国|(?:(?!的)[\u4e00-\u9fff]){{2,7}}?(?P<level>[{_LEVELS}])(?![{_LEVELS}])"
)
_WHERE = re.compile("在(?=..)(?![建线校职押读逃])|位于|地处|来自")

_DAY = re.compile(
    rf"(?<![第\d])(?=[\d〇零一二三四五六七八九]{{4}}年|[\d一二三四五六七八九十]{{1,3}}[月日]|\d{{1,2}}号)(?:{_TIME})+"
)
_TIMELY = re.compile(r"[年月日号周天晚晨午夜夏秋冬春季代朝末初时节假昨今明旦夕前后内起期]|国庆")
_REST_OF_DAY = re.compile(rf"{_TIMELY.pattern}|[份度来上历廿十\d]")
_FROM_TO = re.compile(rf"(?P<first>(?:{_TIME})+)起?[至到~～—-]+(?P<last>(?:{_TIME})+)")
_END = re.compile(
    "(?!.*[哪几].*[哪几])(?=.*(?:哪一?[天日]|几[日号]))"
    "(?:.*(?P<last>结束|闭幕|截止|为止|[到至](?=[哪几]))|.*(?P<first>开始|开幕))"
)
"""Which end of a range of days is asked for."""

_WIRED = re.compile(r"[^，。；：？！\n0-9]*(?P<day>(?:[0-9]{1,2}月)?[0-9]{1,2}日)(?:[专综]?电|讯)")
"""Where and when a report was sent: 新华社北京7月20日电."""

_DENIED = re.compile(
    "(?:不是|并非|不在于)[^，。；：？！\n]{1,24}，?而(?:是|在于)(?P<words>[^，。；：？！”」』\n]+)"
)

_SIDE = re.compile(
    "[之以]?[前后](?![往来方续勤期者排沿后几两三任备台线天妻夫山援]"
    "|[\u4e00-\u9fff]{0,2}(?:总统|总理|首相|主席|国[脚手]|(?<![增成生延])长))夕?"
)
"""That a thing is before or after a day: 8月18日后."""

_BREAKS = "，。；：？！“”（）\n"
_POLITE = re.compile(r"先生(?!产)|女士|小姐|老人")

_RANK = re.compile("第|排|名次|位居|位列|\\b(?:rank|place)")

_TO_OFFICE = re.compile(
    r"(?:.*(?:[了的]|\d[年月日号]|[上中下]午))?(?:会上)?(?:[据由对向给与请和](?![外会阳谐平]))?"
)
"""What a sentence says before an office: 据, 记者采访了, 5月6日上午."""

OFFICE = 30
"""Characters of an office, with those that are held beside it."""

_THING = re.compile("(?!中(?!学)|[上里下为的来有天儿去最更很]|用(?![途品具户]))[^了]{1,3}")
"""What may be a noun: not 找到了 in 在哪里找到了, nor 中展出 in 在什么活动中展出."""

_RUNS_ON = r"(?:^|[，。；：？！从因往向给把]|[在到](?=哪..))(?:什么|哪.{0,2}?)"
"""Before the rest of a question where its question word is no noun's: 什么涨价？"""

NOUN = 3
"""Characters of a noun that is short enough to be said with its number."""

_SUM = re.compile(
    r"(?<![第0-9、和及与])(?P<more>等)?(?P<sum>[0-9]{1,2}|[二两三四五六七八九十]{1,2})[个家大名位项种条座款]?"
    r"(?P<noun>[\u4e00-\u9fff]{1,4})$"
)
"""What counts a list behind it: 等五部门, 六省市."""

_FIRST = re.compile("(?:一是|其一，?|第一[，是])$")
_ITEM = r"[^，。；：？！、\n]{1,16}"
_AFTER = re.compile(
    rf"^(?:、{_ITEM}?(?=[、，。；：？！\n]|$|等|[二两三四五六七八九十\d]+[个家大名位项种地省市县区镇村国部]))+"
)


def snapped(text: str, span: Span) -> Span:
    """The span widened so that neither end is inside a number, date, foreign word or quoted name,
    without loose punctuation at its ends. Never empty unless the span holds punctuation alone.
    """
    start, end = span
    for match in _WHOLE.finditer(text, max(0, start - 50), min(len(text), end + 50)):
        if match.start() < start < match.end() or match.start() < end < match.end():
            start, end = min(start, match.start()), max(end, match.end())
    return _bare(text, start, end)


def in_one_clause(
    text: str, quote: Span, span: Span, terms: Sequence[Set[str]], holds: Callable[[str], bool]
) -> Span:
    """The part of the span in the clause of the quote that has most of the question's ``terms``
    (of the first of them; then of the next), of those where it ``holds`` the kind of thing asked
    for; all of the span where none does. For a single thing: 第二，在邻市第三 is the answer of a
    reader that goes on too long.
    """
    clauses = [match.span() for match in _CLAUSE.finditer(text, *quote)]
    parts = [(max(a, span[0]), min(b, span[1])) for a, b in clauses]
    told = [set(bigrams(text[a:b])) for a, b in clauses]
    fit = [i for i, (a, b) in enumerate(parts) if a < b and holds(text[a:b])]
    best = max(fit, key=lambda i: [len(each & told[i]) for each in terms], default=None)
    return _trimmed(text, span if best is None else parts[best])


def unlabelled(text: str, span: Span, question: str) -> Span:
    """The span of a number without what it is called, where the question says so itself: 628米 for
    主跨628米; and without 第 where the question is for no rank: 三次 for 第三次 when asked 几次.
    """
    start, end = span
    if re.match(rf"第{_SO_MANY}[次回趟]", text[start:end]) and not _RANK.search(question):
        start += 1
    label = re.match(r"[\u4e00-\u9fff]{2,}?(?=[0-9])", text[start:end])
    return (start + label.end(), end) if label and label[0] in question else (start, end)


def counted(text: str, quote: Span, span: Span, noun: str, units: str | None) -> Span:
    """The span of a number with its unit, where the question asks about so many of a ``noun``
    (个国家参加). If just one number of the quote has the noun behind it, that one; in a span that
    is more than a number, the one with one of the ``units`` (a pattern), and whether that much is
    lost (减少12亿元). A share and a range stay as they are told (下降3%, 7岁至15岁).
    """
    said = text[slice(*span)]
    if _RANGE.fullmatch(said):
        return span
    if amount := re.search(f"{_ALONE}(?:{_AMOUNT}){_ENDS}", said):
        return span[0] + amount.start(), span[0] + amount.end()
    alone = re.fullmatch(rf"(?:第 ?|-)?{_SO_MANY}(?P<unit>[^\d，。；、]{{0,5}})", said)
    noun = noun.partition("了")[0].lstrip("万亿")
    least = max(3, len(noun)) if alone else 2
    tries = [(quote, re.escape(noun[:length])) for length in range(len(noun), least - 1, -1)]
    if not alone and units and "%" not in units and not re.search("[、，；]", said):
        tries.append((span, units))
    begin = span[0]
    for (start, end), following in tries:
        found = list(re.finditer(rf"{_ALONE}{_SO_MANY}(?=(?:{following}){_ENDS})", text[start:end]))
        if len(found) == 1 and not (alone and span[0] <= start + found[0].start() < span[1]):
            begin, alone = start + found[0].start(), None
            break
    else:
        if not alone:
            return span
    number = re.compile(rf"(?:第 ?|-)?{_SO_MANY}").match(text, begin, quote[1])
    after = number.end() if number else begin
    whole = alone and alone["unit"] != "个" and _MEASURES.fullmatch(alone["unit"])
    unit = None if whole else re.match(units or "", text[after : quote[1]])
    size = max(unit.end() if unit else 0, _unit(text[after : quote[1]], "" if whole else noun))
    end = after + size if size else begin + len(text[begin:after].rstrip())
    if alone:
        return begin, max(span[1], end)
    led = _LOST.search(text[span[0] : begin]) or _UNSURE.search(text[span[0] : begin])
    return span[0] + led.start() if led else begin, end


def _unit(after: str, noun: str) -> int:
    """How much of what follows a number is its unit: a measure word, with a short noun that the
    question has too (个国家), else as much of such a noun as there is. 人, 国 and the like are noun
    enough (5人受伤).
    """
    measure = _MEASURES.match(after)
    size = measure.end() if measure else 0
    named = "" if measure and measure["noun"] else noun.removeprefix(after[:size])
    told = _common(after[size:], named)
    return size + told if size + told <= NOUN and (told == len(named) or not size) else size


def hedged(text: str, quote: Span, span: Span, question: str) -> Span:
    """The span of a number with 约, 近, 不超过 and the like in front of it and 以上, 左右 behind,
    but with no limit where the question names one itself (最多多少).
    """
    told = [_UNSURE.search(text[quote[0] : span[0]]), _MORE.match(text, span[1], quote[1])]
    if _LIMIT.search(question):
        told = [match if match and not _LIMIT.search(match[0]) else None for match in told]
    before, behind = told
    return span[0] - len(before[0] if before else ""), behind.end() if behind else span[1]


def with_noun(text: str, quote: Span, span: Span, noun: str, question: str) -> Span:
    """The span with the ``noun`` that the question word asks about, where that stands behind it:
    直播权限 for 直播 when asked 什么权限. A name in marks is whole as it is, and so is one that
    ends with the noun.
    """
    whole = text[span[0] : span[0] + 1] in _PAIRS or text[slice(*span)].endswith(noun)
    whole = whole or re.search(rf"{_RUNS_ON}{re.escape(noun)}", fold(question)) is not None
    if not whole and _THING.fullmatch(noun) and text[span[1] : quote[1]].startswith(noun):
        return span[0], span[1] + len(noun)
    return span


def of_level(text: str, span: Span, noun: str) -> Span:
    """The span of a place without the larger and the smaller ones around it, where the question
    asks for one of its levels: 四川省 of 四川省雅安市 when asked 哪个省.
    """
    asked = _LEVEL.match(noun)
    parts = list(_PLACE.finditer(text, *span))
    if not asked or sum(match.end() - match.start() for match in parts) != span[1] - span[0]:
        return span
    levels = _OF_CITIES.get(asked[0], asked[0])
    found = [match.span() for match in parts if (match["level"] or "国") in levels]
    return found[0] if len(found) == 1 else span


def place_of(text: str, span: Span) -> Span:
    """The span of a place without the word that leads to it: 江心洲 for 在江心洲."""
    leads = _WHERE.match(text[slice(*span)])
    return (span[0] + leads.end(), span[1]) if leads else span


def day_of(text: str, quote: Span, span: Span, question: str) -> Span:
    """The span of a day, without what else a dateline or a clause tells, and without the other end
    of a range of which one is asked for; where it has no time in it, the one day that the quote
    names, if there is just one.
    """
    if sent := _WIRED.fullmatch(text, *span):
        return sent.span("day")
    if (days := _FROM_TO.fullmatch(text, *span)) and (end := _END.match(question)):
        return days.span(end.lastgroup or 0)
    inside, told = ([m.span() for m in _DAY.finditer(text, *part)] for part in (span, quote))
    if len(inside) == 1:
        around = text[span[0] : inside[0][0]], text[inside[0][1] : span[1]]
        return span if any(map(_REST_OF_DAY.search, around)) else inside[0]
    return told[0] if len(told) == 1 and not _TIMELY.search(text[slice(*span)]) else span


def with_side(text: str, quote: Span, span: Span, question: str) -> Span:
    """The span of a day with 前 or 后 behind it, unless the question says so itself."""
    side = _SIDE.match(text, span[1], quote[1])
    day = re.search(f"(?:{_TIME}|节)$", text[slice(*span)])
    return (span[0], side.end()) if side and day and not re.search("[前后]", question) else span


def affirmed(text: str, quote: Span, span: Span) -> Span:
    """The span, or what the quote says in its place where the span is denied: 一条江 in
    不是风光，而是一条江.
    """
    for match in _DENIED.finditer(text, *quote):
        if match.start() <= span[0] and span[1] <= match.start("words"):
            return match.span("words")
    return span


def office_of(text: str, quote: Span, name: str) -> Span | None:
    """The office that stands in front of a person's name in a quote: 县委书记、县长."""
    at = text.find(name, *quote)
    start = max(quote[0], *(text.rfind(mark, quote[0], max(at, 0)) + 1 for mark in _BREAKS))
    lead = _TO_OFFICE.match(text, start, max(at, start))
    start = lead.end() if lead else start
    return (start, at) if at - start <= OFFICE and is_office(text[start : max(at, start)]) else None


def addressed(text: str, quote: Span, span: Span) -> Span:
    """The span of a person with how the paper speaks of them: 林先生 for 林."""
    polite = _POLITE.match(text, span[1], quote[1])
    return (span[0], polite.end()) if polite else span


def _common(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


def _trimmed(text: str, span: Span) -> Span:
    """The span without words at its ends that belong to the sentence, not to the answer."""
    start, end = _bare(text, *span)
    match = _FITTED.fullmatch(text, start, end)
    return match.span("words") if match else (start, end)


def enumerated(text: str, span: Span) -> Span:
    """The span with the things that are listed right after it, 甲、乙、丙 for 甲, and with the 一是
    before it that its 二是 goes on from.
    """
    start, end = span
    after = _AFTER.match(text[end : end + 120])
    first = _FIRST.search(text[max(0, start - 3) : start]) if items(text[start:end]) > 1 else None
    return _bare(text, start - len(first[0] if first else ""), end + after.end() if after else end)


def items(words: str) -> int:
    """How many things the words list: 甲、乙和丙, 《甲》《乙》, 一是…；二是…."""
    return 1 + len(_BETWEEN.findall(words))


def without_sum(text: str, span: Span, question: str) -> Span:
    """The span of a list without the 的 behind it, and without what counts it, if the question says
    what it is a list of: 甲、乙 for 甲、乙两市.
    """
    words = re.sub("(?<!目)的$", "", text[slice(*span)])
    span = span[0], span[0] + len(words)
    found = _SUM.search(words)
    if not found or found["noun"] not in question:
        return span
    listed = words[: found.start()]
    fits = bool(found["more"]) or number_value(found["sum"]) == items(listed)
    numbered = re.search(rf"[0-9一二三四五六七八九十]{re.escape(found['noun'])}", listed)
    return (span[0], span[0] + len(listed)) if fits and not numbered else span


def called(text: str, quote: Span, counted: str, count: int) -> Span | None:
    """The things that a quote counts by name: 甲、乙、丙 in “甲、乙、丙”三个高地 or in
    以甲、乙、丙“三个高地”.
    """
    name = re.escape(counted)
    for pattern in (
        rf"“(?P<inside>[^“”\n]{{2,60}})”等?{name}",
        rf"[，。；：\n][以从把将按]?(?P<inside>[^，。；：“”\n]{{2,60}})“{name}",
    ):
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
    return max(items(words), 1 + words.count("，")) >= max(2, count)


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
        if inside.count(opening) > inside.count(closing) and text[end : end + 1] == closing:
            return start, end + 1
    return start, end
