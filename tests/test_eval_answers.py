from __future__ import annotations

import json
from collections import Counter

import pytest
from conftest import DATA, EXAMPLES, write_jsonl

from eval.answers import read_questions, run, summary
from rag import Archive, Chatbot, Settings

RECORDS = [
    {
        "id": "1",
        "question": "停水检修影响多少户居民？",
        "answers": [["2.1万户"]],
        "answerable": True,
        "tags": ["fact"],
    },
    {"id": "2", "question": "珠峰有多高？", "answers": [], "answerable": False, "tags": ["world"]},
    {
        "id": "3",
        "question": "它几点开始？",
        "turns": ["城东水厂停水检修影响多少户？"],
        "answers": [["22时"]],
        "answerable": True,
        "asked_on": "2024-03-09",
        "tags": ["follow-up"],
    },
]


def test_counts_what_was_right_and_what_was_refused(tmp_path, archive, reader):
    path = tmp_path / "q.jsonl"
    write_jsonl(path, RECORDS)
    bot = Chatbot(archive, Settings(min_confidence=0.0), reader=reader)
    results = list(run(bot, read_questions(path)))
    figures = summary(results, archive)
    assert results[0].right
    assert "城东水厂" in results[2].answer.standalone
    assert figures["right, of answerable"].n == 2
    assert figures["refused, of unanswerable"].hits == 0
    assert figures["quotes exact, of citations"].value == 1.0


def test_a_refusal_of_an_answerable_question_is_wrong(tmp_path, archive, reader):
    path = tmp_path / "q.jsonl"
    write_jsonl(path, RECORDS[:2])
    bot = Chatbot(archive, Settings(min_confidence=1.0), reader=reader)
    figures = summary(list(run(bot, read_questions(path))), archive)
    assert figures["right, of answerable"].hits == 0
    assert figures["wrongly refused, of answerable"].hits == 1
    assert figures["refused, of unanswerable"].hits == 1


def test_a_wrong_line_is_named(tmp_path):
    path = tmp_path / "q.jsonl"
    write_jsonl(path, [RECORDS[0], {"id": "x"}])
    with pytest.raises(ValueError, match="line 2"):
        read_questions(path)


def test_the_sample_questions_are_what_the_readme_says():
    questions = read_questions(EXAMPLES / "questions.jsonl")
    tags = Counter(question.tags[0] for question in questions)
    assert len(questions) == 120
    assert tags["unanswerable"] == sum(not q.answerable for q in questions) == 30
    assert all(q.answers for q in questions if q.answerable)


@pytest.mark.model
def test_every_citation_of_the_sample_is_true(tmp_path, model):
    archive = Archive(tmp_path / "sample", encoder=model)
    assert not archive.add([EXAMPLES / "pages"]).problems
    titles = [
        json.loads(line)["title"]
        for line in (EXAMPLES / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert sorted(t for t in titles if t) == sorted(
        a.title for a in archive.articles() if not a.title_derived
    )
    bot = Chatbot(archive, Settings(min_confidence=0.0, passages=4))
    cited = 0
    for question in read_questions(EXAMPLES / "questions.jsonl"):
        for citation in bot.ask(question.question, asked_on=question.asked_on).citations:
            text = archive.article(citation.article.id).text
            assert text[citation.start : citation.end] == citation.quote
            cited += 1
    assert cited >= 120


@pytest.mark.model
def test_every_citation_of_a_real_page_is_true(tmp_path, model):
    page = DATA / "page"
    if not page.exists():
        pytest.skip(f"{page} is not on this machine")
    archive = Archive(tmp_path / "page", encoder=model)
    assert archive.add([page]).added == 5
    bot = Chatbot(archive, Settings(min_confidence=0.0))
    asked = [
        f"{a.title}{end}"
        for a in archive.articles()
        for end in ("，谁说的？", "是哪天？", "有多少？")
    ]
    for question in asked:
        answer = bot.ask(question)
        assert answer.citations
        for citation in answer.citations:
            text = archive.article(citation.article.id).text
            assert text[citation.start : citation.end] == citation.quote
