"""Questions for the reader, formed from news that nobody asked about. Pure.

A report's numbers, days, people, places, reasons, lists and words said are asked for, with what the
report is about in front (青禾大桥主跨有多长？). The same question is also formed so that the report
does not answer it: what another report says of its matter is asked of this one's
(青禾大桥的净利润是多少？), or this one's question of another matter, or with a year, a place or a
name that it does not speak of (after Jia and Liang 2017, Rajpurkar et al. 2018). To find words like
the question's is then not enough to believe that there is an answer.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.names import is_person
from rag.passages import sentences
from rag.questions import DAY, clauses
from rag.terms import bigrams
from rag.types import Span

SHORTEST, LONGEST = 6, 40
"""Characters of a question."""

SHORT = 9
"""A label of at most so many characters is a thing's name (总投资), a longer one a statement."""

TOPICS = 3
"""How many of the things a report speaks of most stand in its questions."""

TOLD = 0.6
"""Share of a question's bigrams from which a text may well answer it."""

_UNIT = (
    r"平方[公千]?米|公里|公斤|公顷|千米|厘米|毫米|千瓦时|立方米|美元|小时|分钟|个月|人次"
    r"|[%％℃元人名户个家位只件米亩吨岁天年倍座辆所台项套场次棵册株艘层组种条份处张间级度集]"
)
_NUMBER = (
    r"(?<![0-9.,第~～—\-至到])(?P<value>[0-9]+(?:[.,][0-9]+)?[余多]?[万亿]{0,2}[余多]?)"
    rf"(?P<unit>{_UNIT})(?![0-9~～—\-至百以]|左右)"
)
_OFFICES = (
    "主任|局长|院长|校长|馆长|站长|经理|工程师|教授|书记|队长|主席|会长|董事长|市长|县长|部长|研究员|医生"
    "|老师|导演|教练|发言人|负责人|冠军|队员|选手|律师|民警|检察官|法官|店主|村民|创始人|总裁|秘书长|专家"
)
_SAYS = "说|表示|介绍|认为|指出|告诉|透露|强调|坦言|回忆|解释|提醒"
_PERSON = (
    rf"(?P<office>[\u4e00-\u9fff]{{0,8}}(?:{_OFFICES}))(?P<person>[\u4e00-\u9fff]{{2,3}})"
    rf"(?=(?:{_SAYS})|出席|主持|率|获|夺)"
)
_PLACE = r"在(?P<place>[\u4e00-\u9fff]{3,14})(?=举行|召开|开幕|举办|启动|开工|揭牌|上演|开赛)"
_WHEN = (
    rf"(?P<day>{DAY})(?![0-9至到前后起以凌上下中早晚-])"
    r"|(?P<year>(?:19|20)[0-9]{2}年)(?![0-9至到底初末前后以度上下第中-])"
)
_VALUE = re.compile(f"{_PERSON}|{_PLACE}|{_WHEN}|{_NUMBER}")

