"""Who may use the HTTP interface: the bearer of a token, or who is logged in to the page."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag import WenbaoError
from ui.texts import both

if TYPE_CHECKING:
    from starlette.requests import Request

ENVIRONMENT = "WENBAO_TOKEN"

_TOKEN = re.compile(r"[\x21-\x7e]{16,512}")
_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)


class TokenError(WenbaoError):
    """The token cannot be read, or is none."""


def read_token(path: Path | None, environ: Mapping[str, str]) -> str | None:
    """The token of a file, else of the environment; None where neither is named.

    One that is blank or easily guessed is a ``TokenError``: it would leave open what should be
    closed.
    """
    if path is not None:
        try:
            token = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise TokenError(*both("token_unreadable", path=path, reason=exc)) from exc
    elif ENVIRONMENT in environ:
        token = environ[ENVIRONMENT].strip()
    else:
        return None
    if not _TOKEN.fullmatch(token):
        raise TokenError(*both("token_weak", place=path or ENVIRONMENT))
    return token


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the interface asks of who uses it. ``login``: whether the page has a login."""

    token: str | None = None
    login: bool = False

    @property
    def open(self) -> bool:
        """Whether everybody may who reaches it."""
        return self.token is None and not self.login

    def allows(self, request: Request) -> bool:
        """Whether this request may pass. ``auth.Login`` says in the scope who is logged in."""
        return self.open or bool(request.scope.get("user")) or self._bears(request)

    def _bears(self, request: Request) -> bool:
        """Whether the request bears the token; takes as long whether it nearly does or not."""
        match = _BEARER.fullmatch(request.headers.get("authorization", ""))
        if self.token is None or match is None:
            return False
        return hmac.compare_digest(_hash(match[1]), _hash(self.token))


def from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site, or another port of this one, made the request."""
    return request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
