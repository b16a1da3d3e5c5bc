"""The archive tab without a browser: uploads, what becomes of them, corrections, the HTML."""

from __future__ import annotations

import os
import re
from datetime import date

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from rag import ArchiveLocked, Article, CorrectionError, Filters, UnknownArticle
from ui import shelf
from ui.desk import Desk, View
from ui.intake import Intake
from ui.library import LibraryTab
from ui.session import Session
from ui.shelf import Arrival, Sheet
from ui.uploads import DEPTH, NAME_BYTES, Inbox, safe_path

HOSTILE = "<img src=x onerror=alert(1)>\"'\u202e"
TWO = "岚江今晨水位回落\n\n3月2日清晨，岚江水位回落到28米，渡口恢复通航。\n码头上排起了长队。\n"


class Bot:
    def __init__(self, archive) -> None:
        self.archive = archive


@pytest.fixture
def inbox(archive):
    return Inbox(archive.path / "pages", reader="who", most=1000)


@pytest.fixture
def client(inbox):
    app = Starlette(routes=[Route("/upload", inbox.receive, methods=["POST"])])
    made = TestClient(app, base_url="http://127.0.0.1:7860", cookies={"who": "me"})
    made.headers["origin"] = "http://127.0.0.1:7860"
    return made


@pytest.fixture
def tab(archive, inbox):
    return LibraryTab(Bot(archive), inbox)


@pytest.fixture
def intake(archive, inbox):
    return Intake(archive, inbox)


@pytest.fixture
def desk(archive, intake):
    return Desk(archive, intake)


def post(client, name, words, **headers):
    return client.post("/upload", params={"name": name}, content=words, headers=headers)


# Names and uploads


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("2024-03-02-01.txt", "2024-03-02-01.txt"),
        ("2024/03/02/一版.txt", "2024/03/02/一版.txt"),
        ("a/b/c/d/e/f.txt", "c/d/e/f.txt"),
        ("../../etc/passwd", "etc/passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/hosts", "etc/hosts"),
        ("C:\\pages\\x.txt", "C_/pages/x.txt"),
        (".bashrc", "bashrc"),
        ("a\x00b\x1b\u202etxt.exe", "abtxt.exe"),
        ("con.txt", "_con.txt"),
        ("LPT1", "_LPT1"),
        ('what?<b>"*|:.pdf', "what__b_____.pdf"),
        ("  spaces .txt ", "spaces.txt"),
        ("...", "page"),
        ("", "page"),
    ],
)
def test_a_file_name_does_no_harm(name, safe):
    assert safe_path(name) == safe


@given(st.text())
def test_any_name_is_a_short_relative_path_and_stays_what_it_is(name):
    safe = safe_path(name)
    parts = safe.split("/")
    assert 1 <= len(parts) <= DEPTH
    assert all(part and not part.startswith(".") and len(part.encode()) < 200 for part in parts)
    assert not re.search(r'[\x00-\x1f\\:<>"|?*]', safe)
    assert safe_path(safe) == safe


def test_a_long_name_keeps_its_format():
    safe = safe_path("长" * 300 + ".jsonl")
    assert safe.endswith("长.jsonl")
    assert len(safe.encode()) <= NAME_BYTES + len(".jsonl")


def test_an_upload_is_kept_once_and_other_content_gets_a_number(client, inbox):
    kept = [post(client, "三月/一版.txt", words).json()["name"] for words in (b"1", b"2", b"1")]
    assert kept == ["三月/一版.txt", "三月/一版-2.txt", "三月/一版.txt"]
    held = {
        str(path.relative_to(inbox.folder)): path.read_bytes()
        for path in inbox.folder.rglob("*")
        if path.is_file()
    }
    assert held == {"三月/一版.txt": b"1", "三月/一版-2.txt": b"2"}
    assert inbox.path("三月/一版-2.txt") == inbox.folder / "三月/一版-2.txt"
    assert inbox.path("../archive.db") is None
    assert inbox.path("no.txt") is None


