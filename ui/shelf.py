"""The archive tab as HTML: files being added, the list of articles, one file's articles.

Pure, as ``render``, and under its rule: text of documents, of file names and of readers reaches the
page only through ``escaped`` and ``attribute``.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from rag import Article, Filters
from rag.plain import file_name
from ui.markup import attribute, escaped
from ui.render import day, origin, problem
from ui.texts import Language, text
from ui.uploads import MAX_BYTES, MAX_FILES

PAGE = 50
"""Articles on a page of the list, and of a file."""

BARS = 24
"""With more months than these, years are counted, and the months of the chosen year."""

PAPERS = 8
"""Papers with a bar of their own; all of them can be chosen."""

LONG, HEAD, TAIL = 200, 110, 60
"""Of a paragraph longer than the first, so many characters are shown from its start and end."""

FIELDS = ("title", "subtitle", "author", "byline", "date", "source")
"""What can be corrected of an article, besides where it begins and ends."""

Stage = Literal[
    "waiting", "reading", "embedding", "done", "known", "corrected", "failed", "stopped"
]
Month = tuple[str, str, int]
"""A month ("2024-03", blank where unknown), a paper (likewise) and how many articles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file on its way into the archive: ``done`` of its ``total`` articles are in. ``problems``
    are messages in Chinese and English.
    """

    name: str
    stage: Stage = "waiting"
    done: int = 0
    total: int = 0
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.stage in ("done", "known", "corrected", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file that is open: its articles from number ``first`` on, of ``total``. ``focus`` names the
    controls of which the first one that is there is to have the focus, once in each ``turn``.
    """

    name: str
    articles: Sequence[Article]
    first: int
    total: int
    corrected: bool
    focus: str = ""
    turn: int = 0


# Files coming in


def intake(language: Language) -> str:
    """Where files are dropped or chosen. What its script says stands in its data."""
    said = {
        "many": text(language, "too_many_files", given="{given}", count=MAX_FILES),
        "large": text(language, "file_too_large", name="{name}", most=MAX_BYTES >> 20),
        "lost": text(language, "upload_lost", name="{name}"),
        "sending": text(language, "sending", number="{number}", count="{count}", name="{name}"),
        "none": text(language, "nothing_sent"),
    }
    data = "".join(f' data-{name}="{attribute(words)}"' for name, words in said.items())
    hint = text(language, "upload_hint", most=MAX_BYTES >> 20, count=MAX_FILES)
    return (
        f'<section class="intake" lang="{language}" data-count="{MAX_FILES}"'
        f' data-most="{MAX_BYTES}"{data}><div class="zone">'
        f"<p><b>{text(language, 'drop_here')}</b> {_chooser('files', language)}"
        f'{_chooser("folder", language)}</p><p class="hint">{hint}</p>'
        f'<div class="fields">{_field("upload_paper", "source", "text", language)}'
        f"{_field('upload_day', 'day', 'date', language)}</div></div>"
        '<p class="sending" role="status"></p><ul class="refused" role="alert"></ul></section>'
    )


def _chooser(what: Literal["files", "folder"], language: Language) -> str:
    folder = " webkitdirectory" if what == "folder" else ""
    words = text(language, f"choose_{what}")
    return f'<label class="pick">{words}<input type="file" multiple{folder}></label>'


def _field(key: str, name: str, kind: str, language: Language) -> str:
    return (
        f"<label>{text(language, key)} "
        f'<input type="{kind}" data-given="{name}" maxlength="60"></label>'
    )


def arrivals(
    files: Sequence[Arrival], language: Language, error: tuple[str, str] | None = None
) -> str:
    """How far each file is, what went wrong, and a way to try again."""
    if not files:
        return ""
    label = text(language, "arrivals")
    again = text(language, "try_again")
    retry = f'<p><button type="button" data-act="retry">{again}</button></p>' if error else ""
    said = problem(error, language) + retry if error else ""
    rows = "".join(_arrival(file, language) for file in files)
    return (
        f'<section class="arrivals" lang="{language}" aria-label="{label}">'
        f'<p class="sum" role="status">{_sum(files, language)}</p>{said}<ul>{rows}</ul></section>'
    )


