"""An answer that a generator writes, from the prompt to the checked text; the extractive answer,
and the reason, where that does not hold. Pure but for the generator that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from time import perf_counter

from rag.cite import verified
from rag.errors import GeneratorError
from rag.types import Answer, Article, Draft
from rag.writing.check import Embed
from rag.writing.drafting import Drafting
from rag.writing.messages import Generator, closing
from rag.writing.prompt import prompt

Reason = tuple[str, str]

NOTHING: Reason = (
    "语言模型说这些段落里没有答案。",
    "The language model says that the passages hold no answer.",
)
UNSUPPORTED: Reason = (
    "语言模型写的话，没有一句能在原文里找到依据。",
    "No sentence that the language model wrote is supported.",
)
TOO_LONG: Reason = (
    "语言模型的上下文太短，一段也放不下。",
    "The language model's context is too short for any passage.",
)
CHANGED: Reason = (
    "回答期间档案有变动，语言模型的引文已对不上。",
    "The archive changed meanwhile, and the language model's citations no longer hold.",
)
QUOTED: Reason = ("以下是从原文摘出的。", "This is quoted from the paper.")


def written(
    extractive: Answer,
    generator: Generator,
    *,
    asked_on: date,
    embed: Embed,
    article_of: Callable[[str], Article | None],
    clock: Callable[[str, float], float],
) -> Iterator[Draft | Answer]:
    """The drafts of a generator's reply as its pieces come, then the answer.

    ``extractive`` is the answer without it, which stays where no sentence of the reply is
    supported, or the generator says that nothing was found, or fails. ``clock`` adds the time since
    a moment to a stage, and tells the moment. Closing this closes the generator's reply.
    """
    asked = prompt(
        extractive.standalone,
        extractive.hits,
        asked_on,
        count=generator.tokens,
        budget=generator.context,
    )
    if not asked.used:
        yield _instead(extractive, TOO_LONG)
        return
    drafting = Drafting(extractive.hits[: asked.used], embed)
    try:
        with closing(generator.stream(asked.messages)) as pieces:
            yield from _drafts(pieces, drafting, clock)
    except GeneratorError as exc:
        yield _instead(extractive, _failed(exc))
        return
    answer, reason = _finished(extractive, generator, drafting), NOTHING
    if not drafting.refused:
        reason = CHANGED if drafting.supported else UNSUPPORTED
    if drafting.refused or not drafting.supported or not verified(answer, article_of):
        answer = _instead(extractive, reason)
    yield answer


def _drafts(
    pieces: Iterator[str], drafting: Drafting, clock: Callable[[str, float], float]
) -> Iterator[Draft]:
    moment = perf_counter()
    for piece in pieces:
        moment = clock("generate", moment)
        for draft in drafting.feed(piece):
            clock("check", moment)
            yield draft
            moment = perf_counter()
        if drafting.refused:
            return
    for draft in drafting.finish():
        clock("check", moment)
        yield draft
        moment = perf_counter()


def _finished(extractive: Answer, generator: Generator, drafting: Drafting) -> Answer:
    draft = drafting.draft()
    return replace(
        extractive,
        status="answered",
        text=draft.text,
        short="",
        dated="",
        citations=draft.citations,
        nearest=(),
        generator=generator.name,
        statements=draft.statements,
        used=len(drafting.passages),
    )


def _instead(extractive: Answer, reason: Reason) -> Answer:
    """The answer without the generator, and why it is this one."""
    if extractive.status == "answered":
        reason = (reason[0] + QUOTED[0], f"{reason[1]} {QUOTED[1]}")
    return replace(extractive, fallback=reason)


def _failed(exc: GeneratorError) -> Reason:
    return f"语言模型没有写完。{exc.zh}", f"The language model did not finish. {exc.en}"
