from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from rag import Settings
from rag.answer import NO_WORDS, OTHERS, choose, cite, sentences_of, together
from rag.dates import period_in
from rag.evidence import FEATURES, EvidenceModel, evidence_model, features, likeliest, query_of
from rag.terms import bigrams, share
from rag.types import Article, Hit, Passage


class ByWords(EvidenceModel):
    """Its one feature is the share of the question's terms in the sentence: the probability too."""

    def order(self, rows):
        return rows[:, 0] * 10

    def probability(self, rows):
        return rows[:, 0]


MODEL = ByWords(choice=np.zeros(2), support=np.zeros(2))


def shares(query, found):
    """The rows of ``MODEL``."""
    return np.array([[share(query.weights, set(bigrams(s.text)))] for s in found]).reshape(-1, 1)


def hit(text, title="题", score=1.0):
    article = Article(title=title, text=text)
    passage = Passage(article_id=article.id, start=0, end=len(text))
    return Hit(article=article, passage=passage, score=score, dense=0.9, lexical=1.0)


def evidence(question, *hits, settings=None):
    query = query_of(question, {}, 10)
    found = sentences_of(hits)
    return choose(query, found, shares(query, found), MODEL, settings or Settings())


def texts(chosen):
    return [[sentence.text for sentence in group] for group in chosen.groups]


def test_the_best_sentence_is_quoted():
    chosen = evidence("白鹭多少只？", hit("湿地开幕了。白鹭共312只。天气很好。"))
    assert texts(chosen)[0] == ["白鹭共312只。"]
    assert cite(chosen)[0].startswith("白鹭共312只。[1]")


def test_nothing_found_is_no_evidence():
    chosen = evidence("白鹭多少只？")
    assert (chosen.groups, chosen.confidence) == ((), 0.0)


def test_a_second_sentence_brings_the_other_half():
    chosen = evidence(
        "城东大桥和鹤湾渡口各有多长？", hit("城东大桥长三公里。"), hit("鹤湾渡口长一百米。", "渡")
    )
    assert texts(chosen) == [["城东大桥长三公里。"], ["鹤湾渡口长一百米。"]]


def test_the_same_news_in_two_articles_is_cited_together():
    chosen = evidence(
        "白鹭多少只？",
        hit("湿地今年共记录白鹭312只。", "甲"),
        hit("湿地今年共记录到白鹭312只。", "乙"),
    )
    text, citations = cite(chosen)
    assert text == "湿地今年共记录白鹭312只。[1][2]"
    assert [c.article.title for c in citations] == ["甲", "乙"]


def test_rivals_of_two_articles_are_both_shown():
    chosen = evidence(
        "火灾几人受伤？",
        hit("仓库火灾造成3人受伤送医院。", "甲"),
        hit("调查称那场火灾5人受伤，其中两人次日就诊。", "乙"),
    )
    assert {group[0].hit.article.title for group in chosen.groups} == {"甲", "乙"}


def test_what_leans_on_its_neighbour_is_quoted_with_it():
    chosen = evidence("汤要熬多久？", hit("掌勺的是方禾。她说，汤要熬足九个小时。"))
    assert texts(chosen)[0] == ["掌勺的是方禾。她说，汤要熬足九个小时。"]


def test_a_sentence_that_only_asks_is_quoted_with_the_next():
    chosen = evidence("地从哪里来？", hit("地从哪里来？学校操场下面可以挖。天气很好。"))
    assert texts(chosen)[0] == ["地从哪里来？学校操场下面可以挖。"]


def test_what_the_paper_asks_itself_is_quoted_as_far_as_its_answer():
    text = "大桥通车日期推迟到十月。为什么晚了？指挥部说征地太慢。工人都回家了。"
    said = texts(evidence("大桥通车为什么推迟？", hit(text)))[0]
    assert said == ["大桥通车日期推迟到十月。为什么晚了？指挥部说征地太慢。"]


