"""Files -> raw texts, with what metadata their format carries.

Text, Markdown, HTML, PDF with a text layer, DOCX, JSONL and CSV, in whatever encoding Chinese
papers come in. Not for several threads at once: PDFium and the csv module keep global state.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
import stat
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.dates import date_in_name, dates_in
from rag.errors import ReadingError
from rag.types import RawText

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from pypdfium2 import PdfDocument, PdfPage

MAX_BYTES = 200 * 2**20
MAX_PAGES = 2000
MAX_HTML = 20 * 2**20
MAX_FIELD = 50 * 2**20
MAX_TITLE = 300
MAX_PROBLEMS = 100
SCAN_CHARACTERS = 20
"""A PDF with fewer characters a page than this has no text layer worth the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of one file, and what of it could not be read or had to be changed."""

    texts: tuple[RawText, ...]
    problems: tuple[ReadingError, ...] = ()


def shown(path: str | os.PathLike[str]) -> str:
    """A path as it may stand in a message: control, bidirectional and broken characters escaped."""
    return "".join(
        c if c.isprintable() or c == "\u3000" else c.encode("unicode_escape").decode("ascii")
        for c in os.fspath(path)
    )


def walk(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The files that some paths name, folders walked through in sorted order, each file once.

    Hidden files and the locks of Office (``~$``) are skipped inside folders; files of other formats
    are kept, so that ``read`` can say that they are not read. A folder that cannot be listed stands
    in the list itself, for the same reason. Raises ReadingError for a path that does not exist.
    """
    files: dict[Path, None] = {}
    for path in map(Path, paths):
        if not os.path.lexists(path):
            raise ReadingError(
                f"{shown(path)}：找不到这个文件或文件夹。请检查路径。",
                f"{shown(path)}: there is no such file or folder. Check the path.",
            )
        files.update(dict.fromkeys(_files_in(path) if os.path.isdir(path) else [path]))
    return list(files)


def _files_in(folder: Path) -> Iterator[Path]:
    refused: list[Path] = []
    seen: set[str] = set()

    def refuse(error: OSError) -> None:
        refused.append(Path(error.filename))

    for root, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        # A link may lead back up, so no folder is entered twice.
        real = os.path.realpath(root)
        folders[:] = [] if real in seen else sorted(f for f in folders if not f.startswith("."))
        if real not in seen:
            seen.add(real)
            yield from (Path(root, n) for n in sorted(names) if not n.startswith((".", "~$")))
    yield from refused


def read(path: str | os.PathLike[str]) -> Reading:
    """The texts in one file. Raises ReadingError when there is nothing of it that can be read."""
    source = _Source(Path(path))
    try:
        source.check()
        texts = _READERS[source.path.suffix.lower()](source)
    except OSError as exc:
        raise source.error(
            f"打不开（{exc.strerror or exc}）。请检查文件是否存在、是否有读取权限。",
            f"cannot be opened ({exc.strerror or exc}). Check that it exists and may be read.",
        ) from exc
    except RecursionError as exc:
        raise source.error(
            "内容嵌套太深，无法读取。请另存为纯文本（.txt）再加入。",
            "is nested too deeply to be read. Save it as plain text (.txt) and add that.",
        ) from exc
    if not any(text.text.strip() for text in texts):
        raise source.nothing()
    return Reading(texts=tuple(texts), problems=tuple(source.problems))


