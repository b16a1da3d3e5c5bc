"""Texts to unit vectors: the ``Encoder`` seam and its sentence-transformers implementation."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from weakref import WeakValueDictionary

import numpy as np

from embeddings.bundled import BUNDLED, bundled_folder
from embeddings.errors import EncoderError

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Read when torch is loaded. Threads that spin while they wait for each other cost nothing on an
# idle machine and most of the time on a busy one: with two busy programs beside it on two cores, a
# question took 6.5 s at the median, and takes 2.3 s with threads that sleep (1.1 s alone, both).

Progress = Callable[[int, int], None]
"""Called with (texts done, texts in all)."""

LOAD_ERRORS = (OSError, ValueError, RuntimeError, ImportError, KeyError, TypeError)
"""What the libraries raise for a model that is not there or not one."""

computing = threading.Lock()
"""Held for each batch of a model: one takes all cores, and two that share them are many times
slower than one after the other. Between batches another question gets its turn. Held for a
tokenizer too: two models may share one.
"""

_BATCH_TOKENS = 2048
"""Padded tokens of one batch. On two cores larger batches leave the caches and are slower."""

_COUNTED = 256
"""Texts whose tokens are counted at once."""


class Encoder(Protocol):
    """Turns texts into vectors of unit length, so that an inner product is a cosine."""

    @property
    def dim(self) -> int:
        """Length of the vectors."""

    @property
    def max_tokens(self) -> int:
        """Tokens that a text may have, prompt and special tokens included."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors of the same passage would."""

    def count_tokens(self, passages: Sequence[str]) -> list[int]:
        """Tokens of each passage as it would be encoded, to compare with ``max_tokens``."""

    def encode_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of questions, shape (n, dim). A question that is too long loses its end."""

    def encode_passages(
        self, passages: Sequence[str], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Vectors of passages, shape (n, dim), in the order given.

        Raises ``EncoderError`` for a passage longer than ``max_tokens``: nothing is cut silently.
        """


TURN = Path(__file__).with_name("questions.safetensors")
"""The matrix that turns the bundled model's question vectors; ``python -m eval.train_questions``
makes it.
"""


class SentenceEncoder:
    """An ``Encoder`` over sentence-transformers: a hub id, a folder, or the bundled model.

    The query and document prompts are the model's own. Folders and models that are already in the
    hub's cache need no network. Raises ``EncoderError`` when the model can't be loaded.

    ``turn``, shape (dim, dim): its product with the vector of a question is added to that, for the
    bundled model: so questions in other words and in English come nearer to the passages that
    answer. The vectors of passages stay as they are. None: nothing is added.
    """

    def __init__(self, name: str = BUNDLED, *, device: str | None = None) -> None:
        self.name = name
        self._model = _load(name, device)
        self._prompts = {
            "query": self._model.prompts.get("query") or "",
            "document": self._model.prompts.get("document")
            or self._model.prompts.get("passage")
            or "",
        }
        self.dim: int = self._model.get_embedding_dimension() or 0
        self.max_tokens: int = self._model.get_max_seq_length() or 512
        self.fingerprint: str = _fingerprint(self._model, self._prompts)
        self.turn = learnt_turn() if name == BUNDLED else None

    def count_tokens(self, passages: Sequence[str]) -> list[int]:
        """Tokens of each passage with its prompt and special tokens."""
        prompt = self._prompts["document"]
        return self._lengths([prompt + text for text in passages])

    def encode_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of questions, shape (n, dim). A question that is too long loses its end."""
        texts = [self._prompts["query"] + q for q in queries]
        vectors = self._encode(texts, self._lengths(texts))
        return vectors if self.turn is None else turned(vectors, self.turn)

    def encode_passages(
        self, passages: Sequence[str], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Vectors of passages, shape (n, dim); raises ``EncoderError`` for one that is too long."""
        texts = [self._prompts["document"] + text for text in passages]
        lengths = self._lengths(texts)
        longest = max(lengths, default=0)
        if longest > self.max_tokens:
            raise EncoderError(
                f"有一段文字长 {longest} 个词元，超过模型上限 {self.max_tokens}。请缩短段落。",
                f"A passage has {longest} tokens, more than the model's {self.max_tokens}. "
                "Make the passages shorter.",
            )
        return self._encode(texts, lengths, progress)

    def _lengths(self, texts: list[str]) -> list[int]:
        lengths: list[int] = []
        for i in range(0, len(texts), _COUNTED):
            with computing, quiet():
                some = texts[i : i + _COUNTED]
                ids = self._model.tokenizer(some, truncation=False, verbose=False)["input_ids"]
            lengths += map(len, ids)
        return lengths

    def _encode(
        self, texts: list[str], lengths: list[int], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dim), np.float32)
        done = 0
        for batch in _batches(lengths, self.max_tokens):
            vectors[batch] = self._forward([texts[i] for i in batch])
            done += len(batch)
            if progress:
                progress(done, len(texts))
        return vectors

    def _forward(self, texts: list[str]) -> NDArray[np.float32]:
        import torch

        with computing, torch.inference_mode():
            features = self._model.preprocess(texts)
            placed = {
                key: value.to(self._model.device) if isinstance(value, torch.Tensor) else value
                for key, value in features.items()
            }
            vectors: torch.Tensor = self._model(placed)["sentence_embedding"]
            unit = torch.nn.functional.normalize(vectors.float(), dim=1)
        return np.asarray(unit.cpu().numpy(), np.float32)


