"""What a language model is to the rest of the program: messages in, pieces of a reply out.

``relayed`` is what its implementations share: the model works in a thread of its own, so that who
reads the pieces can stop at any time.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Literal, Protocol, TypedDict

REPLY = 1024
"""Tokens of a reply, at most."""

CUT = "……"
"""The last piece of a reply that was cut because it became too long."""

CONTEXT = 8192
"""Tokens of messages and reply together, at most: what a server takes if nobody told it otherwise,
and on this machine a bound on memory.
"""

SAID = 200
"""Characters of a library's or server's own message that an error repeats."""

BEAT = 0.2
"""While nothing comes, seconds between two empty pieces."""

Put = Callable[[str], None]


class Message(TypedDict):
    """One message of a dialogue."""

    role: Literal["system", "user", "assistant"]
    content: str


class Generator(Protocol):
    """Writes replies. ``name`` says which model, for records and messages."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def context(self) -> int:
        """Tokens that the texts of all messages may have together; room for the reply and for what
        the model puts around a message is taken off already.
        """

    def tokens(self, text: str) -> int:
        """Tokens of a text; where only the server knows, rather too many than too few."""

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The pieces of a reply as they come, never half a character.

        A piece is empty where nothing has come for a while, which is a moment to stop: closing the
        iterator ends the request and frees the model. A reply that was cut ends in ``CUT``. Raises
        ``GeneratorError``, also after some pieces.
        """


def relayed(work: Callable[[Put, Future[None]], None]) -> Iterator[str]:
    """The pieces that ``work`` puts, which runs in a thread; what it raises is raised here.

    Its second argument is done as soon as nobody reads any more: it must return soon then. When
    the iterator is closed, the thread has ended.
    """
    pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    stopped: Future[None] = Future()
    done: Future[None] = Future()

    def run() -> None:
        try:
            work(pieces.put, stopped)
        except BaseException as exc:  # handed over whole to who reads
            done.set_exception(exc)
        else:
            done.set_result(None)
        pieces.put(None)

    thread = threading.Thread(target=run, name="generator", daemon=True)
    thread.start()
    try:
        yield from _until_none(pieces)
    finally:
        stopped.set_result(None)
        thread.join()
    done.result()


def _until_none(pieces: queue.SimpleQueue[str | None]) -> Iterator[str]:
    while True:
        try:
            piece = pieces.get(timeout=BEAT)
        except queue.Empty:
            piece = ""
        if piece is None:
            return
        yield piece


def said(exc: BaseException) -> str:
    """What an error says, on one line, not endlessly."""
    return " ".join(str(exc).split())[:SAID]
