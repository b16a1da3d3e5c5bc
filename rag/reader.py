"""The span reader: which words of a passage answer a question, or that none do.

The bundled encoder, adapted by low-rank factors (``reader.safetensors``, trained by
``python -m eval.train_reader``), with two logits a token for the first and the last word of an
answer. Position 0 stands for "not here". The factors are merged into the weights at load.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from embeddings import bundled_folder, quiet
from rag.types import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANK = 16
SCALE = 2
MAX_ANSWER_TOKENS = 40
_BATCH_CHARS = 2400


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

    def best_within(self, start: int, end: int) -> float:
        """The score of the best span that begins between two characters of the passage."""
        inside = [i for i, (a, b) in enumerate(self.offsets) if start <= a and b <= end]
        if not inside:
            return -20.0
        return _best_span(self.first[inside], self.last[inside])[0]


def pair_text(question: str, passage: str) -> tuple[str, str]:
    """The two texts as the model reads them."""
    return f"query: {question}", passage


class SpanReader(Protocol):
    """Finds answers in passages."""

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """One ``Reading`` a passage. Each passage is (what stands in front of it, its text); no
        answer is found in what stands in front.
        """


class Reader:
    """Reads passages for a question. Loads the bundled weights on creation."""

    def __init__(self) -> None:
        from transformers import AutoModel, AutoTokenizer

        folder = str(bundled_folder())
        with quiet():
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self._model = AutoModel.from_pretrained(
                folder, local_files_only=True, add_pooling_layer=False
            ).eval()
        self._head = _merge(self._model)

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """One ``Reading`` a passage, all read in few batches."""
        pairs = [pair_text(question, head + text) for head, text in passages]
        return [
            _reading(offsets, logits, len(head))
            for (offsets, logits), (head, _) in zip(self._logits(pairs), passages, strict=True)
        ]

    def _logits(
        self, pairs: list[tuple[str, str]]
    ) -> list[tuple[list[Span | None], NDArray[np.float32]]]:
        """For each pair its tokens' characters in the second text (None elsewhere) and logits,
        shape (tokens, 2).
        """
        import torch

        found: list[Any] = [None] * len(pairs)
        longest = self._model.config.max_position_embeddings
        for batch in _batches([len(b) for _, b in pairs]):
            coded = self._tokenizer(
                [pairs[i][0][:200] for i in batch],
                [pairs[i][1] for i in batch],
                truncation="only_second",
                max_length=longest,
                padding=True,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
            offsets = coded.pop("offset_mapping").tolist()
            with torch.inference_mode():
                hidden = self._model(**coded).last_hidden_state
                logits = (hidden @ self._head[0].T + self._head[1]).numpy()
            for row, i in enumerate(batch):
                second = [
                    (a, b) if which == 1 else None
                    for which, (a, b) in zip(coded.sequence_ids(row), offsets[row], strict=True)
                ]
                found[i] = (second, logits[row])
        return found


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


def _merge(model: Any) -> tuple[Any, Any]:  # noqa: ANN401 - a transformers model
    """Adds the low-rank factors to the weights; returns the head's weight and bias."""
    import torch
    from safetensors.torch import load_file

    with resources.as_file(resources.files("rag").joinpath("reader.safetensors")) as path:
        tensors = {name: value.float() for name, value in load_file(path).items()}
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, a in tensors.items():
            if name.endswith(".lora_A.weight"):
                module = name.removesuffix(".lora_A.weight")
                own[f"{module}.weight"] += SCALE * tensors[f"{module}.lora_B.weight"] @ a
    return tensors["head.weight"], tensors["head.bias"]


def _reading(offsets: list[Span | None], logits: Any, head: int) -> Reading:  # noqa: ANN401
    kept = [i for i, span in enumerate(offsets) if span is not None and span[0] >= head]
    first = logits[kept, 0] - logits[0, 0]
    last = logits[kept, 1] - logits[0, 1]
    spans = tuple((s[0] - head, s[1] - head) for i in kept if (s := offsets[i]) is not None)
    if not spans:
        return Reading(score=-20.0, span=(0, 0), offsets=(), first=first, last=last)
    score, i, j = _best_span(first, last)
    return Reading(
        score=score, span=(spans[i][0], spans[j][1]), offsets=spans, first=first, last=last
    )


def _best_span(first: NDArray[np.float32], last: NDArray[np.float32]) -> tuple[float, int, int]:
    """Score, first and last index of the best span of at most ``MAX_ANSWER_TOKENS``."""
    n = len(first)
    sums = first[:, None] + last[None, :]
    i, j = np.indices((n, n))
    sums = np.where((j >= i) & (j - i < MAX_ANSWER_TOKENS), sums, -np.inf)
    best = int(np.argmax(sums))
    return float(sums.flat[best]), best // n, best % n