_REACHED = re.compile(
    r"(?:(?:已经|已|共|约|近|超|将|仅|至少)?(?:达到?|为|是|有|约|近|共|超过?|突破|增至|升至|降至|到|至)?)$"
)
_LABEL = re.compile(rf"[\u4e00-\u9fff]{{2,{SHORT}}}$")
_LEADS = re.compile(
    r"^(?:据[^，]{0,8}|其中|目前|同时|此外|而且|但是?|并且?|也|还|而|又|[当昨今]日|[当昨今]天)"
)
_CHANGE = re.compile(r"(?:增长|下降|上涨|下跌|增加|减少|提高|上升|缩短)$")
_QUOTE = re.compile(
    rf"(?P<who>[\u4e00-\u9fff]{{2,3}})(?:还|也|补充)?(?:{_SAYS})[，：:]*(?P<quote>“[^“”\n]{{8,80}}”)"
)
_BECAUSE = (
    re.compile(
        r"(?:由于|因为|(?<![\u4e00-\u9fff])因)(?P<why>[^，。；“”\n]{4,30})，(?P<what>[^，。；“”\n]{6,28})"
    ),
    re.compile(
        r"(?P<what>[^，。；“”\n]{5,28}[^，。；“”\n还都就不也正])[，。]?(?:主要)?(?:是因为|是由于|原因是|原因在于|的原因是)"
        r"(?P<why>[^，。；“”\n]{4,40})"
    ),
)
_LISTED = re.compile(
    r"(?P<what>[\u4e00-\u9fff]{2,14}?)(?:主要)?(?:包括|包含|分别是|分别为|涵盖|分为)了?"
    r"(?P<items>[^，。；：\n0-9]{2,20}(?:、[^，。；：\n0-9]{2,20}){1,8})(?=[，。；\n])"
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?=年)")
_REGION = re.compile(
    r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2}(?=[省市县区镇])|[\u4e00-\u9fff]{2}(?=[省市县])"
)
_ORDINAL = re.compile(r"(?<=第)[一二三四五六七八九十0-9]{1,3}")
_TITLE = re.compile(r"(?<=《)[^《》\n]{2,20}(?=》)")
_KINDS = (_YEAR, _REGION, _ORDINAL, _TITLE)
_LINKS = (
    "的了在和是等为有与及将对从被于日月年个这那其不也就都而并以到中上下说着我你他她们来过得还要会能可把让"
    "给向之所"
)
"""Characters that no topic holds, and no label begins or ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """A question about a report: ``ask`` with ``{}`` where its ``topic`` stands, and the span of
    the answer in the report's text. Questions of one ``kind`` are answered by like things.
    """

    ask: str
    topic: str
    kind: str
    answer: Span

    def about(self, topic: str) -> str:
        """The question, asked of a topic."""
        return self.ask.replace("{}", topic)


def formed(text: str, rng: random.Random) -> list[Formed]:
    """The questions that a report's text answers, in the order of their answers, with repeats of
    one answer in other words.
    """
    topics = topics_of(text)
    made = []
    for start, end in sentences(text):
        near = [topic for topic in topics if topic in text[max(0, start - 200) : end]]
        for ask, kind, (a, b) in _askings(text[start:end], rng):
            said = text[start + a : start + b]
            topic = next((topic for topic in topics if topic in ask), "")
            if topic:
                ask = ask.replace(topic, "{}", 1)
            elif len(ask) <= SHORT + 4:
                if not near:
                    continue
                topic = rng.choice(near)
                ask = "{}" + rng.choice(["的", ""]) + ask
            question = Formed(ask=ask, topic=topic, kind=kind, answer=(start + a, start + b))
            if SHORTEST <= len(question.about(topic)) <= LONGEST and said not in ask + topic:
                made.append(question)
    return made


def topics_of(text: str) -> list[str]:
    """What a text speaks of most: runs of Chinese characters that it repeats, in surroundings that
    differ, as those of a whole word or name do.
    """
    counts: Counter[str] = Counter()
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    for run in re.findall(r"[\u4e00-\u9fff]{3,}", text):
        for size in range(3, min(9, len(run) + 1)):
            for i in range(len(run) - size + 1):
                part = run[i : i + size]
                counts[part] += 1
                before.setdefault(part, set()).add(run[i - 1 : i] or f"{counts[part]}")
                after.setdefault(part, set()).add(run[i + size : i + size + 1] or f"{counts[part]}")
    likely = [
        (count * (len(run) - 1), run)
        for run, count in counts.items()
        if count > 2
        and 2 * min(len(before[run]), len(after[run])) > count
        and not set(run) & set(_LINKS)
    ]
    chosen: list[str] = []
    for _, run in sorted(likely, key=lambda pair: (-pair[0], pair[1])):
        if not any(run in other or other in run for other in chosen):
            chosen.append(run)
        if len(chosen) == TOPICS:
            break
    return chosen


def _askings(sentence: str, rng: random.Random) -> Iterator[tuple[str, str, Span]]:
    """(question without its topic, kind, answer in the sentence)."""
    for part in clauses(sentence):
        at = sentence.index(part)
        for match in _VALUE.finditer(part):
            kind = _kind(match)
            group = {"person": "person", "place": "place"}.get(kind, 0)
            if asked := _asked(part, match, kind, rng):
                yield asked, kind, _moved(match.span(group), at)
    for match in _QUOTE.finditer(sentence):
        who, quote = match["who"], match["quote"].strip("“”，。！？")
        forms = [f"{who}怎么说", f"{who}说了什么", f"{who}怎么看", f"{who}表示什么"]
        yield rng.choice(forms), "words", match.span("quote")
        said = rng.choice(re.split(r"[，。！？；]", quote))
        if is_person(who):
            yield f"“{said}”是谁说的", "who said", match.span("who")
    for match in (found for pattern in _BECAUSE for found in pattern.finditer(sentence)):
        what = _LEADS.sub("", match["what"])
        forms = [
            f"为什么{what}",
            f"{what}的原因是什么",
            f"{what}是什么原因",
            f"为何{what}",
            f"{what}是因为什么",
        ]
        yield rng.choice(forms), "reason", match.span("why")
    for match in _LISTED.finditer(sentence):
        what = _LEADS.sub("", match["what"])
        yield (
            rng.choice([f"{what}包括哪些", f"{what}有哪些", f"{what}分别是什么"]),
            "list",
            match.span("items"),
        )


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def _kind(match: re.Match[str]) -> str:
    named = (kind for kind in ("person", "place", "day", "year") if match[kind])
    return next(named, "") or match["unit"]


def _asked(part: str, match: re.Match[str], kind: str, rng: random.Random) -> str:
    """A question for a clause's value; empty where it would be none."""
    before, after = _LEADS.sub("", part[: match.start()]), part[match.end() :]
    if kind == "person":
        office = match["office"]
        return rng.choice(
            [f"{office}是谁", f"{office}是哪位", f"{office}叫什么名字", f"谁是{office}"]
        )
    if kind == "place":
        return before + rng.choice(["在哪里", "在哪儿", "在什么地方", "在哪"]) + after
    if kind == "day":
        when = rng.choice(["什么时候", "哪天", "何时", "几月几日", "哪一天"])
        return before + when + after if len(before + after) > SHORTEST else ""
    if kind == "year":
        when = rng.choice(["什么时候", "哪一年", "哪年", "何时"])
        return before + when + after if len(before + after) > SHORTEST else ""
    bare = _REACHED.sub("", before)
    if _LABEL.match(bare) and bare[0] not in _LINKS and bare[-1] not in _LINKS and not after:
        return bare + _how_much(kind, bare, rng)
    if len(before) < SHORTEST or not re.match("[\u4e00-\u9fff“{]", before):
        return ""
    asking = [f"百分之{many}" if kind in "%％" else many + kind for many in ("多少", "多少", "几")]
    return before + rng.choice(asking) + after


