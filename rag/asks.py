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
from rag.terms import fold
from rag.types import Span

Kind = Literal["person", "date", "time", "number", "place", "reason", "list", "words", "other"]

ONE_CLAUSE: tuple[Kind, ...] = ("person", "date", "time", "number", "place")
"""Kinds of things that are said in one clause."""

MEASURED: tuple[Kind, ...] = ("number", "date", "time")
"""Kinds that a few words answer even where the question compares: 比去年多了多少."""

_DIGITS = r"[0-9０-９〇零一二两三四五六七八九十百千万亿.．,，%％]"
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏"
    "薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易"
    "常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢路岳齐梅莫庄辛管祝"
    "左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯"
    "阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来苟全褚廉简娄盖符奚木穆党燕郎邸冀谈"
    "姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台"
    "巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺骆"
)
_NAME = re.compile(
    rf"(?:欧阳|上官|司马|诸葛|司徒|夏侯|慕容|令狐|尉迟|皇甫|[{SURNAMES}])[\u4e00-\u9fff]{{1,2}}?"
    r"(?=说|表示|介绍|认为|指出|告诉|强调|坦言|透露|回忆|率|任|担任|获|夺|以|主持|出席|作|代表|在|的|等"
    r"|[，。、；：“”（）()\s]|$)|[A-Z][a-z]+(?:[·\s][A-Z][a-z]+)+|[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,8}"
)
_OFFICE = re.compile(
    r"书记|主任|局长|市长|区长|县长|省长|部长|院长|校长|董事长|总裁|经理|总经理|教授|博士|队长|教练|导演"
    r"|记者|工程师|主席|主委|会长|站长|馆长|法官|医生|老师|艺人|策展人|创始人|总统|总理|冠军|选手|师傅"
)

_REGION = re.compile(
    r"[\u4e00-\u9fff]{2}(?:[市县区镇]|省(?![钱时事电力心下略去]))"
    r"(?!民(?!政|族|宗|办)|服(?!务)|会(?!展|议)|分(?!局|公司|行|院)|[场值面里级域间别际内外])"
)
_NO_REGION = re.compile(
    r"[全本该各我某一两几个到在了的和与哪从么多少位副给把让被对向跟说是看觉认买卖"
    r"请问劝跨股债药要能用领称以责更而何样怎]"
    r"|[二三四五六七八九十有来去过时人老得当比离下后着困年于设城超都上夜早社校院"
    r"辖专发治街心住护假乡外市县区团病言震学块强任举谢级加].$"
    r"|[景灾地小山库牧范济新农贸税务政特军矿片展赛游园滩]区$|[险战验洪飞保期度厂选大误分]区$"
    r"|[开收汇菜闹油车做房门集楼]市$|节省$|小镇$"
)
"""What stands in phrases and not in the names of regions: 让市, 开发区, 认为市. It also rejects
some names, such as 成都市 and 房山区; then a region is not compared.
"""

_LEADING = re.compile(
    r"(?<!副)(?:秘书长|董事长|总裁|总经理|主任|主席|主委|总统|总理|书记"
    r"|[局市区县省部院校所处科镇乡村厂会站馆台厅司队]长(?![江城安沙春期大远久]))"
)
"""The offices of those who lead something."""

_ORDINALS = re.compile(
    r"第([〇零一二两三四五六七八九十百0-9]+)(?:[届号批期集]|次[^，。]{0,6}(?:会议|全会|大会))"
)
"""Which of a row of meetings, storms, parts a question is about: 第二次全体会议."""

_NUMBERED = re.compile(r"第 ?([〇零一二两三四五六七八九十百0-9]+)|首[届次批期集]")

_LEADS = re.compile(rf"(?:^|[^\u4e00-\u9fff]|[是由叫请对和与给向被让问据]|{_OFFICE.pattern})$")

_SIGNED = re.compile(r"[（(][^（()）。]{0,16}(?:记者|通讯员)[^（()）。]{0,60}[）)]")
_REPORTED = re.compile(r"记者|通讯员|采写|报道|作者|写的|\breport")

