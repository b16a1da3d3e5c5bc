"""Claims of a sentence, compared with what a passage holds."""

from __future__ import annotations

import json
from datetime import date

import pytest
from conftest import EXAMPLES

from rag.passages import passages, sentences
from rag.types import Article, Hit
from rag.writing.amounts import amounts, evened
from rag.writing.check import check
from rag.writing.claims import claims, held, missing
from rag.writing.contrast import mixed_up
from rag.writing.negation import contradicts
from rag.writing.times import clocks

DAY = date(2024, 3, 28)


def lacks(sentence, text, title="题", day=DAY):
    article = Article(title=title, text=text, date=day)
    return [
        claim.words for claim in missing(sentence, claims(sentence), [held(article, 0, len(text))])
    ]


@pytest.mark.parametrize(
    ("words", "value", "unit"),
    [
        ("二点一万户", 21000, "户"),
        ("９．４亿元", 940_000_000, "money"),
        ("九亿四千万元", 940_000_000, "money"),
        ("9亿4000万元", 940_000_000, "money"),
        ("百分之十二", 12, "percent"),
        ("四成一", 41, "percent"),
        ("一成半", 15, "percent"),
        ("三分之二", 200 / 3, "percent"),
        ("一年半", 18, "months"),
        ("3.5公里", 3500, "length"),
        ("1,860米", 1860, "length"),
        ("两百多名", 200, "名"),
        ("2.5 million people", 2_500_000, ""),
        ("翻了一番", 2, "times"),
    ],
)
def test_amounts(words, value, unit):
    found = [(round(float(a.value), 3), a.unit) for a in amounts(evened(words))]
    assert (round(float(value), 3), unit) in found


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("21:35", 1295),
        ("晚9时35分", 1295),
        ("下午两点半", 870),
        ("7点一刻", 435),
        ("零时", 0),
        ("5 p.m.", None),
    ],
)
def test_clocks(words, minutes):
    assert [c.minutes for c in clocks(evened(words))] == ([] if minutes is None else [minutes])


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("共有六集。", "全片共6集。"),
        ("影响约4.3万户。", "影响43,120户。"),
        ("影响4万多户。", "影响43120户。"),
        ("面积不到1.2公顷。", "面积1.18公顷。"),
        ("一九九八年以来最高。", "是1998年以来的最高值。"),
        ("2024年3月27日合龙。", "大桥昨天合龙。"),
        ("3月27日合龙。", "大桥27日合龙。"),
        ("2023年8月购买。", "去年8月购买。"),
        ("据3月28日的报道，大桥合龙。", "大桥合龙。"),
        ("24日0时开始。", "24日零时开始。"),
        ("《堤》里有“欠市民的一笔账”。", "第四集《堤》说“这是我们欠市民的一笔账”。"),
        ("局长贺砚平介绍了情况。", "市交通运输局局长贺砚平在现场介绍。"),
        ("王岚説水位下降。", "王岚说，水位下降。"),
        ("GDP增长6%。", "地区生产总值增长6%。"),
        ("It opened on March 27, 2024.", "大桥3月27日通车。"),
        ("It carried 214,000 passengers.", "客运量21.4万人次。"),
        ("The 青禾大桥 is 3.68 kilometres long.", "青禾大桥全长3.68公里。"),
        ("一些人一起去了，十分高兴。", "有人去。"),
        ("架设了5G基站。", "架了一座5G基站。"),
        ("详情见 http://a.example/x 。", "见 http://a.example/x 。"),
    ],
)
def test_other_forms_of_the_same_are_held(sentence, text):
    assert lacks(sentence, text) == []


