from __future__ import annotations

import pytest

from rag.conversation import already_said, cited_before, leans, parts, readings, subject
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
    assert readings("维修费用多少钱？", [turn("城东大桥封闭到哪天？")]) == [
        "维修费用多少钱？",
        "城东大桥封闭，维修费用多少钱？",
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


FERRY = Article(
    title="鹤湾渡口改建",
    text="鹤湾渡口5月动工改建，投资3亿元。渡口站长骆远说，候船室面积扩大一倍，票价不变。",
)


def answered(question, short="", standalone="", article=FERRY):
    cited = (Citation(number=1, article=article, start=0, end=len(article.text)),)
    said = Answer(
        question=question,
        status="answered",
        text=f"{article.text}[1]",
        short=short,
        standalone=standalone or question,
        citations=cited,
    )
    return Turn(question=question, answer=said)


WHO = answered("鹤湾渡口的站长是谁？", "骆远")
WHEN = answered("鹤湾渡口什么时候改建？", "5月")


@pytest.mark.parametrize(
    ("turns", "question", "completed"),
    [
        ([WHEN], "它有多大？", "鹤湾渡口有多大？"),
        ([WHEN], "那它有多大？", "鹤湾渡口有多大？"),
        ([WHEN], "为什么改？", "鹤湾渡口为什么改？"),
        ([WHEN], "为什么？", "鹤湾渡口改建，为什么？"),
        ([WHEN], "后来呢？", "鹤湾渡口改建，后来呢？"),
        ([WHEN], "那这是真的吗？", "鹤湾渡口改建，这是真的吗？"),
        ([WHEN], "市长这次去了哪里？", "鹤湾渡口，市长这次去了哪里？"),
        ([WHEN], "另外，票价多少？", "鹤湾渡口，票价多少？"),
        ([WHEN], "要投多少钱？", "鹤湾渡口要投多少钱？"),
        ([WHEN], "那里停车方便吗？", "鹤湾渡口那里停车方便吗？"),
        ([WHEN], "那座渡口归谁管？", "鹤湾渡口归谁管？"),
        ([WHEN], "那天有多少人？", "鹤湾渡口那天有多少人？"),
        ([WHEN], "票价呢？", "鹤湾渡口，票价呢？"),
        ([WHEN], "那青石码头呢？", "鹤湾渡口，青石码头呢？"),
        ([WHO], "他怎么说？", "骆远怎么说？"),
        ([WHO], "谁跟他一起去？", "谁跟骆远一起去？"),
        ([WHO], "那位站长多大？", "骆远多大？"),
        ([WHO], "副站长呢？", "鹤湾渡口，副站长是谁？"),
        ([WHO, answered("骆远还说了什么？")], "他多大？", "骆远多大？"),
        ([answered("谁赢了总统选举？", "佩雷拉")], "他多大？", "佩雷拉多大？"),
        ([WHO, answered("他怎么说？", "不变", "骆远怎么说？")], "它有多大？", "鹤湾渡口有多大？"),
        ([answered("第一期工程投资多少？", "3亿元")], "第二期呢？", "第二期工程投资多少？"),
        ([answered("今年头两个月进口多少？", "3亿元")], "那出口呢？", "今年头两个月出口多少？"),
        ([answered("今年渡口投资多少？", "3亿元")], "那去年呢？", "去年渡口投资多少？"),
        ([answered("渡口投资多少？", "3亿元")], "去年呢？", "去年渡口投资多少？"),
        ([answered("今年一季度进口多少？")], "去年同期呢？", "去年一季度进口多少？"),
        ([answered("去年3月进口多少？")], "4月呢？", "去年4月进口多少？"),
        ([answered("3月24日多少人参赛？")], "去年呢？", "去年多少人参赛？"),
        ([answered("东江区产值多少？")], "换成西江区呢？", "西江区产值多少？"),
        ([answered("坪东江区产值多少？")], "全市呢？", "全市产值多少？"),
        ([answered("“甲”展览票价多少？")], "“乙”展览呢？", "“乙”展览票价多少？"),
        ([answered("联赛冠军是哪支球队？")], "海港队呢？", "联赛冠军，海港队呢？"),
        ([answered("鹤湾渡口总投资多少？")], "它多大？", "鹤湾渡口多大？"),
        ([answered("鹤湾渡口的面积是多少？")], "它多大？", "鹤湾渡口多大？"),
        ([answered("鹤湾渡口总投资多少？")], "票价呢？", "鹤湾渡口，票价是多少？"),
        ([answered("鹤湾渡口总投资多少？")], "长度呢？", "鹤湾渡口，长度是多少？"),
        ([answered("鹤湾渡口总投资多少？")], "南屏隧道呢？", "鹤湾渡口总投资，南屏隧道是多少？"),
        ([answered("有多少人去过鹤湾渡口？")], "它多大？", "鹤湾渡口多大？"),
        ([answered("谁最会唱歌？", "骆远"), answered("骆远多大？")], "方禾呢？", "方禾多大？"),
        (
            [answered("城里哪条河最长，是哪条？", "柳溪")],
            "它有多长？",
            "柳溪有多长？",
        ),
        ([answered("他在哪里办展？", "文化馆", "骆远在哪里办展？")], "那里远吗？", "文化馆远吗？"),
        (
            [WHEN, answered("城东马拉松谁赢了？", "方禾")],
            "刚才说的渡口，票价多少？",
            "鹤湾渡口，票价多少？",
        ),
        (
            [WHEN, answered("城东马拉松谁赢了？", "方禾")],
            "前面说的渡口有多大？",
            "鹤湾渡口有多大？",
        ),
        ([WHO], "What does he say?", "What does he say? (骆远)"),
        ([WHEN], "How large is it?", "How large is it? (鹤湾渡口)"),
    ],
)
def test_what_is_left_out_is_written_out(turns, question, completed):
    assert readings(question, turns)[-1] == completed


@pytest.mark.parametrize(
    "question",
    [
        "城东马拉松男子冠军是谁？",
        "儿童医院建在什么地方？",
        "When is the 城东马拉松?",
        "白鹭今年记录到多少只？",
        "青石大桥和它的设计师拿了几个奖？",
        "Who won the 城东马拉松 this year?",
        "Is there a 城东马拉松?",
    ],
)
def test_what_the_cited_article_does_not_speak_of_stands_alone(question):
    assert readings(question, [WHEN]) == [question]


def test_a_new_subject_behind_an_opening_word_may_be_a_new_topic():
    assert readings("换个话题，城东马拉松谁赢了？", [WHEN]) == ["城东马拉松谁赢了？"]
    assert readings("那城东马拉松是谁赢了？", [WHEN])[0] == "城东马拉松是谁赢了？"


def test_words_of_the_cited_article_may_go_on_about_it():
    assert readings("候船室面积扩大多少？", [WHEN]) == [
        "候船室面积扩大多少？",
        "鹤湾渡口，候船室面积扩大多少？",
    ]


def test_one_that_has_the_subject_already_is_left_alone():
    assert readings("鹤湾渡口票价多少？", [WHEN]) == ["鹤湾渡口票价多少？"]


@pytest.mark.parametrize(
    ("question", "leaning"),
    [
        ("他多大？", True),
        ("其他地方也改建吗？", False),
        ("那儿童票多少钱一张？", True),
        ("湿地那边有多少种水鸟？", False),
        ("什么时候开工？", True),
        ("What about the tickets?", True),
        ("鹤湾渡口什么时候改建？", False),
    ],
)
def test_what_points_back(question, leaning):
    assert leans(question) is leaning


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("鹤湾渡口什么时候改建？", "鹤湾渡口"),
        ("鹤湾渡口的站长是谁？", "鹤湾渡口"),
        ("今年城东马拉松一共有多少人报名？", "今年城东马拉松"),
        ("谁是《江上》的导演？", "《江上》"),
        ("“慢的是福”是谁说的？", "“慢的是福”"),
        ("Where is the 鹤湾渡口?", "鹤湾渡口"),
        ("When did it open?", "When did it open"),
        ("为什么？", ""),
    ],
)
def test_what_a_question_is_about(question, about):
    assert subject(question) == about