class _Source:
    """One file being read, and the problems met on the way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[ReadingError] = []
        self._left_out = 0

    def error(self, zh: str, en: str, place: str = "") -> ReadingError:
        line = place.removeprefix("line ")
        zh_place, en_place = (f"第 {line} 行：", f"{place}: ") if place else ("", "")
        name = shown(self.path)
        return ReadingError(f"{name}：{zh_place}{zh}", f"{name}: {en_place}{en}")

    def report(self, zh: str, en: str, place: str = "") -> None:
        """Keep a problem that does not stop the reading, up to a number that a person can read."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(self.error(zh, en, place))
            return
        self._left_out += 1
        more = f"还有 {self._left_out} 个问题没有列出。请先改正以上各处。"
        last = self.error(more, f"{self._left_out} more problems are not listed. Mend these first.")
        self.problems[MAX_PROBLEMS:] = [last]

    def nothing(self) -> ReadingError:
        """The error for a file without text: what its first row lacks, or that it is empty."""
        if self.problems:
            return self.problems[0]
        return self.error(
            "文件是空的，没有文字。请检查文件是否完整。",
            "is empty: there is no text in it. Check that the file is complete.",
        )

    def check(self) -> None:
        """Raise unless this is a file of a known format and size, without opening it."""
        self._check_name()
        status = self.path.stat()
        if stat.S_ISDIR(status.st_mode):
            os.listdir(self.path)  # says why a folder that was to be walked through could not be
            raise self.error(
                "这是文件夹，不是文件。请直接加入这个文件夹，或其中的文件。",
                "is a folder, not a file. Add the folder as such, or the files in it.",
            )
        if not stat.S_ISREG(status.st_mode):
            raise self.error(
                "这是管道或设备，不是普通文件。请加入普通文件。",
                "is a pipe or a device, not a regular file. Add regular files.",
            )
        self._check_format()
        limit = MAX_HTML if _READERS[self.path.suffix.lower()] is _read_html else MAX_BYTES
        if status.st_size > limit:
            size, most = f"{status.st_size / 2**20:.1f}", limit // 2**20
            raise self.error(
                f"文件有 {size} MB，超过 {most} MB 的上限。请拆成几个小文件。",
                f"has {size} MB, more than the {most} MB that are read. Split it.",
            )
        if status.st_size == 0:
            raise self.nothing()

    def _check_name(self) -> None:
        try:
            str(self.path).encode()
        except UnicodeEncodeError as exc:
            raise self.error(
                "文件名不是有效的 UTF-8。请改名后再加入。",
                "has a name that is not valid UTF-8. Rename it and add it again.",
            ) from exc

    def _check_format(self) -> None:
        suffix = self.path.suffix.lower()
        if suffix == ".doc":
            raise self.error(
                "这是旧版 Word 文件（.doc）。请用 Word 或 WPS 另存为 .docx。",
                "is an old Word file (.doc). Save it as .docx in Word or LibreOffice.",
            )
        if suffix not in _READERS:
            known = " ".join(_READERS)
            raise self.error(
                f"不支持这种格式（{shown(suffix) or '没有扩展名'}）。可读取：{known}。",
                f"is of a format that is not read ({shown(suffix) or 'no extension'}). "
                f"Formats read: {known}.",
            )


# Bytes -> text

# Characters that are no text: most controls, and what cannot be written out again.
_JUNK = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|[\x0b\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ENCODINGS = ("gb18030", "big5hkscs", "cp950", "utf-16-le", "utf-16-be")
_SAMPLE = 1_000_000
_GUESS_BYTES = 100_000
# One encoding a script; with more to choose from, the guess takes accents for those of Turkish.
_GUESSES = ["cp1252", "cp1251", "cp932", "euc_jp", "cp949"]

# The most frequent characters of modern Chinese, simplified and traditional.
_FREQUENT = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后"
    "多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合"
    "还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只"
    "没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边"
    "流路级少图山统接知较将组见计别她手角期根论运农指這爲個國時來們於對會發動過說產種後學經進電裏現實兩體機當點從"
    "業應開還義間樣與關線內數麼質氣變條沒結問無軍並題黨員總設長頭資邊級圖統較將組見計別論運農為裡"
)


@cache
def _common() -> frozenset[str]:
    """The first level of GB 2312 and of Big5, which are the common characters, and the marks."""
    gb = (bytes((r, c)) for r in range(0xB0, 0xD8) for c in range(0xA1, 0xFF))
    trails = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    big5 = (bytes((r, c)) for r in range(0xA4, 0xC7) for c in trails if (r, c) < (0xC6, 0x7F))
    marks = "，。、；：？！“”‘’（）《》〈〉「」『』【】〔〕—…·　％０１２３４５６７８９〇○●■◆□△▲★"
    characters = [b.decode("gb2312", "ignore") for b in gb]
    return frozenset("".join(characters + [b.decode("big5", "ignore") for b in big5]) + marks)


