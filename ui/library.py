"""The archive tab: files are added, articles found, and what was read wrongly is corrected."""

# No postponed annotations here: the framework reads the handlers' annotations while they are made,
# and it is imported late.
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import WenbaoError
from ui import render, shelf
from ui.desk import Desk, View
from ui.events import as_day, given
from ui.intake import Intake
from ui.session import Session
from ui.shelf import PAGE, Arrival
from ui.texts import Language, both, text
from ui.uploads import MAX_FILES, Inbox

if TYPE_CHECKING:
    import gradio as gr
    from gradio.events import Dependency

    from rag import Archive, Chatbot

logger = logging.getLogger(__name__)

_PERIOD = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)

# The framework looks for the names of the events here.
_INTAKE = 'archiveTab.intake(element, (data) => trigger("sent", data))'
_ACTS = """
const tell = { act: "act", bound: "bound", sent: "sent" };
archiveTab.acts(element, (event, data) => trigger(tell[event], data), watch);
"""


class LibraryTab:
    """The widgets of the tab, and the functions behind their events. Without an ``inbox`` no files
    are taken.
    """

    def __init__(self, chatbot: "Chatbot", inbox: Inbox | None) -> None:
        self._archive: Archive = chatbot.archive
        self._inbox = inbox
        self._intake = Intake(self._archive, inbox)
        self._desk = Desk(self._archive, self._intake)

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
        self,
        session: "gr.State",
        tab: "gr.Tab",
        spoken: "Sequence[Dependency]",
        at_once: dict[str, Any],
    ) -> None:
        """Connects the widgets' events. ``spoken`` are the events that change the language."""
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
            self._filter(view, given(event))
            return {self.catalogue: self._catalogue(view, session.language)}

        def acted(session: Session, view: View, event: gr.EventData) -> dict[Any, Any]:
            return self._acted(session, view, given(event))

        def sent(session: Session, view: View, event: gr.EventData) -> Iterator[dict[Any, Any]]:
            yield from self._sent(session, view, given(event))

        state = [session, self.view]
        latest = at_once | {"trigger_mode": "always_last"}
        together = at_once | {"queue": True, "concurrency_limit": None}
        tab.select(opened, state, self._changing, **at_once)
        for changed in spoken:
            changed.then(again, state, self._changing, **at_once)
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
            for arrival in self._intake.take_in(names, *view.given):
                view.arrivals[arrival.name] = arrival
                yield {self.arrivals: self._arrivals(view, session)}
        except WenbaoError as exc:
            error = (exc.zh, exc.en)
        except Exception:  # the page must say so, whatever it was
            logger.exception("files could not be added")
            error = both("unexpected_change")
        for name in names:  # what is settled may be cleared away already, by files that came after
            if name in view.arrivals and not view.arrivals[name].settled:
                view.arrivals[name] = Arrival(name=name, stage="stopped")
        if len(names) == 1 and error is None:
            self._open(view, names[0])
        yield {
            **self._everything(session, view),
            self.arrivals: self._arrivals(view, session, error),
        }

    def _open(self, view: View, name: str) -> None:
        """Opens a file that has just come in, if anything of it could be read."""
        path = self._intake.kept(name)
        if path:
            view.show(self._desk.file(path), 0)

    def _names(self, view: View, given: Mapping[str, Any]) -> list[str]:
        """The uploads that an event names, or all that are still to be added."""
        if "names" not in given:
            return [a.name for a in view.arrivals.values() if a.stage == "stopped"]
        sent = given["names"] if isinstance(given["names"], list) else []
        known = (str(name) for name in sent[:MAX_FILES] if self._intake.kept(str(name)))
        view.given = (str(given.get("source", ""))[:60].strip(), as_day(given.get("day")))
        return list(dict.fromkeys(known))

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
            # the last page may have lost its only article
            for page in dict.fromkeys((view.page, max(0, view.page - 1), 0)):
                found = archive.find(view.words, bounds, limit=PAGE + 1, offset=page * PAGE)
                view.page = page
                if found:
                    break
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
            said = self._desk.act(view, given, language)
            if given.get("act") in ("open", "file", "close"):
                return {self.notice: said, self.sheet: self._sheet(view, language)}
            return {**self._everything(session, view), self.notice: said}
        except WenbaoError as exc:
            error = (exc.zh, exc.en)
        except Exception:  # the page must say so, whatever it was
            logger.exception("an archive could not be changed")
            error = both("unexpected_change")
        return {self.notice: render.problem(error, language)}

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
            file = self._desk.file(view.file)
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
