"""Files of measurements: JSONL in, gzipped or not; text out, whole or not at all."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag import ReadingError, WenbaoError
from rag.source import shown


class WritingError(WenbaoError):
    """A file of results cannot be written."""


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The records of a file, one a line. ``ReadingError`` names the line that is not one."""
    return [_record(path, number, line) for number, line in enumerate(_lines(path), 1)]


def write_text(path: Path, text: str) -> None:
    """Writes under another name first, so that no half of a file is left behind."""
    content = text.encode()
    new = path.with_name(path.name + ".new")
    try:
        new.write_bytes(content)
        new.replace(path)
    except OSError as exc:
        with suppress(OSError):
            new.unlink()
        raise WritingError(
            f"无法写入 {shown(path)}：{exc.strerror}。请检查文件夹是否存在、是否可写。",
            f"{shown(path)} cannot be written: {exc.strerror}. "
            "See whether its folder exists and may be written to.",
        ) from exc


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            yield from file
    except (OSError, EOFError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise ReadingError(
            f"无法读取 {shown(path)}：{reason}。", f"{shown(path)} cannot be read: {reason}."
        ) from exc


def _record(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as exc:
        raise ReadingError(
            f"{shown(path)} 第 {number} 行不是 JSON：{exc}。",
            f"{shown(path)}, line {number} is not JSON: {exc}.",
        ) from exc
    if not isinstance(record, dict):
        raise ReadingError(
            f"{shown(path)} 第 {number} 行应是一个 JSON 对象。",
            f"{shown(path)}, line {number} should be a JSON object.",
        )
    return record
