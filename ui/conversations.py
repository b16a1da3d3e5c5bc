"""The tab of kept conversations: list, search, open, rename, delete with undo, export."""

# No postponed annotations here: the framework reads the handlers' annotations while they are made,
# and it is imported late.
import base64
import hashlib
import json
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rag import WenbaoError
from ui import export, render
from ui.events import given
from ui.history import Conversation, ConversationChanged, History
from ui.markup import attribute, escaped
from ui.session import Exchange, Session
from ui.texts import Language, text

if TYPE_CHECKING:
    import gradio as gr

logger = logging.getLogger(__name__)

_KEEPING = threading.RLock()

FORMS = {"md": "Markdown", "html": "HTML", "json": "JSON"}

_ON_ACT = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (button) trigger("act", { ...button.dataset });
});
element.addEventListener("change", (event) => {
  const key = event.target.dataset.rename;
  if (key) trigger("act", { act: "rename", key, title: event.target.value });
});
"""


def owner(token: str) -> str:
    """What begins the keys of a reader's conversations. It gives nothing away of the token, which
    only the reader's browser holds; blank without one.
    """
    return hashlib.sha256(token.encode()).hexdigest()[:24] if token else ""


def owner_of_user(name: str) -> str:
    """The same for a user who is logged in, in whichever browser. No token gives such a key."""
    return f"u{hashlib.sha256(name.encode()).hexdigest()[:23]}"


def keep(history: History | None, session: Session) -> None:
    """Stores the conversation of a reader who can be told from others; as a new one where the same
    was gone on with in another page. What cannot be stored is logged: the answer is worth more than
    its record.
    """
    with _KEEPING:  # several events of one page may keep it at the same moment
        exchanges = session.exchanges
        if history is None or not session.owner or not exchanges:
            return
        try:
            key = _kept(history, session, exchanges)
        except WenbaoError as exc:
            logger.warning("a conversation was not kept: %s", exc)
            return
        session.key, session.kept = key, exchanges


def _kept(history: History, session: Session, exchanges: Sequence[Exchange]) -> str:
    """The key that the conversation is stored under now."""
    key = session.key or _new_key(session)
    try:
        history.save(key, exchanges, session.kept)
    except ConversationChanged:
        key = _new_key(session)
        history.save(key, exchanges)
    return key


def _new_key(session: Session) -> str:
    return f"{session.owner}-{secrets.token_hex(8)}"


def resume(history: History | None, session: Session, key: str) -> None:
    """Goes on with a conversation of this session's reader; raises ``WenbaoError`` when there is
    none of this key. The key of another reader changes nothing.
    """
    if history is not None and _owns(session, key):
        history.load(key)  # raises before anything is changed
        with _KEEPING:
            begin_anew(history, session)
            session.resume(key, history.load(key))


def begin_anew(history: History | None, session: Session) -> None:
    """Stores the conversation as it is, and begins a new one, which nothing of it can reach."""
    with _KEEPING:
        session.stop()
        keep(history, session)
        session.clear()


def listing(kept: Sequence[Conversation], language: Language, notice: str = "") -> str:
    """The conversations as a list with what can be done to each."""
    items = "".join(_item(conversation, language) for conversation in kept)
    judged = _button("judged", "", name := text(language, "take_judged"), name)
    none = f'<p class="none">{text(language, "no_conversations")}</p>'
    return (
        f'<section class="kept" lang="{language}" aria-label="{text(language, "tab_history")}">'
        f'<div role="status">{notice}</div>{f"<ul>{items}</ul>" if items else none}'
        f"<p>{judged}</p></section>"
    )


def _item(conversation: Conversation, language: Language) -> str:
    key, title = attribute(conversation.key), attribute(conversation.title)
    updated = conversation.updated.astimezone()
    count = text(language, "so_many_questions", count=conversation.exchanges)
    exports = "".join(
        _button("export", conversation.key, name, text(language, "export_as", form=name), form)
        for form, name in FORMS.items()
    )
    return (
        f'<li><input data-rename="{key}" value="{title}" dir="auto" maxlength="200"'
        f' aria-label="{text(language, "rename")}">'
        f'<span class="when"><time datetime="{updated.isoformat()}">{updated:%Y-%m-%d %H:%M}</time>'
        f" · {count}</span>"
        f'<span class="acts">{_act("open", conversation, language)}{exports}'
        f"{_act('delete', conversation, language)}</span></li>"
    )


def _act(act: str, conversation: Conversation, language: Language) -> str:
    name = text(language, f"{act}_conversation")
    return _button(act, conversation.key, name, f"{name}: {conversation.title}")


def _button(act: str, key: str, name: str, label: str, form: str = "") -> str:
    return (
        f'<button type="button" data-act="{act}" data-key="{attribute(key)}"'
        f' data-form="{form}" aria-label="{attribute(label)}">{name}</button>'
    )


def parcel(name: str, words: str) -> str:
    """A file that the page's script hands to the browser as a download."""
    body = base64.b64encode(words.encode("utf-8", "surrogatepass")).decode("ascii")
    mark = secrets.token_hex(4)  # the same file twice is two downloads
    return (
        f'<span hidden data-parcel="{mark}" data-name="{attribute(name)}"'
        f' data-body="{body}"></span>'
    )


