"""Prints articles on pages as OCR would read them, and measures how well they are read back.

`layout` prints known articles in one of many styles; the page carries the truth. Positions count
the characters that are not white space, so that they mean the same before and after line repair.
Measured are, over all pages (F1 = 2PR / (P + R)):

- starts: the positions at which articles begin (the first of a page included), exact matches;
- inner: the same without the first article of each page, which is hard to miss;
- titles: of the printed headlines, how many come back with the same characters;
- paragraphs: the positions at which body paragraphs and section headings end, exact matches.

Intervals are 95 % percentile bootstrap intervals over pages.

    python -m eval.pages --articles FILE.jsonl[.gz] --pages 300 --seed 1 [--half train] [--json]
    python -m eval.pages --layout examples/articles.jsonl --out examples/pages
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from eval.commands import parser_of
from rag.newspaper import articles_of
from rag.types import Article, RawText

Floats = np.ndarray[Any, np.dtype[np.float64]]

_INDENT = "\u3000\u3000"
NOTE = "本版为虚构样张：青岚市和《青岚日报》均不存在，文字专为 wenbao 项目撰写。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An article as it is known before it is printed; ``headings`` are paragraphs too."""

    title: str | None
    paragraphs: tuple[str, ...]
    subtitle: str | None = None
    author_line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The conventions of one page. Gaps count blank lines; ``width`` 0 leaves paragraphs on one
    line, ``mixed`` gives each article its own; ``centred`` puts room before headlines and headings.
    ``cut`` is what stands where a column ends, which ``cuts`` of the paragraphs meet;
    ``cut_at_line`` ends it with a full line, else it leaves ``keep`` characters on either side.
    """

    width: int = 0
    indent: str = ""
    paragraph_gap: int = 1
    head_gap: int = 1
    article_gap: int = 1
    cut: str = "\n\n"
    cut_at_line: bool = False
    cuts: float = 0.1
    keep: int = 3
    hang_stops: bool = False
    centred: bool = False
    mixed: bool = False
    wrap_titles: bool = True
    bylines: bool = True
    headings: bool = False
    masthead: bool = True
    newline: str = "\n"

    @property
    def name(self) -> str:
        """The family of the style, for tables."""
        wrap = "wrapped" if self.width else "unwrapped"
        parts = ["indented"] * bool(self.indent) + ["spaced"] * bool(self.paragraph_gap)
        return f"{wrap}, {' and '.join(parts) or 'bare'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A printed page with its truth, positions in characters that are not white space."""

    text: str
    style: Style
    starts: tuple[int, ...]
    titles: tuple[str | None, ...]
    paragraph_ends: tuple[int, ...]
    pieces: tuple[Piece, ...] = ()


def squeeze(text: str) -> str:
    """The characters that are not white space."""
    return "".join(text.replace("\u200b", "").replace("\ufeff", "").split())


# --- printing -----------------------------------------------------------------------------------


def layout(
    pieces: Sequence[Piece], *, seed: int, style: Style, masthead: Sequence[str] = ()
) -> Page:
    """Prints the pieces below each other, below the masthead lines. Deterministic by seed."""
    rng = random.Random(seed)
    out = list(masthead)
    text = style.newline.join(masthead)
    count = len(squeeze(text))
    starts, ends = [], []
    for piece in pieces:
        if text:
            text += "\n" * (1 + max(style.article_gap, style.head_gap * (text in out)))
        starts.append(count)
        own = replace(style, width=rng.randint(15, 40)) if style.mixed else style
        printed, piece_ends = _printed(piece, own, rng)
        ends += [count + n for n in piece_ends]
        count += len(squeeze(printed))
        text += printed
    return Page(
        text=text.replace("\r\n", "\n").replace("\n", style.newline),
        style=style,
        starts=tuple(starts),
        titles=tuple(piece.title for piece in pieces),
        paragraph_ends=tuple(ends),
        pieces=tuple(pieces),
    )


