from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from conftest import STORIES, HashEncoder, write_jsonl
from filelock import FileLock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rag import (
    Archive,
    ArchiveDamaged,
    ArchiveError,
    ArchiveLocked,
    ArchiveMissing,
    Chatbot,
    EncoderChanged,
    Filters,
    Settings,
    UnknownArticle,
    adding,
)
from rag.terms import bigrams


def titles(archive, filters=None):
    return [article.title for article in archive.articles(filters or Filters())]


def test_holds_what_was_added(archive):
    assert titles(archive) == ["云桥湿地观鸟节开幕", "城东水厂夜间检修", "老街面馆的三代人"]
    counts = archive.counts()
    assert (counts.files, counts.articles) == (1, 3)
    assert (counts.first, counts.last) == (date(2024, 3, 3), date(2024, 4, 10))
    article = next(iter(archive.articles()))
    assert archive.article(article.id) == article
    assert article.source == "云桥晚报"


def test_the_same_file_again_costs_nothing(archive, stories, encoder):
    before = encoder.encoded
    report = archive.add([stories])
    assert (report.added, report.unchanged, report.embedded) == (0, 3, 0)
    assert encoder.encoded == before


def test_the_same_article_in_another_file_is_one_article(archive, tmp_path, encoder):
    copy = tmp_path / "copy.jsonl"
    write_jsonl(copy, STORIES[:1])
    before = encoder.encoded
    assert archive.add([copy]).unchanged == 1
    assert encoder.encoded == before
    assert archive.counts().articles == 3
    archive.remove([str(tmp_path / "stories.jsonl")])
    assert titles(archive) == ["云桥湿地观鸟节开幕"]


def test_a_changed_file_replaces_what_it_held(archive, stories, encoder):
    changed = [STORIES[0], STORIES[1] | {"text": "检修改到3月9日。"}]
    write_jsonl(stories, changed)
    before = encoder.encoded
    report = archive.add([stories])
    assert (report.added, report.unchanged, report.removed) == (1, 1, 2)
    assert encoder.encoded == before + 1
    assert titles(archive) == ["云桥湿地观鸟节开幕", "城东水厂夜间检修"]
    assert archive.search_terms(bigrams("铁锅"), 5) == []


def test_dates_and_sources_given_by_hand(tmp_path, encoder):
    page = tmp_path / "page.txt"
    page.write_text("小桥修好了\n\n本报讯 小桥昨日修好，行人可以通过。\n", encoding="utf-8")
    archive = Archive(tmp_path / "a", encoder=encoder)
    archive.add([page], day=date(2024, 5, 1), source="云桥晚报")
    (article,) = archive.articles()
    assert (article.date, article.source) == (date(2024, 5, 1), "云桥晚报")
    archive.add([page], day=date(2024, 5, 2), source="云桥晚报")
    (article,) = archive.articles()
    assert article.date == date(2024, 5, 2)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(since=date(2024, 3, 4)), ["城东水厂夜间检修", "老街面馆的三代人"]),
        (Filters(until=date(2024, 3, 3)), ["云桥湿地观鸟节开幕"]),
        (Filters(source="周刊"), ["老街面馆的三代人"]),
        (Filters(title="水厂"), ["城东水厂夜间检修"]),
        (Filters(title="100%"), []),
    ],
)
def test_filters(archive, encoder, filters, expected):
    assert titles(archive, filters) == expected
    vector = encoder.encode_queries(["云桥"])[0]
    rows = [row for row, _ in archive.search_vectors(vector, 50, filters)]
    found = {article.title for article, _ in archive.passages_of(rows).values()}
    assert found == set(expected)


def test_vectors_are_searched_as_brute_force_does(archive, encoder):
    query = encoder.encode_queries(["湿地 白鹭 只"])[0]
    found = archive.search_vectors(query, 3)
    exact = archive.cosines(query, [row for row, _ in found])
    assert [score for _, score in found] == pytest.approx(
        [exact[row] for row, _ in found], abs=1e-3
    )
    article, passage = archive.passages_of([found[0][0]])[found[0][0]]
    assert "白鹭312只" in article.text[passage.start : passage.end]


def test_terms_rank_the_passage_that_shares_most(archive):
    best = archive.search_terms(bigrams("停水检修影响多少户"), 5)
    article, _ = archive.passages_of([best[0][0]])[best[0][0]]
    assert article.title == "城东水厂夜间检修"
    assert best == sorted(best, key=lambda pair: -pair[1])
    assert archive.search_terms([], 5) == []


