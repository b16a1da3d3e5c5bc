"""Answers, passages and articles as HTML.

Pure: no I/O, no framework. Text is untrusted, and reaches the page only through ``ui.markup``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from rag import Answer, Article, Citation, Counts, Filters, Hit
from rag.chatbot import MAX_QUESTION_CHARS
from rag.plain import file_name
from rag.types import Span
from ui.export import quotation
from ui.findings import marked
from ui.generated import notice, signed, spoken, written
from ui.markup import attribute, escaped, ref, referenced, target
from ui.session import MAX_NOTE, Exchange, Kind, Selection
from ui.texts import Language, text

LONG = 30
"""A short answer of more characters is set smaller."""

EXCERPT = 96
"""Characters of a passage in a list."""

AROUND = 600
"""Characters of the page's own text shown before and after those of the article."""

SURE = ((0.75, "high"), (0.5, "middle"), (0.0, "low"))
"""From which confidence an answer is called how sure."""

SUBHEAD = 22
"""A paragraph of at most this many characters that ends in no punctuation reads as a subheading."""

_NO_SUBHEAD_END = "。！？!?；;：:，,、.…”’」』）)》〉"


@dataclass(frozen=True, slots=True)
class Mark:
    """A highlighted range of an article's text; ``number`` is the citation's, if it is one.
    ``words`` are those inside a quote that answer by themselves.
    """

    start: int
    end: int
    kind: Literal["quote", "other", "near", "words"]
    number: int | None = None


def masthead(language: Language, user: str = "") -> str:
    """The name of the page, and the way out for a user who is logged in; the script
    shows the dialog when the login has ended.
    """
    return (
        f'<header class="masthead" lang="{language}" data-title="{text(language, "page_title")}">'
        f"<h1>{text(language, 'name')}</h1><p>{text(language, 'tagline')}</p>"
        f"{_way_out(user, language) if user else ''}</header>"
    )


def _way_out(user: str, language: Language) -> str:
    return (
        f'<form method="post" action="logout"><span>{escaped(user, language)}</span>'
        f"<button>{text(language, 'logout')}</button></form>"
        f'<dialog><p>{text(language, "login_ended")}</p><form method="dialog">'
        f'<a href="./" target="_blank">{text(language, "login")}</a>'
        f"<button>{text(language, 'close')}</button></form></dialog>"
    )


def conversation(
    exchanges: Sequence[Exchange],
    examples: Sequence[str],
    language: Language,
    key: str = "",
    suggestions: Sequence[str] = (),
) -> str:
    """The left side: all exchanges, or examples before the first one. The page's address names the
    conversation by its ``key``; the answers of one that is kept can be judged. The ``suggestions``
    are questions to go on with.
    """
    label = text(language, "conversation")
    last = {len(exchanges) - 1: _suggested(suggestions, language)} if suggestions else {}
    body = (
        "".join(
            _exchange(exchange, turn, language, bool(key), last.get(turn, ""))
            for turn, exchange in enumerate(exchanges)
        )
        if exchanges
        else _welcome(examples, language)
    )
    return (
        f'<section class="talk" lang="{language}" aria-label="{label}"'
        f' data-key="{attribute(key)}">{body}</section>'
    )


def numbered(markup: str, number: int) -> str:
    """A part of the page with the number of this writing of it. The page calls for a new one when
    an older writing comes after a newer: questions answered at the same time write in no order.
    """
    return f'{markup}<button type="button" hidden data-refresh="{number}"></button>'


def status(exchanges: Sequence[Exchange], language: Language) -> str:
    """What a screen reader announces: the stage, then the answer."""
    begun = [exchange for exchange in exchanges if exchange.stage != "waiting"]
    words = _announcement(begun[-1], language) if begun else ""
    return f'<p role="status" aria-live="polite" lang="{language}">{words}</p>'