def _batches(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Indices grouped by length, longest first: memory peaks at once and padding is small."""
    batch: list[int] = []
    widest = 0
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        width = min(lengths[i], max_tokens)
        if batch and max(widest, width) * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch, widest = [], 0
        batch.append(i)
        widest = max(widest, width)
    if batch:
        yield batch


def _load(name: str, device: str | None) -> SentenceTransformer:
    path = str(bundled_folder()) if name == BUNDLED else name
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    with quiet():
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(path, device=device, local_files_only=_is_local(path))
            if name == BUNDLED:
                share_words(cast("PreTrainedModel", model[0].auto_model))
                model[0].processor = bundled_tokenizer(lambda: model.tokenizer)
            return model
        except LOAD_ERRORS as exc:
            raise EncoderError(
                f"无法加载嵌入模型 {name}：{exc}。请给出本机的模型文件夹，"
                "或省略 --embedder 使用自带模型。",
                f"The embedding model {name} cannot be loaded: {exc}. Give a folder on this "
                "machine, or leave out --embedder to use the bundled model.",
            ) from exc


def turned(vectors: NDArray[np.float32], turn: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors, shape (n, dim), with their products with ``turn`` added; of unit length too."""
    moved = vectors + vectors @ turn.T
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def learnt_turn(path: Path = TURN) -> NDArray[np.float32]:
    """The matrix of a file; ``EncoderError`` when it can't be read."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)["turn"].astype(np.float32)
    except (OSError, KeyError, SafetensorError) as exc:
        raise EncoderError(
            f"无法读取 {path}：{exc}。请重新安装 wenbao。",
            f"{path} cannot be read: {exc}. Install wenbao again.",
        ) from exc


_shared: WeakValueDictionary[str, Any] = WeakValueDictionary()
"""What models of the bundled weights have one copy of, while one of them is in use."""

_sharing = threading.Lock()


def share_words(model: PreTrainedModel) -> None:
    """Lets models of the bundled weights keep one copy of the word embeddings (385 MB).

    ``model`` must have them unchanged; its own copy is given up for the first one loaded.
    """
    with _sharing:
        key = f"words on {model.device}"
        model.set_input_embeddings(_shared.setdefault(key, model.get_input_embeddings()))


def bundled_tokenizer(load: Callable[[], Any]) -> Any:  # noqa: ANN401 - a tokenizer
    """The tokenizer of the bundled weights, of which models keep one copy (280 MB): that in use, or
    what ``load`` gives. Tokenize with it while ``computing`` is held: twice at once fails.
    """
    with _sharing:
        found = _shared.get("tokenizer")
        return _shared.setdefault("tokenizer", load()) if found is None else found


def _is_local(path: str) -> bool:
    return os.path.isdir(path)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silences the libraries' bars and load reports, which would end up between our own output."""
    from transformers.utils import logging as hf

    bar, level = hf.is_progress_bar_enabled(), hf.get_verbosity()
    hf.disable_progress_bar()  # type: ignore[no-untyped-call]
    hf.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        hf.set_verbosity(level)
        if bar:
            hf.enable_progress_bar()  # type: ignore[no-untyped-call]


def _fingerprint(model: SentenceTransformer, prompts: dict[str, str]) -> str:
    """A hash of what decides the vectors: weights (sampled), tokenizer, prompts, modules."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().reshape(-1)
        step = max(1, flat.numel() // 64)
        sample = flat[::step][:64].float().cpu().numpy()
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(sample.tobytes())
    with computing:
        probe = model.tokenizer("重庆日报 2023年12月27日 Chongqing, 第１版")["input_ids"]
    modules = [str(module) for module in list(model.children())[1:]]
    facts = [list(probe), prompts, model.get_max_seq_length(), modules]
    digest.update(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()[:16]
