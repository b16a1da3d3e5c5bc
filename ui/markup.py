"""Text as HTML that shows it literally, and the buttons that open a source. Pure.

Text of documents, of readers and of language models is untrusted, and reaches the page only through
``escaped`` and ``attribute``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from rag import Citation
from rag.harmless import ODD
from ui.session import Kind
from ui.texts import Language, text


def escaped(words: str, language: Language = "zh") -> str:
    """Text as HTML that shows it literally: invisible and direction-changing characters become a
    dot that names them, so that no character acts on the page or hides in it.
    """

    def dot(match: re.Match[str]) -> str:
        label = text(language, "odd", code=f"U+{ord(match[0]):04X}")
        return f'<span class="odd" title="{label}">·</span>'

    return ODD.sub(dot, html.escape(words))


def attribute(words: str) -> str:
    """Text for a quoted HTML attribute."""
    return html.escape(ODD.sub("·", words))


def target(kind: Kind, turn: int, number: int) -> str:
    """The data of a button that opens a source or a passage."""
    return f'data-kind="{kind}" data-turn="{turn}" data-number="{number}"'


def referenced(line: str, cited: dict[int, Citation], turn: int, language: Language) -> str:
    """A line with its citation numbers as buttons."""
    parts, at = [], 0
    for match in _outside_quotes(cited.values()).finditer(line):
        citation = cited.get(int(match["number"] or 0))
        if citation:
            number = ref(citation, turn, language)
            parts.append(followed(line[at : match.start()], number, language))
            at = match.end()
    return "".join((*parts, escaped(line[at:], language)))


def followed(words: str, number: str, language: Language) -> str:
    """Words with a citation number that stays on the line of the last of them."""
    before, last = escaped(words[:-1], language), escaped(words[-1:], language)
    return f'{before}<span class="tail">{last}{number}</span>'


def _outside_quotes(cited: Iterable[Citation]) -> re.Pattern[str]:
    """Finds citation numbers, and steps over quoted words, which may hold brackets of their own."""
    lines = {line for c in cited for line in c.quote.split("\n") if "[" in line}
    quotes = [re.escape(line) for line in sorted(lines, key=len, reverse=True)]
    return re.compile("|".join([*quotes, r"\[(?P<number>[0-9]{1,4})\]"]))


def ref(citation: Citation, turn: int, language: Language) -> str:
    """The number of a citation, to be clicked."""
    title = citation.article.title or text(language, "untitled")
    label = attribute(text(language, "open_source", number=citation.number, title=title))
    opening = f'<button type="button" class="ref" {target("cite", turn, citation.number)}'
    quote = attribute(" ".join(citation.quote.split()))
    return f'{opening} aria-label="{label}" data-quote="{quote}">[{citation.number}]</button>'
