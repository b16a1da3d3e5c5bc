"""Question sets: what is read, what is wrong with one, and which articles it names."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest
from conftest import EXAMPLES, STORIES

from eval.check import main as check
from eval.check import missing_answers
from eval.dataset import (
    Question,
    QuestionSetError,
    checked,
    gold_ids,
    named_articles,
    read_questions,
    write_questions,
)

GOOD = {"id": "1", "question": "停水影响多少户？", "answers": [["2.1万户"]]}


def written(tmp_path, *records):
    path = tmp_path / "set.jsonl"
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_what_is_written_is_read_again(tmp_path):
    questions = [
        Question(id="1", question="多少户？", answers=(("2.1万户", "两万一千户"), ("停水",))),
        Question(
            id="2",
            question="它几点开始？",
            turns=("停水影响多少户？",),
            answers=(("22时",),),
            gold=(("a#1", "b#2"), ("c#1",)),
            quotes=("22时至次日6时",),
            asked_on=date(2024, 3, 9),
            tags=("follow-up",),
            passages=("一段话。",),
        ),
        Question(id="3", question="珠峰有多高？", answerable=False),
    ]
    path = tmp_path / "set.jsonl"
    write_questions(path, questions)
    assert read_questions(path) == questions
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"id": "1", "answers": [["x"]]}, "question"),
        ({**GOOD, "id": ""}, "id"),
        ('{"id": "h", "question": "\\ud800", "answers": [["a"]]}', "question"),
        ({**GOOD, "answers": ["2.1万户"]}, "answers"),
        ({**GOOD, "answers": [[]]}, "answers"),
        ({**GOOD, "answers": []}, "answers"),
        ({**GOOD, "answerable": False}, "answers"),
        ({**GOOD, "answerable": "yes"}, "answerable"),
        ({**GOOD, "asked_on": "3月9日"}, "asked_on"),
        ({**GOOD, "gold": ["a#1"]}, "gold"),
        ({**GOOD, "tags": "fact"}, "tags"),
        ({**GOOD, "answer": "2.1万户"}, "answer"),
        ("{not json", ""),
        ('["a list"]', ""),
    ],
)
def test_what_is_wrong_is_named_by_line_and_field(tmp_path, record, field):
    path = written(tmp_path, {**GOOD, "id": "0"}, record)
    questions, problems = checked(path)
    assert [question.id for question in questions] == ["0"]
    assert [(problem.line, problem.field) for problem in problems] == [(2, field)]
    with pytest.raises(QuestionSetError, match=f"line 2.*{field}"):
        read_questions(path)


def test_every_problem_is_named(tmp_path, capsys):
    path = written(
        tmp_path,
        {**GOOD, "id": "", "question": " "},
        GOOD,
        {**GOOD, "tags": [1]},
        {**GOOD, "question": "又？"},
    )
    found = [(problem.line, problem.field) for problem in checked(path)[1]]
    assert found == [(1, "id"), (1, "question"), (3, "tags"), (4, "id")]
    assert check([str(path)]) == 1
    assert "4 problems" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_set_is_no_set(tmp_path, content):
    path = tmp_path / "set.jsonl"
    path.write_bytes(content)
    with pytest.raises(QuestionSetError, match="no question"):
        read_questions(path)


def test_other_encodings_are_named(tmp_path):
    path = tmp_path / "set.jsonl"
    line = json.dumps(GOOD, ensure_ascii=False) + "\n"
    path.write_bytes(line.encode() + line.encode("gb18030"))
    with pytest.raises(QuestionSetError, match="line 2 is not UTF-8"):
        read_questions(path)
    path.write_bytes(b"\xef\xbb\xbf" + line.encode())
    assert len(read_questions(path)) == 1
    with pytest.raises(QuestionSetError, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")


def test_articles_are_named_by_id_or_by_their_place_in_a_file(archive):
    names = named_articles(archive)
    by_title = {article.title: article.id for article in archive.articles()}
    for number, story in enumerate(STORIES, 1):
        assert names[f"stories#{number}"] == by_title[story["title"]]
        assert names[by_title[story["title"]]] == by_title[story["title"]]
    question = Question(
        id="1", question="？", answers=(("x",),), gold=(("stories#2", "stories#1"),)
    )
    (group,) = gold_ids([question], names)["1"]
    assert group == {names["stories#1"], names["stories#2"]}


def test_a_set_of_another_archive_is_named(archive):
    question = Question(id="q9", question="？", answers=(("x",),), gold=(("elsewhere#7",),))
    with pytest.raises(QuestionSetError, match="q9 names the article elsewhere#7"):
        gold_ids([question], named_articles(archive))


def test_answers_that_stand_in_no_gold_article_are_found(archive, stories, tmp_path, capsys):
    good = {**GOOD, "gold": [["stories#2"]]}
    bad = {**GOOD, "id": "2", "gold": [["stories#3"]]}
    path = written(tmp_path, good, bad)
    assert list(missing_answers(read_questions(path), archive)) == [("2", "2.1万户")]
    assert check([str(path), "--archive", str(archive.path)]) == 1
    assert check([str(written(tmp_path, good)), "--archive", str(archive.path)]) == 0
    assert "1 questions, 0 problems" in capsys.readouterr().out


def test_the_sample_questions_are_what_the_readme_says():
    questions = read_questions(EXAMPLES / "questions.jsonl")
    tags = Counter(question.tags[0] for question in questions)
    assert len(questions) == 120
    assert tags["unanswerable"] == sum(not q.answerable for q in questions) == 30
    assert all(q.gold for q in questions if q.answerable)


def test_the_second_samples_answers_stand_in_their_articles():
    folder = EXAMPLES / "second"
    lines = (folder / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    texts = {f"articles#{n}": json.loads(line)["text"] for n, line in enumerate(lines, 1)}
    questions = read_questions(folder / "questions.jsonl")
    assert (len(texts), len(questions)) == (32, 96)
    assert sum(not question.answerable for question in questions) == 28
    for question in questions:
        assert question.answerable == bool(question.gold) == bool(question.answers)
        told = "".join(texts[name] for group in question.gold for name in group)
        assert all(any(one in told for one in group) for group in question.answers), question.id