def test_query_syntax_in_terms_is_only_words(archive):
    for text in ('" OR *', "NEAR(a b)", "title:水厂 -检修", "AND", "'; DROP TABLE articles; --"):
        archive.search_terms(bigrams(text), 5)
    assert archive.counts().articles == 3


def test_removes_by_id_and_by_path(archive, stories):
    first = next(iter(archive.articles()))
    assert archive.remove([first.id]) == 1
    assert first.title not in titles(archive)
    with pytest.raises(UnknownArticle):
        archive.article(first.id)
    assert archive.remove([str(stories)]) == 2
    assert archive.counts().files == 0


def test_remove_is_all_or_nothing(archive):
    first = next(iter(archive.articles()))
    with pytest.raises(UnknownArticle, match="nowhere"):
        archive.remove([first.id, "nowhere"])
    assert archive.counts().articles == 3


def test_one_bad_file_does_not_stop_the_others(tmp_path, encoder, stories):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "empty.txt").write_bytes(b"")
    (folder / "scan.pdf").write_bytes(b"")
    (folder / "good.txt").write_text("小桥修好了\n\n小桥昨日修好，行人可以通过。", encoding="utf-8")
    (folder / "new\nline.txt").write_bytes(b"\x00\x01\x02" * 100)
    archive = Archive(tmp_path / "a", encoder=encoder)
    report = archive.add([folder, tmp_path / "nowhere", stories])
    assert report.added == 4
    assert len(report.problems) == 4
    assert all("\n" not in str(problem) for problem in report.problems)
    assert titles(archive)[-1] == "小桥修好了"


def test_an_article_without_end_is_refused_by_name(tmp_path, encoder):
    path = tmp_path / "endless.txt"
    path.write_text("水位上涨" * 60_000, encoding="utf-8")
    report = Archive(tmp_path / "a", encoder=encoder).add([path])
    (problem,) = report.problems
    assert "endless.txt" in problem.en
    assert "240,000" in problem.en
    assert report.added == 0


def test_a_second_writer_gets_a_clear_error(archive, stories):
    with (
        FileLock(archive.path / "writer.lock"),
        pytest.raises(ArchiveLocked, match="Another process"),
    ):
        archive.add([stories])


def test_readers_see_the_state_before_while_a_writer_works(archive, encoder, tmp_path):
    reader = Archive(archive.path, encoder=encoder)
    assert reader.counts().articles == 3
    more = tmp_path / "more.jsonl"
    write_jsonl(more, [{"title": "新桥", "text": "新桥动工。", "date": "2024-06-01"}])
    with reader.snapshot():
        before = reader.counts()
        worker = threading.Thread(target=archive.add, args=([more],))
        worker.start()
        worker.join()
        assert reader.counts() == before
    assert reader.counts().articles == 4
    vector = encoder.encode_queries(["新桥动工"])[0]
    (row, _), *_ = reader.search_vectors(vector, 1)
    assert reader.passages_of([row])[row][0].title == "新桥"


class Waiting(HashEncoder):
    """Waits before the passages on the new bridge until it may go on."""

    def __init__(self):
        super().__init__()
        self.waits, self.goes_on = threading.Event(), threading.Event()

    def encode_passages(self, passages, progress=None):
        if any("新桥" in passage for passage in passages):
            self.waits.set()
            self.goes_on.wait(60)
        return super().encode_passages(passages, progress)


def test_questions_are_answered_while_files_are_added(
    tmp_path, stories, reader, monkeypatch, caplog
):
    monkeypatch.setattr(adding, "BATCH_ARTICLES", 1)
    encoder = Waiting()
    archive = Archive(tmp_path / "a", encoder=encoder)
    archive.add([stories])
    bot = Chatbot(archive, Settings(min_confidence=0.0), reader=reader)
    more = tmp_path / "more.jsonl"
    write_jsonl(more, [{"title": f"{x}通知", "text": f"{x}动工。"} for x in ("渡口", "新桥")])
    with ThreadPoolExecutor() as threads:
        threads.submit(archive.add, [more])
        try:
            assert encoder.waits.wait(60)
            old = threads.submit(bot.ask, "停水检修影响多少户居民？").result(20)
            new = threads.submit(bot.ask, "谁动工？", filters=Filters(title="渡口")).result(20)
        finally:
            encoder.goes_on.set()
    assert "2.1万户" in old.citations[0].quote
    assert [hit.text for hit in new.hits] == ["渡口动工。"]
    rows = dict(archive.search_vectors(encoder.encode_queries(["新桥动工"])[0], 99))
    assert len(archive.passages_of(rows)) == archive.counts().passages == len(rows)
    assert "rebuilt" not in caplog.text


