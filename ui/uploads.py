"""Files that readers hand in through the page, kept in the archive's folder.

A file comes alone, as the body of a request: streamed, counted while it comes, and under its name
only when it is whole. The framework's own uploads would take any number of them from any page that
is open in the same browser, and would leave them where nothing looks for them.
"""

from __future__ import annotations

import filecmp
import itertools
import re
import secrets
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ui.texts import both

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MAX_BYTES = 50 * 2**20
MAX_FILES = 200
"""Files that can be added at once."""

DEPTH = 4
"""Of a file's folders and its name: a date may stand in the folders (2024/03/28/01.txt)."""

NAME_BYTES = 150

_PART = ".incoming-"
_STALE = 3600
"""Seconds after which half a file is what an interruption left behind."""

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(?:\..*)?", re.IGNORECASE)


class Inbox:
    """The folder that uploads are kept in; made when the first one comes. ``reader`` is the cookie
    that a reader's browser has from the page, ``most`` how many bytes a file may have.
    """

    def __init__(self, folder: Path, *, reader: str, most: int = MAX_BYTES) -> None:
        self.folder = folder
        self._reader = reader
        self._most = most
        self._keeping = threading.Lock()
        for part in folder.glob(f"{_PART}*"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > _STALE:
                    part.unlink()

    def path(self, name: str) -> Path | None:
        """Where the file of this name is kept; None when there is no such one."""
        path = self.folder / name
        return path if name == safe_path(name) and path.is_file() else None

    async def receive(self, request: Request) -> Response:
        """Keeps the body of a request. The answer holds the name that it is kept under, or the
        reason why it is not, in Chinese and in English.
        """
        from starlette.concurrency import run_in_threadpool
        from starlette.requests import ClientDisconnect
        from starlette.responses import JSONResponse

        name = safe_path(request.query_params.get("name", ""))
        if not self._from_the_page(request):
            return _refusal(403, "upload_foreign")
        part = self.folder / f"{_PART}{secrets.token_hex(8)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not await _written(request, part, self._most):
                return _refusal(413, "file_too_large", name=name, most=self._most >> 20)
            kept = await run_in_threadpool(self._keep, part, name)
        except OSError as exc:
            return _refusal(507, "upload_unwritable", name=name, reason=exc.strerror or exc)
        except ClientDisconnect:
            return _refusal(400, "upload_lost", name=name)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return JSONResponse({"name": kept})

    def _from_the_page(self, request: Request) -> bool:
        """Whether the request comes from a page of this very address: cookies tell sites apart, but
        not two ports of one host.
        """
        if not request.cookies.get(self._reader):
            return False
        if request.headers.get("sec-fetch-site") == "same-origin":
            return True
        origin = urlsplit(request.headers.get("origin", ""))
        return bool(origin.netloc) and origin.netloc == request.headers.get("host")

    def _keep(self, part: Path, name: str) -> str:
        """Gives the file its name, or one with a number where that is another file's; the same
        file is kept once.
        """
        with self._keeping:
            kept = next(n for n in _numbered(name) if self._takes(self.folder / n, part))
            path = self.folder / kept
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                part.replace(path)
            return kept

    def _takes(self, path: Path, part: Path) -> bool:
        """Whether a name is free, or that of the same file."""
        return not path.exists() or (path.is_file() and filecmp.cmp(part, path, shallow=False))


def safe_path(name: str) -> str:
    """A file's name, with its nearest folders, that can do no harm on any system: relative, without
    ``..``, control characters, reserved names and hidden parts.
    """
    parts = [safe for part in re.split(r"[\\/]", name) if (safe := _safe(part))]
    return "/".join(parts[-DEPTH:]) or "page"


def _safe(part: str) -> str:
    visible = "".join(
        c for c in unicodedata.normalize("NFC", part) if unicodedata.category(c)[0] != "C"
    )
    plain = _FORBIDDEN.sub("_", " ".join(visible.split())).strip(" .")
    if _RESERVED.fullmatch(plain):
        plain = f"_{plain}"
    path = PurePosixPath(plain)
    suffix = path.suffix if len(path.suffix) < 10 else ""
    return _cut(plain.removesuffix(suffix), NAME_BYTES).rstrip(" .") + suffix


def _cut(words: str, size: int) -> str:
    """As many of the first characters as fit into so many bytes."""
    return words.encode()[:size].decode(errors="ignore")


def _numbered(name: str) -> Iterator[str]:
    path = PurePosixPath(name)
    yield name
    yield from (str(path.with_name(f"{path.stem}-{n}{path.suffix}")) for n in itertools.count(2))


async def _written(request: Request, part: Path, most: int) -> bool:
    """Writes the request's body; false when it is longer than ``most`` bytes."""
    size = 0
    with part.open("xb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                return False
            file.write(chunk)
    return True


def _refusal(status: int, key: str, **values: object) -> Response:
    from starlette.responses import JSONResponse

    zh, en = both(key, **values)
    return JSONResponse({"zh": zh, "en": en}, status_code=status)