def test_a_reason_is_quoted_as_far_as_it_is_named():
    text = "仓库昨天发生火灾。没有人受伤。起火原因是电池过热。损失不大。"
    said = texts(evidence("仓库为什么发生火灾？", hit(text)))[0]
    assert said == ["仓库昨天发生火灾。没有人受伤。起火原因是电池过热。"]


MEASURES = "一是加强培训。二是改造设备。三是降低价格。"


@pytest.mark.parametrize(
    ("question", "text", "quoted"),
    [
        ("方案分哪三项？", "方案分三项。一是修路；二是种树、架桥。别的不提。", slice(0, -5)),
        ("三集的名字分别是什么？", "三集的名字依次是《山》《水》《人》。每集很短。", slice(0, -5)),
        ("公司推出哪三项措施？", f"公司推出三项措施。{MEASURES}公司很老。", slice(0, -5)),
        ("公司推出哪些措施？", f"公司推出三项措施。{MEASURES}公司很老。", slice(0, -5)),
        ("加强培训和另外哪三项？", f"公司推出三项措施。{MEASURES}公司很老。", slice(9, -5)),
        ("公司推出哪五项措施？", f"公司推出五项措施。{MEASURES}四是招人。五是开店。", slice(None)),
    ],
)
def test_a_list_is_quoted_until_it_has_as_many_things(question, text, quoted):
    assert texts(evidence(question, hit(text)))[0] == [text[quoted]]


def test_never_more_than_the_settings_allow():
    hits = [hit(f"甲乙丙丁戊己{n}号说法各不相同{n * n}。", f"题{n}") for n in range(9)]
    chosen = evidence("甲乙丙丁戊己说法？", *hits, settings=Settings(max_sentences=2))
    assert len(chosen.groups) <= 2


def test_the_likeliest_share_words_or_hold_a_span_and_come_first():
    query = query_of("白鹭多少只？", {}, 10)
    found = sentences_of(
        [hit("湿地开幕了。天气很好。白鹭共312只。"), hit("面馆很老。汤很香。", "汤")]
    )
    assert likeliest(query, found, 2) == [1, 2]  # beside the words, and with them
    read = [replace(s, score=30.0 if s.text == "汤很香。" else 0.0) for s in found]
    assert likeliest(query, read, 2) == [4, 1]
    assert sorted(likeliest(query, found, 9)) == [0, 1, 2, 3, 4]


def test_the_weights_that_ship_fit_the_features():
    model = evidence_model()
    assert len(model.choice) == len(model.support) == len(FEATURES) + 1
    rows = np.zeros((2, len(FEATURES)))
    rows[1, [FEATURES.index(name) for name in ("span", "span_lead", "fused")]] = 1.0
    assert model.order(rows)[1] > model.order(rows)[0]
    assert model.probability(rows)[1] > model.probability(rows)[0]
    assert ((model.probability(rows) > 0) & (model.probability(rows) < 1)).all()


def test_features_of_a_sentence():
    query = query_of("《岸》共几集？2019年的", {"共": 5}, 10)
    first, second = sentences_of([hit("纪录片《岸》共六集。片长很长。", "岸")])
    found = [replace(first, words=(6, 9), score=3.0), replace(second, score=-2.0)]
    rows = features(query, found, [0.5, 0.4])
    named = dict(zip(FEATURES, rows[0], strict=True))
    assert rows.shape == (2, len(FEATURES))
    assert named["cosine"] == 0.5
    assert (named["span"], named["span_behind"]) == (0.3, 0.0)
    assert (named["span_holds"], named["agreement"]) == (1.0, 0.0)
    assert named["holds"] == 1.0
    assert named["names_missing"] == pytest.approx(0.5)
    assert named["length"] == pytest.approx(0.1)


