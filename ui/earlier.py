"""The conversation that a request of the HTTP interface brings with it, as the chatbot takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag import Answer, Archive, Citation, Turn, UnknownArticle
from ui.schema import MAX_ANSWER, GivenAnswer, GivenCitation, GivenTurn


def turns_of(given: Sequence[GivenTurn], archive: Archive) -> list[Turn]:
    """The turns. What a client says of an answer is believed, but for citations of what the archive
    does not hold: those are left out.
    """
    return [Turn(question=each.question, answer=_answer(each, archive)) for each in given]


def _answer(given: GivenTurn, archive: Archive) -> Answer | None:
    said = given.answer
    if isinstance(said, str):
        said = GivenAnswer(text=said[:MAX_ANSWER])
    if said is None or not (said.text or said.citations):
        return None
    return Answer(
        question=given.question,
        status=said.status,
        text=said.text,
        short=said.short,
        standalone=said.standalone,
        citations=tuple(_held(said.citations, archive)),
    )


def _held(given: Sequence[GivenCitation], archive: Archive) -> Iterator[Citation]:
    number = 1
    for each in given:
        try:
            article = archive.article(each.article_id)
            yield Citation(number=number, article=article, start=each.start, end=each.end)
        except (UnknownArticle, ValueError):
            continue
        number += 1
