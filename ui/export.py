"""Answers to take away: conversations as Markdown, HTML and JSON, references to paste. Pure.

Document text is data: what Markdown or HTML would interpret in it is escaped.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Any

from rag import Answer, Article, Citation, plain
from rag.types import Draft
from ui.findings import credit, fallback, marked
from ui.session import Exchange
from ui.texts import Language, text

NAMED_AUTHORS = 3
"""More than three are cut to three and "et al": GB/T 7714-2015, 8.1.2."""

FILE_NAME_BYTES = 180
"""File systems take 255, and a download may get " (1)" and the suffix added."""

# --- references ---------------------------------------------------------------------------------


def reference(citation: Citation, language: Language) -> str:
    """The article in the form of GB/T 7714-2015 for newspapers, ``作者. 题名[N]. 报纸名,
    出版日期(版次).``; what is not known is left out, as numbered references may.
    """
    article = citation.article
    printed = article.date.isoformat() if article.date else ""
    if printed and article.page is not None:
        printed += f"({article.page})"
    parts = (
        _authors(article, language),
        f"{_title(article)}[N]",
        ", ".join(filter(None, (_line(article.source or ""), printed))),
    )
    return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def quotation(citation: Citation, language: Language) -> str:
    """The quoted words in quotation marks, then the reference: one line, to paste into a text.
    Quotation marks inside become single ones, and single ones double, as printers set them.
    """
    inner = _line(citation.quote).translate(str.maketrans("“”‘’", "‘’“”"))
    return f"“{inner}” {reference(citation, language)}"


_ROLE = re.compile(
    r"^[（(【\s]+|[）)】\s]+$|(?:本报|本刊|本台|新华社|见习|实习|首席|特约|全媒体)*(?:记者|通讯员|特约撰稿人|作者)[：:]?|文/|作者[：:]"
)
_APART = re.compile(r"[、，,；;/|]+|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_SPACED_NAME = re.compile(r"(?<![^\s、，])([\u4e00-\u9fff])\s+([\u4e00-\u9fff])(?![^\s、，])")


def _authors(article: Article, language: Language) -> str:
    """The names of the author line, else of the byline, without what they are."""
    printed = _line(article.author or article.byline or "")
    names = _SPACED_NAME.sub(r"\1\2", _ROLE.sub("、", printed).strip("、 "))
    authors = [name.strip() for name in _APART.split(names) if name.strip()]
    if len(authors) > NAMED_AUTHORS:
        authors = [*authors[:NAMED_AUTHORS], text(language, "and_others")]
    return ", ".join(authors)


def _title(article: Article) -> str:
    subtitle = _line(article.subtitle or "").lstrip("—-－ ")
    return _line(article.title) + (f"：{subtitle}" if subtitle else "")


def _line(words: str) -> str:
    """The words on one line, without control characters."""
    kept = "".join(" " if c.isspace() else c for c in words if c.isspace() or not _control(c))
    return " ".join(kept.split())


def _control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")


# --- conversations ------------------------------------------------------------------------------


def markdown(exchanges: Sequence[Exchange], language: Language) -> str:
    """The conversation as Markdown."""
    parts = [f"# {text(language, 'export_title')}"]
    for exchange in exchanges:
        parts.append(f"## {_inert(exchange.question)}")
        parts += [_inert(line) for line in _said(exchange, language)]
        if cited := exchange.citations:
            parts.append(f"### {text(language, 'export_sources')}")
            parts += [rf"\[{c.number}\] {_inert(quotation(c, language))}" for c in cited]
    return "\n\n".join(parts) + "\n"


_MARKS = re.compile(r"[\\`*_\[\]<>#|~&$@^{}]|:(?=//)|(?<=www)\.|(?<=WWW)\.", re.IGNORECASE)
_LEADING = re.compile(r"^([-+=])|^(\d+)([.)])")


def _inert(words: str) -> str:
    """One line in which Markdown finds nothing to interpret, links without brackets included."""
    marked = _MARKS.sub(lambda match: f"\\{match[0]}", _line(words))
    return _LEADING.sub(
        lambda match: f"\\{match[1]}" if match[1] else rf"{match[2]}\{match[3]}", marked
    )


_STYLE = (
    "body{max-width:42rem;margin:2rem auto;padding:0 1rem;line-height:1.7;"
    "font-family:'Noto Serif CJK SC','Songti SC',SimSun,serif;color:#222;background:#fff}"
    "h1{font-size:1.3rem}h2{font-size:1.1rem;margin-top:2.5rem;border-top:1px solid #ccc;"
    "padding-top:1rem}h3{font-size:1rem}li{list-style:none;margin:.5rem 0}ol{padding:0}"
)


def html_page(exchanges: Sequence[Exchange], language: Language) -> str:
    """The conversation as one HTML file: no script, nothing that is loaded from elsewhere."""
    title = escape(text(language, "export_title"))
    sections = "\n".join(_section(exchange, language) for exchange in exchanges)
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<head>\n'
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f"{sections}\n</body>\n</html>\n"
    )


def _section(exchange: Exchange, language: Language) -> str:
    parts = [f"<h2>{escape(_line(exchange.question))}</h2>"]
    parts += [f"<p>{escape(_line(line))}</p>" for line in _said(exchange, language)]
    if cited := exchange.citations:
        items = "".join(f"<li>[{c.number}] {escape(quotation(c, language))}</li>" for c in cited)
        parts.append(f"<h3>{escape(text(language, 'export_sources'))}</h3>\n<ol>{items}</ol>")
    return "<section>\n" + "\n".join(parts) + "\n</section>"


def as_json(exchanges: Sequence[Exchange]) -> str:
    """The conversation as a JSON list: each question with its answer and full citations, files and
    models by their names alone.
    """
    return json.dumps([_record(exchange) for exchange in exchanges], ensure_ascii=False, indent=2)


def _record(exchange: Exchange) -> dict[str, Any]:
    answer = exchange.answer
    if answer is None:
        written = {"text": exchange.draft.text} if exchange.draft else {}
        cited = {"citations": [_citation(c) for c in exchange.citations]} if written else {}
        return {"question": exchange.question, "status": exchange.stage, **written, **cited}
    whole = plain.answer_dict(answer, folders=False)
    return {
        "question": exchange.question,
        "understood": exchange.understood,
        "status": answer.status,
        "short": answer.short,
        "dated": answer.dated,
        "text": answer.text,
        "confidence": answer.confidence,
        "citations": [_citation(c) for c in answer.citations],
        **{field: whole[field] for field in ("generator", "statements", "used", "fallback")},
    }


def _citation(citation: Citation) -> dict[str, Any]:
    article = citation.article
    return {
        "number": citation.number,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "article": article.id,
        "title": article.title,
        "author": article.author,
        "byline": article.byline,
        "source": article.source,
        "date": article.date.isoformat() if article.date else None,
        "page": article.page,
        "file": plain.file_name(article.path),
        "url": article.url,
        "reference": reference(citation, "zh"),
    }


def _said(exchange: Exchange, language: Language) -> list[str]:
    """What was answered, line by line."""
    understood = exchange.understood
    first = [text(language, "understood") + understood] if understood else []
    answer, draft = exchange.answer, exchange.draft
    if answer is None:
        written = [text(language, "stopped_draft"), *_lines(draft, language)] if draft else []
        return [*first, *(written or [text(language, "export_unanswered")])]
    first += filter(None, [fallback(answer, language)])
    if answer.status == "refused":
        return [*first, text(language, "export_refused")]
    said = answer.short + (f"（{answer.dated}）" if answer.dated else "")
    short = [text(language, "export_short", text=said)] if said else []
    last = filter(None, [credit(answer, language)])
    return [*first, *short, *_lines(answer, language), *last]


def _lines(said: Answer | Draft, language: Language) -> list[str]:
    return [line for line in marked(said, language).split("\n") if line.strip()]


# --- file names ---------------------------------------------------------------------------------

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def file_name(title: str, suffix: str) -> str:
    """A name that every system takes: ``file_name("水厂：检修?", "md")`` -> ``水厂：检修.md``."""
    name = _line(_FORBIDDEN.sub(" ", title)).encode()[:FILE_NAME_BYTES].decode(errors="ignore")
    name = name.strip(". ") or "wenbao"
    return f"{'_' if _RESERVED.match(name) else ''}{name}.{suffix.lstrip('.')}"