def test_another_article_that_says_the_same_words_is_agreement():
    query = query_of("白鹭多少只？", {}, 10)
    said = ("湿地记录白鹭312只。", "志愿者数到312只白鹭。", "白鹭有40只。")
    numbers = ("312", "312", "40")
    found = [
        replace(s, words=(s.text.index(n), s.text.index("只") + 1), score=1.0)
        for s, n in zip(sentences_of([hit(t, t[:2]) for t in said]), numbers, strict=True)
    ]
    rows = features(query, found, [0.9] * 3)
    assert list(rows[:, FEATURES.index("agreement")]) == [1.0, 1.0, 0.0]


def read_as(question, text, words, score=5.0):
    """The evidence for a passage in whose sentence the reader marks these words."""
    query = query_of(question, {}, 10)
    found = [
        replace(s, words=(text.index(words), text.index(words) + len(words)), score=score)
        if words in s.text
        else s
        for s in sentences_of([hit(text)])
    ]
    return choose(query, found, shares(query, found), MODEL, Settings())


def test_the_short_answer_is_marked_in_its_quote():
    chosen = read_as("白鹭多少只？", "湿地开幕了。白鹭共312只。", "312只")
    _, (citation,) = cite(chosen)
    assert chosen.short == "312只"
    assert citation.article.text[slice(*citation.words)] == "312只"


def test_a_list_is_a_short_answer_with_all_its_parts():
    chosen = read_as("种了哪些树？", "岸边种了柳树、水杉和乌桕。", "柳树")
    assert chosen.short == "柳树、水杉和乌桕"


def test_no_short_answer_that_is_part_of_a_list():
    assert (
        read_as("方案分哪三项？", "方案分三项：修路、种树和架桥。", "修路").short
        == "修路、种树和架桥"
    )
    told = "一是修路，二是种树，三是架桥"
    assert read_as("方案分哪三项？", f"{told}。", "一是修路").short == told
    assert read_as("方案分哪三项？", "先修路，后种树、架桥。", "修路").short == ""
    told = "提出三条要求：河道与道路必须隔开，每月报备，夜里两人值守。"
    marked = "三条要求：河道与道路必须隔开"
    assert (
        read_as("提了哪些要求？", told, marked).short
        == "河道与道路必须隔开，每月报备，夜里两人值守"
    )


def test_the_one_day_of_a_sentence_is_told_where_the_reader_marks_no_day():
    race = "5月6日，2031长跑开跑，三千人出发。"
    assert read_as("长跑是哪天跑的？", race, "2031长跑").short == "5月6日"
    two = read_as("长跑是哪天跑的？", f"{race[:-1]}，5月7日收尾。", "2031长跑")
    assert two.short == "2031长跑"


def test_a_day_is_told_without_the_rest_of_its_dateline():
    sent = "新华社石渡5月6日电（记者 孟秋）长跑开跑，三千人出发。"
    assert read_as("长跑是哪天跑的？", sent, "新华社石渡5月6日电").short == "5月6日"
    assert read_as("长跑是哪天跑的？", sent, "5月6日电").short == "5月6日"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("大会定在5月6日后召开。", "5月6日后"),
        ("大会在5月6日之前召开。", "5月6日之前"),
        ("5月6日前往开会。", "5月6日"),
        ("5月6日，后勤开会。", "5月6日"),
    ],
)
def test_before_or_after_a_day_is_told(text, told):
    assert read_as("大会哪天召开？", text, "5月6日").short == told
    assert read_as("大会要在哪天前后召开？", text, "5月6日").short == "5月6日"


def test_what_is_denied_is_not_told():
    told = "导演说：“想拍的不是风光，而是一条江，和人。”"
    for marked in ("不是风光", "风光", "一条江"):
        assert read_as("导演想拍的是什么？", told, marked).short == "一条江"