def test_a_file_over_the_limit_is_refused_and_nothing_stays(client, inbox):
    assert post(client, "一版.txt", b"x" * 1000).status_code == 200
    refused = post(client, "大.txt", b"x" * 1001)
    assert refused.status_code == 413
    assert refused.json()["zh"].startswith("大.txt：超过")
    assert "larger than" in refused.json()["en"]
    assert os.listdir(inbox.folder) == ["一版.txt"]


def test_an_upload_without_a_length_is_counted_too(client, inbox):
    assert post(client, "大.txt", iter([b"x" * 600] * 2)).status_code == 413
    assert os.listdir(inbox.folder) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "who="},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://evil.test", "sec-fetch-site": "same-site"},
    ],
)
def test_another_page_cannot_upload(client, inbox, headers):
    if "cookie" in headers:
        client.cookies.clear()
    refused = post(client, "一版.txt", b"1", **headers)
    assert refused.status_code == 403
    assert "重新载入" in refused.json()["zh"]
    assert not inbox.folder.exists()


def test_behind_a_proxy_the_browser_vouches_for_the_page(client):
    proxied = {"origin": "https://papers.test", "sec-fetch-site": "same-origin"}
    assert post(client, "一版.txt", b"1", **proxied).status_code == 200


def test_a_folder_that_cannot_be_written_is_named(client, inbox):
    inbox.folder.write_text("a file where the folder should be")
    refused = post(client, "一版.txt", b"1")
    assert refused.status_code == 507
    assert "一版.txt" in refused.json()["en"]


def test_half_a_file_of_long_ago_is_swept_and_one_of_now_is_not(tmp_path):
    old, new = tmp_path / ".incoming-1", tmp_path / ".incoming-2"
    for part in (old, new):
        part.write_bytes(b"x")
    os.utime(old, (0, 0))
    Inbox(tmp_path, reader="who")
    assert os.listdir(tmp_path) == [new.name]


# From the inbox into the archive


def test_files_go_in_with_their_progress_and_the_reason_of_those_that_do_not(
    intake, client, inbox, archive
):
    for name, words in (("2024-03-02/一版.txt", TWO.encode()), ("空.txt", b""), ("x.xyz", b"1")):
        post(client, name, words)
    names = ["2024-03-02/一版.txt", "空.txt", "x.xyz"]
    steps = list(intake.take_in(names, "岚江早报", None))
    page = [(s.stage, s.done, s.total) for s in steps if s.name == names[0]]
    assert page == [("reading", 0, 0), ("embedding", 0, 1), ("embedding", 1, 1), ("done", 0, 1)]
    ends = {step.name: step for step in steps}
    assert [ends[name].stage for name in names] == ["done", "failed", "failed"]
    assert ends["空.txt"].problems == (
        (
            "空.txt：文件是空的，没有文字。请检查文件是否完整。",
            "空.txt: is empty: there is no text in it. Check that the file is complete.",
        ),
    )
    assert ends["x.xyz"].problems[0][0].startswith("x.xyz：不支持这种格式")
    (added,) = archive.find("渡口")
    assert (added.source, added.date) == ("岚江早报", date(2024, 3, 2))
    assert [p.name for p in inbox.folder.rglob("*") if p.is_file()] == ["一版.txt"]


def test_the_same_again_costs_nothing_and_corrections_are_kept(intake, client, archive, encoder):
    post(client, "一版.txt", TWO.encode())
    list(intake.take_in(["一版.txt"], "", None))
    cost = encoder.encoded
    assert list(intake.take_in(["一版.txt"], "", None))[-1] == Arrival(
        name="一版.txt", stage="known", total=1
    )
    (article,) = archive.find("渡口")
    archive.correct(article.id, title="改过的标题")
    cost = encoder.encoded
    assert list(intake.take_in(["一版.txt"], "另一份报", None))[-1].stage == "corrected"
    assert archive.find("渡口")[0].title == "改过的标题"
    assert encoder.encoded == cost


