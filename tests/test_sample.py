"""The sample archive and the real page through the real models: every citation is true."""

from __future__ import annotations

import json
import re

import pytest
from conftest import DATA, EXAMPLES

from eval.dataset import read_questions
from rag import Archive, Chatbot, Settings

README = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sample(tmp_path_factory, model):
    """The sample archive."""
    archive = Archive(tmp_path_factory.mktemp("sample"), encoder=model)
    assert not archive.add([EXAMPLES / "pages"]).problems
    return archive


@pytest.mark.model
def test_the_readme_shows_what_is_answered(sample):
    asked = re.findall(r"^\$ wenbao ask (\S+) --archive var/sample\n(.+)\n\n(.+)\n", README, re.M)
    assert asked
    for question, short, text in asked:
        answer = Chatbot(sample).ask(question)
        assert (answer.short, answer.text) == (short, text)
        assert README.count(f"# {short}\n#\n# {text}\n") == 1
        assert README.count(f'"{short}"\n"{answer.citations[0].article.title}"\n') == 1


@pytest.mark.model
def test_every_citation_of_the_sample_is_true(sample):
    titles = [
        json.loads(line)["title"]
        for line in (EXAMPLES / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert sorted(t for t in titles if t) == sorted(
        a.title for a in sample.articles() if not a.title_derived
    )
    bot = Chatbot(sample, Settings(min_confidence=0.0, passages=4))
    cited = 0
    for question in read_questions(EXAMPLES / "questions.jsonl"):
        for citation in bot.ask(question.question, asked_on=question.asked_on).citations:
            text = sample.article(citation.article.id).text
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
