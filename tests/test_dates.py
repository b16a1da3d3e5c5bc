import re
import time
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.dates import TimeMention, date_in_name, dates_in, number_value, period_in, periods_in

ASKED = date(2024, 3, 20)  # a Wednesday
DIGITS = "〇一二三四五六七八九"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("１２", 12),
        ("0", 0),
        ("9999", 9999),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("三十一", 31),
        ("廿六", 26),
        ("卅", 30),
        ("两", 2),
        ("两百零五", 205),
        ("一百零五", 105),
        ("一百五十", 150),
        ("三千二百", 3200),
        ("九千九百九十九", 9999),
        ("二〇二三", 2023),
        ("二○二三", 2023),
        ("一九九零", 1990),
        ("零五", 5),
        ("〇", 0),
        ("", None),
        ("二三", None),
        ("一百五", None),
        ("百", None),
        ("10000", None),
        ("一万", None),
        ("十二月", None),
        ("-1", None),
    ],
)
def test_number_value(text, value):
    assert number_value(text) == value


def test_number_value_reads_every_number_written_out():
    def written(n):
        units = zip(f"{n:04}", ("千", "百", "十", ""), strict=True)
        digits = "".join(DIGITS[int(d)] + u if d != "0" else "零" for d, u in units).strip("零")
        return re.sub("零+", "零", digits)

    assert [number_value(written(n)) for n in range(1, 10000)] == list(range(1, 10000))


# Dates in text


def found(text, **year):
    return [(text[start:end], str(day)) for (start, end), day in dates_in(text, **year)]


@pytest.mark.parametrize(
    ("text", "quote", "day"),
    [
        ("本报2023年12月27日讯", "2023年12月27日", "2023-12-27"),
        ("时间：2023-12-27 10:00", "2023-12-27", "2023-12-27"),
        ("2023/12/7，星期四", "2023/12/7", "2023-12-07"),
        ("（2023.12.27）", "2023.12.27", "2023-12-27"),
        ("二〇二三年十二月二十七日", "二〇二三年十二月二十七日", "2023-12-27"),
        ("一九四九年十月一日下午", "一九四九年十月一日", "1949-10-01"),
        ("２０２３年１月２日", "２０２３年１月２日", "2023-01-02"),
        ("２０２３－０１－０２", "２０２３－０１－０２", "2023-01-02"),
        ("2023 年 12 月 27 日", "2023 年 12 月 27 日", "2023-12-27"),
        ("2023年12月27号", "2023年12月27号", "2023-12-27"),
        ("2024年2月29日", "2024年2月29日", "2024-02-29"),
        ("去年12月18号线和2023年12月27日", "2023年12月27日", "2023-12-27"),
    ],
)
def test_a_full_date_is_found(text, quote, day):
    assert found(text) == [(quote, day)]


@pytest.mark.parametrize(
    "text",
    [
        "2023年2月30日",
        "2023年13月1日",
        "2023-13-01",
        "2023-02-29",
        "12月27日",
        "2023年12月",
        "192.2023.1.2.3",
        "2023.1.2.3",
        "12023-01-02",
        "2023-01-023",
        "2023-01/02",
        "",
    ],
)
def test_what_is_no_full_date_is_not_found(text):
    assert found(text) == []


def test_dates_come_in_order_with_their_places():
    text = "2023-12-28发布；二〇二三年十二月二十七日通过，2023年12月29日起施行。"
    assert found(text) == [
        ("2023-12-28", "2023-12-28"),
        ("二〇二三年十二月二十七日", "2023-12-27"),
        ("2023年12月29日", "2023-12-29"),
    ]


def test_the_year_completes_what_leaves_it_out():
    text = "12月27日和去年12月6号、二月三十日、十二月二十八日，另见2021年1月2日、3月4日"
    assert found(text, year=2024) == [
        ("12月27日", "2024-12-27"),
        ("去年12月6号", "2023-12-06"),
        ("十二月二十八日", "2024-12-28"),
        ("2021年1月2日", "2021-01-02"),
        ("3月4日", "2021-03-04"),
    ]


def test_a_day_of_another_year_is_not_of_this_one():
    assert found("来年5月1日、08年5月12日、农历八月十五日、每年的9月1日", year=2024) == []