_FORMS: dict[Kind, re.Pattern[str]] = {
    "date": re.compile(
        rf"{_DIGITS}+年|{_DIGITS}+月|(?<!第)(?<!{_DIGITS}){_DIGITS}+[日号]|星期|周[一二三四五六日]|昨[天日]|今[天日]|明[天日]"
        r"|去年|今年|明年|上[个]?月|本月|下[个]?月|[春夏秋冬]季|上旬|中旬|下旬|月底|年底|年初|近日|日前"
    ),
    "time": re.compile(
        rf"[0-9０-９]{{1,2}}[:：][0-9０-９]{{2}}|{_DIGITS}+[时点]|上午|下午|凌晨|傍晚|中午|晚上"
    ),
    "number": re.compile(rf"{_DIGITS}+"),
    "place": re.compile(
        r"[\u4e00-\u9fff]{1,8}(?:省|市|区|县|镇|乡|村|街道|路|街|巷|大道|广场|公园|站|港|桥|馆|中心|大厦"
        r"|小区|社区|大学|学院|医院|剧院|湖|江|河|山|岛|洲|湾|国)|位于|地处|坐落|[在于][^，。]{2,12}(?:举行|召开)"
    ),
    "reason": re.compile(
        r"因|由于|导致|引起|引发|造成|所致|致使|为了|以便|在于|缘于|源于|出于|得益于|归功于|考虑到|主要是|解释"
        r"|受[^，。]{1,12}影响|为什么[^。]*[？?]|为何[^。]*[？?]"
    ),
    "list": re.compile(r"、|；|一是|二是|三是|分别|包括|以及|其一|第一"),
    "words": re.compile(r"[“”「」]|说|表示|介绍|认为|指出|强调|坦言|透露|告诉|回忆|称"),
}

_SO_MANY = re.compile(
    r"(?<!第)([二两三四五六七八九十]{1,2}|[0-9]{1,2})(?=[项个集条部种类位家座处件点方大])"
)

_WHY = (
    r"(?<!认)(?<![改更命取]名)(?<!任命)(?<![当被推入]选)(?<!被[评誉列定视改])(?<![^职名]称)"
    r"(?<!认定|鉴定|提升|晋升|转化|变更|改造|改建)为什么"
)
"""Not 当选为什么, 任命为什么, 改名为什么."""

_STRETCH = r"(?<![许众很最更])多[长高久大远深宽重快]"