def _likeness(text: str) -> float:
    """How much a text looks like Chinese, 0 to 2.

    The share of common characters plus the share of very frequent ones, of all that are not ASCII.
    On snippets of news the higher value of two decoders was the right one for all but 1 in 1,000
    from 20 characters on. Long texts are sampled evenly over their whole length.
    """
    counts = Counter(text[:: len(text) // _SAMPLE + 1])
    wide = {c: n for c, n in counts.items() if c >= "\x80"}
    total = sum(wide.values())
    if not total:
        return 2.0
    common = sum(n for c, n in wide.items() if c in _common())
    # Below three in four, it is another language or the wrong decoder.
    if common < 0.75 * total:
        return 0.0
    return (common + sum(n for c, n in wide.items() if c in _FREQUENT)) / total


def _decoded(source: _Source) -> str:
    """The text of a file, by the decoder that reads all of it and finds Chinese in it.

    A byte order mark or valid UTF-8 decides. Then GB18030, Big5 and UTF-16 are tried on the whole;
    then the same with a few bytes replaced; then the guess of charset-normalizer. The last two are
    reported. What a page of the web says of itself is not asked: it is wrong too often, and saving
    a page may change its encoding. Raises ReadingError when none will do.
    """
    data = source.path.read_bytes()
    encodings: tuple[str, ...] = ("utf-8", *_ENCODINGS)
    bom = next(((mark, encoding) for mark, encoding in _BOMS if data.startswith(mark)), None)
    if bom:
        data, encodings = data[len(bom[0]) :], bom[1:]
    elif b"\0" in data:
        encodings = ("utf-16-le", "utf-16-be")
    text = _strictly(data, encodings, trusted="utf-8" if bom is None else bom[1])
    if text is None:
        text = _patched(data, encodings, source)
    if text is None and len(encodings) > 2:
        text = _guessed(data, source)
    if text is None or _is_binary(text):
        raise _undecodable(data, source)
    return text


def _is_binary(text: str) -> bool:
    """Whether more controls are in it than strays: one in a hundred, and a few."""
    return len(_CONTROL.findall(text)) * 100 > len(text) + 300


def _strictly(data: bytes, encodings: tuple[str, ...], *, trusted: str) -> str | None:
    """The text by the trusted encoding, or else by that which makes it most like Chinese."""
    best, best_score = None, 0.0
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == trusted:
            return text
        score = _likeness(text)
        if score > best_score:
            best, best_score = text, score
    return best


def _patched(data: bytes, encodings: tuple[str, ...], source: _Source) -> str | None:
    """The text with U+FFFD for bad bytes, when they are fewer than one in a hundred characters."""
    for encoding in encodings:
        text = data.decode(encoding, "replace")
        printed = data.count("\ufffd".encode()) if encoding == "utf-8" else 0
        bad = text.count("\ufffd") - printed
        if bad * 100 > len(text) or not _likeness(text):
            continue
        offset = _first_bad_byte(data, encoding)
        source.report(
            f"按 {encoding} 解码时有 {bad} 处坏字节（第一处在第 {offset} 字节），已用“\ufffd”代替。"
            "如需准确，请核对原文件。",
            f"{bad} places are not valid {encoding} (the first at byte {offset}) and were replaced "
            "by '\ufffd'. Check the original file if these matter.",
        )
        return text
    return None


def _first_bad_byte(data: bytes, encoding: str) -> int:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as exc:
        return exc.start
    return len(data)


def _guessed(data: bytes, source: _Source) -> str | None:
    from charset_normalizer import from_bytes

    # Whole lines, so that the sample does not end inside of a character.
    end = data.rfind(b"\n", 0, _GUESS_BYTES) + 1 if len(data) > _GUESS_BYTES else len(data)
    guess = from_bytes(data[: end or _GUESS_BYTES], cp_isolation=_GUESSES).best()
    if guess is None or guess.percent_chaos > 5 or not guess.percent_coherence:
        return None
    try:
        text = data.decode(guess.encoding)
    except UnicodeDecodeError:
        return None
    source.report(
        f"编码不明，猜测为 {guess.encoding}。请核对文字；若有乱码，请另存为 UTF-8。",
        f"is in an unknown encoding, guessed to be {guess.encoding}. Check its text; if it is "
        "garbled, save the file as UTF-8.",
    )
    return text


def _undecodable(data: bytes, source: _Source) -> ReadingError:
    if _is_binary(data[:_SAMPLE].decode("latin-1")):
        return source.error(
            "这是二进制文件，不是文本。请检查扩展名是否正确。",
            "is a binary file, not text. Check that its extension is right.",
        )
    offset = _first_bad_byte(data, "utf-8")
    return source.error(
        f"无法识别文字编码（不是 UTF-8、GB18030、Big5 或 UTF-16；第 {offset} 字节起不是 UTF-8）。"
        "请用文本编辑器另存为 UTF-8。",
        "is in an unknown encoding (not UTF-8, GB18030, Big5 or UTF-16; the first byte that is not "
        f"UTF-8 is {offset}). Save it as UTF-8 in a text editor.",
    )


def _tidy(text: str) -> str:
    """A text with line feeds for line ends, and without controls and what cannot be stored."""
    return _SURROGATE.sub("\ufffd", _JUNK.sub("", _LINE_END.sub("\n", text)))


def _one_line(text: str) -> str:
    return " ".join(_tidy(text).split())


# Metadata: the same for rows, Markdown and pages of the web

_FIELDS = {
    "title": ("title", "标题", "標題"),
    "text": ("text", "正文"),
    "date": ("date", "日期"),
    "source": ("source", "来源", "來源"),
    "author": ("author", "作者"),
    "url": ("url", "链接", "鏈接", "連結"),
}
_FIELD_OF = {name: field for field, names in _FIELDS.items() for name in names}


def _field(name: str) -> str | None:
    return _FIELD_OF.get(name.strip().strip("\ufeff").lower())


def _metadata(values: Mapping[str, object], source: _Source, place: str = "") -> dict[str, Any]:
    """The metadata fields of a RawText; what is of no use is reported and left out."""
    lines: dict[str, Any] = {}
    for field in ("title", "date", "source", "author", "url"):
        value = values.get(field)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            lines[field] = _shortened(_one_line(str(value)), field, source, place) or None
        elif value is not None:
            kind = type(value).__name__
            source.report(
                f"“{field}”应是文字，却是 {kind}，已略去。请改为文字。",
                f"'{field}' should be text but is {kind} and was left out. Make it text.",
                place,
            )
    if lines.get("date"):
        lines["date"] = _date(lines["date"], source, place)
    if lines.get("url"):
        lines["url"] = _web_address(lines["url"], source, place)
    return lines


def _web_address(value: str, source: _Source, place: str) -> str | None:
    if value.lower().startswith(("http://", "https://")):
        return value
    source.report(
        f"“url”不是网址（{shown(value[:100])}），已略去。应以 http:// 或 https:// 开头。",
        f"'url' is no web address ({shown(value[:100])}) and was left out. It must begin with "
        "http:// or https://.",
        place,
    )
    return None


def _shortened(line: str, field: str, source: _Source, place: str) -> str:
    if len(line) <= MAX_TITLE or field == "url":
        return line
    source.report(
        f"“{field}”有 {len(line)} 个字符，只保留前 {MAX_TITLE} 个。请检查是否误放了正文。",
        f"'{field}' has {len(line)} characters and was cut to {MAX_TITLE}. Check that it is not "
        "the text.",
        place,
    )
    return line[:MAX_TITLE] + "…"


def _date(value: str, source: _Source, place: str) -> date | None:
    found = dates_in(value)
    day = found[0][1] if found else date_in_name(value)
    if day is None:
        value = shown(value[:100])
        source.report(
            f"看不懂日期“{value}”，已略去。请写成 2023-12-27 这样的形式。",
            f"the date '{value}' cannot be read and was left out. Write it as 2023-12-27.",
            place,
        )
    return day


# Text and Markdown


def _read_text(source: _Source) -> list[RawText]:
    return [RawText(path=str(source.path), text=_tidy(_decoded(source)))]


_FRONT_MATTER = re.compile(r"---[ \t]*\n((?:[^\n]{0,2000}\n){0,50}?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)


def _read_markdown(source: _Source) -> list[RawText]:
    text = _tidy(_decoded(source))
    front = _FRONT_MATTER.match(text)
    values = _front_matter(front[1]) if front else {}
    if front and values:
        text = text[front.end() :]
    fields = _metadata(values, source)
    text = _HEADING.sub("", text)
    record = bool(fields.get("title"))
    return [RawText(path=str(source.path), text=text, record=record, **fields)]


def _front_matter(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.splitlines())
    known = ((_field(name), value.strip().strip("\"'")) for name, _, value in pairs)
    return {field: value for field, value in known if field and value}


# HTML

_DROPPED = frozenset(
    "script style nav template noscript footer aside iframe svg select button head".split()
)
_BLOCKS = frozenset(
    "address article blockquote body center dd div dl dt fieldset figcaption figure form h1 h2 h3"
    " h4 h5 h6 header hr li main ol p pre section table tr ul".split()
)
_META = {
    "title": ("og:title",),
    "date": ("article:published_time", "publishdate", "pubdate", "publish_time", "date"),
    "source": ("source", "contentsource", "og:site_name"),
    "author": ("author", "article:author"),
    "url": ("og:url",),
}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# A line break of the source between two wide characters is none of the text.
_SOFT_BREAK = re.compile("(?<=[\u2e80-\uffef])[ \t]*\n[ \t\n]*(?=[\u2e80-\uffef])")


def _read_html(source: _Source) -> list[RawText]:
    page = _parsed(_decoded(source))
    fields = _metadata(_page_values(page), source)
    paragraphs = _paragraphs(_body(page))
    if fields.get("title") in paragraphs[:5]:
        paragraphs.remove(fields["title"])
    text = "\n\n".join(paragraphs)
    if not text:
        raise source.error(
            "网页里没有正文。请用浏览器打开原网页，另存为“仅 HTML”或复制为文本。",
            "has no text in it. Open the page in a browser and save it again, or copy its text.",
        )
    record = bool(fields.get("title"))
    return [RawText(path=str(source.path), text=text, record=record, **fields)]


def _parsed(markup: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        return BeautifulSoup(_defused(markup), "html.parser")


_CONDITION = re.compile(r"<!\[[^<>\[]*(?:>|\[)|\]\]>")
_OPEN_ENDED = re.compile("<(?=[^<>]*(?:<|\\Z))|<(?=!(?!doctype))", re.IGNORECASE)


def _defused(markup: str) -> str:
    """Markup without comments, and with "<" as text where no tag is closed.

    For each of those the standard parser searches to the end of the page, which takes hours on a
    page of nothing else; a browser shows the same.
    """
    first, *rest = markup.split("<!--")
    ends = (p[p.startswith(">") :] if p.startswith(">") else p.partition("-->")[2] for p in rest)
    return _OPEN_ENDED.sub("&lt;", _CONDITION.sub("", "".join((first, *ends))))


def _page_values(page: BeautifulSoup) -> dict[str, str]:
    metas: dict[str, str] = {}
    for tag in page.find_all("meta"):
        name = str(tag.get("property") or tag.get("name") or tag.get("itemprop") or "").lower()
        metas.setdefault(name, str(tag.get("content") or "").strip())
    found = {f: next((metas[n] for n in names if metas.get(n)), "") for f, names in _META.items()}
    found["title"] = _page_title(page, found["title"])
    found["source"] = re.sub("^来源[：:]", "", found["source"])
    if not found["date"]:
        times = (str(tag.get("datetime") or "") for tag in page.find_all("time"))
        found["date"] = next((t for t in times if dates_in(t)), "")
    return {field: value for field, value in found.items() if value}


def _page_title(page: BeautifulSoup, title: str) -> str:
    """The title of the article, without what sites add to it when a heading shows that."""
    headings = [_one_line("".join(_pieces(tag))) for tag in page.find_all("h1", limit=5)]
    if not title and page.title:
        title = _one_line("".join(_pieces(page.title)))
    inside = [h for h in headings if h and h in title]
    return max(inside, key=len) if inside else title or next((h for h in headings if h), "")


def _body(page: BeautifulSoup) -> Tag:
    for name in ("article", "main"):
        found = page.find_all(name, limit=2)
        if len(found) == 1 and any(p.strip() for p in _pieces(found[0])):
            return found[0]
    return page.body or page


def _paragraphs(root: Tag) -> list[str]:
    paragraphs = "".join(_pieces(root)).split("\f")
    return [p for p in map(_folded, paragraphs) if p]


def _folded(paragraph: str) -> str:
    """A paragraph with its white space folded, except for its line breaks (vertical tabs)."""
    lines = (" ".join(_SOFT_BREAK.sub("", line).split()) for line in paragraph.split("\v"))
    return "\n".join(line for line in lines if line)


def _pieces(root: Tag) -> Iterator[str]:
    """The visible text under a tag; form feeds around blocks, a vertical tab for a line break.

    Walks with a stack of its own: a page may nest deeper than Python's.
    """
    from bs4 import Tag
    from bs4.element import CData, NavigableString

    stack: list[tuple[Iterator[Any], str]] = [(iter(root.contents), "")]
    while stack:
        children, ending = stack[-1]
        node = next(children, None)
        if node is None:
            stack.pop()
            yield ending
        elif isinstance(node, Tag):
            yield _separator(node)
            if not _is_dropped(node):
                stack.append((iter(node.contents), _separator(node)))
        elif type(node) in (NavigableString, CData):
            yield _tidy(node).replace("\f", " ")


def _separator(tag: Tag) -> str:
    if tag.name in _BLOCKS:
        return "\f"
    return {"br": "\v", "td": " ", "th": " "}.get(tag.name, "")


def _is_dropped(tag: Tag) -> bool:
    if tag.name in _DROPPED or tag.has_attr("hidden"):
        return True
    return bool(_HIDDEN.search(str(tag.get("style") or "")))


# PDF

_PDF_PASSWORD = 4  # FPDF_ERR_PASSWORD
# PDFium's mark for a hyphen at a line's end, which joins the halves of a word.
_PDF_HYPHEN = re.compile("[\x02\ufffe](?:\r?\n)?")


def _read_pdf(source: _Source) -> list[RawText]:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        with closing(PdfDocument(source.path)) as document:
            pages = _pdf_pages(document, source)
    except PdfiumError as exc:
        if exc.err_code == _PDF_PASSWORD:
            raise source.error(
                "PDF 有密码保护。请去掉密码后另存，再加入。",
                "is a PDF that needs a password. Save it without one and add that.",
            ) from exc
        raise source.error(
            "PDF 已损坏或不完整，无法打开。请重新下载或导出。",
            "is a PDF that is damaged or incomplete. Download or export it again.",
        ) from exc
    return [RawText(path=str(source.path), text="\f".join(pages))]


def _pdf_pages(document: PdfDocument, source: _Source) -> list[str]:
    count = len(document)
    if count > MAX_PAGES:
        raise source.error(
            f"PDF 有 {count} 页，超过 {MAX_PAGES} 页的上限。请拆成几个文件。",
            f"has {count} pages, more than the {MAX_PAGES} that are read. Split it.",
        )
    pages, images = [], []
    for number in range(count):
        text, is_image = _pdf_page(document, number, source)
        pages.append(text)
        if is_image:
            images.append(str(number + 1))
    if sum(len("".join(text.split())) for text in pages) < SCAN_CHARACTERS * count:
        raise source.error(
            "这是扫描件，没有文字层。请先做文字识别（OCR），再加入得到的文本。",
            "is a scan without a text layer. Run text recognition (OCR) and add the text it gives.",
        )
    if images:
        numbers = ", ".join(images[:20]) + (" …" if len(images) > 20 else "")
        source.report(
            f"第 {numbers} 页只有图像，没有文字层，未能读取。请对这些页做文字识别（OCR）。",
            f"page {numbers} holds only images, without a text layer, and was not read. Run text "
            "recognition (OCR) on it.",
        )
    return pages


def _pdf_page(document: PdfDocument, number: int, source: _Source) -> tuple[str, bool]:
    """The text of a page, and whether it has only an image instead."""
    from pypdfium2 import PdfiumError

    try:
        with closing(document[number]) as page:
            text = _pdf_text(page)
            return text, not text.strip() and _has_image(page)
    except PdfiumError:
        source.report(
            f"第 {number + 1} 页已损坏，未能读取。请重新下载或导出。",
            f"page {number + 1} is damaged and was not read. Download or export the file again.",
        )
        return "", False


def _pdf_text(page: PdfPage) -> str:
    with closing(page.get_textpage()) as textpage:
        text = _PDF_HYPHEN.sub("", textpage.get_text_bounded())
    return _tidy(text).replace("\f", "\n")


def _has_image(page: PdfPage) -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    return any(True for _ in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]))


# DOCX

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# A frame repeated for older programs, text deleted, text moved elsewhere.
_NOT_THERE = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    f"{_W}del",
    f"{_W}moveFrom",
)
_DOCX_TEXT = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_OLE = b"\xd0\xcf\x11\xe0"
_SHORT_CELL = 40


def _read_docx(source: _Source) -> list[RawText]:
    _check_zip(source)
    from docx import Document
    from docx.opc.exceptions import OpcError

    try:
        body = Document(str(source.path)).element.body
    except (OpcError, zipfile.BadZipFile, zlib.error, *_BROKEN) as exc:
        raise _broken_docx(source) from exc
    if body is None:
        raise _broken_docx(source)
    return [RawText(path=str(source.path), text=_tidy("\n\n".join(_docx_paragraphs(body))))]


# What zipfile and python-docx raise for parts that are missing or of the wrong kind; what lxml
# raises for XML that is not well-formed is a SyntaxError.
_BROKEN = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    EOFError,
    SyntaxError,
)


