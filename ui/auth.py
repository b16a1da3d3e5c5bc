"""Login for a page that others can reach: who gets past, and for how long.

The framework's own login is not used: it keeps passwords as they are, sends its cookies to other
sites too, lets anybody guess without end, forgets no session, and serves its scripts to strangers.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import ipaddress
import logging
import math
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from ui import theme
from ui.texts import Language, preferred, text
from ui.users import Secret, check

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger(__name__)

PATHS = ("/login", "/logout")
SESSION = "wenbao_session"
"""The cookie of a reader who is logged in."""

LASTS = 12 * 3600
"""Seconds after the last request until one has to log in again."""

FAILURES = 5
"""Wrong passwords in ``WINDOW`` seconds, from one address, before it has to wait."""

WINDOW = 60
_FORM = 4096
"""Bytes of a login at most."""

Clock = Callable[[], float]


class Login:
    """Lets only those past who are logged in; in between stands the login page.

    ``scope["user"]`` is then the user's name. Sessions are random tokens that only this process
    knows: unlike a signed cookie, one that was logged out of is void wherever a copy of it is.
    They end with the process. ``unasked`` are paths that look themselves at who asks.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        users: Mapping[str, Secret],
        language: Language | None = None,
        unasked: re.Pattern[str] | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._app = app
        self._users = users
        self._language = language
        self._unasked = unasked
        self._sessions = Sessions(clock)
        self._failures = Failures(clock)
        self._checking = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        from starlette.requests import Request

        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            request = Request(scope, receive)
            user = self._sessions.user(request.cookies.get(SESSION, ""))
            passed = self._unasked and self._unasked.fullmatch(scope["path"])
            if passed or (user and scope["path"] not in PATHS):
                await self._app({**scope, "user": user}, receive, send)
            else:
                response = await self._answered(request, user)
                await response(scope, receive, send)

    async def _answered(self, request: Request, user: str) -> Response:
        from starlette.responses import PlainTextResponse, RedirectResponse

        match request.method, request.url.path:
            case "POST", "/login":
                return await self._log_in(request)
            case "POST", "/logout":
                return self._log_out(request)
            case "GET", "/login" | "/logout":
                return RedirectResponse("./", 303)
            case "GET", "/" if not user:
                return self._page(request, request.url.query, status=401)
        return PlainTextResponse("log in first", 401)

    async def _log_in(self, request: Request) -> Response:
        """One password is checked at a time: each takes much memory."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import RedirectResponse

        form = await _form(request)
        back, name = form.get("back", ""), form.get("name", "").strip()
        address = network(request.client.host if request.client else "")
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return self._page(request, back, status=403, error="login_elsewhere")
        async with self._checking:
            if seconds := self._failures.wait(address):
                return self._page(request, back, status=429, error="login_wait", seconds=seconds)
            if not await run_in_threadpool(check, self._users, name, form.get("password", "")):
                self._failures.add(address)
                logger.warning("a login from %s failed", address)
                return self._page(request, back, status=401, error="login_wrong")
        response = RedirectResponse(f"./?{_query(back)}".rstrip("?"), 303)
        response.set_cookie(
            SESSION,
            self._sessions.begin(name),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def _log_out(self, request: Request) -> Response:
        from starlette.responses import RedirectResponse

        self._sessions.end(request.cookies.get(SESSION, ""))
        response = RedirectResponse("./", 303)
        response.delete_cookie(SESSION, httponly=True, samesite="strict")
        return response

    def _page(
        self, request: Request, back: str, *, status: int, error: str = "", seconds: int = 0
    ) -> Response:
        from starlette.responses import HTMLResponse

        language = self._language or preferred(request.headers.get("accept-language", ""))
        problem = text(language, error, seconds=seconds) if error else ""
        headers = {"cache-control": "no-store"} | ({"retry-after": str(seconds)} if seconds else {})
        return HTMLResponse(login_page(language, _query(back), problem), status, headers)


class Sessions:
    """Who is logged in. A token is kept as its hash, and ends ``LASTS`` seconds after its use."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[bytes, tuple[str, float]] = {}

    def begin(self, user: str) -> str:
        """The token of a new session; those that ended are forgotten."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        self._held = {k: held for k, held in self._held.items() if now - held[1] < LASTS}
        self._held[_hash(token)] = user, now
        return token

    def user(self, token: str) -> str:
        """Whose session it is; blank when it is nobody's. This counts as a use."""
        now, key = self._clock(), _hash(token)
        user, used = self._held.get(key, ("", -math.inf))
        if now - used >= LASTS:
            self._held.pop(key, None)
            return ""
        self._held[key] = user, now
        return user

    def end(self, token: str) -> None:
        """Ends a session, if it is one."""
        self._held.pop(_hash(token), None)


