import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.boundaries import AUTHOR_MARKS
from rag.lines import lines_of
from rag.marks import Kind, ends_sentence, kind_of
from rag.newspaper import articles_of, first_sentence, repair
from rag.types import RawText

PAGE = Path(__file__).parents[2] / "shared/data/page/chongqing-daily-2023-12-27.txt"
DATELINE = "本报讯（记者 林知远）昨日上午，全市第一座跨江步行桥正式开放，桥长三百二十米。"


def solid(text):
    drop = "\u200b\u200c\u200d\u2060\ufeff"
    return "".join(c for c in text if not c.isspace() and c not in drop)


def read(text, path="page.txt", **fields):
    return articles_of(RawText(path=path, text=text, **fields))


def wrap(text, width, indent=""):
    text = indent + text
    return "\n".join(text[i : i + width] for i in range(0, len(text), width))


# --- the real page ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    """The page, its printed lines (named by their numbers: its words are not ours to print)."""
    if not PAGE.exists():
        pytest.skip(f"no {PAGE}")
    raw = RawText(path=str(PAGE), text=PAGE.read_text(encoding="utf-8"))
    return raw, [line.strip() for line in raw.text.splitlines() if line.strip()], articles_of(raw)


def test_real_page_has_its_five_articles(real):
    _, printed, articles = real
    titles = [a.title for a in articles]
    assert titles == [printed[0], printed[29], printed[55], printed[62], printed[70]]
    assert [a.title_derived for a in articles] == [False, False, True, False, False]
    assert [len(a.text.split("\n")) for a in articles] == [24, 20, 7, 6, 4]
    assert [a.text.split("\n")[0] for a in articles] == [printed[i] for i in (2, 31, 55, 63, 71)]
    assert {a.date for a in articles} == {date(2023, 12, 27)}


def test_real_page_heads_and_bylines(real):
    _, printed, articles = real
    assert [a.subtitle for a in articles] == [printed[1], printed[30], None, None, None]
    assert [a.author for a in articles] == [None, None, "本报评论员", None, None]
    assert articles[0].byline == printed[28].strip("（）")
    assert articles[1].byline == printed[53].strip("（）")
    assert articles[2].byline is None
    assert (articles[3].byline or "").startswith("见习记者 ")
    assert (articles[4].byline or "").startswith("首席记者 ")


def test_real_page_joins_each_cut_paragraph(real):
    _, printed, articles = real
    paragraphs = [p for a in articles for p in a.text.split("\n")]
    for cut in (9, 16, 22, 37, 43, 47, 66, 72):
        assert printed[cut] + printed[cut + 1] in paragraphs
    headings = [printed[i] for i in (5, 12, 20, 33, 42, 49)]
    assert [p for p in paragraphs if not ends_sentence(p)] == headings


def test_real_page_keeps_every_character(real):
    raw, _, articles = real
    told = "".join(
        ("" if a.title_derived else a.title) + (a.subtitle or "") + (a.author or "") + a.text
        for a in articles
    )
    assert solid(told) == solid(raw.text).replace("□", "")


# --- repair -------------------------------------------------------------------------------------

LONG = "去年全市改造老旧小区一百一十八个，惠及居民近四万户，但公共停车位的缺口仍有六万多个。"
NEXT = "今年计划新增公共停车位一万五千个，其中三成建在学校操场和公园的地下，年底前全部开放。"


@pytest.mark.parametrize("width", [15, 18, 23, 30])
@pytest.mark.parametrize("indent", ["", "　　", "    "])
@pytest.mark.parametrize("between", ["\n", "\n\n", "\r\n\r\n"])
def test_wrapped_paragraphs_come_back(width, indent, between):
    paragraphs = [LONG, NEXT, LONG[3:], NEXT[4:]]
    printed = between.join(wrap(p, width, indent) for p in paragraphs)
    assert repair(printed) == "\n".join(paragraphs)


@pytest.mark.parametrize("cut", ["\n\n", "\n\f\n", "\f", "\n\n\n", "  \r\n\r\n"])
def test_a_paragraph_cut_at_a_column_end_is_joined(cut):
    assert repair(LONG[:25] + cut + LONG[25:] + "\n\n" + NEXT) == f"{LONG}\n{NEXT}"
    wrapped = wrap(LONG[:25], 20) + cut + wrap(LONG[25:], 20) + "\n\n" + wrap(NEXT, 20)
    assert repair(wrapped) == f"{LONG}\n{NEXT}"


def test_a_full_line_with_a_stop_is_decided_by_the_indent():
    first = "全市改造老旧小区一百一十八个惠及四万户。"
    assert len(first) == 20
    body = wrap(LONG, 20, "　　") + "\n" + wrap(NEXT, 20, "　　")
    assert repair(f"{body}\n　　{first[:18]}\n{first[18:]}{NEXT}").count("\n") == 2
    one = f"　　他说，{first[:15]}\n这是第一句。{LONG[:14]}\n{LONG[14:34]}\n{LONG[34:]}"
    assert repair(f"{body}\n{one}").count("\n") == 2
    two = f"　　{LONG[:18]}\n{first}\n　　{NEXT[:18]}\n{NEXT[18:38]}\n{NEXT[38:]}"
    assert repair(f"{body}\n{two}").endswith(f"{first}\n{NEXT}")