FORMS = {
    "digits": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "dash": lambda d: d.isoformat(),
    "slash": lambda d: f"{d.year}/{d.month:02}/{d.day:02}",
    "dot": lambda d: f"{d.year}.{d.month}.{d.day}",
    "wide": lambda d: d.isoformat().translate(
        str.maketrans("0123456789-", "０１２３４５６７８９－")
    ),
    "chinese": lambda d: f"{year_words(d.year)}年{words(d.month)}月{words(d.day)}日",
}


def words(n):
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else DIGITS[tens][tens == 1 :] + "十") + (
        "" if not ones else DIGITS[ones]
    )


def year_words(n):
    return "".join(DIGITS[int(c)] for c in str(n))


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None)
@given(day=st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_any_date_in_any_form_is_found_back(form, day):
    written = FORMS[form](day)
    assert dates_in(f"据悉，{written}，会议") == [((3, 3 + len(written)), day)]


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None)
@given(day=st.dates(date(1800, 1, 1), date(2024, 3, 20)))
def test_a_question_with_any_date_in_any_form_means_that_day(form, day):
    written = FORMS[form](day)
    span = (0, len(written))
    assert period_in(written + "有何新闻", ASKED) == TimeMention(span=span, start=day, end=day)


# Dates in names


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("20231227.txt", "2023-12-27"),
        ("2023-12-27.txt", "2023-12-27"),
        ("2023_12_27 头版.txt", "2023-12-27"),
        ("2023 12 27.pdf", "2023-12-27"),
        ("2023.12.27.txt", "2023-12-27"),
        ("2023年12月27日第3版.txt", "2023-12-27"),
        ("二〇二三年十二月二十七日.docx", "2023-12-27"),
        ("２０２３１２２７.txt", "2023-12-27"),
        ("晨报2023122703.pdf", "2023-12-27"),
        ("nw.D110000_20231227_1-01.htm", "2023-12-27"),
        ("2023-1-2", "2023-01-02"),
        ("2023/12/27/p3.txt", "2023-12-27"),
        ("2023/12/27.txt", "2023-12-27"),
        ("2023-12/27/p3.txt", "2023-12-27"),
        ("2023/12-27.txt", "2023-12-27"),
        ("202312/27/p3.txt", "2023-12-27"),
        ("2023/1227/p3.txt", "2023-12-27"),
        ("2023年/12月/27日/3.txt", "2023-12-27"),
        (r"D:\报纸\2023\12\27\3.txt", "2023-12-27"),
        ("/data/20231227/03.txt", "2023-12-27"),
        ("2020-01-01/20231227.txt", "2023-12-27"),
        ("2020-01-01/2023/12/27/3.txt", "2023-12-27"),
        ("20231345-20231227.txt", "2023-12-27"),
        ("12345678901234567890123.txt", None),
        ("20231227123456789012345.txt", None),
        ("20231345.txt", None),
        ("1703635200.txt", None),
        ("12227.txt", None),
        ("00010101.txt", None),
        ("2023/13/27/p3.txt", None),
        ("2023/12.txt", None),
        ("电话02087654321.txt", None),
        ("", None),
        ("///", None),
    ],
)
def test_date_in_name(name, day):
    assert date_in_name(name) == (day and date.fromisoformat(day))


# Times in questions