@pytest.mark.parametrize("written", ["by itself", "by another", "for another model"])
def test_an_older_snapshot_leaves_the_newer_index_alone(
    archive, encoder, tmp_path, caplog, written
):
    reader = archive if written == "by itself" else Archive(archive.path, encoder=encoder)
    model = HashEncoder(dim=32) if written == "for another model" else encoder
    writer = archive if model is encoder else Archive(archive.path, encoder=model)
    more = tmp_path / "more.jsonl"
    write_jsonl(more, [{"title": "新桥", "text": "新桥动工。"}])

    def write():
        writer.add([more]) if model is encoder else writer.reembed()
        with reader.snapshot():  # another question comes
            pass

    with reader.snapshot():
        reader.counts()
        worker = threading.Thread(target=write)
        worker.start()
        worker.join()
        saved = (archive.path / "vectors.index").read_bytes()
        rows = dict(reader.search_vectors(encoder.encode_queries(["新桥动工"])[0], 99))
        found = {article.title for article, _ in reader.passages_of(rows).values()}
    assert found == {story["title"] for story in STORIES}
    rows = dict(reader.search_vectors(model.encode_queries(["新桥动工"])[0], 99))
    assert len(reader.passages_of(rows)) == reader.counts().passages == len(rows)
    assert (archive.path / "vectors.index").read_bytes() == saved
    assert "rebuilt" not in caplog.text


class Stopping(HashEncoder):
    """Stops at the second batch, as Ctrl-C would."""

    def encode_passages(self, passages, progress=None):
        if self.encoded:
            raise KeyboardInterrupt
        return super().encode_passages(passages, progress)


def test_an_interrupted_add_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(adding, "BATCH_ARTICLES", 2)
    path = tmp_path / "many.jsonl"
    write_jsonl(path, [{"title": f"第{i}条", "text": f"这是第{i}条消息。"} for i in range(6)])
    with pytest.raises(KeyboardInterrupt):
        Archive(tmp_path / "a", encoder=Stopping()).add([path])
    encoder = HashEncoder()
    archive = Archive(tmp_path / "a", encoder=encoder)
    assert archive.counts().articles == 2
    assert archive.check() == "ok"
    report = archive.add([path])
    assert (report.added, report.unchanged) == (4, 2)
    assert encoder.encoded == 4
    assert archive.counts().articles == 6


KILLED = """
import os, sys
sys.path.insert(0, {tests!r})
from conftest import HashEncoder
from rag import Archive
import rag.adding
insert = rag.adding.insert_place
def dies(*arguments):
    insert(*arguments)
    os._exit(9)
rag.adding.insert_place = dies
Archive({archive!r}, encoder=HashEncoder()).add([{path!r}])
"""


