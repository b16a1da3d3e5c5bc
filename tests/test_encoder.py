from __future__ import annotations

import json
import multiprocessing
import struct

import numpy as np
import pytest

from embeddings import EncoderError, SentenceEncoder, bundled
from embeddings.bundled import bundled_folder
from embeddings.encoder import _batches, learnt_turn, turned

pytestmark = pytest.mark.model


def test_vectors_have_unit_length_and_keep_their_order(model):
    texts = ["大桥通车了。", "湿地里来了很多白鹭。" * 9, "停水", "地铁三号线今天开始试运行。"]
    together = model.encode_passages(texts)
    assert together.shape == (4, 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    alone = np.stack([model.encode_passages([text])[0] for text in texts])
    assert (together * alone).sum(axis=1) == pytest.approx(np.ones(4), abs=1e-5)


def test_a_question_is_nearest_to_its_answer(model):
    passages = ["湿地今年记录到白鹭312只。", "城东水厂夜间停水检修。", "面馆的汤要熬九个小时。"]
    found = model.encode_queries(["今年有多少只白鹭？", "哪里停水？", "汤要熬多久？"])
    assert (found @ model.encode_passages(passages).T).argmax(axis=1).tolist() == [0, 1, 2]


def test_the_models_own_prompts_are_used(model):
    direct = model._model.encode(["query: 哪里停水？"], normalize_embeddings=True)[0]
    asked = model.encode_queries(["哪里停水？"])[0]
    assert asked @ turned(direct[None], model.turn)[0] == pytest.approx(1, abs=1e-5)
    assert model.encode_passages(["哪里停水？"])[0] @ direct < 0.999


def test_a_question_is_turned_and_a_passage_is_not(model):
    direct = model._model.encode(["passage: 哪里停水？"], normalize_embeddings=True)
    assert model.encode_passages(["哪里停水？"])[0] @ direct[0] == pytest.approx(1, abs=1e-5)
    assert (
        model.encode_queries(["哪里停水？"])[0]
        @ model._model.encode(["query: 哪里停水？"], normalize_embeddings=True)[0]
        < 0.999
    )


def test_a_damaged_turn_is_told(tmp_path):
    path = tmp_path / "questions.safetensors"
    path.write_bytes(b"no matrix")
    with pytest.raises(EncoderError, match="questions"):
        learnt_turn(path)


def test_what_is_too_long_is_refused_and_not_cut(model):
    with pytest.raises(EncoderError, match="512"):
        model.encode_passages(["短。", "水位上涨。" * 400])


def test_counts_tokens_with_prompt_and_special_tokens(model):
    ids = model._model.tokenizer("passage: 停水")["input_ids"]
    assert model.count_tokens(["停水"]) == [len(ids)]
    assert model.count_tokens([]) == []


def test_reports_progress_to_the_end(model):
    seen = []
    model.encode_passages(["一。", "二。", "三。"], lambda done, total: seen.append((done, total)))
    assert seen[-1] == (3, 3)


def test_batches_cover_everything_once_within_the_budget():
    lengths = [5, 512, 30, 30, 200, 7, 512, 512, 1]
    batches = list(_batches(lengths, 512))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(len(b) * max(lengths[i] for i in b) <= 2048 or len(b) == 1 for b in batches)


def test_the_fingerprint_tells_models_apart(model, tmp_path):
    folder = bundled_folder()
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.rglob("*"):
        target = copy / path.relative_to(folder)
        if path.is_dir():
            target.mkdir()
        else:
            target.symlink_to(path)
    assert SentenceEncoder(str(copy)).fingerprint == model.fingerprint
    config = copy / "config_sentence_transformers.json"
    prompts = json.loads(config.read_text())
    config.unlink()
    config.write_text(json.dumps(prompts | {"prompts": {"query": "q: ", "document": "d: "}}))
    assert SentenceEncoder(str(copy)).fingerprint != model.fingerprint


def test_a_model_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(EncoderError, match="--embedder"):
        SentenceEncoder(str(tmp_path))


def test_the_data_file_is_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "SHA256", "0" * 64)
    with pytest.raises(EncoderError, match="SHA-256"):
        bundled_folder(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_a_damaged_copy_is_written_again(tmp_path):
    folder = bundled_folder(tmp_path)
    (folder / "config.json").write_text("{")
    assert json.loads((bundled_folder(tmp_path) / "config.json").read_text())["hidden_size"] == 384


def test_two_processes_may_ask_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        folders = pool.map(bundled_folder, [tmp_path, tmp_path])
    assert folders[0] == folders[1]
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == [folders[0].name]


def test_decodes_blocks_of_four_bits():
    nibbles = list(range(16)) * 2
    packed = bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))
    stored = memoryview(struct.pack("<e", 0.5) + packed)
    values = bundled._decode(stored, 32)
    assert values.tolist() == [(n - 8) * 0.5 for n in nibbles]
    plain = memoryview(struct.pack("<3f", 1, -2, 3))
    assert bundled._decode(plain, 3).tolist() == [1, -2, 3]