def pane(
    exchanges: Sequence[Exchange],
    selection: Selection | None,
    counts: Counts,
    language: Language,
    raw: str = "",
) -> str:
    """The right side: the article of the selected source, or what the archive holds. ``raw`` is the
    page's own text, as ``page_text`` shows it.
    """
    if selection is None:
        return introduction(counts, language)
    exchange = exchanges[selection.turn]
    place = exchange.place(selection.kind, selection.number)
    if place is None:
        return introduction(counts, language)
    found, (start, end) = place
    marks = list(_marks(exchange.citations, found, selection, start, end))
    strip = _strip(exchange, selection, language, raw=bool(raw))
    shown = f"{selection.turn}-{selection.kind}-{selection.number}"
    return article(found, marks, language, strip=strip, shown=shown, raw=raw)


def linked(found: Article, span: Span, language: Language, raw: str = "") -> str:
    """The right side for a link: the article with the sentence that it names."""
    label = f'<span class="shown">{text(language, "shown_link")}</span>'
    strip = f'<div class="strip">{_back(language)}{label}{_about(language, raw=bool(raw))}</div>'
    mark = Mark(*span, "quote")
    return article(found, [mark], language, strip=strip, shown=f"link-{span[0]}", raw=raw)


def page_text(raw: str, found: Article, language: Language) -> str:
    """The text of a file as it was read, around an article, the article's part marked."""
    start, end = found.raw_start, found.raw_end
    first, last = max(0, start - AROUND), min(len(raw), end + AROUND)
    parts = [raw[first:start], raw[start:end], raw[end:last]]
    if "".join(found.text.split())[:12] not in "".join(parts[1].split()):
        body = f'<p class="note">{text(language, "page_text_changed")}</p>'
    else:
        before, own, after = (escaped(part, language) for part in parts)
        more = ["……" if first else "", "……" if last < len(raw) else ""]
        body = f'<pre lang="zh">{more[0]}{before}<mark>{own}</mark>{after}{more[1]}</pre>'
    label = text(language, "page_text")
    return (
        f'<section class="raw" lang="{language}" aria-label="{label}" tabindex="0">'
        f"<h3>{label}</h3>{body}</section>"
    )


def filters(
    chosen: Filters, titles: Mapping[str, str], sources: Sequence[str], language: Language
) -> str:
    """The fields that bound what is searched, and a chip for each bound that holds. ``titles``
    are those of the articles that the filters name.
    """

    def day_field(name: str, value: date | None) -> str:
        field = f'<input type="date" data-filter="{name}" value="{value or ""}">'
        return f"<label>{text(language, name)} {field}</label>"

    names = [("", text(language, "any_paper")), *((source, source) for source in sources)]
    options = "".join(
        f'<option value="{attribute(value)}"{" selected" * (value == (chosen.source or ""))}>'
        f"{escaped(shown, language)}</option>"
        for value, shown in names
    )
    paper = (
        f'<label>{text(language, "paper")} <select data-filter="source">{options}</select></label>'
    )
    chips = "".join(
        f'<button type="button" class="chip" data-drop="{name}"'
        f' aria-label="{attribute(text(language, "drop", filter=words))}">'
        f"<bdi>{escaped(words, language)}</bdi> ×</button>"
        for name, words in bounds(chosen, titles, language)
    )
    fields = day_field("since", chosen.since) + day_field("until", chosen.until) + paper
    return (
        f'<div class="filters" lang="{language}" role="group"'
        f' aria-label="{text(language, "filters")}">{fields}{chips}</div>'
    )


def bounds(chosen: Filters, titles: Mapping[str, str], language: Language) -> list[tuple[str, str]]:
    """(field, what it says) for each filter that holds."""
    found = []
    if chosen.since:
        words = text(language, "since_day", day=day(chosen.since, language))
        found.append(("since", words))
    if chosen.until:
        words = text(language, "until_day", day=day(chosen.until, language))
        found.append(("until", words))
    if chosen.source:
        found.append(("source", chosen.source))
    for key in chosen.articles:
        title = titles.get(key) or text(language, "untitled")
        found.append(("articles", text(language, "one_article", title=title)))
    return found