class Failures:
    """The wrong passwords of the last minute, by address."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[str, list[float]] = {}

    def wait(self, address: str) -> int:
        """Seconds until this address may try again; 0 when it may."""
        latest = self._recent(address)[-FAILURES:]
        return math.ceil(latest[0] + WINDOW - self._clock()) if len(latest) == FAILURES else 0

    def add(self, address: str) -> None:
        """Counts a failure; addresses with only old ones are forgotten."""
        self._times = {a: recent for a in self._times if (recent := self._recent(a))}
        self._times.setdefault(address, []).append(self._clock())

    def _recent(self, address: str) -> list[float]:
        oldest = self._clock() - WINDOW
        return [when for when in self._times.get(address, []) if when > oldest]


def network(address: str) -> str:
    """What is counted as one address: an IPv6 one goes with the 2^64 that its owner has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; none of one that is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _query(words: str) -> str:
    """The query of an address, written again, so that it is one and nothing else."""
    return urlencode(parse_qsl(words))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


_STYLE = """
body { margin: 0; font: 1rem/1.7 var(--sans); }
main { max-width: 22rem; margin: 12vh auto 0; padding: 0 1.5rem; }
header { padding-bottom: 0.75rem; border-bottom: 3px double var(--strong-rule); }
h1 {
  margin: 0;
  font: 700 2rem/1.2 var(--serif);
  letter-spacing: 0.14em;
  color: var(--accent);
}
header p { margin: 0.35rem 0 0; font-size: 0.875rem; color: var(--soft); }
label { display: block; margin: 1rem 0 0; font-size: 0.875rem; color: var(--soft); }
input {
  display: block;
  box-sizing: border-box;
  width: 100%;
  margin-top: 0.2rem;
  padding: 0.55rem 0.75rem;
  border: 1px solid var(--soft);
  border-radius: 2px;
  background: var(--raised);
  font: inherit;
  color: var(--ink);
}
button {
  width: 100%;
  min-height: 2.75rem;
  margin: 1.5rem 0 0;
  border: 1px solid var(--accent);
  border-radius: 2px;
  background: var(--accent);
  font: 600 0.9375rem/1 var(--sans);
  color: var(--on-accent);
  cursor: pointer;
}
:is(input, button):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
[role="alert"] {
  margin: 1.25rem 0 0;
  padding: 0.6rem 0.9rem;
  border: 1px solid var(--accent);
  border-top-width: 3px;
}
"""


def login_page(language: Language, back: str, problem: str = "") -> str:
    """The page with the form. ``back`` is the query of the address that is opened afterwards."""
    alert = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head>{theme.head()}'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="data:,"><title>{text(language, "login_title")}</title>'
        f"<style>{_STYLE}</style></head><body><main><header><h1>{text(language, 'name')}</h1>"
        f"<p>{text(language, 'login_why')}</p></header>{alert}"
        f'<form method="post" action="login">'
        f'<input type="hidden" name="back" value="{html.escape(back)}">'
        f"<label>{text(language, 'login_name')}"
        '<input name="name" autocomplete="username" autocapitalize="none" required autofocus>'
        f"</label><label>{text(language, 'login_password')}"
        '<input name="password" type="password" autocomplete="current-password" required></label>'
        f"<button>{text(language, 'login')}</button></form></main></body></html>"
    )