def _sum(files: Sequence[Arrival], language: Language) -> str:
    running = next((file for file in files if not file.settled and file.stage != "waiting"), None)
    if running:
        return f"<bdi>{escaped(running.name, language)}</bdi>: {_stage(running, language)}"
    if not all(file.settled for file in files):
        return text(language, "arrival_waiting")
    failed = sum(file.stage == "failed" for file in files)
    return text(language, "all_arrived", done=len(files) - failed, failed=failed)


def _arrival(file: Arrival, language: Language) -> str:
    name = f"<bdi>{escaped(file.name, language)}</bdi>"
    if file.stage in ("done", "known", "corrected"):
        label = attribute(text(language, "open_file", name=file.name))
        name = (
            f'<button type="button" class="tool" data-act="file" data-name="{attribute(file.name)}"'
            f' aria-label="{label}">{name}</button>'
        )
    bar = ""
    if file.stage == "embedding":
        bar = (
            f'<progress max="{file.total}" value="{file.done}"'
            f' aria-label="{attribute(file.name)}"></progress>'
        )
    why = "".join(f"<li>{escaped(_said(p, language), language)}</li>" for p in file.problems)
    return (
        f'<li class="{file.stage}"><span class="name">{name}</span>'
        f'<span class="stage">{_stage(file, language)}</span>{bar}'
        f"{f'<ul>{why}</ul>' if why else ''}</li>"
    )


def _stage(file: Arrival, language: Language) -> str:
    return text(language, f"arrival_{file.stage}", done=file.done, total=file.total)


def _said(message: tuple[str, str], language: Language) -> str:
    return message[0] if language == "zh" else message[1]


# The list


def catalogue(
    articles: Sequence[Article],
    *,
    months: Sequence[Month],
    papers: Sequence[Month],
    period: str,
    source: str,
    page: int,
    more: bool,
    language: Language,
) -> str:
    """The list's page, what is counted by month and paper, and the filters. ``months`` are the
    counts of the chosen paper, ``papers`` those of the chosen period ("2024", "2024-03" or blank).
    """
    items = "".join(_item(article, language) for article in articles)
    none = f'<p class="none">{text(language, "no_articles")}</p>'
    listed = f'<ul class="list" data-page="{page}">{items}</ul>' if items else none
    rows = by_period(months, period)
    return (
        f'<section class="catalogue" lang="{language}">'
        f"{_plot(rows, period, language)}{_papers(papers, source, language)}"
        f"{_chips(period, source, language)}{_table(rows, language)}"
        f"{listed}{_pager(page, len(articles), more, language)}</section>"
    )


def empty(uploads: bool, language: Language) -> str:
    """What to do with an archive that holds nothing."""
    words = text(language, "empty_drop" if uploads else "empty")
    return f'<p class="none" lang="{language}">{words}</p>'


def by_period(months: Sequence[Month], period: str) -> list[Month]:
    """What the plot and the table show: the months, or, where these are too many, the years, and
    within a chosen year its months. What is undated comes last.
    """
    dated = {month for month, _, _ in months if month}
    undated = [row for row in months if not row[0]]
    if len(dated) <= BARS:
        return [row for row in months if row[0]] + undated
    if period:
        return [row for row in months if row[0].startswith(period[:4])]
    years: Counter[tuple[str, str]] = Counter()
    for month, paper, articles in months:
        if month:
            years[month[:4], paper] += articles
    return [(year, paper, count) for (year, paper), count in sorted(years.items())] + undated


def _plot(rows: Sequence[Month], period: str, language: Language) -> str:
    counts: Counter[str] = Counter()
    for name, _, articles in rows:
        counts[name] += articles
    most = max(counts.values(), default=1)
    columns = "".join(
        _bar(name, counts[name], most, name == period, _tick(name, before, len(counts)), language)
        for before, name in pairwise(["", *counts])
    )
    yearly = any(len(name) == 4 for name in counts)
    label = text(language, "by_year" if yearly else "by_month")
    return f'<div class="plot" role="group" aria-label="{label}">{columns}</div>'