def introduction(counts: Counts, language: Language) -> str:
    """What the page is, and what the archive holds."""
    facts = _facts(counts, language) if counts.articles else f"<p>{text(language, 'empty')}</p>"
    return (
        f'<section class="intro" lang="{language}"><h2>{text(language, "intro_title")}</h2>'
        f"<p>{text(language, 'intro_body')}</p>{facts}</section>"
    )


def problem(error: tuple[str, str], language: Language) -> str:
    """An error's message in the page's language."""
    words = escaped(error[0] if language == "zh" else error[1], language)
    title = text(language, "failed")
    return f'<div class="problem" role="alert"><h3>{title}</h3><p>{words}</p></div>'


def note(words: str) -> str:
    """A line that is announced."""
    return f'<p role="status">{escaped(words)}</p>'


def measuring(ready: bool, language: Language) -> str:
    """What the evaluation tab is for, and what it lacks."""
    lack = "" if ready else f"<p>{text(language, 'no_sets')}</p>"
    return f'<div lang="{language}"><p>{text(language, "measure_intro")}</p>{lack}</div>'


def progress(done: int, total: int, language: Language) -> str:
    """How far an evaluation is."""
    words = text(language, "measuring", done=done, total=total)
    if not total:
        return f'<p lang="{language}" role="status">{text(language, "starting")}</p>'
    return (
        f'<p lang="{language}"><progress max="{total}" value="{done}" aria-label="{words}">'
        f'</progress> <span role="status">{words}</span></p>'
    )


def article(
    found: Article,
    marks: Sequence[Mark],
    language: Language,
    *,
    strip: str = "",
    shown: str = "",
    raw: str = "",
) -> str:
    """An article as a newspaper column with marks in it. Of overlapping marks the first one wins.
    ``raw`` stands beside it.

    The paragraphs' characters are those of ``found.text``, in order, line feeds left out.
    """
    head = "".join((_folio(found, language), _headline(found, language)))
    body = "".join(_paragraphs(found.text, marks, language))
    story = (
        f'<article class="story"><header>{head}</header>'
        f'<div class="body" lang="zh">{body}</div></article>'
    )
    both = " both" * bool(raw)
    return (
        f'<div class="opened{both}" lang="{language}" data-shown="{attribute(shown)}">'
        f"{strip}{story}{raw}</div>"
    )


def day(when: date, language: Language) -> str:
    """A day as it is written in the page's language."""
    if language == "zh":
        return f"{when.year}年{when.month}月{when.day}日"
    return when.isoformat()


def origin(found: Article, language: Language) -> str:
    """Paper, date and page of an article in one line."""
    parts = [escaped(found.source, language)] if found.source else []
    if found.date:
        parts.append(f'<time datetime="{found.date}">{day(found.date, language)}</time>')
    if found.page is not None:
        parts.append(text(language, "page", page=found.page))
    if not parts and found.path:
        parts.append(escaped(file_name(found.path), language))
    return '<span class="dot"> · </span>'.join(f"<bdi>{part}</bdi>" for part in parts)


# The conversation


def _welcome(examples: Sequence[str], language: Language) -> str:
    title, keys = text(language, "welcome"), text(language, "keys")
    buttons = "".join(
        f'<li><button type="button" data-example="{index}"><bdi>{escaped(example, language)}</bdi>'
        "</button></li>"
        for index, example in enumerate(examples)
    )
    listed = f'<h3>{text(language, "examples")}</h3><ul class="examples">{buttons}</ul>'
    return f'<div class="welcome"><h2>{title}</h2>{listed if examples else ""}<p>{keys}</p></div>'