def test_a_place_is_told_on_the_level_asked_for():
    text = "新馆建在禾泉省石渡市临江区。"
    for level, place in (("省", "禾泉省"), ("城市", "石渡市"), ("区", "临江区")):
        assert read_as(f"新馆建在哪个{level}？", text, "禾泉省石渡市临江区").short == place
    assert read_as("新馆建在哪个省会城市？", text, "禾泉省石渡市").short == "石渡市"
    assert read_as("新馆建在哪个区县？", text, "石渡市临江区").short == "临江区"
    for question in ("新馆建在哪里？", "新馆建在哪个省哪个市？"):
        assert read_as(question, text, "禾泉省石渡市").short == "禾泉省石渡市"
    port = "新馆建在禾泉省杨镇市江州区。"
    assert read_as("新馆建在哪个市？", port, "禾泉省杨镇市江州区").short == "杨镇市"
    assert read_as("新馆建在哪个区？", port, "禾泉省杨镇市江州区").short == "江州区"
    assert read_as("新馆建在哪个村？", text, "石渡市临江区").short == "石渡市临江区"


def test_of_two_numbers_the_one_of_the_thing_asked_for_is_told():
    hurt = "事故造成5人受伤，其中2人重伤。"
    for question in ("到底有几个人受伤？", "有多少人受伤？"):
        assert read_as(question, hurt, "2人").short == "5人"
    assert read_as("投入多少人民币？", "共投入10亿人民币。", "10亿").short == "10亿人民币"
    leaked = read_as("多少个人信息被泄露？", "共有3万条个人信息被泄露。", "3万条")
    assert leaked.short == "3万条"


def test_a_number_is_told_in_the_papers_measure():
    assert read_as("屋里有多少棵树？", "屋里有四株老树。", "四株").short == "四株"
    assert read_as("要走几分钟？", "从家里走过去要半小时。", "半小时").short == "半小时"
    assert read_as("出口增长了多少？", "出口比去年翻了一番。", "翻了一番").short == "翻了一番"
    assert read_as("票价是多少？", "票价是每张50欧元。", "50欧元").short == "每张50欧元"


def test_a_number_is_told_where_the_question_compares():
    chosen = read_as("白鹭与去年相比多了多少只？", "白鹭比去年多45只。", "45只")
    assert chosen.short == "45只"


def test_an_office_is_told_whole():
    text = "委员、石渡县委书记林知远表示，路要修好。"
    assert read_as("林知远是什么职务？", text, "石渡县委").short == "委员、石渡县委书记"
    seen = read_as("林知远是什么职务？", "记者昨天采访了林知远，他是县委书记。", "县委书记")
    assert seen.short == "县委书记"


def test_a_region_that_the_article_does_not_name_is_missing():
    found = sentences_of([hit("石渡县现有茶园12万亩。", "茶")])
    missing = FEATURES.index("names_missing")
    for region, part in (("禾泉", 1.0), ("石渡", 0.0)):
        query = query_of(f"{region}县茶园有多少亩？", {}, 10)
        assert features(query, found, [0.9])[0, missing] == part


def test_a_name_in_another_passage_of_the_article_is_not_missing():
    text = "石渡县的展会“云 上茶”开幕。参展的有1,200人。"
    article = Article(title="展会", text=text)
    passage = Passage(article_id=article.id, start=text.index("参展"), end=len(text))
    found = sentences_of([Hit(article=article, passage=passage, score=1.0)])
    for question, part in (
        ("“云上茶”有多少人参展？", 0.0),
        ("“山上茶”有多少人参展？", 1.0),
        ("1200人参加的是什么展会？", 0.0),
        ("200人参加的是什么展会？", 1.0),
        ("“云上茶”有200人参展吗？", 0.5),
    ):
        row = features(query_of(question, {}, 10), found, [0.9])[0]
        assert row[FEATURES.index("names_missing")] == part


def test_no_short_answer_where_a_sentence_must_do():
    for question in ("白鹭是否多了？", "哪种鸟更多？", "今年的白鹭怎么样？"):
        chosen = read_as(question, "白鹭共312只，因为水位低了。", "312只")
        assert chosen.short == ""
        assert cite(chosen)[1][0].words is None