@pytest.mark.parametrize(
    ("sentence", "text", "words"),
    [
        ("共有七集。", "全片共6集。", "七集"),
        ("影响4.3万户。", "影响43120户。", "4.3万户"),
        ("投资3.2亿美元。", "投资3.2亿元。", "3.2亿美元"),
        ("全长80米。", "时速80公里。", "80米"),
        ("全长628米。", "全长1628米。", "628米"),
        ("3月26日合龙。", "大桥昨天合龙。", "3月26日"),
        ("3月28日合龙。", "大桥昨天合龙。", "3月28日"),
        ("2022年8月购买。", "去年8月购买。", "2022年8月"),
        ("晚上9时开始。", "上午9时开始。", "晚上9时"),
        ("《渡》首播。", "《堤》首播。", "《渡》"),
        ("市长王岚出席。", "市长李牧出席，局长王岚作报告。", "市长王岚"),
        ("局长贺砚清介绍了情况。", "局长贺砚平在现场介绍。", "贺砚清"),
        ("南桑区停水。", "望溪区停水。", "南桑区"),
        ("架设了5G基站。", "架了一座4G基站。", "5"),
        ("AI软件停用。", "CT软件停用。", "AI"),
        ("Mr Bowen spoke.", "市长讲话。", "Bowen"),
        ("见 http://a.example/x 。", "见 http://b.example/x 。", "http://a.example/x"),
        ("写信给 a@b.example 。", "写信。", "a@b.example"),
        ("见javascript:alert(1)", "见。", "javascript:alert(1"),
    ],
)
def test_what_is_not_held_is_named(sentence, text, words):
    assert words in lacks(sentence, text)


PRICES = "全程报名费120元，半程90元，欢乐跑40元。"


@pytest.mark.parametrize(
    ("sentence", "text", "wrong"),
    [
        ("半程报名费40元。", PRICES, "40元"),
        ("半程报名费90元。", PRICES, None),
        ("进口增长14.9%。", "其中出口41.6亿元，增长14.9%；进口16.7亿元，增长3.5%。", "14.9%"),
        ("志愿者分成42组。", "志愿者分成15组，走了42条样线。", "42组"),
        ("车程只要8分钟。", "车程由40分钟缩短到8分钟。", None),
        (
            "市长李牧书面报告了预算安排。",
            "市长李牧作工作报告。局长王岚书面报告了预算安排。",
            "李牧",
        ),
    ],
)
def test_a_detail_beside_other_words_is_mixed_up(sentence, text, wrong):
    article = Article(title="题", text=text, date=DAY)
    found = mixed_up(sentence, claims(sentence), [held(article, 0, len(text))])
    assert (found.words if found else None) == wrong


@pytest.mark.parametrize(
    ("sentence", "evidence", "wrong"),
    [
        ("伤者没有生命危险。", "伤者有生命危险。", True),
        ("伤者有生命危险。", "3人受伤，伤者没有生命危险。", True),
        ("伤者没有生命危险。", "3人受伤，伤者均无生命危险。", False),
        ("大桥小客车要收费。", "大桥小客车免费通行。", True),
        ("大桥小客车免费通行。", "大桥小客车不收费。", False),
        ("大桥允许车辆通行。", "大桥禁止车辆通行。", True),
        ("她答应了邀请。", "她想了一个星期，谢绝了。", True),
        ("房价比去年同期下降。", "房价比去年同期上升。", True),
        ("市民不得不绕行。", "市民需要绕行。", False),
        ("不仅市民来了，游客也来了。", "市民和游客都来了。", False),
        ("They did not open the bridge.", "They opened the bridge to cars.", True),
    ],
)
def test_denials(sentence, evidence, wrong):
    assert contradicts(sentence, [evidence]) == wrong


@pytest.mark.parametrize("char", list("一1.年月日号点时第《“a@:/半万市长王"))
def test_long_runs_of_one_character_end(char):
    claims(char * 20_000)


def test_the_papers_own_sentences_are_supported():
    rows = (EXAMPLES / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    unsupported = []
    for row in map(json.loads, rows):
        article = Article(
            title=row["title"] or "",
            text="\n".join(row["paragraphs"]),
            date=date.fromisoformat(row["date"]),
        )
        for passage in passages(article):
            hit = Hit(article=article, passage=passage, score=1.0)
            for start, end in sentences(hit.text):
                verdict = check(hit.text[start:end], [hit], _never)
                own = (passage.start + start, passage.start + end)
                if own not in [quote.span for quote in verdict.quotes]:
                    unsupported.append(hit.text[start:end])
    assert unsupported == []


def _never(texts):
    raise AssertionError(f"no need to embed {texts}")
