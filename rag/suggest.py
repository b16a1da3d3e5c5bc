"""Questions to go on with after an answer, each of which the archive answers.

They are formed from the words of the cited articles, and then of the passages found beside them,
without a language model: what somebody said, what the paper itself asks, a figure by its name
(总投资), a day, an office. Each is put to the archive before it is offered: it must be answered by
the sentence that it was formed from, and that one was not quoted yet.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.chatbot import Chatbot
from rag.conversation import subject, time_in
from rag.names import is_person, person_in
from rag.passages import sentences
from rag.questions import DAY, LEANING, NUMBER, UNITS, clauses
from rag.terms import bigrams, likeness
from rag.types import Answer, Article, Span, Turn

TRIES = 12
"""Questions that are put to the archive, at most."""

ALIKE = 0.6
"""Share of common terms above which two questions are the same."""

OF_ARTICLE = 4
"""Questions about one article before others get their turn."""

NEAR = 0.6
"""Share of the best hit's score from which another's article is asked about too."""

_ATTRIBUTE = re.compile(
    r"^(?:今年|去年|目前|其中|全市|全省|预计|当日|当天)?(?P<name>[\u4e00-\u9fff]{0,5}?"
    r"(?:投资|投入|费用|金额|报名费|材料费|票价|门票|收购价|面积|规模|总值|总额|产量|产值|收入|全长|主跨|直径"
    r"|床位|时速|速度|总量|客运量|损失|人数|比例|完赛率|损耗率|里程|雨量|成绩|海拔|展期|重量))"
    rf"(?:约|为|是|达|达到|共|近|超过|至)?{NUMBER}[\u4e00-\u9fff]{{0,3}}$"
)
_HAS = re.compile(
    r"^(?P<before>(?:今年)?(?:全[市省县村镇校馆线]|[\u4e00-\u9fff]{1,8}[县区镇村院馆校站])[\u4e00-\u9fff]{2,12}"
    rf"|[\u4e00-\u9fff]{{7,16}}(?<!约)){NUMBER}$"
)
_SAID = re.compile(
    r"(?:^|[，。；”])据?(?P<office>[\u4e00-\u9fff]{0,10}(?:主任|[局院校馆站市县区镇科厅部处会董事]长|经理|工程师|教授"
    r"|书记|队长|导演|发言人|策展人|负责人|法官|专家|艺人|研究员|教师|指挥长|预报员))"
    r"(?P<name>[\u4e00-\u9fff]{2,3})(?=(?:在[^，。“”]{1,8}|事后|赛后|笑着|书面)?(?:说|表示|介绍|认为|指出|透露|坦言|解释|回忆"
    r"|分析|提醒|告诉))"
)
_SAYS = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,3})(?:后来|赛后|事后)?(?:说|表示|介绍|认为|指出|透露|坦言|解释|回忆|分析|提醒)[，：，]"
)
_OWN = re.compile(r"^[^“”‘’，。]{0,8}(?:为什么|怎么|如何)[^“”]{2,20}？$")
_WHOLE_DAY = re.compile(
    rf"(?<![至到据起从]){DAY}(?![0-9至到起前后以的]|早|[上下中]午|凌晨|晚|傍|夜|公布|发布)"
)
_VAGUE = re.compile(
    r"[该其他她它我又]|不到|可能|只有|^[院场馆园厂]内|^(?:新[建增]|开办|建设|改造|更新)|本报|记者|(?:显示|获悉|了解|了解到|认为|表示|介绍|称)$"
)
_TITLE = re.compile(r"(?:[《“][^《》“”]{2,16}[》”]|[\u4e00-\u9fff0-9])+")
_CUT = re.compile(r"[在将于的被与和获为已再]|[0-9]+月")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A question formed from a sentence (a span of the article). ``answer`` are the words that it
    asks for, empty where the sentence is the answer.
    """

    question: str
    article: Article
    sentence: Span
    answer: str = ""


def suggestions(
    bot: Chatbot, answer: Answer, *, turns: Sequence[Turn] = (), most: int = 3
) -> Iterator[str]:
    """At most ``most`` questions to go on with, each checked when it is asked for; who closes the
    iterator ends the search. ``turns`` is the conversation before the answer.
    """
    plain = Chatbot(bot.archive, bot.settings, reader=bot.reader)
    known = [answer.question, answer.standalone]
    known += [q for t in turns for q in (t.question, t.answer.standalone if t.answer else "") if q]
    quoted = {(c.article.id, (c.start, c.end)) for c in answer.citations}
    tries = found = 0
    for candidate in _spread(candidates(answer)):
        if found == most or tries == TRIES:
            return
        if _covered(candidate, quoted) or any(_alike(candidate.question, q) for q in known):
            continue
        tries += 1
        if _answered(plain, candidate, answer):
            found += 1
            known.append(candidate.question)
            quoted.add((candidate.article.id, candidate.sentence))
            yield candidate.question


def _spread(found: Iterable[Candidate]) -> Iterator[Candidate]:
    """The candidates, the first few of each article before the rest of any."""
    given: Counter[str] = Counter()
    rest = []
    for candidate in found:
        given[candidate.article.id] += 1
        if given[candidate.article.id] <= OF_ARTICLE:
            yield candidate
        else:
            rest.append(candidate)
    yield from rest


