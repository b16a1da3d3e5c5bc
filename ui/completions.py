"""Dialogues and answers in the format of OpenAI's chat completions. Pure.

Chat programs show a message as Markdown. The words of papers and models are nobody's markup, so
what would become an image, HTML, or a link behind other words is made inert with a backslash; the
quotes in the annotations and the whole answer beside the message are as they are.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import ValidationError

from rag import Answer, Citation, Draft, Statement
from rag.chatbot import MAX_QUESTION_CHARS
from rag.cite import MARKER
from rag.plain import answer_dict
from rag.terms import has_chinese
from ui.findings import fallback
from ui.schema import MAX_ANSWER, ChatMessage, GivenAnswer, GivenCitation, GivenTurn
from ui.texts import Language, text

MODEL = "wenbao"

_ACTIVE = re.compile(r"\\|<(?=[A-Za-z/!?])|(?<=\])[(:]|!(?=\[)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message, and where the numbers of its citations stand in it: (start, end, citation)."""

    content: str = ""
    places: tuple[tuple[int, int, Citation], ...] = ()

    def after(self, before: str) -> Written:
        """The same behind other words."""
        size = len(before)
        moved = tuple((start + size, end + size, cited) for start, end, cited in self.places)
        return Written(content=before + self.content, places=moved)


def dialogue(messages: Sequence[ChatMessage]) -> tuple[str | None, list[GivenTurn]]:
    """The question that a dialogue ends with, None where it ends otherwise, and the turns before.

    System messages are left out; so are earlier messages that are no question.
    """
    said = [m for m in messages if m.role in ("user", "assistant")]
    if not said or said[-1].role != "user":
        return None, []
    turns: list[GivenTurn] = []
    for message in said[:-1]:
        words = _words(message)
        if message.role == "assistant":
            if turns and turns[-1].answer is None:
                answer = GivenAnswer(text=words[:MAX_ANSWER], citations=_cited(message))
                turns[-1] = turns[-1].model_copy(update={"answer": answer})
        elif words.strip() and len(words) <= MAX_QUESTION_CHARS:
            turns.append(GivenTurn(question=words))
    return _words(said[-1]), turns


def _words(message: ChatMessage) -> str:
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    return "\n".join(part.text for part in message.content if part.type == "text")


def _cited(message: ChatMessage) -> list[GivenCitation]:
    """The citations of a message that this interface wrote."""
    cited = []
    for annotation in message.annotations or []:
        with suppress(ValidationError):
            cited.append(GivenCitation.model_validate(annotation.url_citation))
    return cited


def written(made: Answer | Draft, language: Language) -> Written:
    """The message that says an answer, or the checked part of one on its way.

    A generated sentence that is not supported says so. In front stand the few words that answer,
    and before them why the answer is not the language model's.
    """
    body = _body(made.text, made.statements, made.citations, language)
    if isinstance(made, Draft):
        return body
    if made.short and not made.statements:
        dated = text(language, "api_dated", dated=made.dated) if made.dated else ""
        body = body.after(f"{inert(made.short + dated)}\n\n")
    if made.fallback:
        body = body.after(f"{inert(fallback(made, language))}\n\n")
    return body


def inert(words: str) -> str:
    """The words with a backslash before what Markdown would make an image, HTML or a named link."""
    return _ACTIVE.sub(r"\\\g<0>", words)


def language_of(question: str) -> Language:
    """The language that a question is answered in."""
    return "zh" if has_chinese(question) else "en"


def _body(
    words: str,
    statements: Sequence[Statement],
    citations: Sequence[Citation],
    language: Language,
) -> Written:
    """The text with what is put into it, and the places of its citation numbers after that."""
    doubt = text(language, "api_unsupported")
    put = [(match.start(), "\\") for match in _ACTIVE.finditer(words)]
    put += [(_last_word(words, s), doubt) for s in statements if s.problem is not None]
    put.sort(key=lambda one: one[0])
    stops = [at for at, _ in put]
    sizes = [0, *accumulate(len(added) for _, added in put)]
    known = {citation.number: citation for citation in citations}
    places = tuple(
        (start + sizes[bisect_right(stops, start)], end + sizes[bisect_left(stops, end)], known[n])
        for start, end, n in _markers(words, citations)
        if n in known
    )
    pieces = [words[a:b] for a, b in pairwise([0, *stops, len(words)])]
    added = [*(each for _, each in put), ""]
    content = "".join(chain.from_iterable(zip(pieces, added, strict=True)))
    return Written(content=content, places=places)