def test_headings_and_lists_are_glued_to_nothing():
    text = f"去年的答卷\n{LONG}\n\n一、停车\n二、养老\n三、教育\n{NEXT}"
    assert repair(text).split("\n")[0] == "去年的答卷"
    assert repair(text).split("\n")[2:5] == ["一、停车", "二、养老", "三、教育"]


def test_latin_words_at_a_join_get_their_space_and_numbers_do_not():
    cut = (
        "这家公司的英文名叫Lanzhou Smart\nEquipment，去年卖出了20\n23台机器人，今年还要再多卖一些。"
    )
    repaired = repair(f"{LONG}{cut}\n\n{NEXT}")
    assert "Lanzhou Smart Equipment，去年卖出了2023台" in repaired


def test_white_space_is_normalised_and_control_characters_stay():
    assert (
        repair("\ufeff去年\u00a0 今年，\u200b都好。 \x07\u202e\r\n\r\n\r\n")
        == "去年 今年，都好。 \x07\u202e"
    )
    assert repair("") == repair(" \n\f\u3000") == ""


SIGNS = "，。、：？“”（）《》—…□●·1aB \u3000\t\r\n\n\f\v\x85\u2028\u200b\ufeff\u00a0\x00\x1c\u202e"
WORDS = (
    "市 发展 第3版 12 青岚日报 本报讯 □本报评论员 ——一年记 一、 去年的答卷 New 完 来源： http://a.cn"
).split()
LINES = ["2024年1月16日 星期二", "要闻 3", "本报讯（记者 林知远）", "（记者 苏禾）", "责编 苏禾"]
NOTE = "本版为虚构样张：仅供测试。"
PIECES = st.sampled_from(
    [*SIGNS, *WORDS, *LINES, "\n\n", "　　", NOTE, LONG, NEXT, LONG[:20], NEXT[:20]]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=200))


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_repair_is_idempotent_and_keeps_every_character(text):
    repaired = repair(text)
    assert solid(repaired) == solid(text)
    assert repair(repaired) == repaired
    assert all(line == line.strip() and line for line in repaired.split("\n") if repaired)


# --- articles -----------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.booleans())
def test_articles_account_for_every_character(text, record):
    articles = read(text, record=record)
    told, at = "", 0
    for a in articles:
        assert at <= a.raw_start < a.raw_end <= len(text)
        head = ("" if a.title_derived else a.title) + (a.subtitle or "") + (a.author or "")
        told += head + a.text
        position = iter(solid(text[a.raw_start : a.raw_end]))
        assert all(c in position for c in solid(a.text)), "in the order of the page"
        assert a.title
        at = a.raw_end
    lines = [x for x in lines_of(text) if record or x.kind is not Kind.FURNITURE]
    printed = "".join(line.text for line in lines)
    assert sorted(unmarked(told)) == sorted(unmarked(printed))


def unmarked(text):
    return solid(text).translate(dict.fromkeys(map(ord, AUTHOR_MARKS)))


@pytest.mark.parametrize("char", [" ", "。", "（", "A", "1", "驻", "\n", "\f", "—", "@"])
def test_a_megabyte_of_one_character(char):
    text = char * 1_000_000
    assert repair(text) == text.strip()
    assert len(read(text)) == bool(char.strip())


def test_many_short_lines():
    text = "一二三\n" * 10_000
    assert sum(len(solid(a.text + a.title)) for a in read(text)) >= 30_000


def test_a_page_of_several_articles():
    text = "\n\n".join(
        [
            "本版为虚构样张，文字专为测试撰写。",
            "青岚日报 2024年3月28日 星期四 第2版",
            "跨江步行桥昨日开放", "——市民排队两小时尝鲜", DATELINE, LONG, "（记者 林知远）",
            "老小区里新添电梯", "□ 本报记者 苏禾", NEXT, LONG,
            "□本报评论员", "还账要有还账的办法。地从哪里来？", NEXT,
            "责编 苏禾　美编 方若溪",
        ]
    )  # fmt: skip
    articles = read(text)
    assert [a.title for a in articles] == [
        "跨江步行桥昨日开放",
        "老小区里新添电梯",
        "还账要有还账的办法",
    ]
    assert [a.subtitle for a in articles] == ["——市民排队两小时尝鲜", None, None]
    assert [a.author for a in articles] == [None, "本报记者 苏禾", "本报评论员"]
    assert [a.byline for a in articles] == ["记者 林知远", "本报记者 苏禾", None]
    assert {(a.date, a.page) for a in articles} == {(date(2024, 3, 28), 2)}
    assert articles[0].text == f"{DATELINE}\n{LONG}\n（记者 林知远）"
    assert text[articles[1].raw_start : articles[1].raw_end].endswith(LONG)


