"""What the check of a generated answer found, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag import Answer
from rag.plain import model_name
from rag.types import Draft, Statement
from ui.texts import Language, text

_BETWEEN = {"zh": "", "en": " "}


def reason(statement: Statement, language: Language) -> str:
    """Why a sentence is not supported; blank when it is."""
    if statement.problem is None:
        return ""
    missing = _listed([f"“{words}”" for words in statement.missing], language)
    numbers = _numbers(statement.invented, language)
    known = missing if statement.problem == "details" else numbers
    vague = statement.problem in ("details", "invented") and not known
    key = "why_meaning" if vague else f"why_{statement.problem}"
    return text(language, key, missing=missing, numbers=numbers)


def marked(said: Answer | Draft, language: Language) -> str:
    """The text; behind each sentence that is not supported it says so, and why."""
    parts, at = [], 0
    for statement in said.statements:
        why = reason(statement, language)
        parts.append(said.text[at : statement.end])
        parts.append(f"（{text(language, 'unverified_because', reason=why)}）" if why else "")
        at = statement.end
    return "".join((*parts, said.text[at:]))


def _numbers(numbers: Iterable[int], language: Language) -> str:
    return _listed([f"[{number}]" for number in numbers], language)


def _listed(words: Sequence[str], language: Language) -> str:
    return text(language, "list_stop").join(words)


def tally(statements: Sequence[Statement], language: Language) -> str:
    """How many sentences are supported, and how many numbers the model made up."""
    doubted = sum(1 for each in statements if each.problem)
    invented = [number for each in statements for number in each.invented]
    said = [text(language, "all_supported", total=len(statements))]
    if doubted:
        said = [text(language, "some_doubted", total=len(statements), doubted=doubted)]
    if invented:
        numbers = _numbers(dict.fromkeys(invented), language)
        said.append(text(language, "invented_count", count=len(invented), numbers=numbers))
    return _BETWEEN[language].join(said)


def credit(answer: Answer, language: Language) -> str:
    """Who wrote the answer, and what its check found; blank when no model did."""
    if not answer.generator:
        return ""
    written = text(language, "written_by", model=model_name(answer.generator))
    found = tally(answer.statements, language) if answer.statements else ""
    return _BETWEEN[language].join(filter(None, (written, found)))


def fallback(answer: Answer, language: Language) -> str:
    """Why the answer is not the model's; blank when none was asked, or it is."""
    return answer.fallback[language == "en"] if answer.fallback else ""
