from __future__ import annotations

import pytest

from rag.conversation import already_said, cited_before, parts, readings
from rag.types import Answer, Article, Citation, Turn


def turn(question, answer=None):
    return Turn(question=question, answer=answer)


def test_without_turns_a_question_stands_by_itself():
    assert readings("他说了什么？", []) == ["他说了什么？"]


@pytest.mark.parametrize("question", ["他还说了什么？", "那它有多长？", "女子组呢？"])
def test_one_that_leans_is_completed(question):
    (reading,) = readings(question, [turn("城东马拉松男子冠军是谁？")])
    assert reading.startswith("城东马拉松男子冠军")


def test_one_that_may_lean_is_read_both_ways():
    assert readings("维修要花多少钱？", [turn("城东大桥封闭到哪天？")]) == [
        "维修要花多少钱？",
        "城东大桥封闭，维修要花多少钱？",
    ]


def test_and_the_other_one_takes_the_place_of_the_name():
    turns = [turn("“泥与火”展览的策展人是谁？")]
    assert readings("那木版画展的呢？", turns) == ["木版画展的策展人是谁？"]


def test_leaning_questions_in_between_are_passed_over():
    turns = [turn("城东儿童医院建在哪个区？"), turn("那它什么时候动工？")]
    (reading,) = readings("它有多少床位？", turns)
    assert reading == "城东儿童医院有多少床位？"


def test_more_means_nothing_that_was_quoted():
    article = Article(title="题", text="第一句。第二句。")
    answer = Answer(
        question="q",
        status="answered",
        text="第一句。[1]",
        citations=(Citation(number=1, article=article, start=0, end=4),),
    )
    turns = [turn("他说了什么？", answer)]
    assert already_said("他还说了什么？", turns) == {(article.id, (0, 4))}
    assert already_said("他说了什么？", turns) == set()
    assert already_said("还说了什么？", []) == set()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("城东大桥和鹤湾渡口，各有多长？", ["城东大桥有多长？", "鹤湾渡口有多长？"]),
        (
            "“泥火”和“纸上”两个展览分别展出多少件？",
            ["“泥火”展览展出多少件？", "“纸上”展览展出多少件？"],
        ),
        ("城东大桥哪天通车？", ["城东大桥哪天通车？"]),
        ("工商局和税务局昨天说了什么？", ["工商局和税务局昨天说了什么？"]),
    ],
)
def test_a_question_about_two_things_is_two_questions(question, expected):
    assert parts(question) == expected


def test_a_question_goes_on_about_what_was_cited():
    article = Article(title="题", text="第一句。第二句。")
    cited = (Citation(number=1, article=article, start=0, end=4),)
    said = Answer(question="q", status="answered", text="第一句。[1]", citations=cited)
    refused = Answer(question="q", status="refused", text="没有。")
    turns = [turn("“泥与火”展览的策展人是谁？", said), turn("票价呢？", refused)]
    assert cited_before("它在哪里？", turns) == (article.id,)
    assert cited_before("那木版画展的呢？", turns) == ()
    assert cited_before("它在哪里？", []) == ()
