"""The page's web server: one port, one origin, nothing but what the page needs."""

from __future__ import annotations

import errno
import re
import secrets
import socket
import sys
import webbrowser
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from rag import WenbaoError
from ui import auth, theme
from ui.texts import Language, both
from ui.users import Secret

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from gradio import Blocks
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ui.uploads import Inbox

HEADERS = {
    # The framework compiles its templates and events in the browser, hence the two unsafe words;
    # scripts in attributes, which injected text would need, stay forbidden.
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "script-src-attr 'none'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}

# The framework also offers uploads, files, a proxy, and fetching any address: none is reachable.
# ``/upload`` is the inbox's.
_SERVED = re.compile(
    r"/(?:upload|assets/.*|static/.*|config|theme\.css|favicon\.ico|manifest\.json|robots\.txt"
    r"|gradio_api/(?:queue/(?:join|data)|run/[^/]*|cancel|reset|heartbeat/[^/]*|startup-events"
    r"|app_id|theme\.css))?/?"
)
INTERFACE = re.compile(r"/(?:api|v1|docs)/.*|/docs|/openapi\.json")
"""The paths of the HTTP interface, where there is one."""

_OF_PROGRAMS = re.compile(r"/(?:api|v1)/.*")
"""Those of them that look themselves at who asks: programs do not log in."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:]*)(?::\d+)?", re.IGNORECASE)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_WILDCARD = frozenset({"", "0.0.0.0", "::"})
READER = "wenbao_reader"
"""The cookie that tells a reader's browser from others; no script can read it."""
_GRACE = 2
"""Seconds that open connections get when the server stops: every open page holds one."""


class Fork:
    """Sends the paths of the HTTP interface there, and all others on to the page."""

    def __init__(self, app: ASGIApp, *, interface: ASGIApp) -> None:
        self._app = app
        self._interface = interface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        aside = scope["type"] == "http" and INTERFACE.fullmatch(scope["path"])
        await (self._interface if aside else self._app)(scope, receive, send)


class Guard:
    """Puts the security headers on every response, and answers only for the page's own paths.

    A server on the loopback answers only to loopback names, so that a foreign page cannot read the
    archive through a host name that it points here. ``also`` are further paths that are served,
    and with ``interface`` its paths too.
    """

    def __init__(
        self, app: ASGIApp, *, host: str, also: Collection[str] = (), interface: bool = False
    ) -> None:
        self._app = app
        self._loopback_only = is_local(host)
        self._also = frozenset(also)
        self._interface = interface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                kept = [h for h in message["headers"] if h[0].decode().lower() not in HEADERS]
                message = {**message, "headers": kept + own + _cookie(scope)}
            await send(message)

        app = self._app if self._allowed(scope) else _not_found()
        await app(scope, receive, send_guarded)

    def _allowed(self, scope: Scope) -> bool:
        path = scope["path"]
        asked_by_program = self._interface and INTERFACE.fullmatch(path)
        if not (_SERVED.fullmatch(path) or path in self._also or asked_by_program):
            return False
        if not self._loopback_only:
            return True
        sent = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"host"), "")
        match = _HOST.fullmatch(sent)
        return match is not None and match[1].lower() in _LOOPBACK


def application(
    blocks: Blocks,
    *,
    host: str = "127.0.0.1",
    users: Mapping[str, Secret] | None = None,
    language: Language | None = None,
    inbox: Inbox | None = None,
    interface: ASGIApp | None = None,
) -> FastAPI:
    """The page as an ASGI application, with its style, script, theme and guard, with the inbox
    that takes uploads, and with the HTTP interface beside it; for ``users`` alone, if there are
    any, who then log in, in ``language`` or in that of their browser.
    """
    import fastapi
    import gradio as gr

    outer = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if inbox:
        outer.add_route("/upload", inbox.receive, methods=["POST"])
    app: FastAPI = gr.mount_gradio_app(
        outer,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        allowed_paths=[],
        theme=_colours(),
        head=_head(),
        auth_dependency=_user if users else None,
    )
    app.add_middleware(theme.Themed)
    if interface:
        app.add_middleware(Fork, interface=interface)
    if users:
        app.add_middleware(auth.Login, users=users, language=language, unasked=_OF_PROGRAMS)
    app.add_middleware(
        Guard, host=host, also=auth.PATHS if users else (), interface=interface is not None
    )
    return app