def _covered(candidate: Candidate, quoted: set[tuple[str, Span]]) -> bool:
    start, end = candidate.sentence
    return any(key == candidate.article.id and a < end and start < b for key, (a, b) in quoted)


def _answered(bot: Chatbot, candidate: Candidate, before: Answer) -> bool:
    """Whether the archive answers the question with the sentence that it was formed from, and with
    its words where it asks for some.
    """
    said = bot.ask(candidate.question, filters=before.filters, asked_on=before.asked_on)
    if said.status == "refused":
        return False
    first, (start, end) = said.citations[0], candidate.sentence
    if first.article.id != candidate.article.id or not (first.start < end and start < first.end):
        return False
    return not candidate.answer or (bool(said.short) and candidate.answer in said.short)


def _alike(a: str, b: str) -> bool:
    return likeness(set(bigrams(a)), set(bigrams(b))) >= ALIKE


# Forming


def candidates(answer: Answer) -> Iterator[Candidate]:
    """The questions that the articles of an answer give, those cited first. Pure."""
    cited = [c.article for c in answer.citations]
    best = max((hit.score for hit in answer.hits), default=0.0)
    near = [hit.article for hit in answer.hits if hit.score >= NEAR * best]
    articles = {article.id: article for article in [*cited, *near]}
    for article in articles.values():
        yield from of_article(article, subject(answer.standalone or answer.question))


def of_article(article: Article, asked_about: str = "") -> Iterator[Candidate]:
    """One question of each sentence of an article that gives any. ``asked_about`` is what the
    conversation calls the thing; used where the article has it too.
    """
    text = f"{article.title}\n{article.text}"
    named = asked_about in article.title or text.count(asked_about) > 1
    fits = named and len(asked_about) >= 3 and not is_person(asked_about)
    thing = asked_about if fits else _thing(article)
    spans = sentences(article.text)
    for number, span in enumerate(spans):
        following = spans[number + 1] if number + 1 < len(spans) else span
        for question, answer in formed(article.text[slice(*span)], thing):
            own = question.endswith(f"{article.text[slice(*span)]}")
            yield Candidate(
                question=question,
                article=article,
                sentence=(span[0], following[1]) if own else span,
                answer=answer,
            )
            break


def _thing(article: Article) -> str:
    """What an article is about: the words that its headline begins with, as far as the text has
    them too; empty where it has none of them, or where they are a time.
    """
    match = _TITLE.match("" if article.title_derived else article.title)
    words = _CUT.split(match[0])[0] if match else ""
    starts = [words[:end] for end in range(min(len(words), 16), 2, -1)]
    starts = [w for w in starts if w.count("“") == w.count("”") and not time_in(w)]
    again = [w for w in starts if len(w) >= 4 and article.text.count(w) >= 2]
    once = [w for w in starts if len(w) >= 5 and w in article.text]
    return next(iter([*again, *once]), "")


def formed(sentence: str, thing: str) -> Iterator[tuple[str, str]]:
    """(question, answer) for what a sentence says of a thing; the answer is empty for what somebody
    said and for why. Pure.
    """
    if thing and _OWN.match(sentence):
        yield f"{thing}，{sentence}", ""
    said = _SAID.search(sentence)
    if said:
        who = f"{said['office']}{said['name']}"
    else:
        says = _SAYS.search(sentence, max(0, sentence.find(person_in(sentence) or "\n")))
        who = says["name"] if says and is_person(says["name"]) else ""
    if who:
        about = f"关于{thing}，" if thing and thing not in who else ""
        yield f"{about}{who}说了什么？", ""
    for clause in clauses(sentence):
        yield from _figures(clause.strip(), thing)
    for clause in clauses(sentence):
        yield from _days(clause.strip(), thing)


def _figures(clause: str, thing: str) -> Iterator[tuple[str, str]]:
    attribute, has = _ATTRIBUTE.match(clause), _HAS.match(clause)
    if attribute and thing:
        answer = f"{attribute['value']}{attribute['unit']}"
        yield f"{thing}的{attribute['name']}是多少？", answer
    elif has and has["unit"] in UNITS and not _loose(clause):
        yield f"{has['before']}多少{has['unit']}？", f"{has['value']}{has['unit']}"


def _loose(clause: str) -> bool:
    """Whether a clause can't be understood without the one before it."""
    return clause.startswith(LEANING) or bool(_VAGUE.search(clause))


def _days(clause: str, thing: str) -> Iterator[tuple[str, str]]:
    days = list(_WHOLE_DAY.finditer(clause))
    if len(days) != 1 or len(clause) > 40 or _loose(clause):
        return
    before, after = clause[: days[0].start()], clause[days[0].end() :]
    if thing and thing.endswith(before[:2]):
        before = thing + before[2:]
    if len(before) < 6 or len(before + after) < 8:
        return
    before = re.sub("定为$", "定在", before)
    yield f"{re.sub('为$', '是', before)}什么时候{after}？", days[0][0]
