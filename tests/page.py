"""The page for tests in a real browser: a server for it, and a page that is watched."""

from __future__ import annotations

import asyncio
import threading

from ui import server
from ui.access import Access
from ui.api import interface
from ui.app import build

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=zh-CN",
]


class Running:
    """The page of a chatbot on a free port, served from a thread.

    It is made under the server's loop: without one, the framework makes loops of its own and leaves
    them open.
    """

    def __init__(self, bot, *, users=None, token=None, limits=None, **options) -> None:
        self._users = users
        access = Access(token=token, login=bool(users))
        self._interface = interface(bot, access=access, **(limits or {}))
        self.listener = server.listen("127.0.0.1", 0)
        self.url = server.address(self.listener)
        self._server = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(bot, options)))

    async def _serve(self, bot, options) -> None:
        import uvicorn

        inbox = options.get("inbox")
        app = server.application(
            build(bot, **options), users=self._users, inbox=inbox, interface=self._interface
        )
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        await self._server.serve(sockets=[self.listener])

    def __enter__(self) -> Running:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self.listener.close()


SETTLED = """() => Promise.all(
  document.getAnimations()
    .filter((animation) => animation instanceof CSSTransition)
    .map((animation) => animation.finished.catch(() => {})))"""


def barriers(page) -> list[str]:
    """What axe-core finds serious or critical on a page, once no colour is changing."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(SETTLED)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {n['html']} {n['failureSummary']}" for v in grave for n in v["nodes"]]


class Watched:
    """A page in a context of its own, with what it requested, said and failed at."""

    def __init__(self, browser, url: str, **options) -> None:
        self.context = browser.new_context(**{"locale": "zh-CN", **options})
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", self._dialog)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.set_default_timeout(90_000)
        self.page.goto(url)
        self.page.wait_for_selector(".masthead")

    def ask(self, question: str) -> None:
        before = self.page.locator(".exchange").count()
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        self.page.wait_for_function(f"document.querySelectorAll('.exchange').length > {before}")

    def settle(self) -> None:
        pending = "document.querySelector('.exchange .busy, .exchange [data-withdraw]')"
        self.page.wait_for_function(f"!{pending}")
        self.page.wait_for_selector("#stop", state="hidden")

    def barriers(self) -> list[str]:
        """What axe-core finds serious or critical on the page as it is."""
        return barriers(self.page)

    def _dialog(self, dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)
