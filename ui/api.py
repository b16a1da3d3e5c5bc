"""The HTTP interface: questions by JSON, in our own form and in that of OpenAI's clients.

``POST /api/ask`` gives the whole answer, or events while it is made; ``POST /v1/chat/completions``
and ``GET /v1/models`` speak to existing chat programs. What is wrong with a request is said as
JSON, in the form that its path speaks. This file is imported late: the web framework is heavy.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import APIRouter, FastAPI, Header, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, StreamingResponse

from rag import Answer, Citation, Draft, Filters, Hit
from rag.plain import answer_dict, draft_dict, hit_dict
from ui import completions, reference, schema
from ui.access import Access, from_elsewhere
from ui.asking import Threads
from ui.earlier import turns_of
from ui.refusals import Refusal, refusal_of, refused

if TYPE_CHECKING:
    from starlette.types import Message, Receive

    from rag import Chatbot

T = TypeVar("T")
Event = tuple[Hit, ...] | Draft | Answer
Frames = Callable[[Event], Iterable[bytes]]

MAX_BODY = 2**20
"""Bytes of a request."""

MOST = 32
"""Questions on their way at the same time, as many as the page takes."""

_FORGOTTEN = 16
"""How many times the longest body is read of one that is longer."""

_NO_STORE = {"cache-control": "no-store"}
_STREAM = {"cache-control": "no-store", "x-accel-buffering": "no"}


@dataclass(frozen=True, slots=True)
class _Behind:
    """What stands behind the interface."""

    chatbot: Chatbot
    access: Access
    threads: Threads
    most: int


def interface(
    chatbot: Chatbot, *, access: Access, questions: int = MOST, body: int = MAX_BODY
) -> FastAPI:
    """The interface of a chatbot as an ASGI application, for those whom ``access`` allows in.

    It takes ``questions`` at the same time, and ``body`` bytes of a request.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.behind = _Behind(chatbot, access, Threads(questions), body)
    app.include_router(_ROUTER)
    reference.add(app, access)
    kinds: tuple[type[Exception], ...] = (Exception, *refused())
    for kind in kinds:
        app.add_exception_handler(kind, _said)
    return app


class _Checked(APIRoute):
    """A route that looks at who asks, and at the form of the request, before it reads it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            behind: _Behind = request.app.state.behind
            _check(request, behind)
            return await handle(Request(request.scope, _bounded(request.receive, behind.most)))

        return checked


_ROUTER = APIRouter(route_class=_Checked)


@_ROUTER.post(
    "/api/ask",
    response_model=None,
    tags=["wenbao"],
    summary="Ask the archive",
    responses=reference.answers(schema.Answer, schema.Problem, stream=reference.ASK_STREAM),
)
async def ask(
    request: Request,
    asked: schema.Ask,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """The answer with its citations, each a quote that a program found in the article."""
    events = _events(request, asked.question, asked.turns, asked)
    if asked.stream or "text/event-stream" in accept:
        return await _streamed(request, events, _own_frames)
    answer = await _unless_gone(request, _last(events))
    return JSONResponse(answer_dict(answer, folders=False), headers=_NO_STORE)


@_ROUTER.post(
    "/v1/chat/completions",
    response_model=None,
    tags=["OpenAI's format"],
    summary="Ask the archive in OpenAI's format",
    responses=reference.answers(
        schema.Completion, schema.ChatProblem, stream=reference.CHAT_STREAM
    ),
)
async def chat(request: Request, asked: schema.ChatRequest) -> Response:
    """The same answer as a message, whose citations are annotations. Where no question is found in
    the archive, the message says so.
    """
    _check_chat(asked)
    question, turns = completions.dialogue(asked.messages)
    if question is None:
        raise Refusal(400, "api_no_question", param="messages")
    events = _events(request, question, turns, asked)
    key, created = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())
    address = _addresses(request)
    if asked.stream:
        chunks = completions.Chunks(question, key, created, address)
        return await _streamed(request, events, _chat_frames(chunks))
    answer = await _unless_gone(request, _last(events))
    made = completions.completion(answer, key, created, address)
    return JSONResponse(made, headers=_NO_STORE)


@_ROUTER.get(
    "/v1/models",
    response_model=None,
    tags=["OpenAI's format"],
    summary="What answers here",
    responses=reference.answers(schema.Models, schema.ChatProblem),
)
async def models(request: Request) -> Response:
    """One model: the archive."""
    return JSONResponse({"object": "list", "data": [_MODEL]}, headers=_NO_STORE)


@_ROUTER.get(
    "/v1/models/{name}",
    response_model=None,
    tags=["OpenAI's format"],
    summary="One of them",
    responses=reference.answers(schema.Model, schema.ChatProblem),
)
async def model(request: Request, name: str) -> Response:
    """The model of this name."""
    _check_model(name)
    return JSONResponse(_MODEL, headers=_NO_STORE)


_MODEL = {"id": completions.MODEL, "object": "model", "created": 0, "owned_by": "wenbao"}


# What is looked at before a request is answered


def _check(request: Request, behind: _Behind) -> None:
    """``Refusal`` where the request is not to be read at all.

    A body must call itself JSON: a foreign page cannot send that without asking first, and nobody
    answers it.
    """
    if from_elsewhere(request):
        raise Refusal(403, "api_foreign")
    if not behind.access.allows(request):
        raise Refusal(401, "api_unauthorized", headers={"www-authenticate": "Bearer"})
    if request.method == "POST":
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refusal(415, "api_type", kind=kind[:80])


def _bounded(receive: Receive, most: int) -> Receive:
    """Takes in a body as far as it may go. Of one that is longer, some is read and forgotten: who
    is still sending would not hear the answer.
    """
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size <= most:
            return message
        while message.get("more_body") and size < _FORGOTTEN * most:
            message = await receive()
            size += len(message.get("body", b""))
        raise Refusal(413, "api_large", most=most >> 10)

    return bounded


def _check_chat(asked: schema.ChatRequest) -> None:
    """``Refusal`` where a client asks for what it would not get."""
    _check_model(asked.model)
    if asked.n not in (None, 1):
        raise Refusal(400, "api_one", param="n")
    if asked.response_format and asked.response_format.get("type") != "text":
        raise Refusal(400, "api_only_text", param="response_format")


def _check_model(name: str) -> None:
    if name != completions.MODEL:
        raise Refusal(404, "api_model", param="model", code="model_not_found", name=name[:80])


# Questions on their way


def _events(
    request: Request,
    question: str,
    turns: list[schema.GivenTurn],
    asked: schema.Ask | schema.ChatRequest,
) -> AsyncGenerator[Event, None]:
    """What the chatbot says, from a thread of its own."""
    behind: _Behind = request.app.state.behind
    bot, given = behind.chatbot, asked.filters
    filters = Filters(since=given.since, until=given.until, source=given.source, title=given.title)
    return behind.threads.items(
        lambda: bot.stream(
            question,
            turns=turns_of(turns, bot.archive),
            filters=filters,
            asked_on=asked.asked_on,
        )
    )


async def _last(events: AsyncGenerator[Event, None]) -> Answer:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Answer):
                return event
    raise AssertionError("a chatbot's stream ends with an answer")


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Does the work, and gives it up when the client hangs up."""

    async def hung_up() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, waiting = asyncio.create_task(work), asyncio.create_task(hung_up())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        working.cancel()
        waiting.cancel()


