"""What is taken away: references as the standard has them, and text that stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag import Answer, Article, Citation
from ui.export import as_json, file_name, html_page, markdown, quotation, reference
from ui.session import Exchange

ARTICLE = Article(
    title="青禾大桥合龙",
    text="大桥主跨628米。他说：“通了。”",
    author="许白",
    source="青岚日报",
    date=date(2024, 3, 28),
    page=1,
    path="/srv/papers/一版.txt",
)


def cited(article=ARTICLE, end=9):
    return Citation(number=1, article=article, start=0, end=min(end, len(article.text)))


def conversation(words, question="主跨多长？"):
    article = replace(ARTICLE, title=words, text=words, source=words, author=words)
    answer = Answer(
        question=question,
        status="answered",
        text=f"{words}[1]",
        short=words,
        citations=(cited(article, len(words)),),
    )
    return (Exchange(question=question, stage="answered", answer=answer),)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "许白. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."),
        ({"author": None}, "青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."),
        ({"page": None}, "许白. 青禾大桥合龙[N]. 青岚日报, 2024-03-28."),
        ({"source": None}, "许白. 青禾大桥合龙[N]. 2024-03-28(1)."),
        ({"date": None}, "许白. 青禾大桥合龙[N]. 青岚日报."),
        ({"date": None, "source": None}, "许白. 青禾大桥合龙[N]."),
        ({"author": None, "byline": "本报记者 许白 孟秋"},
         "许白, 孟秋. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."),
        ({"author": "许 白、孟 秋"}, "许白, 孟秋. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."),
        ({"author": "本报记者许白 通讯员孟秋"},
         "许白, 孟秋. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."),
        ({"author": "全媒体记者许白通讯员孟秋"},
         "许白, 孟秋. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."),
        ({"author": "许白、孟秋、方禾、方守田"},
         "许白, 孟秋, 方禾, 等. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."),
        ({"author": "Ann Lee"}, "Ann Lee. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."),
    ],
)  # fmt: skip
def test_references(changes, expected):
    assert reference(cited(replace(ARTICLE, **changes)), "zh") == expected


def test_more_than_three_authors_in_english():
    article = replace(ARTICLE, author="许白、孟秋、方禾、方守田")
    assert reference(cited(article), "en").startswith("许白, 孟秋, 方禾, et al. 青禾大桥")


def test_a_quotation_changes_the_marks_inside():
    assert quotation(cited(end=99), "zh") == (
        "“大桥主跨628米。他说：‘通了。’” 许白. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1)."
    )


HOSTILE = (
    "# 题 <script>alert(1)</script> [点](javascript:x) ![图](http://x.y) `码` **粗** http://a.b"
)


def tags(page):
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, dict(attrs)))
    parser.feed(page)
    return found


@given(st.text(min_size=1, max_size=60).filter(str.strip))
@example(HOSTILE)
@example("1. 一\n- 二\n| a | b |\n|---|---|\n    码\n~~~\n&lt;b&gt;")
@example("+ 一\n=====\n2) 二\n---\n> 引 ~~删~~ [a]: http://x")
def test_document_text_is_inert_in_markdown(words):
    plain = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    rendered = plain.render(markdown(conversation(words), "zh"))
    assert {tag for tag, _ in tags(rendered)} <= {"h1", "h2", "h3", "p"}


def test_bare_addresses_are_no_links():
    written = markdown(conversation("见 http://a.b 和 www.a.b 和 a@b.c"), "zh")
    assert not re.search(r"http://|www\.a|a@b", written)


@given(st.text(min_size=1, max_size=60).filter(str.strip))
@example(HOSTILE)
def test_document_text_is_text_in_html(words):
    allowed = {
        "html", "head", "meta", "title", "style", "body", "h1", "section", "h2", "p", "h3", "ol",
        "li",
    }  # fmt: skip
    page = html_page(conversation(words, question=words), "en")
    assert {tag for tag, _ in tags(page)} <= allowed
    assert not {name for _, attrs in tags(page) for name in attrs} - {
        "lang", "charset", "name", "content",
    }  # fmt: skip


@pytest.mark.parametrize("write", [markdown, html_page])
def test_answer_short_answer_and_sources_are_there(write):
    answer = Answer(
        question="主跨多长？",
        status="answered",
        text="大桥主跨628米。[1]",
        short="628米",
        citations=(cited(),),
    )
    refused = Answer(question="造价？", status="refused", text="没有。")
    exchanges = (
        Exchange(question="主跨多长？", stage="answered", answer=answer),
        Exchange(question="造价？", stage="answered", answer=refused),
        Exchange(question="谁？", stage="stopped"),
    )
    page = write(exchanges, "zh").replace("\\", "")
    for words in (
        "主跨多长？", "简答：628米", "大桥主跨628米。[1]",
        "[1] “大桥主跨628米。” 许白. 青禾大桥合龙[N]. 青岚日报, 2024-03-28(1).",
        "档案中没有找到答案。", "没有回答。",
    ):  # fmt: skip
        assert words in page


def test_json_carries_the_proof():
    first, second = json.loads(
        as_json((*conversation("大桥主跨628米。"), Exchange(question="谁？", stage="stopped")))
    )
    (citation,) = first["citations"]
    assert citation["quote"] == "大桥主跨628米。"
    assert (citation["date"], citation["page"]) == ("2024-03-28", 1)
    assert citation["file"] == "一版.txt"  # the server's folders are nobody's business
    assert second == {"question": "谁？", "status": "stopped"}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("水厂检修?", "水厂检修.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ("CON", "_CON.md"),
        ("com1.txt", "_com1.txt.md"),
        ("a\x00b\u202ec", "abc.md"),
        (" . ", "wenbao.md"),
        ("桥" * 200, "桥" * 60 + ".md"),
    ],
)
def test_file_names(title, name):
    assert file_name(title, "md") == file_name(title, ".md") == name


@given(st.text())
def test_a_file_name_is_one_part_of_a_path(title):
    name = file_name(title, "html")
    assert len(name.encode()) <= 200
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert not name.startswith((".", " "))
