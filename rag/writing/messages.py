"""What a language model is to the rest of the program: messages in, pieces of a reply out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
        """The pieces of a reply as they come, never half a character, and without what the model
        thinks first between ``<think>`` and ``</think>``.

        A piece is empty where nothing has come for a while, which is a moment to stop: closing the
        iterator ends the request and frees the model. A reply that was cut ends in ``CUT``. Raises
        ``GeneratorError``, also after some pieces.
        """


def said(exc: BaseException) -> str:
    """What an error says, on one line, not endlessly."""
    return " ".join(str(exc).split())[:SAID]


@contextmanager
def closing(pieces: Iterator[str]) -> Iterator[Iterator[str]]:
    """Closes the iterator at the end, if it can be."""
    try:
        yield pieces
    finally:
        close = getattr(pieces, "close", None)
        if close:
            close()
