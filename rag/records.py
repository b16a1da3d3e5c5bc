"""Markdown, JSONL and CSV, and the metadata that they and pages of the web carry."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rag.dates import date_in_name, dates_in
from rag.decoding import decoded, one_line, tidy
from rag.source import Source, shown
from rag.types import RawText

MAX_FIELD = 50 * 2**20
MAX_TITLE = 300


# Metadata: the same for rows, Markdown and pages of the web

_FIELDS = {
    "title": ("title", "标题", "標題"),
    "text": ("text", "正文"),
    "date": ("date", "日期"),
    "source": ("source", "来源", "來源"),
    "author": ("author", "作者"),
    "url": ("url", "链接", "鏈接", "連結"),
}
_FIELD_OF = {name: field for field, names in _FIELDS.items() for name in names}


def _field(name: str) -> str | None:
    return _FIELD_OF.get(name.strip().strip("\ufeff").lower())


def metadata(values: Mapping[str, object], source: Source, place: str = "") -> dict[str, Any]:
    """The metadata fields of a RawText; what is of no use is reported and left out."""
    lines: dict[str, Any] = {}
    for field in ("title", "date", "source", "author", "url"):
        value = values.get(field)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            lines[field] = _shortened(one_line(str(value)), field, source, place) or None
        elif value is not None:
            kind = type(value).__name__
            source.report(
                f"“{field}”应是文字，却是 {kind}，已略去。请改为文字。",
                f"'{field}' should be text but is {kind} and was left out. Make it text.",
                place,
            )
    if lines.get("date"):
        lines["date"] = _date(lines["date"], source, place)
    if lines.get("url"):
        lines["url"] = _web_address(lines["url"], source, place)
    return lines


def _web_address(value: str, source: Source, place: str) -> str | None:
    if value.lower().startswith(("http://", "https://")):
        return value
    source.report(
        f"“url”不是网址（{shown(value[:100])}），已略去。应以 http:// 或 https:// 开头。",
        f"'url' is no web address ({shown(value[:100])}) and was left out. It must begin with "
        "http:// or https://.",
        place,
    )
    return None


def _shortened(line: str, field: str, source: Source, place: str) -> str:
    if len(line) <= MAX_TITLE or field == "url":
        return line
    source.report(
        f"“{field}”有 {len(line)} 个字符，只保留前 {MAX_TITLE} 个。请检查是否误放了正文。",
        f"'{field}' has {len(line)} characters and was cut to {MAX_TITLE}. Check that it is not "
        "the text.",
        place,
    )
    return line[:MAX_TITLE] + "…"


def day_of(value: str) -> date | None:
    """The first day that a field of dates names, or None."""
    found = dates_in(value)
    return found[0][1] if found else date_in_name(value)


def _date(value: str, source: Source, place: str) -> date | None:
    day = day_of(value)
    if day is None:
        value = shown(value[:100])
        source.report(
            f"看不懂日期“{value}”，已略去。请写成 2023-12-27 这样的形式。",
            f"the date '{value}' cannot be read and was left out. Write it as 2023-12-27.",
            place,
        )
    return day


# Markdown

_FRONT_MATTER = re.compile(r"---[ \t]*\n((?:[^\n]{0,2000}\n){0,50}?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)


def read_markdown(source: Source) -> list[RawText]:
    """The text without its front matter and the marks of headings; a record if it has a title."""
    text = tidy(decoded(source))
    front = _FRONT_MATTER.match(text)
    values = _front_matter(front[1]) if front else {}
    if front and values:
        text = text[front.end() :]
    fields = metadata(values, source)
    text = _HEADING.sub("", text)
    record = bool(fields.get("title"))
    return [RawText(path=str(source.path), text=text, record=record, **fields)]


def _front_matter(block: str) -> dict[str, str]:
    # An indented line belongs to the field above it.
    pairs = (line.partition(":") for line in block.splitlines() if not line[:1].isspace())
    known = ((_field(name), value.strip().strip("\"'")) for name, _, value in pairs)
    return {field: value for field, value in known if field and value}


# JSONL and CSV: one article a row


def read_jsonl(source: Source) -> list[RawText]:
    """The articles of the lines; a line that is none is reported."""
    text = decoded(source)
    rows = ((f"line {n}", line) for n, line in enumerate(text.split("\n"), 1) if line.strip())
    records = (_json_record(line, source, place) for place, line in rows)
    return [record for record in records if record]


def _json_record(line: str, source: Source, place: str) -> RawText | None:
    try:
        # NaN, which some programs write for an empty cell, is none of JSON.
        row = json.loads(line.strip("\ufeff"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as exc:
        reason = exc.msg if isinstance(exc, json.JSONDecodeError) else type(exc).__name__
        source.report(
            f"不是有效的 JSON（{reason}）。每一行应是一个完整的 JSON 对象。",
            f"is not valid JSON ({reason}). Each line must be one whole JSON object.",
            place,
        )
        return None
    if not isinstance(row, dict):
        source.report(
            f'不是 JSON 对象，而是 {type(row).__name__}。应写成 {{"title": …, "text": …}}。',
            f'is not a JSON object but {type(row).__name__}. Write {{"title": ..., "text": ...}}.',
            place,
        )
        return None
    return _record(row, source, place)


def _record(row: Mapping[str, object], source: Source, place: str) -> RawText | None:
    """The article of one row, or None, reported, when it has no text."""
    values: dict[str, object] = {}
    for name, value in row.items():
        values.setdefault(_field(name) or "", value)
    text = values.get("text")
    if not isinstance(text, str) or not tidy(text).strip():
        names = shown("、".join(name for name in row if name)[:200])
        state = ("是空的", "is empty") if "text" in values else ("没有", "is missing")
        source.report(
            f"“text”（正文）字段{state[0]}，这一行未加入。现有字段：{names or '无'}。",
            f"the field 'text' {state[1]}, the row was left out. Its fields: {names or 'none'}.",
            place,
        )
        return None
    fields = metadata(values, source, place)
    return RawText(path=str(source.path), text=tidy(text), record=True, place=place, **fields)


def read_csv(source: Source) -> list[RawText]:
    """The articles of the rows; a row that is none is reported.

    Raises ReadingError when the first row names no column of text.
    """
    text = decoded(source)
    limit = csv.field_size_limit(MAX_FIELD)
    try:
        rows = _csv_rows(text, source)
        _, header = next(rows, ("", []))
        if "text" not in map(_field, header):
            names = shown("、".join(header)[:200])
            raise source.error(
                f"第一行没有“text”（正文）列，现有列：{names}。请给各列命名：标题、正文、日期、来源、"
                "作者、链接。",
                f"has no column 'text' in its first line, only: {names}. Name the columns title, "
                "text, date, source, author, url.",
            )
        records = (_csv_record(header, row, source, place) for place, row in rows)
        return [record for record in records if record]
    finally:
        csv.field_size_limit(limit)


def _csv_rows(text: str, source: Source) -> Iterator[tuple[str, list[str]]]:
    """The rows that can be parsed with the line that each begins on; empty ones are skipped."""
    first = text[:100_000].lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    # Strict, so that a quote left open is an error and does not swallow the rows after it unseen.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        begin = reader.line_num + 1
        place = f"line {begin}"
        try:
            row = next(reader, None)
        except csv.Error as exc:
            if reader.line_num > begin:
                place = f"{place}-{reader.line_num}"
            source.report(
                f"这一行的引号或分隔有误（{exc}），未加入。请检查引号是否成对。",
                f"has wrong quotes or separators ({exc}) and was left out. Check that its quotes "
                "are in pairs.",
                place,
            )
            continue
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield place, row


def _csv_record(header: list[str], row: list[str], source: Source, place: str) -> RawText | None:
    if len(row) > len(header):
        source.report(
            f"有 {len(row)} 列，多于表头的 {len(header)} 列，未加入。含分隔符的内容请加引号。",
            f"has {len(row)} cells, the header {len(header)}; the row was left out. Put quotes "
            "around cells that hold the separator.",
            place,
        )
        return None
    named = zip(header, row, strict=False)  # cells left out at the end are empty
    return _record({name: cell for name, cell in named if cell.strip()}, source, place)
