"""The span reader: which words of a passage answer a question, or that none do.

The bundled encoder, adapted by low-rank factors (``reader.safetensors``, trained by
``python -m eval.train_reader``), with two logits a token for the first and the last word of an
answer. Position 0 stands for "not here". The factors are merged into the weights at load.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from embeddings import (
    BUNDLED,
    EncoderError,
    bundled_folder,
    bundled_tokenizer,
    computing,
    quiet,
    share_words,
)
from embeddings.encoder import LOAD_ERRORS
from rag.errors import ModelError
from rag.types import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

FACTORS = Path(__file__).with_name("reader.safetensors")
SCALE = 2
MAX_ANSWER_TOKENS = 40
NO_SPAN = -20.0
"""The score where there is nothing to read."""

PREFIX = "query: "
"""Stands before the question, as the bundled encoder knows it."""

MAX_QUESTION = 200
"""Characters of a question that are read, with what stands before it."""

OVERLAP = 64
"""Tokens that two windows of one long passage have in common."""

_BATCH_CHARS = 2400

_Tokens = dict[Span, "NDArray[np.float32]"]
"""The characters of a token, and its two logits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the reader sees in one passage. ``score``: the best span's logits above those of "not
    here"; ``span``: its characters in the passage; ``first`` and ``last``: for each token its
    characters and its two logits above those of "not here", shape (tokens,).
    """

    score: float
    span: Span
    offsets: tuple[Span, ...]
    first: NDArray[np.float32]
    last: NDArray[np.float32]

    def best_within(self, start: int, end: int, most: int = 1) -> list[tuple[float, Span]]:
        """Score and characters of the best spans between two characters of the passage, best
        first: at least one, at most so many.
        """
        inside = [i for i, (a, b) in enumerate(self.offsets) if start <= a and b <= end]
        if not inside:
            return [(NO_SPAN, (start, start))]
        return [
            (score, (self.offsets[inside[i]][0], self.offsets[inside[j]][1]))
            for score, i, j in _best_spans(self.first[inside], self.last[inside], most)
        ]


class SpanReader(Protocol):
    """Finds answers in passages. ``fingerprint`` tells readers apart that answer differently."""

    @property
    def fingerprint(self) -> str: ...  # noqa: D102

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """One ``Reading`` a passage. Each passage is (what stands in front of it, its text); no
        answer is found in what stands in front.
        """


class Reader:
    """Reads passages for a question: the bundled weights, or a question-answering model by hub id
    or folder. ``factors`` is a file of low-rank factors for the bundled encoder, instead of the
    one that is shipped. Raises ``ModelError`` when the model can't be loaded.
    """

    def __init__(self, name: str = BUNDLED, *, factors: Path = FACTORS) -> None:
        loaded = _bundled(factors) if name == BUNDLED else _other(name)
        self.fingerprint = _fingerprint(factors) if name == BUNDLED else name
        self._tokenizer, self._model = loaded[:2]
        self._head: tuple[Any, Any] | None = loaded[2]
        limit = self._model.config.max_position_embeddings
        self._window = min(limit - 2, self._tokenizer.model_max_length)

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """One ``Reading`` a passage, all read in few batches. What is too long for the model is
        read in windows that overlap; where they do, the better score of a token counts.
        """
        asked = question if self._head is None else PREFIX + question
        pairs = [(asked, head + text) for head, text in passages]
        return [
            _reading(tokens, len(head))
            for tokens, (head, _) in zip(self._tokens(pairs), passages, strict=True)
        ]

    def _tokens(self, pairs: list[tuple[str, str]]) -> list[_Tokens]:
        """For each pair the tokens of its second text, with their logits above position 0's."""
        import torch

        found: list[_Tokens] = [{} for _ in pairs]
        for batch in _batches([len(b) for _, b in pairs]):
            with computing, torch.inference_mode():
                coded = self._tokenizer(
                    [pairs[i][0][:MAX_QUESTION] for i in batch],
                    [pairs[i][1] for i in batch],
                    truncation="only_second",
                    max_length=self._window,
                    stride=OVERLAP,
                    padding=True,
                    return_overflowing_tokens=True,
                    return_offsets_mapping=True,
                    return_tensors="pt",
                )
                offsets = coded.pop("offset_mapping").tolist()
                owners = coded.pop("overflow_to_sample_mapping").tolist()
                logits = self._logits(coded)
            for row, owner in enumerate(owners):
                tokens = found[batch[owner]]
                above = logits[row] - logits[row, 0]
                for t, which in enumerate(coded.sequence_ids(row)):
                    if which == 1:
                        span = tuple(offsets[row][t])
                        tokens[span] = np.maximum(tokens.get(span, above[t]), above[t])
        return found

    def _logits(self, coded: Any) -> NDArray[np.float32]:  # noqa: ANN401 - a BatchEncoding
        """Shape (windows, tokens, 2)."""
        out = self._model(**coded)
        if self._head is None:
            both = (out.start_logits.numpy(), out.end_logits.numpy())
            return np.stack(both, axis=-1)
        weight, bias = self._head
        return np.asarray((out.last_hidden_state @ weight.T + bias).numpy(), np.float32)


