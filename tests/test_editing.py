"""Corrections of the archive: what each does, that it can be undone, and that nothing is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from conftest import STORIES, HashEncoder, write_jsonl
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rag import Archive, CorrectionError, Filters, UnknownArticle
from rag.terms import bigrams

PAGE = """湿地来了白鹭

本报讯 3月2日，云桥湿地记录到白鹭312只。
站长说，水位调低了，水鸟有了浅滩。

水厂夜间检修

本报讯 城东水厂3月5日停水检修，影响居民2.1万户。
请居民提前储水。
"""


@pytest.fixture
def page(tmp_path, encoder):
    """An archive of one page with two articles."""
    path = tmp_path / "page.txt"
    path.write_text(PAGE, encoding="utf-8")
    archive = Archive(tmp_path / "a", encoder=encoder)
    archive.add([path])
    assert len(ids(archive)) == 2
    return archive


def ids(archive):
    (file,) = archive.files()
    return list(file.articles)


def path_of(archive):
    return archive.files()[0].path


def test_files_in_the_order_of_the_page(page):
    (file,) = page.files()
    assert [page.article(key).title for key in file.articles] == ["湿地来了白鹭", "水厂夜间检修"]
    assert not file.corrected


def test_raw_spans_of_a_table_point_into_its_raw_text(archive, stories):
    raw = archive.raw_text(str(stories))
    for article in archive.articles():
        assert raw[article.raw_start : article.raw_end] == article.text


def test_a_corrected_headline_is_found_and_embedded_again(page, encoder):
    first = ids(page)[0]
    before, generation = encoder.encoded, page.generation
    article = page.correct(first, title=" 湿地来了\n苍鹭 ", date=date(2024, 3, 3))
    assert article.title == "湿地来了 苍鹭"
    assert page.article(article.id) == article
    assert (page.generation, encoder.encoded) == (generation + 1, before + 1)
    assert page.search_terms(bigrams("苍鹭"), 5)
    assert page.files()[0].corrected
    with pytest.raises(UnknownArticle):
        page.article(first)


def test_what_is_not_embedded_costs_no_embedding(page, encoder):
    before = encoder.encoded
    first = ids(page)[0]
    assert page.correct(first, author="许白", source="云桥晚报").id == first
    changed = page.correct(first, subtitle="水位调低二十厘米")
    assert changed.id != first
    assert (changed.author, changed.source) == ("许白", "云桥晚报")
    assert page.correct(changed.id, author=None).author is None
    assert encoder.encoded == before


@pytest.mark.parametrize("title", ["", " \n", None])
def test_an_empty_headline_is_refused(page, title):
    generation = page.generation
    with pytest.raises(CorrectionError, match="headline"):
        page.correct(ids(page)[0], title=title)
    assert page.generation == generation


def test_only_heads_can_be_corrected(page):
    with pytest.raises(TypeError, match="text"):
        page.correct(ids(page)[0], text="别的")


def test_merged_the_printed_headline_is_a_paragraph(page):
    first, second = (page.article(key) for key in ids(page))
    merged = page.merge(first.id, second.id)
    assert merged.text == f"{first.text}\n{second.title}\n{second.text}"
    assert (merged.raw_start, merged.raw_end) == (first.raw_start, second.raw_end)
    assert ids(page) == [merged.id]


def test_articles_that_stand_in_two_files_are_merged_in_the_one_that_is_named(page):
    first = path_of(page)
    second = Path(first).with_name("second.txt")
    second.write_text(PAGE + "\n", encoding="utf-8")
    page.add([second])
    pair = page.files()[0].articles
    assert page.files()[1].articles == pair
    merged = page.merge(*pair, path=str(second))
    assert {file.path: file.articles for file in page.files()} == {
        first: pair,
        str(second): (merged.id,),
    }
    with pytest.raises(CorrectionError):
        page.merge(*pair, path=str(second))


def test_only_neighbours_are_merged(page):
    first, second = ids(page)
    for pair in ((second, first), (first, first), (first, "nothing")):
        with pytest.raises(CorrectionError, match="follow each other"):
            page.merge(*pair)


def test_split_where_it_was_merged_gives_back_both(page):
    before = [page.article(key) for key in ids(page)]
    merged = page.merge(*ids(page))
    at = merged.text.index(before[1].title)
    parts = page.split(merged.id, at, title=before[1].title)
    assert [(part.title, part.text) for part in parts] == [(a.title, a.text) for a in before]
    raw = page.raw_text(path_of(page))
    assert raw[parts[1].raw_start :].startswith(before[1].title)
    assert parts[0].raw_end == parts[1].raw_start


def test_split_without_a_title_takes_the_first_sentence(page):
    article = page.article(ids(page)[0])
    at = article.text.find("\n") + 1
    assert at > 0
    _, second = page.split(article.id, at)
    assert second.title_derived
    assert second.title == "站长说，水位调低了，水鸟有了浅滩"
    assert page.raw_text(path_of(page))[second.raw_start :].startswith("站长说")


@pytest.mark.parametrize("at", [0, 3, -1, 10**6])
def test_split_only_between_paragraphs(page, at):
    with pytest.raises(CorrectionError, match="no paragraph"):
        page.split(ids(page)[0], at)


def test_undo_and_revert(page):
    before = [page.article(key) for key in ids(page)]
    path = path_of(page)
    corrected = page.correct(before[0].id, title="新题")
    page.merge(corrected.id, before[1].id)
    assert page.undo(path)
    assert ids(page) == [corrected.id, before[1].id]
    page.remove([before[1].id])
    assert page.revert(path) == 2
    assert [page.article(key) for key in ids(page)] == before
    assert not page.files()[0].corrected
    assert not page.undo(path)
    assert page.revert(path) == 0
    with pytest.raises(UnknownArticle):
        page.undo("nowhere")


def test_corrections_outlive_the_same_file_but_not_a_changed_one(page, tmp_path, caplog):
    path = tmp_path / "page.txt"
    page.correct(ids(page)[0], title="新题")
    page.add([path])
    assert page.article(ids(page)[0]).title == "新题"
    path.write_text(PAGE + "\n又记：已恢复供水。\n", encoding="utf-8")
    page.add([path])
    assert page.article(ids(page)[0]).title == "湿地来了白鹭"
    assert "corrections are gone" in caplog.text
    assert not page.files()[0].corrected


def test_corrections_outlive_a_file_of_which_a_row_is_bad(tmp_path, encoder):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"title": "小桥", "text": "小桥修好了。"}\n{"title": ', encoding="utf-8")
    archive = Archive(tmp_path / "a", encoder=encoder)
    assert len(archive.add([path]).problems) == 1
    archive.correct(ids(archive)[0], title="新桥")
    report = archive.add([path])
    assert (len(report.problems), report.unchanged) == (1, 1)
    assert archive.article(ids(archive)[0]).title == "新桥"


def test_the_other_files_of_an_article_keep_it(archive, tmp_path, stories):
    copy = tmp_path / "copy.jsonl"
    write_jsonl(copy, STORIES[:1])
    archive.add([copy])
    (shared,) = archive.find("观鸟节")
    changed = archive.correct(shared.id, path=str(copy), title="观鸟节来了")
    held = {Path(file.path).name: file.articles for file in archive.files()}
    assert held["copy.jsonl"] == (changed.id,)
    assert held["stories.jsonl"][0] == shared.id


def test_an_archive_of_format_1_opens_without_loss(archive, encoder):
    articles = list(archive.articles())
    archive._store.close()
    database = sqlite3.connect(archive.path / "archive.db")
    database.executescript(
        "DROP TABLE corrections; UPDATE meta SET value = '1' WHERE key = 'format';"
        "UPDATE places SET ordinal = ordinal + 5 WHERE ordinal > 0;"
    )
    database.close()
    again = Archive(archive.path, encoder=encoder)
    assert list(again.articles()) == articles
    merged = again.merge(*ids(again)[:2])
    assert ids(again)[0] == merged.id


def test_words_are_found_in_headline_and_text_newest_first(archive):
    assert [a.title for a in archive.find("")] == [
        "老街面馆的三代人",
        "城东水厂夜间检修",
        "云桥湿地观鸟节开幕",
    ]
    assert [a.title for a in archive.find("水厂 2.1万")] == ["城东水厂夜间检修"]
    assert [a.title for a in archive.find("觀鳥節　白鷺３１２")] == ["云桥湿地观鸟节开幕"]
    assert archive.find("水厂 白鹭") == []
    assert [a.title for a in archive.find("水", limit=1, offset=1)] == ["云桥湿地观鸟节开幕"]
    assert archive.find("水", Filters(since=date(2024, 4, 1))) == []
    assert archive.find("%") == []


def test_timeline_counts_by_month_and_source(archive, tmp_path):
    more = tmp_path / "more.jsonl"
    write_jsonl(more, [{"title": "无日期", "text": "不知何时。"}])
    archive.add([more])
    assert archive.timeline() == [
        ("", "", 1),
        ("2024-03", "云桥晚报", 2),
        ("2024-04", "云桥周刊", 1),
    ]
    assert archive.timeline(Filters(source="周刊")) == [("2024-04", "云桥周刊", 1)]


KILLED = """
import os, sys
sys.path.insert(0, {tests!r})
from conftest import HashEncoder
from rag import Archive
import rag.editing
insert = rag.editing.insert_place
def dies(*arguments):
    insert(*arguments)
    os._exit(9)