def _suggested(suggestions: Sequence[str], language: Language) -> str:
    """Questions to go on with, to be clicked."""
    buttons = "".join(
        f'<li><button type="button" data-suggest="{index}"><bdi>{escaped(question, language)}</bdi>'
        "</button></li>"
        for index, question in enumerate(suggestions)
    )
    title = text(language, "suggested")
    return f'<div class="next"><h3>{title}</h3><ul class="examples">{buttons}</ul></div>'


def _exchange(exchange: Exchange, turn: int, language: Language, judged: bool, after: str) -> str:
    question = escaped(exchange.question, language)
    feedback = _feedback(exchange, turn, language) if judged and exchange.answer else ""
    return (
        f'<section class="exchange" data-turn="{turn}">'
        f'<h2 class="question"><bdi>{question}</bdi></h2>'
        f"{_outcome(exchange, turn, language)}{feedback}{after}</section>"
    )


def _feedback(exchange: Exchange, turn: int, language: Language) -> str:
    """Buttons that judge an answer, and a field for why once it is judged."""
    refused = exchange.answer is not None and exchange.answer.status == "refused"
    kinds = ("right", "wrong") if refused else ("right", "wrong", "citation")
    names = {kind: text(language, f"judge_{kind}{'_refusal' * refused}") for kind in kinds}
    buttons = "".join(
        f'<button type="button" class="chip" data-judge="{kind}" data-turn="{turn}"'
        f' aria-pressed="{"true" if exchange.verdict == kind else "false"}">{name}</button>'
        for kind, name in names.items()
    )
    why = text(language, "judge_why")
    note = (
        f'<input data-note="{turn}" value="{attribute(exchange.note)}" maxlength="{MAX_NOTE}"'
        f' aria-label="{why}" placeholder="{why}">'
    )
    label = text(language, "judge")
    return (
        f'<div class="feedback" role="group" aria-label="{label}"><span>{label}</span> {buttons}'
        f"{note if exchange.verdict else ''}</div>"
    )


def _outcome(exchange: Exchange, turn: int, language: Language) -> str:
    understood = "" if exchange.running else _understood(exchange, turn, language)
    if exchange.error:
        found = _hits("found", "hit", exchange.hits, turn, language)
        return understood + problem(exchange.error, language) + found
    if exchange.answer is None:
        return understood + _on_the_way(exchange, turn, language)
    understood += _within(exchange, language) + notice(exchange.answer, language)
    if exchange.answer.status == "refused":
        return understood + _refusal(exchange.answer, turn, language)
    return understood + _answered(exchange.answer, turn, language)


def _on_the_way(exchange: Exchange, turn: int, language: Language) -> str:
    """How far the answer is, and what is there of it."""
    busy = " busy" if exchange.running else ""
    back = _withdraw(turn, language) if exchange.stage == "waiting" else ""
    stage = f'<p class="stage{busy}">{_stage(exchange, language)}{back}</p>'
    draft = exchange.draft
    if draft is None:
        return stage + _hits("found", "hit", exchange.hits, turn, language)
    lang = spoken(draft.text + draft.pending)
    said = f'<div class="answer" lang="{lang}">{written(draft, turn, language)}</div>'
    return stage + said + _sources(draft.citations, turn, language)


def _stage(exchange: Exchange, language: Language) -> str:
    if exchange.stage == "reading":
        return text(language, "reading", count=len(exchange.hits))
    if exchange.stage == "stopped" and exchange.draft:
        return text(language, "stopped_draft")
    return text(language, exchange.stage)


def _withdraw(turn: int, language: Language) -> str:
    label = text(language, "withdraw")
    return f' <button type="button" class="chip" data-withdraw="{turn}">{label}</button>'


def _announcement(exchange: Exchange, language: Language) -> str:
    if exchange.error:
        return escaped(exchange.error[0] if language == "zh" else exchange.error[1], language)
    if exchange.answer is None:
        return _stage(exchange, language)
    if exchange.answer.status == "refused":
        return text(language, "refused")
    words = exchange.answer.short or marked(exchange.answer, language)
    return text(language, "announce", text=escaped(words, language))


