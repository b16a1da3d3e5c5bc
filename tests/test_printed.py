"""Printed times written out by the calendar."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.printed import in_full

PRINTED = date(2024, 3, 2)


def full(said: str, before: str = "", printed: date = PRINTED) -> str:
    text = f"第一段。\n{before}{said}，就是这样。"
    start = text.index(said, len("第一段。\n") + len(before))
    return in_full(text, (start, start + len(said)), printed)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("20日上午", "2024年2月20日上午"),  # the nearest 20th lies behind
        ("5日22时", "2024年3月5日22时"),
        ("二十九日", "2024年2月29日"),
        ("3月5日", "2024年3月5日"),
        ("12月28日", "2023年12月28日"),
        ("十二月二十八日晚", "2023年12月28日晚"),
        ("3月5日至8日", "2024年3月5日至2024年3月8日"),
        ("昨日", "2024年3月1日"),
        ("昨晚", "2024年3月1日晚上"),
        ("前天", "2024年2月29日"),
        ("明天", "2024年3月3日"),
        ("今年上半年", "2024年上半年"),
        ("今年年底前", "2024年年底前"),
        ("去年12月", "2023年12月"),
        ("明年5月1日", "2025年5月1日"),
        ("上个月", "2024年2月"),
        ("本月15日", "2024年3月15日"),
    ],
)
def test_times_are_written_out(said, written):
    assert full(said) == written


@pytest.mark.parametrize(
    "said",
    [
        "2023年5月1日",
        "二〇二三年五月",
        "近日",
        "5月",
        "第3日",
        "15日内",
        "10日游",
        "2月30日",
        "31号楼",
    ],
)
def test_what_the_day_of_printing_does_not_complete_is_left(said):
    assert full(said) == ""


@pytest.mark.parametrize(
    "before", ["1949年，", "二〇一九年春，", "去年，", "同年", "上个月", "上世纪"]
)
def test_a_doubt_about_the_year_leaves_the_words_alone(before):
    assert full("12月9日", before) == ""


def test_the_year_of_printing_is_no_doubt_and_a_month_before_counts():
    assert full("9日", "2024年1月5日开工，") == "2024年1月9日"
    assert full("9日", "去年很冷。\n2024年，") == "2024年3月9日"
    assert full("20日", "展览4月开始，到") == "2024年4月20日"


def test_what_lies_ahead_comes_next_and_what_lies_far_off_is_a_doubt():
    assert full("9月30日", "大桥计划") == "2024年9月30日"
    assert full("2月28日", "报名将于") == "2025年2月28日"
    assert full("9月30日", "大桥") == ""
    assert full("1月5日", "大桥") == "2024年1月5日"


def test_the_turn_of_the_year():
    assert full("30日", printed=date(2024, 1, 2)) == "2023年12月30日"
    assert full("上月", printed=date(2024, 1, 2)) == "2023年12月"
    assert full("1月3日", printed=date(2023, 12, 30)) == "2024年1月3日"


PIECES = [
    "今年",
    "上个月",
    "月",
    "日",
    "号",
    "3",
    "31",
    "十二",
    "廿",
    "2023年",
    "昨晚",
    "至",
    "第",
    "，",
]


@given(
    said=st.text(min_size=1) | st.lists(st.sampled_from(PIECES), min_size=1).map("".join),
    printed=st.dates(min_value=date(3, 1, 1), max_value=date(9990, 1, 1)),
)
def test_nothing_raises(said, printed):
    written = in_full(said, (0, len(said)), printed)
    assert written != said
