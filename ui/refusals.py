"""What the HTTP interface says when something is wrong: a status, and words in two languages."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from rag import QuestionError, WenbaoError
from ui.asking import TooMany
from ui.texts import both

logger = logging.getLogger(__name__)

WAIT = 2
"""Seconds after which a client may try again that found no room."""

_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_KEYS = {400: "api_body", 404: "api_no_path", 405: "api_method"}


class Refusal(HTTPException):
    """A request that is not answered. ``key`` names the message, ``values`` fill its blanks;
    ``param`` is the field that is wrong, ``code`` what OpenAI calls the mistake.
    """

    def __init__(
        self,
        status: int,
        key: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        said: tuple[str, str] | None = None,
        **values: object,
    ) -> None:
        super().__init__(status, key, dict(headers or {}))
        self._said = said or both(key, **values)
        self._param = param
        self._code = code or key

    def body(self, path: str) -> dict[str, Any]:
        """As JSON, in the form that the path speaks."""
        zh, en = self._said
        if not path.startswith("/v1/"):
            return {"error": {"zh": zh, "en": en}}
        usual = "invalid_request_error" if self.status_code < 500 else "server_error"
        kind = _KINDS.get(self.status_code, usual)
        said = {"message": f"{zh} {en}", "type": kind, "param": self._param, "code": self._code}
        return {"error": said}


def refused() -> tuple[type[Exception], ...]:
    """The exceptions that are answers to a request, and not failures of the server."""
    return (HTTPException, RequestValidationError, WenbaoError, TooMany, ClientDisconnect)


def refusal_of(exc: Exception) -> Refusal:
    """What is said of an exception; the unexpected is logged and not repeated to strangers."""
    match exc:
        case Refusal():
            return exc
        case RequestValidationError():
            return _invalid(exc)
        case HTTPException():
            return _by_status(exc)
        case QuestionError():
            return Refusal(400, "api_question", said=(exc.zh, exc.en), param="messages")
        case WenbaoError():
            logger.warning("a question failed: %s", exc.en)
            return Refusal(500, "api_failed", said=(exc.zh, exc.en))
        case TooMany():
            return Refusal(429, "api_busy", headers={"retry-after": str(WAIT)})
        case ClientDisconnect():
            return Refusal(400, "api_gone")
    logger.error("a question failed", exc_info=exc)
    return Refusal(500, "unexpected")


def _invalid(exc: RequestValidationError) -> Refusal:
    """Of a body that is no JSON, or not of the form asked for: the first thing wrong with it."""
    wrong = exc.errors()[0]
    if wrong["type"] == "json_invalid":
        return Refusal(400, "api_body")
    where = ".".join(map(str, wrong["loc"][1:]))
    return Refusal(
        400, "api_invalid", param=where or None, where=where or "{}", reason=wrong["msg"]
    )


def _by_status(exc: HTTPException) -> Refusal:
    key = _KEYS.get(exc.status_code, "api_body")
    return Refusal(exc.status_code, key, headers=exc.headers)