def _understood(exchange: Exchange, turn: int, language: Language) -> str:
    """How the question was understood, where that is not how it was typed, and a field to say it
    better.
    """
    understood = exchange.understood
    if not understood:
        return ""
    rephrase, again = text(language, "rephrase"), text(language, "ask_again")
    form = (
        f'<form data-again="{turn}"><input name="text" value="{attribute(understood)}" dir="auto"'
        f' maxlength="{MAX_QUESTION_CHARS}" aria-label="{text(language, "rephrased")}"'
        f' autocomplete="off"><button class="chip">{again}</button></form>'
    )
    return (
        f'<div class="understood">{text(language, "understood")}'
        f"<bdi>{escaped(understood, language)}</bdi>"
        f'<details data-fold="again-{turn}"><summary>{rephrase}</summary>{form}</details></div>'
    )


def _within(exchange: Exchange, language: Language) -> str:
    """The filters that shaped an answer."""
    answer = exchange.answer
    titles = {hit.article.id: hit.article.title for hit in answer.hits} if answer else {}
    found = [words for _, words in bounds(exchange.filters, titles, language)]
    if not found:
        return ""
    chips = "".join(f'<bdi class="chip">{escaped(words, language)}</bdi>' for words in found)
    return f'<p class="understood">{text(language, "asked_within")}{chips}</p>'


def _sure(answer: Answer, language: Language) -> str:
    """How sure the answer is, in words, with the number to hover."""
    level = next((name for least, name in SURE if answer.confidence >= least), "low")
    percent = text(language, "sure_number", percent=round(100 * answer.confidence))
    words = text(language, f"sure_{level}")
    return f'<p class="sure {level}" title="{percent}">{words}<span>{percent}</span></p>'


def _refusal(answer: Answer, turn: int, language: Language) -> str:
    nearest = _hits("nearest", "near", answer.nearest, turn, language)
    return f'<div class="refusal"><h3>{text(language, "refused")}</h3>{nearest}</div>'


def _answered(answer: Answer, turn: int, language: Language) -> str:
    cited = {citation.number: citation for citation in answer.citations}
    short, dated = escaped(answer.short, language), escaped(answer.dated, language)
    full = f' <span class="dated">（{dated}）</span>' if dated else ""
    long = " long" * (len(answer.short) > LONG)
    first = f'<p class="short{long}"><bdi>{short}</bdi>{full}</p>' if short else ""
    if answer.statements:
        words, lang = written(answer, turn, language), spoken(answer.text)
    else:
        lines = [line for line in answer.text.split("\n") if line.strip()]
        words = "".join(f"<p>{referenced(line, cited, turn, language)}</p>" for line in lines)
        lang = "zh"
    said = f'<div class="answer" lang="{lang}">{first}{words}</div>'
    said += signed(answer, language) or _sure(answer, language)
    sources = _sources(answer.citations, turn, language)
    return f"{said}{sources}{_used(answer, turn, language)}"


def _sources(citations: Sequence[Citation], turn: int, language: Language) -> str:
    items = "".join(_source(citation, turn, language) for citation in citations)
    return f'<h3>{text(language, "sources")}</h3><ol class="sources">{items}</ol>' if items else ""


def _used(answer: Answer, turn: int, language: Language) -> str:
    """The passages that the model was given to read, folded up."""
    if not (answer.generator and answer.used):
        return ""
    title = text(language, "used", used=answer.used, hits=len(answer.hits))
    read = "".join(
        f"<li>{_entry(hit.article, 'hit', turn, number, language)}</li>"
        for number, hit in enumerate(answer.hits[: answer.used], 1)
    )
    return (
        f'<details class="used" data-fold="used-{turn}"><summary>{title}</summary>'
        f'<ul class="passages">{read}</ul></details>'
    )


def _source(citation: Citation, turn: int, language: Language) -> str:
    head = _entry(citation.article, "cite", turn, citation.number, language)
    quote = _quote(citation, language).replace("\n", "<br>")
    return f'<li>{head}<blockquote lang="zh" dir="auto">{quote}</blockquote></li>'


