"""The archive tab in a real browser, before an archive that hashes."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from conftest import STORIES, HashEncoder, OverlapReader, write_jsonl
from filelock import FileLock
from page import Running, Watched

from rag import Archive, Chatbot, Settings
from ui import server
from ui.uploads import Inbox

pytestmark = pytest.mark.browser

EVIL = '<img src="x" onerror="window.hit=1"><script>window.hit=1</script>\u202e${1} {{value}}'
PAGE_ONE = """岚江今晨水位回落

本报讯 3月2日清晨，岚江水位回落到28米，渡口恢复通航。
码头上排起了长队，头班船运走了112名乘客。

北汀菜场重新开张

本报讯 3月2日，修缮了半年的北汀菜场重新开张。
菜场有摊位68个，早市五点开门。
"""
PAGE_TWO = "城南图书馆延长开放\n\n本报讯 从本周起，城南图书馆开放到晚上十点。\n"


@pytest.fixture
def archive(tmp_path):
    made = Archive(tmp_path / "archive", encoder=HashEncoder())
    write_jsonl(tmp_path / "stories.jsonl", STORIES)
    made.add([tmp_path / "stories.jsonl"])
    return made


@pytest.fixture
def serve(browser):
    """Opens the archive tab of a page that is served for an archive."""
    running: list[Running] = []
    watched: list[Watched] = []

    def opened(archive, **options) -> Watched:
        bot = Chatbot(archive, Settings(min_confidence=0.0), reader=OverlapReader())
        inbox = Inbox(archive.path / "pages", reader=server.READER, most=20_000)
        running.append(Running(bot, inbox=inbox).__enter__())
        watched.append(Watched(browser, running[-1].url, **options))
        return to_tab(watched[-1])

    yield opened
    for page in watched:
        page.context.close()
    for one in running:
        one.__exit__()


def to_tab(reader: Watched) -> Watched:
    reader.page.locator("#tabs [role=tab] >> nth=1").click()
    reader.page.wait_for_selector("#catalogue .list, #catalogue .none")
    return reader


def upload(page, *files: Path) -> None:
    page.set_input_files("#intake input >> nth=0", [str(file) for file in files])


def settled(page, count: int) -> dict[str, str]:
    """The files that came in, once all are settled: name -> what is said of each."""
    ends = "#arrivals .arrivals > ul > :is(.done, .known, .corrected, .failed)"
    page.wait_for_function(f"document.querySelectorAll('{ends}').length === {count}")
    rows = page.locator("#arrivals .arrivals > ul > li")
    return {row.locator(".name").inner_text(): row.inner_text() for row in rows.all()}


def headlines(page) -> list[str]:
    return page.locator("#sheet h3 bdi").all_inner_texts()


def wait_headlines(page, *expected: str) -> None:
    page.wait_for_function(
        "(expected) => [...document.querySelectorAll('#sheet h3 bdi')]"
        ".map((h) => h.innerText).join('|') === expected",
        arg="|".join(expected),
    )


def open_uploaded(page, tmp_path) -> None:
    file = tmp_path / "云桥晚报-2024-03-02-01.txt"
    file.write_text(PAGE_ONE, encoding="utf-8")
    upload(page, file)
    wait_headlines(page, "岚江今晨水位回落", "北汀菜场重新开张")


def test_files_are_added_with_their_articles_and_the_reason_of_those_that_are_not(
    serve, archive, tmp_path
):
    reader = serve(archive)
    page = reader.page
    one, two, empty = (tmp_path / name for name in ("2024-03-02-01.txt", "二版.txt", "空.txt"))
    one.write_text(PAGE_ONE, encoding="utf-8")
    two.write_text(PAGE_TWO, encoding="gb18030")
    empty.write_bytes(b"")
    page.get_by_label("报纸名").fill("岚江早报")
    upload(page, one, two, empty)
    rows = settled(page, 3)
    assert "已加入 2 篇" in rows["2024-03-02-01.txt"]
    assert "已加入 1 篇" in rows["二版.txt"]
    assert "空.txt：文件是空的" in rows["空.txt"]
    assert page.inner_text("#arrivals .sum") == "2 个文件已在档案里，1 个没有加入。"
    page.wait_for_selector("#catalogue .entry >> text=城南图书馆延长开放")
    page.click("#arrivals button >> text=二版.txt")
    wait_headlines(page, "城南图书馆延长开放")
    assert archive.find("图书馆")[0].source == "岚江早报"
    upload(page, one)
    assert "已在档案里，2 篇" in settled(page, 1)["2024-03-02-01.txt"]
    wait_headlines(page, "岚江今晨水位回落", "北汀菜场重新开张")
    page.click("#switch")
    page.wait_for_selector("#arrivals >> text=already there")
    page.wait_for_selector("#sheet .tools >> text=Merge with the next")
    assert reader.complaints == []


def test_the_progress_of_each_file_is_shown(serve, archive, tmp_path):
    """The encoder waits, so that what is shown meanwhile can be read."""
    gate = threading.Event()
    encode = archive.encoder.encode_passages

    def wait(passages, progress=None):
        gate.wait(60)
        return encode(passages, progress)

    archive.encoder.encode_passages = wait
    page = serve(archive).page
    one, two = (tmp_path / f"{name}版.txt" for name in "一二")
    one.write_text(PAGE_ONE, encoding="utf-8")
    two.write_text(PAGE_TWO, encoding="utf-8")
    try:
        upload(page, one, two)
        page.wait_for_selector("#arrivals .embedding >> text=找到 2 篇，正在编入 0 / 2")
        assert "等待" in page.inner_text("#arrivals .waiting")
        assert page.inner_text("#arrivals [role=status]").startswith("一版.txt: 找到 2 篇")
        page.click("#catalogue .entry >> nth=0")
        page.wait_for_selector("#sheet .piece")
        page.click("#sheet [data-act=merge] >> nth=0")
        page.wait_for_selector("#notice >> text=正在加入文件，现在不能修改")
    finally:
        gate.set()
    settled(page, 2)


def test_dropped_files_go_in(serve, archive):
    page = serve(archive).page
    transfer = page.evaluate_handle(
        "(words) => { const data = new DataTransfer();"
        " data.items.add(new File([words], '拖来.txt')); return data; }",
        PAGE_TWO,
    )
    page.dispatch_event("#catalogue", "drop", {"dataTransfer": transfer})
    assert "已加入 1 篇" in settled(page, 1)["拖来.txt"]


def test_a_folder_is_walked_and_its_names_date_the_articles(serve, archive, tmp_path):
    page = serve(archive).page
    folder = tmp_path / "papers" / "2024" / "03" / "02"
    folder.mkdir(parents=True)
    (folder / "p1.txt").write_text(PAGE_TWO, encoding="utf-8")
    (folder / ".hidden.txt").write_text(PAGE_ONE, encoding="utf-8")
    page.set_input_files("#intake input >> nth=1", str(tmp_path / "papers"))
    assert list(settled(page, 1)) == ["2024/03/02/p1.txt"]
    assert str(archive.find("图书馆")[0].date) == "2024-03-02"
    assert archive.find("菜场") == []


def test_a_file_over_the_limit_and_too_many_files_are_refused(serve, archive, tmp_path):
    page = serve(archive, locale="en-GB").page
    large, small = tmp_path / "large.txt", tmp_path / "small.txt"
    large.write_text("大" * 10_000, encoding="utf-8")  # 30,000 bytes, and 20,000 are taken
    small.write_text(PAGE_TWO, encoding="utf-8")
    upload(page, large, small)
    settled(page, 1)
    assert "large.txt: larger than" in page.inner_text("#intake .refused")
    page.evaluate("document.querySelector('.intake').dataset.most = '10000'")
    upload(page, large)
    page.wait_for_selector("#intake .refused >> text=large.txt: larger than 50 MB")
    page.evaluate("document.querySelector('.intake').dataset.count = '1'")
    upload(page, large, small)
    page.wait_for_selector("#intake .refused >> text=These are 2 files")
    assert os.listdir(archive.path / "pages") == ["small.txt"]


def test_an_archive_that_is_being_written_says_so_and_the_files_go_in_later(
    serve, archive, tmp_path
):
    page = serve(archive).page
    file = tmp_path / "一版.txt"
    file.write_text(PAGE_TWO, encoding="utf-8")
    with FileLock(archive.path / "writer.lock"):
        upload(page, file)
        page.wait_for_selector("#arrivals .problem >> text=另一个程序正在写入")
        assert "还没有加入" in page.inner_text("#arrivals .stopped")
    page.click("#arrivals >> text=再试一次")
    assert "已加入 1 篇" in settled(page, 1)["一版.txt"]


def test_a_headline_is_corrected_with_enter_given_up_with_escape_and_undone(
    serve, archive, tmp_path
):
    reader = serve(archive)
    page = reader.page
    open_uploaded(page, tmp_path)
    focused = "document.activeElement"
    page.click("#sheet .edit summary >> nth=0")
    page.wait_for_function(f"{focused}.name === 'title'")
    page.keyboard.type("不要的")
    page.keyboard.press("Escape")
    page.wait_for_function(f"{focused}.tagName === 'SUMMARY'")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{focused}.name === 'title'")
    assert page.evaluate(f"{focused}.value") == "岚江今晨水位回落"
    page.keyboard.press("Control+A")
    page.keyboard.type("岚江水位回落")
    page.keyboard.press("Enter")
    wait_headlines(page, "岚江水位回落", "北汀菜场重新开张")
    page.wait_for_selector("#notice >> text=已修改《岚江水位回落》。")
    page.wait_for_function(f"{focused}.dataset.at?.startsWith('edit-')")
    assert page.locator("#sheet .edit[open]").count() == 0
    page.wait_for_selector("#catalogue .entry >> text=岚江水位回落")
    page.click("#notice button >> text=撤销")
    wait_headlines(page, "岚江今晨水位回落", "北汀菜场重新开张")
    page.wait_for_function(f"{focused}.innerText.includes('岚江今晨水位回落')")
    assert reader.complaints == []


def test_articles_are_merged_split_deleted_and_all_is_taken_back(serve, archive, tmp_path):
    reader = serve(archive)
    page = reader.page
    open_uploaded(page, tmp_path)
    page.click("#sheet [data-act=merge]")
    wait_headlines(page, "岚江今晨水位回落")
    page.wait_for_selector("#sheet .mark >> text=改过")
    page.focus("#sheet .cut summary >> nth=1")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.name === 'title'")
    page.keyboard.type("北汀菜场重新开张")
    page.keyboard.press("Enter")
    wait_headlines(page, "岚江今晨水位回落", "北汀菜场重新开张")
    assert "北汀菜场重新开张" in page.evaluate("document.activeElement.innerText")
    page.get_by_role("button", name="删除：岚江今晨水位回落").click()
    wait_headlines(page, "北汀菜场重新开张")
    assert archive.find("渡口") == []
    page.click("#notice button >> text=撤销")
    wait_headlines(page, "岚江今晨水位回落", "北汀菜场重新开张")
    page.click("#sheet >> text=全部还原")
    page.wait_for_selector("#notice >> text=已还原 2 步。")
    page.wait_for_selector("#sheet .mark", state="detached")
    assert "".join(page.locator("#sheet .body").nth(1).locator("p").all_inner_texts()).endswith(
        "早市五点开门。"
    )
    assert reader.complaints == []


def test_what_is_typed_for_one_article_never_lands_in_another(serve, archive, tmp_path):
    page = serve(archive).page
    open_uploaded(page, tmp_path)
    page.click("#sheet .edit summary >> nth=1")
    field = "#sheet .piece:has(h3:has-text('{}')) [name=subtitle]"
    page.fill(field.format("北汀菜场重新开张"), "还没存的副题")
    page.get_by_role("button", name="删除：岚江今晨水位回落").click()
    wait_headlines(page, "北汀菜场重新开张")
    assert page.input_value(field.format("北汀菜场重新开张")) == "还没存的副题"
    page.click("#notice button >> text=撤销")
    wait_headlines(page, "岚江今晨水位回落", "北汀菜场重新开张")
    assert page.input_value(field.format("岚江今晨水位回落")) == ""
    page.click("#sheet .piece:has(h3:has-text('北汀菜场重新开张')) >> text=保存")
    page.wait_for_selector("#sheet .subtitle >> text=还没存的副题")


def test_an_error_keeps_what_was_typed(serve, archive, tmp_path):
    page = serve(archive).page
    open_uploaded(page, tmp_path)
    page.click("#sheet .edit summary >> nth=0")
    page.fill("#sheet [name=title] >> nth=0", "新标题")
    with FileLock(archive.path / "writer.lock"):
        page.press("#sheet [name=title] >> nth=0", "Enter")
        page.wait_for_selector("#notice .problem >> text=另一个程序正在写入")
    assert page.input_value("#sheet [name=title] >> nth=0") == "新标题"
    page.press("#sheet [name=title] >> nth=0", "Enter")
    wait_headlines(page, "新标题", "北汀菜场重新开张")


def test_the_list_is_searched_and_bounded_by_month_and_paper(serve, archive):
    reader = serve(archive)
    page = reader.page
    listed = "[...document.querySelectorAll('#catalogue .title')].map((t) => t.innerText).join('|')"
    page.fill("#find textarea, #find input", "水厂 检修")
    page.wait_for_function(f"{listed} === '城东水厂夜间检修'")
    page.fill("#find textarea, #find input", "")
    page.wait_for_function(f"{listed}.split('|').length === 3")
    page.get_by_role("button", name="2024年4月：1 篇").press("Enter")
    page.wait_for_function(f"{listed} === '老街面馆的三代人'")
    assert page.get_attribute("[data-period='2024-04'] >> nth=0", "aria-pressed") == "true"
    page.get_by_role("button", name="去掉条件：2024年4月").click()
    page.wait_for_function(f"{listed}.split('|').length === 3")
    page.click("#catalogue .paper >> text=云桥周刊")
    page.wait_for_function(f"{listed} === '老街面馆的三代人'")
    page.click("#catalogue .table summary")
    assert page.locator("#catalogue tbody tr").all_inner_texts() == ["2024年4月\t云桥周刊\t1"]
    page.click("#catalogue .entry")
    wait_headlines(page, *(story["title"] for story in STORIES))
    assert reader.complaints == []


def test_an_empty_archive_says_what_to_do_and_then_holds_something(serve, tmp_path):
    page = serve(Archive(tmp_path / "empty", encoder=HashEncoder())).page
    assert "档案还是空的。把报纸文件拖到上面" in page.inner_text("#catalogue")
    file = tmp_path / "一版.txt"
    file.write_text(PAGE_TWO, encoding="utf-8")
    upload(page, file)
    page.wait_for_selector("#catalogue .entry >> text=城南图书馆延长开放")
    page.locator("#tabs [role=tab] >> nth=0").click()
    page.wait_for_selector("#paper .facts >> text=1 篇")


def test_hostile_names_and_articles_do_nothing(serve, archive, tmp_path):
    reader = serve(archive)
    page = reader.page
    record = {"title": EVIL, "text": f"{EVIL}\n第二段{EVIL}", "author": EVIL, "source": EVIL}
    page.evaluate(
        """([name, words]) => { const data = new DataTransfer();
        data.items.add(new File([words], name));
        const input = document.querySelector('#intake input'); input.files = data.files;
        input.dispatchEvent(new Event('change', { bubbles: true })); }""",
        [f"{EVIL}.jsonl", json.dumps(record)],
    )
    settled(page, 1)
    page.wait_for_selector("#sheet .piece")
    page.click("#sheet .edit summary")
    shown = EVIL.replace("\u202e", "·")
    assert shown in page.text_content("#sheet h3")
    assert shown in page.text_content("#catalogue .entry >> nth=-1")
    assert page.locator("#library :is(img, script)").count() == 0
    page.fill("#sheet [name=subtitle]", EVIL.replace("\u202e", ""))
    page.press("#sheet [name=subtitle]", "Enter")
    page.wait_for_selector("#sheet .subtitle")
    assert archive.find("第二段")[0].title.startswith("<img")
    assert page.evaluate("window.hit") is None
    assert (reader.dialogs, reader.complaints) == ([], [])
    assert [p.parent.name for p in (archive.path / "pages").iterdir()] == ["pages"]


WINDOWS = [(width, scheme) for width in (1440, 1024, 390) for scheme in ("light", "dark")]


def test_the_tab_fits_every_window_and_has_no_barriers(serve, archive, tmp_path):
    reader = serve(archive)
    page = reader.page

    def looks(name: str) -> None:
        for width, scheme in WINDOWS:
            page.set_viewport_size({"width": width, "height": 850})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
            if width == 1440:
                assert reader.barriers() == []
            if folder := os.environ.get("WENBAO_SHOTS"):
                page.wait_for_timeout(300)
                page.screenshot(path=Path(folder) / f"library-{name}-{width}-{scheme}.png")

    looks("list")
    open_uploaded(page, tmp_path)
    page.click("#sheet [data-act=merge]")
    page.wait_for_selector("#notice button >> visible=true")
    page.click("#sheet .edit summary")
    page.focus("#sheet .cut summary >> nth=1")
    page.keyboard.press("Enter")
    looks("file")
    assert not page.is_visible("#catalogue")
    page.click("#sheet .close")
    page.wait_for_selector("#catalogue .entry >> visible=true")
    assert not page.is_visible("#file")