def _exported(exchanges: Sequence[Exchange], form: str, language: Language) -> str:
    if form == "json":
        return export.as_json(exchanges)
    return (export.html_page if form == "html" else export.markdown)(exchanges, language)


def _judged(history: History, owner: str, language: Language) -> str:
    """A reader's judged answers as a question set to take away."""
    lines = [json.dumps(line, ensure_ascii=False) for line in history.question_set(f"{owner}-")]
    if not lines:
        return text(language, "nothing_judged")
    name = "wenbao-feedback.jsonl"
    said = escaped(text(language, "exported", name=name), language)
    return said + parcel(name, "".join(f"{line}\n" for line in lines))


def _owns(session: Session, key: str) -> bool:
    return bool(session.owner) and key.startswith(f"{session.owner}-")


class HistoryTab:
    """The widgets of the tab and what happens on their events."""

    def __init__(self, history: History | None) -> None:
        self._history = history

    def lay_out(self) -> None:
        """Places the widgets, empty."""
        import gradio as gr

        self.search = gr.Textbox(elem_id="search", container=True, max_lines=1)
        self.kept = gr.HTML(elem_id="kept", js_on_load=_ON_ACT, apply_default_css=False)

    @property
    def widgets(self) -> list[Any]:
        """Everything that ``words`` fills."""
        return [self.search, self.kept]

    def wire(
        self,
        session: "gr.State",
        tab: "gr.Tab",
        conversation: Sequence[Any],
        turned: Callable[[Session, str], dict[Any, Any]],
        at_once: dict[str, Any],
    ) -> None:
        """Connects the widgets' events. ``turned`` fills the widgets of ``conversation`` after one
        was opened or deleted.
        """
        import gradio as gr

        def acted(session: Session, words: str, event: gr.EventData) -> dict[Any, Any]:
            said = {name: str(value) for name, value in given(event).items()}
            act, key = said.get("act", ""), said.get("key", "")
            try:
                notice = self._act(session, act, key, said)
            except WenbaoError as exc:
                notice, act = render.problem((exc.zh, exc.en), session.language), ""
            shown = {self.kept: self._list(session, words, notice)}
            return {**shown, **turned(session, act)} if act in ("open", "delete") else shown

        def searched(session: Session, words: str) -> dict[Any, Any]:
            return {self.kept: self._list(session, words)}

        asked, latest = [session, self.search], at_once | {"trigger_mode": "always_last"}
        self.search.change(searched, asked, [self.kept], **latest)
        tab.select(searched, asked, [self.kept], **at_once)
        self.kept.act(acted, asked, [self.kept, *conversation], **at_once)

    def words(self, session: Session) -> dict[Any, Any]:
        """All widgets in the language of the page."""
        import gradio as gr

        label = text(session.language, "search_history")
        return {self.search: gr.update(label=label), self.kept: self._list(session, "")}

    def _act(self, session: Session, act: str, key: str, given: dict[str, str]) -> str:
        """Does it and returns what is said of it as HTML; nothing to what others own."""
        history, language = self._history, session.language
        if history and session.owner and act == "judged":
            return _judged(history, session.owner, language)
        if history is None or not _owns(session, key):
            return ""
        if act == "open":
            resume(history, session, key)
        elif act == "rename":
            history.rename(key, given.get("title", "")[:200])
            return text(language, "renamed")
        elif act == "delete":
            history.delete(key)
            with _KEEPING:
                if session.key == key:
                    session.clear()
            undo = text(language, "undo")
            return f"{text(language, 'deleted')} {_button('restore', key, undo, undo)}"
        elif act == "restore":
            history.restore(key)
            return text(language, "restored")
        elif act == "export" and given.get("form") in FORMS:
            return self._parcel(history, key, given["form"], language)
        return ""

    def _parcel(self, history: History, key: str, form: str, language: Language) -> str:
        exchanges = history.load(key)
        titles = (c.title for c in history.conversations(owner=key))
        name = export.file_name(next(titles, ""), form)
        said = text(language, "exported", name=name)
        words = escaped(said, language)
        return words + parcel(name, _exported(exchanges, form, language))

    def _list(self, session: Session, words: str, notice: str = "") -> str:
        if self._history is None:
            return ""
        try:
            kept = self._history.conversations(words, f"{session.owner}-") if session.owner else []
        except WenbaoError as exc:
            return render.problem((exc.zh, exc.en), session.language)
        return listing(kept, session.language, notice)
