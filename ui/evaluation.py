"""The evaluation tab: a question set is run on the archive, its report read, runs compared."""

# No postponed annotations here: the framework reads the handlers' annotations while they are made.
import itertools
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import WenbaoError
from ui import render
from ui.session import Session, in_one_thread
from ui.texts import Language, both, text

if TYPE_CHECKING:
    import gradio as gr

    from rag import Chatbot

logger = logging.getLogger(__name__)

ALL = 0
COUNTS = (10, 50, ALL)
"""How many questions can be asked of a set."""


class EvaluationTab:
    """The widgets of the tab, and the functions behind their events.

    ``questions`` are the question sets that can be run. Runs are kept in the archive's folder. One
    runs at a time; another one waits.
    """

    def __init__(self, chatbot: "Chatbot", questions: Sequence[Path]) -> None:
        self._chatbot = chatbot
        self._sets = {path.stem: path for path in questions}
        self._runner = ThreadPoolExecutor(1, thread_name_prefix="evaluation")

    # Layout

    def lay_out(self) -> None:
        """Places the widgets; ``words`` fills them."""
        import gradio as gr

        with gr.Column(elem_id="measure"):
            self.intro = gr.HTML(apply_default_css=False)
            with gr.Row(elem_classes="controls"):
                self.sets = gr.Dropdown(list(self._sets), interactive=True)
                self.count = gr.Dropdown(interactive=True)
                self.without = gr.Checkbox(elem_id="without")
                self.go = gr.Button(variant="primary", elem_id="go", min_width=0)
                self.halt = gr.Button(elem_id="halt", visible=False, min_width=0)
            self.progress = gr.HTML(elem_id="progress", apply_default_css=False)
            with gr.Row(elem_classes="controls"):
                self.shown = gr.Dropdown(elem_id="shown", interactive=True)
                self.other = gr.Dropdown(elem_id="other", interactive=True)
            self.report = gr.HTML(elem_id="report", apply_default_css=False)

    @property
    def widgets(self) -> list[Any]:
        """Everything that ``words`` fills."""
        choices = [self.sets, self.count, self.without, self.shown, self.other]
        return [*choices, self.intro, self.go, self.halt, self.progress, self.report]

    def wire(self, session: "gr.State", tab: "gr.Tab", quiet: dict[str, Any]) -> None:
        """Connects the widgets' events."""
        outputs = [self.go, self.halt, self.progress, self.shown, self.other, self.report]
        chosen = [session, self.sets, self.count, self.without]
        together = {"trigger_mode": "multiple", "concurrency_limit": None, **quiet}
        self.go.click(self._measured, chosen, outputs, **together)
        self.halt.click(self._stopped, session, [self.halt], queue=False, **quiet)
        runs = [self.shown, self.other, self.report]
        tab.select(self._opened, [session, self.shown], runs, queue=False, **quiet)
        for picker in (self.shown, self.other):
            picker.input(self._picked, [session, self.shown, self.other], [self.report], **together)

    # Events

    def words(self, session: Session) -> dict[Any, Any]:
        """All widgets in the language of the page."""
        import gradio as gr

        language = session.language
        counts = [
            (text(language, "all_questions") if n == ALL else text(language, "so_many", count=n), n)
            for n in COUNTS
        ]
        first = next(iter(self._sets), None)
        return {
            self.intro: render.measuring(bool(self._sets), language),
            self.sets: gr.update(label=text(language, "question_set"), value=first),
            self.count: gr.update(label=text(language, "how_many"), choices=counts, value=ALL),
            self.without: gr.update(label=text(language, "without_gold")),
            self.go: gr.update(value=text(language, "run"), interactive=bool(self._sets)),
            self.halt: text(language, "stop"),
            self.progress: "",
            self.shown: gr.update(label=text(language, "shown_run")),
            self.other: gr.update(label=text(language, "compared_with")),
        }

    def _opened(self, session: Session, shown: str | None) -> dict[Any, Any]:
        """The newest run, where none is shown yet: to read and score one takes a while."""
        import gradio as gr

        return {self.shown: gr.update()} if shown else self._pickers(session, None)

    def _measured(
        self, session: Session, name: str | None, count: int, without: bool
    ) -> Iterator[dict[Any, Any]]:
        import gradio as gr

        if session.measuring or name not in self._sets:
            yield {self.progress: gr.update()}
            return
        session.measuring = True
        folder = self._fresh(f"{name}-{datetime.now():%Y%m%d-%H%M%S}")
        try:
            yield self._running(session, 0, 0)
            run = in_one_thread(
                self._runner, lambda: self._steps(session, name, count, without, folder)
            )
            for done, total in run:
                yield self._running(session, done, total)
        except WenbaoError as exc:
            yield self._ended(session, render.problem((exc.zh, exc.en), session.language), None)
            return
        except Exception:  # the page must say so, whatever it was
            logger.exception("an evaluation failed")
            problem = render.problem(both("unexpected"), session.language)
            yield self._ended(session, problem, None)
            return
        finally:
            session.measuring = False
        finished = (folder / "summary.json").exists()
        said = text(session.language, "measured" if finished else "stopped")
        yield self._ended(session, render.note(said), folder if finished else None)

    def _steps(
        self, session: Session, name: str, count: int, without: bool, folder: Path
    ) -> Iterator[tuple[int, int]]:
        from eval.dataset import read_questions
        from eval.run import drawn, steps

        questions = drawn(read_questions(self._sets[name]), count or None, seed=1)
        for step in steps(self._chatbot, questions, folder, without_gold=without):
            yield step
            if not session.measuring:
                return

    def _stopped(self, session: Session) -> dict[Any, Any]:
        import gradio as gr

        session.measuring = False
        return {self.halt: gr.update(interactive=False)}

    def _picked(self, session: Session, shown: str | None, other: str | None) -> dict[Any, Any]:
        return {self.report: self._report(shown, other, session.language)}

    # What the widgets show

    @property
    def _runs(self) -> Path:
        return self._chatbot.archive.path / "runs"

    def _fresh(self, name: str) -> Path:
        """A folder for a run that is not there yet."""
        numbered = (f"{name}-{number}" for number in itertools.count(2))
        names = itertools.chain([name], numbered)
        return next(self._runs / n for n in names if not (self._runs / n).exists())

    def _running(self, session: Session, done: int, total: int) -> dict[Any, Any]:
        import gradio as gr

        language = session.language
        return {
            self.go: gr.update(visible=False),
            self.halt: gr.update(visible=True, interactive=True),
            self.progress: render.progress(done, total, language),
        }

    def _ended(self, session: Session, said: str, folder: Path | None) -> dict[Any, Any]:
        import gradio as gr

        session.measuring = False
        return {
            self.go: gr.update(visible=True),
            self.halt: gr.update(visible=False),
            self.progress: said,
            **(self._pickers(session, folder.name) if folder else {}),
        }

    def _pickers(self, session: Session, chosen: str | None) -> dict[Any, Any]:
        import gradio as gr

        from eval.run import runs

        language = session.language
        try:
            names = [folder.name for folder in runs(self._runs)]
        except WenbaoError as exc:
            return {self.report: render.problem((exc.zh, exc.en), language)}
        chosen = chosen or next(iter(names), None)
        nothing = (text(language, "nothing"), "")
        return {
            self.shown: gr.update(label=text(language, "shown_run"), choices=names, value=chosen),
            self.other: gr.update(
                label=text(language, "compared_with"), choices=[nothing, *names], value=""
            ),
            self.report: self._report(chosen, None, language),
        }

    def _report(self, shown: str | None, other: str | None, language: Language) -> str:
        from eval.report import body, comparison
        from eval.run import read_records, read_run, runs

        try:
            known = {folder.name: folder for folder in runs(self._runs)}
            if shown not in known:
                return ""
            records = read_records(known[shown])
            if other not in known or other == shown:
                return body(read_run(known[shown]), records)
            return comparison(read_records(known[other]), records)
        except WenbaoError as exc:
            return render.problem((exc.zh, exc.en), language)
