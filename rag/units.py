"""What a question counts in, and the units that a number which answers it may carry. Pure.

A question names a measure word (几辆), an amount (多少小时) or a size (多长, 比例). What tells as
much in another unit will do: 90分钟 for 多少小时, not 4.3年.
"""

from __future__ import annotations

import re

STRETCH = (
    r"(?<![许众很最更么诸没不十百千万])多"
    r"(?:长(?![江城])|高(?![校楼])|大(?![学桥型人])|重(?![压要点症困身因])|[久远深宽快厚粗])"
)

_UNIT = re.compile(
    r"(?:多少|几)(?:个(?=人|月(?!饼)|星期|百分)|多)?(?:百(?!分)|[千万亿])*"
    r"(?!(?<=第几)[名位个]|个?人(?:所得|消费|信息)|款(?:[项物]|[?]?$)|对[手象冲]|把[握手]|顶级|部[门队分]|分[之拣类店公支]"
    r"|支[持援出]|本[科钱金地]|集[中团成]|头[等奖]|天然|年[轻均]|日[本常均]|月[钱薪季均]|周[边六日末]|台[湾资企]"
    r"|公(?![里斤顷分尺升])|尾款|家[产当境]|数|克[朗隆]|成[员果立功]|起[步飞]|(?<=价多少)起)"
    r"(?P<unit>[\u4e00-\u9fff]{1,5}|[a-z]+)"
)
"""What a question counts in, or else what stands behind its 多少; not nouns that begin like a unit:
多少天然气.
"""

MEASURES = (
    "户人名个位只台座册本张种次辆件条米家项所亩吨岁万亿元分斤站层批集场天年月日里平公倍头尾棵株艘架"
    "套间顿封首期届门枚支颗段笔艺幅处片口级度起宗例部根款栋幢把顶对盒袋瓶桶"
)
_ALIKE = (
    "人名位口例死伤票",
    "名位个",
    "次趟回度起场轮遍届期项",
    "笔宗起件例",
    "册本部份张幅套件种篇个",
    "台辆部架列个",
    "座栋幢处家所户间组站条起套个",
    "条艘项件只头匹尾支篇点股个",
    "棵株枚块根支颗个",
    "种款类样项个",
    "枚袋瓶盒只支把条个",
    "层楼",
    "级档",
)
"""Measure words that papers use for one another: 考生2.38万名 answers 有多少人."""

_ANYTHING = "个名位人家例起架件只条项支户所部处国次死伤大枚篇座颗份台场间种班张套辆组箱"
"""What stands for a 个, beside what it counts: 三人 answers 死了几个, 12市 几个城市."""

_SHARES = "%|％|‰|成(?![立员果])|倍|番|半|个百分点|分之|[/:：∶比][0-9一二三四五六七八九十]"
_SHARE_OF = "比例|占比|比重|增速|[增涨跌降]幅|幅度|增长率|[概几]率|份额|可能性|机会"
_HOURS = "[天分秒刻]|小时|钟头|昼夜|h(?![a-z])"
_DAYS = f"[周晚夜]|星期|礼拜|个多?月|(?:工作|交易|自然|比赛)日|{_HOURS}"
_TIMES = (
    "(?<!19[0-9]{2})(?<!20[0-9]{2})年(?!级)|载|(?<=[两半数])月|世纪|(?<!月[0-9])(?<!月[0-9]{2})日(?:[内以]|$)"
    f"|{_DAYS}"
)
_METRES = "[公千厘毫微纳]?米|[公海华英]?里|光年|[kcmn]?m|英?[寸尺]"
_AREAS = "平|㎡|英?亩|公?顷"
_BULK = "[千毫微]?克|公?斤|吨|[km]?g|两|磅|立方|方|[毫公]?升|桶"
_MONEY = (
    "[\u4e00-\u9fff]{0,2}(?:[元圆币镑铢]|克朗|法郎|比索|里拉|雷亚尔)|[万亿](?![人户名个件辆次])"
    "|[块角毛]|美分|卢[布比]"
)
_AMOUNTS = (
    ("年级", "年级"),
    ("个?小时|个?钟头|分钟|秒", _HOURS),
    ("天|日(?![元圆])|个?(?:工作|交易|自然)日", f"日|{_DAYS}"),
    ("周?岁", "周?岁|旬|个月|周年|[百多余]年"),
    ("个?年头|[周年月载]|星期", _TIMES),
    ("平方?|亩|公?顷", _AREAS),
    ("[公千厘毫海英]?[米里尺寸]|km", _METRES),
    ("度|摄氏|[千兆]?瓦", "(?:[摄华]氏)?度|℃|°|[千兆]?瓦|[kmg]?wh?"),
    ("[千毫]?克|公?斤|吨|[毫公]?升|立方", _BULK),
    ("百分|[成倍]|个点(?!位)", f"{_SHARES}|个?基?点"),
    ("[美欧日港]?元|[个块]?钱|人民币|资金|经费", _MONEY),
    ("人次", "[人名位次]|[万亿](?!元)"),
    ("人家", "[户家]"),
    ("块", "[元块毛枚个处面件颗金]"),
    ("分", "美?分|[:∶：比]|$"),
)
"""What a question counts in, and all the units that tell as much."""

