"""The archive tab: files are added, articles found, and what was read wrongly is corrected."""

# No postponed annotations here: the framework reads the handlers' annotations while they are made,
# and it is imported late.
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, cast

from rag import AddProgress, AddReport, Correction, SourceFile, UnknownArticle, WenbaoError
from rag.reading import shown
from ui import render, shelf
from ui.session import Session
from ui.shelf import PAGE, Arrival, Stage
from ui.texts import Language, both, text
from ui.uploads import MAX_FILES, Inbox

if TYPE_CHECKING:
    import gradio as gr
    from gradio.events import Dependency

    from rag import Archive, Chatbot

logger = logging.getLogger(__name__)
T = TypeVar("T")

_PERIOD = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)

# The framework looks for the names of the events here.
_INTAKE = 'archiveTab.intake(element, (data) => trigger("sent", data))'
_ACTS = """
const tell = { act: "act", bound: "bound", sent: "sent" };
archiveTab.acts(element, (event, data) => trigger(tell[event], data), watch);
"""


@dataclass(slots=True)
class View:
    """What one open page shows of the archive. ``file`` is the path of the open one; ``given`` are
    the paper and the day that its reader named for the files on their way, ``gone`` the path and
    paper of a file that went with its last article. Mutable, for the same reason as ``Session``.
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
    gone: tuple[str, str | None] = ("", None)

    def show(self, file: SourceFile, place: int, *focus: str) -> None:
        """Opens a file at one of its articles; the first of the named controls gets the focus."""
        place = max(0, min(place, len(file.articles) - 1))
        self.file, self.part = file.path, place // PAGE
        head = f"head-{file.articles[place]}" if file.articles else ""
        self.focus = " ".join((*focus, head))
        self.turn += 1


class LibraryTab:
    """The widgets of the tab, and the functions behind their events.

    All changes of the archive go through one thread: two of them wait for each other. Without an
    ``inbox`` no files are taken.
    """

    def __init__(self, chatbot: "Chatbot", inbox: Inbox | None) -> None:
        self._archive: Archive = chatbot.archive
        self._inbox = inbox
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._adding = False

    # Layout

    def lay_out(self) -> None:
        """Places the widgets, empty."""
        import gradio as gr

        self.view = gr.State(View())
        with gr.Column(elem_id="library", min_width=0):
            self.notice = gr.HTML(elem_id="notice", js_on_load=_ACTS, apply_default_css=False)
            with gr.Row(elem_id="stacks"):
                with gr.Column(elem_id="shelf", min_width=0):
                    self.intake = gr.HTML(
                        elem_id="intake",
                        js_on_load=_INTAKE,
                        apply_default_css=False,
                        visible=self._inbox is not None,
                    )
                    self.arrivals = gr.HTML(
                        elem_id="arrivals", js_on_load=_ACTS, apply_default_css=False
                    )
                    self.search = gr.Textbox(elem_id="find", container=True, max_lines=1)
                    self.catalogue = gr.HTML(
                        elem_id="catalogue", js_on_load=_ACTS, apply_default_css=False
                    )
                with gr.Column(elem_id="file", min_width=0):
                    self.sheet = gr.HTML(elem_id="sheet", js_on_load=_ACTS, apply_default_css=False)

    @property
    def widgets(self) -> list[Any]:
        """Everything that ``words`` fills."""
        return [self.intake, self.search]

    @property
    def _changing(self) -> list[Any]:
        return [self.notice, self.arrivals, self.catalogue, self.sheet]

    def wire(
        self, session: "gr.State", tab: "gr.Tab", switched: "Dependency", at_once: dict[str, Any]
    ) -> None:
        """Connects the widgets' events. ``switched`` is the event that changes the language."""
        import gradio as gr

        def opened(session: Session, view: View) -> dict[Any, Any]:
            view.opened = True
            return self._everything(session, view)

        def again(session: Session, view: View) -> dict[Any, Any]:
            return self._everything(session, view) if view.opened else {self.notice: ""}

        def searched(session: Session, view: View, words: str) -> dict[Any, Any]:
            view.words, view.page = words[:200], 0
            return {self.catalogue: self._catalogue(view, session.language)}

        def filtered(session: Session, view: View, event: gr.EventData) -> dict[Any, Any]:
            self._filter(view, _given(event))
            return {self.catalogue: self._catalogue(view, session.language)}

        def acted(session: Session, view: View, event: gr.EventData) -> dict[Any, Any]:
            return self._acted(session, view, _given(event))

        def sent(session: Session, view: View, event: gr.EventData) -> Iterator[dict[Any, Any]]:
            yield from self._sent(session, view, _given(event))

        state = [session, self.view]
        latest = at_once | {"trigger_mode": "always_last"}
        together = at_once | {"queue": True, "concurrency_limit": None}
        tab.select(opened, state, self._changing, **at_once)
        switched.then(again, state, self._changing, **at_once)
        self.search.change(searched, [*state, self.search], [self.catalogue], **latest)
        self.catalogue.bound(filtered, state, [self.catalogue], **at_once)
        for source in self._changing:
            source.act(acted, state, self._changing, **at_once)
        for source in (self.intake, self.arrivals):
            source.sent(sent, state, self._changing, **together)

    def words(self, session: Session) -> dict[Any, Any]:
        """The widgets in the language of the page. Those that show the archive are filled when the
        tab is opened.
        """
        import gradio as gr

        language = session.language
        return {
            self.intake: shelf.intake(language),
            self.search: gr.update(label=text(language, "search_articles")),
        }

    # Files coming in

    def _sent(
        self, session: Session, view: View, given: Mapping[str, Any]
    ) -> Iterator[dict[Any, Any]]:
        """Takes uploaded files in, and tells how far they are. It always yields: the framework
        empties the widgets of an iterator that does not.
        """
        names = self._names(view, given)
        view.arrivals = {name: a for name, a in view.arrivals.items() if not a.settled}
        view.arrivals |= {name: Arrival(name=name) for name in names}
        yield {self.arrivals: self._arrivals(view, session)}
        error = None
        try:
            for arrival in self._take_in(names, *view.given):
                view.arrivals[arrival.name] = arrival
                yield {self.arrivals: self._arrivals(view, session)}
        except WenbaoError as exc:
            error = (exc.zh, exc.en)
        except Exception:  # the page must say so, whatever it was
            logger.exception("files could not be added")
            error = both("unexpected_change")
        for name in names:
            if not view.arrivals[name].settled:
                view.arrivals[name] = Arrival(name=name, stage="stopped")
        if len(names) == 1 and error is None:
            self._open_kept(view, names[0])
        yield {
            **self._everything(session, view),
            self.arrivals: self._arrivals(view, session, error),
        }

    def _names(self, view: View, given: Mapping[str, Any]) -> list[str]:
        """The uploads that an event names, or all that are still to be added."""
        if "names" not in given:
            return [a.name for a in view.arrivals.values() if a.stage == "stopped"]
        sent = given["names"] if isinstance(given["names"], list) else []
        known = (str(n) for n in sent[:MAX_FILES] if self._inbox and self._inbox.path(str(n)))
        view.given = (str(given.get("source", ""))[:60].strip(), _day(given.get("day")))
        return list(dict.fromkeys(known))

    def _take_in(self, names: Sequence[str], source: str, day: date | None) -> Iterator[Arrival]:
        """The files as they change on their way in; all of them settled at the end."""
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
        """What ``Archive.add`` tells on its way, and its report."""
        channel: SimpleQueue[AddProgress | Future[AddReport]] = SimpleQueue()

        def add() -> AddReport:
            self._adding = True
            try:
                return self._archive.add(paths, source=source, day=day, progress=channel.put)
            finally:
                self._adding = False

        adding = self._writer.submit(add)
        adding.add_done_callback(channel.put)
        while isinstance(event := channel.get(), AddProgress):
            yield event
        yield adding.result()

    def _settled(
        self, paths: Mapping[str, str], fresh: Sequence[str], moved: set[str], report: AddReport
    ) -> Iterator[Arrival]:
        """How each file ended. What nothing could be read of is not kept."""
        held = {file.path: len(file.articles) for file in self._archive.files()}
        for path, name in paths.items():
            problems = tuple(_inside(path, name, p.zh, p.en) for p in report.problems)
            own = tuple(p for p in problems if p)
            if path not in held:
                Path(path).unlink(missing_ok=True)
                yield Arrival(name=name, stage="failed", problems=own)
                continue
            stage: Stage = "done" if name in moved else "known" if path in fresh else "corrected"
            yield Arrival(name=name, stage=stage, total=held[path], problems=own)

    # The list

    def _filter(self, view: View, given: Mapping[str, Any]) -> None:
        """Bounds the list; the same period or paper again lifts its bound."""
        view.page = 0
        if (period := given.get("period")) is not None:
            known = _PERIOD.fullmatch(str(period)) and period != view.period
            view.period = str(period) if known else ""
        if (source := given.get("source")) is not None:
            known = source in self._archive.sources() and source != view.source
            view.source = str(source) if known else ""

    def _catalogue(self, view: View, language: Language) -> str:
        archive = self._archive
        try:
            if not archive.counts().articles:
                return shelf.empty(self._inbox is not None, language)
            bounds = shelf.matching(view.period, view.source)
            found = archive.find(view.words, bounds, limit=PAGE + 1, offset=view.page * PAGE)
            return shelf.catalogue(
                found[:PAGE],
                months=archive.timeline(shelf.matching("", view.source)),
                papers=archive.timeline(shelf.matching(view.period, "")),
                period=view.period,
                source=view.source,
                page=view.page,
                more=len(found) > PAGE,
                language=language,
            )
        except WenbaoError as exc:
            return render.problem((exc.zh, exc.en), language)

    # One file

    def _acted(self, session: Session, view: View, given: Mapping[str, Any]) -> dict[Any, Any]:
        """Does what a button says. What fails leaves the page as it is, with what was typed."""
        language = session.language
        try:
            said = self._act(view, given, language)
            return {**self._everything(session, view), self.notice: said}
        except WenbaoError as exc:
            error = (exc.zh, exc.en)
        except Exception:  # the page must say so, whatever it was
            logger.exception("an archive could not be changed")
            error = both("unexpected_change")
        return {self.notice: render.problem(error, language)}

    def _act(self, view: View, given: Mapping[str, Any], language: Language) -> str:
        """Returns what is said of it as HTML."""
        act, key = str(given.get("act", "")), str(given.get("article", ""))
        if act in ("open", "file", "close", "page"):
            self._look(view, act, given)
            return ""
        changes: dict[str, Callable[[View, str, Mapping[str, Any]], tuple[str, dict[str, Any]]]] = {
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
            file = self._file(article.path)
            view.show(file, file.articles.index(article.id))
        elif act == "file":
            self._open_kept(view, str(given.get("name", "")))
        elif act == "close":
            view.file = ""
        elif view.file and given.get("within") == "sheet":
            view.show(self._file(view.file), PAGE * _number(given.get("page")))
        else:
            view.page = _number(given.get("page"))

    def _open_kept(self, view: View, name: str) -> None:
        path = self._inbox.path(name) if self._inbox else None
        files = {file.path: file for file in self._archive.files()}
        if path and (file := files.get(str(path.absolute()))):
            view.show(file, 0)

    def _corrected(
        self, view: View, key: str, given: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        place = self._place(view, key)
        changes = _correction(given)
        before = self._archive.article(key)
        after = self._write(lambda: self._archive.correct(key, path=view.file, **changes))
        view.show(self._file(view.file), place, f"edit-{after.id}")
        same = [getattr(before, f) == getattr(after, f) for f in shelf.FIELDS]
        return ("not_changed", {}) if all(same) else ("corrected", {"title": after.title})

    def _merged(self, view: View, key: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        place = self._place(view, key)
        following = self._file(view.file).articles[place + 1 : place + 2]
        after = self._write(lambda: self._archive.merge(key, *following or [key]))
        view.show(self._file(view.file), place, f"merge-{after.id}")
        return "merged", {"title": after.title}

    def _split(self, view: View, key: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        place = self._place(view, key)
        at, title = _number(given.get("offset")), str(given.get("title", ""))[:300]
        _, second = self._write(lambda: self._archive.split(key, at, title=title, path=view.file))
        view.show(self._file(view.file), place + 1)
        return "was_split", {"title": second.title}

    def _removed(
        self, view: View, key: str, given: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        place = self._place(view, key)
        article, alone = self._archive.article(key), len(self._file(view.file).articles) == 1
        self._write(lambda: self._archive.remove([key]))
        if alone:
            view.gone, view.file = (view.file, article.source), ""
            return "removed_file", {"title": article.title}
        view.show(self._file(view.file), place)
        return "removed", {"title": article.title}

    def _taken_back(self, view: View, act: str, language: Language) -> str:
        """Undoes steps of the open file, or reads a file again that went with its last article."""
        if act == "again" and view.gone[0]:
            path, source = view.gone
            report = self._write(lambda: self._archive.add([path], source=source))
            for problem in report.problems:
                raise problem
            view.show(self._file(path), 0)
            return text(language, "was_read_again")
        if act not in ("undo", "revert") or not view.file:
            return text(language, "nothing_to_undo")
        before = self._file(view.file).articles
        taken_back = self._archive.undo if act == "undo" else self._archive.revert
        count = int(self._write(lambda: taken_back(view.file)))
        after = self._file(view.file)
        view.show(after, _first_difference(before, after.articles))
        if not count:
            return text(language, "nothing_to_undo")
        return text(language, "undone" if act == "undo" else "reverted", count=count)

    def _write(self, change: Callable[[], T]) -> T:
        """Changes the archive in the writing thread, unless files are being added."""
        if self._adding:
            raise WenbaoError(*both("adding_now"))
        return self._writer.submit(change).result()

    def _file(self, path: str) -> SourceFile:
        found = next((file for file in self._archive.files() if file.path == path), None)
        if found is None:
            raise UnknownArticle(*both("file_gone"))
        return found

    def _place(self, view: View, key: str) -> int:
        """Where an article stands in the open file."""
        articles = self._file(view.file).articles
        if key not in articles:
            raise UnknownArticle(*both("article_gone"))
        return articles.index(key)

    # What the widgets show

    def _everything(self, session: Session, view: View) -> dict[Any, Any]:
        language = session.language
        return {
            self.notice: "",
            self.arrivals: self._arrivals(view, session),
            self.catalogue: self._catalogue(view, language),
            self.sheet: self._sheet(view, language),
        }

    def _arrivals(self, view: View, session: Session, error: tuple[str, str] | None = None) -> str:
        return shelf.arrivals(list(view.arrivals.values()), session.language, error)

    def _sheet(self, view: View, language: Language) -> str:
        if not view.file:
            return shelf.no_file(language)
        try:
            file = self._file(view.file)
            first = min(view.part, max(0, len(file.articles) - 1) // PAGE) * PAGE
            keys = file.articles[first : first + PAGE]
            sheet = shelf.Sheet(
                name=Path(file.path).name,
                articles=[self._archive.article(key) for key in keys],
                first=first + 1,
                total=len(file.articles),
                corrected=file.corrected,
                focus=view.focus,
                turn=view.turn,
            )
        except WenbaoError as exc:
            view.file = ""
            return render.problem((exc.zh, exc.en), language)
        return shelf.sheet(sheet, language)


def _given(event: "gr.EventData") -> Mapping[str, Any]:
    return event._data if isinstance(event._data, dict) else {}


def _number(value: object) -> int:
    digits = str(value)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else 0


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _correction(given: Mapping[str, Any]) -> Correction:
    """The fields that a person changed."""
    changes: dict[str, Any] = {f: str(given[f])[:300] for f in shelf.FIELDS if f in given}
    if "date" in changes:
        changes["date"] = _day(changes["date"])
    return cast(Correction, changes)


def _inside(path: str, name: str, zh: str, en: str) -> tuple[str, str] | None:
    """A reader's message without the server's folders; None if it is of another file."""
    folder = shown(path).removesuffix(shown(name.replace("/", os.sep)))
    zh, en = zh.removeprefix(folder), en.removeprefix(folder)
    return (zh, en) if zh.startswith(f"{shown(name.replace('/', os.sep))}：") else None


def _first_difference(before: Sequence[str], after: Sequence[str]) -> int:
    same = (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    return next(same, min(len(before), len(after)))
