"""The picture in the README: python -m eval.screenshot --archive A --question Q --out docs/page.png

Serves the page on a free port, asks the question in the system's Chromium without a window, and
saves what a person would see. Needs the test extra and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
from pathlib import Path

from rag import Archive, Chatbot


def main(argv: list[str] | None = None) -> int:
    """Takes one picture."""
    parser = argparse.ArgumentParser(description="Take a picture of the chat page.")
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--question", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--height", type=int, default=860)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args(argv)
    chatbot = Chatbot(Archive(options.archive, create=False))
    chatbot.ask(options.question)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    _picture(chatbot, options)
    return 0


def _picture(chatbot: Chatbot, options: argparse.Namespace) -> None:
    from playwright.sync_api import sync_playwright

    from ui import server
    from ui.app import build

    with server.listen("127.0.0.1", 0) as listener:
        app = server.application(build(chatbot))
        threading.Thread(target=server.run, args=(app, listener), daemon=True).start()
        with sync_playwright() as player:
            browser = player.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-background-networking"],
            )
            page = browser.new_page(
                viewport={"width": options.width, "height": options.height},
                color_scheme="dark" if options.dark else "light",
                locale="zh-CN",
            )
            page.goto(server.address(listener))
            page.fill("#question textarea", options.question)
            page.keyboard.press("Enter")
            page.wait_for_selector("mark.quote, .refused, .nearest", timeout=60_000)
            page.wait_for_timeout(800)
            page.screenshot(path=options.out)
            browser.close()


if __name__ == "__main__":
    sys.exit(main())