@pytest.mark.parametrize(
    ("question", "words", "start", "end"),
    [
        # absolute
        ("2023年12月26日谁讲了话", "2023年12月26日", "2023-12-26", "2023-12-26"),
        ("2023年12月有哪些会议", "2023年12月", "2023-12-01", "2023-12-31"),
        ("2023 年 12 月", "2023 年 12 月", "2023-12-01", "2023-12-31"),
        ("二〇二三年十二月", "二〇二三年十二月", "2023-12-01", "2023-12-31"),
        ("2024年2月份", "2024年2月份", "2024-02-01", "2024-02-29"),
        ("2023年的经济", "2023年", "2023-01-01", "2023-12-31"),
        ("一九九〇年", "一九九〇年", "1990-01-01", "1990-12-31"),
        ("1990年代", "1990年代", "1990-01-01", "1999-12-31"),
        ("2023年初中毕业生", "2023年", "2023-01-01", "2023-12-31"),
        ("2023年前十大新闻", "2023年", "2023-01-01", "2023-12-31"),
        ("2024年巴黎奥运会", "2024年", "2024-01-01", "2024-12-31"),
        ("2023-12-26", "2023-12-26", "2023-12-26", "2023-12-26"),
        ("2023-12", "2023-12", "2023-12-01", "2023-12-31"),
        ("2023年3月中旬", "2023年3月中旬", "2023-03-11", "2023-03-20"),
        ("2023年2月底", "2023年2月底", "2023-02-21", "2023-02-28"),
        ("2023年4月上旬", "2023年4月上旬", "2023-04-01", "2023-04-10"),
        # a year in words
        ("去年", "去年", "2023-01-01", "2023-12-31"),
        ("今年", "今年", "2024-01-01", "2024-12-31"),
        ("前年", "前年", "2022-01-01", "2022-12-31"),
        ("大前年", "大前年", "2021-01-01", "2021-12-31"),
        ("今年3月", "今年3月", "2024-03-01", "2024-03-31"),
        ("今年初夏", "今年", "2024-01-01", "2024-12-31"),
        ("今年头两个月", "今年头两个月", "2024-01-01", "2024-02-29"),
        ("去年12月18号线开通", "去年12月", "2023-12-01", "2023-12-31"),
        ("上年12月", "上年12月", "2023-12-01", "2023-12-31"),
        ("一月份", "一月份", "2024-01-01", "2024-01-31"),
        ("去年的10月", "去年的10月", "2023-10-01", "2023-10-31"),
        ("去年10月5号", "去年10月5号", "2023-10-05", "2023-10-05"),
        ("去年下半年", "去年下半年", "2023-07-01", "2023-12-31"),
        ("今年一季度", "今年一季度", "2024-01-01", "2024-03-31"),
        ("2023年第四季度", "2023年第四季度", "2023-10-01", "2023-12-31"),
        ("2023年前三季度", "2023年前三季度", "2023-01-01", "2023-09-30"),
        ("2023年前11个月", "2023年前11个月", "2023-01-01", "2023-11-30"),
        ("年初", "年初", "2024-01-01", "2024-03-31"),
        ("去年年底", "去年年底", "2023-10-01", "2023-12-31"),
        ("去年的今天", "去年", "2023-01-01", "2023-12-31"),
        # without a year: the latest that has begun
        ("12月26日的社论", "12月26日", "2023-12-26", "2023-12-26"),
        ("3月20日", "3月20日", "2024-03-20", "2024-03-20"),
        ("7月21日", "7月21日", "2023-07-21", "2023-07-21"),
        ("2月29日", "2月29日", "2024-02-29", "2024-02-29"),
        ("3月的会议", "3月", "2024-03-01", "2024-03-31"),
        ("八月", "八月", "2023-08-01", "2023-08-31"),
        ("８月１日", "８月１日", "2023-08-01", "2023-08-01"),
        ("上半年", "上半年", "2024-01-01", "2024-06-30"),
        ("下半年", "下半年", "2023-07-01", "2023-12-31"),
        ("第一季度", "第一季度", "2024-01-01", "2024-03-31"),
        ("四季度", "四季度", "2023-10-01", "2023-12-31"),
        ("上季度", "上季度", "2023-10-01", "2023-12-31"),
        # relative
        ("今天", "今天", "2024-03-20", "2024-03-20"),
        ("昨天下午", "昨天下午", "2024-03-19", "2024-03-19"),
        ("昨晚", "昨晚", "2024-03-19", "2024-03-19"),
        ("前天", "前天", "2024-03-18", "2024-03-18"),
        ("大前天", "大前天", "2024-03-17", "2024-03-17"),
        ("本周", "本周", "2024-03-18", "2024-03-24"),
        ("上周", "上周", "2024-03-11", "2024-03-17"),
        ("上周五", "上周五", "2024-03-15", "2024-03-15"),
        ("上个星期天", "上个星期天", "2024-03-17", "2024-03-17"),
        ("这周三", "这周三", "2024-03-20", "2024-03-20"),
        ("上周末", "上周末", "2024-03-16", "2024-03-17"),
        ("上上周", "上上周", "2024-03-04", "2024-03-10"),
        ("上周一名男子", "上周", "2024-03-11", "2024-03-17"),
        ("上周四川下雨了吗", "上周", "2024-03-11", "2024-03-17"),
        ("这周天气怎么样", "这周", "2024-03-18", "2024-03-24"),
        ("昨天前来的是谁", "昨天", "2024-03-19", "2024-03-19"),
        ("本月", "本月", "2024-03-01", "2024-03-31"),
        ("上个月", "上个月", "2024-02-01", "2024-02-29"),
        ("上月底", "上月底", "2024-02-21", "2024-02-29"),
        ("本月5日", "本月5日", "2024-03-05", "2024-03-05"),
        ("三天前", "三天前", "2024-03-17", "2024-03-17"),
        ("两周前", "两周前", "2024-03-04", "2024-03-10"),
        ("3个月以前", "3个月以前", "2023-12-01", "2023-12-31"),
        ("四年前", "四年前", "2020-01-01", "2020-12-31"),
        ("三年前年轻人", "三年前", "2021-01-01", "2021-12-31"),
        ("半年前", "半年前", "2023-09-01", "2023-09-30"),
        ("过去一周", "过去一周", "2024-03-13", "2024-03-20"),
        ("最近三个月", "最近三个月", "2023-12-20", "2024-03-20"),
        ("近半年", "近半年", "2023-09-20", "2024-03-20"),
        ("近一月", "近一月", "2024-02-20", "2024-03-20"),
        ("过去十年", "过去十年", "2014-03-20", "2024-03-20"),
        # open at the end
        ("去年10月以来", "去年10月以来", "2023-10-01", "2024-03-20"),
        ("3月以来", "3月以来", "2024-03-01", "2024-03-31"),
        ("2023年12月26日之后", "2023年12月26日之后", "2023-12-26", "2024-03-20"),
        ("今年1月至今", "今年1月至今", "2024-01-01", "2024-03-20"),
        # ranges
        ("2023年1月到3月", "2023年1月到3月", "2023-01-01", "2023-03-31"),
        ("12月1日至5日", "12月1日至5日", "2023-12-01", "2023-12-05"),
        ("12月28日至1月3日", "12月28日至1月3日", "2023-12-28", "2024-01-03"),
        ("1—11月", "1—11月", "2023-01-01", "2023-11-30"),
        ("前三季度", "前三季度", "2023-01-01", "2023-09-30"),
        ("去年一至三季度", "去年一至三季度", "2023-01-01", "2023-09-30"),
        ("上周一至周五", "上周一至周五", "2024-03-11", "2024-03-15"),
        ("本月5日至8日", "本月5日至8日", "2024-03-05", "2024-03-08"),
        ("12月28日和29日", "12月28日和29日", "2023-12-28", "2023-12-29"),
        ("3月1日8时至2日8时", "3月1日8时至2日", "2024-03-01", "2024-03-02"),
        ("3月到2023年5月", "3月到2023年5月", "2023-03-01", "2023-05-31"),
        ("2020-2023年", "2020-2023年", "2020-01-01", "2023-12-31"),
        ("从去年12月到今年2月", "去年12月到今年2月", "2023-12-01", "2024-02-29"),
        ("第一季度到第三季度", "第一季度到第三季度", "2023-01-01", "2023-09-30"),
        ("8月到底发生了什么", "8月", "2023-08-01", "2023-08-31"),
        # several
        ("去年谁在12月26日讲话", "12月26日", "2023-12-26", "2023-12-26"),
        ("2022年的报纸上，1月1日的社论", "1月1日", "2022-01-01", "2022-01-01"),
        ("2021年和2023年的产量", "2021年", "2021-01-01", "2023-12-31"),
        ("2022年3月和5月的产量", "2022年3月", "2022-03-01", "2022-05-31"),
        ("2020年9月动工，次年1月停工", "2020年9月", "2020-09-01", "2021-01-31"),
        ("2021年成立的公司2月3日发生了什么", "2月3日", "2024-02-03", "2024-02-03"),
        ("2021年成立的公司有哪些", "2021年", "2021-01-01", "2021-12-31"),
        ("产量比2022年多的2月", "2月", "2024-02-01", "2024-02-29"),
        ("2023年比2022年增长多少", "2023年", "2023-01-01", "2023-12-31"),
        ("今年比去年同期增长多少", "今年", "2024-01-01", "2024-12-31"),
        # English
        ("What happened yesterday?", "yesterday", "2024-03-19", "2024-03-19"),
        ("the day before yesterday", "the day before yesterday", "2024-03-18", "2024-03-18"),
        ("last month", "last month", "2024-02-01", "2024-02-29"),
        ("last year", "last year", "2023-01-01", "2023-12-31"),
        ("this week", "this week", "2024-03-18", "2024-03-24"),
        ("in March 2024", "March 2024", "2024-03-01", "2024-03-31"),
        ("in August", "in August", "2023-08-01", "2023-08-31"),
        ("last March", "last March", "2023-03-01", "2023-03-31"),
        ("last May", "last May", "2023-05-01", "2023-05-31"),
        ("in May last year", "May last year", "2023-05-01", "2023-05-31"),
        ("in 2023", "in 2023", "2023-01-01", "2023-12-31"),
        ("on 26 December", "26 December", "2023-12-26", "2023-12-26"),
        ("December 26th, 2022", "December 26th, 2022", "2022-12-26", "2022-12-26"),
        ("the 5th of may 2022", "5th of may 2022", "2022-05-05", "2022-05-05"),
        ("on the 1st of May 2022", "1st of May 2022", "2022-05-01", "2022-05-01"),
        ("2024-03-05", "2024-03-05", "2024-03-05", "2024-03-05"),
        ("three weeks ago", "three weeks ago", "2024-02-26", "2024-03-03"),
        ("the past 3 months", "past 3 months", "2023-12-20", "2024-03-20"),
        ("the past week", "past week", "2024-03-13", "2024-03-20"),
        ("last Friday", "last Friday", "2024-03-15", "2024-03-15"),
        ("last Wednesday", "last Wednesday", "2024-03-13", "2024-03-13"),
        ("since March 2023", "March 2023", "2023-03-01", "2024-03-20"),
        ("between 2021 and 2023", "2021 and 2023", "2021-01-01", "2023-12-31"),
        ("from March to May 2023", "March to May 2023", "2023-03-01", "2023-05-31"),
        ("in January-July", "in January-July", "2023-01-01", "2023-07-31"),
        ("between 3 and 5 March", "3 and 5 March", "2024-03-03", "2024-03-05"),
        ("December 26 to 28, 2023", "December 26 to 28, 2023", "2023-12-26", "2023-12-28"),
        ("from November to March 2023", "November to March 2023", "2022-11-01", "2023-03-31"),
        ("from 2020 through 2022", "2020 through 2022", "2020-01-01", "2022-12-31"),
    ],
)
def test_the_days_a_question_speaks_of(question, words, start, end):
    mention = period_in(question, ASKED)
    assert mention is not None
    assert question[slice(*mention.span)] == words
    assert (str(mention.start), str(mention.end)) == (start, end)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "谁是市长？",
        "工程历时两年",
        "历时近两年建成",
        "接近三年",
        "每年3月举行什么",
        "每年的12月26日",
        "每年2月至3月",
        "来年2月",
        "明年一季度",
        "同年2月",
        "08年2月12日",
        "农历二月",
        "连跌三个季度",
        "一月能到手多少",
        "百年初心",
        "四季度假酒店",
        "过去两年半",
        "头七个月前十名",
        "4月21日",
        "二季度",
        "历年产量",
        "全年产量",
        "会议是几月几日开的",
        "两件事是在同一月份发生的吗",
        "哪天开幕",
        "是哪一年",
        "第3版有什么",
        "10年来的变化",
        "近年来",
        "近日",
        "最近有什么新闻",
        "最近一次会议",
        "今日头条是什么公司",
        "如今年轻人怎么想",
        "前天津市长",
        "前日本首相",
        "十月革命",
        "五月天演唱会",
        "农历三月三",
        "八月十五吃什么",
        "三四年前",
        "数十年前",
        "1000年历史",
        "2000年的历史",
        "2023年版教材",
        "2011-12赛季",
        "13月5日",
        "2023年2月30日",
        "2023年以前",
        "3月15日之前",
        "去年同期",
        "比去年",
        "跟去年一样多",
        "是去年的几倍",
        "三天前后",
        "提前年底完成",
        "目前年产量",
        "日本月度数据",
        "登上月球",
        "以上周转",
        "90后",
        "2030年目标",
        "明年",
        "26日",
        "25日至26日",
        "周三",
        "may I ask",
        "a discount for the Model 3 may come",
        "a march through the city",
        "before 2023",
        "than last year",
        "compared with the same period last year",
        "up 5% from last year",
        "1,200 years ago",
        "thirty-five years ago",
        "the Long March 4 series",
        "this may affect prices",
        "300 adults and 2000 children",
        "in Mar-a-Lago",
        "room 2023",
    ],
)
def test_a_question_that_names_no_time(question):
    assert period_in(question, ASKED) is None


