"""What one printed line says about itself: dateline, byline, author line, subtitle, folio.

All patterns of Chinese newspapers are here and nowhere else. Each decides from the words of the
line alone; where it stands is the business of `rag.lines`.
"""

from __future__ import annotations

import re
from enum import Enum

Kind = Enum("Kind", "BODY FURNITURE SUBTITLE AUTHOR DATELINE CLOSING ITEM")
"""BODY is running text or a heading; ITEM a line of a list; CLOSING a byline in brackets."""

HEADING_MAX = 50
"""No headline or heading is longer, in characters."""

TAIL_LENGTH = 200
"""So many last characters of a text tell how it ends."""

_HAN = r"[\u4e00-\u9fff]"
_NUMERAL = "[〇○零一二三四五六七八九十]"
_CLOSERS = "”’」』）)》】〉\"'］]"
_STOPS = ("。", "！", "？")

# --- furniture ----------------------------------------------------------------------------------

_DAY = (
    r"(?:\d{4}\s*年\s*)?\d{1,2}\s*月\s*\d{1,2}\s*日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    rf"|(?:{_NUMERAL}{{4}}年)?{_NUMERAL}{{1,2}}月{_NUMERAL}{{1,3}}日"
)
_PRESS = "(?:日报|晚报|早报|晨报|商报|时报|都市报|青年报|导报|快报)"
_PAPER = rf"{_HAN}{{2,6}}{_PRESS}"
_SECTION = (
    "(?:要闻|综合|国内|国际|时政|时事|经济|财经|社会|民生|文化|文体|体育|教育|科技|健康|理论|评论"
    "|副刊|周刊|专题|专版|专刊|广告|头版|区县|县域|法治|农业|生态|旅游|关注|热点|深度|视点|天下"
    "|中国|世界|城市|新闻|本市|地方)"
)
_STRONG = (
    rf"(?:{_DAY})[\s,，]*(?:星期|周)[一二三四五六日天]|(?:星期|周)[一二三四五六日天]"
    rf"|第\s*[A-Z]?\d{{1,3}}\s*版|第{_NUMERAL}{{1,3}}版|[A-Z]?\d{{1,3}}\s*版|(?<![A-Z])[A-Z]\d{{1,3}}"
    rf"|{_SECTION}(?:新闻|周刊)?[\s·|/]*[A-Z]?\d{{1,3}}|[A-Z]?\d{{1,3}}\s+{_SECTION}"
    r"|总?第\s*\d+\s*期|今日\s*\d+\s*版|农历[\u4e00-\u9fff]{2,12}"
    rf"|[甲乙丙丁戊己庚辛壬癸]{_HAN}年{_HAN}{{2,8}}"
    r"|国内统一(?:连续出版物)?刊?号[:：\s]*CN\s*[\d-]+|CN\s*\d{2}-\d{4}|邮发代号[:：\s]*[\d-]+"
)
_WEAK = rf"{_DAY}|{_PAPER}|{_SECTION}(?:新闻|周刊)?|(?<![A-Z])[A-Z]{{3,}}(?![A-Z])"
_FOLIO = re.compile(rf"(?:(?:{_STRONG}|{_WEAK})[\s·|/｜,，:：—-]*){{1,8}}")
_HAS_STRONG = re.compile(_STRONG)
_ONLY_SECTION = re.compile(_SECTION)
_NUMBER = re.compile(r"[-—–·\s]*\d{1,3}[-—–·\s]*")
_STAFF = re.compile(
    "(?:本版)?(?:责任编辑|责编|美术编辑|美编|编辑|版式|组版|校对|校检|视觉|制图|值班主任|值班编委"
    r"|值班编辑|主编|新闻热线|热线电话|热线|电话|传真|邮箱|网址|地址|E-?mail)[\s:：/／|][^。！？]{1,80}",
    re.I,
)
_PAGE_NOTE = re.compile(
    rf"[※*＊【（(\s]*(?:本版|本页|说明|声明|注){_HAN}{{0,6}}[:：为由是].{{4,150}}"
)

# --- heads, bylines, tails ----------------------------------------------------------------------

_ROLE = (
    rf"(?:(?:特约|见习|首席|高级|实习|全媒体|融媒体|驻{_HAN}{{1,6}}){{0,3}}"
    "(?:评论员|记者|通讯员|撰稿人?|编辑部|评论部))"
)
_NAME = rf"{_HAN}[\u4e00-\u9fff·]{{1,3}}"
NAMES = rf"{_NAME}(?:[\s、]+(?:(?:通讯员|实习生|记者)\s*)?{_NAME}){{0,9}}"
"""Pattern of personal names with room or a mark between them."""

