from __future__ import annotations

from dataclasses import replace

import pytest

from rag.cite import is_true, markers, verified
from rag.types import Answer, Article, Citation

ARTICLE = Article(title="题", text="大桥通车了。全长三公里[1]。")


def answer(text, *citations):
    return Answer(question="q", status="answered", text=text, citations=citations)


def citation(number=1, start=0, end=6):
    return Citation(number=number, article=ARTICLE, start=start, end=end)


def archive_of(*articles):
    return {article.id: article for article in articles}.get


def test_markers():
    assert markers("一[1]二[12][3] [x] [] [1234]") == [1, 12, 3]


def test_a_true_citation():
    assert is_true(citation(), archive_of(ARTICLE))


def test_a_citation_of_what_is_gone_is_not_true():
    assert not is_true(citation(), archive_of())


def test_words_that_are_no_longer_there_are_not_true():
    class Changed:
        id = ARTICLE.id
        text = "大桥塌了。" + ARTICLE.text

    assert not is_true(citation(), {ARTICLE.id: Changed()}.get)


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 2), (-1, 2), (0, 99)])
def test_a_span_outside_the_text_cannot_be_made(start, end):
    with pytest.raises(ValueError, match="not inside"):
        citation(start=start, end=end)


def test_the_quote_is_the_articles_own_text():
    assert citation().quote == "大桥通车了。"


def test_numbers_and_citations_must_agree():
    have = archive_of(ARTICLE)
    assert verified(answer("大桥通车了。[1]", citation()), have)
    assert not verified(answer("大桥通车了。[1][2]", citation()), have)
    assert not verified(answer("大桥通车了。[2]", citation(number=2)), have)


def test_brackets_of_the_quoted_text_are_no_markers():
    quoted = citation(start=6, end=len(ARTICLE.text))
    assert verified(answer(quoted.quote + "[1]", quoted), archive_of(ARTICLE))


def test_citations_are_frozen():
    with pytest.raises(AttributeError):
        citation().start = 3  # type: ignore[misc]
    assert replace(citation(), start=2).quote == "通车了。"
