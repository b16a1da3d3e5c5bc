from __future__ import annotations

import numpy as np
import pytest

from embeddings import IndexFileError, IndexStamp, VectorIndex
from embeddings import index as index_module

STAMP = IndexStamp(fingerprint="f", generation=3)


def unit(n, dim=16, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def oracle(ids, vectors, query, k):
    scores = vectors @ query
    return [
        (int(ids[i]), pytest.approx(float(scores[i]), abs=1e-5)) for i in np.argsort(-scores)[:k]
    ]


@pytest.fixture
def filled():
    vectors = unit(200)
    ids = np.arange(200, dtype=np.int64) * 7 + 1
    return ids, vectors, VectorIndex(ids, vectors)


def test_finds_what_brute_force_finds(filled):
    ids, vectors, index = filled
    for query in unit(10, seed=1):
        assert index.search(query, 5) == oracle(ids, vectors, query, 5)


def test_searches_only_among_the_allowed(filled):
    ids, vectors, index = filled
    some = np.arange(50, 60)
    query = unit(1, seed=2)[0]
    assert index.search(query, 4, ids[some]) == oracle(ids[some], vectors[some], query, 4)


def test_k_beyond_the_corpus_returns_everything_once(filled):
    ids, _, index = filled
    found = index.search(unit(1, seed=3)[0], 999)
    assert sorted(key for key, _ in found) == ids.tolist()


def test_nothing_allowed_finds_nothing(filled):
    assert filled[2].search(unit(1)[0], 5, np.array([], np.int64)) == []


def test_graph_index_finds_nearly_what_the_exact_one_does(monkeypatch):
    monkeypatch.setattr(index_module, "EXACT_LIMIT", 100)
    vectors, ids = unit(3000), np.arange(3000, dtype=np.int64)
    index = VectorIndex(ids, vectors)
    queries = unit(30, seed=4)
    same = sum(
        {key for key, _ in index.search(q, 10)} == {int(i) for i in np.argsort(-(vectors @ q))[:10]}
        for q in queries
    )
    assert same >= 27
    allowed = ids[::3]
    assert all(key % 3 == 0 for key, _ in index.search(queries[0], 10, allowed))


def test_comes_back_from_its_file(filled, tmp_path):
    _, _, index = filled
    path = tmp_path / "v.index"
    index.save(path, STAMP)
    query = unit(1, seed=5)[0]
    assert VectorIndex.load(path, STAMP).search(query, 7) == index.search(query, 7)
    assert [p.name for p in tmp_path.iterdir()] == ["v.index"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data[:10],
        lambda data: b"",
        lambda data: b"something else entirely" * 10,
        lambda data: data[:-40] + bytes(40),
    ],
)
def test_a_spoilt_file_is_an_error_and_not_a_crash(filled, tmp_path, spoil):
    path = tmp_path / "v.index"
    filled[2].save(path, STAMP)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(IndexFileError, match=r"v\.index"):
        VectorIndex.load(path, STAMP)


@pytest.mark.parametrize("other", [("f", 4), ("g", 3)])
def test_a_file_of_another_state_is_not_used(filled, tmp_path, other):
    path = tmp_path / "v.index"
    filled[2].save(path, STAMP)
    with pytest.raises(IndexFileError):
        VectorIndex.load(path, IndexStamp(fingerprint=other[0], generation=other[1]))


def test_ids_and_vectors_must_match():
    with pytest.raises(ValueError, match="3 ids"):
        VectorIndex(np.arange(3, dtype=np.int64), unit(4))
