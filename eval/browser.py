"""The page as a person has it: served on a free port, opened in the system's Chromium."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag import Chatbot, WenbaoError

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def served(chatbot: Chatbot) -> Iterator[str]:
    """The address of the page, which is served for as long as the program runs. Conversations and
    uploads go into a folder that is removed.
    """
    from ui import server
    from ui.app import build
    from ui.history import History
    from ui.uploads import Inbox

    with tempfile.TemporaryDirectory() as folder, server.listen("127.0.0.1", 0) as listener:
        inbox = Inbox(Path(folder) / "pages", reader=server.READER)
        blocks = build(chatbot, history=History(Path(folder) / "history.db"), inbox=inbox)
        app = server.application(blocks, inbox=inbox)
        threading.Thread(target=server.run, args=(app, listener), daemon=True).start()
        yield server.address(listener)


def started() -> dict[str, Any]:
    """How Playwright starts Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise WenbaoError(
            "这台机器上没有 Chromium。Debian 上：apt-get install chromium",
            "There is no Chromium on this machine. On Debian: apt-get install chromium",
        )
    return {"executable_path": path, "args": FLAGS}
