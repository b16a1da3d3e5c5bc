"""Which models answer, how to choose others, and how a trial question went, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embeddings import BUNDLED
from rag import Answer, Chatbot
from ui.generated import notice
from ui.markup import escaped
from ui.texts import Language, text

STAGES = ("load", "encode", "retrieve", "read", "generate", "check")
"""Of ``Answer.timings``, in the order in which they pass."""

CHANGES = {
    "change_new": "wenbao add --embedder NAME …",
    "change_old": "wenbao doctor --reembed --embedder NAME",
    "change_reader": "wenbao serve --reader NAME",
    "change_endpoint": "wenbao serve --generator openai:MODEL@URL",
    "change_local": "wenbao serve --generator FOLDER",
}
"""The commands that choose other models, by the key of what for."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model in use, none of this role without a ``name``. ``role`` is the key of what it does,
    ``kind`` that of where it comes from.
    """

    role: str
    name: str
    kind: str
    fingerprint: str = ""


def models(chatbot: Chatbot) -> tuple[Model, ...]:
    """The models that answer; loads them if that was not done. Raises ``WenbaoError`` when it
    cannot be done.
    """
    embedder, reader = chatbot.archive.embedder, chatbot.reader.fingerprint
    own = reader.startswith(f"{BUNDLED}+")  # its factors' hash follows
    generator = chatbot.generator.name if chatbot.generator else ""
    mark = chatbot.archive.encoder.fingerprint
    return (
        Model("embedder", embedder, _kind(embedder == BUNDLED), mark),
        Model("span_reader", BUNDLED if own else reader, _kind(own), reader),
        Model("generator", generator, "model_checked"),
    )


def _kind(bundled: bool) -> str:
    return "model_bundled" if bundled else "model_other"


def described(known: Sequence[Model], language: Language) -> str:
    """The models in use, and how to use others."""
    facts = "".join(_fact(model, language) for model in known)
    ways = "".join(
        f"<div><dt>{text(language, key)}</dt><dd><code>{command}</code></dd></div>"
        for key, command in CHANGES.items()
    )
    return (
        f'<section lang="{language}"><h2>{text(language, "settings_models")}</h2>'
        f"<dl>{facts}</dl><p>{text(language, 'models_change')}</p><dl>{ways}</dl>"
        f"<p>{text(language, 'test_does')}</p></section>"
    )


def _fact(model: Model, language: Language) -> str:
    mark = (
        f"<span>{text(language, 'fingerprint')} <code>{escaped(model.fingerprint, language)}"
        "</code></span>"
    )
    what = (
        f"{escaped(model.name, language)}<span>{text(language, model.kind)}</span>"
        f"{mark if model.fingerprint else ''}"
        if model.name
        else text(language, f"no_{model.role}")
    )
    return f"<div><dt>{text(language, model.role)}</dt><dd>{what}</dd></div>"


def trial(answer: Answer, language: Language) -> str:
    """How each stage of a trial question went."""
    rows = "".join(
        f"<div><dt>✓ {text(language, f'stage_{stage}')}</dt>"
        f"<dd>{text(language, 'seconds', seconds=answer.timings[stage])}</dd></div>"
        for stage in STAGES
        if stage in answer.timings
    )
    asked = escaped(text(language, "tested", question=answer.question), language)
    outcome = (
        text(language, "test_answered", count=len(answer.citations))
        if answer.status == "answered"
        else text(language, "test_refused")
    )
    said = f"<p>{asked} {outcome}</p>{notice(answer, language)}"
    return f'<div role="status" lang="{language}">{said}<dl>{rows}</dl></div>'