_ASKS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "reason",
        re.compile(
            rf"{_WHY}|为何|为啥|什么原因|原因是|哪[些两几]?个?原因|什么(?:引起|引发|造成|导致)|缘何"
            r"|(?:怎么|咋)(?:会(?!合)|老(?![旧年人师])|总(?![结分])|突然|没(?!收)|不)|出于什么"
            r"|凭(?:什么|啥)(?!证|票|身份|优势|技术|手段|方法)|\bwhy\b"
        ),
    ),
    (
        "list",
        re.compile(
            r"哪些|哪几(?![天日年周号]|个?月)|哪(?!一[^十百]|几)[一二两三四五六七八九十0-9]+"
            r"(?:[位项部条家种座名只件类届支款大所处首段]|个(?![月字]))"
            r"|分别|各[是有]|包括什么|包括哪|包含|几个部分|列出来|(?:[都请]|全部|一一)列[出举]|"
            rf"{_SO_MANY.pattern}.[\u4e00-\u9fff]{{1,8}}[”」』]?(?:是|有|指|叫)的?是?什么(?!时|地方)|"
            r"\bwhich .*s are\b|\bwhat are\b|\blist\b"
        ),
    ),
    ("time", re.compile(r"几点|什么时间|几时|什么时段|\bwhat time\b")),
    (
        "date",
        re.compile(
            r"什么时候|何时|哪[一几]?[天日年月周号]|哪[几两二三四五六0-9]个月|几[月号日]|哪一?个(?:月|时间)|多久以前|什么日期|日期是"
            r"|\bwhen\b|\bwhat (?:day|date|year)\b"
        ),
    ),
    (
        "person",
        re.compile(r"谁|哪[一]?位|什么人|何人|哪个人|哪名|叫什么名字|\bwho\b|\bwhose\b|\bwhom\b"),
    ),
    (
        "number",
        re.compile(
            rf"多少|几(?!乎)|{_STRETCH}|第几|比例是|金额|数量|人数|规模"
            r"|\bhow (?:many|much|long|high|far|old|tall)\b"
        ),
    ),
    (
        "place",
        re.compile(
            r"哪里|哪儿|(?<!如)何[地处]|什么地方|在哪|哪个[市省区县国城镇村站地]|哪国|地点|\bwhere\b"
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
_ASKS_TOO = re.compile(rf"什么|谁|哪(?!几)|多少|{_STRETCH}|怎")
_ANY = re.compile(r"(?<![哪第])(?<!百分之)几(?![点月号时日岁分])")
_SOME = re.compile(rf"(?<=[那这好]){_ANY.pattern}")

_WHETHER = re.compile(
    r"是否|有没有|是不是|能不能|会不会|吗[？?]?$"
    r"|^(?:is|are|was|were|do|does|did|has|have|can|will)\b"
)
_A_THING = re.compile(
    r"(?<!有没有)(?<!是否有)(?:谁|哪|什么|何|多少|几|怎)|^(?:who|whose|when|where|which|what|how)\b"
)
_WEIGHS = re.compile(
    r"更|相比|有何不同|区别|变化|怎么样|讲述?了?些?什么|什么内容|内容是什么|怎么回事"
)
_NOUN = re.compile(
    r"(?:多少|几|什么|哪(?:一|几|两|[0-9])?[个种项些支位家座部条名款届类样只份]?)(?P<noun>[\u4e00-\u9fff]{1,8})"
)
_PEOPLE = re.compile("^个(?=人(?!信息|账|荣誉|奖|所得|贷款|资料))")
"""People ask 几个人, papers count 5人."""

_LED = re.compile("[被由用靠以与对跟按拿凭为](?:什么|哪)")
"""What is asked for is no noun that goes on behind the question word: 被什么刺穿."""

_UNIT = re.compile(
    r"(?:多少|几)(?:个|多)?(亿|万)?(?!款项|对[手象]|把握|顶级|部[门队分])(?P<unit>[\u4e00-\u9fff])"
)
_COUNTED = re.compile(f"{_SO_MANY.pattern}.[\u4e00-\u9fff]{{2}}")
MEASURES = (
    "户人名个位只台座册本张种次辆件条米家项所亩吨岁万亿元分斤站层批集场天年月日里平公倍头尾棵株艘架"
    "套间顿封首期届门枚支颗段笔艺幅处片口级度起宗例部根款栋幢把顶对盒袋瓶桶"
)
_ALIKE = (
    "人名位",
    "册本部",
    "台辆部",
    "座栋幢",
    "家所个",
    "次趟回",
    "天日",
    "度℃°",
    "元块",
    "笔宗起",
)
"""Measure words that papers use for one another: 考生2.38万名 answers 有多少人."""

_HOLDER = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?:同志|先生|女士)?(?:现在|目前)?"
    r"(?:(?:是|任|担任|现任)(?:的是)?什么(?:职|身份|官)|的(?:职务|职位|身份)(?:是|[?]|$))"
)
_SHARE = re.compile(r"比例|占比|比重|增速|增幅|降幅|增长率|百分之几|(?:增长|下降|上涨|提高)了?多少")
_MONEY = re.compile(
    r"多少(?:资金|经费|钱)|什么价|价格|票价|投资|花费|费用|造价|[金总售易口余]额|补贴|罚款"
    r"|收入|利润|产值|生产总值|\bgdp\b"
)
_LENGTHS = {
    "长": "米|公里|千米|厘米|年|天|小时|分钟|个月",
    "高": "米|层|厘米|%|％|℃|度",
    "久": "年|天|小时|分钟|个月|月|日",
    "大": "平方|亩|公顷|岁|级|米|万",
    "远": "米|公里|千米",
    "深": "米|厘米",
    "宽": "米|厘米|车道",
    "重": "克|吨|斤|公斤",
    "快": "公里|米|秒",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a question asks for. ``units`` are the units that a number must carry, as a pattern;
    ``count`` is how many things a list must have where the question says so, else 0, and
    ``counted`` what it calls them (三个高地), as far as two characters after the measure word;
    ``sentence`` says that a few words can't answer: yes or no, a comparison, what it is all about.
    ``reporter`` says that who wrote the article may be meant. ``holder`` is the person whose office
    is asked for. ``noun`` begins with what is asked about: 个国家参加 in 有多少个国家参加.
    """

    kind: Kind
    units: str | None = None
    count: int = 0
    counted: str = ""
    sentence: bool = False
    reporter: bool = False
    holder: str = ""
    noun: str = ""


def asked(question: str) -> Asked:
    """Reads the question words; a reason or a list goes before a single thing."""
    text = _without_some(fold(question))
    kind: Kind = next((kind for kind, pattern in _ASKS if pattern.search(text)), "other")
    return Asked(
        kind=kind,
        units=_units(text) if kind == "number" else None,
        count=_count(text) if kind == "list" else 0,
        counted=_counted(text) if kind == "list" else "",
        sentence=(kind not in MEASURED and bool(_WEIGHS.search(text)))
        or (bool(_WHETHER.search(text)) and not _A_THING.search(text)),
        reporter=bool(_REPORTED.search(text)),
        holder=match["name"] if (match := _HOLDER.match(text)) else "",
        noun=_noun(text, kind),
    )


def _noun(text: str, kind: Kind) -> str:
    match = _NOUN.search(text)
    if not match or (kind != "number" and _LED.search(text)):
        return ""
    return _PEOPLE.sub("", match["noun"]) if kind == "number" else match["noun"]


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
        return float(bool(_NAME.search(told) or _OFFICE.search(told)))
    if wanted.units:
        return float(bool(re.search(rf"{_DIGITS} ?[多余]?个? ?(?:{wanted.units})", sentence)))
    return float(bool(_FORMS[wanted.kind].search(sentence)))


def regions_in(text: str) -> list[str]:
    """The cities, counties, districts and towns that a text names, and what kind of place they are:
    渝北区. No more than the last two characters of each name.
    """
    return [name for name in _REGION.findall(text) if not _NO_REGION.search(name)]


def tells_of(region: str, text: str) -> bool:
    """Whether a text names a region that ``regions_in`` found. Of 益阳南县 that finds 阳南县, so
    南县 will do where it is a name by itself.
    """
    short = rf"(?:(?<![\u4e00-\u9fff])|[省市州盟]){re.escape(region[1:])}"
    return region[:-1] in text or (region[-1] in "县镇市" and bool(re.search(short, text)))


def offices_in(text: str) -> list[str]:
    """The offices of those who lead something that a text names, not those of their deputies. The
    head of a school is a 校长, also where it is called 学院.
    """
    return [office.replace("院长", "校长") for office in _LEADING.findall(text)]


def ordinals_in(text: str) -> set[int]:
    """The numbers of the meetings, storms, parts and so on that a question names."""
    return {value for n in _ORDINALS.findall(text) if (value := number_value(n)) is not None}


def numbered_in(text: str) -> set[int]:
    """All ordinal numbers that a text names."""
    return {number_value(n) or 0 if n else 1 for n in _NUMBERED.findall(text)}


def person_in(text: str) -> str:
    """The first person that a text names; empty where it names none that can be told."""
    match = _NAME.search(text)
    return match[0] if match else ""


def is_office(words: str) -> bool:
    """Whether the words end with an office: 委员、县委书记."""
    return bool(re.search(rf"(?:{_OFFICE.pattern}|[长员委]|代表|负责人|发言人)$", words))


def persons_in(text: str) -> list[str]:
    """The persons that a text names at its beginning, behind a mark, an office or a word that leads
    to a name, each once: not the 龙口 in 合龙口.
    """
    found = [
        m[0] for m in _NAME.finditer(text) if _LEADS.search(text, max(0, m.start() - 3), m.start())
    ]
    return list(dict.fromkeys(found))


def is_person(words: str) -> bool:
    """Whether the words are the name of a person and nothing else."""
    match = _NAME.match(words)
    return match is not None and match[0] == words


def _count(text: str) -> int:
    """How many things are asked for: 2 in 20部短片是哪两家单位拍的."""
    numbers = [number_value(match[1]) or 0 for match in _counts(text)]
    return max((n for n in numbers if n <= 20), default=0)


def _counted(text: str) -> str:
    matches = (_COUNTED.match(text, match.start()) for match in _counts(text))
    return next((match[0] for match in matches if match), "")


def _counts(text: str) -> list[re.Match[str]]:
    """The numbers of things in a question: those behind 哪, if there are such."""
    found = list(_SO_MANY.finditer(text))
    return [match for match in found if text[: match.start()].endswith("哪")] or found


def _units(text: str) -> str | None:
    """The units that the number must have, by the measure word that the question counts with."""
    match = _UNIT.search(text)
    named = match["unit"] if match and match["unit"] in MEASURES else ""
    alike = "|".join(dict.fromkeys(named + "".join(a for a in _ALIKE if named and named in a)))
    if _SHARE.search(text) and not named:
        return "%|％|成|倍|番|半|个百分点|分之"
    if _MONEY.search(text) and (not named or named in "元万亿" or "人民币" in text):
        return "[\u4e00-\u9fff]{0,2}元|万|亿|块|角|英镑|卢布|卢比|法郎|比索|里拉"
    stretch = re.search(_STRETCH, text)
    return _LENGTHS[stretch[0][1]] if stretch else alike or None
