from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag.errors import ModelError
from rag.reader import NO_SPAN, Reader, Reading, _batches, _best_spans


def brute_force(first, last, longest=40):
    pairs = [(i, j) for i in range(len(first)) for j in range(i, min(len(last), i + longest))]
    return max(float(first[i] + last[j]) for i, j in pairs)


def test_the_best_span_is_that_of_brute_force():
    random = np.random.default_rng(0)
    for n in (1, 2, 30, 90):
        first, last = random.normal(size=(2, n)).astype(np.float32)
        ((score, i, j),) = _best_spans(first, last, 1)
        assert score == pytest.approx(brute_force(first, last))
        assert first[i] + last[j] == pytest.approx(score)
        assert 0 <= j - i < 40


def test_the_best_span_within_some_characters():
    spans = tuple((i, i + 1) for i in range(6))
    first = np.array([0, 5, 0, 1, 0, 0], np.float32)
    last = np.array([0, 0, 5, 0, 2, 0], np.float32)
    reading = Reading(score=10.0, span=(1, 3), offsets=spans, first=first, last=last)
    assert reading.best_within(0, 3) == [(10.0, (1, 3))]
    assert reading.best_within(3, 6) == [(3.0, (3, 5))]
    assert reading.best_within(6, 9) == [(NO_SPAN, (6, 6))]


def test_the_best_spans_come_in_order_and_never_end_before_they_begin():
    random = np.random.default_rng(1)
    for n in (1, 2, 7, 50):
        first, last = random.normal(size=(2, n)).astype(np.float32)
        found = _best_spans(first, last, 5)
        every = sorted(first[i] + last[j] for i in range(n) for j in range(i, min(n, i + 40)))
        assert [score for score, _, _ in found] == pytest.approx(every[::-1][:5])
        assert all(i <= j and first[i] + last[j] == pytest.approx(s) for s, i, j in found)


def test_batches_hold_everything_once():
    lengths = [300, 5, 280, 300, 7, 2500, 300, 300, 300, 300, 300, 300, 1]
    batches = _batches(lengths)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(len(b) * lengths[b[0]] <= 2400 or len(b) == 1 for b in batches)


@pytest.mark.model
@pytest.mark.parametrize("content", [None, b"no factors"])
def test_factors_that_cannot_be_read_are_one_clear_error(tmp_path, content):
    path = tmp_path / "factors.safetensors"
    if content:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=re.escape(str(path))):
        Reader(factors=path)


@pytest.mark.model
def test_a_cache_that_cannot_be_written_is_one_clear_error(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="XDG_CACHE_HOME"):
        Reader()


@pytest.mark.model
def test_marks_the_words_that_answer():
    reader = Reader()
    head = "云桥湿地观鸟节开幕（2024年3月3日）\n"
    text = "云桥湿地观鸟节昨日开幕。今年共记录到白鹭312只，馆长孟秋主持了开幕式。"
    found = [
        reader.read(question, [(head, text)])[0]
        for question in ("今年记录到多少只白鹭？", "谁主持了开幕式？")
    ]
    said = [text[a:b] for a, b in (reading.span for reading in found)]
    assert "312" in said[0]
    assert "孟秋" in said[1]
    other = reader.read("光速是多少？", [(head, text)])[0]
    assert other.score < min(reading.score for reading in found)


@pytest.mark.model
def test_an_answer_is_never_in_what_stands_in_front():
    reader = Reader()
    (reading,) = reader.read("哪天开幕？", [("开幕在2024年3月3日\n", "天气很好。")])
    assert 0 <= reading.span[0] <= reading.span[1] <= len("天气很好。")
    assert reader.read("哪天？", [("题", "")])[0].score == NO_SPAN


@pytest.mark.model
def test_reader_and_encoder_share_word_embeddings_and_tokenizer(model):
    words = model._model[0].auto_model.get_input_embeddings()
    reader = Reader()
    assert reader._model.get_input_embeddings() is words
    assert reader._tokenizer is model._model.tokenizer


@pytest.mark.model
def test_a_shared_tokenizer_serves_both_at_once(model):
    reader, texts = Reader(), ["青禾大桥主跨628米。" * n for n in range(1, 40)]
    lengths, (reading,) = model.count_tokens(texts), reader.read("主跨？", [("", texts[9])])
    with ThreadPoolExecutor(4) as pool:
        counted = [pool.submit(model.count_tokens, texts) for _ in range(8)]
        read = [pool.submit(reader.read, "主跨？", [("", texts[9])]) for _ in range(8)]
        assert all(one.result() == lengths for one in counted)
        assert all(one.result()[0].span == reading.span for one in read)
