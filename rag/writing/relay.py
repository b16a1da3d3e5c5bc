"""A model works in a thread of its own, so that who reads its reply can stop at any time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

BEAT = 0.2
"""While nothing comes, seconds between two empty pieces."""

Put = Callable[[str], None]

THINK, SPEAK = "<think>", "</think>"


def relayed(work: Callable[[Put, Future[None]], None]) -> Iterator[str]:
    """The pieces that ``work`` puts, which runs in a thread; what it raises is raised here. Of what
    a model thinks before it speaks nothing comes.

    The second argument of ``work`` is done as soon as nobody reads any more: it must return soon
    then. When the iterator is closed, the thread has ended.
    """
    pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    stopped: Future[None] = Future()
    done: Future[None] = Future()

    def run() -> None:
        aloud = _Aloud(pieces.put)
        try:
            work(aloud.put, stopped)
        except BaseException as exc:  # handed over whole to who reads
            done.set_exception(exc)
        else:
            aloud.end()
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


class _Aloud:
    """Passes on what is said, and leaves out thoughts that stand in front of it."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._held = ""
        self._speaks = False

    def put(self, piece: str) -> None:
        if self._speaks:
            self._put(piece)
            return
        self._held += piece
        start = self._held.lstrip()
        if start.startswith(THINK):
            _, speaks, said = start.partition(SPEAK)
            self._speaks = bool(speaks)
            self._held = said if speaks else self._held
        else:
            self._speaks = not THINK.startswith(start)
        if self._speaks and self._held:
            self._put(self._held)

    def end(self) -> None:
        """No more comes: what might have become a thought was none."""
        if not self._speaks and self._held and not self._held.lstrip().startswith(THINK):
            self._put(self._held)
