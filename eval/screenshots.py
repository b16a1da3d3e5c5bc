"""The pictures of the README: make screenshots, or python -m eval.screenshots --archive A --out DIR

Serves a copy of the archive, so that what is tried on it changes nothing, and does in the system's
Chromium what a person would: asks, opens a source, looks at a page's articles, reads on a phone.
Needs the test extra and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from eval.browser import served, started
from rag import Archive, Chatbot

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "青禾大桥主跨有多长？"
LIST_QUESTION = "水环境治理三年行动方案包括哪三个部分？"
PATIENCE = 120_000
"""Milliseconds for the first answer, which loads the models."""


def main(argv: list[str] | None = None) -> int:
    """Takes all pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of the README.")
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "archive"
        shutil.copytree(options.archive, copy)
        with served(Chatbot(Archive(copy, create=False))) as url:
            _take(url, options.out)
    return 0


def _take(url: str, out: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(**started())
        page = _opened(browser, url, 1440, 860)
        _ask(page, QUESTION)
        page.wait_for_selector("#talk [data-suggest]")  # what to go on with comes last
        page.screenshot(path=out / "page.png")
        page = _opened(browser, url, 1440, 860)
        page.get_by_role("tab", name="档案").click()
        page.locator("#catalogue [data-act=open]").first.click()
        page.locator("#sheet .cut summary").first.click()
        page.wait_for_selector("#sheet .cut[open] input")
        page.wait_for_timeout(500)
        page.screenshot(path=out / "archive.png")
        page = _opened(browser, url, 390, 844, dark=True)
        _ask(page, LIST_QUESTION)
        page.screenshot(path=out / "phone.png")
        browser.close()


def _opened(browser: Browser, url: str, width: int, height: int, *, dark: bool = False) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="zh-CN",
    )
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.wait_for_selector(".welcome")
    return page


def _ask(page: Page, question: str) -> None:
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector("#talk .answer, #talk .refusal")
    page.wait_for_timeout(800)  # fonts and the scroll to the quote


if __name__ == "__main__":
    sys.exit(main())