@functools.cache
def bundled_reader() -> Reader:
    """The reader that comes with the package, loaded once."""
    return Reader()


def _batches(lengths: list[int]) -> list[list[int]]:
    """Indices in batches of passages of like length."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        widest = lengths[batches[-1][0]] if batches else 0
        if batches and widest * (len(batches[-1]) + 1) <= _BATCH_CHARS:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def _fingerprint(factors: Path) -> str:
    return f"{BUNDLED}+{hashlib.sha256(factors.read_bytes()).hexdigest()[:12]}"


def _bundled(factors: Path) -> tuple[Any, Any, Any]:
    """Tokenizer, model with the low-rank factors merged, and the head's weight and bias."""
    from safetensors import SafetensorError
    from transformers import AutoModel, AutoTokenizer

    local: dict[str, Any] = {"local_files_only": True}
    try:
        folder = str(bundled_folder())
        with quiet():
            tokenizer = bundled_tokenizer(lambda: AutoTokenizer.from_pretrained(folder, **local))
            model = AutoModel.from_pretrained(folder, add_pooling_layer=False, **local)
        share_words(model)
        return tokenizer, model.eval(), _merge(model, factors)
    except EncoderError as exc:
        raise ModelError(exc.zh, exc.en) from exc
    except (*LOAD_ERRORS, SafetensorError) as exc:
        raise ModelError(
            f"无法加载自带的阅读模型（{factors}）：{exc}。请重新安装 wenbao。",
            f"The bundled reading model ({factors}) cannot be loaded: {exc}. Install wenbao again.",
        ) from exc


def _other(name: str) -> tuple[Any, Any, None]:
    """Tokenizer and model of a hub id or folder; its head is its own."""
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(name)
            model = AutoModelForQuestionAnswering.from_pretrained(name)
    except LOAD_ERRORS as exc:
        raise ModelError(
            f"无法加载阅读模型 {name}：{exc}。请给出本机的模型文件夹，"
            "或省略 --reader 使用自带模型。",
            f"The reading model {name} cannot be loaded: {exc}. Give a folder on this machine, "
            "or leave out --reader to use the bundled one.",
        ) from exc
    return tokenizer, model.eval(), None


def _merge(model: Any, factors: Path) -> tuple[Any, Any]:  # noqa: ANN401 - a transformers model
    """Adds the low-rank factors to the weights; returns the head's weight and bias."""
    import torch
    from safetensors.torch import load_file

    tensors = {name: value.float() for name, value in load_file(factors).items()}
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, change in layer_changes(tensors):
            own[name] += change
    return tensors["head.weight"], tensors["head.bias"]


def layer_changes(tensors: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What each layer's weight changed by, with the weight's name, from the low-rank factors."""
    for name, a in tensors.items():
        if name.endswith(".lora_A.weight"):
            module = name.removesuffix(".lora_A.weight")
            yield f"{module}.weight", SCALE * tensors[f"{module}.lora_B.weight"] @ a


def _reading(tokens: _Tokens, head: int) -> Reading:
    inside = sorted(span for span in tokens if span[0] >= head)
    logits = np.array([tokens[span] for span in inside], np.float32).reshape(len(inside), 2)
    first, last = logits[:, 0], logits[:, 1]
    spans = tuple((a - head, b - head) for a, b in inside)
    if not spans:
        return Reading(score=NO_SPAN, span=(0, 0), offsets=(), first=first, last=last)
    score, i, j = _best_spans(first, last, 1)[0]
    return Reading(
        score=score, span=(spans[i][0], spans[j][1]), offsets=spans, first=first, last=last
    )


def _best_spans(
    first: NDArray[np.float32], last: NDArray[np.float32], most: int
) -> list[tuple[float, int, int]]:
    """Score, first and last index of the best spans of at most ``MAX_ANSWER_TOKENS``."""
    n = len(first)
    sums = first[:, None] + last[None, :]
    i, j = np.indices((n, n))
    sums = np.where((j >= i) & (j - i < MAX_ANSWER_TOKENS), sums, -np.inf)
    best = np.argpartition(-sums, min(most, n * n) - 1, axis=None)[:most]
    ranked = sorted((int(flat) for flat in best), key=lambda flat: -sums.flat[flat])
    found = [(float(sums.flat[flat]), flat // n, flat % n) for flat in ranked]
    return [span for span in found if np.isfinite(span[0])]