async def _streamed(
    request: Request, events: AsyncGenerator[Event, None], frames: Frames
) -> Response:
    """The events as server-sent ones. What goes wrong before the first has its own status."""
    first = await anext(events)

    async def sent() -> AsyncIterator[bytes]:
        async with aclosing(events):
            try:
                for frame in frames(first):
                    yield frame
                async for event in events:
                    for frame in frames(event):
                        yield frame
            except Exception as exc:  # the stream must say so, whatever it was
                said = refusal_of(exc).body(request.url.path)
                named = "error" if request.url.path.startswith("/api/") else ""
                yield _frame(said, named)

    return StreamingResponse(sent(), media_type="text/event-stream", headers=_STREAM)


def _own_frames(event: Event) -> Iterable[bytes]:
    if isinstance(event, Answer):
        return [_frame(answer_dict(event, folders=False), "answer")]
    if isinstance(event, Draft):
        return [_frame(draft_dict(event), "draft")]
    return [_frame({"hits": [hit_dict(hit) for hit in event]}, "hits")]


def _chat_frames(chunks: completions.Chunks) -> Frames:
    def frames(event: Event) -> Iterable[bytes]:
        if isinstance(event, Answer):
            return [*map(_frame, chunks.end(event)), b"data: [DONE]\n\n"]
        if isinstance(event, Draft):
            return map(_frame, chunks.draft(event))
        return [_frame(chunks.begin())]

    return frames


def _frame(value: dict[str, Any], name: str = "") -> bytes:
    """One server-sent event. Some clients end a line at characters that JSON leaves in it."""
    line = json.dumps(value, ensure_ascii=False)
    for character in "\x85\u2028\u2029":
        line = line.replace(character, f"\\u{ord(character):04x}")
    return (f"event: {name}\n" if name else "").encode() + f"data: {line}\n\n".encode()


def _addresses(request: Request) -> Callable[[Citation], str]:
    page = str(request.base_url)
    return lambda citation: completions.address_of(citation, page)


async def _said(request: Request, exc: Exception) -> Response:
    """What is wrong, as JSON."""
    refusal = refusal_of(exc)
    headers = {**_NO_STORE, **(refusal.headers or {})}
    return JSONResponse(refusal.body(request.url.path), refusal.status_code, headers)