def test_section_headings_begin_no_article():
    sections = ["停车难在哪里", LONG, LONG[5:], "车位从哪里来", NEXT, NEXT[6:] + LONG]
    text = "\n\n".join(["全市停车位缺口六万个", DATELINE, LONG + NEXT, *sections])
    (article,) = read(text)
    assert article.text.split("\n")[2] == "停车难在哪里"
    assert "车位从哪里来" in article.text.split("\n")


def test_a_headline_on_two_lines_and_a_shoulder_line():
    wrapped = "全市今年将新增公共停车位一万五\n千个"
    text = f"{wrapped}\n\n{wrap(DATELINE, 15)}\n\n{wrap(NEXT, 15)}\n\n{wrap(LONG, 15)}"
    assert read(text)[0].title == "全市今年将新增公共停车位一万五千个"
    head = "顾怀谦在现场会上强调\n\n把欠市民的账一笔一笔还上"
    article = read(f"{head}\n\n{DATELINE}\n\n{LONG}")[0]
    assert (article.title, article.subtitle) == ("把欠市民的账一笔一笔还上", "顾怀谦在现场会上强调")


def test_pages_of_a_file_are_numbered():
    one, two = f"甲市开通步行桥\n\n{DATELINE}", f"乙县建成图书馆\n\n{DATELINE[:14]}{NEXT}"
    assert [a.page for a in read(f"{one}\n\f{two}")] == [1, 2]
    assert [a.page for a in read(f"第5版\n{one}\n\f{two}")] == [5, 6]
    assert [a.page for a in read(one)] == [None]


def test_where_the_date_comes_from():
    text = "本报青岚3月27日电（记者 林知远）步行桥开放。"
    assert read(text)[0].date is None
    assert read(text, path="a/qinglan-daily-2024-05-01.txt")[0].date == date(2024, 3, 27)
    new_year = text.replace("3月27日", "12月31日")
    assert read(new_year, path="20240101.txt")[0].date == date(2023, 12, 31)
    assert read(f"2024年1月2日 星期二\n{text}", path="2023-05-01.txt")[0].date == date(2024, 1, 2)
    assert read(LONG, path="20231227.txt")[0].date == date(2023, 12, 27)
    assert read(text, date=date(2020, 2, 2))[0].date == date(2020, 2, 2)
    given_day = articles_of(
        RawText(path="", text=text, date=date(2020, 2, 2)), date=date(2021, 3, 3)
    )
    assert given_day[0].date == date(2021, 3, 3)


def test_a_record_is_one_article():
    text = f"{wrap(LONG, 20)}\n\n{wrap(NEXT, 20)}"
    (article,) = read(text, record=True, title="停车", source="青岚日报", author="苏禾", url="u")
    assert article.text == f"{LONG}\n{NEXT}"
    assert (article.title, article.title_derived, article.author) == ("停车", False, "苏禾")
    (untitled,) = read(text, record=True)
    assert untitled.title_derived
    assert LONG.startswith(untitled.title.rstrip("…"))
    assert read(" \n", record=True) == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("2023年12月27日 星期三", "FURNITURE"),
        ("青岚日报　　2024年1月16日　星期二　　01版", "FURNITURE"),
        ("要闻 3", "FURNITURE"),
        ("责编 苏禾 美编 方若溪", "FURNITURE"),
        ("新华社北京8月5日电（记者 林知远）近日", "DATELINE"),
        ("青岚日报讯 昨日", "DATELINE"),
        ("中新网8月5日电 昨日", "DATELINE"),
        ("本报记者林知远近日从市统计局", "BODY"),
        ("本报记者 林知远 江予墨", "AUTHOR"),
        ("文/苏禾", "AUTHOR"),
        ("（林知远 苏禾）", "CLOSING"),
        ("（新华社记者 林知远 摄）", "BODY"),
        ("——一年记", "SUBTITLE"),
        ("1.5%的增长", "BODY"),
        ("1.增长", "ITEM"),
        ("3月27日，步行桥开放", "BODY"),
    ],
)
def test_kinds_of_lines(line, kind):
    assert kind_of(line).name == kind


def test_a_derived_title_is_a_whole_sentence_or_is_cut_at_a_comma():
    assert first_sentence("“这是一笔账。”他说。") == "“这是一笔账。”"
    assert first_sentence("为什么要还？因为欠了。") == "为什么要还？"
    long = first_sentence(LONG)
    assert long == "去年全市改造老旧小区一百一十八个，惠及居民近四万户…"
    assert first_sentence("字" * 100) == "字" * 39 + "…"


def test_random_lines_lose_nothing():
    rng = random.Random(5)
    for _ in range(30):
        lines = ["".join(rng.choices("一二三。，", k=rng.randint(1, 25))) for _ in range(80)]
        text = "\n".join(lines)
        assert solid(repair(text)) == solid(text)