def test_files_that_come_while_others_settle_break_nothing(tab, client):
    for number in range(3):
        post(client, f"{number}.txt", TWO.replace("28", f"2{number}").encode())
    for name in ("notice", "arrivals", "catalogue", "sheet"):
        setattr(tab, name, name)
    view, session = View(), Session()
    first = tab._sent(session, view, {"names": ["0.txt", "1.txt"]})
    next(first for _ in first if view.arrivals["0.txt"].settled)
    list(tab._sent(session, view, {"names": ["2.txt"]}))
    *_, last = first
    assert last["catalogue"].count('class="entry"') == 6


def test_an_archive_that_is_being_written_loses_no_upload(intake, client, inbox, archive):
    post(client, "一版.txt", TWO.encode())
    with FileLock(archive.path / "writer.lock"), pytest.raises(ArchiveLocked):
        list(intake.take_in(["一版.txt"], "", None))
    assert inbox.path("一版.txt")
    assert list(intake.take_in(["一版.txt"], "", None))[-1].stage == "done"


# Corrections


def act(desk, view, **given):
    said = desk.act(view, given, "zh")
    return re.sub("<[^>]*>", "", said)


@pytest.fixture
def view(desk, archive):
    made = View()
    bridge = archive.find("面馆")[0]
    desk.act(made, {"act": "open", "article": bridge.id}, "zh")
    return made


def titles(archive, view):
    file = next(f for f in archive.files() if f.path == view.file)
    return [archive.article(key).title for key in file.articles]


def test_a_file_is_opened_at_the_article_and_its_head_is_focused(view, archive, stories):
    assert view.file == str(stories)
    assert view.focus == f"head-{archive.find('面馆')[0].id}"


def test_a_correction_says_so_and_is_undone(desk, view, archive):
    article = archive.find("面馆")[0]
    changes = {"title": " 老街 面馆 ", "date": "2024-04-11", "byline": "记者 方禾"}
    said = act(desk, view, act="save", article=article.id, **changes)
    assert said == "已修改《老街 面馆》。 撤销"
    after = archive.find("面馆")[0]
    assert (after.title, after.date, after.byline) == (
        "老街 面馆",
        date(2024, 4, 11),
        "记者 方禾",
    )
    assert view.focus.split()[0] == f"edit-{after.id}"
    assert act(desk, view, act="undo") == "已撤销。"
    assert archive.find("面馆")[0] == article


def test_saving_without_a_change_has_nothing_to_undo(desk, view, archive):
    article = archive.find("面馆")[0]
    assert act(desk, view, act="save", article=article.id) == "没有改动。"


def test_articles_are_merged_split_deleted_and_put_back(desk, view, archive):
    before = titles(archive, view)
    first = archive.find("观鸟节")[0]
    assert act(desk, view, act="merge", article=first.id).startswith("已合并为《云桥湿地")
    assert titles(archive, view) == [before[0], before[2]]
    merged = archive.find("观鸟节")[0]
    assert view.focus.split()[0] == f"merge-{merged.id}"
    at = merged.text.index("城东水厂夜间检修")
    said = act(desk, view, act="split", article=merged.id, offset=str(at), title="水厂检修")
    assert said.startswith("已拆开，新的一篇是《水厂检修》")
    assert titles(archive, view) == [before[0], "水厂检修", before[2]]
    second = archive.find("停水")[0]
    assert view.focus == f"head-{second.id}"
    assert act(desk, view, act="remove", article=second.id).startswith("已删除《水厂检修》")
    assert titles(archive, view) == [before[0], before[2]]
    assert act(desk, view, act="undo") == "已撤销。"
    assert view.focus == f"head-{second.id}"
    assert act(desk, view, act="revert") == "已还原 2 步。"
    assert titles(archive, view) == before
    assert act(desk, view, act="undo") == "没有可撤销的。"


