"""The chat page: its layout and what happens on which event."""

# No postponed annotations here: the framework reads the handlers' annotations while they are made,
# and it is imported late.
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args
from weakref import WeakValueDictionary

from rag import Answer, Article, Filters, WenbaoError
from rag.types import Draft, Span
from ui import render, server
from ui.access import Access
from ui.answering import answered, next_questions
from ui.conversations import HistoryTab, begin_anew, keep, owner, owner_of_user, resume
from ui.evaluation import EvaluationTab
from ui.events import as_day, given
from ui.history import History
from ui.library import LibraryTab
from ui.preferences import PreferencesTab
from ui.session import Event, Kind, Session, Verdict
from ui.texts import Language, both, preferred, text
from ui.uploads import Inbox
from ui.users import Secret

if TYPE_CHECKING:
    import gradio as gr
    from gradio.events import Dependency
    from starlette.types import ASGIApp

    from rag import Chatbot

logger = logging.getLogger(__name__)

READERS = 32
"""Questions on their way at the same time; all find their evidence, one is read for at a time."""

EXAMPLES = 4

# Buttons and fields inside the page's own HTML say by their data what they do.
_ON_CLICK = """
const events = { kind: "pick" };
const names = ["example", "suggest", "withdraw", "only", "drop", "judge", "raw", "refresh"];
for (const name of names) events[name] = name;
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  for (const [name, what] of Object.entries(events))
    if (button?.dataset[name] !== undefined) trigger(what, { ...button.dataset });
});
element.addEventListener("change", (event) => {
  const { filter, note } = event.target.dataset;
  if (filter) trigger("bound", { name: filter, value: event.target.value });
  if (note) trigger("remark", { turn: note, note: event.target.value });
});
element.addEventListener("submit", (event) => {
  const { again } = event.target.dataset;
  event.preventDefault();
  if (again) trigger("again", { turn: again, text: event.target.elements.text.value });
});
"""


def build(
    chatbot: "Chatbot",
    *,
    language: Language | None = None,
    examples: Sequence[str] = (),
    questions: Sequence[Path] = (),
    history: History | None = None,
    inbox: Inbox | None = None,
) -> "gr.Blocks":
    """The page of a chatbot, in ``language`` or in the language each reader's browser asks for.

    ``examples`` are questions to click; without them the newest headlines are asked about.
    ``questions`` are the question sets that can be run in the evaluation tab. Conversations are
    kept in ``history``; without one they end with their page. Uploads come from the ``inbox``;
    without one none are taken.
    """
    _keep_quiet()
    import gradio as gr

    tab = EvaluationTab(chatbot, questions)
    asked = tuple(examples) or _asked_headlines(chatbot)
    page = _Page(chatbot, language, asked, tab, history, LibraryTab(chatbot, inbox))
    blocks = gr.Blocks(title=text(language or "zh", "page_title"), analytics_enabled=False)
    with blocks:
        page.lay_out()
        page.wire(blocks)
    return blocks


def serve(
    chatbot: "Chatbot",
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    language: Language | None = None,
    examples: Sequence[str] = (),
    questions: Sequence[Path] = (),
    history: History | None = None,
    users: Mapping[str, Secret] | None = None,
    token: str | None = None,
) -> None:
    """Serves the page and the HTTP interface until it is interrupted, and prints the address once
    they are up. With ``users``, only they get in, and to the interface the bearer of the ``token``;
    with a token alone, the interface asks for it.

    Raises ``WenbaoError`` when the port is in use or the host cannot be listened on.
    """
    with server.listen(host, port) as listener:
        inbox = Inbox(chatbot.archive.path / "pages", reader=server.READER)
        blocks = build(
            chatbot,
            language=language,
            examples=examples,
            questions=questions,
            history=history,
            inbox=inbox,
        )
        app = server.application(
            blocks,
            host=host,
            users=users,
            language=language,
            inbox=inbox,
            interface=_interface(chatbot, Access(token=token, login=bool(users))),
        )
        server.run(app, listener, open_browser=open_browser)


def _interface(chatbot: "Chatbot", access: Access) -> "ASGIApp":
    from ui.api import interface

    return interface(chatbot, access=access)


