"""What a question asks for, and whether a sentence holds such a thing. Pure.

The kinds follow the question words of Chinese (and English) factoid questions: a person, a date, a
time of day, a number with its unit, a place, a reason, several things, words that were said, or
something else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.dates import number_value
from rag.names import NAME, OFFICE
from rag.terms import fold
from rag.types import Span
from rag.units import STRETCH, units_asked

Kind = Literal["person", "date", "time", "number", "place", "reason", "list", "words", "other"]

ONE_CLAUSE: tuple[Kind, ...] = ("person", "date", "time", "number", "place")
"""Kinds of things that are said in one clause."""

MEASURED: tuple[Kind, ...] = ("number", "date", "time")
"""Kinds that a few words answer even where the question compares: 比去年多了多少."""

_DIGITS = r"[0-9０-９〇零一二两三四五六七八九十百千万亿Ⅰ-Ⅻ%％]"
_SIGNED = re.compile(r"[（(][^（()）。]{0,16}(?:记者|通讯员)[^（()）。]{0,60}[）)]")
_REPORTED = re.compile(r"记者|通讯员|采写|报道|作者|写的|\breport")

_FORMS: dict[Kind, re.Pattern[str]] = {
    "date": re.compile(
        rf"{_DIGITS} ?[年月]|(?<!第)(?<!{_DIGITS}){_DIGITS}+ ?[日号]|星期|周[一二三四五六日末]"
        r"|[昨今明次当][天日]|[去今明]年|[上本下]个?[月周]|[上下]半年|[春夏秋冬][季天]|[上中下]旬|月底|年[底初]"
        r"|近日|日前|季度|年代|世纪|春节|元旦|除夕|清明|端午|中秋|国庆|[寒暑]假"
    ),
    "time": re.compile(
        rf"[0-9０-９]{{1,2}}[:：][0-9０-９]{{2}}|{_DIGITS}+[时点]|上午|下午|凌晨|傍晚|中午|晚上"
    ),
    "number": re.compile(rf"{_DIGITS}+"),
    "place": re.compile(
        r"[\u4e00-\u9fff]{1,8}(?:省|市|州|区|县|镇|乡|村|街道|路|街|巷|大道|广场|公园|站|港|桥|馆|中心|大厦"
        r"|小区|社区|大学|学院|医院|剧院|湖|江|河|山|岛|洲|湾|国)|位于|地处|坐落|[在于][^，。]{2,12}(?:举行|召开)"
        r"|[\u4e00-\u9fff][场店园校室城](?![\u4e00-\u9fff])|北京|上海|天津|重庆|河北|山西|辽宁|吉林|江苏|浙江"
        r"|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港"
        r"|澳门|日本|朝鲜|印度|越南|缅甸|俄罗斯|乌克兰|伊朗|伊拉克|以色列|土耳其|埃及|巴西|加拿大|意大利|西班牙"
        r"|荷兰|瑞[士典]|新加坡|[利尼]亚|斯坦"
    ),
    "reason": re.compile(
        r"因|由于|导致|引起|引发|造成|所致|致使|为了|以便|在于|缘于|源于|出于|得益于|归功于|考虑到|主要是|解释"
        r"|受[^，。]{1,12}影响|为什么[^。]*[？?]|为何[^。]*[？?]"
    ),
    "list": re.compile(r"、|；|一是|二是|三是|分别|包括|以及|其一|第一"),
    "words": re.compile(r"[“”「」]|说|表示|介绍|认为|指出|强调|坦言|透露|告诉|回忆|称"),
}

_SO_MANY = re.compile(
    r"(?<![第0-9.〇零一二两三四五六七八九十百千万])([二两三四五六七八九十]{1,3}|[0-9]{1,2})"
    r"(?=[项个集条部种类位家座处件点方大])"
)

_WHY = (
    r"(?<!认)(?<![改更命取]名)(?<!任命)(?<![当被推入]选)(?<!被[评誉列定视改])(?<![^职名]称)"
    r"(?<!认定|鉴定|提升|晋升|转化|变更|改造|改建)为什么"
)
"""Not 当选为什么, 任命为什么, 改名为什么."""

_FIRST = r"(?:^|[,:] |\b(?:by|to|for|from|of|with|in|on|at|since|until|me|know|and) )"
"""Where an English question word asks: not in a clause (what did he say when …)."""

_SOMEONE = (
    rf"(?:{OFFICE.pattern}|[长人员者师生手官夫士民警兵友哥姐娘婆总头令爹爸妈孩娃他她]"
    r"|[男女妻儿]子|[女头]儿|[学专作画]家|老板)"
)

_ASKS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "reason",
        re.compile(
            rf"{_WHY}|为何(?!物|种|许|人(?:所|[？?]?$))|什么(?:原因|缘故|引起|引发|造成|导致)|是什么[让使令]"
            r"|原因(?:是|何在)|哪[些两几]?个?原因|缘何|因何(?!某)|何故|(?<![地企])图个?什么(?!时|地)|为了什么"
            r"|怎么(?:会(?![合见])|老(?![旧年人师化])|总(?![结分])|突然|没(?!收)|不)|出于什么"
            r"|凭什么(?!证|票|身份|优势|技术|手段|方法)"
            rf"|{_FIRST}why\b|\bhow come\b|\bwhat (?:caused|led to)\b|\breasons? (?:for|why)\b"
        ),
    ),
    (
        "list",
        re.compile(
            r"哪一?些|哪几(?![天日年周号]|个?月)|哪(?!一[^十百]|几)[一二两三四五六七八九十0-9]+"
            r"(?:[位项部条家种座名只件类届支款大所处首段]|个(?![月字]))"
            r"|分别|各[是有]|包括什么|包括哪|包含|几个部分|列出来|(?:[都请]|全部|一一)列[出举]|"
            rf"{_SO_MANY.pattern}.[^的,]{{1,8}}[”」』]?[是有叫指的]{{1,3}}什么[？?]?$|"
            r"\bwhich (?:\w+ )?\w+s (?:are|were)\b|\bwhat are\b|^(?:please )?list\b"
        ),
    ),
    (
        "time",
        re.compile(
            r"几点(?!意见|要求|建议|希望|[看想]法|感[想受]|体会|不同|启示|共识)|什么时段"
            r"|\bwhat time\b"
        ),
    ),
    (
        "date",
        re.compile(
            r"什么(?:时[候间期]|年代|日子|日期)|(?<!如)何[时年月日]|哪会儿|哪[一几]?[天日年月周]|几[月日]|几几年"
            r"|哪[几两二三四五六0-9]+(?:[天日年周]|个月)|(?<!第)(?:几|哪一?)号(?![线楼门台馆机井])"
            r"|(?<![一每])(?:星期|周)几(?![次天])|哪一?个(?:月|时间|季度|年代|时期|星期)|多久以前|日期是"
            rf"|{_FIRST}when\b|\b(?:what|which) (?:day|date|year|month)\b"
        ),
    ),
    (
        "person",
        re.compile(
            rf"谁|哪一?位|什么人|(?<!如)何许?人|哪名|姓什么|(?:{_SOMEONE}(?:的?名字)?[又都]?|的|[这那]位[^,的了过着在]*)叫什么|哪一?个人"
            rf"|哪一?个[^市省州区县镇乡村国的]{{0,2}}?(?:{OFFICE.pattern}|员(?![会国工])|者(?!协)|学生|[歌选]手|[作画专]家|明星|老板|孩子)"
            rf"|{_FIRST}who(?:se|m)?\b|\bwhom[?]?$"
        ),
    ),
    (
        "number",
        re.compile(
            rf"多少|几|{STRETCH}|(?:比例|金额|数量|人数|规模)[是有为]?[？?]?$"
            r"|\bhow (?:many|much|long|high|far|old|tall|big|large|deep|wide|heavy|fast|often)\b"
            r"|\bwhat(?: is| was)?(?: the)? (?:share|percentage|price|population|score)\b"
        ),
    ),
    (
        "place",
        re.compile(
            r"哪里|哪儿|(?<!如)何[地处]|什么地方|哪国|地点[是在]?[？?]?$|哪[个座][市省区县国城州镇乡村站地位]"
            r"|[在去往到从]哪(?![个一两几三本种档方趟部届场首篇份轮款项期次批段类级])|[在去往到从]哪一[座家所条站]"
            r"|[在去往到从]哪一?个[\u4e00-\u9fff]{0,2}(?<!网)[市区县场馆园院厅所室店路港站校学湖河江山岛]"
            rf"|{_FIRST}where\b|\b(?:what|which) (?:city|country|town|village|province|county)\b"
        ),
    ),
    (
        "words",
        re.compile(
            r"怎[么样](?:说|看(?!病|房)|讲(?!价|究)|形容)|如何(?:评价|形容|描述|看待)"
            r"|[说讲][过了]?些?什么|表示什么|什么(?:看法|建议)"
        ),
    ),
)
_ASKS_TOO = re.compile(
    rf"什么|谁|哪(?!几)|多少|{STRETCH}|怎|如何|是否|能否|没有[？?]?$|^(?!.*(?:知道|告诉)).*吗[？?]?$"
)
_ANY = re.compile(r"(?<![哪第])(?<!百分之)几(?![点月号时日岁分])")
_SOME = re.compile(rf"(?<=[那这好十]){_ANY.pattern}")

_SPOKEN = (
    ("啥", "什么"),
    ("咋", "怎么"),
    ("几时", "何时"),
    ("礼拜", "星期"),
    ("(?<!在)干[嘛吗](?!呢?[?]?$)", "为什么"),
    ("任何|(?:无论|不管|不论)(?:谁|什么|哪[里儿个]?|多少)", "所有"),
    ("哪(?=[吒咤])|几(?=乎|内亚|率|何(?![?]?$))", "数"),
    (
        "((?<![最刚正])[好差错难]|[好坏益用]处|[区差]别|[难亮重看特疑弱缺优]点|[体表]现|问题|原因|意义|关键|秘诀"
        "|分歧|症结|差距|出路)(?:究竟|到底|主要)?[就出]?在哪[里儿]?[呢啊]?(?=[?]?$)",
        r"\1何在",
    ),
)
"""What people say, or what asks nothing, with what is read for it: 好在哪里 asks for no place."""

_WHETHER = re.compile(
    r"是否|有没有|[能可会]否|有无|(?![时动])([\u4e00-\u9fff])[不没]\1|[了过]没有?[？?]?$|(?<!干)吗[？?]?$"
    r"|^(?:is|are|was|were|do|does|did|has|have|can|could|will|should)\b"
)
_A_THING = re.compile(
    r"(?<!有没有)(?<!是否有)(?:谁|哪|什么|何|多少|几|怎)"
    rf"|{_FIRST}(?:who|whose|when|where|which|what|how)\b"
)
_WEIGHS = re.compile(
    r"(?<!变)更(?![换名新改正衣替年])|相比|有何不同|区别(?!对待)|变化|怎么样[了呢]?[？?]?$"
    r"|讲述?了?些?什么|什么内容[？?]?$|内容是什么|怎么回事"
)
_NOUN = re.compile(
    r"(?:多少|几|什么|哪(?:一|几|两|[0-9])?[个种项些支位家座部条名款届类样只份]?)(?P<noun>[\u4e00-\u9fff]{1,8})"
)
_PEOPLE = re.compile("^个(?=人(?!信息|账|荣誉|奖|所得|贷款|资料))")
"""People ask 几个人, papers count 5人."""

_LED = re.compile("[被由用靠以与对跟按拿凭为](?:什么|哪)")
"""What is asked for is no noun that goes on behind the question word: 被什么刺穿."""

_COUNTED = re.compile(f"{_SO_MANY.pattern}.[\u4e00-\u9fff]{{2}}")
_HOLDER = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?:同志|先生|女士)?(?:现在|目前)?"
    r"(?:(?:是|任|担任|现任)(?:的是)?什么(?:职|身份|官)|的(?:职务|职位|身份)(?:是|[?]|$))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a question asks for. ``units`` are the units that a number must carry, as a
    pattern, and ``amount`` says that the question names an amount, so that no other unit will do;
    ``count`` is how many things a list must have where the question says so, else 0, and
    ``counted`` what it calls them (三个高地), as far as two characters after the measure word;
    ``sentence`` says that a few words can't answer: yes or no, a comparison, what it is all about.
    ``clock`` says that a time of day will do for a date (何时), ``reporter`` that who wrote the
    article may be meant. ``holder`` is the person whose office is asked for. ``noun`` begins with
    what is asked about: 个国家参加 in 有多少个国家参加.
    """

    kind: Kind
    units: str | None = None
    amount: bool = False
    count: int = 0
    counted: str = ""
    sentence: bool = False
    clock: bool = False
    reporter: bool = False
    holder: str = ""
    noun: str = ""