def test_a_file_that_went_with_its_last_article_is_read_again(desk, intake, client, view, archive):
    post(client, "一版.txt", TWO.encode())
    list(intake.take_in(["一版.txt"], "岚江早报", date(2023, 3, 2)))
    desk.act(view, {"act": "file", "name": "一版.txt"}, "zh")
    article = archive.find("渡口")[0]
    said = act(desk, view, act="remove", article=article.id)
    assert said.endswith("也移出了档案。 重新读入文件")
    assert (view.file, archive.find("渡口")) == ("", [])
    assert act(desk, view, act="again") == "文件已重新读入。"
    assert archive.find("渡口") == [article]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"act": "save", "title": " "}, CorrectionError),
        ({"act": "split", "offset": "3"}, CorrectionError),
        ({"act": "merge"}, CorrectionError),
        ({"act": "remove", "article": "a0"}, UnknownArticle),
        ({"act": "save", "article": "a0", "title": "x"}, UnknownArticle),
        ({"act": "open", "article": "a0"}, UnknownArticle),
    ],
)
def test_what_cannot_be_done_is_an_error_and_changes_nothing(desk, view, archive, given, error):
    before, last = titles(archive, view), archive.find("面馆")[0]
    with pytest.raises(error):
        desk.act(view, {"article": last.id, **given}, "zh")
    assert titles(archive, view) == before
    desk.act(view, {"act": "no such act"}, "zh")
    assert titles(archive, view) == before


def test_an_article_of_another_file_is_not_changed_through_the_open_one(
    desk, intake, view, archive, client
):
    post(client, "一版.txt", TWO.encode())
    list(intake.take_in(["一版.txt"], "", None))
    other = archive.find("渡口")[0]
    with pytest.raises(UnknownArticle):
        desk.act(view, {"act": "remove", "article": other.id}, "zh")
    assert archive.find("渡口") == [other]


# The list


def test_the_list_is_searched_and_filtered(tab):
    view = View()

    def found():
        return re.findall('class="title" lang="zh">([^<]*)<', tab._catalogue(view, "zh"))

    assert len(found()) == 3
    view.words = "水厂 检修"
    assert found() == ["城东水厂夜间检修"]
    view.words = ""
    tab._filter(view, {"period": "2024-04"})
    assert found() == ["老街面馆的三代人"]
    tab._filter(view, {"source": "云桥晚报"})
    assert found() == []
    tab._filter(view, {"period": "2024-04"})  # again: no bound any more
    assert found() == ["云桥湿地观鸟节开幕", "城东水厂夜间检修"][::-1]
    tab._filter(view, {"source": "", "period": "2024-99"})
    assert len(found()) == 3


def test_pages_of_the_list(tab, monkeypatch):
    monkeypatch.setattr("ui.library.PAGE", 2)
    first = tab._catalogue(View(), "zh")
    second = tab._catalogue(View(page=1), "zh")
    assert [page.count('class="entry"') for page in (first, second)] == [2, 1]
    assert 'data-page="1">下一页' in first
    assert 'data-page="2" disabled>下一页' in second


def test_a_page_of_the_list_that_has_become_empty_gives_way_to_the_one_before(tab, monkeypatch):
    monkeypatch.setattr("ui.library.PAGE", 2)
    view = View(page=1)
    (last,) = tab._archive.find("", limit=1, offset=2)
    tab._archive.remove([last.id])
    assert tab._catalogue(view, "zh").count('class="entry"') == 2
    assert view.page == 0


def test_many_months_are_shown_as_years_and_a_year_as_its_months():
    months = [("", "报", 4)]
    months += [(f"{y}-{m:02d}", "报", 1) for y in (1950, 1951, 1952) for m in range(1, 13)]
    years = [(year, "报", 12) for year in ("1950", "1951", "1952")]
    assert shelf.by_period(months, "") == [*years, ("", "报", 4)]
    within = [(f"1951-{m:02d}", "报", 1) for m in range(1, 13)]
    assert shelf.by_period(months, "1951-07") == shelf.by_period(months, "1951") == within
    few = [("", "甲", 4), ("2024-03", "乙", 1), ("2024-03", "甲", 2)]
    assert shelf.by_period(few, "2024-03") == [*few[1:], few[0]]


