"""The page as a person has it: served on a free port, opened in the system's Chromium."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rag import Chatbot, WenbaoError

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--lang=zh-CN"]


@contextmanager
def served(chatbot: Chatbot, **options: Any) -> Iterator[str]:  # noqa: ANN401 - those of the page
    """The address of the page, which is served for as long as the program runs."""
    from ui import server
    from ui.app import build

    with server.listen("127.0.0.1", 0) as listener:
        app = server.application(build(chatbot, **options))
        threading.Thread(target=server.run, args=(app, listener), daemon=True).start()
        yield server.address(listener)


def chromium() -> str:
    """The path of the system's Chromium; ``WenbaoError`` where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise WenbaoError(
            "这台机器上没有 Chromium。Debian 上：apt-get install chromium",
            "There is no Chromium on this machine. On Debian: apt-get install chromium",
        )
    return path
