"""Files -> raw texts, with what metadata their format carries.

Text, Markdown, HTML, PDF with a text layer, DOCX, JSONL and CSV, in whatever encoding Chinese
papers come in. Not for several threads at once: PDFium and the csv module keep global state.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.decoding import decoded, tidy
from rag.documents import MAX_PAGES, SCAN_CHARACTERS, read_docx, read_pdf
from rag.errors import ReadingError
from rag.records import MAX_FIELD, MAX_TITLE, read_csv, read_jsonl, read_markdown
from rag.source import MAX_BYTES, MAX_PROBLEMS, Source, shown
from rag.types import RawText
from rag.webpage import read_html

__all__ = [
    "MAX_BYTES",
    "MAX_FIELD",
    "MAX_HTML",
    "MAX_PAGES",
    "MAX_PROBLEMS",
    "MAX_TITLE",
    "SCAN_CHARACTERS",
    "Reading",
    "read",
    "shown",
    "walk",
]

MAX_HTML = 20 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of one file, and what of it could not be read or had to be changed."""

    texts: tuple[RawText, ...]
    problems: tuple[ReadingError, ...] = ()


def walk(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The files that some paths name, folders walked through in sorted order, each file once.

    Hidden files and the locks of Office (``~$``) are skipped inside folders; files of other formats
    are kept, so that ``read`` can say that they are not read. A folder that cannot be listed stands
    in the list itself, for the same reason. Raises ReadingError for a path that does not exist.
    """
    files: dict[Path, None] = {}
    for path in map(Path, paths):
        if not os.path.lexists(path):
            raise ReadingError(
                f"{shown(path)}：找不到这个文件或文件夹。请检查路径。",
                f"{shown(path)}: there is no such file or folder. Check the path.",
            )
        files.update(dict.fromkeys(_files_in(path) if os.path.isdir(path) else [path]))
    return list(files)


def _files_in(folder: Path) -> Iterator[Path]:
    refused: list[Path] = []
    seen: set[str] = set()

    def refuse(error: OSError) -> None:
        refused.append(Path(error.filename))

    for root, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        # A link may lead back up, so no folder is entered twice.
        real = os.path.realpath(root)
        folders[:] = [] if real in seen else sorted(f for f in folders if not f.startswith("."))
        if real not in seen:
            seen.add(real)
            yield from (Path(root, n) for n in sorted(names) if not n.startswith((".", "~$")))
    yield from refused


def read(path: str | os.PathLike[str]) -> Reading:
    """The texts in one file. Raises ReadingError when there is nothing of it that can be read."""
    source = Source(Path(path))
    try:
        _check(source)
        texts = _READERS[source.path.suffix.lower()](source)
    except OSError as exc:
        raise source.error(
            f"打不开（{exc.strerror or exc}）。请检查文件是否存在、是否有读取权限。",
            f"cannot be opened ({exc.strerror or exc}). Check that it exists and may be read.",
        ) from exc
    except RecursionError as exc:
        raise source.error(
            "内容嵌套太深，无法读取。请另存为纯文本（.txt）再加入。",
            "is nested too deeply to be read. Save it as plain text (.txt) and add that.",
        ) from exc
    if not any(text.text.strip() for text in texts):
        raise source.nothing()
    return Reading(texts=tuple(texts), problems=tuple(source.problems))


def _check(source: Source) -> None:
    """Raise unless this is a file of a known format and size, without opening it."""
    _check_name(source)
    status = source.path.stat()
    if stat.S_ISDIR(status.st_mode):
        os.listdir(source.path)  # says why a folder that was to be walked through could not be
        raise source.error(
            "这是文件夹，不是文件。请直接加入这个文件夹，或其中的文件。",
            "is a folder, not a file. Add the folder as such, or the files in it.",
        )
    if not stat.S_ISREG(status.st_mode):
        raise source.error(
            "这是管道或设备，不是普通文件。请加入普通文件。",
            "is a pipe or a device, not a regular file. Add regular files.",
        )
    _check_format(source)
    limit = MAX_HTML if _READERS[source.path.suffix.lower()] is read_html else MAX_BYTES
    if status.st_size > limit:
        size, most = f"{status.st_size / 2**20:.1f}", limit // 2**20
        raise source.error(
            f"文件有 {size} MB，超过 {most} MB 的上限。请拆成几个小文件。",
            f"has {size} MB, more than the {most} MB that are read. Split it.",
        )
    if status.st_size == 0:
        raise source.nothing()


def _check_name(source: Source) -> None:
    try:
        str(source.path).encode()
    except UnicodeEncodeError as exc:
        raise source.error(
            "文件名不是有效的 UTF-8。请改名后再加入。",
            "has a name that is not valid UTF-8. Rename it and add it again.",
        ) from exc


def _check_format(source: Source) -> None:
    suffix = source.path.suffix.lower()
    if suffix == ".doc":
        raise source.error(
            "这是旧版 Word 文件（.doc）。请用 Word 或 WPS 另存为 .docx。",
            "is an old Word file (.doc). Save it as .docx in Word or LibreOffice.",
        )
    if suffix not in _READERS:
        known = " ".join(_READERS)
        raise source.error(
            f"不支持这种格式（{shown(suffix) or '没有扩展名'}）。可读取：{known}。",
            f"is of a format that is not read ({shown(suffix) or 'no extension'}). "
            f"Formats read: {known}.",
        )


def _read_text(source: Source) -> list[RawText]:
    return [RawText(path=str(source.path), text=tidy(decoded(source)))]


_READERS: dict[str, Callable[[Source], list[RawText]]] = {
    ".txt": _read_text,
    ".text": _read_text,
    ".md": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".jsonl": read_jsonl,
    ".csv": read_csv,
}