def is_local(host: str) -> bool:
    """Whether only this machine reaches what listens on the host."""
    return _bracketed(host) in _LOOPBACK


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or a ``WenbaoError`` that says which port and what to do."""
    if not 0 <= port < 1 << 16:
        raise WenbaoError(*both("no_such_port", port=port))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise WenbaoError(*both("port_taken", port=port, other=port + 1)) from exc
        raise WenbaoError(*both("cannot_listen", host=host, port=port, reason=exc)) from exc


def run(app: FastAPI, listener: socket.socket, *, open_browser: bool = False) -> None:
    """Serves until it is interrupted; says the address once it is up."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            url = address(listener)
            for line in both("serving", url=url):
                sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            if open_browser:
                webbrowser.open(url)

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_GRACE)
    try:
        Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        return


def address(listener: socket.socket) -> str:
    """The page's address as a browser on this machine reaches it."""
    host, port = listener.getsockname()[:2]
    return f"http://{'127.0.0.1' if host in _WILDCARD else _bracketed(host)}:{port}/"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()


def _cookie(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The header that names a reader who opens the page without a name."""
    sent = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    if scope["path"] != "/" or f"{READER}=".encode() in sent:
        return []
    year = 365 * 24 * 3600
    value = f"{READER}={secrets.token_urlsafe(24)}; Max-Age={year}; Path=/; HttpOnly"
    return [(b"set-cookie", f"{value}; SameSite=Strict".encode())]


def _not_found() -> ASGIApp:
    from starlette.responses import PlainTextResponse

    return PlainTextResponse("not found", status_code=404)


def _user(request: Request) -> str | None:
    """Who was let past by ``auth.Login``, for the framework: it asks once more."""
    user: str | None = request.scope.get("user")
    return user


def _head() -> str:
    styles = "".join(map(theme.own_file, ("style.css", "library.css")))
    scripts = "".join(map(theme.own_file, ("page.js", "library.js")))
    return f"<style>{styles}</style><script>{scripts}</script>"


def _colours() -> Any:  # noqa: ANN401 - the framework's themes are not typed
    import gradio as gr

    sans = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
    mono = ["ui-monospace", "Menlo", "Consolas", "monospace"]
    colours = {
        "body_background_fill": "var(--sheet)",
        "body_text_color": "var(--ink)",
        "block_background_fill": "transparent",
        "input_background_fill": "var(--raised)",
        "border_color_primary": "var(--rule)",
        "block_title_text_color": "var(--soft)",
        "block_label_text_color": "var(--soft)",
        "block_info_text_color": "var(--soft)",
        "body_text_color_subdued": "var(--soft)",
        "checkbox_label_text_color": "var(--ink)",
        "checkbox_label_background_fill": "var(--raised)",
        "checkbox_label_background_fill_hover": "var(--raised)",
        "checkbox_label_background_fill_selected": "var(--raised)",
        "checkbox_label_border_color": "var(--rule)",
        "checkbox_label_text_color_selected": "var(--ink)",
        "checkbox_background_color": "var(--raised)",
        "checkbox_background_color_selected": "var(--accent)",
        "checkbox_border_color": "var(--soft)",
        "checkbox_border_color_selected": "var(--accent)",
        "slider_color": "var(--accent)",
    }
    both_schemes = colours | {f"{name}_dark": value for name, value in colours.items()}
    return gr.themes.Base(font=sans, font_mono=mono).set(**both_schemes)
