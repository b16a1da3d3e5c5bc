"""A citation as it is pasted into a text: the quoted words and where they are printed. Pure.

The reference follows GB/T 7714-2015 for an article in a newspaper ([N]): authors, headline, paper,
day and page. What an article does not say is left out.
"""

from __future__ import annotations

import re

from rag import Article, Citation

MOST_AUTHORS = 3
"""More are named by these and 等, as the standard has it."""

_LABELS = re.compile(
    r"本报|首席|特约|实习|见习|全媒体|记者|通讯员|评论员|作者|文[/／]|[（）()【】\[\]□■:：]"
)
_NAME = re.compile(r"[\u4e00-\u9fff·]{2,15}|[A-Z][A-Za-z.'-]*(?: [A-Z][A-Za-z.'-]*)*")


def reference(article: Article) -> str:
    """``林知远, 苏禾. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1).``"""
    title = " ".join(article.title.split())
    if article.subtitle:
        title += "：" + article.subtitle.lstrip("—-－ ")
    printed = ", ".join(part for part in (article.source, _day(article)) if part)
    parts = [authors(article), f"{title}[N]", printed]
    return ". ".join(part for part in parts if part) + "."


def quotation(citation: Citation) -> str:
    """The quoted words in quotation marks, then their reference."""
    return f"“{' '.join(citation.quote.split())}”（{reference(citation.article)}）"


def authors(article: Article) -> str:
    """The names of the author line, or else of the byline: ``林知远, 苏禾``."""
    names = _NAME.findall(_LABELS.sub(" ", article.author or article.byline or ""))
    shown = ", ".join(names[:MOST_AUTHORS])
    return f"{shown}, 等" if len(names) > MOST_AUTHORS else shown


def _day(article: Article) -> str:
    day = article.date.isoformat() if article.date else ""
    return f"{day}({article.page})" if day and article.page is not None else day
