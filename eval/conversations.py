"""Follow-up questions: wenbao eval conversations SET --archive A

SET is JSONL, one conversation a line: ``id``, ``part`` (dev or test), ``asked_on`` and ``turns``,
each with its ``question``, the ``gold`` articles and accepted ``answers`` (groups of alternatives,
as in a question set), what it ``means`` when it stands alone, and its ``kind``.

Every conversation goes turn by turn through the ``Chatbot``, so that what was answered really is
what the next question leans on. Each later turn is asked three times: in the conversation, bare (as
if it were the first question), and as what it means. A turn's gold is retrieved when each of its
groups has an article among the passages found.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from eval.commands import parser_of
from eval.dataset import Question, QuestionSetError, gold_ids, named_articles
from eval.metrics import contains, mcnemar, rate
from eval.run import progress_bar
from rag import Answer, Archive, Chatbot, Turn, load_settings
from rag.source import shown

Way = Literal["bare", "in the conversation", "as it means"]
WAYS: tuple[Way, ...] = ("bare", "in the conversation", "as it means")
"""How a later turn is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One turn of a conversation in the set."""

    question: str
    means: str
    gold: tuple[tuple[str, ...], ...]
    answers: tuple[tuple[str, ...], ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One line of the set."""

    id: str
    part: str
    asked_on: date
    turns: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a later turn went when it was asked in one way. ``right`` is None where the set accepts
    no answer.
    """

    standalone: str
    retrieved: bool
    first: bool
    right: bool | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A later turn, asked in each way."""

    conversation: Conversation
    exchange: Exchange
    outcomes: dict[Way, Outcome]


def read_conversations(path: Path) -> list[Conversation]:
    """The conversations of a set; ``QuestionSetError`` names the first line that is wrong."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise QuestionSetError(
            f"无法读取 {shown(path)}：{exc}。", f"{shown(path)} cannot be read: {exc}."
        ) from exc
    return [_conversation(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]


def _conversation(path: Path, number: int, line: str) -> Conversation:
    try:
        record = json.loads(line)
        turns = tuple(_exchange(turn) for turn in record["turns"])
        day = date.fromisoformat(record["asked_on"])
        return Conversation(id=record["id"], part=record["part"], asked_on=day, turns=turns)
    except (ValueError, KeyError, TypeError) as exc:
        raise QuestionSetError(
            f"{shown(path)} 第 {number} 行不是一段对话：{exc!r}。",
            f"{shown(path)}, line {number} is no conversation: {exc!r}.",
        ) from exc


def _exchange(turn: dict[str, Any]) -> Exchange:
    return Exchange(
        question=str(turn["question"]),
        means=str(turn["means"]),
        gold=tuple(map(tuple, turn["gold"])),
        answers=tuple(map(tuple, turn.get("answers", ()))),
        kind=str(turn["kind"]),
    )


def asked(bot: Chatbot, conversation: Conversation) -> Iterator[Later]:
    """The later turns of a conversation as they went. ``QuestionSetError`` when a gold article is
    not in the archive.
    """
    names = named_articles(bot.archive)
    day = conversation.asked_on
    turns: list[Turn] = []
    for number, exchange in enumerate(conversation.turns):
        key = f"{conversation.id}-{number + 1}"
        question = Question(id=key, question=exchange.question, gold=exchange.gold)
        gold = gold_ids([question], names)[key]
        answer = bot.ask(exchange.question, turns=turns, asked_on=day)
        if turns:
            ways: dict[Way, Answer] = {
                "bare": bot.ask(exchange.question, asked_on=day),
                "in the conversation": answer,
                "as it means": bot.ask(exchange.means, asked_on=day),
            }
            outcomes = {way: _outcome(exchange, gold, one) for way, one in ways.items()}
            yield Later(conversation=conversation, exchange=exchange, outcomes=outcomes)
        turns.append(Turn(question=exchange.question, answer=answer))


def _outcome(exchange: Exchange, gold: Sequence[frozenset[str]], answer: Answer) -> Outcome:
    found = [hit.article.id for hit in answer.hits]
    quotes = "\n".join(citation.quote for citation in answer.citations)
    return Outcome(
        standalone=answer.standalone,
        retrieved=all(group.intersection(found) for group in gold),
        first=bool(found) and any(found[0] in group for group in gold),
        right=contains(quotes, exchange.answers) if exchange.answers else None,
        answer=answer.short or answer.text,
    )


# What is reported


def lines(later: Sequence[Later]) -> Iterator[str]:
    """The figures of some later turns."""
    for name in ("retrieved", "first", "right"):
        cases = {way: [getattr(one.outcomes[way], name) for one in later] for way in WAYS}
        known = {way: [bool(c) for c in each if c is not None] for way, each in cases.items()}
        for way in WAYS:
            p = mcnemar(known["in the conversation"], known[way])
            against = "" if way == "in the conversation" else f"   p = {p:.4f} (McNemar, exact)"
            yield f"  {LABELS[name]:<16} {way:<20} {rate(known[way])}{against}"


LABELS = {"retrieved": "gold retrieved", "first": "gold first", "right": "right answer"}


def by_kind(later: Sequence[Later]) -> Iterator[str]:
    """Gold retrieved and right answers in the conversation, for each kind of follow-up."""
    for kind in sorted({one.exchange.kind for one in later}):
        found = [o.outcomes["in the conversation"] for o in later if o.exchange.kind == kind]
        right = [bool(o.right) for o in found if o.right is not None]
        retrieved = rate([o.retrieved for o in found])
        yield f"  {kind:<12} gold retrieved {retrieved}   right {rate(right)}"


def failures(later: Sequence[Later]) -> Iterator[str]:
    """The later turns whose gold was not retrieved or whose answer was not right."""
    for one in later:
        went = one.outcomes["in the conversation"]
        if went.retrieved and went.right is not False:
            continue
        what = "answer not right" if went.retrieved else "gold not retrieved"
        yield f"{one.conversation.id}  {what} ({one.exchange.kind})"
        yield f"    asked  {one.exchange.question}"
        yield f"    read   {went.standalone}"
        yield f"    means  {one.exchange.means}"
        yield f"    said   {' '.join(went.answer.split())}"


def main(argv: list[str]) -> int:
    """``wenbao eval conversations``."""
    parser = parser_of("wenbao eval conversations", __doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--config", type=Path, help="a settings file (TOML)")
    parser.add_argument("--part", help="only this part of the set")
    parser.add_argument("--list", action="store_true", help="list the failures too")
    options = parser.parse_args(argv)
    chosen = [c for c in read_conversations(options.set) if options.part in (None, c.part)]
    bot = Chatbot(Archive(options.archive, create=False), load_settings(options.config))
    later: list[Later] = []
    with progress_bar() as progress:
        for number, conversation in enumerate(chosen, 1):
            later += asked(bot, conversation)
            if progress:
                progress(number, len(chosen))
    for part in sorted({one.conversation.part for one in later}):
        mine = [one for one in later if one.conversation.part == part]
        count = len({one.conversation.id for one in mine})
        sys.stdout.write(f"{part}: {count} conversations, {len(mine)} later turns\n")
        told = [*lines(mine), *by_kind(mine), *(failures(mine) if options.list else ())]
        sys.stdout.write("".join(f"{line}\n" for line in told))
    sys.stdout.write(f"settings {bot.settings.id}, {bot.archive.counts().articles} articles\n")
    return 0
