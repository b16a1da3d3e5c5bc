"""The settings tab: how sure an answer must be, which models answer, and the look of the page."""

# No postponed annotations here: the framework reads the handlers' annotations while they are made.
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from rag import Answer, Chatbot, Filters, Settings, WenbaoError
from rag.evidence import thresholds
from ui import render
from ui.models import Model, described, models, trial
from ui.session import Event, Session, in_one_thread
from ui.texts import Language, both, text

if TYPE_CHECKING:
    import gradio as gr
    from gradio.events import Dependency

logger = logging.getLogger(__name__)

CAREFUL, BOLD = 0.10, 0.25
"""The share of wrong answers that these presets stay below."""

MOST_PASSAGES, MOST_SENTENCES = 20, 10
"""Where the sliders end, unless the defaults are higher."""

SUGGESTED = Settings().suggestions or 3
"""Questions that are suggested when the reader wants some and the settings do not say how many."""

THEMES = ("system", "light", "dark")
# What is half typed may be out of range or empty; the slider then stands at that end of its range.
_WITHIN = """
(session, ...values) => {
  const ranges = document.querySelectorAll("#preferences input[type=range]");
  const within = (value, { min, max }) => Math.min(Math.max(value, Number(min)), Number(max));
  return [session, ...values.map((value, i) => within(value, ranges[i]))];
}
"""
_CHOOSE = "(theme) => { window.wenbaoTheme.choose(theme); }"
_CHOSEN = "() => window.wenbaoTheme.chosen()"


def configured(chatbot: Chatbot, settings: Settings | None) -> Chatbot:
    """The chatbot under other settings; with the same archive and models, so it costs nothing."""
    if settings is None:
        return chatbot
    return Chatbot(chatbot.archive, settings, reader=chatbot.reader, generator=chatbot.generator)


def at_most(wrong: float) -> float:
    """The lowest measured threshold under which at most this share of the answers is wrong; the
    highest one if there is none.
    """
    measured = thresholds()
    return next((t.at for t in measured if t.wrong <= wrong), measured[-1].at)


def meaning(confidence: float, language: Language) -> str:
    """In words, what it does to refuse below this confidence."""
    measured = thresholds()
    at = [t.at for t in measured]
    if not at[0] <= confidence <= at[-1]:
        return text(language, "threshold_unmeasured", first=at[0], last=at[-1])
    wrong, refused = (
        round(100 * float(np.interp(confidence, at, shares)))
        for shares in ([t.wrong for t in measured], [t.refused for t in measured])
    )
    return text(language, "threshold_means", wrong=wrong, refused=refused)


def _section(title: str, body: str, language: Language) -> str:
    """The head of a group of settings, by the keys of its words."""
    words = f"<p>{text(language, body)}</p>" if body else ""
    return f'<section lang="{language}"><h2>{text(language, title)}</h2>{words}</section>'


def _explained(words: str, settings_id: str, language: Language) -> str:
    """What the chosen threshold does, where that was measured, and the settings' mark."""
    return (
        f'<div lang="{language}"><p role="status">{words}</p>'
        f"<p>{text(language, 'threshold_of')}</p>"
        f"<p>{text(language, 'settings_mark', id=settings_id)}</p></div>"
    )


