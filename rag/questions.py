"""Questions that a sentence answers, formed from its own words. Pure.

A date, a number or a person of a sentence is asked for: 什么时候, 多少, 谁.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTEST, LONGEST = 12, 60
"""Characters of the words that a question is made of."""

DAY = r"(?:(?:20|19)[0-9]{2}年)?[0-9]{1,2}月[0-9]{1,2}日"
NUMBER = r"(?P<value>[0-9]+(?:\.[0-9]+)?[万亿]?)(?P<unit>[\u4e00-\u9fff])"
UNITS = "元人名户个家位只件米亩吨岁天倍座辆所台项套场次棵册株艘层"
WHO = (
    r"(?P<office>[\u4e00-\u9fff]{2,12}(?:主任|局长|院长|校长|馆长|站长|经理|工程师|教授|书记|队长))"
    r"(?P<name>[\u4e00-\u9fff]{2,3})(?=说|表示|介绍|认为|指出|告诉|透露)"
)
LEANING = tuple("将并也还又其这该此他她它共已曾仅只均都再才就则而但且被")
"""A clause that begins so has its subject somewhere else."""

_CLAUSE = re.compile(r"[^，。：；！？\n]+")
_LEAD = re.compile(r"^[\u4e00-\u9fff]{2,6}讯(?:（[^（）\n]{1,30}）)?")


def asked_of(sentence: str) -> Iterator[tuple[str, str, str]]:
    """(kind, question, answer) for what a sentence says of a person, a day or a number."""
    for match in re.finditer(WHO, sentence):
        yield "who", f"{match['office']}是谁？", match["name"]
    for clause in clauses(sentence):
        if SHORTEST <= len(clause) <= LONGEST and not clause.startswith(LEANING):
            for match in re.finditer(DAY, clause):
                yield "when", replaced(clause, match, "什么时候") + "？", match[0]
            for match in re.finditer(NUMBER, clause):
                if match["unit"] in UNITS:
                    asked = replaced(clause, match, f"多少{match['unit']}")
                    yield "how many", f"{asked}？", match[0]


def clauses(sentence: str) -> list[str]:
    """The words between punctuation marks, without the line that opens a report (本报讯…)."""
    return _CLAUSE.findall(_LEAD.sub("", sentence))


def replaced(words: str, match: re.Match[str], asking: str) -> str:
    """The words with others in the place of a match."""
    return words[: match.start()] + asking + words[match.end() :]