def _broken_docx(source: _Source) -> ReadingError:
    return source.error(
        "Word 文件已损坏或不是 .docx。请用 Word 或 WPS 打开并另存为 .docx。",
        "is damaged or no .docx. Open it in Word or LibreOffice and save it as .docx.",
    )


def _check_zip(source: _Source) -> None:
    """Raise unless the file is a zip whose contents, by its own directory, fit in memory."""
    with source.path.open("rb") as file:
        if file.read(4) == _OLE:
            raise source.error(
                "Word 文件有密码，或是旧版 .doc 改了扩展名。请去掉密码，另存为 .docx。",
                "needs a password, or is an old .doc under another name. Save it as .docx without "
                "a password.",
            )
    try:
        with zipfile.ZipFile(source.path) as archive:
            size = sum(part.file_size for part in archive.infolist())
            packed = sum(part.compress_size for part in archive.infolist())
    except (zipfile.BadZipFile, *_BROKEN) as exc:
        raise _broken_docx(source) from exc
    if size > MAX_BYTES or size > 10 * 2**20 + 200 * packed:
        raise source.error(
            f"解压后有 {size // 2**20} MB，不像正常的文档。请检查文件来源，或另存为纯文本。",
            f"unpacks to {size // 2**20} MB, which no ordinary document does. Check where it comes "
            "from, or save it as plain text.",
        )


