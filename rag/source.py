"""One file being read: its path as it may be shown, and the problems met on the way."""

from __future__ import annotations

import os
from pathlib import Path

from rag.errors import ReadingError

MAX_BYTES = 200 * 2**20
MAX_PROBLEMS = 100


def shown(path: str | os.PathLike[str]) -> str:
    """A path as it may stand in a message: control, bidirectional and broken characters escaped."""
    return "".join(
        c if c.isprintable() or c == "\u3000" else c.encode("unicode_escape").decode("ascii")
        for c in os.fspath(path)
    )


class Source:
    """One file being read, and the problems met on the way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[ReadingError] = []
        self._left_out = 0

    def error(self, zh: str, en: str, place: str = "") -> ReadingError:
        """An error that names the file and, when given, the place in it ("line 12")."""
        line = place.removeprefix("line ")
        zh_place, en_place = (f"第 {line} 行：", f"{place}: ") if place else ("", "")
        name = shown(self.path)
        return ReadingError(f"{name}：{zh_place}{zh}", f"{name}: {en_place}{en}")

    def report(self, zh: str, en: str, place: str = "") -> None:
        """Keep a problem that does not stop the reading, up to a number that a person can read."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(self.error(zh, en, place))
            return
        self._left_out += 1
        more = f"还有 {self._left_out} 个问题没有列出。请先改正以上各处。"
        last = self.error(more, f"{self._left_out} more problems are not listed. Mend these first.")
        self.problems[MAX_PROBLEMS:] = [last]

    def nothing(self) -> ReadingError:
        """The error for a file without text: what its first row lacks, or that it is empty."""
        if self.problems:
            return self.problems[0]
        return self.error(
            "文件是空的，没有文字。请检查文件是否完整。",
            "is empty: there is no text in it. Check that the file is complete.",
        )
