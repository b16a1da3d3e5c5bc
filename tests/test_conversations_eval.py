"""Follow-up questions as they are measured."""

from __future__ import annotations

import json

import pytest
from conftest import EXAMPLES

from eval.conversations import asked, by_kind, failures, lines, main, read_conversations
from eval.dataset import QuestionSetError
from rag import Chatbot, Settings

LINE = {
    "id": "c1",
    "part": "dev",
    "asked_on": "2024-03-09",
    "turns": [
        {
            "question": "城东水厂停水检修影响多少户？",
            "means": "城东水厂停水检修影响多少户？",
            "gold": [["stories#2"]],
            "answers": [["2.1万户"]],
            "kind": "opening",
        },
        {
            "question": "它几点开始？",
            "means": "城东水厂停水检修几点开始？",
            "gold": [["stories#2"]],
            "answers": [["22时"]],
            "kind": "pronoun",
        },
        {
            "question": "孙女说了什么？",
            "means": "面馆的孙女方禾说了什么？",
            "gold": [["stories#2"], ["stories#3"]],
            "kind": "change",
        },
    ],
}


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "conversations.jsonl"
    made.write_text(json.dumps(LINE, ensure_ascii=False) + "\n", encoding="utf-8")
    return made


@pytest.fixture
def bot(archive, reader):
    settings = Settings(min_confidence=0.0, passages=1)
    return Chatbot(archive, settings, reader=reader)


def test_later_turns_are_asked_in_three_ways(bot, path):
    (conversation,) = read_conversations(path)
    first, second = asked(bot, conversation)
    went = first.outcomes["in the conversation"]
    assert went.standalone == "城东水厂停水检修几点开始？"
    assert (went.retrieved, went.right) == (True, True)
    assert first.outcomes["bare"].standalone == "它几点开始？"
    assert first.outcomes["as it means"].standalone == "城东水厂停水检修几点开始？"
    assert second.outcomes["as it means"].right is None


def test_every_group_of_gold_must_be_found(bot, path):
    (conversation,) = read_conversations(path)
    _, second = asked(bot, conversation)
    found = second.outcomes["as it means"]
    assert found.first
    assert not found.retrieved


def test_what_is_reported(bot, path):
    (conversation,) = read_conversations(path)
    later = list(asked(bot, conversation))
    told = list(lines(later))
    assert told[1].startswith("  gold retrieved   in the conversation  ")
    assert told[1].endswith("n=2")
    assert [line.split()[0] for line in by_kind(later)] == ["change", "pronoun"]
    listed = list(failures(later))
    assert "gold not retrieved (change)" in listed[0]
    assert listed[1].split() == ["asked", "孙女说了什么？"]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"id": "c", "part": "dev", "asked_on": "2024-01-01"}', '{"turns": [{}]}'],
)
def test_a_line_that_is_no_conversation_is_named(tmp_path, line):
    path = tmp_path / "set.jsonl"
    path.write_text("\n" + line, encoding="utf-8")
    with pytest.raises(QuestionSetError, match="line 2"):
        read_conversations(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(QuestionSetError, match="cannot be read"):
        read_conversations(tmp_path / "none.jsonl")


def test_gold_of_another_archive(bot, tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(LINE).replace("stories#", "other#"), encoding="utf-8")
    (conversation,) = read_conversations(path)
    with pytest.raises(QuestionSetError, match="other#2"):
        list(asked(bot, conversation))


def test_the_command_says_that_a_file_is_missing(tmp_path):
    with pytest.raises(QuestionSetError):
        main([str(tmp_path / "none.jsonl"), "--archive", str(tmp_path)])


def test_the_sample_conversations():
    found = read_conversations(EXAMPLES / "conversations.jsonl")
    assert len({c.id for c in found}) == 60
    assert [sum(c.part == part for c in found) for part in ("dev", "test")] == [30, 30]
    assert all(2 <= len(c.turns) <= 4 for c in found)
    assert all(turn.gold for c in found for turn in c.turns)