def _docx_paragraphs(body: Any) -> list[str]:  # noqa: ANN401 - lxml carries no types
    """The paragraphs in order, also those in tables, frames and content controls.

    A row of short cells is one line with tabs between the cells.
    """
    for gone in list(body.iter(*_NOT_THERE)):
        gone.getparent().remove(gone)
    texts: dict[Any, list[str]] = {}
    for element in body.iter():
        if element.tag == f"{_W}p":
            texts[element] = []
        elif element.tag in _DOCX_TEXT or element.tag == f"{_W}t":
            owner = next(element.iterancestors(f"{_W}p"), None)
            # A tab inside of paragraph properties is a tab stop.
            if owner in texts and element.getparent().tag == f"{_W}r":
                texts[owner].append(_DOCX_TEXT.get(element.tag) or element.text or "")
    rows = itertools.groupby(texts, key=lambda p: next(p.iterancestors(f"{_W}tr"), None))
    return [
        line for row, members in rows for line in _row(row, ["".join(texts[p]) for p in members])
    ]


def _row(row: object, paragraphs: list[str]) -> list[str]:
    filled = [p.strip() for p in paragraphs if p.strip()]
    if row is None or any(len(p) > _SHORT_CELL for p in filled):
        return filled
    return ["\t".join(filled)] if filled else []


