"""A saved page of the web -> the text of its article, and what it says of itself."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag.decoding import decoded, one_line, tidy
from rag.records import day_of, metadata
from rag.source import Source
from rag.types import RawText

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_DROPPED = frozenset(
    "script style nav template noscript footer aside iframe svg select button title audio video"
    " canvas".split()
)
_BLOCKS = frozenset(
    "address article blockquote body center dd div dl dt fieldset figcaption figure form h1 h2 h3"
    " h4 h5 h6 header hr li main ol p pre section table tr ul".split()
)
_META = {
    "title": ("og:title",),
    "date": (
        "article:published_time",
        "publishdate",
        "pubdate",
        "publish_time",
        "datepublished",
        "date",
    ),
    "source": ("source", "contentsource", "og:site_name"),
    "author": ("author", "article:author"),
    "url": ("og:url",),
}
MAX_TAGS = 500_000
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# A line break of the source between two wide characters is none of the text.
_SOFT_BREAK = re.compile("(?<=[\u2e80-\uffef])[ \t]*\n[ \t\n]*(?=[\u2e80-\uffef])")


def read_html(source: Source) -> list[RawText]:
    """The article of a page. Raises ReadingError for one without text or of too many tags."""
    markup = _defused(decoded(source))
    tags = markup.count("<")
    if tags > MAX_TAGS:
        raise source.error(
            f"网页有 {tags} 个标签，超过 {MAX_TAGS} 个的上限。请拆成几个文件，或另存为纯文本。",
            f"has {tags} tags, more than the {MAX_TAGS} that are read. Split it, or save it as "
            "plain text.",
        )
    page = _parsed(markup)
    fields = metadata(_page_values(page), source)
    paragraphs = _paragraphs(_body(page))
    lines = [one_line(p) for p in paragraphs[:5]]
    if fields.get("title") in lines:
        del paragraphs[lines.index(fields["title"])]
    text = "\n\n".join(paragraphs)
    if not text:
        raise source.error(
            "网页里没有正文。请用浏览器打开原网页，另存为“仅 HTML”或复制为文本。",
            "has no text in it. Open the page in a browser and save it again, or copy its text.",
        )
    record = bool(fields.get("title"))
    return [RawText(path=str(source.path), text=text, record=record, **fields)]


def _parsed(markup: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        return BeautifulSoup(markup, "html.parser")


_CONDITION = re.compile(r"<!\[[^<>\[]*(?:>|\[)|\]\]>")
# A value in quotes may hold any of these marks.
_CLOSED = """(?:[^<>]*+|/?[a-z](?:[^<>"']|"[^"]*+"|'[^']*+')*+)>"""
_OPEN_ENDED = re.compile(f"<(?!{_CLOSED})|<(?=!(?!doctype))", re.IGNORECASE)


def _defused(markup: str) -> str:
    """Markup without comments, and with "<" as text where no tag is closed.

    For each of those the standard parser searches to the end of the page, which takes hours on a
    page of nothing else; a browser shows the same.
    """
    first, *rest = markup.split("<!--")
    ends = (p[p.startswith(">") :] if p.startswith(">") else p.partition("-->")[2] for p in rest)
    return _OPEN_ENDED.sub("&lt;", _CONDITION.sub("", "".join((first, *ends))))


def _page_values(page: BeautifulSoup) -> dict[str, str]:
    metas: dict[str, str] = {}
    for tag in page.find_all("meta"):
        name = str(tag.get("property") or tag.get("name") or tag.get("itemprop") or "").lower()
        metas.setdefault(name, str(tag.get("content") or "").strip())
    found = {f: next((metas[n] for n in names if metas.get(n)), "") for f, names in _META.items()}
    found["title"] = _page_title(page, found["title"])
    found["source"] = re.sub("^来源[：:]", "", found["source"])
    times = [str(tag.get("datetime") or "") for tag in page.find_all("time")]
    dates = (metas.get(n, "") for n in _META["date"])
    found["date"] = next((d for d in (*dates, *times) if day_of(d)), found["date"])
    return {field: value for field, value in found.items() if value}


def _page_title(page: BeautifulSoup, title: str) -> str:
    """The title of the article, without what sites add to it when a heading shows that."""
    headings = [_heading(tag) for tag in page.find_all("h1", limit=5)]
    if not title and page.title:
        title = _heading(page.title)
    # A short one further on in the title is the name of the site.
    inside = [
        h
        for h in headings
        if h and (title.startswith(h) or (h in title and 2 * len(h) >= len(title)))
    ]
    return max(inside, key=len) if inside else title or next((h for h in headings if h), "")


def _heading(tag: Tag) -> str:
    return one_line(" ".join(_paragraphs(tag)))


def _body(page: BeautifulSoup) -> Tag:
    for name in ("article", "main"):
        found = page.find_all(name, limit=2)
        if len(found) == 1 and any(p.strip() for p in _pieces(found[0])):
            return found[0]
    return page


def _paragraphs(root: Tag) -> list[str]:
    paragraphs = "".join(_pieces(root)).split("\f")
    return [p for p in map(_folded, paragraphs) if p]


def _folded(paragraph: str) -> str:
    """A paragraph with its white space folded, except for its line breaks (vertical tabs)."""
    lines = (" ".join(_SOFT_BREAK.sub("", line).split()) for line in paragraph.split("\v"))
    return "\n".join(line for line in lines if line)


def _pieces(root: Tag) -> Iterator[str]:
    """The visible text under a tag; form feeds around blocks, a vertical tab for a line break.

    Walks with a stack of its own: a page may nest deeper than Python's.
    """
    from bs4 import Tag
    from bs4.element import CData, NavigableString

    stack: list[tuple[Iterator[Any], str]] = [(iter(root.contents), "")]
    while stack:
        children, ending = stack[-1]
        node = next(children, None)
        if node is None:
            stack.pop()
            yield ending
        elif isinstance(node, Tag):
            yield _separator(node)
            if not _is_dropped(node):
                stack.append((iter(node.contents), _separator(node)))
        elif type(node) in (NavigableString, CData):
            yield tidy(node).replace("\f", " ")


def _separator(tag: Tag) -> str:
    if tag.name in _BLOCKS:
        return "\f"
    return {"br": "\v", "td": " ", "th": " "}.get(tag.name, "")


def _is_dropped(tag: Tag) -> bool:
    if tag.name in _DROPPED or tag.has_attr("hidden"):
        return True
    return bool(_HIDDEN.search(str(tag.get("style") or "")))
