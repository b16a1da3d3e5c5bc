"""Citations, checked by program before anyone sees them. Pure.

A citation is (article, start, end). ``verified`` holds it against the article as the archive has it
now, and the numbers in the text against the list of citations.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from rag.types import Answer, Article, Citation

MARKER = re.compile(r"\[([0-9]{1,3})\]")


def markers(text: str) -> list[int]:
    """The citation numbers in a text, in order: ``[1]`` is not found inside ``[12]``."""
    return [int(number) for number in MARKER.findall(text)]


def is_true(citation: Citation, article_of: Callable[[str], Article | None]) -> bool:
    """Whether the archive's article still has these words at this place."""
    article = article_of(citation.article.id)
    return (
        article is not None
        and article.text[citation.start : citation.end] == citation.quote
        and bool(citation.quote.strip())
    )


def verified(answer: Answer, article_of: Callable[[str], Article | None]) -> bool:
    """Whether every citation is true and every number in the text has its citation."""
    numbers = [citation.number for citation in answer.citations]
    return (
        numbers == list(range(1, len(numbers) + 1))
        and set(markers(_without_quotes(answer))) <= set(numbers)
        and all(is_true(citation, article_of) for citation in answer.citations)
    )


def _without_quotes(answer: Answer) -> str:
    """The text without the quoted words, which may hold brackets of their own."""
    text = answer.text
    for citation in answer.citations:
        text = text.replace(citation.quote, "")
    return text
