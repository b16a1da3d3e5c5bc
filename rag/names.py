"""Who and what a text names: persons, offices, regions, and the numbers of meetings. Pure.

By rules, for news in Chinese: a person's name begins with a surname and stands before a word that
names are followed by, or is a foreign one. What can't be told so is not found.
"""

from __future__ import annotations

import re

from rag.dates import number_value

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏"
    "薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易"
    "常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢路岳齐梅莫庄辛管祝"
    "左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯"
    "阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来苟全褚廉简娄盖符奚木穆党燕郎邸冀谈"
    "姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台"
    "巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和蔺骆"
)
NAME = re.compile(
    rf"(?:欧阳|上官|司马|诸葛|司徒|夏侯|慕容|令狐|尉迟|皇甫|[{SURNAMES}])[\u4e00-\u9fff]{{1,2}}?"
    r"(?=说|表示|介绍|认为|指出|告诉|强调|坦言|透露|回忆|率|任|担任|获|夺|以|主持|出席|作|代表|在|的|等"
    r"|[，。、；：“”（）()\s]|$)|[A-Z][a-z]+(?:[·\s][A-Z][a-z]+)+|[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,8}"
)
OFFICE = re.compile(
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

_LEADS = re.compile(rf"(?:^|[^\u4e00-\u9fff0-9]|[是由叫请对和与给向被让问据]|{OFFICE.pattern})$")


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
    match = NAME.search(text)
    return match[0] if match else ""


def is_office(words: str) -> bool:
    """Whether the words end with an office: 委员、县委书记."""
    return bool(re.search(rf"(?:{OFFICE.pattern}|[长员委]|代表|负责人|发言人)$", words))


def persons_in(text: str) -> list[str]:
    """The persons that a text names at its beginning, behind a mark, an office or a word that leads
    to a name, each once: not the 龙口 in 合龙口 nor the 万元 in 10万元.
    """
    found = [
        m[0] for m in NAME.finditer(text) if _LEADS.search(text, max(0, m.start() - 3), m.start())
    ]
    return list(dict.fromkeys(found))


def is_person(words: str) -> bool:
    """Whether the words are the name of a person and nothing else."""
    match = NAME.match(words)
    return match is not None and match[0] == words
