"""Settings: one frozen object, from a TOML file and the environment.

A file may hold any of the fields of ``Settings``; ``WENBAO_<FIELD>`` in the environment wins over
it. Unknown names and values out of range are errors when they are read, not when they are used.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from rag.errors import SettingsError

_PREFIX = "WENBAO_"
_NOT_SETTINGS = {
    "WENBAO_CONFIG",
    "WENBAO_ARCHIVE",
    "WENBAO_API_KEY",
    "WENBAO_API_KEY_FILE",
    "WENBAO_REQUIRE_BROWSER",
    "WENBAO_REQUIRE_SMOLLM2",
    "WENBAO_SHOTS",
    "WENBAO_TOKEN",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How questions are answered.

    ``leg_size``: passages that each leg finds. ``dense_weight``: share of the dense leg in the
    fused score for a question whose words stand in one passage (``rag.retrieve``); the rest is
    lexical. ``time_bonus``: added to the score of a passage from the days
    that the question speaks of. ``topic_bonus``: the same for an article that the answer before
    cited, where a question goes on about it. ``passages``: passages that are read for an answer, at
    most ``per_article`` of one article. ``min_confidence``: below this estimated probability of
    being right an answer is refused. ``max_sentences``: quoted at most.
    ``suggestions``: next questions that are offered after an answer, 0 for none.
    """

    leg_size: int = 50
    dense_weight: float = 0.3
    time_bonus: float = 0.2
    topic_bonus: float = 0.2
    passages: int = 8
    per_article: int = 3
    min_confidence: float = 0.3
    max_sentences: int = 3
    suggestions: int = 3

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(
                    f"设置 {name} = {value} 超出范围：应在 {low} 与 {high} 之间。",
                    f"The setting {name} = {value} is out of range: it goes from {low} to {high}.",
                )

    @property
    def id(self) -> str:
        """A hash of all values, stored with every answer."""
        return hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:8]


_RANGES: dict[str, tuple[float, float]] = {
    "leg_size": (1, 1000),
    "dense_weight": (0.0, 1.0),
    "time_bonus": (0.0, 1.0),
    "topic_bonus": (0.0, 1.0),
    "passages": (1, 50),
    "per_article": (1, 50),
    "min_confidence": (0.0, 1.0),
    "max_sentences": (1, 20),
    "suggestions": (0, 10),
}


def load_settings(
    path: str | Path | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Settings from ``path``, else from the file that WENBAO_CONFIG names, and the environment."""
    chosen = path or environ.get("WENBAO_CONFIG")
    values: dict[str, Any] = _read(Path(chosen)) if chosen else {}
    for key, text in environ.items():
        if key.startswith(_PREFIX) and key not in _NOT_SETTINGS:
            values[key.removeprefix(_PREFIX).lower()] = text
    return replace(Settings(), **{name: _typed(name, value) for name, value in values.items()})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise SettingsError(
            f"无法读取设置文件 {path}：{exc}", f"The settings file {path} cannot be read: {exc}"
        ) from exc


def _typed(name: str, value: object) -> Any:  # noqa: ANN401 - int or float, by the field
    known = {field.name: field.type for field in fields(Settings)}
    if name not in known:
        raise SettingsError(
            f"没有名为 {name} 的设置。可用的有：{'、'.join(known)}。",
            f"There is no setting {name}. There are: {', '.join(known)}.",
        )
    try:
        if isinstance(value, bool):
            raise ValueError(value)
        return int(str(value)) if known[name] == "int" else float(str(value))
    except ValueError as exc:
        raise SettingsError(
            f"设置 {name} = {value!r} 不是数字。",
            f"The setting {name} = {value!r} is not a number.",
        ) from exc
