"""Runs: what is recorded, that a run goes on where it stopped, and what it refuses."""

from __future__ import annotations

import json

import pytest
from conftest import Scripted, write_jsonl

from eval.compare import differences
from eval.dataset import read_questions
from eval.figures import failure, figures, right
from eval.run import (
    RunError,
    drawn,
    main,
    read_records,
    read_run,
    read_summary,
    run,
    runs,
    steps,
)
from rag import Chatbot, Settings

SET = [
    {
        "id": "1",
        "question": "停水检修影响多少户居民？",
        "answers": [["两万一千户"]],
        "gold": [["stories#2"]],
        "tags": ["fact"],
    },
    {"id": "2", "question": "珠峰有多高？", "answerable": False, "tags": ["world"]},
    {
        "id": "3",
        "question": "它几点开始？",
        "turns": ["城东水厂停水检修影响多少户？"],
        "answers": [["22时"]],
        "gold": [["stories#2"]],
        "asked_on": "2024-03-09",
        "tags": ["follow-up"],
    },
    {
        "id": "4",
        "question": "铁锅补了几次？",
        "answers": [["三次"]],
        "gold": [["passages#2"]],
        "passages": ["门口有一棵树，很高。", "铁锅补了三次，还在用。"],
    },
]


@pytest.fixture
def bot(archive, reader):
    return Chatbot(archive, Settings(min_confidence=0.0), reader=reader)


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "set.jsonl"
    write_jsonl(path, SET)
    return read_questions(path)


def without_times(folder):
    summary = read_summary(folder)
    kept = {n: f for n, f in summary["figures"].items() if not n.startswith("seconds")}
    return {**summary, "figures": kept}


def test_records_what_was_asked_answered_and_seen(bot, questions, tmp_path):
    seen = []
    run(bot, questions, tmp_path / "run", progress=lambda *step: seen.append(step))
    records = {record["asked"]["id"]: record for record in read_records(tmp_path / "run")}
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert list(records) == ["1", "2", "3", "4"]
    assert right(records["1"])
    assert failure(records["2"]) == "should refuse"
    assert "城东水厂" in records["3"]["answer"]["standalone"]
    assert records["3"]["asked"]["asked_on"] == "2024-03-09"
    own = records["4"]
    assert right(own)
    assert own["answer"]["hits"][0]["article_id"] in own["asked"]["gold"][0]
    for record in records.values():
        assert record["exact"] == [True] * len(record["answer"]["citations"])
        assert 0 < record["seconds"]["evidence"] <= record["seconds"]["answer"]
    assert figures(list(records.values()))["right"].n == 3
    about = read_run(tmp_path / "run")
    assert about["settings_id"] == bot.settings.id
    assert about["models"]["fingerprint"] == bot.archive.encoder.fingerprint
    assert runs(tmp_path) == [tmp_path / "run"]


def test_what_a_language_model_writes_is_what_is_recorded(archive, reader, questions, tmp_path):
    writer = Scripted("停水检修影响居民2.1万户[1]，市民都很高兴。")
    bot = Chatbot(archive, Settings(min_confidence=0.9), reader=reader, generator=writer)
    run(bot, questions[:1], tmp_path / "run")
    (record,) = read_records(tmp_path / "run")
    assert record["status"] == "answered"
    assert record["answer"]["generator"] == "scripted"
    assert record["answer"]["text"].startswith("停水检修影响居民2.1万户")
    assert read_run(tmp_path / "run")["models"]["generator"] == "scripted"


def test_what_is_below_the_threshold_is_refused_but_recorded(archive, reader, questions, tmp_path):
    shy = Chatbot(archive, Settings(min_confidence=1.0), reader=reader)
    run(shy, questions, tmp_path)
    records = read_records(tmp_path)
    assert {record["status"] for record in records} == {"refused"}
    assert not right(records[0])
    assert right(records[0], withheld=True)
    assert failure(records[0]) == "wrongly refused"
    found = figures(records)
    assert (found["wrongly refused"].value, found["refused"].value) == (1.0, 1.0)