def asked(question: str) -> Asked:
    """Reads the question words; a reason or a list goes before a single thing."""
    text = _without_some(_written(fold(question)))
    kind: Kind = next((kind for kind, pattern in _ASKS if pattern.search(text)), "other")
    units, amount = units_asked(text) if kind == "number" else (None, False)
    return Asked(
        kind=kind,
        units=units,
        amount=amount,
        count=_count(text) if kind == "list" else 0,
        counted=_counted(text) if kind == "list" else "",
        sentence=(kind in ("person", "words", "other") and bool(_WEIGHS.search(text)))
        or (bool(_WHETHER.search(text)) and not _A_THING.search(text)),
        clock=kind == "date" and bool(re.search(r"何时|什么时[候间]|\bwhen\b", text)),
        reporter=bool(_REPORTED.search(text)),
        holder=match["name"] if (match := _HOLDER.match(text)) else "",
        noun=_noun(text, kind),
    )


def _noun(text: str, kind: Kind) -> str:
    match = _NOUN.search(text)
    if not match or (kind != "number" and _LED.search(text)):
        return ""
    return _PEOPLE.sub("", match["noun"]) if kind == "number" else match["noun"]


def _written(text: str) -> str:
    """The text as it would be written: with 什么 for 啥."""
    for spoken, written in _SPOKEN:
        text = re.sub(spoken, written, text)
    return text