def _how_much(unit: str, label: str, rng: random.Random) -> str:
    """What asks for a number of a unit, after the name of what is measured."""
    plain = ["是多少", f"多少{unit}", f"有多少{unit}", f"是多少{unit}"]
    if _CHANGE.search(label):
        return rng.choice(
            ["了多少", "多少", f"了多少{unit}", "了百分之多少" if unit in "%％" else "了几"]
        )
    if unit in "%％":
        return rng.choice(["是多少", "是百分之多少", "有多大", "是多大比例"])
    if unit.endswith("元"):
        return rng.choice([*plain, "是多少钱", "多少钱", "花了多少钱"])
    if unit in "小时分钟天年个月":
        return rng.choice([*plain, "多久", "多长时间", "有多长时间"])
    if unit in "公里千米厘米":
        side = label[-1:] if label[-1:] in "高长宽深厚远" else rng.choice("长长高")
        return rng.choice([f"多少{unit}", f"有多{side}", f"多{side}", "是多少", f"是多少{unit}"])
    if unit == "岁":
        return rng.choice(["几岁", "多少岁", "多大", "多大年纪"])
    return rng.choice([*plain, f"几{unit}"])


def unanswered(
    question: Formed, text: str, others: Sequence[Formed], rng: random.Random
) -> Iterator[str]:
    """Questions like this one that its report's text does not answer: another report's of the same
    kind asked of this topic, and this one asked of the other's topic.
    """
    like = [other for other in others if other.kind == question.kind and other.topic]
    own = set(bigrams(text))
    for other in rng.sample(like, min(4, len(like))) if question.topic else ():
        terms = bigrams(other.about(""))
        if sum(term in own for term in terms) < TOLD * len(terms):
            yield other.about(question.topic)
            break
    ends = [other for other in others if other.topic[-1:] == question.topic[-1:]]
    for other in rng.sample(ends, min(4, len(ends))) if question.topic else ():
        if other.topic not in text:
            yield question.about(other.topic)
            break


def astray(question: str, text: str, pool: Sequence[str], rng: random.Random) -> str:
    """The question with its year, a place, an ordinal or a title replaced by one of those of the
    pool of questions, which the text does not speak of; empty where there is none.
    """
    found = [(kind, match) for kind in _KINDS for match in kind.finditer(question)]
    rng.shuffle(found)
    for kind, match in found:
        if match[0] not in text:
            continue
        drawn = (kind.search(other) for other in rng.sample(list(pool), min(300, len(pool))))
        for other in drawn:
            if other and other[0] not in text and other[0] not in question:
                return question[: match.start()] + other[0] + question[match.end() :]
    return ""
