"""Answers and articles as HTML: what is shown, what is marked, and that no text acts."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Answer, Article, Citation, Counts, Filters, Hit, Passage
from rag.plain import file_name
from ui import render
from ui.export import quotation
from ui.markup import escaped
from ui.session import Exchange, Selection
from ui.theme import own_file

NASTY = "<script>x</script><img src=x onerror=y>&amp;\"' {{a}} ${b} [1] [l](javascript:z) $$q$$"
COUNTS = Counts(files=2, articles=1234, passages=9, first=date(2024, 1, 5), last=date(2024, 12, 31))


class Parsed(HTMLParser):
    """The tags, attributes and visible text of a piece of HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.marked: list[tuple[str, str]] = []
        self.paragraphs = ""
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "input"):
            self.open.append(tag)
        if tag == "mark":
            self.marked.append((dict(attrs)["class"] or "", ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "mark" in self.open:
            kind, words = self.marked[-1]
            self.marked[-1] = (kind, words + data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]


def article(text: str = "第一句。第二句。\n第三句。", **fields) -> Article:
    return Article(**{"title": "标题", "text": text, **fields})


def body(markup: str) -> Parsed:
    match = re.search(r'<div class="body" lang="zh">(.*)</div></article>', markup, re.DOTALL)
    assert match
    return Parsed(match[1])


def hit(found: Article, start: int = 0, end: int = 4) -> Hit:
    passage = Passage(article_id=found.id, start=start, end=end)
    return Hit(article=found, passage=passage, score=0.5)


def answered(text: str, *citations: Citation, **fields) -> Exchange:
    answer = Answer(question="问", status="answered", text=text, citations=citations, **fields)
    return Exchange(question="问", stage="answered", answer=answer)


# Text that acts


@given(st.text(st.characters(codec=None)))
def test_escaped_text_has_no_tag_and_no_character_that_acts(words):
    parsed = Parsed(escaped(words))
    assert all(tag == "span" and a["class"] == "odd" for tag, a in parsed.tags)
    assert not re.search("[\x00-\x08\x0e-\x1f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", parsed.text)
    assert not re.search("[\ud800-\udfff]", parsed.text)


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
def test_ordinary_text_is_shown_as_it_is(words):
    words = re.sub("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0]", "", words)
    assert Parsed(escaped(words)).text == words


@pytest.mark.parametrize(
    "odd", ["\x00", "\x1b", "\x7f", "\u200b", "\u202e", "\u2066", "\ufeff", "\U000e0041", "\ud800"]
)
def test_an_invisible_character_is_shown_and_named(odd):
    parsed = Parsed(escaped(f"前{odd}后"))
    assert parsed.text == "前·后"
    assert parsed.all("span")[0]["title"] == f"不可见字符 U+{ord(odd):04X}"


def test_no_field_of_an_article_can_bring_a_tag():
    found = article(
        NASTY,
        title=NASTY,
        subtitle=NASTY,
        author=NASTY,
        byline=NASTY,
        source=NASTY,
        path=NASTY,
        url=NASTY,
    )
    citation = Citation(number=1, article=found, start=0, end=len(NASTY))
    exchange = answered(NASTY + "[1]", citation)
    near = Exchange(
        question=NASTY,
        stage="answered",
        answer=Answer(
            question="q", status="refused", text=NASTY, nearest=(hit(found),), standalone=NASTY
        ),
    )
    failed = Exchange(question=NASTY, stage="failed", error=(NASTY, NASTY), hits=(hit(found),))
    pieces = [
        render.conversation([exchange, near, failed], [NASTY], "zh"),
        render.conversation([], [NASTY], "en"),
        render.status([exchange], "en"),
        render.pane([exchange], Selection(0, "cite", 1), COUNTS, "zh"),
        render.problem((NASTY, NASTY), "en"),
    ]
    for parsed in map(Parsed, pieces):
        assert {"script", "img", "a", "style"}.isdisjoint(tag for tag, _ in parsed.tags)
        assert not any(name.startswith("on") for _, attrs in parsed.tags for name in attrs)
        assert NASTY.removesuffix("$$q$$") in parsed.text


# Marks


@given(
    st.text('一二三。<&"\n\u202e\u200b', min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=4),
)
def test_marks_hold_exactly_the_words_of_their_spans(text, ranges):
    spans = [(a, min(a + n, len(text))) for a, n in ranges if a < len(text)]
    marks = [render.Mark(a, b, "other", n) for n, (a, b) in enumerate(spans, 1)]
    parsed = body(render.article(article(text), marks, "zh"))
    lines = [line for line in text.split("\n") if line.strip()]
    assert parsed.text == dotted("".join(lines))
    blank = {n for m in re.finditer("[^\n]+", text) if not m[0].strip() for n in range(*m.span())}
    covered = {n for a, b in spans for n in range(a, b)} - blank
    words = "".join(text[n] for n in sorted(covered)).replace("\n", "")
    assert "".join(words for _, words in parsed.marked) == dotted(words)


def dotted(words: str) -> str:
    return words.replace("\u202e", "·").replace("\u200b", "·")


def test_the_quote_is_marked_and_the_other_citations_of_the_article_lighter():
    found, elsewhere = article(), article("别处的句子。")
    exchange = answered(
        "第二句。[1]第三句。[2]别处。[3]",
        Citation(number=1, article=found, start=4, end=8),
        Citation(number=2, article=found, start=9, end=13),
        Citation(number=3, article=elsewhere, start=0, end=6),
    )
    first = body(render.pane([exchange], Selection(0, "cite", 1), COUNTS, "zh"))
    assert first.marked == [("quote", "第二句。"), ("other", "第三句。")]
    assert [mark["data-number"] for mark in first.all("mark")] == ["1", "2"]
    second = body(render.pane([exchange], Selection(0, "cite", 2), COUNTS, "zh"))
    assert second.marked == [("other", "第二句。"), ("quote", "第三句。")]
    third = body(render.pane([exchange], Selection(0, "cite", 3), COUNTS, "zh"))
    assert third.marked == [("quote", "别处的句子。")]


def test_the_quote_wins_where_citations_overlap():
    found = article("甲乙丙丁。")
    marks = [render.Mark(1, 3, "quote", 1), render.Mark(0, 4, "other", 2)]
    parsed = body(render.article(found, marks, "zh"))
    assert parsed.marked == [("other", "甲"), ("quote", "乙丙"), ("other", "丁")]
    assert [mark.get("data-number") for mark in parsed.all("mark")] == [None, "1", "2"]


def test_a_quote_over_two_paragraphs_is_marked_in_both():
    parsed = body(render.article(article(), [render.Mark(4, 11, "quote", 1)], "zh"))
    assert parsed.marked == [("quote", "第二句。"), ("quote", "第三")]


def test_a_nearest_passage_is_marked_as_no_quote():
    found = article()
    answer = Answer(question="问", status="refused", text="", nearest=(hit(found, 4, 8),))
    exchange = Exchange(question="问", stage="answered", answer=answer)
    markup = render.pane([exchange], Selection(0, "near", 1), COUNTS, "zh")
    assert body(markup).marked == [("near", "第二句。")]
    assert "最接近的段落，不是答案" in markup


# The conversation


def test_a_citation_number_is_a_button_that_names_its_source():
    exchange = answered("第一句。[1]", Citation(number=1, article=article(), start=0, end=4))
    button = Parsed(render.conversation([exchange], [], "zh")).all("button")[0]
    assert (button["data-kind"], button["data-turn"], button["data-number"]) == ("cite", "0", "1")
    assert button["aria-label"] == "打开出处 1：标题"


def test_1_is_not_found_inside_12_and_unknown_numbers_stay_text():
    citations = [Citation(number=n, article=article(), start=0, end=4) for n in (1, 12)]
    parsed = Parsed(render.conversation([answered("甲[12]乙[2]丙[１]", *citations)], [], "zh"))
    numbers = [b["data-number"] for b in parsed.all("button") if b.get("class") == "ref"]
    assert numbers == ["12"]
    assert "甲[12]乙[2]丙[１]" in parsed.text


def test_brackets_inside_quoted_words_are_not_citations():
    found = article("据资料[1]所载，共三件。")
    exchange = answered(
        "据资料[1]所载，共三件。[1]",
        Citation(number=1, article=found, start=0, end=len(found.text)),
    )
    parsed = Parsed(render.conversation([exchange], [], "zh"))
    assert len([b for b in parsed.all("button") if b.get("class") == "ref"]) == 1


def test_sources_name_title_paper_day_page_and_quote():
    found = article(source="青岚日报", date=date(2024, 3, 8), page=2)
    exchange = answered("第二句。[1]", Citation(number=1, article=found, start=4, end=8))
    assert (
        "[1]标题青岚日报 · 2024年3月8日 · 第 2 页第二句。"
        in Parsed(render.conversation([exchange], [], "zh")).text
    )
    english = Parsed(render.conversation([exchange], [], "en")).text
    assert "青岚日报 · 2024-03-08 · p. 2" in english


def test_a_refusal_shows_the_nearest_passages_as_no_answer():
    answer = Answer(question="问", status="refused", text="没有。", nearest=(hit(article()),))
    markup = render.conversation([Exchange(question="问", answer=answer)], [], "zh")
    parsed = Parsed(markup)
    assert 'class="refusal"' in markup
    assert "档案中没有找到答案" in parsed.text
    assert "最接近的段落，不是答案" in parsed.text
    assert [b["data-kind"] for b in parsed.all("button")] == ["near"]


@pytest.mark.parametrize(
    ("exchange", "zh", "en"),
    [
        (Exchange(question="问", stage="retrieving"), "正在检索", "Searching"),
        (Exchange(question="问", stage="reading", hits=(hit(article()),)), "1 段", "Reading 1"),
        (Exchange(question="问", stage="stopped"), "已停止", "Stopped"),
        (Exchange(question="问", stage="failed", error=("坏了", "broken")), "坏了", "broken"),
    ],
)
def test_every_stage_is_said_in_both_languages(exchange, zh, en):
    assert zh in Parsed(render.conversation([exchange], [], "zh")).text
    assert zh in Parsed(render.status([exchange], "zh")).text
    assert en in Parsed(render.conversation([exchange], [], "en")).text
    assert en in Parsed(render.status([exchange], "en")).text


def test_a_waiting_question_says_so_and_can_be_taken_back():
    waiting = [Exchange(question="问", stage="reading"), Exchange(question="又问")]
    parsed = Parsed(render.conversation(waiting, [], "zh"))
    assert "等前一个问题答完" in parsed.text
    assert [b.get("data-withdraw") for b in parsed.all("button")] == ["1"]
    assert "正在阅读" in Parsed(render.status(waiting, "zh")).text


@pytest.mark.parametrize(
    ("confidence", "zh", "en"),
    [(0.9, "把握较大", "Fairly sure"), (0.6, "把握一般", "Not quite"), (0.4, "把握不大", "Unsure")],
)
def test_how_sure_an_answer_is(confidence, zh, en):
    cited = Citation(number=1, article=article(), start=0, end=4)
    exchange = answered("第一句。[1]", cited, confidence=confidence)
    assert zh in Parsed(render.conversation([exchange], [], "zh")).text
    assert f"{confidence:.0%}" in Parsed(render.conversation([exchange], [], "zh")).text
    assert en in Parsed(render.conversation([exchange], [], "en")).text


def test_filters_are_fields_and_chips_and_stand_by_their_answer():
    found = article(title=NASTY)
    chosen = Filters(since=date(2024, 3, 1), source=NASTY, articles=(found.id,))
    parsed = Parsed(render.filters(chosen, {found.id: NASTY}, ["青岚日报", NASTY], "zh"))
    assert [i["value"] for i in parsed.all("input")] == ["2024-03-01", ""]
    assert [o["value"] for o in parsed.all("option") if "selected" in o] == [NASTY]
    assert [b["data-drop"] for b in parsed.all("button")] == ["since", "source", "articles"]
    cited = Citation(number=1, article=found, start=0, end=4)
    exchange = replace(answered("第一句。[1]", cited, hits=(hit(found),)), filters=chosen)
    shown = Parsed(render.conversation([exchange], [], "zh"))
    assert f"限于：2024年3月1日 起{NASTY}一篇文章：{NASTY}" in shown.text
    assert not shown.all("script")
    nothing = Parsed(render.filters(Filters(), {}, [], "en"))
    assert not nothing.all("button")


def test_a_citation_can_be_copied_linked_and_walked_through():
    found = article(title=NASTY)
    cited = [Citation(number=n, article=found, start=0, end=4) for n in (1, 2, 3)]
    exchange = answered("第一句。[1][2][3]", *cited)
    parsed = Parsed(render.pane([exchange], Selection(0, "cite", 2), COUNTS, "zh"))
    buttons = parsed.all("button")
    copied = [b["data-copy"] for b in buttons if "data-copy" in b]
    assert copied == [quotation(cited[1], "zh")]
    links = [b["data-link"] for b in buttons if "data-link" in b]
    assert links == [f"?article={found.id}&at=0-4"]
    around = {
        b["aria-label"]: b["data-number"] for b in buttons if "出处" in (b.get("aria-label") or "")
    }
    assert (around["上一条出处"], around["下一条出处"]) == ("1", "3")
    link = Parsed(render.linked(found, (0, 4), "zh"))
    assert link.marked == [("quote", "第一句。")]


def test_a_rewritten_question_is_shown():
    exchange = answered(
        "一。[1]",
        Citation(number=1, article=article(), start=0, end=4),
        standalone="大桥何时通车？",
    )
    parsed = Parsed(render.conversation([exchange], [], "zh"))
    assert "理解为：大桥何时通车？" in parsed.text
    assert [i["value"] for i in parsed.all("input")] == ["大桥何时通车？"]
    assert [f["data-again"] for f in parsed.all("form")] == ["0"]


# The right side


def test_before_the_first_question_the_archive_is_counted():
    text = Parsed(render.pane([], None, COUNTS, "zh")).text
    assert "1,234 篇" in text
    assert "2024年1月5日 至 2024年12月31日" in text
    assert "2024-01-05 to 2024-12-31" in Parsed(render.pane([], None, COUNTS, "en")).text


def test_an_empty_archive_says_how_to_fill_it():
    empty = Counts(files=0, articles=0, passages=0, first=None, last=None)
    assert "wenbao add" in Parsed(render.pane([], None, empty, "zh")).text


def test_an_article_shows_what_is_known_of_it_and_not_the_folder():
    found = article(
        subtitle="副题",
        author="林知远",
        byline="（记者 苏禾）",
        source="青岚日报",
        date=date(2024, 3, 8),
        page=2,
        path="/home/me/papers/a.txt",
    )
    text = Parsed(render.article(found, [], "zh")).text
    for part in ("标题", "副题", "林知远", "（记者 苏禾）", "青岚日报", "2024年3月8日", "a.txt"):
        assert part in text
    assert "/home" not in text
    assert file_name("C:\\me\\b.pdf") == "b.pdf"


def test_a_derived_title_is_marked_as_such():
    assert "取自首句" in Parsed(render.article(article(title_derived=True), [], "zh")).text


# The style sheet

PALETTE = own_file("theme.css")
OWN = ("style.css", "theme.css", "page.js", "theme.js")
PAIRS = [
    ("ink", "sheet"),
    ("ink", "raised"),
    ("soft", "sheet"),
    ("soft", "raised"),
    ("accent", "sheet"),
    ("accent", "raised"),
    ("on-accent", "accent"),
    ("quote-ink", "quote"),
    ("ink", "other"),
    ("accent", "other"),
    ("ink", "near"),
    ("accent", "rule"),
]


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_contrast_is_at_least_aa(scheme, front, back):
    light, dark = re.findall(r":root.*? \{(.*?)\}", PALETTE, re.DOTALL)
    palette = colours(light) | (colours(dark) if scheme == "dark" else {})
    high, low = sorted((luminance(palette[front]), luminance(palette[back])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("name", OWN)
def test_the_style_sheets_and_the_scripts_load_nothing(name):
    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import|fetch\(|import\(", own_file(name))


def test_a_time_stands_beside_the_papers_words_by_the_calendar():
    found = article("20日<b>开馆。")
    citation = Citation(number=1, article=found, start=0, end=9, words=(0, 3))
    answer = Answer(
        question="问",
        status="answered",
        text="20日<b>开馆。[1]",
        short="20日",
        dated="2024年3月20日",
        citations=(citation,),
    )
    exchange = Exchange(question="问", stage="answered", answer=answer)
    shown = Parsed(render.conversation([exchange], (), "zh")).text
    assert "20日 （2024年3月20日）" in shown