def _keep_quiet() -> None:
    """Tells the framework, before its import, to report nothing to anyone."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


def _asked_headlines(chatbot: "Chatbot") -> tuple[str, ...]:
    newest = chatbot.archive.counts().last
    articles = chatbot.archive.articles(Filters(since=newest))
    printed = (a.title for a in articles if a.title and not a.title_derived)
    return tuple(text("zh", "example", title=title) for title in islice(printed, EXAMPLES))


class _Page:
    """The widgets of the page, and the functions behind its events."""

    def __init__(
        self,
        chatbot: "Chatbot",
        language: Language | None,
        examples: tuple[str, ...],
        evaluation: EvaluationTab,
        history: History | None,
        library: LibraryTab,
    ) -> None:
        self._chatbot = chatbot
        self._language = language
        self._examples = examples
        self._evaluation = evaluation
        self._history = history
        self._kept = HistoryTab(history)
        self._library = library
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._seekers = ThreadPoolExecutor(1, thread_name_prefix="seeker")
        self._pages: WeakValueDictionary[str, Session] = WeakValueDictionary()
        self._preferences = PreferencesTab(chatbot, self._readers)

    # Layout

    def lay_out(self) -> None:
        """Places the widgets, empty; the load event fills them."""
        import gradio as gr

        self.session = gr.State(Session())
        with gr.Row(elem_id="top"):
            self.masthead = gr.HTML(elem_id="masthead", apply_default_css=False)
            self.new = gr.Button(elem_id="new", size="sm", min_width=0)
            self.switch = gr.Button(elem_id="switch", size="sm", min_width=0)
        with gr.Tabs(elem_id="tabs") as self.tabs:
            with gr.Tab("提问", id="ask") as self.asking:
                with gr.Row(elem_id="desk"):
                    with gr.Column(elem_id="left", min_width=0):
                        self.talk = gr.HTML(
                            elem_id="talk", js_on_load=_ON_CLICK, apply_default_css=False
                        )
                        self.status = gr.HTML(elem_id="status", apply_default_css=False)
                        self.bounds = gr.HTML(
                            elem_id="bounds", js_on_load=_ON_CLICK, apply_default_css=False
                        )
                        with gr.Row(elem_id="composer"):
                            self.box = gr.Textbox(
                                elem_id="question",
                                lines=1,
                                max_lines=6,
                                autofocus=True,
                                container=False,
                            )
                            self.send = gr.Button(elem_id="send", variant="primary", min_width=0)
                            self.halt = gr.Button(elem_id="stop", visible=False, min_width=0)
                    with gr.Column(elem_id="right", min_width=0):
                        self.paper = gr.HTML(
                            elem_id="paper", js_on_load=_ON_CLICK, apply_default_css=False
                        )
            with gr.Tab("档案", id="library") as self.stacks:
                self._library.lay_out()
            with gr.Tab("记录", id="history", visible=self._history is not None) as self.past:
                self._kept.lay_out()
            with gr.Tab("评测", id="measure") as self.measure:
                self._evaluation.lay_out()
            with gr.Tab("设置", id="settings") as self.prefer:
                self._preferences.lay_out()

    # Events

    def wire(self, blocks: "gr.Blocks") -> None:
        """Connects the widgets' events with the functions below."""
        import gradio as gr

        def loaded(session: Session, request: gr.Request) -> dict[Any, Any]:
            asked_for = preferred(request.headers.get("accept-language", ""))
            session.language = self._language or asked_for
            query = dict(request.query_params)
            session.linked = self._linked(query)
            session.user = request.username or ""
            token = request.cookies.get(server.READER, "")
            session.owner = owner_of_user(session.user) if session.user else owner(token)
            self._resume(session, query.get("c", ""))
            self._pages[request.session_hash or ""] = session
            return {self.session: session, **self._everything(session)}

        def left(request: gr.Request) -> None:
            session = self._pages.pop(request.session_hash or "", None)
            if session:
                session.leave()

        def picked(session: Session, event: gr.EventData) -> dict[Any, Any]:
            kind = _field(event, "kind")
            turn, number = _number(event, "turn"), _number(event, "number")
            if kind in ("cite", "near", "hit"):
                session.select(turn, cast(Kind, kind), number)
            return {self.paper: self._paper(session)}

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        at_once: dict[str, Any] = {"queue": False, "trigger_mode": "multiple", **quiet}
        session = [self.session]
        asking = [self.talk, self.status, self.paper, self.box, self.send, self.halt]
        tabs = [self.asking, self.stacks, self.past, self.measure, self.prefer]
        for tab in (self._library, self._kept, self._evaluation, self._preferences):
            tabs += tab.widgets
        every = [*asking, self.bounds, self.masthead, self.new, self.switch, *tabs]

        blocks.load(loaded, session, [self.session, *every], **quiet)
        blocks.unload(left)
        # Nothing is cancelled through the framework: its request to cancel may come late, and then
        # ends the next question. What answers a question that was given up sees so and returns.
        together: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": None, **quiet}
        for start in self._starts(asking, at_once):
            done = start.then(self._answered, session, asking, **together)
            done.then(self._suggested, session, [self.talk], **together)
        self.halt.click(self._stopped, session, asking, **at_once)
        self.new.click(self._cleared, session, asking, **at_once)
        switched = self.switch.click(self._switched, session, every, **at_once)
        spoken = self._preferences.wire(self.session, self.prefer, every, self._everything, quiet)
        self._library.wire(self.session, self.stacks, [switched, spoken], at_once)
        self.asking.select(self._refreshed, session, [self.bounds, self.paper], **at_once)
        self._wire_bounds(asking, at_once)
        self._evaluation.wire(self.session, self.measure, quiet)
        conversation = [*asking, self.tabs]
        self._kept.wire(self.session, self.past, conversation, self._turned_to, at_once)
        self._wire_judging(at_once)
        self.paper.raw(self._turned, session, [self.paper], **at_once)
        for source in (self.talk, self.paper):
            source.pick(picked, session, [self.paper], **at_once)
            source.refresh(self._talk, session, asking, **at_once)

    def _starts(self, asking: list[Any], at_once: dict[str, Any]) -> list["Dependency"]:
        """The events that ask a question."""
        import gradio as gr

        def asked_example(session: Session, event: gr.EventData) -> dict[Any, Any]:
            index = _number(event, "example")
            known = 0 <= index < len(self._examples)
            return self._asked(session, self._examples[index] if known else "")

        def asked_suggestion(session: Session, event: gr.EventData) -> dict[Any, Any]:
            index = _number(event, "suggest")
            known = 0 <= index < len(session.suggestions)
            return self._asked(session, session.suggestions[index] if known else "")

        def asked_again(session: Session, event: gr.EventData) -> dict[Any, Any]:
            if session.ask_again(_number(event, "turn"), _field(event, "text")):
                keep(self._history, session)
            return self._talk(session)

        session, box = [self.session], [self.session, self.box]
        return [
            self.box.submit(self._asked, box, asking, **at_once),
            self.send.click(self._asked, box, asking, **at_once),
            self.talk.example(asked_example, session, asking, **at_once),
            self.talk.suggest(asked_suggestion, session, asking, **at_once),
            self.talk.again(asked_again, session, asking, **at_once),
        ]

    def _wire_bounds(self, asking: list[Any], at_once: dict[str, Any]) -> None:
        """What bounds the questions to come, and what takes one back."""
        import gradio as gr

        def withdrawn(session: Session, event: gr.EventData) -> dict[Any, Any]:
            session.withdraw(_number(event, "withdraw"))
            keep(self._history, session)
            return self._talk(session)

        def bounded(session: Session, event: gr.EventData) -> dict[Any, Any]:
            session.filters = self._bounded(
                session.filters, _field(event, "name"), _field(event, "value")
            )
            return {self.bounds: self._bounds(session)}

        def dropped(session: Session, event: gr.EventData) -> dict[Any, Any]:
            session.filters = self._bounded(session.filters, _field(event, "drop"), "")
            return {self.bounds: self._bounds(session)}

        def only_this(session: Session) -> dict[Any, Any]:
            if session.place:
                session.filters = replace(session.filters, articles=(session.place[0].id,))
            return {self.bounds: self._bounds(session)}

        session, bounds = [self.session], [self.bounds]
        self.talk.withdraw(withdrawn, session, asking, **at_once)
        self.bounds.bound(bounded, session, bounds, **at_once)
        self.bounds.drop(dropped, session, bounds, **at_once)
        self.paper.only(only_this, session, bounds, **at_once)

    def _wire_judging(self, at_once: dict[str, Any]) -> None:
        """What a reader says of an answer."""
        import gradio as gr

        def judged(session: Session, event: gr.EventData) -> dict[Any, Any]:
            verdict = _field(event, "judge")
            if verdict in get_args(Verdict):
                session.judge(_number(event, "turn"), cast(Verdict, verdict))
                keep(self._history, session)
            return {self.talk: self._conversation(session)}

        def remarked(session: Session, event: gr.EventData) -> dict[Any, Any]:
            session.remark(_number(event, "turn"), _field(event, "note"))
            keep(self._history, session)
            return {self.talk: self._conversation(session)}

        session, talk = [self.session], [self.talk]
        self.talk.judge(judged, session, talk, **at_once)
        self.talk.remark(remarked, session, talk, **at_once)

    def _asked(self, session: Session, question: str) -> dict[Any, Any]:
        if not session.ask(question):
            return self._talk(session)
        keep(self._history, session)
        return {**self._talk(session), self.box: ""}

    def _resume(self, session: Session, key: str) -> None:
        """Goes on with the conversation that the address names, if the reader has it."""
        with suppress(WenbaoError):
            resume(self._history, session, key)

    def _turned_to(self, session: Session, act: str) -> dict[Any, Any]:
        import gradio as gr

        tab = gr.update(selected="ask") if act == "open" else gr.skip()
        return {**self._talk(session), self.tabs: tab}

    def _bounded(self, filters: Filters, name: str, value: str) -> Filters:
        """The filters with one changed; what cannot be meant changes nothing."""
        if name == "since":
            return replace(filters, since=as_day(value))
        if name == "until":
            return replace(filters, until=as_day(value))
        if name == "source":
            known = value in self._chatbot.archive.sources()
            return replace(filters, source=value if known else None)
        return replace(filters, articles=()) if name == "articles" else filters

    def _linked(self, query: dict[str, str]) -> tuple[Article, Span] | None:
        """The article and span that an address names; None when the archive holds no such one."""
        try:
            found = self._chatbot.archive.article(query.get("article", ""))
        except WenbaoError:
            return None
        span = re.fullmatch(r"([0-9]{1,7})-([0-9]{1,7})", query.get("at", ""), re.ASCII)
        start, end = (int(span[1]), int(span[2])) if span else (0, 0)
        return found, (start, end) if start < end <= len(found.text) else (0, 0)

    def _answered(self, session: Session) -> Iterator[dict[Any, Any]]:
        """Answers the questions that wait, one after the other, unless that is being done.

        It always yields: the framework empties the widgets of an iterator that does not.
        """
        yield self._talk(session)
        while taken := session.take():
            ticket, place = taken
            yield self._talk(session)
            done = False
            try:
                for event in answered(self._chatbot, self._readers, session, ticket, place):
                    if not session.receive(ticket, event):
                        break
                    if isinstance(event, Answer):
                        done = True
                        keep(self._history, session)
                    yield self._shown(session, event)
            except WenbaoError as exc:
                if session.fail(ticket, (exc.zh, exc.en)):
                    keep(self._history, session)
                    yield self._talk(session)
            except Exception:  # the page must say so, whatever it was
                logger.exception("a question failed")
                if session.fail(ticket, both("unexpected")):
                    keep(self._history, session)
                    yield self._talk(session)
            if not done:  # a draft may have come to the page after the word to stop
                yield self._talk(session)

    def _shown(self, session: Session, event: Event) -> dict[Any, Any]:
        """What changes on the page with an event; nothing but the conversation with a draft."""
        if isinstance(event, Draft):
            said = render.status(session.exchanges, session.language)
            return {self.talk: self._conversation(session), self.status: said}
        return self._talk(session)

    def _suggested(self, session: Session) -> Iterator[dict[Any, Any]]:
        """Finds questions to go on with, once the page has nothing else to do."""
        import gradio as gr

        yield {self.talk: gr.skip()}
        sought = session.seek()
        if sought is None:
            return
        try:
            for question in next_questions(self._chatbot, self._seekers, session, *sought):
                if not session.suggest(sought[0], question):
                    return
                yield {self.talk: self._conversation(session)}
        except Exception:  # nobody asked for them: the page goes on without
            logger.exception("no questions to go on with were found")

    def _stopped(self, session: Session) -> dict[Any, Any]:
        session.stop()
        keep(self._history, session)
        return self._talk(session)

    def _turned(self, session: Session) -> dict[Any, Any]:
        session.raw = not session.raw
        return {self.paper: self._paper(session)}

    def _cleared(self, session: Session) -> dict[Any, Any]:
        begin_anew(self._history, session)
        return self._talk(session)

    def _switched(self, session: Session) -> dict[Any, Any]:
        session.language = "en" if session.language == "zh" else "zh"
        return self._everything(session)

    def _refreshed(self, session: Session) -> dict[Any, Any]:
        """What may have changed in the archive since it was shown."""
        return {self.bounds: self._bounds(session), self.paper: self._paper(session)}

    # What the widgets show

    def _everything(self, session: Session) -> dict[Any, Any]:
        import gradio as gr

        word = _words(session.language)
        label, hint = word("question_label"), word("question_hint")
        return {
            **self._talk(session),
            self.masthead: render.masthead(session.language, session.user),
            self.new: word("new"),
            self.switch: word("other_language"),
            self.box: gr.update(label=label, placeholder=hint),
            self.bounds: self._bounds(session),
            self.asking: gr.update(label=word("tab_ask")),
            self.stacks: gr.update(label=word("tab_library")),
            self.past: gr.update(label=word("tab_history")),
            self.measure: gr.update(label=word("tab_measure")),
            self.prefer: gr.update(label=word("tab_settings")),
            **self._library.words(session),
            **self._kept.words(session),
            **self._evaluation.words(session),
            **self._preferences.words(session),
        }

    def _talk(self, session: Session) -> dict[Any, Any]:
        import gradio as gr

        language, word = session.language, _words(session.language)
        return {
            self.talk: self._conversation(session),
            self.status: render.status(session.exchanges, language),
            self.paper: self._paper(session),
            self.send: word("ask"),
            self.halt: gr.update(value=word("stop"), visible=session.running),
        }

    def _conversation(self, session: Session) -> str:
        number = session.next_rendering()
        said = render.conversation(
            session.exchanges,
            self._examples,
            session.language,
            session.key,
            session.suggestions,
        )
        return render.numbered(said, number)

    def _bounds(self, session: Session) -> str:
        archive = self._chatbot.archive
        try:
            titles = {key: archive.article(key).title for key in session.filters.articles}
            sources = archive.sources()
        except WenbaoError as exc:
            return render.problem((exc.zh, exc.en), session.language)
        return render.filters(session.filters, titles, sources, session.language)

    def _paper(self, session: Session) -> str:
        try:
            counts = self._chatbot.archive.counts()
        except WenbaoError as exc:
            return render.problem((exc.zh, exc.en), session.language)
        number, raw = session.next_rendering(), self._page_text(session)
        if session.selection is None and session.linked:
            shown = render.linked(*session.linked, session.language, raw)
        else:
            shown = render.pane(session.exchanges, session.selection, counts, session.language, raw)
        return render.numbered(shown, number)

    def _page_text(self, session: Session) -> str:
        """The page's own text beside the open article; blank where it is not asked for."""
        if not (session.raw and session.place):
            return ""
        found = session.place[0]
        try:
            raw = self._chatbot.archive.raw_text(found.path)
        except WenbaoError as exc:
            return render.problem((exc.zh, exc.en), session.language)
        return render.page_text(raw, found, session.language)


def _words(language: Language) -> Callable[[str], str]:
    return lambda key: text(language, key)


def _field(event: "gr.EventData", name: str) -> str:
    return str(given(event).get(name, ""))


def _number(event: "gr.EventData", name: str) -> int:
    digits = _field(event, name)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 6 else -1