def test_a_reason_is_told_where_the_reader_is_sure_of_it():
    told = "白鹭共312只，因为水位低了。"
    assert read_as("白鹭为什么多了？", told, "水位低了").short == "水位低了"
    assert read_as("白鹭为什么多了？", told, "水位低了", score=-1.0).short == ""


def test_words_of_the_kind_asked_for_are_told_where_the_reader_is_not_sure():
    assert read_as("白鹭多少只？", "白鹭共312只。", "312只", score=-3.0).short == "312只"
    trees = read_as("种了哪些树？", "岸边种了柳树、水杉和乌桕。", "柳树", score=-3.0)
    assert trees.short == "柳树、水杉和乌桕"


def test_no_short_answer_of_which_the_reader_is_not_sure():
    unsure = read_as("白鹭多少只？", "白鹭共312只。", "白鹭", score=-3.0)
    sure = read_as("白鹭多少只？", "白鹭共312只。", "312只")
    assert unsure.short == ""
    assert unsure.confidence == NO_WORDS < sure.confidence
    assert read_as("种了什么树？", "岸边种了柳树。", "柳树", score=-3.0).short == ""


@pytest.mark.parametrize(
    ("question", "trusted"),
    [("停电多少小时？", False), ("用煤多少吨？", True), ("用煤是多少？", True)],
)
def test_a_number_of_another_unit_is_not_trusted(question, trusted):
    chosen = read_as(question, "停电时用煤5200吨。", "5200吨")
    assert chosen.short == "5200吨"
    assert (chosen.confidence > NO_WORDS) == trusted


def test_one_sentence_does_not_tell_of_two_things_apart():
    egrets, ducks = "白鹭多少只？", "野鸭多少只？"
    each = [read_as(egrets, "白鹭312只。", "312只"), read_as(ducks, "野鸭46只。", "46只")]
    assert together(each).short == "312只；46只"
    same = read_as(egrets, "水鸟358只。", "358只")
    assert together([same, same]).short == ""
    each = [read_as(q, "白鹭312只，野鸭46只。", n) for q, n in ((egrets, "312只"), (ducks, "46只"))]
    assert together(each).short == "312只；46只"
    assert texts(together(each)) == [["白鹭312只，野鸭46只。"]]


def test_a_sentence_that_must_do_is_trusted_without_words():
    assert read_as("白鹭为什么多了？", "白鹭多了，因为水位低。", "水位").confidence > NO_WORDS


def test_a_neighbour_that_holds_the_answer_is_quoted_too():
    chosen = read_as("白鹭那天在做什么？", "白鹭那天来了。整天捉鱼。天气很好。", "捉鱼")
    assert texts(chosen) == [["白鹭那天来了。整天捉鱼。"]]
    assert chosen.short == "捉鱼"


@pytest.mark.parametrize(
    ("question", "text", "words", "quoted"),
    [
        ("白鹭共几只几种？", "白鹭那天共来了。共312只。", "312只", ["白鹭那天共来了。共312只。"]),
        (
            "湿地面积、白鹭只数是怎样的？",
            "湿地面积多大？白鹭只数是312。",
            "312",
            ["白鹭只数是312。", "湿地面积多大？"],
        ),
    ],
)
def test_nothing_is_quoted_twice(question, text, words, quoted):
    assert texts(read_as(question, text, words)) == [[one] for one in quoted]


def test_what_was_said_before_is_not_quoted_between_two_sentences():
    query = query_of("水位还怎么了？", {}, 10)
    name, _, said = sentences_of([hit("孟秋是站长。白鹭今年有312只。他说水位很低。")])
    found = [name, said]
    chosen = choose(query, found, shares(query, found), MODEL, Settings(max_sentences=1))
    assert texts(chosen) == [["他说水位很低。"]]


