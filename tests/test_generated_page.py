"""Answers that a language model writes, in a real browser: the real chatbot, and a model that
computes its reply from the passages in its prompt.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest
from conftest import HashEncoder, OverlapReader, write_jsonl
from page import Running, Watched
from test_page import BRIDGE, EVIL_WORDS, TEA

from rag import Archive, Chatbot, Settings
from rag.errors import GeneratorError
from ui.history import History

pytestmark = pytest.mark.browser

QUESTION = "青禾大桥主跨有多长，哪天合龙？"
LINES = (
    "青禾大桥主跨628米，全长2.86公里。{主跨628米}",
    "大桥总投资41.3亿元。{总投资}",
    "大桥在3月27日合龙[9]。{合龙}",
    "市民期待已久。",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


class Writer:
    """Writes lines in small pieces, ``{words}`` being the number of the passage that holds them.

    Before each line after the first ``free`` ones it waits for ``gate``, with empty pieces for
    those who want to stop it; ``closed`` is set when somebody did.
    """

    context = 6000

    def __init__(self, *lines: str, name="openai:qwen3-8b@http://10.1.2.3:8000/v1") -> None:
        self.lines = lines
        self.name = name
        self.free = len(lines)
        self.gate = threading.Event()
        self.closed = threading.Event()
        self.fails = False

    def tokens(self, text):
        return len(text)

    def stream(self, messages):
        prompt = messages[-1]["content"]
        blocks = re.findall(r"=== 段落 (\d+)｜.*?===\n(.*?)\n=== 段落", prompt, re.DOTALL)
        if self.fails:
            raise GeneratorError("模型的服务连不上。", "The model cannot be reached.")
        try:
            for place, line in enumerate(self.lines):
                said = re.sub(r"\{(.+?)\}", lambda found: _number(found[1], blocks), line)
                yield said[:6]
                while place >= self.free and not self.gate.wait(0.02):
                    yield ""
                yield from (said[i : i + 4] for i in range(6, len(said), 4))
        except GeneratorExit:
            self.closed.set()
            raise


def _number(words, blocks):
    return next((f"[{number}]" for number, text in blocks if words in text), "[1]")


def looks(page, name: str) -> None:
    if folder := os.environ.get("WENBAO_SHOTS"):
        page.wait_for_timeout(300)
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    fields = ("title", "subtitle", "text", "author", "source")
    write_jsonl(
        folder / "papers.jsonl",
        [
            {**{f: getattr(article, f) for f in fields}, "date": article.date.isoformat()}
            for article in (BRIDGE, TEA)
        ],
    )
    made = Archive(folder / "archive", encoder=HashEncoder())
    made.add([folder / "papers.jsonl"])
    return made


@pytest.fixture
def opened(browser, archive, tmp_path, request):
    """Opens the page of a chatbot with a writer, or without one."""
    ends = []

    def open_page(writer=None, *, suggested=0, **options) -> Watched:
        settings = Settings(min_confidence=0.0, suggestions=suggested)
        bot = Chatbot(archive, settings, reader=OverlapReader(), generator=writer)
        history = History(tmp_path / "history.db")
        running = Running(bot, history=history).__enter__()
        watched = Watched(browser, running.url, **options)
        ends.append((running, watched, history, writer))
        return watched

    yield open_page
    for number, (running, watched, history, writer) in enumerate(ends):
        looks(watched.page, f"{re.sub(chr(92) + 'W+', '-', request.node.name)}-{number}")
        if writer:
            writer.gate.set()
        watched.context.close()
        running.__exit__()
        history.close()


def settled(watched) -> None:
    watched.settle()
    watched.page.wait_for_selector(".answer .ref")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_an_answer_is_checked_while_it_is_written(opened, viewport, scheme, locale):
    writer = Writer(*LINES)
    writer.free = 2
    reader = opened(writer, viewport=viewport, color_scheme=scheme, locale=locale)
    page, chinese = reader.page, locale == "zh-CN"
    reader.ask(QUESTION)
    page.wait_for_selector(".pending >> text=大桥在3月2")
    page.wait_for_selector(".doubt")
    assert page.locator(".answer .ref").all_inner_texts() == ["[1]"]
    said = page.inner_text("#status")
    assert said == ("模型正在写，写完一句核对一句……" if chinese else said)
    assert "3月" not in said
    assert page.inner_text(".pending .unseen").strip() in ("还没有核对：", "not checked yet:")
    assert page.is_visible("#stop")
    assert reader.barriers() == []
    looks(page, f"writing-{locale}-{scheme}-{viewport['width']}")
    page.click(".answer .ref")
    page.wait_for_selector("#paper mark.quote", state="attached")
    if viewport is PHONE:
        page.keyboard.press("Escape")
    writer.gate.set()
    settled(reader)
    assert page.locator(".doubt").count() == 2
    assert page.locator(".doubt").first.inner_text() == ("未核实" if chinese else "not verified")
    why = page.get_attribute(".doubt >> nth=0", "aria-label")
    assert "41.3亿元" in why
    assert page.locator(".pending").count() == 0
    credit = page.inner_text(".credit")
    assert "qwen3-8b" in credit
    assert "[9]" in credit
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('#talk').scrollWidth <= innerWidth")
    assert reader.barriers() == []
    page.focus(".doubt")
    shown = "getComputedStyle(document.activeElement, '::after')"
    assert "41.3亿元" in page.evaluate(f"{shown}.content")
    looks(page, f"written-{locale}-{scheme}-{viewport['width']}")
    page.click(".used summary")
    page.wait_for_selector(".used .entry >> visible=true")
    page.click("#switch")
    page.wait_for_function(f"document.documentElement.lang !== '{'zh-CN' if chinese else 'en'}'")
    assert page.is_visible(".used .entry")
    assert reader.complaints == []
    assert all(request.startswith(page.url.split("?")[0]) for request in reader.requests)


def test_a_model_that_fails_leaves_the_papers_own_words(opened):
    writer = Writer()
    writer.fails = True
    reader = opened(writer, locale="en-GB")
    reader.ask(QUESTION)
    settled(reader)
    assert "The model cannot be reached." in reader.page.inner_text(".fallback")
    assert reader.page.locator(".credit, .doubt").count() == 0
    assert reader.barriers() == []
    reader.page.click("#switch")
    reader.page.wait_for_selector(".fallback >> text=模型的服务连不上。")


def test_a_stop_closes_the_models_reply_and_keeps_what_was_checked(opened):
    writer = Writer(*LINES)
    writer.free = 1
    reader = opened(writer)
    page = reader.page
    reader.ask(QUESTION)
    page.wait_for_selector(".answer .ref")
    page.wait_for_selector(".pending")
    page.click("#stop")
    page.wait_for_selector(".stage >> text=已停止。下面是停下以前核对过的句子。")
    assert writer.closed.wait(60)
    page.wait_for_selector(".pending", state="detached")
    assert page.inner_text(".answer").startswith("青禾大桥主跨628米")
    assert page.locator(".sources li").count() == 1
    writer.gate.set()
    reader.ask("茶叶出口额是多少？")
    page.wait_for_selector(".exchange:last-child .answer")
    assert page.locator(".exchange").count() == 2
    page.wait_for_url("**/?c=*")
    page.reload()
    page.wait_for_selector(".stage >> text=已停止。下面是停下以前核对过的句子。")
    page.wait_for_selector(".exchange:last-child .credit")


def test_a_page_that_is_closed_frees_the_model(opened):
    writer = Writer(*LINES)
    writer.free = 1
    reader = opened(writer)
    reader.ask(QUESTION)
    reader.page.wait_for_selector(".pending")
    reader.page.goto("about:blank")
    assert writer.closed.wait(60)


def test_nothing_that_a_model_writes_acts(opened):
    reader = opened(Writer(f"{EVIL_WORDS}大桥主跨628米。{{主跨628米}}", f"另有{EVIL_WORDS}。"))
    page = reader.page
    reader.ask(QUESTION)
    reader.settle()
    page.wait_for_selector(".answer, .refusal")
    acting = "#talk a, #talk img, #talk script, #talk style, #paper a, #paper img"
    assert page.locator(acting).count() == 0
    assert page.evaluate("window.hit") is None
    assert (reader.dialogs, reader.complaints) == ([], [])
    assert not [request for request in reader.requests if "evil" in request]


def test_how_a_question_is_understood_can_be_changed(opened):
    reader = opened(Writer("大桥主跨628米。{主跨628米}"))
    page = reader.page
    reader.ask("青禾大桥主跨有多长？")
    settled(reader)
    assert page.locator(".understood").count() == 0
    reader.ask("它什么时候通车呢？")
    page.wait_for_selector(".exchange:last-child .understood")
    reader.settle()
    before = page.inner_text(".understood bdi")
    field = ".understood input"
    assert not page.is_visible(field)
    page.focus(".understood summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(field)
    assert page.evaluate("document.activeElement.name") == "text"
    assert page.input_value(field) == before
    assert reader.barriers() == []
    looks(page, "understood")
    page.keyboard.press("Escape")
    page.wait_for_selector(field, state="hidden")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.fill(field, "茶叶<b>出口额是多少？")
    page.press(field, "Enter")
    page.wait_for_selector(".understood bdi >> text=茶叶<b>出口额是多少？")
    reader.settle()
    assert page.locator(".question").all_inner_texts() == [
        "青禾大桥主跨有多长？",
        "它什么时候通车呢？",
    ]
    assert not page.is_visible(field)
    assert reader.complaints == []
    page.reload()
    page.wait_for_selector(".understood bdi >> text=茶叶<b>出口额是多少？")


def test_questions_to_go_on_with_are_offered_and_asked(opened):
    reader = opened(suggested=2)
    page = reader.page
    reader.ask("青禾大桥主跨有多长？")
    page.wait_for_selector(".next button")
    assert reader.barriers() == []
    looks(page, "suggested")
    wanted = page.inner_text(".next button >> nth=0")
    page.click(".next button >> nth=0")
    page.wait_for_selector(".exchange >> nth=1")
    assert page.inner_text(".question >> nth=1") == wanted
    reader.settle()
    page.get_by_role("tab", name="设置").click()
    page.wait_for_selector("#models dl")
    assert page.is_checked("#suggest input")
    page.uncheck("#suggest input")
    page.get_by_role("tab", name="提问").click()
    reader.ask("青禾大桥主跨有多长？")
    reader.settle()
    page.wait_for_selector(".exchange >> nth=2 >> .answer")
    page.wait_for_timeout(500)
    assert page.locator(".next").count() == 0
    assert reader.complaints == []


def test_the_settings_name_the_model_and_test_it(opened):
    reader = opened(Writer(*LINES), viewport=DESK)
    page = reader.page
    page.get_by_role("tab", name="设置").click()
    page.wait_for_selector("#models >> text=openai:qwen3-8b@http://10.1.2.3:8000/v1")
    assert "wenbao serve --generator openai:MODEL@URL" in page.inner_text("#models")
    page.click("#test")
    page.wait_for_selector("#tested dl")
    assert page.locator("#tested dt").count() == 6
    assert reader.barriers() == []
