"""Questions for the reader, formed from news that nobody asked about. Pure.

A report says what matters twice: at its head, and where it tells the same at length in other words.
So a clause becomes a question, its number, day, person, place or name replaced by what asks for it,
and the answer is where the rest of the report says it again (after Lewis et al. 2019, Fabbri et al.
2020). The sentence that the question is made of is not in the context: sharing its words is not
enough to find the answer, nor to believe that there is one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from rag.passages import sentences
from rag.questions import DAY, clauses
from rag.terms import bigrams, likeness
from rag.types import Span

SHORTEST, LONGEST = 7, 36
"""Characters of a question."""

MOST = 4
"""Questions of one report."""

LIKE = 0.5
"""Share of a sentence's bigrams above which another sentence only repeats it."""

_NUMBER = (
    r"(?P<value>(?:[0-9]{2,}(?:[.,][0-9]+)?|[0-9]\.[0-9]+|[0-9](?=[万亿]))[余多]?[万亿]{0,2}[余多]?)"
    r"(?P<unit>平方[公千]?米|公里|公斤|公顷|千米|千瓦时|立方米|美元|[%％元人名户个家位只件米亩吨岁天倍座辆所台项套场次棵册株艘层])"
)
_NAME = r"《[^《》\n]{2,20}》|“[^“”\n]{3,12}”(?=[\u4e00-\u9fff]{2})"
_OFFICES = (
    "主任|局长|院长|校长|馆长|站长|经理|工程师|教授|书记|队长|主席|会长|董事长|市长|县长|部长"
    "|研究员|医生|老师|导演|教练|发言人|负责人"
)
_PERSON = (
    rf"(?P<office>[\u4e00-\u9fff]{{0,10}}(?:{_OFFICES}))(?P<person>[\u4e00-\u9fff]{{2,3}})"
    r"(?=说|表示|介绍|认为|指出|告诉|透露|出席|主持|强调)"
)
_PLACE = r"在(?P<place>[\u4e00-\u9fff]{3,14})(?=举行|召开|开幕|举办|启动|开工|揭牌|上演|开赛)"
_SAID = re.compile(f"{_PERSON}|{_PLACE}|(?P<day>{DAY})|(?P<name>{_NAME})|(?P<number>{_NUMBER})")
_REACHED = re.compile(r"(?:(?:已|共)?(?:达到?|为|是|有|约|共|超过?|突破|增至))+$")


def cloze(text: str, rng: random.Random) -> list[tuple[str, str, Span]]:
    """(question, context, answer in the context): ``MOST`` at most, about different things."""
    said = [text[a:b] for a, b in sentences(text)]
    grams = [set(bigrams(sentence)) for sentence in said]
    made: dict[str, tuple[str, str, Span]] = {}
    for i, sentence in enumerate(said):
        asked = list(askings(sentence, rng))
        if not asked:
            continue
        rest = "".join(
            other
            for other, terms in zip(said, grams, strict=True)
            if likeness(grams[i], terms) <= LIKE
        )
        for question, answer in asked:
            at = _at(rest, answer)
            if at >= 0 and answer not in question and rng.random() < 0.7:
                made.setdefault(answer, (question, rest, (at, at + len(answer))))
    drawn = list(made.values())
    rng.shuffle(drawn)
    return drawn[:MOST]


def _at(text: str, answer: str) -> int:
    """Where the answer stands, not as a part of a longer number; -1 for nowhere."""
    found = re.search(rf"(?<![0-9.,]){re.escape(answer)}", text)
    return found.start() if found else -1


def askings(sentence: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """(question, answer) for what the clauses of a sentence say."""
    parts = clauses(sentence)
    for i, part in enumerate(parts):
        for match in _SAID.finditer(part):
            words, answer = _asked(part, match, rng)
            if i and len(words) < 3 * SHORTEST and rng.random() < 0.5:
                words = parts[i - 1] + rng.choice(["", "，"]) + words
            if SHORTEST <= len(words) <= LONGEST:
                yield words + rng.choice(["", "？"]), answer


def _asked(part: str, match: re.Match[str], rng: random.Random) -> tuple[str, str]:
    before, after = part[: match.start()], part[match.end() :]
    if match["person"]:
        office = match["office"]
        forms = [f"谁{after}", f"{office}是谁", f"{office}是哪位", f"{before}哪位{office}{after}"]
        return rng.choice(forms), match["person"]
    if match["place"]:
        where = rng.choice(["在哪里", "在哪儿", "在什么地方", "在哪"])
        return before + where + after, match["place"]
    if match["day"]:
        when = rng.choice(["什么时候", "哪天", "何时", "几月几日", "哪一天"])
        forms = [before + when + after, f"{before}{after}是{when}"]
        return rng.choice(forms), match["day"]
    if match["name"]:
        what = rng.choice(
            ["什么", "哪个", "哪部"] if match["name"][0] == "《" else ["什么", "哪个"]
        )
        return before + what + after, match["name"]
    unit = match["unit"]
    much = rng.choice([f"多少{unit}", f"多少{unit}", "多少", f"几{unit}"])
    if unit in "%％":
        much = rng.choice(["多少", "百分之多少", "多大比例"])
    bare = _REACHED.sub("", before)
    if not after and len(bare) >= SHORTEST - 2:
        forms = [bare + "是" + much, bare + "有" + much, bare + "达到" + much, before + much]
        return rng.choice(forms), match["number"]
    return before + much + after, match["number"]