_AUTHOR = re.compile(
    rf"[□■◎☐◆●]?\s*(?:本报|本刊|本网|本台|{_PAPER})?{_ROLE}(?:[\s:：/／]*{NAMES})?(?:\s*(?:文|报道))?"
    r"|[□☐◎]\s*[^，。；：！？]{2,30}"
    r"|(?:文|文图|撰文|作者|图文)\s*[/／|:：]\s*[^，。；！？]{2,30}"
)
_AGENCY = (
    rf"(?:本报|本网|本刊|本台|{_HAN}{{1,10}}(?:社|日报|晚报|早报|晨报|商报|时报|都市报|青年报"
    "|导报|快报|网|客户端))"
)
_DATELINE = re.compile(
    rf"(?!据)(?:{_AGENCY}[、\s]?){{1,2}}"
    r"(?:综合消息|讯|[\u4e00-\u9fff·]{0,10}(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日(?:专|综合)?[电讯])"
    rf"|(?:本报|{_HAN}{{2,6}}(?:报|网|新闻))(?:见习|首席|特约)?记者\s*{NAMES}[\s，]*报道"
    r"|【[^】]{2,40}(?:记者|报道)[^】]{0,30}】"
)
_CLOSING = re.compile(
    r"[（(]\s*(?:[^（()）。]{0,16}(?:记者|通讯员|作者|供稿|整理|综合|据)[^（()）。]{0,100}"
    rf"|{NAMES}|完|本报[^（()）。]{{0,16}}日电)\s*[）)]"
)
_TAIL = re.compile(
    r"\d{3,4}-\d{7,8}|[\w.]{1,64}@\w{1,64}\.\w|https?://|www\.|版权|^据\w{2,8}[社报网]\w{0,20}电$"
    r"|^分享|^来源[:：]|\d\s*版\s*）|^（?(?:完|未完待续|下转)"
)
_ITEM = re.compile(
    r"(?:[（(][一二三四五六七八九十]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|[（(]\d{1,2}[）)]"
    r"|\d{1,2}[、．]|\d{1,2}\.(?!\d)|[①-⑳]|第[一二三四五六七八九十]{1,3}[，、：]"
    r"|[●■◆▲★◇○•·▪△※-]\s*(?=\S))"
)
_DASHES = re.compile(r"(?:[—―─－–]{1,3}|--+)\s*[^\s—―─－–-]")
_NOTE_BEHIND = re.compile(r"(.*?)\s*[（(][^（()）]{1,120}[）)]", re.S)


def kind_of(text: str) -> Kind:
    """What a line is by its own words. ``text`` is not empty and has no white space around it."""
    if is_dateline(text):
        return Kind.DATELINE
    if len(text) > 130:
        return Kind.BODY
    if is_folio(text):
        return Kind.FURNITURE
    if len(text) <= 60:
        if _DASHES.match(text) and not ends_sentence(text):
            return Kind.SUBTITLE
        if _AUTHOR.fullmatch(text):
            return Kind.AUTHOR
    if _CLOSING.fullmatch(text) and is_closing(text):
        return Kind.CLOSING
    return Kind.ITEM if _ITEM.match(text) else Kind.BODY


def is_folio(text: str) -> bool:
    """Whether a line is a masthead, folio or list of staff, wherever it stands."""
    if _STAFF.fullmatch(text):
        return True
    return len(text) <= 80 and bool(_FOLIO.fullmatch(text) and _HAS_STRONG.search(text))


def is_edge_furniture(text: str, *, edge: bool) -> bool:
    """Whether a line is furniture at an edge of a page (a date, a paper's name, a number) or, with
    ``edge`` false, beside other furniture (the same with a section's name, without numbers).
    """
    if len(text) > 60:
        return False
    if edge and _NUMBER.fullmatch(text):
        return True
    return bool(_FOLIO.fullmatch(text)) and not (edge and _ONLY_SECTION.fullmatch(text))


def is_page_note(text: str) -> bool:
    """Whether a line speaks about its page: `本版为…`, `说明：…`."""
    return len(text) <= 160 and bool(_PAGE_NOTE.fullmatch(text))


def is_dateline(text: str) -> bool:
    """Whether a paragraph opens an article: `本报讯（记者 …）`, `新华社北京8月5日电`."""
    return bool(_DATELINE.match(text[:80]))


def is_closing(text: str) -> bool:
    """Whether the text ends with a byline in brackets or is a line of source or contact, either of
    which ends an article. Photo credits do not.
    """
    if is_tail(text):
        return True
    tail = text[-130:]
    if tail.endswith(("摄）", "摄)", "图）", "图)")) or tail[-1:] not in ("）", ")"):
        return False
    start = max(tail.rfind("（"), tail.rfind("("))
    if start < 0 or not _CLOSING.fullmatch(tail[start:]):
        return False
    before = tail[:start].rstrip()
    return not before or ends_sentence(before)


def is_tail(text: str) -> bool:
    """Whether a short line gives a source, a contact or rights: what stands below an article."""
    return len(text) <= HEADING_MAX and bool(_TAIL.search(text))


def ends_sentence(text: str) -> bool:
    """Whether the text ends where a sentence may: a stop, closing marks and a note in brackets
    behind it.
    """
    tail = text[-TAIL_LENGTH:]
    if tail.rstrip(_CLOSERS).endswith((*_STOPS, "!", "?", "…")):
        return True
    if not (note := _NOTE_BEHIND.fullmatch(tail)):
        return False
    return not note[1] or note[1].rstrip(_CLOSERS).endswith(_STOPS)


def looks_heading(text: str) -> bool:
    """Whether a text has the form of a headline: short, no stop or semicolon inside, no comma at
    the end, no source or contact.
    """
    if len(text) > HEADING_MAX or text[-1] in "。，、；：,;:":
        return False
    return "。" not in text and "；" not in text and not is_tail(text)
