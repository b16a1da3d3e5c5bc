import csv
import io
import json
import os
import stat
import tempfile
import time
import zipfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import docx
import pytest
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from rag import documents, reading, webpage
from rag.errors import ReadingError
from rag.reading import Reading, read, shown, walk
from rag.types import RawText

SIMPLIFIED = "青石镇的老渡口昨天重新开放，二十六名船工回到江边。\n镇长说，“这条船会一直开下去。”\n"
TRADITIONAL = (
    "青石鎮的老渡口昨天重新開放，二十六名船工回到江邊。\n鎮長說，「這條船會一直開下去。」\n"
)


def save(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def only(result):
    """The one text of a reading that has no problems."""
    assert result.problems == ()
    (text,) = result.texts
    return text


def problems(result):
    return [(p.zh, p.en) for p in result.problems]


def refused(path, zh, en):
    """Assert that a file cannot be read, and that both messages name it and hold some words."""
    with pytest.raises(ReadingError) as caught:
        read(path)
    assert shown(path) in caught.value.zh and zh in caught.value.zh
    assert shown(path) in caught.value.en and en in caught.value.en


# Names and folders


def test_control_and_bidirectional_characters_of_a_path_are_shown_escaped():
    assert shown("报 纸　1.txt") == "报 纸　1.txt"
    assert shown("a\nb\x1b[0m\u202egpj.txt") == r"a\nb\x1b[0m\u202egpj.txt"
    assert shown("\udcff.txt") == r"\udcff.txt"
    assert shown(Path("a/b")) == "a/b"


def test_folders_are_walked_in_sorted_order_without_hidden_files_and_locks(tmp_path):
    for name in ("b.txt", "a.txt", "x.jpg", ".hidden.txt", "~$a.docx", ".git/c.txt", "d/2/e.txt"):
        save(tmp_path, name, "字")
    save(tmp_path, "d/10.txt", "字")
    names = ["a.txt", "b.txt", "x.jpg", "d/10.txt", "d/2/e.txt"]
    assert walk([tmp_path]) == [tmp_path / name for name in names]
    assert walk([str(tmp_path / "b.txt"), tmp_path])[:2] == [tmp_path / "b.txt", tmp_path / "a.txt"]
    assert walk([tmp_path / ".hidden.txt"]) == [tmp_path / ".hidden.txt"]


def test_a_file_named_twice_is_walked_once(tmp_path):
    path = save(tmp_path, "a.txt", "字")
    assert walk([path, path, tmp_path]) == [path]


def test_a_path_that_does_not_exist_is_named(tmp_path):
    for path in (tmp_path / "没有\n.txt", "\0", "x" * 5000):
        with pytest.raises(ReadingError) as caught:
            walk([tmp_path, path])
        assert shown(path) in caught.value.zh and "找不到" in caught.value.zh
        assert shown(path) in caught.value.en and "no such file" in caught.value.en


def test_links_that_lead_back_are_walked_once(tmp_path):
    path = save(tmp_path, "a/b/c.txt", "字")
    (tmp_path / "a/b/up").symlink_to(tmp_path, target_is_directory=True)
    assert walk([tmp_path]) == [path]


def test_a_linked_folder_is_walked(tmp_path):
    save(tmp_path, "elsewhere/c.txt", "字")
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers/link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert walk([tmp_path / "papers"]) == [tmp_path / "papers/link/c.txt"]


@contextmanager
def unprivileged():
    """As a user that file permissions hold for; root is none."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_may_not_be_read_is_an_error_and_the_rest_goes_on():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shut = save(folder, "shut/a.txt", "字").parent
        locked, open_file = save(folder, "locked.txt", "字"), save(folder, "open.txt", "字")
        locked.chmod(0)
        shut.chmod(0)
        try:
            with unprivileged():
                assert walk([folder]) == [locked, open_file, shut]
                refused(locked, "读取权限", "Permission denied")
                refused(shut, "读取权限", "Permission denied")
                assert only(read(open_file)).text == "字"
        finally:
            shut.chmod(0o755)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "gone.txt")
    refused(tmp_path / "pipe.txt", "管道或设备", "pipe or a device")
    refused(tmp_path / "folder.txt", "这是文件夹", "is a folder")
    refused(tmp_path / "loop.txt", "打不开", "cannot be opened")
    refused(tmp_path / "broken.txt", "打不开", "No such file")
    names = ["broken.txt", "loop.txt", "pipe.txt"]
    assert walk([tmp_path]) == [tmp_path / name for name in names]


def test_other_formats_are_refused_with_the_list_of_those_read(tmp_path):
    refused(save(tmp_path, "a.jpg", "x"), "不支持这种格式（.jpg）", ".txt .text .md .html")
    refused(save(tmp_path, "README", "x"), "没有扩展名", "no extension")
    refused(save(tmp_path, "a.doc", "x"), "另存为 .docx", "Save it as .docx")


def test_a_file_over_the_limit_is_refused_unread(tmp_path):
    big, page = save(tmp_path, "a.txt", "字"), save(tmp_path, "a.html", "字")
    os.truncate(big, reading.MAX_BYTES + 1)
    os.truncate(page, reading.MAX_HTML + 1)
    refused(big, "超过 200 MB 的上限", "more than the 200 MB")
    refused(page, "超过 20 MB 的上限", "more than the 20 MB")


def test_a_name_that_cannot_be_stored_is_refused(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xd7\xd6.txt"))
    path.write_text("字", encoding="utf-8")
    refused(path, "请改名", "Rename it")


def test_the_path_is_kept_and_shown_escaped(tmp_path):
    path = save(tmp_path, "第一\n版\u202e.txt", "字")
    assert only(read(path)) == RawText(path=str(path), text="字")
    refused(save(tmp_path, "空\n.txt", ""), r"空\n.txt", r"空\n.txt")


# Text and encodings


@pytest.mark.parametrize(
    ("encoding", "bom", "text"),
    [
        ("utf-8", b"", SIMPLIFIED),
        ("utf-8", b"\xef\xbb\xbf", SIMPLIFIED),
        ("utf-16-le", b"\xff\xfe", SIMPLIFIED),
        ("utf-16-be", b"\xfe\xff", SIMPLIFIED),
        ("utf-16-le", b"", SIMPLIFIED),
        ("utf-16-be", b"", SIMPLIFIED),
        ("utf-16-le", b"", SIMPLIFIED.replace("\n", "")),
        ("utf-16-be", b"", SIMPLIFIED.replace("\n", "")),
        ("utf-16-le", b"", "Plain English text.\n"),
        ("gb18030", b"", SIMPLIFIED),
        ("gb18030", b"", TRADITIONAL),
        ("gbk", b"", SIMPLIFIED),
        ("gb18030", b"", SIMPLIFIED + "𠮷野家，朱镕基、陶喆。"),
        ("gb18030", b"", "昨天大雨。"),
        ("big5", b"", TRADITIONAL),
        ("big5hkscs", b"", TRADITIONAL + "深水埗、啲人。"),
        ("utf-8", b"", TRADITIONAL),
        ("utf-8", b"", "Plain English text.\n"),
    ],
)
@pytest.mark.parametrize("suffix", [".txt", ".text", ".md"])
def test_every_encoding_is_read_back(tmp_path, encoding, bom, text, suffix):
    path = save(tmp_path, "a" + suffix, bom + text.encode(encoding))
    assert only(read(path)) == RawText(path=str(path), text=text)


def test_the_whole_file_decides_not_its_beginning(tmp_path):
    ascii_start = "0123456789\n" * 10_000
    for encoding, text in (("gb18030", SIMPLIFIED), ("big5", TRADITIONAL), ("utf-8", SIMPLIFIED)):
        path = save(tmp_path, f"{encoding}.txt", (ascii_start + text).encode(encoding))
        assert only(read(path)).text == ascii_start + text


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_stray_byte_is_replaced_and_its_place_reported(tmp_path, encoding):
    before, after = (SIMPLIFIED * 60).encode(encoding), (SIMPLIFIED * 40).encode(encoding)
    offset = len(before)
    path = save(tmp_path, "a.txt", before + b"\xff" + after)
    result = read(path)
    ((zh, en),) = problems(result)
    assert f"第 {offset} 字节" in zh and "坏字节" in zh
    assert f"byte {offset}" in en and f"not valid {encoding}" in en
    (text,) = result.texts
    # A double-byte decoder may take the neighbour along.
    assert text.text.startswith(SIMPLIFIED * 60 + "\ufffd")
    assert text.text.endswith(SIMPLIFIED * 39)


@pytest.mark.parametrize(
    ("text", "bom"),
    [
        ("The mayor’s bridge – the city’s longest – was opened.\n", b""),
        ("The mayor's bridge was opened.\n", b"\xef\xbb\xbf"),
        ("L'été dernier, le café a été ouvert.\n", b""),
    ],
)
def test_utf_8_with_a_stray_byte_need_not_be_chinese(tmp_path, text, bom):
    result = read(save(tmp_path, "a.txt", bom + (text * 20).encode() + b"\xe9t"))
    assert result.texts[0].text == text * 20 + "\ufffdt"
    ((_, en),) = problems(result)
    assert "1 places are not valid utf-8" in en


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_stray_nul_decides_nothing(tmp_path, encoding):
    path = save(tmp_path, "a.txt", (SIMPLIFIED + "\0" + SIMPLIFIED).encode(encoding))
    assert only(read(path)).text == SIMPLIFIED * 2


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_a_replacement_character_that_was_printed_is_no_damage(tmp_path, encoding):
    text = SIMPLIFIED + "\ufffd"
    assert only(read(save(tmp_path, "a.txt", text.encode(encoding)))).text == text


def test_text_in_another_language_is_guessed_and_reported(tmp_path):
    text = "これは日本語の文章です。新聞の記事を読みます。\n" * 50
    result = read(save(tmp_path, "a.txt", text.encode("cp932")))
    assert result.texts[0].text == text
    ((zh, en),) = problems(result)
    assert "猜测为 cp932" in zh and "guessed to be cp932" in en


@pytest.mark.parametrize("content", ["", " \n\t\u3000\r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
@pytest.mark.parametrize("suffix", [".txt", ".md", ".jsonl"])
def test_an_empty_file_is_refused(tmp_path, content, suffix):
    refused(save(tmp_path, "a" + suffix, content), "文件是空的", "is empty")


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0" * 9,
        bytes(range(256)) * 40,
        b"\0" * 1000,
        b"\x01\x02\x03\x04" * 100,
        ("字\0" * 3).encode(),
    ],
)
def test_a_binary_file_is_refused(tmp_path, content):
    with pytest.raises(ReadingError) as caught:
        read(save(tmp_path, "a.txt", content))
    assert "二进制" in caught.value.zh


def test_bytes_of_no_encoding_are_refused_with_the_offset(tmp_path):
    path = save(tmp_path, "a.txt", b"abc " + bytes(range(128, 256)) * 20)
    refused(path, "无法识别文字编码", "first byte that is not UTF-8 is 4")


def test_line_ends_and_what_is_no_text_are_tidied(tmp_path):
    path = save(tmp_path, "a.txt", "一\r\n二\r三\u2028四\x0b五\x85六\x07\ufeff七\x7f\f八\x1a")
    assert only(read(path)).text == "一\n二\n三\n四\n五\n六七\f八"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_fifty_megabytes_in_one_line_take_seconds(tmp_path, encoding):
    data = SIMPLIFIED.replace("\n", "").encode(encoding)
    path = save(tmp_path, "a.txt", data * (50 * 2**20 // len(data)))
    began = time.perf_counter()
    text = only(read(path)).text
    assert time.perf_counter() - began < 10
    assert text.count("老渡口") == 50 * 2**20 // len(data)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".txt", ".md", ".html", ".jsonl", ".csv"):
            path = save(Path(folder), "a" + suffix, data)
            try:
                result = read(path)
            except ReadingError:
                continue
            for text in result.texts:
                text.text.encode()
                assert text.text.strip()


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_in_utf_8_is_read_as_it_is_but_for_controls(text):
    with tempfile.TemporaryDirectory() as folder:
        path = save(Path(folder), "a.txt", "字\n" + text.replace("\0", ""))
        try:
            result = read(path)
        except ReadingError as exc:
            assert "二进制" in exc.zh
            return
    printable = [c for c in text if c.isprintable() and c not in "\ufffe\uffff"]
    assert [c for c in only(result).text if c.isprintable()] == ["字", *printable]


# Markdown


def test_front_matter_and_headings(tmp_path):
    path = save(
        tmp_path,
        "a.md",
        '---\ntitle: "老渡口：重新开放"\ndate: 2023-12-27\nsource: 青石日报\nauthor: 林一\n'
        "url: https://example.org/1\nimage:\n  title: 江边\n---\n# 老渡口\n\n## 江边\n正文 # 一。\n"
        "#话题\n",
    )
    assert only(read(path)) == RawText(
        path=str(path),
        text="老渡口\n\n江边\n正文 # 一。\n#话题\n",
        record=True,
        title="老渡口：重新开放",
        date=date(2023, 12, 27),
        source="青石日报",
        author="林一",
        url="https://example.org/1",
    )


def test_a_rule_at_the_top_is_no_front_matter(tmp_path):
    text = "---\n没有字段\n---\n正文。\n"
    assert only(read(save(tmp_path, "a.md", text))) == RawText(
        path=str(tmp_path / "a.md"), text=text
    )


def test_a_wrong_date_of_front_matter_is_reported(tmp_path):
    result = read(save(tmp_path, "a.md", "---\n标题: 渡口\n日期: 去年冬天\n---\n正文。"))
    assert (result.texts[0].title, result.texts[0].date) == ("渡口", None)
    ((zh, en),) = problems(result)
    assert "“去年冬天”" in zh and "2023-12-27" in zh and "'去年冬天' cannot be read" in en


# HTML

PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}">
<title>老渡口重新开放_青石日报</title>
<meta property="og:title" content="老渡口重新开放 - 青石在线">
<meta name="source" content="来源：青石日报"><meta name="author" content="林一">
<meta property="article:published_time" content="2023-12-27T08:00:00+08:00">
<meta property="og:url" content="https://example.org/1">
<style>p {{ color: red }}</style><script>var a = "<p>不要</p>";</script></head>
<body><nav><a href="/">首页</a></nav><!-- <p>注释</p> -->
<div><h1>老渡口重新开放</h1><p>　　青石镇的老渡口
    昨天重新开放。</p><p>船工<b>林二</b>说：<br>“开下去。”</p>
<table><tr><td>年份</td><td>船数</td></tr><tr><td>2023</td><td>26</td></tr></table>
<p style="display: none">看不见</p><template><p>模板</p></template>散句 a &lt; b</div>
<aside>推荐阅读</aside><footer>版权</footer></body></html>"""
PAGE_TEXT = (
    "青石镇的老渡口昨天重新开放。\n\n船工林二说：\n“开下去。”\n\n年份 船数\n\n2023 26\n\n散句 a < b"
)


@pytest.mark.parametrize("declared", ["utf-8", "gb2312", "big5", "no-such-charset"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_saved_page_is_one_article(tmp_path, encoding, declared):
    path = save(tmp_path, "a.htm", PAGE.format(charset=declared).encode(encoding))
    assert only(read(path)) == RawText(
        path=str(path),
        text=PAGE_TEXT,
        record=True,
        title="老渡口重新开放",
        date=date(2023, 12, 27),
        source="青石日报",
        author="林一",
        url="https://example.org/1",
    )


@pytest.mark.parametrize(
    ("markup", "title", "day", "text"),
    [
        ("<title>题目</title><p>正文</p>", "题目", None, "正文"),
        ("<h1>题目</h1><p>正文</p>", "题目", None, "正文"),
        ("<p>正文</p>", None, None, "正文"),
        ("正文", None, None, "正文"),
        (
            "<h1>题</h1><time datetime='2023-12-27'>昨</time><p>文",
            "题",
            date(2023, 12, 27),
            "昨\n\n文",
        ),
        ("<p>外</p><article><h1>题</h1><p>文</p></article>", "题", None, "文"),
        ("<article>一</article><article>二</article>", None, None, "一\n\n二"),
        ("<main></main><p>文</p>", None, None, "文"),
        ("<!--[if !IE]><!--><p>文</p><!--<![endif]-->", None, None, "文"),
        ("<p>文</p><!-- 没有结束 <p>注", None, None, "文"),
        ("<?xml version='1.0'?><html><body><p><![CDATA[文]]></p></body></html>", None, None, "文"),
        ("<p>a<b</p>", None, None, "a<b"),
        ("<p hidden>无</p><p>有</p>", None, None, "有"),
        ("<head><title>题_报</title><p>文", "题_报", None, "文"),
        ("<body><p>一</p></body></html><p>二</p>", None, None, "一\n\n二"),
        ("<p>文</p><video>浏览器不支持</video>", None, None, "文"),
        ("""<p data-a='{"b": "<i>1</i> < 2"}'>文</p>""", None, None, "文"),
        ("<title>老渡口开放_报</title><h1>报</h1><p>文", "老渡口开放_报", None, "报\n\n文"),
        ("<h1>老渡口<br>重新\n开放</h1><p>文", "老渡口 重新开放", None, "文"),
        (
            "<meta name=pubdate content=今天><meta itemprop=datePublished content=2023-12-27><p>文",
            None,
            date(2023, 12, 27),
            "文",
        ),
    ],
)
def test_pages_as_they_are_found(tmp_path, markup, title, day, text):
    path = save(tmp_path, "a.html", markup)
    expected = RawText(path=str(path), text=text, title=title, date=day, record=bool(title))
    assert only(read(path)) == expected


def test_a_page_without_text_is_refused(tmp_path):
    path = save(tmp_path, "a.html", "<title>题</title><script>render()</script>")
    refused(path, "没有正文", "has no text")


def test_a_script_address_is_left_out(tmp_path):
    page = '<meta property="og:url" content="javascript:alert(1)"><p>文</p>'
    result = read(save(tmp_path, "a.html", page))
    assert result.texts[0].url is None
    ((zh, en),) = problems(result)
    assert "不是网址" in zh and "no web address (javascript:alert(1))" in en


@pytest.mark.parametrize(
    "bomb",
    [
        *("<div>", "<p><b>", "<", "<a ", "<!--", "<![CDATA[", "<![ >", "</", "<?", "<a></a", "&#"),
        *("\n", "<a '\"", '<a b="c"="', '<a b="<c>"'),
    ],
)
def test_a_page_of_one_thing_neither_hangs_nor_overflows(tmp_path, bomb):
    path = save(tmp_path, "a.html", "<p>正文</p>" + bomb * 20_000)
    began = time.perf_counter()
    assert read(path).texts[0].text.startswith("正文")
    assert time.perf_counter() - began < 10


def test_a_page_of_too_many_tags_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(webpage, "MAX_TAGS", 4)
    assert only(read(save(tmp_path, "a.html", "<p>一</p><p>1 &lt; 2</p>"))).text == "一\n\n1 < 2"
    refused(save(tmp_path, "b.html", "<p>一</p><p>二</p><p>"), "有 5 个标签", "has 5 tags")


def test_what_nests_too_deeply_for_a_library_is_an_error(tmp_path, monkeypatch):
    def overflow(source):
        return overflow(source)

    monkeypatch.setitem(reading._READERS, ".html", overflow)
    refused(save(tmp_path, "a.html", "<p>文"), "嵌套太深", "nested too deeply")


# PDF

FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def pdf(path, pages, **options):
    """A PDF with lines of text, or an image, on each page."""
    canvas = Canvas(str(path), **options)
    for lines in pages:
        if lines == "image":
            canvas.drawImage(ImageReader(Image.new("RGB", (40, 40), "gray")), 50, 50, 300, 300)
        else:
            canvas.setFont(FONT, 14)
            for n, line in enumerate(lines):
                canvas.drawString(60, 760 - 24 * n, line)
        canvas.showPage()
    canvas.save()
    return path


LINES = ["青石镇的老渡口昨天重新开放，二十六名船工", "回到江边。镇长说，这条船会一直开下去。"]


def test_the_pages_of_a_pdf_are_joined_by_form_feeds(tmp_path):
    path = pdf(tmp_path / "报 a.pdf", [LINES, LINES[::-1]])
    assert only(read(path)) == RawText(
        path=str(path), text="\n".join(LINES) + "\f" + "\n".join(LINES[::-1])
    )


def test_a_word_that_a_pdf_hyphenates_is_joined(tmp_path):
    path = pdf(
        tmp_path / "a.pdf", [["The ferry of Qingshi is in oper-", "ation again since today"]]
    )
    assert only(read(path)).text == "The ferry of Qingshi is in operation again since today"


def test_a_scan_is_refused(tmp_path):
    refused(pdf(tmp_path / "a.pdf", ["image", ["1"]]), "扫描件", "scan without a text layer")


def test_blank_pages_make_no_scan(tmp_path):
    path = pdf(tmp_path / "a.pdf", [LINES, [], [], []])
    assert only(read(path)).text == "\n".join(LINES) + "\f" * 3


def test_pages_that_hold_only_an_image_are_reported(tmp_path):
    result = read(pdf(tmp_path / "a.pdf", [LINES * 3, "image", [], LINES, "image"]))
    assert [bool(p.strip()) for p in result.texts[0].text.split("\f")] == [1, 0, 0, 1, 0]
    ((zh, en),) = problems(result)
    assert "第 2, 5 页只有图像" in zh and "page 2, 5 holds only images" in en


def test_a_damaged_page_is_reported_and_the_others_are_read(tmp_path):
    first, second, third = (
        pdf(tmp_path / "a.pdf", [LINES * 2] * 2).read_bytes().split(b"/Type /Page\n")
    )
    path = save(tmp_path, "b.pdf", first + b"/Type /Page\n" + second + b"/Type /None\n" + third)
    result = read(path)
    assert result.texts[0].text == "\n".join(LINES * 2) + "\f"
    ((zh, en),) = problems(result)
    assert "第 2 页已损坏" in zh and "page 2 is damaged" in en


def test_a_pdf_with_a_password_is_refused(tmp_path):
    path = pdf(tmp_path / "a.pdf", [LINES], encrypt=StandardEncryption("secret"))
    refused(path, "密码保护", "needs a password")


def test_a_pdf_that_may_not_be_printed_is_read(tmp_path):
    path = pdf(tmp_path / "a.pdf", [LINES], encrypt=StandardEncryption("", "owner", canPrint=0))
    assert only(read(path)).text == "\n".join(LINES)


def test_a_broken_pdf_is_refused(tmp_path):
    whole = pdf(tmp_path / "whole.pdf", [LINES]).read_bytes()
    for content in (b"%PDF-1.7\nno more", b"not a pdf", whole[:300]):
        refused(save(tmp_path, "a.pdf", content), "已损坏或不完整", "damaged or incomplete")
    refused(save(tmp_path, "b.pdf", ""), "文件是空的", "is empty")


def test_a_pdf_of_too_many_pages_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MAX_PAGES", 2)
    assert only(read(pdf(tmp_path / "two.pdf", [LINES] * 2))).text.count("\f") == 1
    refused(pdf(tmp_path / "three.pdf", [LINES] * 3), "有 3 页，超过 2 页", "has 3 pages")


# DOCX


def word(path, build):
    document = docx.Document()
    build(document)
    document.save(str(path))
    return path


def test_the_paragraphs_and_tables_of_a_word_file_are_in_order(tmp_path):
    def build(document):
        document.add_heading("老渡口重新开放", 1)
        document.add_paragraph("第一段。").add_run("续。")
        table = document.add_table(2, 2)
        for cell, text in zip(table._cells, ("年份", "船数", "2023", "26"), strict=True):
            cell.text = text
        layout = document.add_table(1, 2).rows[0].cells
        layout[0].text, layout[1].text = "左栏" * 30, "右栏"
        document.add_paragraph("")
        document.add_paragraph("甲\t乙").add_run().add_break()
        document.paragraphs[-1].add_run("丙")

    path = word(tmp_path / "a.docx", build)
    lines = ["老渡口重新开放", "第一段。续。", "年份\t船数", "2023\t26", "左栏" * 30, "右栏"]
    expected = RawText(path=str(path), text="\n\n".join([*lines, "甲\t乙\n丙"]))
    assert only(read(path)) == expected


def test_frames_content_controls_tracked_changes_hidden_and_spoken_words(tmp_path):
    w = nsdecls("w")
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    frame = "<w:txbxContent><w:p><w:r><w:t>框中文字</w:t></w:r></w:p></w:txbxContent>"

    def build(document):
        for xml in (
            f"<w:sdt {w}><w:sdtContent><w:p><w:r><w:t>控件</w:t></w:r></w:p></w:sdtContent>"
            "</w:sdt>",
            f"<w:p {w}><w:pPr><w:tabs><w:tab w:val='left' w:pos='9'/></w:tabs></w:pPr>"
            "<w:ins><w:r><w:t>新增</w:t></w:r></w:ins><w:del><w:r><w:delText>删去</w:delText></w:r>"
            "</w:del><w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom></w:p>",
            f"<w:p {w}><w:r><w:rPr><w:vanish/></w:rPr><w:t>隐</w:t></w:r><w:r><w:rPr>"
            "<w:vanish w:val='0'/></w:rPr><w:t>显</w:t></w:r><w:r><w:ruby><w:rt><w:r><w:t>dù</w:t>"
            "</w:r></w:rt><w:rubyBase><w:r><w:t>渡</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>",
            f"<w:p {w} xmlns:mc='{mc}'><w:r><w:t>框前</w:t></w:r><w:r><mc:AlternateContent>"
            f"<mc:Choice Requires='wps'>{frame}</mc:Choice><mc:Fallback>{frame}</mc:Fallback>"
            "</mc:AlternateContent></w:r><w:r><w:t>框后</w:t></w:r></w:p>",
        ):
            document.element.body.insert(-1, parse_xml(xml))

    path = word(tmp_path / "a.docx", build)
    assert only(read(path)).text == "控件\n\n新增\n\n显渡\n\n框前框后\n\n框中文字"


def test_the_notes_of_a_word_file_follow_its_text(tmp_path):
    def build(document):
        document.add_paragraph("正文。")
        name, kind = PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES
        xml = (
            f"<w:footnotes {nsdecls('w')}><w:footnote w:id='1'><w:p><w:r><w:t>注一。</w:t></w:r>"
            "</w:p></w:footnote></w:footnotes>"
        )
        document.part.relate_to(Part(name, kind, xml.encode()), RELATIONSHIP_TYPE.FOOTNOTES)

    assert only(read(word(tmp_path / "a.docx", build))).text == "正文。\n\n注一。"


def rezipped(path, name, content, method=zipfile.ZIP_DEFLATED):
    """A copy of a zip in which one part is replaced."""
    out = path.with_name("changed.docx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", method) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return out


DOCUMENT_XML = (
    f"<!DOCTYPE w:document [%s]><w:document {nsdecls('w')}>"
    "<w:body><w:p><w:r><w:t>文字%s</w:t></w:r></w:p></w:body></w:document>"
)


def test_entities_of_a_word_file_are_not_expanded(tmp_path):
    path = word(tmp_path / "a.docx", lambda d: None)
    secret = save(tmp_path, "secret", "机密")
    bomb = '<!ENTITY a0 "哈哈">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    )
    few, outside = '<!ENTITY a "哈哈">', f'<!ENTITY a SYSTEM "file://{secret}">'
    for entity in (few, outside):
        changed = rezipped(path, "word/document.xml", DOCUMENT_XML % (entity, "&a;"))
        assert only(read(changed)).text == "文字"
    changed = rezipped(path, "word/document.xml", DOCUMENT_XML % (bomb, "&a9;"))
    refused(changed, "已损坏", "damaged")


def test_a_word_file_that_unpacks_to_too_much_is_refused(tmp_path):
    path = word(tmp_path / "a.docx", lambda d: d.add_paragraph("字"))
    bomb = rezipped(path, "docProps/app.xml", b" " * 100 * 2**20)
    assert bomb.stat().st_size < 2**20
    refused(bomb, "解压后有 100 MB", "unpacks to 100 MB")


AIMLESS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="x"/></Relationships>'
)


def test_a_broken_word_file_is_refused(tmp_path):
    whole = word(tmp_path / "whole.docx", lambda d: d.add_paragraph("字"))
    data = whole.read_bytes()
    empty_zip = tmp_path / "empty.docx"
    zipfile.ZipFile(empty_zip, "w").close()
    middle = data.index(b"word/document.xml") + 60
    garbled = data[:middle] + bytes(40) + data[middle + 40 :]
    flags = data.index(b"PK\x01\x02") + 8
    locked = data[:flags] + b"\1" + data[flags + 1 :]
    packed = rezipped(whole, "", "", zipfile.ZIP_LZMA).read_bytes()
    middle = packed.index(b"word/document.xml") + 60
    cases = [
        save(tmp_path, "locked.docx", locked),
        save(tmp_path, "packed.docx", packed[:middle] + b"\xaa" * 40 + packed[middle + 40 :]),
        save(tmp_path, "text.docx", "只是文字"),
        save(tmp_path, "cut.docx", data[: len(data) // 2]),
        save(tmp_path, "garbled.docx", garbled),
        save(tmp_path, "odd.docx", rezipped(whole, "[Content_Types].xml", "<x/>").read_bytes()),
        save(tmp_path, "link.docx", rezipped(whole, "_rels/.rels", AIMLESS).read_bytes()),
        save(tmp_path, "bare.docx", rezipped(whole, "_rels/.rels", "<x/>").read_bytes()),
        rezipped(whole, "word/document.xml", "<w:document><unclosed>"),
        empty_zip,
    ]
    for path in cases:
        refused(path, "已损坏或不是 .docx", "damaged or no .docx")
    refused(save(tmp_path, "old.docx", b"\xd0\xcf\x11\xe0" + b"x" * 600), "有密码", "password")
    refused(word(tmp_path / "blank.docx", lambda d: None), "文件是空的", "is empty")


# JSONL


def jsonl(folder, *rows):
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    return save(folder, "a.jsonl", "\n".join(lines))


def test_each_line_is_an_article(tmp_path):
    path = jsonl(
        tmp_path,
        {
            "title": " 老渡口\n重新开放 ",
            "text": "第一段。\r\n第二段。\u2028第三段。",
            "date": "2023-12-27",
            "source": "青石日报",
            "author": "林一",
            "url": "https://example.org/1",
            "id": 7,
        },
        "",
        {"text": "只有正文。", "date": 20231228, "title": float("nan"), "author": ""},
        {"标题": "题", "正文": "文", "日期": "二〇二三年十二月二十九日"},
    )
    where = {"path": str(path), "record": True}
    assert read(path) == Reading(
        texts=(
            RawText(
                text="第一段。\n第二段。\n第三段。",
                place="line 1",
                title="老渡口 重新开放",
                date=date(2023, 12, 27),
                source="青石日报",
                author="林一",
                url="https://example.org/1",
                **where,
            ),
            RawText(text="只有正文。", place="line 3", date=date(2023, 12, 28), **where),
            RawText(text="文", place="line 4", title="题", date=date(2023, 12, 29), **where),
        )
    )


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        ("{not json}", "不是有效的 JSON", "not valid JSON"),
        ('{"text": "没有结束', "不是有效的 JSON", "not valid JSON"),
        ("[" * 100_000, "不是有效的 JSON", "not valid JSON"),
        ("[1, 2]", "不是 JSON 对象，而是 list", "not a JSON object but list"),
        ({"content": "文", "title": "题"}, "现有字段：content、title", "'text' is missing"),
        ({"text": " \n"}, "（正文）字段是空的", "'text' is empty"),
        ({"text": ["文"]}, "（正文）字段是空的", "'text' is empty"),
        ({}, "现有字段：无", "Its fields: none"),
    ],
)
def test_a_broken_row_is_reported_and_the_others_go_in(tmp_path, row, zh, en):
    path = jsonl(tmp_path, {"text": "一"}, row, {"text": "三"})
    result = read(path)
    assert [(t.text, t.place) for t in result.texts] == [("一", "line 1"), ("三", "line 3")]
    ((said_zh, said_en),) = problems(result)
    assert f"{path}：第 2 行：" in said_zh and zh in said_zh
    assert f"{path}: line 2: " in said_en and en in said_en


@pytest.mark.parametrize(
    ("field", "value", "kept", "zh", "en"),
    [
        (
            "date",
            "2023年2月30日",
            None,
            "看不懂日期“2023年2月30日”",
            "'2023年2月30日' cannot be read",
        ),
        ("date", "昨天\u202e", None, r"昨天\u202e", r"昨天\u202e"),
        ("date", ["2023"], None, "“date”应是文字，却是 list", "'date' should be text but is list"),
        ("title", {"a": 1}, None, "“title”应是文字，却是 dict", "'title' should be text"),
        ("title", True, None, "却是 bool", "is bool"),
        ("title", "长" * 10_000, "长" * 300 + "…", "有 10000 个字符", "10000 characters"),
        ("url", "javascript:x", None, "不是网址", "no web address"),
    ],
)
def test_metadata_of_no_use_is_reported_and_the_row_goes_in(tmp_path, field, value, kept, zh, en):
    result = read(jsonl(tmp_path, {"text": "文", field: value}))
    (text,) = result.texts
    assert (text.text, getattr(text, field)) == ("文", kept)
    ((said_zh, said_en),) = problems(result)
    assert "第 1 行" in said_zh and zh in said_zh
    assert "line 1" in said_en and en in said_en


def test_half_of_a_surrogate_pair_can_be_stored(tmp_path):
    path = jsonl(tmp_path, r'{"text": "文\ud800字", "title": "题\udfff", "source": "\ud83d\ude00"}')
    text = only(read(path))
    assert (text.text, text.title, text.source) == ("文\ufffd字", "题\ufffd", "😀")


def test_a_file_of_which_no_row_is_readable_is_refused(tmp_path):
    refused(jsonl(tmp_path, "[", {"text": "文"}["text"]), "第 1 行：不是有效的 JSON", "line 1")


def test_many_broken_rows_are_counted_not_listed(tmp_path):
    result = read(jsonl(tmp_path, {"text": "文"}, *["x"] * 5000))
    said = problems(result)
    assert len(said) == reading.MAX_PROBLEMS + 1
    assert "还有 4900 个问题" in said[-1][0] and "4900 more problems" in said[-1][1]


# CSV


def table(folder, rows, encoding="utf-8", delimiter=","):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return save(folder, "a.csv", out.getvalue().encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "header", [["日期", "标题", "正文", "编号"], ["Date", " TITLE ", "text", "id"]]
)
def test_a_table_of_articles(tmp_path, encoding, delimiter, header):
    rows = [
        header,
        ["2023/12/27", "老渡口", '第一段，开放；\n\t第二段“说”"话"。', "1"],
        ["", "", "", ""],
        ["2023.12.28", "船工", "二十六名船工回到江边。", "2"],
    ]
    path = table(tmp_path, rows, encoding, delimiter)
    where = {"path": str(path), "record": True}
    assert read(path) == Reading(
        texts=(
            RawText(
                text='第一段，开放；\n\t第二段“说”"话"。',
                title="老渡口",
                date=date(2023, 12, 27),
                place="line 2",
                **where,
            ),
            RawText(
                text="二十六名船工回到江边。",
                title="船工",
                date=date(2023, 12, 28),
                place="line 5",
                **where,
            ),
        )
    )


@pytest.mark.parametrize(
    ("row", "place", "zh", "en"),
    [
        ('题,"文"字', "3", "引号或分隔有误", "wrong quotes"),
        ("题,文,多,出", "3", "有 4 列，多于表头的 2 列", "has 4 cells, the header 2"),
        ("题", "3", "没有", "is missing"),
        ('题,"一\n二"三', "3-4", "引号或分隔有误", "wrong quotes"),
    ],
)
def test_a_broken_row_of_a_table_is_reported_and_the_others_go_in(tmp_path, row, place, zh, en):
    result = read(save(tmp_path, "a.csv", f"title,text\n题,一\n{row}\n题,三\n"))
    assert [t.text for t in result.texts] == ["一", "三"]
    ((said_zh, said_en),) = problems(result)
    assert f"第 {place} 行：" in said_zh and zh in said_zh
    assert f"line {place}: " in said_en and en in said_en


def test_a_quote_left_open_to_the_end_is_reported_with_the_lines_it_takes(tmp_path):
    result = read(save(tmp_path, "a.csv", 'title,text\n题,一\n题,"二\n题,三\n题,四\n'))
    assert [t.text for t in result.texts] == ["一"]
    ((zh, en),) = problems(result)
    assert "第 3-5 行" in zh and "line 3-5" in en


def test_a_table_without_a_text_column_is_refused(tmp_path):
    path = save(tmp_path, "a.csv", "标题,内容\n题,文\n")
    refused(path, "现有列：标题、内容", "only: 标题、内容")
    refused(save(tmp_path, "b.csv", "title,text\n"), "文件是空的", "is empty")


def test_a_long_cell_is_read_and_the_limit_of_the_csv_module_restored(tmp_path):
    before = csv.field_size_limit()
    assert only(read(table(tmp_path, [["text"], ["字" * 200_000]]))).text == "字" * 200_000
    assert csv.field_size_limit() == before


# All together


def test_bad_files_do_not_stop_the_others(tmp_path):
    save(tmp_path, "1.txt", SIMPLIFIED.encode("gbk"))
    save(tmp_path, "2.pdf", b"broken")
    save(tmp_path, "3.docx", b"broken")
    save(tmp_path, "4.txt", b"\0\1\2")
    save(tmp_path, "5.html", "<h1>题</h1><p>文")
    save(tmp_path, "6.jpg", b"\xff\xd8")
    save(tmp_path, "7.jsonl", '{"text": "文"}\n{')
    outcomes = {}
    for path in walk([tmp_path]):
        try:
            result = read(path)
            outcomes[path.name] = (len(result.texts), len(result.problems))
        except ReadingError:
            outcomes[path.name] = "refused"
    assert outcomes == {
        "1.txt": (1, 0),
        "2.pdf": "refused",
        "3.docx": "refused",
        "4.txt": "refused",
        "5.html": (1, 0),
        "6.jpg": "refused",
        "7.jsonl": (1, 1),
    }
    assert all(stat.S_ISREG(p.stat().st_mode) for p in walk([tmp_path]))