def test_the_first_days_of_a_year_look_back():
    mention = period_in("上个月", date(2024, 1, 1))
    assert mention and (mention.start, mention.end) == (date(2023, 12, 1), date(2023, 12, 31))


def test_a_year_holds_to_the_end_of_its_sentence():
    text = "2021年的产量比2022年低。1月增长，2020年8月31日和9月1日停产，3月恢复；10月有亚运会。"
    spoken = [(str(m.start), str(m.end)) for m in periods_in(text, date(2023, 7, 20))]
    assert spoken == [
        ("2021-01-01", "2021-12-31"),
        ("2023-01-01", "2023-01-31"),
        ("2020-08-31", "2020-08-31"),
        ("2020-09-01", "2020-09-01"),
        ("2023-03-01", "2023-03-31"),
    ]


def test_a_month_back_from_the_31st_is_the_last_day_of_a_shorter_month():
    mention = period_in("过去一个月", date(2024, 3, 31))
    assert mention and mention.start == date(2024, 2, 29)


def test_29_february_is_that_of_a_leap_year_even_across_1900():
    mention = period_in("2月29日", date(1903, 1, 1))
    assert mention and mention.start == date(1896, 2, 29)


def test_a_mention_is_inside_one_more_precise_only_when_whole():
    mention = period_in("本月和上周的新闻", ASKED)
    assert mention and (mention.start, mention.end) == (date(2024, 3, 11), date(2024, 3, 17))
    mention = period_in("上周和本周的新闻", date(2024, 3, 6))
    assert mention and (mention.start, mention.end) == (date(2024, 2, 26), date(2024, 3, 10))


