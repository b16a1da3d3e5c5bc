"""Uploads into the archive, and every other change that the page makes to it: one at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from rag import AddProgress, AddReport, WenbaoError
from rag.reading import shown
from ui.shelf import Arrival, Stage
from ui.texts import both

if TYPE_CHECKING:
    from rag import Archive
    from ui.uploads import Inbox

T = TypeVar("T")


class Intake:
    """The one thread in which the page changes the archive. Files go in from the ``inbox``."""

    def __init__(self, archive: Archive, inbox: Inbox | None) -> None:
        self._archive = archive
        self._inbox = inbox
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._adding: Future[AddReport] | None = None

    def change(self, step: Callable[[], T]) -> T:
        """Does a step after those that wait already; ``WenbaoError`` while files are being added,
        which may take long.
        """
        if self._adding and not self._adding.done():
            raise WenbaoError(*both("adding_now"))
        return self._writer.submit(step).result()

    def kept(self, name: str) -> str | None:
        """The path of an upload, as the archive knows it; None when there is no such one."""
        path = self._inbox.path(name) if self._inbox else None
        return str(path.absolute()) if path else None

    def take_in(self, names: Sequence[str], source: str, day: date | None) -> Iterator[Arrival]:
        """The uploads of these names as they change on their way in; all settled at the end. One
        that was corrected since it came in first is not read again: its corrections would go.
        """
        if self._inbox is None or not names:
            return
        folder = self._inbox.folder.absolute()
        paths = {str(folder / name): name for name in names}
        corrected = {file.path for file in self._archive.files() if file.corrected}
        fresh = [path for path in paths if path not in corrected]
        moved: set[str] = set()
        for event in self._add(fresh, source or None, day):
            if isinstance(event, AddReport):
                yield from self._settled(paths, fresh, moved, event)
                continue
            name = paths[str(event.path)]
            if event.stage == "embedding":
                moved.add(name)
                yield Arrival(name=name, stage="embedding", done=event.done, total=event.total)
            else:
                yield Arrival(name=name, stage="reading")

    def _add(
        self, paths: Sequence[str], source: str | None, day: date | None
    ) -> Iterator[AddProgress | AddReport]:
        """What ``Archive.add`` tells on its way, and its report. It goes on when nobody listens any
        more, and files of which nothing could be read are not kept.
        """
        channel: SimpleQueue[AddProgress | Future[AddReport]] = SimpleQueue()

        def add() -> AddReport:
            report = self._archive.add(paths, source=source, day=day, progress=channel.put)
            held = {file.path for file in self._archive.files()}
            for path in set(paths) - held:
                Path(path).unlink(missing_ok=True)
            return report

        adding = self._adding = self._writer.submit(add)
        adding.add_done_callback(channel.put)
        while isinstance(event := channel.get(), AddProgress):
            yield event
        yield adding.result()

    def _settled(
        self, paths: Mapping[str, str], fresh: Sequence[str], moved: set[str], report: AddReport
    ) -> Iterator[Arrival]:
        """How each file ended."""
        held = {file.path: len(file.articles) for file in self._archive.files()}
        for path, name in paths.items():
            problems = tuple(_inside(path, name, p.zh, p.en) for p in report.problems)
            own = tuple(p for p in problems if p)
            if path not in held:
                yield Arrival(name=name, stage="failed", problems=own)
                continue
            stage: Stage = "done" if name in moved else "known" if path in fresh else "corrected"
            yield Arrival(name=name, stage=stage, total=held[path], problems=own)


def _inside(path: str, name: str, zh: str, en: str) -> tuple[str, str] | None:
    """A reader's message without the server's folders; None if it is of another file."""
    folder = shown(path).removesuffix(shown(name.replace("/", os.sep)))
    zh, en = zh.removeprefix(folder), en.removeprefix(folder)
    return (zh, en) if zh.startswith(f"{shown(name.replace('/', os.sep))}：") else None