# JSONL and CSV: one article a row


def _read_jsonl(source: _Source) -> list[RawText]:
    text = _decoded(source)
    rows = ((f"line {n}", line) for n, line in enumerate(text.split("\n"), 1) if line.strip())
    records = (_json_record(line, source, place) for place, line in rows)
    return [record for record in records if record]


def _json_record(line: str, source: _Source, place: str) -> RawText | None:
    try:
        row = json.loads(line.strip("\ufeff"))
    except (ValueError, RecursionError) as exc:
        reason = exc.msg if isinstance(exc, json.JSONDecodeError) else type(exc).__name__
        source.report(
            f"不是有效的 JSON（{reason}）。每一行应是一个完整的 JSON 对象。",
            f"is not valid JSON ({reason}). Each line must be one whole JSON object.",
            place,
        )
        return None
    if not isinstance(row, dict):
        source.report(
            f'不是 JSON 对象，而是 {type(row).__name__}。应写成 {{"title": …, "text": …}}。',
            f'is not a JSON object but {type(row).__name__}. Write {{"title": ..., "text": ...}}.',
            place,
        )
        return None
    return _record(row, source, place)


def _record(row: Mapping[str, object], source: _Source, place: str) -> RawText | None:
    """The article of one row, or None, reported, when it has no text."""
    values: dict[str, object] = {}
    for name, value in row.items():
        values.setdefault(_field(name) or "", value)
    text = values.get("text")
    if not isinstance(text, str) or not _tidy(text).strip():
        names = shown("、".join(name for name in row if name)[:200])
        state = ("是空的", "is empty") if "text" in values else ("没有", "is missing")
        source.report(
            f"“text”（正文）字段{state[0]}，这一行未加入。现有字段：{names or '无'}。",
            f"the field 'text' {state[1]}, the row was left out. Its fields: {names or 'none'}.",
            place,
        )
        return None
    fields = _metadata(values, source, place)
    return RawText(path=str(source.path), text=_tidy(text), record=True, place=place, **fields)