def _quote(citation: Citation, language: Language) -> str:
    """The quoted words, those that answer by themselves emphasised."""
    words = citation.article.text
    start, end = citation.words or (citation.end, citation.end)
    before, answer, after = (
        escaped(words[a:b], language)
        for a, b in ((citation.start, start), (start, end), (end, citation.end))
    )
    return f"{before}<b>{answer}</b>{after}" if answer else before


def _hits(title: str, kind: Kind, hits: Iterable[Hit], turn: int, language: Language) -> str:
    items = "".join(
        f"<li>{_entry(hit.article, kind, turn, number, language)}"
        f'<p class="excerpt" lang="zh" dir="auto">{_excerpt(hit.text, language)}</p></li>'
        for number, hit in enumerate(hits, 1)
    )
    return f'<h3>{text(language, title)}</h3><ul class="passages">{items}</ul>' if items else ""


def _entry(found: Article, kind: Kind, turn: int, number: int, language: Language) -> str:
    title = escaped(found.title, language) or text(language, "untitled")
    numbered = f'<span class="number">[{number}]</span>' if kind == "cite" else ""
    return (
        f'<button type="button" class="entry" {target(kind, turn, number)}>{numbered}'
        f'<bdi class="title" lang="zh">{title}</bdi>'
        f'<span class="origin">{origin(found, language)}</span></button>'
    )


def _excerpt(words: str, language: Language) -> str:
    flat = words.replace("\n", " ")
    return escaped(flat[:EXCERPT], language) + ("……" if len(flat) > EXCERPT else "")


# The article


def _marks(
    citations: Sequence[Citation], found: Article, selection: Selection, start: int, end: int
) -> Iterator[Mark]:
    if selection.kind != "cite":
        yield Mark(start, end, "near")
        return
    yield Mark(start, end, "quote", selection.number)
    for citation in citations:
        if citation.number == selection.number:
            if citation.words:
                yield Mark(*citation.words, "words")
        elif citation.article.id == found.id:
            yield Mark(citation.start, citation.end, "other", citation.number)


def _strip(exchange: Exchange, selection: Selection, language: Language, *, raw: bool) -> str:
    label = text(language, f"shown_{selection.kind}", number=selection.number)
    cited = exchange.citations if selection.kind == "cite" else ()
    tabs = "".join(_tab(c, selection, language) for c in cited)
    around = _beside(selection, len(cited), language)
    nav = f'<nav aria-label="{text(language, "all_sources")}">{around[0]}{tabs}{around[1]}</nav>'
    copies = _copies(cited[selection.number - 1], language) if cited else ""
    tools = copies + _about(language, raw=raw)
    return (
        f'<div class="strip">{_back(language)}<span class="shown">{label}</span>{tools}'
        f"{nav if len(cited) > 1 else ''}</div>"
    )


def _back(language: Language) -> str:
    return f'<button type="button" class="back" data-close>{text(language, "back")}</button>'


def _about(language: Language, *, raw: bool) -> str:
    """Buttons that keep to the article, and that show the page's own text beside it."""
    only, page = text(language, "this_article"), text(language, "page_text")
    pressed = "true" if raw else "false"
    return (
        f'<button type="button" class="tool" data-only="1">{only}</button>'
        f'<button type="button" class="tool" data-raw="1" aria-pressed="{pressed}">{page}</button>'
    )


def _copies(citation: Citation, language: Language) -> str:
    """Buttons that copy the quote with its reference, and the link."""
    link = f"?article={citation.article.id}&at={citation.start}-{citation.end}"
    copies = (("copy", quotation(citation, language)), ("link", link))
    return "".join(
        f'<button type="button" class="tool" data-{name}="{attribute(words)}"'
        f' data-done="{text(language, "copied")}">{text(language, name)}</button>'
        for name, words in copies
    )