def test_bars_are_as_high_as_their_counts_and_named_below():
    rows = [("1949", "甲", 5), ("1950", "甲", 20), ("1950", "乙", 20), ("", "甲", 4)]
    html = shelf._plot(rows, "1950", "zh")
    assert re.findall('height="([0-9]+)"', html) == ["12", "100", "10"]
    assert re.findall('title="([^"]*)"', html) == [
        "1949年：5 篇",
        "1950年：40 篇",
        "日期不明：4 篇",
    ]
    assert re.findall('data-period="([0-9]+)".*?aria-pressed="([a-z]+)"', html) == [
        ("1949", "false"),
        ("1950", "true"),
    ]
    assert [shelf._tick(str(year), "", 60)[0] for year in (1949, 1950)] == ["", "1950"]
    months = [shelf._tick(*pair, 3) for pair in (("2023-12", ""), ("2024-01", "2023-12"))]
    assert months == [("12", "2023"), ("1", "2024")]


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("1951", date(1951, 1, 1), date(1951, 12, 31)),
        ("", None, None),
    ],
)
def test_a_period_is_its_first_and_last_day(period, since, until):
    assert shelf.matching(period, "报") == Filters(since=since, until=until, source="报")


# HTML


def test_nothing_of_a_document_or_a_file_name_becomes_html():
    article = Article(
        title=HOSTILE, text=f"{HOSTILE}\n{HOSTILE}", subtitle=HOSTILE, author=HOSTILE,
        byline=HOSTILE, source=HOSTILE, path=HOSTILE,
    )  # fmt: skip
    month = [("2024-03", HOSTILE, 1), ("2024-03", "x", 1)]
    problem = (HOSTILE, HOSTILE)
    pages = [
        shelf.arrivals([Arrival(name=HOSTILE, stage="done", problems=(problem,))], "zh", problem),
        shelf.catalogue(
            [article], months=month, papers=month, period="2024-03", source=HOSTILE,
            page=0, more=False, language="zh",
        ),
        shelf.sheet(
            Sheet(name=HOSTILE, articles=[article], first=1, total=2, corrected=True), "zh"
        ),
        shelf.notice(HOSTILE, "zh", {"undo": "撤销"}),
    ]  # fmt: skip
    for html in pages:
        assert "&lt;img" in html
        assert "<img" not in html
        assert "\u202e" not in html
        values = re.findall(r'="([^"]*)"', html)
        assert not any("<" in value or "'" in value for value in values)


def test_a_long_paragraph_is_shortened_in_the_middle_and_cut_offsets_are_true():
    words = "甲" * 110 + "乙" * 100 + "丙" * 60
    article = Article(title="题", text=f"第一段。\n{words}\n\n末段。")
    html = shelf.sheet(Sheet(name="x", articles=[article], first=1, total=1, corrected=False), "zh")
    assert "乙" not in html
    assert "甲" * 110 in html
    assert "略去 100 字" in html
    offsets = [int(at) for at in re.findall('data-offset="([0-9]+)"', html)]
    assert [article.text[at] for at in offsets] == ["甲", "末"]
    assert all(article.text[at - 1] == "\n" for at in offsets)


def test_merging_and_undoing_are_offered_where_they_can_be_done():
    pair = [Article(title="一", text="甲。"), Article(title="二", text="乙。")]
    last = shelf.sheet(Sheet(name="x", articles=pair, first=1, total=2, corrected=False), "zh")
    assert last.count('data-act="merge"') == 1
    assert 'data-act="undo"' not in last
    page = shelf.sheet(Sheet(name="x", articles=pair, first=1, total=3, corrected=True), "zh")
    assert page.count('data-act="merge"') == 2
    assert 'data-act="revert"' in page
    assert 'data-page="1">下一页' in page


def test_the_sum_of_an_upload_is_announced():
    files = [Arrival(name="一.txt", stage="done", total=3), Arrival(name="二.txt", stage="failed")]
    html = shelf.arrivals(files, "en")
    assert 'role="status">Files in the archive: 1; not added: 1.' in html
    files[1] = Arrival(name="二.txt", stage="embedding", done=64, total=70)
    assert "embedding 64 of 70</p>" in shelf.arrivals(files, "en")