class PreferencesTab:
    """The widgets of the tab, and the functions behind their events.

    What is set here holds for one open page, the theme for one browser. ``executor`` runs the test
    of the models, like any question.
    """

    def __init__(self, chatbot: Chatbot, executor: Executor) -> None:
        self._chatbot = chatbot
        self._executor = executor
        self._known: tuple[Model, ...] = ()

    # Layout

    def lay_out(self) -> None:
        """Places the widgets; ``words`` fills them."""
        import gradio as gr

        with gr.Column(elem_id="preferences"):
            self.intro = gr.HTML(apply_default_css=False)
            with gr.Row(elem_classes="presets"):
                self.presets = [
                    gr.Button(elem_id=name, size="sm", min_width=0)
                    for name in ("careful", "balanced", "bold")
                ]
            self.confidence = gr.Slider(0, 1, step=0.01, elem_id="confidence", buttons=[])
            self.meaning = gr.HTML(elem_id="meaning", apply_default_css=False)
            with gr.Row(elem_classes="controls"):
                self.passages = self._slider(MOST_PASSAGES, "passages")
                self.sentences = self._slider(MOST_SENTENCES, "max_sentences")
            self.suggest = gr.Checkbox(elem_id="suggest")
            self.defaults = gr.Button(elem_id="defaults", size="sm", min_width=0)
            self.models = gr.HTML(elem_id="models", apply_default_css=False)
            self.test = gr.Button(elem_id="test", size="sm", min_width=0)
            self.tested = gr.HTML(elem_id="tested", apply_default_css=False)
            self.page = gr.HTML(apply_default_css=False)
            with gr.Row(elem_classes="controls"):
                self.language = gr.Radio(elem_id="language", interactive=True)
                self.theme = gr.Radio(elem_id="theme", value="system", interactive=True)

    def _slider(self, most: int, field: str) -> "gr.Slider":
        import gradio as gr

        default: int = getattr(self._chatbot.settings, field)
        return gr.Slider(1, max(most, default), step=1, elem_id=field, buttons=[])

    @property
    def widgets(self) -> list[Any]:
        """Everything that ``words`` fills."""
        return [
            *(self.intro, *self.presets, *self._sliders, self.suggest, self.meaning, self.defaults),
            *(self.models, self.test, self.tested, self.page, self.language, self.theme),
        ]

    @property
    def _sliders(self) -> list[Any]:
        return [self.confidence, self.passages, self.sentences]

    def wire(
        self,
        session: "gr.State",
        tab: "gr.Tab",
        every: Sequence[Any],
        everything: Callable[[Session], dict[Any, Any]],
        quiet: dict[str, Any],
    ) -> "Dependency":
        """Connects the widgets' events; returns the one that changes the language. ``everything``
        fills ``every`` widget of the page, in the session's language.
        """
        latest: dict[str, Any] = {"queue": False, "trigger_mode": "always_last", **quiet}

        def spoken(session: Session, language: str) -> dict[Any, Any]:
            if language in get_args(Language):
                session.language = language  # type: ignore[assignment]
            return everything(session)

        shown = [*self._sliders, self.suggest, self.meaning]
        for slider in self._sliders:
            chosen = [session, *self._sliders]
            slider.input(self._set, chosen, [self.meaning], js=_WITHIN, **latest)
            slider.release(self._settled, chosen, shown, js=_WITHIN, **latest)
        values = (lambda: at_most(CAREFUL), lambda: self._default, lambda: at_most(BOLD))
        for preset, value in zip(self.presets, values, strict=True):
            preset.click(self._preset(value), [session], shown, **latest)
        self.suggest.input(self._suggesting, [session, self.suggest], [self.meaning], **latest)
        self.defaults.click(self._reset, [session], shown, **latest)
        tab.select(self._opened, [session], [self.models], queue=False, **quiet)
        tab.select(None, None, [self.theme], js=_CHOSEN, **quiet)
        together = {"trigger_mode": "once", "concurrency_limit": None, **quiet}
        self.test.click(self._check, [session], [self.tested], **together)
        self.theme.input(None, [self.theme], None, js=_CHOOSE, **quiet)
        return self.language.input(spoken, [session, self.language], every, **latest)

    # Events

    def words(self, session: Session) -> dict[Any, Any]:
        """All widgets in the language of the page."""
        import gradio as gr

        language = session.language
        names = ("careful", "balanced", "bold")
        presets = zip(self.presets, names, strict=True)
        languages = [("中文", "zh"), ("English", "en")]
        themes = [(text(language, f"theme_{name}"), name) for name in THEMES]
        return {
            self.intro: _section("settings_answers", "settings_intro", language),
            **{preset: text(language, name) for preset, name in presets},
            **self._values(session),
            self.defaults: text(language, "defaults"),
            self.models: described(self._known, language),
            self.test: text(language, "test"),
            self.tested: "",
            self.page: _section("settings_page", "", language),
            self.language: gr.update(
                label=text(language, "language"),
                info=text(language, "language_does"),
                choices=languages,
                value=language,
            ),
            self.theme: gr.update(
                label=text(language, "theme"), info=text(language, "theme_does"), choices=themes
            ),
        }

    def _set(
        self, session: Session, confidence: float, passages: float, sentences: float
    ) -> dict[Any, Any]:
        """Takes the values of the sliders, and says what they mean."""
        try:
            wanted = replace(
                self._settings(session),
                min_confidence=confidence,
                passages=round(passages),
                max_sentences=round(sentences),
            )
        except WenbaoError as exc:
            return {self.meaning: render.problem((exc.zh, exc.en), session.language)}
        return self._want(session, wanted)

    def _want(self, session: Session, wanted: Settings) -> dict[Any, Any]:
        session.settings = None if wanted == self._chatbot.settings else wanted
        return {self.meaning: self._meaning(session)}

    def _suggesting(self, session: Session, wanted: bool) -> dict[Any, Any]:
        most = (self._chatbot.settings.suggestions or SUGGESTED) if wanted else 0
        return self._want(session, replace(self._settings(session), suggestions=most))

    def _settled(
        self, session: Session, confidence: float, passages: float, sentences: float
    ) -> dict[Any, Any]:
        """The same, and the sliders show what was taken."""
        self._set(session, confidence, passages, sentences)
        return self._values(session)

    def _preset(self, confidence: Callable[[], float]) -> Callable[[Session], dict[Any, Any]]:
        def chosen(session: Session) -> dict[Any, Any]:
            now = self._settings(session)
            return self._settled(session, confidence(), now.passages, now.max_sentences)

        return chosen

    def _reset(self, session: Session) -> dict[Any, Any]:
        session.settings = None
        return self._values(session)

    def _opened(self, session: Session) -> dict[Any, Any]:
        try:
            self._known = models(self._chatbot)
        except WenbaoError as exc:
            return {self.models: render.problem((exc.zh, exc.en), session.language)}
        return {self.models: described(self._known, session.language)}

    def _check(self, session: Session) -> Iterator[dict[Any, Any]]:
        """Asks one question, and says how each stage went."""
        language = session.language
        yield {self.tested: render.note(text(language, "testing"))}
        try:
            answer = self._trial(session)
            said = trial(answer, language) if answer else ""
            yield {self.tested: said or render.note(text(language, "empty"))}
        except WenbaoError as exc:
            yield {self.tested: render.problem((exc.zh, exc.en), language)}
        except Exception:  # the page must say so, whatever it was
            logger.exception("the test of the models failed")
            yield {self.tested: render.problem(both("unexpected"), language)}

    def _trial(self, session: Session) -> Answer | None:
        """The answer to a question about the newest article; None where there is none."""
        archive = self._chatbot.archive
        newest = next(iter(archive.articles(Filters(since=archive.counts().last))), None)
        if newest is None:
            return None
        question = text("zh", "example", title=newest.title)

        def stream() -> Iterator[Event]:
            return configured(self._chatbot, session.settings).stream(question)

        events = in_one_thread(self._executor, stream)
        return next((event for event in events if isinstance(event, Answer)), None)

    # What the widgets show

    @property
    def _default(self) -> float:
        return self._chatbot.settings.min_confidence

    def _settings(self, session: Session) -> Settings:
        return session.settings or self._chatbot.settings

    def _values(self, session: Session) -> dict[Any, Any]:
        """The sliders where the settings are."""
        import gradio as gr

        now, language = self._settings(session), session.language

        def slider(name: str, value: float) -> dict[str, Any]:
            label, info = text(language, name), text(language, f"{name}_does")
            return gr.update(label=label, info=info, value=value)

        return {
            self.confidence: slider("min_confidence", now.min_confidence),
            self.passages: slider("passages_read", now.passages),
            self.sentences: slider("max_sentences", now.max_sentences),
            self.suggest: gr.update(
                label=text(language, "suggest"),
                info=text(language, "suggest_does"),
                value=now.suggestions > 0,
            ),
            self.meaning: self._meaning(session),
        }

    def _meaning(self, session: Session) -> str:
        now, language = self._settings(session), session.language
        return _explained(meaning(now.min_confidence, language), now.id, language)