rag.editing.insert_place = dies
archive = Archive({archive!r}, encoder=HashEncoder())
archive.merge(*archive.files()[0].articles)
"""


def test_killed_in_between_it_opens_in_the_state_before(page, encoder):
    before = ids(page)
    code = KILLED.format(tests=str(Path(__file__).parent), archive=str(page.path))
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    again = Archive(page.path, encoder=encoder)
    assert ids(again) == before
    assert not again.files()[0].corrected
    assert again.check() == "ok"


def characters(archive, keys):
    articles = [archive.article(key) for key in keys]
    text = "".join(("" if a.title_derived else a.title) + a.text for a in articles)
    return Counter("".join(text.split()))


class AnySequence(RuleBasedStateMachine):
    """Whatever is done in whatever order, the archive stays consistent and can go back."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.encoder = HashEncoder(dim=8)
        self.archive = Archive(root / "a", encoder=self.encoder)
        records = [
            {"title": f"第{n}条", "text": f"甲{n}说了。\n乙{n}也说。\n丙{n}不说。"}
            for n in range(3)
        ]
        write_jsonl(root / "x.jsonl", records)
        write_jsonl(root / "y.jsonl", records[1:])
        self.archive.add([root / "x.jsonl", root / "y.jsonl"])
        self.first = {file.path: file.articles for file in self.archive.files()}

    def teardown(self):
        self.archive._store.close()
        self.folder.cleanup()

    def chosen(self, number):
        places = [(f.path, key) for f in self.archive.files() for key in f.articles]
        return places[number % len(places)] if places else (None, None)

    @rule(number=st.integers(0, 9), title=st.sampled_from(["新题", "第1条", "第2条"]))
    def correct(self, number, title):
        path, key = self.chosen(number)
        if key:
            assert self.archive.correct(key, path=path, title=title, author=title).title == title

    @rule(number=st.integers(0, 9))
    def merge(self, number):
        runs = [
            pair
            for f in self.archive.files()
            for pair in zip(f.articles, f.articles[1:], strict=False)
        ]
        if runs:
            pair = runs[number % len(runs)]
            before = characters(self.archive, pair)
            merged = self.archive.merge(*pair)
            assert characters(self.archive, [merged.id]) == before

    @rule(number=st.integers(0, 9), paragraph=st.integers(1, 9))
    def split(self, number, paragraph):
        path, key = self.chosen(number)
        article = self.archive.article(key) if key else None
        breaks = [i + 1 for i, c in enumerate(article.text) if c == "\n"] if article else []
        if breaks:
            before = characters(self.archive, [key])
            parts = self.archive.split(key, breaks[paragraph % len(breaks)], path=path)
            assert characters(self.archive, [part.id for part in parts]) == before
            above, below = parts
            assert above.raw_start <= above.raw_end == below.raw_start <= below.raw_end

    @rule(number=st.integers(0, 9))
    def remove(self, number):
        _, key = self.chosen(number)
        if key:
            self.archive.remove([key])

    @rule(number=st.integers(0, 9))
    def undo(self, number):
        path, _ = self.chosen(number)
        if path:
            corrected = {f.path: f.corrected for f in self.archive.files()}[path]
            assert self.archive.undo(path) == corrected

    @rule(number=st.integers(0, 9))
    def revert(self, number):
        path, _ = self.chosen(number)
        if path:
            self.archive.revert(path)
            assert {f.path: f.articles for f in self.archive.files()}[path] == self.first[path]

    @invariant()
    def is_consistent(self):
        read = self.archive._store.read
        for file in self.archive.files():
            sql = (
                "SELECT ordinal FROM places p JOIN sources s ON s.id = p.source WHERE s.path = ?"
                " ORDER BY ordinal"
            )
            assert [row[0] for row in read(sql, (file.path,))] == list(range(len(file.articles)))
        rows = [row[0] for row in read("SELECT row FROM passages ORDER BY row")]
        assert [row[0] for row in read("SELECT rowid FROM lexical ORDER BY rowid")] == rows
        embedding = self.archive._embedding()
        for row, (article, passage) in self.archive.passages_of(rows).items():
            assert 0 <= passage.start < passage.end <= len(article.text)
            exact = self.encoder.encode_passages([embedding.text(article, passage)])[0]
            assert self.archive.cosines(exact, [row])[row] == pytest.approx(1, abs=5e-3)
        if rows:
            query = np.ones(8, np.float32) / np.sqrt(8)
            assert {row for row, _ in self.archive.search_vectors(query, 99)} == set(rows)


AnySequence.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestAnySequence = AnySequence.TestCase
