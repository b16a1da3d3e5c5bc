"""The turn of the question vectors: what it is trained on, and that it learns."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
import torch
from conftest import HashEncoder

from embeddings.encoder import turned
from eval.train_questions import Pair, _also_right, figures, main, pairs, train
from eval.written import for_training, written
from rag import Archive


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def write_reports(folder, texts):
    """The reports that are asked about; those without a text here are told by their ids."""
    (folder / "crud").mkdir()
    with gzip.open(folder / "crud" / "distractors_5000.jsonl.gz", "wt", encoding="utf-8") as file:
        for report in {one.report for one in written()}:
            told = texts.get(report, f"{report}没有进档案。")
            file.write(json.dumps({"id": report, "text": told, "date": "2023-08-01"}) + "\n")


def test_a_turn_keeps_the_length_of_vectors_and_nothing_turns_nothing():
    vectors = unit(np.random.default_rng(3).normal(size=(4, 8)))
    assert np.allclose(turned(vectors, np.zeros((8, 8), np.float32)), vectors)
    moved = turned(vectors, np.full((8, 8), 0.2, np.float32))
    assert np.allclose(np.linalg.norm(moved, axis=1), 1)
    assert not np.allclose(moved, vectors)


def test_questions_come_nearer_to_what_answers_them():
    chance = np.random.default_rng(7)
    passages = unit(chance.normal(size=(600, 24)))
    away = np.eye(24) + 1.5 * chance.normal(size=(24, 24)) / np.sqrt(24)
    asked = unit(passages[:300] @ away + 0.1 * chance.normal(size=(300, 24)))
    known = [Pair(kind="fact", question=str(i), places=(i,)) for i in range(300)]

    def first(vectors):
        return float(figures(vectors, known, passages)["fact"].split()[1])

    turn = train(asked, known, passages, epochs=60, rate=1e-2, seed=1)
    assert first(turned(asked, turn)) > first(asked) + 0.05
    again = train(asked, known, passages, epochs=60, rate=1e-2, seed=1)
    assert np.array_equal(turn, again)


def test_ranks_are_counted_by_kind():
    vectors = np.eye(3, dtype=np.float32)
    asked = np.array([[1, 0, 0], [0.8, 0.6, 0]], np.float32)
    known = [
        Pair(kind="fact", question="甲", places=(0,)),
        Pair(kind="fact", question="乙", places=(1, 2)),
    ]
    assert figures(asked, known, vectors) == {"fact": "2: 0.500 1.000"}


def test_what_answers_too_is_not_held_against_a_question():
    known = [
        Pair(kind="fact", question="甲", places=(4, 7)),
        Pair(kind="fact", question="乙", places=(7,)),
    ]
    right = _also_right(known, [0, 1], torch.tensor([4, 7, 7, 2]))
    assert right.tolist() == [[False, True, True, False], [False, False, True, False]]


def test_an_archive_without_the_reports_is_refused(tmp_path, capsys):
    Archive(tmp_path / "archive", encoder=HashEncoder())
    write_reports(tmp_path, {})
    target = tmp_path / "turn.safetensors"
    with pytest.raises(SystemExit):
        main(
            [
                "--data",
                str(tmp_path),
                "--archive",
                str(tmp_path / "archive"),
                "--target",
                str(target),
            ]
        )
    assert "too few" in capsys.readouterr().err
    assert not target.exists()


def test_a_question_goes_with_the_passages_that_hold_its_answer(tmp_path):
    one = next(one for one in written() if one.answer and for_training(one.report))
    text = "".join(f"第{i}段说的是\u00a0 河边的事，水位又涨了一些。" for i in range(60))
    write_reports(tmp_path, {one.report: text})
    source = tmp_path / "pages.jsonl"
    source.write_text(json.dumps({"title": "水位", "text": text}), encoding="utf-8")
    archive = Archive(tmp_path / "archive", encoder=HashEncoder())
    archive.add([source])
    rows, vectors = archive.vectors()
    assert len(rows) == len(vectors) > 3
    found = pairs(tmp_path, archive, rows, training=True)
    assert {pair.question for pair in found} == {
        each.question for each in written() if each.report == one.report and each.answer
    }
    asked = next(pair for pair in found if pair.question == one.question)
    start = len("".join(text[: one.answer[0]].split()))
    for place in asked.places:
        article, passage = archive.passages_of([int(rows[place])])[int(rows[place])]
        before, through = (article.text[:end] for end in (passage.start, passage.end))
        assert len("".join(before.split())) <= start < len("".join(through.split()))
    assert pairs(tmp_path, archive, rows, training=False) == []