def _read_csv(source: _Source) -> list[RawText]:
    text = _decoded(source)
    limit = csv.field_size_limit(MAX_FIELD)
    try:
        rows = _csv_rows(text, source)
        _, header = next(rows, ("", []))
        if "text" not in map(_field, header):
            names = shown("、".join(header)[:200])
            raise source.error(
                f"第一行没有“text”（正文）列，现有列：{names}。请给各列命名：标题、正文、日期、来源、"
                "作者、链接。",
                f"has no column 'text' in its first line, only: {names}. Name the columns title, "
                "text, date, source, author, url.",
            )
        records = (_csv_record(header, row, source, place) for place, row in rows)
        return [record for record in records if record]
    finally:
        csv.field_size_limit(limit)


def _csv_rows(text: str, source: _Source) -> Iterator[tuple[str, list[str]]]:
    """The rows that can be parsed with the line that each begins on; empty ones are skipped."""
    first = text[:100_000].lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    # Strict, so that a quote left open is an error and does not swallow the rows after it unseen.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        begin = reader.line_num + 1
        place = f"line {begin}"
        try:
            row = next(reader, None)
        except csv.Error as exc:
            if reader.line_num > begin:
                place = f"{place}-{reader.line_num}"
            source.report(
                f"这一行的引号或分隔有误（{exc}），未加入。请检查引号是否成对。",
                f"has wrong quotes or separators ({exc}) and was left out. Check that its quotes "
                "are in pairs.",
                place,
            )
            continue
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield place, row


def _csv_record(header: list[str], row: list[str], source: _Source, place: str) -> RawText | None:
    if len(row) > len(header):
        source.report(
            f"有 {len(row)} 列，多于表头的 {len(header)} 列，未加入。含分隔符的内容请加引号。",
            f"has {len(row)} cells, the header {len(header)}; the row was left out. Put quotes "
            "around cells that hold the separator.",
            place,
        )
        return None
    named = zip(header, row, strict=False)  # cells left out at the end are empty
    return _record({name: cell for name, cell in named if cell.strip()}, source, place)


_READERS: dict[str, Callable[[_Source], list[RawText]]] = {
    ".txt": _read_text,
    ".text": _read_text,
    ".md": _read_markdown,
    ".html": _read_html,
    ".htm": _read_html,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
}