@pytest.mark.parametrize("character", ["那", "他", "“", "的", "呢", "1", "a", "，", "比", "年"])
def test_long_questions_take_no_time(character):
    question = character * 1000
    assert readings(question, [Turn(question=question)])


@pytest.mark.parametrize("name", [r"\1号桥", r"城东\g<9>号大桥", "桥\\"])
def test_a_name_is_text_and_no_pattern(name):
    turns = [answered(f"“{name}”的站长是谁？", name, f"“{name}”的站长是谁？")]
    for question in ("它有多长？", "那里远吗？", "他多大？", f"那“{name}二”的呢？", "该桥有多长？"):
        assert name in readings(question, turns)[-1]


def test_turns_without_a_subject_leave_the_thing_before():
    assert readings("它有多大？", [WHEN, turn("为什么？")]) == ["鹤湾渡口有多大？"]
    assert readings("那它呢？", [turn("为什么？")])


def test_a_particle_at_the_end_of_a_question_turns_to_nothing_else():
    turns = [Turn(question="城东大桥主跨有多长？")]
    for question in ("它什么时候通车呢？", "什么时候通车呢？"):
        assert readings(question, turns) == ["城东大桥主跨什么时候通车呢？"]


def test_he_is_who_said_it_where_nobody_else_was_named():
    article = Article(title="大桥合龙", text="“合龙口的误差不到3毫米。”项目总工程师程远说。")
    turns = [answered("城东大桥合龙口的误差有多大？", "不到3毫米", article=article)]
    assert readings("他还说了什么？", turns) == ["程远还说了什么？"]
    article = Article(title="奖金", text="奖金10万元。")
    (reading,) = readings("他多大？", [answered("奖金有多少？", "10万元", article=article)])
    assert "万元" not in reading