def test_killed_inside_a_transaction_it_opens_in_the_state_before(archive, tmp_path, encoder):
    more = tmp_path / "more.jsonl"
    write_jsonl(more, [{"title": "新桥", "text": "新桥动工。"}])
    code = KILLED.format(
        tests=str(Path(__file__).parent), archive=str(archive.path), path=str(more)
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    again = Archive(archive.path, encoder=encoder)
    assert titles(again) == [story["title"] for story in STORIES]
    assert again.check() == "ok"
    assert again.add([more]).added == 1


def test_another_model_is_refused_with_the_command_that_helps(archive):
    other = Archive(archive.path, encoder=HashEncoder(salt="other"))
    with pytest.raises(EncoderChanged, match="doctor --reembed"):
        other.encoder  # noqa: B018
    assert other.counts().articles == 3


def test_reembedding_makes_the_other_model_its_own(archive):
    encoder = HashEncoder(dim=32, salt="other")
    other = Archive(archive.path, encoder=encoder)
    assert other.reembed() == archive.counts().passages
    again = Archive(archive.path, encoder=encoder)
    (row, _), *_ = again.search_vectors(encoder.encode_queries(["面馆的铁锅"])[0], 1)
    assert again.passages_of([row])[row][0].title == "老街面馆的三代人"


@pytest.mark.parametrize("spoil", ["missing", "truncated", "foreign", "older"])
def test_a_bad_vector_cache_is_rebuilt_aloud(archive, encoder, spoil, caplog, tmp_path):
    path = archive.path / "vectors.index"
    if spoil == "missing":
        path.unlink()
    elif spoil == "truncated":
        path.write_bytes(path.read_bytes()[:-50])
    elif spoil == "foreign":
        path.write_bytes(b"\x80\x04not ours" * 99)
    else:
        old = path.read_bytes()
        archive.remove([next(iter(archive.articles())).id])
        path.write_bytes(old)
    again = Archive(archive.path, encoder=encoder)
    query = encoder.encode_queries(["面馆"])[0]
    rows = [row for row, _ in again.search_vectors(query, 50)]
    assert len(again.passages_of(rows)) == again.counts().passages == len(rows)
    assert "rebuilt" in caplog.text
    caplog.clear()
    Archive(archive.path, encoder=encoder).search_vectors(query, 1)
    assert caplog.text == ""


def test_there_is_no_archive(tmp_path):
    with pytest.raises(ArchiveMissing, match="wenbao add"):
        Archive(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArchiveError, match="--archive"):
        Archive(tmp_path / "file" / "archive")


@pytest.mark.parametrize("bad", [b"this is no database" * 100, None])
def test_a_damaged_database_is_left_alone(archive, encoder, bad):
    archive._store.close()
    path = archive.path / "archive.db"
    data = path.read_bytes()
    spoilt = bad or data[:5000] + bytes(len(data) - 5000)
    path.write_bytes(spoilt)
    for side in ("-wal", "-shm"):
        Path(f"{path}{side}").unlink(missing_ok=True)
    with pytest.raises(ArchiveDamaged, match=r"backup"):
        list(Archive(archive.path, encoder=encoder).articles())
    assert path.read_bytes() == spoilt


def test_a_database_of_something_else_is_not_touched(tmp_path):
    path = tmp_path / "archive.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    with pytest.raises(ArchiveError, match="not an archive"):
        Archive(tmp_path)


def test_vectors_are_stored_small(archive):
    blobs = archive._store.read("SELECT vector FROM passages")
    assert {len(row["vector"]) for row in blobs} == {2 * 64}
    assert np.frombuffer(blobs[0]["vector"], np.float16).astype(np.float32) @ np.frombuffer(
        blobs[0]["vector"], np.float16
    ).astype(np.float32) == pytest.approx(1, abs=1e-2)


class AsADictionary(RuleBasedStateMachine):
    """The archive behaves as a dictionary of files to articles does."""

    def __init__(self):
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.encoder = HashEncoder(dim=8)
        self.archive = Archive(self.root / "a", encoder=self.encoder)
        self.files: dict[str, frozenset[int]] = {}

    def teardown(self):
        self.archive._store.close()
        self.folder.cleanup()

    @rule(name=st.sampled_from("xyz"), numbers=st.frozensets(st.integers(0, 5), min_size=1))
    def add(self, name, numbers):
        records = [{"title": f"第{n}条", "text": f"内容是{n}号。"} for n in sorted(numbers)]
        (self.root / f"{name}.jsonl").write_text("\n".join(json.dumps(r) for r in records))
        self.archive.add([self.root / f"{name}.jsonl"])
        self.files[name] = numbers

    @rule(name=st.sampled_from("xyz"))
    def remove(self, name):
        path = str(self.root / f"{name}.jsonl")
        if name in self.files:
            self.archive.remove([path])
            del self.files[name]
        else:
            with pytest.raises(UnknownArticle):
                self.archive.remove([path])

    @rule()
    def reopen(self):
        self.archive = Archive(self.root / "a", encoder=self.encoder)

    @invariant()
    def holds_the_same(self):
        expected = {f"第{n}条" for numbers in self.files.values() for n in numbers}
        assert {a.title for a in self.archive.articles()} == expected
        counts = self.archive.counts()
        assert (counts.articles, counts.files) == (len(expected), len(self.files))
        lexical = self.archive._store.read("SELECT COUNT(*) FROM lexical")[0][0]
        assert lexical == counts.passages


AsADictionary.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestAsADictionary = AsADictionary.TestCase
