"""The reference of the HTTP interface: its OpenAPI document, and a page that shows it.

The page is Swagger UI out of the package ``fastapi-offline``, of which only the data files are
used: the framework's own page fetches them from a host on the web.
"""

from __future__ import annotations

import functools
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.responses import FileResponse, HTMLResponse, JSONResponse

from rag import WenbaoError
from ui.access import Access
from ui.texts import both

VERSION = "1"
"""Of the interface; a change that breaks a client makes it another."""

ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}

ASK_STREAM = """Server-sent events:

- `hits`: `{"hits": [...]}`, the passages that were found;
- `draft`, with a language model, again and again: `text` with its checked `statements` and
  `citations`, and `pending`, what has come of the next sentence and is not checked;
- `answer`: the whole answer, as without a stream; or `error`, as under the other statuses.
"""

CHAT_STREAM = """Server-sent chunks, `chat.completion.chunk`, and `[DONE]`. With a language model
each sentence comes once it is checked. The citations come as `annotations` of a delta before the
last chunk, and `wenbao`, the whole answer, with the last.
"""

_ABOUT = """Ask a newspaper archive; every citation is a quote that a program found in its article.

用 HTTP 查询报纸档案；每条出处都是程序在原文中核对过的原句。
"""

_WRONG = {
    400: "The request is not of the form asked for.",
    401: "The bearer token is missing or wrong.",
    403: "A browser sent it from another site.",
    404: "There is no such thing.",
    413: "The body is too large.",
    415: "The body does not call itself application/json.",
    429: "Too many questions are on their way: try again later.",
    500: "The archive or a model cannot be used.",
}

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<title>wenbao · HTTP</title><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="reference"></div><script src="docs/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({
  url: "openapi.json", dom_id: "#reference", validatorUrl: null, docExpansion: "list",
  presets: [SwaggerUIBundle.presets.apis],
});</script></body></html>"""


def answers(
    right: type[BaseModel], wrong: type[BaseModel], *, stream: str = ""
) -> dict[int | str, dict[str, Any]]:
    """What a path answers, by status. ``stream`` describes its events, if it can send such."""
    events = {"text/event-stream": {"schema": {"type": "string"}}} if stream else {}
    fine = {"model": right, "description": f"The answer. {stream}".strip(), "content": events}
    left_out = () if stream else (400, 413, 415, 429)
    errors: dict[int | str, dict[str, Any]] = {
        status: {"model": wrong, "description": about}
        for status, about in _WRONG.items()
        if status not in left_out
    }
    return {200: fine, **errors}


def add(app: FastAPI, access: Access) -> None:
    """Adds the document, the page and its files to the interface."""
    for name in ASSETS:
        asset(name)  # missing at the start, not when the page is opened

    @app.get("/openapi.json", include_in_schema=False)
    def document() -> Response:
        return JSONResponse(openapi(app, access))

    @app.get("/docs", include_in_schema=False)
    def page(request: Request) -> Response:
        return HTMLResponse(_PAGE)

    @app.get("/docs/{name}", include_in_schema=False, response_model=None)
    def file(name: str) -> Response:
        if name not in ASSETS:
            return Response(status_code=404)
        return FileResponse(asset(name), media_type=ASSETS[name])


def openapi(app: FastAPI, access: Access) -> dict[str, Any]:
    """The interface as OpenAPI describes one."""
    made = get_openapi(title="wenbao 问报", version=VERSION, description=_ABOUT, routes=app.routes)
    for path in made["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)  # a wrong body is 400 here
    schemas = made["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    if not access.open:
        scheme = {"type": "http", "scheme": "bearer"}
        made["components"]["securitySchemes"] = {"token": scheme}
        made["security"] = [{"token": []}]
    return made


@functools.cache
def asset(name: str) -> Path:
    """A file of Swagger UI; ``WenbaoError`` when it is not installed."""
    spec = find_spec("fastapi_offline")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    path = folder / "static" / name
    if not path.is_file():
        raise WenbaoError(*both("api_no_reference", name=name))
    return path
