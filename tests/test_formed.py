"""Questions formed from news: what they ask, where the answer is, and what is not answered."""

from __future__ import annotations

import random

import pytest

from eval.formed import Formed, astray, formed, topics_of, unanswered

REPORT = (
    "青禾大桥昨日合龙。青禾大桥全长3.68公里，主跨628米，总投资29.7亿元。\n"
    "市交通运输局局长林知远说，两岸的居民盼了二十年。\n"
    "由于引桥的征地拆迁比预想的慢，青禾大桥的通车日子推迟到了秋天。\n"
    "青禾大桥9月28日起正式开放通行。"
)
OTHER = "栖云机场去年旅客吞吐量1260万人次，净利润3.2亿元。栖云机场很大，栖云机场很新。"


def every(text: str) -> list[Formed]:
    """What is formed with forty seeds."""
    return [question for seed in range(40) for question in formed(text, random.Random(seed))]


def test_each_of_several_like_things_is_asked_for_by_its_name():
    asked: dict[str, set[str]] = {}
    for question in every(REPORT):
        asked.setdefault(REPORT[slice(*question.answer)], set()).add(question.about(question.topic))
    assert {"3.68公里", "628米", "29.7亿元", "林知远", "引桥的征地拆迁比预想的慢"} <= asked.keys()
    for answer, name in (("3.68公里", "全长"), ("628米", "主跨"), ("29.7亿元", "总投资")):
        assert all(
            question.startswith("青禾大桥") and name in question for question in asked[answer]
        )
    assert all(answer not in question for answer, found in asked.items() for question in found)


def test_topics_are_whole_names_that_a_text_repeats():
    assert topics_of(REPORT) == ["青禾大桥"]
    assert topics_of("岚江涨水。人人都说岚江。") == []


@pytest.mark.parametrize(
    ("sentence", "answer", "asks"),
    [
        ("据统计，全市出口茶叶收入共6.8亿元。", "6.8亿元", ("多少", "几元")),
        ("水位比去年同期上涨3.5%。", "3.5%", ("多少", "百分之")),
        ("青禾大桥2019年正式动工兴建。", "2019年", ("什么时候", "哪", "何时")),
        ("市水文站站长苏禾说，水位已经回落。", "苏禾", ("谁", "哪位", "叫什么")),
        ("第三届木版年画展在云栖美术馆开幕。", "云栖美术馆", ("哪", "什么地方")),
        ("江心洲停水的原因是上游的水管在夜里冻裂了。", "上游的水管在夜里冻裂了", ("为", "原因")),
        ("受检的茶叶品种包括毛尖、银针和岩茶、砖茶。", "毛尖、银针和岩茶、砖茶", ("哪些", "什么")),
        (
            "馆长温怀瑾说：“双鱼洗要休养三年。”",
            "“双鱼洗要休养三年。”",
            ("怎么", "什么"),
        ),
    ],
)
def test_what_a_sentence_says_is_asked_for(sentence, answer, asks):
    text = "“岚江纪”开播了。“岚江纪”很长。大家都看“岚江纪”。" + sentence
    found = [q for q in every(text) if text[slice(*q.answer)] == answer]
    assert found
    assert all(any(word in q.about(q.topic) for word in asks) for q in found)


def test_a_range_a_year_of_something_and_a_part_of_a_number_are_no_answers():
    text = "水位在今晚将会上涨12至15米，第628米处有人值守，2019年底的水位为最近十年里最高。"
    assert every(text) == []


def test_what_a_report_does_not_say_is_asked_of_it():
    others = every(OTHER)
    found: set[str] = set()
    for seed, question in enumerate(every(REPORT)):
        for wrong in unanswered(question, REPORT, others, random.Random(seed)):
            assert ("栖云机场" in wrong) != ("青禾大桥" in wrong)
            found.add(wrong)
    assert any(wrong.startswith("青禾大桥") and "净利润" in wrong for wrong in found)


@pytest.mark.parametrize(
    ("question", "pool", "wrong"),
    [
        ("2023年青禾大桥完工了吗？", "2019年怎么样？", "2019年青禾大桥完工了吗？"),
        ("第三届年画展在哪里？", "第七届呢？", "第七届年画展在哪里？"),
        ("《岚江谣》是谁写的？", "《渡口》讲了什么？", "《渡口》是谁写的？"),
        ("石渡县的茶园有多大？", "禾泉县有多大？", "禾泉县的茶园有多大？"),
        ("《岚江谣》是谁写的？", "《岚江谣》讲了什么？", ""),
        ("它有多长？", "2019年怎么样？", ""),
    ],
)
def test_a_question_goes_astray_by_one_name(question, pool, wrong):
    text = "2023年，青禾大桥完工。第三届年画展开幕。《岚江谣》上演。石渡县产茶。"
    assert astray(question, text, [pool, "随便问问"], random.Random(1)) == wrong