def _last_word(words: str, statement: Statement) -> int:
    """Where a sentence ends, without the space after it."""
    return statement.start + len(words[statement.start : statement.end].rstrip())


def _markers(words: str, citations: Sequence[Citation]) -> Iterator[tuple[int, int, int]]:
    """The citation numbers of a text, without those that a quoted paper has printed itself."""
    for citation in citations:
        if "[" in citation.quote:
            words = words.replace(citation.quote, "\0" * len(citation.quote))
    for match in MARKER.finditer(words):
        yield match.start(), match.end(), int(match[1])


def annotated(places: Written, address: Callable[[Citation], str]) -> list[dict[str, Any]]:
    """The citations of a message in OpenAI's form, each with fields of our own."""
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": start,
                "end_index": end,
                "title": cited.article.title,
                "url": address(cited),
                "number": cited.number,
                "article_id": cited.article.id,
                "quote": cited.quote,
                "start": cited.start,
                "end": cited.end,
            },
        }
        for start, end, cited in places.places
    ]


def address_of(citation: Citation, page: str) -> str:
    """Where a citation leads: the article's own address on the web, else the page, whose address
    this is, at the sentence.
    """
    own = citation.article.url or ""
    try:
        parts = urlsplit(own)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in ("http", "https") and parts.netloc:
        return own
    key = quote(citation.article.id, safe="")
    return f"{page}?article={key}&at={citation.start}-{citation.end}"


def completion(
    answer: Answer, key: str, created: int, address: Callable[[Citation], str]
) -> dict[str, Any]:
    """An answer as one object."""
    said = written(answer, language_of(answer.question))
    message = {
        "role": "assistant",
        "content": said.content,
        "refusal": None,
        "annotations": annotated(said, address),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    head = {"id": key, "object": "chat.completion", "created": created, "model": MODEL}
    return {**head, "choices": [choice], "wenbao": answer_dict(answer, folders=False)}


class Chunks:
    """An answer as a stream of chunks: what was said once cannot be taken back.

    So only checked sentences are sent; and where the answer turns out to be another one than they
    were the beginning of, that is said, and it follows whole.
    """

    def __init__(
        self, question: str, key: str, created: int, address: Callable[[Citation], str]
    ) -> None:
        self._language = language_of(question)
        self._address = address
        self._head = {"id": key, "object": "chat.completion.chunk", "created": created}
        self._sent = ""

    def begin(self) -> dict[str, Any]:
        """The first chunk: somebody answers."""
        return self._chunk({"role": "assistant", "content": ""})

    def draft(self, draft: Draft) -> list[dict[str, Any]]:
        """What a draft adds to what was sent; nothing where it goes back on it."""
        content = written(draft, self._language).content
        if not content.startswith(self._sent):
            return []
        return self._say(content.removeprefix(self._sent))

    def end(self, answer: Answer) -> list[dict[str, Any]]:
        """The rest of the answer, its citations, and the end."""
        said = written(answer, self._language)
        if not said.content.startswith(self._sent):
            said = said.after(f"{self._sent}\n\n{text(self._language, 'api_instead')}\n\n")
        chunks = self._say(said.content.removeprefix(self._sent))
        if said.places:
            chunks.append(self._chunk({"annotations": annotated(said, self._address)}))
        return [*chunks, {**self._chunk({}, "stop"), "wenbao": answer_dict(answer, folders=False)}]

    def _say(self, words: str) -> list[dict[str, Any]]:
        self._sent += words
        return [self._chunk({"content": words})] if words else []

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._head, "model": MODEL, "choices": [choice]}