def test_the_short_answer_ends_with_its_quote():
    whole = hit("获奖的人是王小明（院长）。")
    passage = replace(whole.passage, end=whole.article.text.index("）"))
    (sentence,) = sentences_of([replace(whole, passage=passage)])
    found = [replace(sentence, words=(5, 11), score=5.0)]
    query = query_of("获奖的人是谁？", {}, 10)
    _, (citation,) = cite(choose(query, found, shares(query, found), MODEL, Settings()))
    assert citation.words == (5, 11)


@pytest.mark.parametrize(
    ("question", "text", "timely"),
    [
        ("去年卖出多少台？", "公司去年卖出600台。", True),
        ("去年卖出多少台？", "公司今年卖出600台。", False),
        ("去年卖出多少台？", "公司2023年卖出600台。", True),
        ("去年卖出多少台？", "公司成立于2022年，卖出600台。", False),
        ("今年1月卖出多少台？", "公司上月卖出600台。", True),
        ("去年3月5日卖出多少台？", "公司去年卖出600台。", False),
        ("去年3月5日卖出多少台？", "公司去年3月5日卖出600台。", True),
        ("卖出多少台？", "公司今年卖出600台。", True),
    ],
)
def test_a_passage_is_of_the_time_that_its_words_name(question, text, timely):
    article = Article(title="题", text=text, date=date(2024, 2, 20))
    passage = Passage(article_id=article.id, start=0, end=len(text))
    found = sentences_of([Hit(article=article, passage=passage, score=1.0)])
    query = query_of(question, {}, 10, period_in(question, date(2024, 6, 1)))
    row = features(query, found, [0.9])[0]
    assert row[FEATURES.index("untimely")] == (not timely)


@pytest.mark.parametrize(
    ("question", "told", "words", "of_others"),
    [
        ("涪滨区区委书记是谁？", "涪滨区区委书记林知远说，路要修好。", "林知远", False),
        ("云栈区区委书记是谁？", "涪滨区区委书记林知远说，路要修好。", "林知远", True),
        ("临江滨县哪天开会？", "5月6日，滨县开会。", "5月6日", False),
        ("河南省哪天开会？", "5月6日，湖南省开会。", "5月6日", True),
        ("广州市哪天开会？", "5月6日，杭州市开会。", "5月6日", True),
        ("渝北区哪天开会？", "5月6日，江北区开会。", "5月6日", True),
        ("周禾为什么说市场会好？", "周禾说，路修好了，市场会好。", "路修好了", False),
        ("茶叶研究所的所长是谁？", "茶叶研究所副所长林知远说，茶好。", "林知远", True),
        ("茶叶研究所的副所长是谁？", "茶叶研究所副所长林知远说，茶好。", "林知远", False),
        ("岚舟公司的董事长是谁？", "岚舟公司总裁林知远说，车好。", "林知远", True),
        ("石渡学院的校长是谁？", "石渡学院院长林知远说，书好。", "林知远", False),
        ("岚舟公司由谁当家？", "岚舟公司总裁林知远说，车好。", "林知远", False),
        ("第二次全体会议哪天开？", "5月6日，第三次全体会议召开。", "5月6日", True),
        ("第3次全体会议哪天开？", "5月6日，第三次全体会议召开。", "5月6日", False),
        ("第一届书展哪天开？", "5月6日，首届书展开幕。", "5月6日", False),
    ],
)
def test_a_sentence_that_speaks_of_others_is_hardly_trusted(question, told, words, of_others):
    assert (read_as(question, told, words).confidence <= OTHERS) == of_others


def test_a_paper_need_not_name_its_own_city():
    question, text = "石渡市书展哪天开幕？", "书展5月6日开幕，三千人看书。"
    local = hit(text)
    local = replace(local, article=replace(local.article, source="石渡日报"))
    query = query_of(question, {}, 10)
    for one, trusted in ((local, True), (hit(text), False)):
        start = text.index("5月6日")
        found = [replace(sentences_of([one])[0], words=(start, start + 4), score=5.0)]
        chosen = choose(query, found, shares(query, found), MODEL, Settings())
        assert (chosen.confidence > OTHERS) == trusted
