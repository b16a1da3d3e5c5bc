"""Light or dark before the first paint."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


@functools.cache
def head() -> str:
    """The palette and the script that picks one, for the top of a page's head."""
    style, script = (own_file(name) for name in ("theme.css", "theme.js"))
    return f"<style>{style}</style><script>{script}</script>"


def own_file(name: str) -> str:
    """A text file of this package."""
    return resources.files("ui").joinpath(name).read_text(encoding="utf-8")


class Themed:
    """Puts ``head`` into the page. What the framework is given as a page's head is added only after
    its scripts have run, and by then another background has flashed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def send_themed(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            page = bytes(body).replace(b"<head>", b"<head>" + head().encode(), 1)
            kept = [h for h in start["headers"] if h[0].lower() != b"content-length"]
            size = [(b"content-length", str(len(page)).encode())] if page else []
            await send({**start, "headers": kept + size})
            await send({"type": "http.response.body", "body": page})

        plain = [h for h in scope["headers"] if h[0] != b"accept-encoding"]
        await self._app({**scope, "headers": plain}, receive, send_themed)