def _bar(
    name: str, count: int, most: int, chosen: bool, tick: tuple[str, str], language: Language
) -> str:
    height = max(2, round(100 * count / most))
    drawn = (
        '<svg viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect x="2" y="{100 - height}" width="6" height="{height}"/></svg>'
        f'<span>{tick[0]}</span><span class="year">{tick[1]}</span>'
    )
    label = attribute(text(language, "bar", name=period_name(name, language), count=count))
    if not name:
        return f'<span class="bar" role="img" aria-label="{label}" title="{label}">{drawn}</span>'
    return (
        f'<button type="button" class="bar" data-period="{name}" title="{label}"'
        f' aria-label="{label}" aria-pressed="{str(chosen).lower()}">{drawn}</button>'
    )


def _tick(name: str, before: str, count: int) -> tuple[str, str]:
    """What stands below one of ``count`` bars, in two lines: of many years every fifth is named, of
    the months the first of each year names it.
    """
    if not name:
        return "?", ""
    if len(name) == 4:
        return (name if count <= BARS // 2 or int(name) % 5 == 0 else ""), ""
    return str(int(name[5:])), "" if name[:4] == before[:4] else name[:4]


def period_name(period: str, language: Language) -> str:
    """A year or a month as it is written in the page's language."""
    if not period:
        return text(language, "undated")
    if len(period) == 4:
        return text(language, "year_name", year=period)
    return text(language, "month_name", year=period[:4], month=int(period[5:]))


def _papers(rows: Iterable[Month], source: str, language: Language) -> str:
    counts: Counter[str] = Counter()
    for _, paper, articles in rows:
        counts[paper] += articles
    if len(counts) < 2 and not source:
        return ""
    most = max(counts.values(), default=1)
    lines = "".join(
        _paper(name, count, most, source, language) for name, count in counts.most_common(PAPERS)
    )
    label = text(language, "by_paper")
    rest = sorted(name for name in counts if name) if len(counts) > PAPERS else []
    return (
        f'<div class="papers" role="group" aria-label="{label}">{lines}'
        f"{_chooser_of(rest, source, language) if rest else ''}</div>"
    )


def _paper(name: str, count: int, most: int, source: str, language: Language) -> str:
    shown = escaped(name, language) if name else text(language, "unnamed_paper")
    drawn = (
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect y="1" width="{max(1, round(100 * count / most))}" height="8"/></svg>'
    )
    inner = f'<bdi>{shown}</bdi>{drawn}<span class="count">{count:,}</span>'
    if not name:
        return f'<span class="paper">{inner}</span>'
    return (
        f'<button type="button" class="paper" data-source="{attribute(name)}"'
        f' aria-pressed="{str(name == source).lower()}">{inner}</button>'
    )


def _chooser_of(names: Sequence[str], source: str, language: Language) -> str:
    options = "".join(
        f'<option value="{attribute(name)}"{" selected" * (name == source)}>'
        f"{escaped(name, language)}</option>"
        for name in names
    )
    nothing = f'<option value="">{text(language, "any_paper")}</option>'
    label = text(language, "paper")
    return f"<form><label>{label} <select data-sources>{nothing}{options}</select></label></form>"


def _table(rows: Sequence[Month], language: Language) -> str:
    heads = "".join(
        f'<th scope="col">{text(language, key)}</th>' for key in ("period", "paper", "articles")
    )
    body = "".join(
        f'<tr><th scope="row">{period_name(month, language)}</th>'
        f"<td><bdi>{escaped(paper, language) or text(language, 'unnamed_paper')}</bdi></td>"
        f"<td>{count:,}</td></tr>"
        for month, paper, count in rows
    )
    return (
        f'<details class="table"><summary>{text(language, "as_table")}</summary>'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></details>"
    )


def _chips(period: str, source: str, language: Language) -> str:
    held = [("period", period_name(period, language))] if period else []
    held += [("source", source)] if source else []
    return "".join(
        f'<button type="button" class="chip" data-{name}=""'
        f' aria-label="{attribute(text(language, "drop", filter=words))}">'
        f"<bdi>{escaped(words, language)}</bdi> ×</button>"
        for name, words in held
    )


def _item(article: Article, language: Language) -> str:
    title = escaped(article.title, language) or text(language, "untitled")
    name = escaped(file_name(article.path), language)
    return (
        f'<li><button type="button" class="entry" data-act="open" data-article="{article.id}">'
        f'<bdi class="title" lang="zh">{title}</bdi>'
        f'<span class="origin">{origin(article, language)}<bdi class="file">{name}</bdi></span>'
        "</button></li>"
    )


def _pager(page: int, count: int, more: bool, language: Language) -> str:
    """Buttons for the page before and after."""
    if not page and not more:
        return ""

    def button(key: str, to: int, there: bool) -> str:
        off = "" if there else " disabled"
        words = text(language, key)
        return f'<button type="button" data-act="page" data-page="{to}"{off}>{words}</button>'

    first = page * PAGE + 1
    where = text(language, "articles_shown", first=first, last=first + count - 1)
    return (
        f'<nav class="pager">{button("earlier_page", page - 1, page > 0)}<span>{where}</span>'
        f"{button('later_page', page + 1, more)}</nav>"
    )


# One file


def no_file(language: Language) -> str:
    """What stands in the place of a file before one is opened."""
    return f'<p class="none" lang="{language}">{text(language, "no_file_open")}</p>'


def notice(words: str, language: Language, undo: Mapping[str, str] | None = None) -> str:
    """What was done, announced, with buttons (act -> its name) that take it back."""
    buttons = "".join(
        f' <button type="button" data-act="{act}">{name}</button>'
        for act, name in (undo or {}).items()
    )
    return f'<p class="notice" lang="{language}" role="status">{escaped(words)}{buttons}</p>'


def sheet(file: Sheet, language: Language) -> str:
    """A file's articles in the order of the page, with what can be done to each."""
    pieces = "".join(
        _piece(article, number, number < file.total, language)
        for number, article in enumerate(file.articles, file.first)
    )
    page, more = (file.first - 1) // PAGE, file.first - 1 + len(file.articles) < file.total
    return (
        f'<section class="sheet" lang="{language}" data-focus="{file.focus}"'
        f' data-turn="{file.turn}"><header>{_sheet_head(file, language)}</header>{pieces}'
        f"{_pager(page, len(file.articles), more, language)}</section>"
    )


def _sheet_head(file: Sheet, language: Language) -> str:
    count = text(language, "file_holds", count=file.total)
    acts = ""
    if file.corrected:
        mark = f'<span class="mark">{text(language, "file_corrected")}</span>'
        acts = mark + "".join(
            f'<button type="button" data-act="{act}">{text(language, key)}</button>'
            for act, key in (("undo", "undo_last"), ("revert", "revert_all"))
        )
    return (
        f'<button type="button" class="close" data-act="close">{text(language, "close_file")}'
        f"</button><h2><bdi>{escaped(file.name, language)}</bdi></h2>"
        f'<span class="count">{count}</span>{acts}'
    )


def _piece(article: Article, number: int, followed: bool, language: Language) -> str:
    key, title = article.id, article.title or text(language, "untitled")
    lines = [
        f'<h3 tabindex="-1" data-at="head-{key}" lang="zh"><span class="number">{number}</span>'
        f"<bdi>{escaped(title, language)}</bdi></h3>"
    ]
    if article.subtitle:
        lines.append(f'<p class="subtitle" lang="zh">{escaped(article.subtitle, language)}</p>')
    if article.title_derived:
        lines.append(f'<p class="hint">{text(language, "derived")}</p>')
    lines.append(f'<p class="facts">{_facts(article, language)}</p>')
    return (
        f'<article class="piece" data-article="{key}">{"".join(lines)}'
        f"{_tools(article, title, followed, language)}"
        f'<div class="body" lang="zh">{_body(article, language)}</div></article>'
    )


def _facts(article: Article, language: Language) -> str:
    when = day(article.date, language) if article.date else text(language, "undated")
    named = dict.fromkeys((article.author, article.byline))
    parts = [article.source, when, *named]
    return " · ".join(f"<bdi>{escaped(part, language)}</bdi>" for part in parts if part)


def _tools(article: Article, title: str, followed: bool, language: Language) -> str:
    """Buttons in the head of an article."""

    def button(act: str, key: str, label: str) -> str:
        name = attribute(text(language, label, title=title))
        return (
            f'<button type="button" data-act="{act}" data-article="{article.id}"'
            f' data-at="{act}-{article.id}" aria-label="{name}">{text(language, key)}</button>'
        )

    merge = button("merge", "merge_next", "merge_article") if followed else ""
    remove = button("remove", "delete_conversation", "delete_article")
    label = attribute(text(language, "edit_article", title=title))
    return (
        f'<div class="tools"><details class="edit"><summary data-at="edit-{article.id}"'
        f' aria-label="{label}">{text(language, "edit")}</summary>{_form(article, language)}'
        f"</details>{merge}{remove}</div>"
    )


def _form(article: Article, language: Language) -> str:
    fields = "".join(_input(article, name, language) for name in FIELDS)
    return (
        f'<form data-act="save" data-article="{article.id}">{fields}<p class="ends">'
        f'<button type="submit" class="strong">{text(language, "save")}</button>'
        f'<button type="button" data-cancel>{text(language, "cancel")}</button></p></form>'
    )


def _input(article: Article, name: str, language: Language) -> str:
    value = getattr(article, name)
    shown = "" if value is None else str(value)
    kind = "date" if name == "date" else "text"
    needed = " required" if name == "title" else ""
    return (
        f'<label class="{name}">{text(language, f"field_{name}")} <input type="{kind}"'
        f' name="{name}" value="{attribute(shown)}" maxlength="300" dir="auto" autocomplete="off"'
        f' data-at="{name}-{article.id}"{needed}></label>'
    )


def _body(article: Article, language: Language) -> str:
    parts, at = [], 0
    for paragraph in article.text.split("\n"):
        if at and paragraph.strip():
            parts.append(_cut(article, at, language))
        parts.append(f'<p dir="auto">{_shortened(paragraph, language)}</p>')
        at += len(paragraph) + 1
    return "".join(parts)


def _shortened(paragraph: str, language: Language) -> str:
    if len(paragraph) <= LONG:
        return escaped(paragraph, language)
    gone = text(language, "left_out", count=len(paragraph) - HEAD - TAIL)
    start, end = escaped(paragraph[:HEAD], language), escaped(paragraph[-TAIL:], language)
    return f'{start}<span class="gone" lang="{language}">{gone}</span>{end}'


def _cut(article: Article, at: int, language: Language) -> str:
    """Between two paragraphs: a way to begin a new article there."""
    key = f"{article.id}-{at}"
    return (
        f'<details class="cut"><summary data-at="cut-{key}">{text(language, "split_here")}'
        f'</summary><form data-act="split" data-article="{article.id}" data-offset="{at}">'
        f'<label>{text(language, "split_title")} <input name="title" maxlength="300" dir="auto"'
        f' autocomplete="off" data-at="new-{key}"></label>'
        f'<button type="submit" class="strong">{text(language, "split")}</button>'
        f'<button type="button" data-cancel>{text(language, "cancel")}</button></form></details>'
    )


def matching(period: str, source: str) -> Filters:
    """The filters for a chosen year or month, and paper."""
    if not period:
        return Filters(source=source or None)
    year, month = int(period[:4]), int(period[5:] or 0)
    first = date(year, month or 1, 1)
    last = date(year, month or 12, monthrange(year, month or 12)[1])
    return Filters(since=first, until=last, source=source or None)
