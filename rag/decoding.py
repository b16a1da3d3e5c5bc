"""Bytes -> text, in whatever encoding Chinese papers come in."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from rag.errors import ReadingError
from rag.source import Source

# Characters that are no text: most controls, and what cannot be written out again.
_JUNK = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile("\r\n?|[\x0b\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ENCODINGS = ("utf-8", "gb18030", "big5hkscs", "cp950", "utf-16-le", "utf-16-be")
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

    The share of common characters plus the share of very frequent ones, of all that are not ASCII
    text. On snippets of news the higher value of two decoders was the right one for all but 1 in
    1,000 from 20 characters on. Long texts are sampled evenly over their whole length.
    """
    counts = Counter(text[:: len(text) // _SAMPLE + 1])
    wide = {c: n for c, n in counts.items() if c >= "\x80" or c == "\0"}
    total = sum(wide.values())
    if not total:
        return 2.0
    common = sum(n for c, n in wide.items() if c in _common())
    # Below three in four, it is another language or the wrong decoder.
    if common < 0.75 * total:
        return 0.0
    return (common + sum(n for c, n in wide.items() if c in _FREQUENT)) / total


def decoded(source: Source) -> str:
    """The text of a file, by the decoder that reads all of it and finds Chinese in it.

    A byte order mark or UTF-8 decides. Then GB18030, Big5 and UTF-16 are tried on the whole; then
    the same with a few bytes replaced; then the guess of charset-normalizer. What was replaced or
    guessed is reported. What a page of the web says of itself is not asked: it is wrong too often,
    and saving a page may change its encoding. Raises ReadingError when none will do.
    """
    data = source.path.read_bytes()
    mark, encoding = next((bom for bom in _BOMS if data.startswith(bom[0])), (b"", "utf-8"))
    data = data[len(mark) :]
    if not mark and not _is_utf_8(data):
        encoding = _likeliest(data, "strict") or _likeliest(data, "replace")
    text = _patched(data, encoding, source) if encoding else None
    if text is None and not mark:
        text = _guessed(data, source)
    if text is None or _is_binary(text):
        raise _undecodable(data, source)
    return text


def _is_binary(text: str) -> bool:
    """Whether more controls are in it than strays: one in a hundred, and a few."""
    return len(_CONTROL.findall(text)) * 100 > len(text) + 300


def _is_utf_8(data: bytes) -> bool:
    """Whether it is UTF-8 but for a tenth of the bytes beyond ASCII. ASCII in UTF-16 reads as UTF-8
    too, but for its NULs.
    """
    beyond = len(data.translate(None, bytes(range(128))))
    return _replaced(data, "utf-8")[1] * 10 <= beyond and data.count(0) * 10 <= len(data)


def _replaced(data: bytes, encoding: str) -> tuple[str, int]:
    """The text with U+FFFD for bad bytes, and in how many places they were."""
    try:
        return data.decode(encoding), 0
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
    printed = data.count("\ufffd".encode()) if encoding == "utf-8" else 0
    return text, text.count("\ufffd") - printed


def _likeliest(data: bytes, errors: str) -> str:
    """The encoding that makes it most like Chinese; empty when none does."""
    best, best_score = "", 0.0
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding, errors)
        except UnicodeDecodeError:
            continue
        score = _likeness(text)
        if score > best_score:
            best, best_score = encoding, score
    return best


def _patched(data: bytes, encoding: str, source: Source) -> str | None:
    """The text with U+FFFD for bad bytes, when they are fewer than one in a hundred characters."""
    text, bad = _replaced(data, encoding)
    if bad * 100 > len(text):
        return None
    if bad:
        offset = _first_bad_byte(data, encoding)
        source.report(
            f"按 {encoding} 解码时有 {bad} 处坏字节（第一处在第 {offset} 字节），已用“\ufffd”代替。"
            "如需准确，请核对原文件。",
            f"{bad} places are not valid {encoding} (the first at byte {offset}) and were replaced "
            "by '\ufffd'. Check the original file if these matter.",
        )
    return text


def _first_bad_byte(data: bytes, encoding: str) -> int:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as exc:
        return exc.start
    return len(data)


def _guessed(data: bytes, source: Source) -> str | None:
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


def _undecodable(data: bytes, source: Source) -> ReadingError:
    offset = _first_bad_byte(data, "utf-8")
    if offset == len(data) or _is_binary(data[:_SAMPLE].decode("latin-1")):
        return source.error(
            "这是二进制文件，不是文本。请检查扩展名是否正确。",
            "is a binary file, not text. Check that its extension is right.",
        )
    return source.error(
        f"无法识别文字编码（不是 UTF-8、GB18030、Big5 或 UTF-16；第 {offset} 字节起不是 UTF-8）。"
        "请用文本编辑器另存为 UTF-8。",
        "is in an unknown encoding (not UTF-8, GB18030, Big5 or UTF-16; the first byte that is not "
        f"UTF-8 is {offset}). Save it as UTF-8 in a text editor.",
    )


def tidy(text: str) -> str:
    """A text with line feeds for line ends, and without controls and what cannot be stored."""
    return _SURROGATE.sub("\ufffd", _JUNK.sub("", _LINE_END.sub("\n", text)))


def one_line(text: str) -> str:
    """A text tidied, with each run of white space made one space."""
    return " ".join(tidy(text).split())