def test_a_stopped_run_goes_on_to_the_same_summary(bot, questions, tmp_path):
    run(bot, questions, tmp_path / "whole")
    stopped = steps(bot, questions, tmp_path / "cut")
    assert [next(stopped), next(stopped)] == [(1, 4), (2, 4)]
    stopped.close()
    assert len(read_records(tmp_path / "cut")) == 2
    with pytest.raises(RunError, match="no finished run"):
        read_summary(tmp_path / "cut")
    with (tmp_path / "cut" / "answers.jsonl").open("a") as file:
        file.write('{"asked": {"id": "3"')  # killed while it wrote
    run(bot, questions, tmp_path / "cut")
    assert without_times(tmp_path / "cut") == without_times(tmp_path / "whole")
    assert [r["asked"]["id"] for r in read_records(tmp_path / "cut")] == ["1", "2", "3", "4"]
    whole, cut = (read_records(tmp_path / name) for name in ("whole", "cut"))
    assert all(one.a == one.b for one in differences(whole, cut))


def test_reading_a_run_that_is_being_written_changes_nothing(bot, questions, tmp_path):
    run(bot, questions, tmp_path)
    path = tmp_path / "answers.jsonl"
    cut = path.read_bytes()[:-9]
    path.write_bytes(cut)
    assert [r["asked"]["id"] for r in read_records(tmp_path)] == ["1", "2", "3"]
    assert path.read_bytes() == cut


def test_a_damaged_record_is_named(bot, questions, tmp_path):
    run(bot, questions, tmp_path)
    path = tmp_path / "answers.jsonl"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], lines[1][:40], *lines[2:]]))
    with pytest.raises(RunError, match="line 2 is damaged"):
        read_records(tmp_path)


def test_a_folder_with_another_run_is_left_alone(
    bot, archive, reader, questions, tmp_path, monkeypatch
):
    run(bot, questions, tmp_path)
    before = (tmp_path / "answers.jsonl").read_bytes()
    other = Chatbot(archive, Settings(min_confidence=0.5), reader=reader)
    with pytest.raises(RunError, match="settings_id"):
        run(other, questions, tmp_path)
    with pytest.raises(RunError, match="questions"):
        run(bot, questions[:2], tmp_path)
    other_weights = tmp_path / "evidence.json"
    other_weights.write_text("{}")
    monkeypatch.setattr("eval.run.EVIDENCE", other_weights)
    with pytest.raises(RunError, match="models"):
        run(bot, questions, tmp_path)
    assert (tmp_path / "answers.jsonl").read_bytes() == before


def test_without_its_articles_a_question_should_be_refused(bot, questions, tmp_path):
    run(bot, questions, tmp_path, without_gold=True)
    records = {record["asked"]["id"]: record for record in read_records(tmp_path)}
    assert list(records) == ["1", "1 without-gold", "2", "3", "3 without-gold", "4"]
    pair = records["1"], records["1 without-gold"]
    gold = pair[0]["asked"]["gold"][0][0]
    assert gold in {hit["article_id"] for hit in pair[0]["answer"]["hits"]}
    assert gold not in {hit["article_id"] for hit in pair[1]["answer"]["hits"]}
    assert pair[1]["asked"]["answerable"] is False
    assert figures(list(records.values()))["refused"].n == 3


def test_a_set_of_another_archive_leaves_nothing(bot, tmp_path):
    path = tmp_path / "set.jsonl"
    write_jsonl(path, [{**SET[0], "gold": [["elsewhere#1"]]}])
    with pytest.raises(Exception, match="elsewhere#1"):
        run(bot, read_questions(path), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_some_are_drawn_in_their_order(questions):
    assert drawn(questions, None, 1) == questions
    some = drawn(questions, 2, 1)
    assert len(some) == 2
    assert [q for q in questions if q in some] == some


def test_the_command_says_what_is_missing(tmp_path, archive):
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps({"id": "1"}), encoding="utf-8")
    with pytest.raises(Exception, match=r"line 1, question"):
        main([str(path), "--archive", str(archive.path), "--out", str(tmp_path / "run")])


def test_one_folder_takes_one_run_at_a_time(bot, questions, tmp_path):
    going_on = steps(bot, questions, tmp_path / "out")
    next(going_on)
    with pytest.raises(RunError, match="still going on"):
        run(bot, questions, tmp_path / "out")
    list(going_on)
    assert len(list(read_records(tmp_path / "out"))) == len(questions)
    run(bot, questions, tmp_path / "out")
