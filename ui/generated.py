"""What a language model wrote, as HTML: checked sentence by sentence, and marked where that failed.

Pure. Citation numbers can be clicked only where they support their sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from rag.types import Answer, Citation, Draft, Statement
from ui.findings import credit, fallback, reason
from ui.markup import attribute, escaped, followed, ref
from ui.texts import Language, text

_NUMBER = re.compile(r"\[([0-9]{1,4})\]")
_WORD = re.compile(r"\w")
UNCHECKED = Statement(start=0, end=0, problem="uncited")
"""What stands outside of every sentence was not checked."""


def written(said: Answer | Draft, turn: int, language: Language) -> str:
    """The paragraphs of a generated text; what of a draft is not checked yet comes last, muted."""
    cited = {citation.number: citation for citation in said.citations}
    made = list(_paragraphs(said.text, said.statements, cited, turn, language))
    if isinstance(said, Draft) and said.pending.strip():
        goes_on = made and not said.text.endswith("\n")
        last = made.pop() if goes_on else ""
        made.append(last + _pending(said.pending, language))
    return "".join(f"<p>{words}</p>" for words in made)


def spoken(words: str) -> Language:
    """The language of a text, for those who have it read aloud."""
    return "zh" if any("\u4e00" <= c <= "\u9fff" for c in words) else "en"


def signed(answer: Answer, language: Language) -> str:
    """The line under an answer that says who wrote it and what its check found."""
    words = credit(answer, language)
    return f'<p class="credit">{escaped(words, language)}</p>' if words else ""


def notice(answer: Answer, language: Language) -> str:
    """The line over an answer that a model should have written and did not."""
    words = fallback(answer, language)
    return f'<p class="fallback" role="note">{escaped(words, language)}</p>' if words else ""


def _pending(words: str, language: Language) -> str:
    label = text(language, "pending")
    flat = escaped(" ".join(words.split()), language)
    return f'<span class="pending"><span class="unseen">{label}</span>{flat}</span>'


def _paragraphs(
    words: str,
    statements: Sequence[Statement],
    cited: Mapping[int, Citation],
    turn: int,
    language: Language,
) -> Iterator[str]:
    start = 0
    for line in words.split("\n"):
        end = start + len(line)
        if line.strip():
            yield "".join(
                _piece(words, a, b, each, cited, turn, language)
                for a, b, each in _pieces(start, end, statements)
            )
        start = end + 1


def _pieces(
    start: int, end: int, statements: Sequence[Statement]
) -> Iterator[tuple[int, int, Statement | None]]:
    """The parts of a line, each with the sentence that it belongs to, if it does to any."""
    inside = [each for each in statements if each.start < end and each.end > start]
    edges = {min(max(edge, start), end) for each in inside for edge in (each.start, each.end)}
    for a, b in pairwise(sorted({start, end} | edges)):
        yield a, b, next((each for each in inside if each.start <= a and b <= each.end), None)


def _piece(
    words: str,
    start: int,
    end: int,
    statement: Statement | None,
    cited: Mapping[int, Citation],
    turn: int,
    language: Language,
) -> str:
    part = words[start:end]
    if statement is None and not _WORD.search(part):
        return escaped(part, language)
    of = statement or UNCHECKED
    shown = _numbered(part, of, cited, turn, language)
    if of.problem is None:
        return shown
    if statement and words[end : statement.end].strip():
        return f'<span class="doubted">{shown}</span>'
    front, last = escaped(part[:-1], language), escaped(part[-1:], language)
    return (
        f'<span class="doubted">{front}</span>'
        f'<span class="tail"><span class="doubted">{last}</span>{_flag(of, language)}</span>'
    )


def _numbered(
    part: str, of: Statement, cited: Mapping[int, Citation], turn: int, language: Language
) -> str:
    """A part of a sentence, with the numbers that support it as buttons."""
    made, at = [], 0
    for match in _NUMBER.finditer(part):
        number = int(match[1])
        if number in cited and number in of.numbers:
            button = ref(cited[number], turn, language)
            made.append(followed(part[at : match.start()], button, language))
            at = match.end()
    return "".join((*made, escaped(part[at:], language)))


def _flag(statement: Statement, language: Language) -> str:
    """The label behind a sentence that is not supported; it says why to who points at it, gets to
    it with the keyboard or has it read aloud.
    """
    label, why = text(language, "unverified"), reason(statement, language)
    whole = attribute(text(language, "unverified_because", reason=why))
    return (
        f'<button type="button" class="doubt" aria-label="{whole}"'
        f' data-why="{attribute(why)}">{label}</button>'
    )
