"""How long a person waits: wenbao eval waiting QUESTIONS --archive A

The page is served and opened in the system's Chromium without a window, and timed there, from the
Enter key on: until the first evidence (the passages found) is on screen, and until the answer or
the refusal is. First one person asks, then ten people ask at the same moment, each something else.
Needs the test extra and Chromium.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval.browser import served, started
from eval.commands import parser_of
from eval.dataset import read_questions
from eval.figures import percentile
from eval.run import drawn, question_arguments
from rag import Archive, Chatbot, WenbaoError, load_settings

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

ASKED = 60
"""Questions, unless told otherwise."""

PEOPLE = 10
WARM_UP = 3
"""Questions asked before the clock counts: the models are loaded with the first one."""

PATIENCE = 120_000
"""Milliseconds after which a question has failed."""

LOOK = 250
"""Milliseconds between two looks whether the answer is there. To look at each frame, as is the
default, makes ten pages draw without end, on the cores that the answers need.
"""

# Timed inside the browser, so that no message between it and this program counts.
_WATCH = """
() => {
  const waited = (window.waited = {});
  const exchanges = () => document.querySelectorAll("#talk .exchange");
  addEventListener("keydown", (event) => {
    if (event.key === "Enter")
      Object.assign(waited, {
        before: exchanges().length, asked: performance.now(), evidence: 0, answer: 0, failed: false,
      });
  }, true);
  new MutationObserver(() => {
    const all = exchanges();
    if (!waited.asked || waited.answer || all.length <= waited.before) return;
    const last = all[all.length - 1];
    const now = performance.now();
    if (!waited.evidence && last.querySelector(".passages, .sources")) waited.evidence = now;
    waited.failed = last.querySelector(".problem") !== null;
    if (waited.failed || last.querySelector(".answer, .refusal")) waited.answer = now;
  }).observe(document.documentElement, { subtree: true, childList: true });
}
"""


async def ask(page: Page, question: str) -> tuple[float, float]:
    """Seconds to the first evidence and to the answer, in a conversation of its own;
    ``WenbaoError`` when the page failed.
    """
    await page.click("#new")
    await page.wait_for_selector("#talk .welcome")
    await page.fill("#question textarea", question)
    await page.press("#question textarea", "Enter")
    await page.wait_for_function("window.waited.answer > 0", timeout=PATIENCE, polling=LOOK)
    waited = await page.evaluate("window.waited")
    if waited["failed"]:
        raise WenbaoError(f"页面没有答出：{question}", f"The page failed at: {question}")
    evidence = waited["evidence"] or waited["answer"]
    return (evidence - waited["asked"]) / 1000, (waited["answer"] - waited["asked"]) / 1000


async def waits(url: str, questions: Sequence[str], people: int) -> list[tuple[float, float]]:
    """What each question took, so many of them asked at the same moment."""
    from playwright.async_api import async_playwright

    found: list[tuple[float, float]] = []
    async with async_playwright() as player:
        browser = await player.chromium.launch(**started())
        pages = [await _opened(browser, url) for _ in range(people)]
        for question in questions[:WARM_UP]:
            await ask(pages[0], question)
        for i in range(0, len(questions), people):
            at_once = zip(pages, questions[i : i + people], strict=False)
            found += await asyncio.gather(*(ask(page, question) for page, question in at_once))
        await browser.close()
    return found


async def _opened(browser: Browser, url: str) -> Page:
    """A page in a context of its own, as each person has it."""
    context = await browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector(".welcome")
    await page.evaluate(_WATCH)
    return page


def line(name: str, found: Sequence[tuple[float, float]]) -> str:
    """The waits in one line."""
    evidence, answer = (sorted(values) for values in zip(*found, strict=True))
    cells = [percentile(values, part) for values in (evidence, answer) for part in (50, 95)]
    return (
        f"{name:<12} n={len(found):<4} seconds to evidence p50 {cells[0]:.2f} p95 {cells[1]:.2f}, "
        f"to the answer p50 {cells[2]:.2f} p95 {cells[3]:.2f}"
    )


def main(argv: list[str]) -> int:
    """``wenbao eval waiting``."""
    parser = parser_of("wenbao eval waiting", __doc__)
    question_arguments(parser, out=False)
    options = parser.parse_args(argv)
    questions = drawn(read_questions(options.questions), options.ask or ASKED, options.seed)
    texts = [question.question for question in questions]
    chatbot = Chatbot(Archive(options.archive, create=False), load_settings(options.config))
    with served(chatbot) as url:
        for name, people in (("one person", 1), ("ten people", PEOPLE)):
            sys.stdout.write(f"{line(name, asyncio.run(waits(url, texts, people)))}\n")
            sys.stdout.flush()
    return 0
