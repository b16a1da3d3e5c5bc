"""The sample archive and the real page through the real models: every citation is true."""

from __future__ import annotations

import json

import pytest
from conftest import DATA, EXAMPLES

from eval.dataset import read_questions
from rag import Archive, Chatbot, Settings


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