PIECES = [
    *"0123456789年月日号天周前后上下本去今大近过半个第季度初底至到-—~/.的比每 一二三十百〇两",
    "以来", "之前", "星期", "礼拜", "最近", "March", "last", "week", " ago", "in ", "2023", "and",
]  # fmt: skip


@settings(deadline=None)
@given(
    text=st.text() | st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    asked_on=st.dates(),
)
def test_nothing_raises_and_spans_are_inside(text, asked_on):
    number_value(text)
    date_in_name(text)
    found = dates_in(text, year=asked_on.year)
    bounds = [0, *(bound for span, _ in found for bound in span), len(text)]
    assert bounds == sorted(bounds)
    mention = period_in(text, asked_on)
    if mention:
        assert 0 <= mention.span[0] < mention.span[1] <= len(text)
        assert mention.start <= mention.end
        assert mention.start <= asked_on


@settings(deadline=None)
@given(day=st.dates(date(1800, 1, 1), date(2199, 12, 31)), back=st.integers(0, 400))
def test_days_ago_counts_days(day, back):
    mention = period_in(f"{back}天前", day)
    then = day - timedelta(days=back)
    assert (mention and mention.start) == (then if back else None)


@pytest.mark.parametrize("character", [*"年一1月-/ 前a", "1月", "2023年"])
def test_a_long_run_takes_no_longer_than_its_length(character):
    text = character * (100_000 // len(character))
    began = time.perf_counter()
    for read in (number_value, date_in_name, dates_in, lambda t: period_in(t, ASKED)):
        read(text)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("question", "asked_on", "printed", "day"),
    [
        ("12月26日开了什么会？", date(2026, 11, 24), date(2023, 12, 28), date(2023, 12, 26)),
        ("12月30日开了什么会？", date(2026, 11, 24), date(2023, 12, 28), None),
        ("11月30日开了什么会？", date(2026, 11, 24), date(2023, 12, 28), date(2023, 11, 30)),
        ("去年12月30日开了什么会？", date(2024, 11, 24), date(2023, 12, 28), date(2023, 12, 30)),
        ("2月23日晚哪里停水？", date(2024, 2, 22), date(2024, 7, 1), None),
        ("2月23日晚哪里停水？", date(2024, 2, 23), date(2024, 7, 1), date(2024, 2, 23)),
        ("昨天哪里停水？", date(2026, 11, 24), date(2023, 12, 28), date(2026, 11, 23)),
    ],
)
def test_a_day_without_a_year_is_one_that_the_papers_can_speak_of(question, asked_on, printed, day):
    mention = period_in(question, asked_on, printed)
    assert (mention.start if mention else None) == day
