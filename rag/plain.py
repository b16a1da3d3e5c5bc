"""Answers and articles as JSON has them, for the command line and for records. Pure."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePath, PureWindowsPath
from typing import Any

from rag.types import Answer, Article, Citation, Draft, Hit, Statement

_ENDPOINT = re.compile(r"openai:(?P<model>[^\s]+?)@https?://")


def answer_dict(answer: Answer, *, folders: bool = True) -> dict[str, Any]:
    """An answer as JSON has it. Without ``folders``, as who asks from another machine has it: files
    and models by their names alone.
    """
    return {
        "question": answer.question,
        "status": answer.status,
        "text": answer.text,
        "short": answer.short,
        "dated": answer.dated,
        "confidence": round(answer.confidence, 4),
        "citations": [_citation_dict(citation, folders) for citation in answer.citations],
        "nearest": [hit_dict(hit) for hit in answer.nearest],
        "hits": [hit_dict(hit) for hit in answer.hits],
        "standalone": answer.standalone,
        "asked_on": iso(answer.asked_on),
        "settings_id": answer.settings_id,
        "generation": answer.generation,
        "timings": {stage: round(seconds, 4) for stage, seconds in answer.timings.items()},
        "generator": answer.generator if folders else model_name(answer.generator),
        "statements": [_statement_dict(answer.text, each) for each in answer.statements],
        "used": answer.used,
        "fallback": answer.fallback and dict(zip(("zh", "en"), answer.fallback, strict=True)),
    }


def draft_dict(draft: Draft) -> dict[str, Any]:
    """A generated answer on its way, as who asks from another machine has it."""
    return {
        "text": draft.text,
        "pending": draft.pending,
        "citations": [_citation_dict(citation, False) for citation in draft.citations],
        "statements": [_statement_dict(draft.text, each) for each in draft.statements],
    }


def article_dict(article: Article) -> dict[str, Any]:
    """An article as JSON has it, without its text."""
    return {
        "id": article.id,
        "title": article.title,
        "title_derived": article.title_derived,
        "subtitle": article.subtitle,
        "author": article.author,
        "byline": article.byline,
        "date": iso(article.date),
        "source": article.source,
        "url": article.url,
        "path": article.path,
        "page": article.page,
        "characters": len(article.text),
    }


def _citation_dict(citation: Citation, folders: bool) -> dict[str, Any]:
    article = citation.article
    return {
        "number": citation.number,
        "article_id": article.id,
        "title": article.title,
        "date": iso(article.date),
        "source": article.source,
        "page": article.page,
        "path": article.path if folders else file_name(article.path),
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "words": citation.words,
    }


def _statement_dict(text: str, statement: Statement) -> dict[str, Any]:
    return {
        "text": text[statement.start : statement.end],
        "start": statement.start,
        "end": statement.end,
        "supported": statement.problem is None,
        "numbers": statement.numbers,
        "problem": statement.problem,
        "missing": statement.missing,
        "invented": statement.invented,
    }


def hit_dict(hit: Hit) -> dict[str, Any]:
    """A passage that was found, as JSON has it."""
    return {
        "article_id": hit.article.id,
        "title": hit.article.title,
        "date": iso(hit.article.date),
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.text,
        "score": round(hit.score, 4),
        "dense": round(hit.dense, 4),
        "lexical": hit.lexical and round(hit.lexical, 4),
    }


def file_name(path: str) -> str:
    """The name of a file without its folders, whichever system they are of."""
    return PureWindowsPath(PurePath(path).name).name


def model_name(generator: str) -> str:
    """A model's name without where it is served or stored: that is nobody's business who reads."""
    if match := _ENDPOINT.match(generator):
        return match["model"]
    local = PurePath(generator).is_absolute() or PureWindowsPath(generator).is_absolute()
    return file_name(generator) if local else generator


def iso(value: date | None) -> str | None:
    """A day as JSON has it; None for none."""
    return value.isoformat() if value else None
