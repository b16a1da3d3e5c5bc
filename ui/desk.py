"""What a person does to the file that is open in the archive tab."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from rag import Correction, SourceFile, UnknownArticle
from ui import shelf
from ui.events import as_day
from ui.shelf import PAGE, Arrival
from ui.texts import Language, both, text

if TYPE_CHECKING:
    from rag import Archive
    from ui.intake import Intake

Said = tuple[str, dict[str, Any]]
"""The key of a text, and what fills its blanks."""


@dataclass(slots=True)
class View:
    """What one open page shows of the archive. ``file`` is the path of the open one; ``given`` are
    the paper and the day that its reader named for the files on their way, ``gone`` the path, paper
    and day of a file that went with its last article, without the day where that is not the whole
    file's. Mutable, for the same reason as ``Session``.
    """

    opened: bool = False
    words: str = ""
    period: str = ""
    source: str = ""
    page: int = 0
    file: str = ""
    part: int = 0
    focus: str = ""
    turn: int = 0
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    given: tuple[str, date | None] = ("", None)
    gone: tuple[str, str | None, date | None] = ("", None, None)

    def show(self, file: SourceFile, place: int, *focus: str) -> None:
        """Opens a file at one of its articles; the first of the named controls gets the focus."""
        place = max(0, min(place, len(file.articles) - 1))
        self.file, self.part = file.path, place // PAGE
        head = f"head-{file.articles[place]}" if file.articles else ""
        self.focus = " ".join((*focus, head))
        self.turn += 1


class Desk:
    """The acts of the tab's buttons and forms, each with the values that it was given."""

    def __init__(self, archive: Archive, intake: Intake) -> None:
        self._archive = archive
        self._intake = intake

    def file(self, path: str) -> SourceFile:
        """The file of this path; ``UnknownArticle`` when it is no longer in the archive."""
        found = next((file for file in self._archive.files() if file.path == path), None)
        if found is None:
            raise UnknownArticle(*both("file_gone"))
        return found

    def act(self, view: View, given: Mapping[str, Any], language: Language) -> str:
        """Does it, and returns as HTML what is said of it; ``WenbaoError`` if it cannot be done."""
        act, key = str(given.get("act", "")), str(given.get("article", ""))
        if act in ("open", "file", "close", "page"):
            self._look(view, act, given)
            return ""
        changes: dict[str, Callable[[View, str, Mapping[str, Any]], Said]] = {
            "save": self._corrected,
            "merge": self._merged,
            "split": self._split,
            "remove": self._removed,
        }
        if act in changes:
            said, values = changes[act](view, key, given)
            undo = {} if said == "not_changed" else {"undo": text(language, "undo")}
            if said == "removed_file":
                undo = {"again": text(language, "read_again")}
            return shelf.notice(text(language, said, **values), language, undo)
        return shelf.notice(self._taken_back(view, act, language), language)

    def _look(self, view: View, act: str, given: Mapping[str, Any]) -> None:
        """What changes only the view."""
        if act == "open":
            article = self._archive.article(str(given.get("article", "")))
            file = self.file(article.path)
            view.show(file, file.articles.index(article.id))
        elif act == "file":
            if path := self._intake.kept(str(given.get("name", ""))):
                view.show(self.file(path), 0)
        elif act == "close":
            view.file = ""
        elif view.file and given.get("within") == "sheet":
            view.show(self.file(view.file), PAGE * number(given.get("page")))
        else:
            view.page = number(given.get("page"))

    def _corrected(self, view: View, key: str, given: Mapping[str, Any]) -> Said:
        place = self._place(view, key)
        changes = _correction(given)
        before = self._archive.article(key)
        after = self._intake.change(lambda: self._archive.correct(key, path=view.file, **changes))
        view.show(self.file(view.file), place, f"edit-{after.id}")
        same = [getattr(before, f) == getattr(after, f) for f in shelf.FIELDS]
        return ("not_changed", {}) if all(same) else ("corrected", {"title": after.title})

    def _merged(self, view: View, key: str, given: Mapping[str, Any]) -> Said:
        place = self._place(view, key)
        following = self.file(view.file).articles[place + 1 : place + 2]
        after = self._intake.change(
            lambda: self._archive.merge(key, *following or [key], path=view.file)
        )
        view.show(self.file(view.file), place, f"merge-{after.id}")
        return "merged", {"title": after.title}

    def _split(self, view: View, key: str, given: Mapping[str, Any]) -> Said:
        place = self._place(view, key)
        at, title = number(given.get("offset")), str(given.get("title", ""))[:300]
        _, second = self._intake.change(
            lambda: self._archive.split(key, at, title=title, path=view.file)
        )
        view.show(self.file(view.file), place + 1)
        return "was_split", {"title": second.title}

    def _removed(self, view: View, key: str, given: Mapping[str, Any]) -> Said:
        place = self._place(view, key)
        article, file = self._archive.article(key), self.file(view.file)
        self._intake.change(lambda: self._archive.remove([key]))
        if len(file.articles) == 1:
            day = None if file.corrected else article.date
            view.gone, view.file = (file.path, article.source, day), ""
            return "removed_file", {"title": article.title}
        view.show(self.file(view.file), place)
        return "removed", {"title": article.title}

    def _taken_back(self, view: View, act: str, language: Language) -> str:
        """Undoes steps of the open file, or reads a file again that went with its last article."""
        if act == "again" and view.gone[0]:
            path, source, day = view.gone
            report = self._intake.change(lambda: self._archive.add([path], source=source, day=day))
            if report.problems and not any(f.path == path for f in self._archive.files()):
                raise report.problems[0]
            view.show(self.file(path), 0)
            return text(language, "was_read_again")
        if act not in ("undo", "revert") or not view.file:
            return text(language, "nothing_to_undo")
        before = self.file(view.file).articles
        taken_back = self._archive.undo if act == "undo" else self._archive.revert
        count = int(self._intake.change(lambda: taken_back(view.file)))
        after = self.file(view.file)
        view.show(after, _first_difference(before, after.articles))
        if not count:
            return text(language, "nothing_to_undo")
        return text(language, "undone" if act == "undo" else "reverted", count=count)

    def _place(self, view: View, key: str) -> int:
        """Where an article stands in the open file."""
        articles = self.file(view.file).articles
        if key not in articles:
            raise UnknownArticle(*both("article_gone"))
        return articles.index(key)


def number(value: object) -> int:
    """A small number that the page sent; 0 for anything else."""
    digits = str(value)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else 0


def _correction(given: Mapping[str, Any]) -> Correction:
    """The fields that a person changed."""
    changes: dict[str, Any] = {f: str(given[f])[:300] for f in shelf.FIELDS if f in given}
    if "date" in changes:
        changes["date"] = as_day(changes["date"])
    return cast(Correction, changes)


def _first_difference(before: Sequence[str], after: Sequence[str]) -> int:
    same = (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    return next(same, min(len(before), len(after)))
