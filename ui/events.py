"""What an event of the page's own HTML carries. It comes from outside: anything may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr


def given(event: gr.EventData) -> Mapping[str, Any]:
    """The values by their names; none of what is no such thing."""
    return event._data if isinstance(event._data, dict) else {}


def as_day(value: object) -> date | None:
    """A day that the page sent; None for anything else."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
