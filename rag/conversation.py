"""A follow-up question, completed from the turns before. Pure, and without a language model.

A question that leans on the last one (他、它、那…呢, or no subject of its own) is read together
with what that one was about. Whether it leans is often not to be told from its words alone, so both
readings may be returned: the chatbot keeps the one that the archive answers with more confidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.terms import ASKING
from rag.types import Span, Turn

_LEANS = re.compile(
    r"[他她它]|^那|[那这]里|这[个些位篇座次场家条]|那[个些位篇座次场家条]|其中|还有|还说|该|呢[？?]?$"
    r"|\b(?:he|she|it|they|his|her|its|their|that|this|those|there)\b",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"^(?:那么?)?(?P<subject>.{1,20}?)的?呢[？?]?$")
_NAMED = re.compile(r"[《“「『][^》”」』]{1,30}[》”」』]")
_TWO = re.compile(
    r"^(?P<one>[^，。？和与]{2,24})[和与](?P<other>[^，。？和与]{2,24}?)(?P<rest>(?:，|两|的|各|分别|哪).+)$"
)
_EACH = re.compile(
    r"(?:两[个场家座项条部])?(?:各自|各|分别)|两[个场家座项条部]|哪[个场家座一]?(?=.*更)"
)
_AGAIN = re.compile(r"还(?!没|未|是不是)|其他|另外|别的|\belse\b|\bother\b", re.IGNORECASE)


def readings(question: str, turns: Sequence[Turn]) -> list[str]:
    """The stand-alone questions that this one may mean, at least one."""
    if not turns:
        return [question]
    completed = _completed(question, _topic(turns))
    return [completed] if _LEANS.search(question) else [question, completed]


def cited_before(question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
    """The ids of the articles that the last answer cited; none where the question turns to another
    thing (那…呢).
    """
    if turns and _ELLIPSIS.match(question) and _NAMED.search(_topic(turns)):
        return ()
    answers = [turn.answer for turn in turns if turn.answer and turn.answer.citations]
    return tuple(dict.fromkeys(c.article.id for c in answers[-1].citations)) if answers else ()


def parts(question: str) -> list[str]:
    """The questions that one about two things asks: A和B各有多长？ -> A有多长？ and B有多长？"""
    match = _TWO.match(question)
    if not match or not _EACH.search(match["rest"]):
        return [question]
    rest = _EACH.sub("", match["rest"]).lstrip("，, ")
    return [f"{match['one']}{rest}", f"{match['other']}{rest}"]


def already_said(question: str, turns: Sequence[Turn]) -> set[tuple[str, Span]]:
    """What not to quote again when more is asked for (还说了什么): (article id, span)."""
    if not turns or not _AGAIN.search(question):
        return set()
    return {
        (citation.article.id, (citation.start, citation.end))
        for turn in turns
        if turn.answer
        for citation in turn.answer.citations
    }


def _topic(turns: Sequence[Turn]) -> str:
    """The last question that stood by itself; the ones after it lean on it."""
    for turn in reversed(turns):
        if not _LEANS.search(turn.question) and _before_asking(turn.question):
            return turn.question
    return turns[0].question


def _completed(question: str, topic: str) -> str:
    ellipsis = _ELLIPSIS.match(question)
    if ellipsis and _NAMED.search(topic):
        return _NAMED.sub(ellipsis["subject"], topic, count=1)
    subject = topic.rstrip("？?。 ") if ellipsis else _subject(topic)
    return f"{subject}，{question}"


def _subject(topic: str) -> str:
    """What a question is about: its words before the one that asks, if there are enough."""
    return _before_asking(topic) or topic.rstrip("？?。 ")


def _before_asking(question: str) -> str:
    """The words before the one that asks; empty when they are too few to be a subject."""
    asking = ASKING.search(question)
    before = question[: asking.start()].rstrip("是在由的到有被，, ") if asking else question
    return before if len(before) >= 3 else ""
