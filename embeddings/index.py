"""Nearest neighbours of unit vectors, over faiss: exact up to 200,000 vectors, then a graph.

The index is a cache: its file carries the fingerprint and generation that it was made for, and
whoever owns the vectors rebuilds it when they don't match.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings.errors import IndexFileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXACT_LIMIT = 200_000
"""Above this many vectors an exact scan takes longer than a person notices."""

_MAGIC = b"WENBAOIX"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStamp:
    """What an index file was made from: the encoder and the archive's state."""

    fingerprint: str
    generation: int


class VectorIndex:
    """Ids and their vectors, searched by inner product.

    ``ids`` are int64 keys of the caller's; ``vectors`` float32 of shape (n, dim), unit length.
    """

    def __init__(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        if vectors.ndim != 2 or len(ids) != len(vectors):
            raise ValueError(f"{len(ids)} ids for vectors of shape {vectors.shape}")
        self._ids = np.ascontiguousarray(ids, np.int64)
        self._index = _build(np.ascontiguousarray(vectors, np.float32))

    def __len__(self) -> int:
        return len(self._ids)

    def search(
        self, query: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The at most ``k`` best (id, inner product) for one vector of shape (dim,), best first.

        With ``allowed``, only these ids are considered (not: filtered out of the best k).
        """
        import faiss

        k = min(k, len(self) if allowed is None else len(allowed))
        if k <= 0:
            return []
        scores, rows = self._index.search(
            np.ascontiguousarray(query.reshape(1, -1), np.float32),
            k,
            params=self._parameters(faiss, allowed),
        )
        return [
            (int(self._ids[row]), float(score))
            for row, score in zip(rows[0], scores[0], strict=True)
            if row >= 0
        ]

    def _parameters(self, faiss: Any, allowed: NDArray[np.int64] | None) -> Any:  # noqa: ANN401
        if allowed is None:
            return None
        selector = faiss.IDSelectorBatch(np.flatnonzero(np.isin(self._ids, allowed)))
        if isinstance(self._index, faiss.IndexHNSW):
            return faiss.SearchParametersHNSW(sel=selector, efSearch=256)
        return faiss.SearchParameters(sel=selector)

    def save(self, path: Path, stamp: IndexStamp) -> None:
        """Writes the index beside its stamp, at once or not at all. ``OSError`` when it can't."""
        import faiss

        body = faiss.serialize_index(self._index).tobytes() + self._ids.tobytes()
        head = json.dumps(
            {
                "fingerprint": stamp.fingerprint,
                "generation": stamp.generation,
                "count": len(self),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
        ).encode()
        descriptor, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + struct.pack("<I", len(head)) + head + body)
            os.replace(part, path)
        finally:
            Path(part).unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path, stamp: IndexStamp) -> VectorIndex:
        """Reads an index that was saved with this very stamp.

        Raises ``IndexFileError`` when it is missing, damaged, foreign or of another stamp. The
        bytes are checked by SHA-256 before faiss sees them.
        """
        import faiss

        head, body = _read(path)
        if (head.get("fingerprint"), head.get("generation")) != (
            stamp.fingerprint,
            stamp.generation,
        ):
            raise _unusable(path, "属于另一个状态的档案", "of another state of the archive")
        split = len(body) - 8 * int(head["count"])
        index = cls.__new__(cls)
        index._ids = np.frombuffer(body, np.int64, offset=split).copy()
        index._index = faiss.deserialize_index(np.frombuffer(body, np.uint8, count=split))
        return index


def _build(vectors: NDArray[np.float32]) -> Any:  # noqa: ANN401 - faiss has no types
    import faiss

    # One query at a time gains nothing from a second thread and loses much on a busy machine.
    faiss.omp_set_num_threads(1)
    dim = vectors.shape[1]
    if len(vectors) <= EXACT_LIMIT:
        exact = faiss.IndexFlatIP(dim)
        exact.add(vectors)
        return exact
    graph = faiss.IndexHNSWFlat(dim, 32, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = 80
    graph.hnsw.efSearch = 128
    graph.add(vectors)
    return graph


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise _unusable(
            path, f"读不出来（{exc.strerror}）", f"unreadable ({exc.strerror})"
        ) from exc
    if data[: len(_MAGIC)] != _MAGIC:
        raise _unusable(path, "不是本软件写的", "not written by this program")
    try:
        (size,) = struct.unpack_from("<I", data, len(_MAGIC))
        start = len(_MAGIC) + 4
        head = json.loads(data[start : start + size])
        body = data[start + size :]
        whole = hashlib.sha256(body).hexdigest() == head["sha256"]
    except (struct.error, ValueError, KeyError, TypeError) as exc:
        raise _unusable(path, "已损坏", "damaged") from exc
    if not whole:
        raise _unusable(path, "已损坏", "damaged")
    return head, body


def _unusable(path: Path, zh: str, en: str) -> IndexFileError:
    return IndexFileError(f"向量索引 {path.name} {zh}", f"the vector index {path.name} is {en}")