_PLAIN = "元钱吨亩岁秒"
"""Amounts of one character that no noun begins with."""

_SIZES = (
    ("多(?:久|长时间)[^,]*一[次回趟遍]|第几|老几", ""),
    ("多[长少]时间|多久", _TIMES),
    ("多大(?:岁数|年纪|年龄|了)", "周?岁|旬|个月|周年|[百多余]年"),
    (
        rf"(?:{_SHARE_OF})[^,]{{0,6}}(?:多[少大高](?![\u4e00-\u9fff]{{2}})|[?]?$)"
        rf"|多大.{{0,2}}(?:{_SHARE_OF}|股[份权]|部分)|占(?!地)[^,]*多大(?!.{{0,2}}[地海空面市])"
        r"|(?<![心频汇功新])率[是为有达]?多少|\bshare of\b",
        _SHARES,
    ),
    ("占(?!地)[^,]*多少(?![\u4e00-\u9fff])", f"{_SHARES}|{_MONEY}"),
    ("几成|百分[之点]|增长了?多少(?!钱|[\u4e00-\u9fff]{2})", _SHARES),
    (
        "(?:[涨跌升降滑掉增]|提高)了?多少(?![\u4e00-\u9fff]{2})",
        f"{_SHARES}|{_MONEY}|{_METRES}|角|分|个?基?点|桶",
    ),
    (rf"{STRETCH}(?<=长)", f"{_METRES}|{_TIMES}|字|集|页"),
    (
        rf"{STRETCH}(?<=高)",
        f"{_METRES}|层|(?:摄氏)?度|℃|{_SHARES}|元|公?斤|[kmg]?hz|[千兆]?[瓦伏]",
    ),
    (
        rf"{STRETCH}(?<=大)(?!影响|责|[伤损]害|用)",
        f"{_AREAS}|{_METRES}|周?岁|个月|[级万亿元倍人家度]|{_BULK}|分贝|[kmgt]b?(?![a-z])|[kmg]?wh?|[千兆]瓦",
    ),
    (rf"{STRETCH}(?<=重)", _BULK),
    (rf"{STRETCH}(?<!大)", f"{_METRES}|车道|秒|分|倍|%|马赫|w"),
    (
        r"(?:多少|几)个?[万亿]|什么价"
        r"|^(?!.*(?:几|多少[\u4e00-\u9fff]{2})).*(?:价格|票价|投资(?!者)|花费|(?<!免)费用(?!户)|造价"
        r"|[金总售易口余]额|补贴|罚款|收入|利润(?!率)|产值|生产总值|\bgdp\b)",
        _MONEY,
    ),
)
"""What tells the units of a number that is counted with no measure word."""


def units_asked(text: str) -> tuple[str | None, bool]:
    """The units that the number must have, as a pattern, by what the folded question counts in
    (None where that can't be told), and whether it names an amount in so many words, so that no
    number in another unit can be meant: 多少小时, not 多少门店, which begins like a measure word.
    """
    match = _UNIT.search(text)
    counted = match["unit"] if match else ""
    for asks, units in _AMOUNTS:
        if amount := re.match(asks, counted):
            return units, len(amount[0]) > 1 or amount[0] in _PLAIN
    if counted[:1] == "个":
        return f"[{_ANYTHING}{counted[1:]}]", False
    if counted and counted[0] in MEASURES:
        alike = "".join(measures for measures in _ALIKE if counted[0] in measures)
        return f"[{counted[0]}{alike}]", False
    return next((units for asks, units in _SIZES if re.search(asks, text)), "") or None, False
