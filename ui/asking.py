"""Iterators read from a server's loop: in threads of their own, a bounded number at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class TooMany(Exception):
    """As many are on their way as may be."""


class Threads:
    """Runs iterators, at most ``most`` at a time, each wholly in one thread: a database connection
    belongs to one.
    """

    def __init__(self, most: int) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="interface")
        self._free = threading.BoundedSemaphore(most)

    def items(self, start: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """Starts an iterator; its items as they come, then what it raised. ``TooMany`` where there
        is no room. Who closes what is returned closes the iterator, after the item that it is at.
        """
        if not self._free.acquire(blocking=False):
            raise TooMany
        loop, arrived, gone = (
            asyncio.get_running_loop(),
            asyncio.Queue[list[T]](),
            threading.Event(),
        )

        def work() -> None:
            try:
                _pass_on(start(), gone, tell)
            finally:
                self._free.release()

        def tell(item: T) -> None:
            loop.call_soon_threadsafe(arrived.put_nowait, [item])

        def ended(work: asyncio.Future[None]) -> None:
            work.exception()  # looked at, also where nobody waits for it any more
            arrived.put_nowait([])

        future = loop.run_in_executor(self._threads, work)
        future.add_done_callback(ended)
        return _arriving(arrived, future, gone)


async def _arriving(
    arrived: asyncio.Queue[list[T]], work: asyncio.Future[None], gone: threading.Event
) -> AsyncGenerator[T, None]:
    try:
        while batch := await arrived.get():
            yield batch[0]
        await work
    finally:
        gone.set()


def _pass_on(items: Iterator[T], gone: threading.Event, tell: Callable[[T], None]) -> None:
    """Tells of each item until nobody listens; then the iterator is closed, not forgotten."""
    try:
        for item in items:
            if gone.is_set():
                return
            tell(item)
    finally:
        close = getattr(items, "close", None)
        if close:
            close()
