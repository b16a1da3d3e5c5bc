"""Questions formed from news: what they ask, and where the answer is."""

from __future__ import annotations

import random

import pytest

from eval.cloze import askings, cloze

REPORT = (
    "青禾大桥昨日合龙，主跨628米。\n"
    "市交通运输局局长林知远说，两岸的居民盼了二十年。\n"
    "记者在现场看到，大桥横跨岚江的那一段长达628米，中间没有桥墩。\n"
    "林知远介绍，桥上设有观景平台。"
)


def formed(text: str) -> list[tuple[str, str, tuple[int, int]]]:
    """What is formed with twenty seeds, each question once."""
    made = {found[0]: found for seed in range(20) for found in cloze(text, random.Random(seed))}
    return list(made.values())


def test_the_answer_is_where_the_rest_of_the_report_says_it_again():
    found = formed(REPORT)
    answers = {context[a:b] for _, context, (a, b) in found}
    assert answers == {"628米", "林知远"}
    for question, context, (a, b) in found:
        assert context[a:b] not in question
        if context[a:b] == "628米":
            assert ("横跨岚江" in context) != ("昨日合龙" in context)


def test_a_sentence_that_only_repeats_another_answers_nothing():
    assert formed("全市出口茶叶6.8亿元。\n海关说，全市出口茶叶6.8亿元。") == []


def test_a_number_is_not_found_inside_a_longer_one():
    assert formed("他一年借了131本书。\n全校的学生一共借走书籍20131本，创了纪录。") == []


@pytest.mark.parametrize(
    ("sentence", "answer", "asks"),
    [
        ("据统计，全市出口茶叶6.8亿元。", "6.8亿元", ("多少", "几元")),
        (
            "青禾大桥9月28日正式通车。",
            "9月28日",
            ("什么时候", "哪天", "何时", "几月几日", "哪一天"),
        ),
        ("市水文站站长苏禾说，水位已经回落。", "苏禾", ("谁", "哪位")),
        ("年画展在云栖美术馆开幕。", "云栖美术馆", ("哪", "什么地方")),
        ("长篇小说《岚江谣》首发式举行。", "《岚江谣》", ("什么", "哪")),
    ],
)
def test_what_a_clause_says_is_asked_for(sentence, answer, asks):
    found = [pair for seed in range(20) for pair in askings(sentence, random.Random(seed))]
    assert found
    for question, said in found:
        assert said == answer
        assert answer not in question
        assert any(word in question for word in asks)
