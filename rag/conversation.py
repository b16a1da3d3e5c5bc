"""A follow-up question, completed from the turns before. Pure, and without a language model.

A question that leans on the ones before it (他、它、那…呢, or no subject of its own) is written out
with what they were about: 什么时候开工？ after a question about a bridge gets the bridge. A word
that points back is put in its place: a person for 他, what was asked or answered for 它. …呢 puts
another thing, or another time, in the place of one in an earlier question. 为什么？ and its like
ask about all that the last one says.

A question without such a word stands alone when the articles that were cited hold few of its words.
Else it may go on about them or not, which its words alone don't tell: both readings are returned,
and the chatbot keeps the one that the archive answers with more confidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.asks import asked
from rag.dates import period_in
from rag.names import is_office, is_person, persons_in, regions_in
from rag.terms import ASKING, bigrams, has_chinese
from rag.types import Span, Turn

_ASKS = re.compile(rf"多[大高长宽深远重久快]|第几|{ASKING.pattern}")
_ASKED = re.compile(rf"(?:{_ASKS.pattern})(?:(?<=[哪少几]).)?")
_MEASURES = "[个些位篇座次场家条部本件项种款支届间栋所名]"
_ENDS = rf"(?=[是的有在要会能归，,？?]|{_ASKS.pattern})"

_OWN = r"(?<![\u4e00-\u9fff”》]{2}[和与及](?=[他她它][\u4e00-\u9fff]{0,2}的))"  # 大桥和它的设计师
_HE = re.compile(
    rf"(?<!其){_OWN}[他她](?![们人])|(?<!因)此人(?!们)|[这那]个人(?!物)|[这那]位(?!置)[\u4e00-\u9fff]{{0,3}}?{_ENDS}"
    r"|\b(?:he|she|him|his|her)\b",
    re.IGNORECASE,
)
_IT = re.compile(rf"(?<!其){_OWN}(?:它们?|[他她]们)|\b(?:its?|they|them|their)\b", re.IGNORECASE)
_THERE = re.compile(r"(?:^|(?<=[在去到说来从对，,]))[那这](?:[里边]|儿(?![童子女]))")
_THEN = re.compile(r"(?:[那当][天年月晚时次]|这次)")
_POINTS = re.compile(
    rf"[这那]{_MEASURES}|该|其中|(?<![因如彼])此[人事案次举处]|还有|还[说要会想]|^那|呢[？?]?$"
    r"|\b(?:this(?! (?:year|month|week))|that|these|those|(?<!is )(?<!are )there|else)\b"
    r"|^(?:and|what about|how about)\b",
    re.IGNORECASE,
)
_ANOTHER = re.compile(
    r"^(?:那么?)?(?:换[成作]|如果是|要是|若是)?(?P<other>[^，,？?]{1,20}?)的?呢"
    r"(?:[，,](?P<rest>.+)|[？?]?)$"
    r"|^(?:and|(?:and )?(?:what|how) about)\s+(?P<english>(?!how|wh)[^?]{1,40})\??$",
    re.IGNORECASE,
)
_OPENS = re.compile("^(?:还有|另外|对了|换个[话问]题|顺便问一?下?)[，,] *")
_SO = re.compile(rf"^那么?[，,]?(?!{_MEASURES}|[里边天年月晚时]|儿(?![童子女]))")
# Said of all that the last question says, not of its subject alone
_COMMENTS = re.compile(
    r"那?这?是?(?:(?:为[什么何啥]+|[怎咋]么?会)(?:会?[这那](?:样|么..?))?|(?:不是)?真的[吗么]?|吗|真的假的|谁说的"
    r"|[怎咋]么?回事|(?:后来|然后|之后|接着|结果|还有|除此之外)(?:[怎咋]么?样)?了?)呢?[？?]?$"
)
_BACK = re.compile(
    r"^(?:(?P<said>(?:刚才|前面|之前|上面)(?:说|提)到?的)|回到|说回|再说|至于)(?P<thing>[^，,]{1,20}?)"
    rf"(?:[，,]|(?(said)(?=[在有]?(?:{_ASKS.pattern}))|(?!)))(?P<rest>.+)$"
)
_WHICH = re.compile(r"是哪一?[条座家所部本种个支项款]")
_NAMED = re.compile(r"[《“「『][^》”」』]{1,30}[》”」』]")
_NAMED_THING = re.compile(rf"{_NAMED.pattern}(?:[\u4e00-\u9fff]{{1,6}}(?=的))?")
_TWO = re.compile(
    r"^(?P<one>[^，。？和与]{2,24})[和与](?P<other>[^，。？和与]{2,24}?)(?P<rest>(?:，|两|的|各|分别|哪).+)$"
)
_EACH = re.compile(
    r"(?:两[个场家座项条部])?(?:各自|各|分别)|两[个场家座项条部]|哪[个场家座一]?(?=.*更)"
)
_AGAIN = re.compile(r"还(?!没|未|是不是)|其他|除此之外|另外|别的|\belse\b|\bother\b", re.IGNORECASE)

_LINKS = re.compile(
    rf"{_ASKS.pattern}|[的是有在了着过和与及由被把将为从到给对于关以要会能个一这那就都也还又去来]|请问"
)
_THIS = re.compile(
    rf"(?:(?![这那]次)[这那]{_MEASURES}|该)(?:(?![了过还])[\u4e00-\u9fff]){{1,3}}?{_ENDS}"
)
_BEFORE = re.compile(r"^(?:请问|那么?|关于|刚才说的|[在对]|谁[在是]?)+")
_MEASURED = "[度积价额费率量长数龄模例]"
_VERBS = (
    "连接|位于|坐落|占地|举办|举行|开始|启动|改到|定于|公布|提出|报名|预计|计划|准备|打算|担任|介绍"
    "|会到|会有|会是|影响|造成|新增|增加(?!值)|一共|总共|目前|现在|最终|到底|今年|去年|全年|全市|全省"
    rf"|的[\u4e00-\u9fff]{{0,2}}{_MEASURED}|总投资|(?<![产商间])投资|募资|全长|票价|总部|得票率|增长"
    "|死亡|受伤|(?<![先改推促引跃行])进"
    "|[从给跟对靠凭用花投烧造签建设开办跑卖采产装住来做封看说叫得获上早死]|(?<![加产总价])值"
)
_AFTER = re.compile(rf"(?:{_VERBS}|[的是有在由到了过着被要能让把将为于占达共都就也又，, ])$")
_CLOSE = re.compile(r"^[要有在是会能可用需还属为因怎什哪几多谁]")
_DID = re.compile(r"^[\u4e00-\u9fff][了过着]")
_NAMES = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff0-9]+")

_INSIDE = re.compile("(?<=[\u4e00-\u9fff”》]{4})(?:在(?=.{2})|比(?![赛例重分如]))")
_JOINS = re.compile("[，的是有《》“”「」『』]")
_YEAR = re.compile("(?:[今去前明]|[0-9]{4})年")
_PART = re.compile("(?:[第前]?[一二三四]季度|[上下]半年|[0-9一二三四五六七八九十—-]+月份?)$")
_WHOLE = re.compile("全[国省市区县]")

ADVERB = re.compile("[还也又曾已就都]$")
"""What is no part of the name before it."""

LONG = 10
"""Characters of a subject from which its end is checked against the article that answered."""

LONGEST = 40
"""Characters of a subject that are kept."""

WORD = 6
"""Characters of the longest word that is taken off the end of a subject."""

FEW = 1
"""Terms of a question that are too few to name what it is about."""

ANOTHER = 0.6
"""Share of a question's terms that the articles cited before do not hold from which it is about
something else.
"""

MANY = 3
"""So many such terms, at least, make it a question about something else."""

ANY_DAYS = (date(2100, 1, 1), date(2100, 7, 1))
"""On one of these, any month is past and not to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a conversation is about when the next question comes.

    ``things`` are the subjects of the questions so far and ``questions`` these as they were
    understood, the last one first; ``it`` is what 它 means where that is not the last thing,
    ``person`` who was named last and ``place`` where; ``cited`` is the text of the articles that
    the last answer cited.
    """

    things: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    it: str = ""
    person: str = ""
    place: str = ""
    cited: str = ""

    @property
    def thing(self) -> str:
        """The subject of the last question that has one, or all of the last one."""
        return self.things[0] if self.things else self.questions[0].rstrip("？?。 ")[:LONGEST]


def readings(question: str, turns: Sequence[Turn]) -> list[str]:
    """The stand-alone questions that this one may mean, at least one."""
    if not turns:
        return [question]
    topic, question = topic_of(turns), _OPENS.sub("", question)
    completed, alone = _completed(question, topic), _SO.sub("", question)
    new = _new(alone, topic) >= ANOTHER
    so = alone != question and new and not leans(alone)  # 那山城队是哪年成立的？
    if not so and (leans(question) or completed == question):
        return [completed]
    return [alone] if new and not so else [alone, completed]


def leans(question: str) -> bool:
    """Whether a word of the question points back to something, or so little is said that it can't
    stand alone.
    """
    if any(pattern.search(question) for pattern in (_HE, _IT, _THERE, _THEN, _BACK, _POINTS)):
        return True
    return has_chinese(question) and len(_content(question)) <= FEW


def cited_before(question: str, turns: Sequence[Turn]) -> tuple[str, ...]:
    """The ids of the articles that the last answer cited; none where the question turns to another
    thing (那…呢).
    """
    if turns and _other(question) and _NAMED.search(topic_of(turns).questions[0]):
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


# What the conversation is about


def topic_of(turns: Sequence[Turn]) -> Topic:
    """What the turns, at least one, were about."""
    topic = Topic()
    for turn in turns:
        topic = _after(topic, turn)
    return topic


def _after(topic: Topic, turn: Turn) -> Topic:
    """What a conversation is about after one more turn."""
    question, short = _understood(turn, topic), turn.answer.short if turn.answer else ""
    cited = _cited(turn) or topic.cited
    went_on = bool(topic.things) and (question != turn.question or leans(turn.question))
    thing = next((t for t in topic.things if went_on and t in question), "")
    if went_on and topic.person and topic.person in question:
        thing = topic.thing
    thing = thing or subject(question, cited)[:LONGEST]
    things = tuple(dict.fromkeys(t for t in (thing, *topic.things) if t))
    kind = asked(question).kind
    person = short if kind == "person" and _is_name(short) else ""
    found = person or _person(question) or (topic.person if went_on else "")
    if not found and kind != "person":  # 他 after 误差有多大？ is who said how large
        found = _person(_quoted(turn)) or (thing if is_person(thing) else "")
    return Topic(
        things=things,
        questions=(question, *topic.questions),
        it=short if _WHICH.search(question) and _is_name(short) else "",
        person=found,
        place=short if kind == "place" and _is_name(short) else "",
        cited=cited,
    )


def _person(text: str) -> str:
    """The person that a text names, where it is one and no other."""
    persons = [ADVERB.sub("", p) for p in persons_in(text)]
    return persons[0] if len(persons) == 1 else ""


def _quoted(turn: Turn) -> str:
    """The sentence that an answer quotes first."""
    return turn.answer.citations[0].quote if turn.answer and turn.answer.citations else ""


def _cited(turn: Turn) -> str:
    """What the articles say that an answer cites, or that are nearest to what was refused."""
    if turn.answer is None:
        return ""
    cited = [c.article for c in turn.answer.citations]
    articles = cited or [hit.article for hit in turn.answer.nearest]
    return "\n".join(dict.fromkeys(f"{a.title}\n{a.text}" for a in articles))


def _is_name(short: str) -> bool:
    return 2 <= len(short) <= LONG and not re.search(r"[0-9，。、]", short)


def _understood(turn: Turn, topic: Topic) -> str:
    """The question of a turn as it stands alone."""
    if turn.answer and turn.answer.standalone:
        return turn.answer.standalone
    went_on = topic.questions and leans(turn.question)
    return _completed(turn.question, topic) if went_on else turn.question


def time_in(text: str) -> Span | None:
    """Where a text names a time, whatever the day of asking."""
    return next((time.span for day in ANY_DAYS if (time := period_in(text, day))), None)


def subject(question: str, cited: str = "") -> str:
    """What a question is about: its words before the one that asks, without verbs at their end; the
    words after it where there are none before. ``cited`` is the text that answered: a long subject,
    and one from behind, is cut to the words that stand there too.
    """
    if not has_chinese(question):
        return question.rstrip("？?。. ")
    text = _BEFORE.sub("", question.rstrip("？?。 "))
    if not _is_mostly_chinese(text):
        return " ".join(_NAMES.findall(text))
    asking = _ASKS.search(text)
    before = _bare(_INSIDE.split(text[: asking.start()] if asking else text)[0])
    owner, of, _ = before.rpartition("的")
    if of and asked(question).kind == "person" and owner.count("“") == owner.count("”"):
        before = owner  # 大桥的总工程师: of the bridge
    if len(before) < 2 and asking:
        after = _bare(_ASKS.sub("", text[asking.end() :]))
        before = next((after[k:] for k in range(len(after) - 3) if after[k:] in cited), after)
    if len(before) <= LONG:
        return before
    known = next((before[:k] for k in range(len(before), 3, -1) if before[:k] in cited), "")
    return _bare(known) or before


def _bare(words: str) -> str:
    """The words without verbs and particles at their end."""
    shorter = words
    while end := _AFTER.search(shorter, max(0, len(shorter) - WORD)):
        shorter = shorter[: end.start()]
    return shorter if len(shorter) != 1 else words


# Completing


def _completed(question: str, topic: Topic) -> str:
    """The question with what it points to, or leaves out, written out."""
    back, another = _BACK.match(question), _other(question)
    if back:
        topic = _back_at(topic, _bare(back["thing"]))
        question = back["rest"]
    elif another:
        return _another(question, another, topic)
    if not has_chinese(question):
        return _named_behind(question, topic)
    if _COMMENTS.match(question):
        return f"{_stated(topic.questions[0])}，{_SO.sub('', question)}"
    question = re.sub(r"^那么?[，,]?(?=[他她它])", "", question)
    text = _put(_HE, topic.person, question)
    text = _put(_IT, topic.it or topic.thing, text)
    text = _put(_THIS, topic.it or topic.thing, text)
    place = topic.place or ("" if topic.thing in text else f"{topic.thing}那里")
    text = _put(_THERE, place, text)
    return text if text != question else _with_subject(question, topic)


def _stated(question: str) -> str:
    """A question without the words that ask."""
    return re.sub(f"在?(?:{_ASKS.pattern})", "", question).rstrip("的是了在有到")


def _put(pattern: re.Pattern[str], name: str, text: str) -> str:
    """The text with the name, if there is one, in the place of the first match."""
    return pattern.sub(lambda _: name, text, count=1) if name else text


def _with_subject(question: str, topic: Topic) -> str:
    """The question with its subject in front: the person asked about before for what somebody did,
    else the thing.
    """
    words = _SO.sub("", question)
    did = topic.person and topic.questions[0].startswith(topic.person) and _DID.match(words)
    lead = topic.person if did else topic.thing
    if lead in words:
        return words
    close = any(pattern.match(words) for pattern in (_THEN, _ASKS, _CLOSE, _DID))
    return f"{lead}{'' if close else '，'}{words}"


def _named_behind(question: str, topic: Topic) -> str:
    """An English question with what it points to in brackets behind it."""
    name = topic.person if topic.person and _HE.search(question) else topic.it or topic.thing
    return question if name in question else f"{question} ({name})"


def _back_at(topic: Topic, words: str) -> Topic:
    """The topic when the conversation goes back to a thing that it was about before."""
    thing = next((t for t in topic.things if words in t or t in words), words)
    return replace(topic, things=(thing, *topic.things), it="")


def _other(question: str) -> re.Match[str] | None:
    """…呢 about another thing; none where the particle only ends a question (它哪天通车呢？)."""
    match = _ANOTHER.match(question)
    named = match and (match["other"] or match["english"])
    asks = named and (_ASKS.search(named) or _HE.search(named) or _IT.search(named))
    return None if asks or _COMMENTS.match(question) else match


def _another(question: str, match: re.Match[str], topic: Topic) -> str:
    """…呢: an earlier question with another thing, person or time in it."""
    other = re.sub("^(第.+)个$", r"\1", match["other"] or match["english"])
    if match["rest"]:
        return f"{other}，{match['rest']}"
    named = "的呢" in question or bool(_NAMED.match(other))
    for earlier in topic.questions:
        for replaced in _replaced(other, earlier, topic, named):
            return replaced
    last = topic.questions[0]
    if not has_chinese(question):
        return f"{last.rstrip('？?。 ')}, {question}"
    if asked(last).kind == "number":
        own = other in topic.cited or re.search(f"{_MEASURED}$", other)
        return f"{topic.thing if own else _stated(last)}，{other}是多少？"
    return f"{topic.thing}，{other}{'是谁' if is_office(other) else '呢'}？"


def _replaced(other: str, earlier: str, topic: Topic, named: bool) -> Iterator[str]:
    """The earlier question with the other thing in the place of what it is the counterpart of.
    ``named``: the other is a thing with the same attribute (“甲”的呢), not an attribute.
    """
    time = other.removesuffix("同期")
    if time_in(time) == (0, len(time)):
        start, end = time_in(earlier) or (0, 0)
        if _YEAR.fullmatch(time):
            time += "".join(_PART.findall(earlier[start:end]))
        elif _PART.fullmatch(time):
            time = "".join(_YEAR.findall(earlier[start:end])) + time
        yield earlier[:start] + time + earlier[end:]
    if is_person(other) and topic.person and topic.person in earlier:
        yield earlier.replace(topic.person, other, 1)
    regions = [*regions_in(earlier), *_WHOLE.findall(earlier)]
    if len(regions) == 1 and (regions_in(other) or _WHOLE.fullmatch(other)):
        yield re.sub(f"^.?{regions[0]}|{regions[0]}", lambda _: other, earlier, count=1)
    at = _counterpart(other, earlier)
    if at:
        yield earlier[: at[0]] + other + earlier[at[1] :]
    if named and _NAMED_THING.search(earlier):
        kind = re.escape(_NAMED.sub("", other)) if _NAMED.match(other) else ""
        yield _put(re.compile(f"{_NAMED_THING.pattern}(?:{kind})?"), other, earlier)


def _counterpart(other: str, earlier: str) -> Span | None:
    """The words of a question that are as long as the other thing and begin or end like it: 半程
    for 全程, 第二产业 for 第三产业.
    """
    asking = {i for match in _ASKED.finditer(earlier) for i in range(*match.span())}
    best, found = 0, None
    for start in range(len(earlier) - len(other) + 1):
        end = start + len(other)
        words = earlier[start:end]
        if words == other or not asking.isdisjoint(range(start, end)) or _JOINS.search(words):
            continue
        alike = _alike(words, other) + _alike(words[::-1], other[::-1])
        if alike > best and 3 * alike >= len(other):
            best, found = alike, (start, end)
    return found


def _alike(a: str, b: str) -> int:
    """How many characters two words begin with alike."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))


def _new(question: str, topic: Topic) -> float:
    """The share of the question's words that the articles cited before do not hold; 0 where they
    are too few to tell.
    """
    if not topic.cited:
        return 0.0
    if not _is_mostly_chinese(question):
        names = [name in topic.cited for name in _NAMES.findall(question)]
        return float(bool(names) and not any(names))
    terms = _content(question)
    new = sum(term not in topic.cited for term in terms)
    return new / len(terms) if new >= MANY else 0.0


def _content(question: str) -> list[str]:
    """The pairs of characters of a question without its words that ask and link."""
    return [term for term in bigrams(_LINKS.sub(" ", question)) if len(term) > 1]


def _is_mostly_chinese(text: str) -> bool:
    return 2 * sum("\u4e00" <= c <= "\u9fff" for c in text) >= len(text.replace(" ", ""))
