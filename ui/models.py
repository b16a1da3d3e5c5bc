"""Which models answer, how to choose others, and how a trial question went, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings import BUNDLED
from rag import Answer, Chatbot
from ui import render
from ui.texts import Language, text

STAGES = ("load", "encode", "retrieve", "read")
"""Of ``Answer.timings``, in the order in which they pass."""

CHANGES = {
    "change_new": "wenbao add --embedder NAME …",
    "change_old": "wenbao doctor --reembed --embedder NAME",
    "change_reader": "wenbao serve --reader NAME",
}
"""The commands that choose other models, by the key of what for."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model in use. ``role`` is the key of what it does."""

    role: str
    name: str
    fingerprint: str
    bundled: bool


def models(chatbot: Chatbot) -> tuple[Model, ...]:
    """The models that answer; loads them if that was not done. Raises ``WenbaoError`` when it
    cannot be done.
    """
    embedder, reader = chatbot.archive.embedder, chatbot.reader.fingerprint
    own = reader.startswith(f"{BUNDLED}+")  # its factors' hash follows
    return (
        Model("embedder", embedder, chatbot.archive.encoder.fingerprint, embedder == BUNDLED),
        Model("span_reader", BUNDLED if own else reader, reader, own),
    )


def described(known: Sequence[Model], language: Language) -> str:
    """The models in use, and how to use others."""
    facts = "".join(
        f"<div><dt>{text(language, model.role)}</dt><dd>{render.escaped(model.name, language)}"
        f"<span>{text(language, 'model_bundled' if model.bundled else 'model_other')}</span>"
        f"<span>{text(language, 'fingerprint')} <code>{render.escaped(model.fingerprint, language)}"
        "</code></span></dd></div>"
        for model in known
    )
    ways = "".join(
        f"<div><dt>{text(language, key)}</dt><dd><code>{command}</code></dd></div>"
        for key, command in CHANGES.items()
    )
    return (
        f'<section lang="{language}"><h2>{text(language, "settings_models")}</h2>'
        f"<dl>{facts}</dl><p>{text(language, 'models_change')}</p><dl>{ways}</dl>"
        f"<p>{text(language, 'test_does')}</p></section>"
    )


def trial(answer: Answer, language: Language) -> str:
    """How each stage of a trial question went."""
    rows = "".join(
        f"<div><dt>✓ {text(language, f'stage_{stage}')}</dt>"
        f"<dd>{text(language, 'seconds', seconds=answer.timings[stage])}</dd></div>"
        for stage in STAGES
        if stage in answer.timings
    )
    asked = render.escaped(text(language, "tested", question=answer.question), language)
    outcome = (
        text(language, "test_answered", count=len(answer.citations))
        if answer.status == "answered"
        else text(language, "test_refused")
    )
    return f'<div role="status" lang="{language}"><p>{asked} {outcome}</p><dl>{rows}</dl></div>'