def _without_some(text: str) -> str:
    """The text with 数 for each 几 that does not ask: 那几个, or where another word asks."""
    return (_ANY if _ASKS_TOO.search(text) else _SOME).sub("数", text)


def signatures(sentence: str, wanted: Asked) -> list[Span]:
    """Where a sentence says who reported it, 本报讯（记者 …）: no one in the news, so no answer
    either, unless that is asked for.
    """
    return [] if wanted.reporter else [match.span() for match in _SIGNED.finditer(sentence)]


def holds(sentence: str, wanted: Asked) -> float:
    """1 when the sentence holds what is asked for, 0 when not, .5 when that can't be told."""
    if wanted.kind == "other":
        return 0.5
    if wanted.kind == "person":
        told = sentence if wanted.reporter else _SIGNED.sub("", sentence)
        return float(bool(NAME.search(told) or OFFICE.search(told)))
    if wanted.units:
        number = rf"(?:{_DIGITS}\s?[多余来几半]?|[半数几]|双(?!方))"
        unit = rf"(?:[个台架条]?[多半]?\s?(?:{wanted.units})|(?<=[百千万亿多余])$)"
        told = f"{number}{unit}|免费|半数|[近过超]半"
        return float(bool(re.search(told, sentence, re.IGNORECASE)))
    if wanted.clock and _FORMS["time"].search(sentence):
        return 1.0
    return float(bool(_FORMS[wanted.kind].search(sentence)))


def _count(text: str) -> int:
    """How many things are asked for: 2 in 20部短片是哪两家单位拍的."""
    return max((number_value(match[1]) or 0 for match in _counts(text)), default=0)


def _counted(text: str) -> str:
    matches = (_COUNTED.match(text, match.start()) for match in _counts(text))
    return next((match[0] for match in matches if match), "")


def _counts(text: str) -> list[re.Match[str]]:
    """The numbers of things in a question, as far as 20: those behind 哪, if there are such; none
    where it asks which (十个村中哪些村).
    """
    found = [match for match in _SO_MANY.finditer(text) if (number_value(match[1]) or 0) <= 20]
    behind = [match for match in found if text[: match.start()].endswith("哪")]
    return behind or ([] if re.search("哪一?些(?![？?]?$)", text) else found)
