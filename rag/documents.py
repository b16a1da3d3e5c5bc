"""PDF with a text layer and DOCX -> text."""

from __future__ import annotations

import itertools
import lzma
import re
import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

from rag.decoding import tidy
from rag.errors import ReadingError
from rag.source import MAX_BYTES, Source
from rag.types import RawText

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

MAX_PAGES = 2000
SCAN_CHARACTERS = 20
"""A PDF with fewer characters a page than this has no text layer worth the name."""


# PDF

_PDF_PASSWORD = 4  # FPDF_ERR_PASSWORD
# PDFium's mark for a hyphen at a line's end, which joins the halves of a word.
_PDF_HYPHEN = re.compile("[\x02\ufffe](?:\r?\n)?")


def read_pdf(source: Source) -> list[RawText]:
    """The text of a PDF, its pages joined by form feeds. Raises ReadingError for a scan."""
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


def _pdf_pages(document: PdfDocument, source: Source) -> list[str]:
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
    filled = [text for text in pages if text.strip()]
    printed = max(1, len(filled) + len(images))  # the others are blank
    if sum(len("".join(text.split())) for text in filled) < SCAN_CHARACTERS * printed:
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


def _pdf_page(document: PdfDocument, number: int, source: Source) -> tuple[str, bool]:
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
    return tidy(text).replace("\f", "\n")


def _has_image(page: PdfPage) -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    return any(True for _ in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]))


# DOCX

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# A frame repeated for older programs, text deleted, text moved elsewhere, how a word is spoken.
_NOT_THERE = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    f"{_W}del",
    f"{_W}moveFrom",
    f"{_W}rt",
)
_DOCX_TEXT = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_OLE = b"\xd0\xcf\x11\xe0"
_SHORT_CELL = 40


def read_docx(source: Source) -> list[RawText]:
    """The text of a Word file, its paragraphs parted by blank lines, its notes at the end."""
    _check_zip(source)
    from docx import Document
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.exceptions import OpcError
    from docx.oxml import parse_xml

    try:
        document = Document(str(source.path))
        kinds = (RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES)
        notes = [r.target_part.blob for r in document.part.rels.values() if r.reltype in kinds]
        roots = [document.element.body, *map(parse_xml, notes)]
    except (OpcError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, *_BROKEN) as exc:
        raise _broken_docx(source) from exc
    if roots[0] is None:
        raise _broken_docx(source)
    paragraphs = itertools.chain.from_iterable(map(_docx_paragraphs, roots))
    return [RawText(path=str(source.path), text=tidy("\n\n".join(paragraphs)))]


# What zipfile and python-docx raise for parts that are missing or of the wrong kind; what lxml
# raises for XML that is not well-formed is a SyntaxError, and a RuntimeError is an encrypted part.
_BROKEN = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    EOFError,
    SyntaxError,
)


def _broken_docx(source: Source) -> ReadingError:
    return source.error(
        "Word 文件已损坏或不是 .docx。请用 Word 或 WPS 打开并另存为 .docx。",
        "is damaged or no .docx. Open it in Word or LibreOffice and save it as .docx.",
    )


def _check_zip(source: Source) -> None:
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
            run = element.getparent()
            if owner in texts and run.tag == f"{_W}r" and not _is_hidden(run):
                texts[owner].append(_DOCX_TEXT.get(element.tag) or element.text or "")
    rows = itertools.groupby(texts, key=lambda p: next(p.iterancestors(f"{_W}tr"), None))
    return [
        line for row, members in rows for line in _row(row, ["".join(texts[p]) for p in members])
    ]


def _is_hidden(run: Any) -> bool:  # noqa: ANN401 - lxml carries no types
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(f"{_W}val") not in ("0", "false", "off")


def _row(row: object, paragraphs: list[str]) -> list[str]:
    filled = [p.strip() for p in paragraphs if p.strip()]
    if row is None or any(len(p) > _SHORT_CELL for p in filled):
        return filled
    return ["\t".join(filled)] if filled else []