def _beside(selection: Selection, count: int, language: Language) -> tuple[str, str]:
    """Buttons for the citation before and after."""

    def button(number: int, name: str, sign: str) -> str:
        if not 1 <= number <= count:
            return ""
        to = target("cite", selection.turn, number)
        label = text(language, name)
        return f'<button type="button" class="ref" {to} aria-label="{label}">{sign}</button>'

    return (
        button(selection.number - 1, "previous", "‹"),
        button(selection.number + 1, "next", "›"),
    )


def _tab(citation: Citation, selection: Selection, language: Language) -> str:
    button = ref(citation, selection.turn, language)
    if citation.number != selection.number:
        return button
    return button.replace('class="ref"', 'class="ref" aria-current="true"')


def _folio(found: Article, language: Language) -> str:
    file = text(language, "file")
    name = f"<bdi>{escaped(file_name(found.path), language)}</bdi>" if found.path else ""
    parts = [p for p in (origin(found, language), f"{file} {name}" if name else "") if p]
    return '<p class="folio">' + "".join(f"<span>{part}</span>" for part in parts) + "</p>"


def _headline(found: Article, language: Language) -> str:
    title = escaped(found.title, language) or text(language, "untitled")
    lines = [f'<h2 class="headline" lang="zh" tabindex="-1"><bdi>{title}</bdi></h2>']
    if found.subtitle:
        subtitle = escaped(found.subtitle, language)
        lines.append(f'<p class="subtitle" lang="zh"><bdi>{subtitle}</bdi></p>')
    if found.title_derived:
        lines.append(f'<p class="note">{text(language, "derived")}</p>')
    signed = [escaped(name, language) for name in (found.author, found.byline) if name]
    if signed:
        lines.append(f'<p class="byline" lang="zh"><bdi>{"</bdi> <bdi>".join(signed)}</bdi></p>')
    return "".join(lines)


def _paragraphs(words: str, marks: Sequence[Mark], language: Language) -> Iterator[str]:
    start = 0
    for paragraph in words.split("\n"):
        end = start + len(paragraph)
        if paragraph.strip():
            subhead = len(paragraph) <= SUBHEAD and paragraph[-1] not in _NO_SUBHEAD_END
            opening = '<p class="subhead" dir="auto">' if subhead else '<p dir="auto">'
            yield f"{opening}{_marked(words, start, end, marks, language)}</p>"
        start = end + 1


def _marked(words: str, start: int, end: int, marks: Sequence[Mark], language: Language) -> str:
    inside = [mark for mark in marks if mark.start < end and mark.end > start]
    edges = {min(max(edge, start), end) for mark in inside for edge in (mark.start, mark.end)}
    cuts = sorted({start, end} | edges)
    return "".join(_piece(words, a, b, inside, language) for a, b in pairwise(cuts))


def _piece(words: str, start: int, end: int, marks: Sequence[Mark], language: Language) -> str:
    inner = escaped(words[start:end], language)
    over = [m for m in marks if m.start <= start and end <= m.end]
    if any(mark.kind == "words" for mark in over):
        inner = f"<b>{inner}</b>"
    mark = next((m for m in over if m.kind != "words"), None)
    if mark is None:
        return inner
    number = f' data-number="{mark.number}"' if mark.number and end == mark.end else ""
    return f'<mark class="{mark.kind}"{number}>{inner}</mark>'


# The archive


def _facts(counts: Counts, language: Language) -> str:
    facts = [
        ("articles", text(language, "articles_count", count=counts.articles)),
        ("files", text(language, "files_count", count=counts.files)),
    ]
    if counts.first and counts.last:
        first, last = day(counts.first, language), day(counts.last, language)
        facts.append(("period", text(language, "period_days", first=first, last=last)))
    items = "".join(
        f"<div><dt>{text(language, label)}</dt><dd>{value}</dd></div>" for label, value in facts
    )
    return f'<dl class="facts">{items}</dl>'