def _printed(piece: Piece, style: Style, rng: random.Random) -> tuple[str, list[int]]:
    """One article, and where its paragraphs end."""
    head = []
    for line in (piece.title, piece.subtitle, piece.author_line):
        if line:
            width = style.width if style.wrap_titles else 0
            room = _INDENT * rng.randint(1, 3) if style.centred else ""
            head.append("\n".join(room + part for part in _wrap(line, width, style.hang_stops)))
    text = ("\n" * (1 + style.head_gap)).join(head)
    ends = []
    for i, paragraph in enumerate(piece.paragraphs):
        if text:
            text += "\n" * (1 + (style.paragraph_gap if i else style.head_gap))
        text += _paragraph(paragraph, style, rng)
        ends.append(len(squeeze(text)))
    return text, ends


_STOPS = frozenset("。！？”）：；")


def _paragraph(text: str, style: Style, rng: random.Random) -> str:
    """One paragraph, wrapped, perhaps cut in two by the end of a column."""
    if len(text) < 26 and text[-1] not in "。！？…”）":
        return (_INDENT * rng.randint(1, 3) if style.centred else "") + text
    text = style.indent + text
    if len(text) < max(30, 2 * style.keep + 2) or rng.random() >= style.cuts:
        return "\n".join(_wrap(text, style.width, style.hang_stops))
    lines = _wrap(text, style.width, style.hang_stops)
    if style.cut_at_line and len(lines) > 2:
        at = rng.randrange(1, len(lines))
        if lines[at - 1][-1] not in _STOPS:
            return "\n".join(lines[:at]) + style.cut + "\n".join(lines[at:])
    places = [
        i
        for i in range(style.keep, len(text) - style.keep)
        if not _STOPS & set(text[i - 1 : i + 1])
    ]
    at = rng.choice(places or [len(text) // 2])
    first, second = (_wrap(part, style.width, style.hang_stops) for part in (text[:at], text[at:]))
    return "\n".join(first) + style.cut + "\n".join(second)


def _wrap(text: str, width: int, hang_stops: bool) -> list[str]:
    """Lines of ``width`` characters; with ``hang_stops`` no line begins with a stop."""
    if not width:
        return [text]
    lines = []
    while text:
        at = width
        while hang_stops and at < min(len(text), width + 2) and text[at] in "，。、；：！？”）》":
            at += 1
        lines.append(text[:at])
        text = text[at:]
    return lines


_WEEKDAYS = "一二三四五六日"


def masthead_lines(paper: str, day: date, page: int, rng: random.Random) -> list[str]:
    """The folio in one of the usual forms."""
    full = f"{day.year}年{day.month}月{day.day}日"
    week = f"星期{_WEEKDAYS[day.weekday()]}"
    return rng.choice(
        [
            [f"{paper} {full} {week} 第{page}版"],
            [paper, f"{full} {week}", f"第{page}版"],
            [f"{full}　{week}", f"要闻 {page}"],
            [f"{paper}　　{full}　{week}　　{page:02d}版"],
        ]
    )


# --- articles and styles by chance --------------------------------------------------------------

_DATELINE = re.compile(
    r"^[^，。：》”“]{0,30}?(?:[报网社端]讯|\d日(?:电|报道|消息))(?:\s*[（(][^）)]{0,60}[）)])?[\s:：]*(?=\w)"
    r"|^【[^】]{0,60}】(?=\w)"
)
_CLOSING = re.compile(r"\s*[（(][^（()）]{0,60}[）)]$|分享让更多人看到$|来源：\S{2,12}$")
_SURNAMES = "赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹喻柏窦章云苏潘葛范彭郎"
_GIVEN = "明华文静雨晨佳宁思远子涵晓东海燕建国志强丽娜欣怡浩然一鸣春梅伟杰若溪知微长风景行"


def _name(rng: random.Random) -> str:
    return rng.choice(_SURNAMES) + "".join(rng.sample(_GIVEN, rng.choice([1, 2, 2])))


def _names(rng: random.Random, sep: str = " ") -> str:
    return sep.join(_name(rng) for _ in range(rng.choice([1, 1, 2, 3])))


def dress(title: str, text: str, style: Style, rng: random.Random) -> Piece:
    """A piece made of a title and plain text: split into paragraphs of one to four sentences, with
    or without byline and section headings as the style has it.
    """
    text = " ".join(text.split())
    if not style.bylines:
        text = _CLOSING.sub("", _DATELINE.sub("", text, count=1))
    sentences = re.findall(r"[^。！？]+(?:[。！？]+[”’）)》]*|$)", text) or [text]
    paragraphs = []
    while sentences:
        n = rng.choice([1, 1, 2, 2, 3, 4])
        paragraphs.append("".join(sentences[:n]).strip())
        sentences = sentences[n:]
    paragraphs = [p for p in paragraphs if p]
    piece = Piece(title=" ".join(title.split()), paragraphs=tuple(paragraphs))
    if style.headings and len(paragraphs) >= 4 and rng.random() < 0.7:
        piece = replace(piece, paragraphs=tuple(_with_headings(paragraphs, rng)))
    return _signed(piece, rng) if style.bylines else piece


def _signed(piece: Piece, rng: random.Random) -> Piece:
    """The piece with one of the usual signs of its author, or as it was."""
    first, *rest = piece.paragraphs
    reporter = rng.choice(["记者", "记者", "见习记者", "首席记者"])
    what = rng.random()
    if what < 0.3 and not _DATELINE.match(first):
        opening = rng.choice(["本报讯（{} {}）", "本报讯 （{}{}）", "新华社北京8月5日电（{} {}）"])
        first = opening.format(reporter, _names(rng)) + first
    elif what < 0.45:
        rest.append(f"（{reporter} {_names(rng)}）")
    elif what < 0.55 and rest and rest[-1][-1] == "。":
        rest[-1] += f"（{reporter} {_names(rng, '、')}）"
    elif what < 0.65:
        line = rng.choice(["□本报记者 {}", "□ 本报记者 {}", "本报记者 {}"]).format(_names(rng))
        return replace(piece, author_line=line)
    return replace(piece, paragraphs=(first, *rest))


def _with_headings(paragraphs: list[str], rng: random.Random) -> list[str]:
    """Section headings out of the words that follow them."""
    out = paragraphs[:2]
    for i, paragraph in enumerate(paragraphs[2:], 2):
        if rng.random() < 0.35 and i < len(paragraphs):
            own = "，".join(paragraphs[i : i + 2])
            clauses = [c for c in re.split(r"[^\u4e00-\u9fff]+", own) if 4 <= len(c) <= 14]
            if len(clauses) > 1 and out[-1] not in clauses and out[-1][-1] in "。！？”":
                sep, count = rng.choice([("", 1), ("", 1), (" ", 2), ("，", 2)])
                out.append(sep.join(rng.sample(clauses, count)))
        out.append(paragraph)
    return out


def any_style(rng: random.Random) -> Style:
    """One of the conventions that pages are found in."""
    width = rng.choice([0, *(rng.randint(15, 40) for _ in range(3))])
    indent = rng.choice(["", "", "　　", "    "])
    gap = rng.choice([0, 1])
    return Style(
        width=width,
        indent=indent,
        paragraph_gap=gap,
        head_gap=rng.choice([0, 1]),
        article_gap=rng.choice([gap, gap, 1, 2]),
        cut=rng.choice(["\n\n", "\n\n", "\n\f\n", "\n\n\n"]),
        cut_at_line=rng.random() < 0.5,
        cuts=rng.choice([0.05, 0.1, 0.2]),
        hang_stops=rng.random() < 0.3,
        wrap_titles=rng.random() < 0.7,
        bylines=rng.random() < 0.5,
        headings=rng.random() < 0.5,
        masthead=rng.random() < 0.5,
        newline=rng.choice(["\n", "\n", "\n", "\r\n"]),
        centred=rng.random() < 0.15,
        mixed=width > 0 and rng.random() < 0.15,
    )


def random_page(articles: Sequence[tuple[str, str]], *, seed: int) -> Page:
    """A page of two to six of the articles in any style."""
    rng = random.Random(seed)
    style = any_style(rng)
    chosen = rng.sample(list(articles), min(len(articles), rng.randint(2, 6)))
    pieces = [dress(title, text, style, rng) for title, text in chosen]
    day = date.fromordinal(date(2023, 1, 1).toordinal() + rng.randrange(365))
    masthead = masthead_lines("青岚日报", day, rng.randint(1, 12), rng) if style.masthead else []
    return layout(pieces, seed=seed, style=style, masthead=masthead)


# --- measuring ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """Right, found and true, the counts that precision and recall are made of."""

    right: int = 0
    found: int = 0
    true: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What was read right on one page."""

    style: Style
    counts: dict[str, Count] = field(default_factory=dict)


Reader = Callable[[RawText], list[Article]]


def score(page: Page, read: Reader = articles_of) -> Score:
    """Reads the page and counts what came back right."""
    articles = read(RawText(path="page.txt", text=page.text))
    before = _positions(page.text)
    starts = [before[article.raw_start] for article in articles]
    found = dict(zip(starts, articles, strict=True))
    right_titles = sum(
        start in found and squeeze(found[start].title) == squeeze(title)
        for start, title in zip(page.starts, page.titles, strict=True)
        if title
    )
    titles = sum(title is not None for title in page.titles)
    counts = {
        "starts": _count(starts, page.starts),
        "inner": _count(starts[1:], page.starts[1:]),
        "titles": Count(right_titles, titles, titles),
        "paragraphs": _count(_paragraph_ends(page.text, articles, starts), page.paragraph_ends),
    }
    return Score(style=page.style, counts=counts)


def _count(found: Iterable[int], true: Iterable[int]) -> Count:
    a, b = set(found), set(true)
    return Count(len(a & b), len(a), len(b))


def _positions(text: str) -> list[int]:
    """For each offset, how many characters before it are not white space."""
    solid = np.array([bool(squeeze(char)) for char in text], dtype=np.int64)
    return [0, *np.cumsum(solid).tolist()]


def _paragraph_ends(text: str, articles: Sequence[Article], starts: Sequence[int]) -> list[int]:
    """Where the paragraphs that were read end; furniture inside an article is skipped."""
    solid = squeeze(text)
    ends = []
    for article, start in zip(articles, starts, strict=True):
        head = ("" if article.title_derived else article.title) + (article.subtitle or "")
        at = start + len(squeeze(head + (article.author or "")))
        for paragraph in article.text.split("\n"):
            words = squeeze(paragraph)
            place = solid.find(words, at)
            at = (place if place >= 0 else at) + len(words)
            ends.append(at)
    return ends


def f1(counts: Sequence[float] | Floats) -> float:
    """F1 of summed (right, found, true)."""
    right, found, true = counts
    return float(2 * right / (found + true)) if found + true else 1.0


def summary(scores: Sequence[Score], name: str, *, seed: int = 0) -> dict[str, float]:
    """Precision, recall, F1 and its interval of one measure over pages."""
    rows = [(c.right, c.found, c.true) for c in (s.counts[name] for s in scores)]
    table = np.array(rows, dtype=float).reshape(-1, 3)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(table), size=(1000, len(table)))
    boot = [f1(table[draw].sum(axis=0)) for draw in draws]
    right, found, true = table.sum(axis=0)
    low, high = np.percentile(boot, [2.5, 97.5])
    return {
        "pages": len(table),
        "true": float(true),
        "precision": float(right / found) if found else 1.0,
        "recall": float(right / true) if true else 1.0,
        "f1": f1(table.sum(axis=0)),
        "low": float(low),
        "high": float(high),
    }


MEASURES = ("starts", "inner", "titles", "paragraphs")


def groups_of(scores: Sequence[Score]) -> dict[str, list[Score]]:
    """The scores by style, by what the pages carry, and all."""
    groups: dict[str, list[Score]] = {}
    for one in sorted(scores, key=lambda s: s.style.name):
        groups.setdefault(one.style.name, []).append(one)
    for label, test in (
        ("with bylines", lambda s: s.bylines),
        ("without bylines", lambda s: not s.bylines),
        ("with section headings", lambda s: s.headings),
        ("without section headings", lambda s: not s.headings),
        ("widths differ by article", lambda s: s.mixed),
        ("all", lambda s: True),
    ):
        groups[label] = [one for one in scores if test(one.style)]
    return {label: group for label, group in groups.items() if group}


def report(scores: Sequence[Score]) -> dict[str, dict[str, dict[str, float]]]:
    """Every measure of every group."""
    return {
        label: {name: summary(group, name) for name in MEASURES}
        for label, group in groups_of(scores).items()
    }


def table(numbers: dict[str, dict[str, dict[str, float]]]) -> str:
    """The report as a plain text table: F1 with its interval."""
    lines = [f"{'':30}{'pages':>6}" + "".join(f"{name:>20}" for name in MEASURES)]
    for label, measures in numbers.items():
        cells = [f"{m['f1']:.3f} [{m['low']:.3f} {m['high']:.3f}]" for m in measures.values()]
        pages = f"{measures['starts']['pages']:>6.0f}"
        lines.append(f"{label:30}{pages}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join(lines) + "\n"


# --- files and command line ---------------------------------------------------------------------


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def plain_articles(rows: Iterable[dict[str, Any]], half: str = "all") -> list[tuple[str, str]]:
    """(title, text) of the rows that have both; of every second one if half is train or test."""
    pairs = []
    for row in rows:
        text = row.get("text") or "".join(row.get("paragraphs", ()))
        if row.get("title") and text:
            pairs.append((row["title"], text))
    return {"all": pairs, "train": pairs[::2], "test": pairs[1::2]}[half]


SAMPLE_STYLES = (
    Style(width=22, indent=_INDENT, paragraph_gap=0, head_gap=0, cuts=0.2, keep=40),
    Style(width=18, article_gap=2, cuts=0.2, keep=40),
    Style(cuts=0.3, keep=40),
    Style(width=30, indent="    ", paragraph_gap=0, cuts=0.2, keep=40),
    Style(width=26, paragraph_gap=0, head_gap=0, cuts=0.2, keep=40, hang_stops=True),
    Style(width=35, indent=_INDENT, cuts=0.2, keep=40),
)


def sample_pages(rows: Sequence[dict[str, Any]]) -> dict[str, Page]:
    """File name -> page, one for each page key (`2024-01-16-01`) of the sample archive."""
    pages = {}
    for i, (key, group) in enumerate(groupby(rows, key=lambda row: str(row["page"]))):
        day, number = date.fromisoformat(key[:10]), int(key[11:])
        pieces = [
            Piece(
                title=row["title"],
                paragraphs=tuple(row["paragraphs"]),
                subtitle=row["subtitle"],
                author_line=row["author_line"],
            )
            for row in group
        ]
        top = [NOTE, *masthead_lines("青岚日报", day, number, random.Random(i))]
        style = SAMPLE_STYLES[i % len(SAMPLE_STYLES)]
        name = f"qinglan-daily-{key[:10]}-p{number:02d}.txt"
        pages[name] = layout(pieces, seed=i, style=style, masthead=top)
    return pages


def main(argv: Sequence[str] | None = None) -> int:
    """The command line of this module."""
    parser = parser_of("python -m eval.pages", __doc__)
    parser.add_argument("--articles", type=Path, help="JSONL with title and text or paragraphs")
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=("all", "train", "test"), default="all")
    parser.add_argument("--json", action="store_true", help="write JSON instead of a table")
    parser.add_argument("--layout", type=Path, help="JSONL of the sample archive, to be printed")
    parser.add_argument("--out", type=Path, help="folder for the printed pages")
    args = parser.parse_args(argv)
    if args.layout and args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        for name, page in sample_pages(read_rows(args.layout)).items():
            (args.out / name).write_bytes(page.text.encode())
        return 0
    if not args.articles:
        parser.error("give --articles, or --layout with --out")
    articles = plain_articles(read_rows(args.articles), args.half)
    pages = (random_page(articles, seed=args.seed * 1_000_003 + i) for i in range(args.pages))
    numbers = report([score(page) for page in pages])
    sys.stdout.write(json.dumps(numbers, indent=1) + "\n" if args.json else table(numbers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
