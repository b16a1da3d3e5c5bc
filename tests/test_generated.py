"""Generated answers on the page: what is checked, what is not, and that no text acts."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_render import NASTY, Parsed, answered, article, hit

from rag import Answer, Citation
from rag.plain import model_name
from rag.types import Draft, Statement
from ui import render
from ui.export import as_json, html_page, markdown
from ui.findings import reason, tally
from ui.generated import written
from ui.history import from_json, to_json
from ui.session import Exchange

FOUND = article("大桥主跨628米。大桥九月通车。")
CITED = tuple(
    Citation(number=n, article=FOUND, start=start, end=end)
    for n, (start, end) in enumerate([(0, 9), (9, 16)], 1)
)
TEXT = "主跨628米。[1]造价31亿元。[2]九月通车。[2]"
STATEMENTS = (
    Statement(start=0, end=10, numbers=(1,)),
    Statement(start=10, end=20, problem="details", missing=("31亿元",), invented=(9,)),
    Statement(start=20, end=28, numbers=(2,), invented=(7, 9)),
)


def generated(text=TEXT, statements=STATEMENTS, **fields) -> Exchange:
    fields = {"generator": "openai:qwen3@http://10.0.0.7/v1", "hits": (hit(FOUND),) * 3} | fields
    return answered(text, *CITED, statements=statements, used=2, **fields)


def shown(exchange: Exchange, language="zh") -> Parsed:
    return Parsed(render.conversation([exchange], [], language))


def classes(parsed: Parsed, name: str) -> list[dict[str, str | None]]:
    return [attrs for _, attrs in parsed.tags if attrs.get("class") == name]


def test_the_statements_of_the_example_are_its_sentences():
    parts = [TEXT[s.start : s.end] for s in STATEMENTS]
    assert parts == ["主跨628米。[1]", "造价31亿元。[2]", "九月通车。[2]"]


def test_a_sentence_that_is_not_supported_says_so_and_why():
    parsed = shown(generated())
    (flag,) = classes(parsed, "doubt")
    assert flag["aria-label"] == "未核实：所注的段落里没有“31亿元”"
    assert flag["data-why"] == "所注的段落里没有“31亿元”"
    assert len(classes(parsed, "doubted")) == 2  # the last character stays with the label
    assert "造价31亿元。[2]未核实" in parsed.text
    english = classes(shown(generated(), "en"), "doubt")[0]
    assert english["aria-label"] == "not verified: the passages it names do not hold “31亿元”"


def test_a_number_is_a_button_only_where_it_supports_its_sentence():
    numbers = [b["data-number"] for b in classes(shown(generated()), "ref")]
    assert numbers == ["1", "2"]


@pytest.mark.parametrize(
    ("statement", "zh", "en"),
    [
        (Statement(start=0, end=1, numbers=(1,)), "", ""),
        (Statement(start=0, end=1, problem="uncited"), "没有注明出处", "names no source"),
        (Statement(start=0, end=1, problem="invented", invented=(9, 12)), "[9]、[12]", "[9], [12]"),
        (
            Statement(start=0, end=1, problem="details", missing=("3", "周")),
            "“3”、“周”",
            "“3”, “周”",
        ),
        (Statement(start=0, end=1, problem="details"), "没有这样说", "do not say so"),
        (Statement(start=0, end=1, problem="meaning"), "没有这样说", "do not say so"),
    ],
)
def test_every_problem_has_its_words(statement, zh, en):
    assert zh in reason(statement, "zh")
    assert en in reason(statement, "en")
    assert bool(reason(statement, "zh")) == bool(statement.problem)


def test_who_wrote_it_and_what_the_check_found():
    text = shown(generated()).text
    assert "由 qwen3 撰写，逐句核对原文。共 3 句，其中 1 句未核实，已标出。" in text
    assert "模型写了 3 个不存在的编号：[9]、[7]。" in text
    assert "10.0.0.7" not in render.conversation([generated()], [], "zh")
    assert tally(STATEMENTS[:1], "zh") == "共 1 句，都有出处。"
    assert "Numbers that it made up: 3 ([9], [7])." in tally(STATEMENTS, "en")
    assert "估计答对" not in text
    announced = Parsed(render.status([generated()], "zh")).text
    assert "造价31亿元。[2]（未核实：所注的段落里没有“31亿元”）" in announced


@pytest.mark.parametrize(
    ("generator", "name"),
    [
        ("openai:qwen3@http://10.0.0.7:8000/v1", "qwen3"),
        ("openai:org/m@2@https://host/v1", "org/m@2"),
        ("Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-4B-Instruct-2507"),
        ("/home/someone/models/small.gguf", "small.gguf"),
        (r"C:\\models\\small.gguf", "small.gguf"),
    ],
)
def test_a_model_is_named_without_where_it_is(generator, name):
    assert model_name(generator) == name


def test_the_passages_that_the_model_read_can_be_opened():
    exchange = generated()
    parsed = shown(exchange)
    assert "给模型读的：检索到的 3 段中的前 2 段" in parsed.text
    assert [b["data-number"] for b in parsed.all("button") if b.get("data-kind") == "hit"] == [
        "1",
        "2",
    ]
    assert exchange.place("hit", 2) == (FOUND, (0, 4))


def test_a_draft_shows_what_is_checked_and_mutes_what_is_not():
    draft = Draft(text=TEXT, statements=STATEMENTS, citations=CITED, pending="\n桥上<b>")
    exchange = Exchange(question="问", stage="writing", draft=draft, hits=(hit(FOUND),))
    parsed = shown(exchange)
    assert len(classes(parsed, "pending")) == 1
    assert parsed.text.index("九月通车。[2]") < parsed.text.index("还没有核对：桥上<b>")
    assert [b["data-number"] for b in classes(parsed, "ref")] == ["1", "2"]
    assert not classes(parsed, "passages")
    assert exchange.place("cite", 2) == (FOUND, (9, 16))
    assert "模型正在写" in Parsed(render.status([exchange], "zh")).text
    assert "桥上" not in Parsed(render.status([exchange], "zh")).text


def test_a_stopped_draft_stays_without_what_was_not_checked():
    draft = Draft(text=TEXT, statements=STATEMENTS, citations=CITED, pending="桥上")
    parsed = shown(Exchange(question="问", stage="writing", draft=draft).stopped())
    assert "已停止。下面是停下以前核对过的句子。" in parsed.text
    assert "桥上" not in parsed.text
    assert not classes(parsed, "pending")
    assert len(classes(parsed, "doubt")) == 1
    nothing = Exchange(question="问", stage="writing", draft=Draft(pending="桥")).stopped()
    assert nothing.draft is None


def test_an_answer_that_is_not_the_models_says_why():
    exchange = answered("大桥主跨628米。[1]", CITED[0], fallback=("坏<b>了", "broken<b>"))
    assert "坏<b>了" in shown(exchange).text
    assert "broken<b>" in shown(exchange, "en").text
    refused = Answer(question="问", status="refused", text="没有。", fallback=("甲", "A"))
    assert "甲" in shown(Exchange(question="问", answer=refused)).text


def test_no_text_of_a_model_can_bring_a_tag():
    statements = (Statement(start=0, end=len(NASTY), problem="details", missing=(NASTY,)),)
    draft = Draft(text=NASTY, statements=statements, pending=NASTY)
    exchanges = [
        generated(NASTY, statements, generator=NASTY, fallback=(NASTY, NASTY), standalone=NASTY),
        Exchange(question=NASTY, standalone=NASTY, stage="writing", draft=draft),
        Exchange(question=NASTY, standalone=NASTY, stage="stopped", draft=draft),
    ]
    for language in ("zh", "en"):
        parsed = Parsed(render.conversation(exchanges, [], language, "k", (NASTY,)))
        assert {"script", "img", "a", "style"}.isdisjoint(tag for tag, _ in parsed.tags)
        assert not any(name.startswith("on") for _, attrs in parsed.tags for name in attrs)


@st.composite
def texts(draw):
    words = draw(st.text("一二3。\n<[1]", max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(words)), max_size=6)))
    spans = [(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b]
    problems = draw(st.lists(st.sampled_from([None, "meaning"]), min_size=3, max_size=3))
    made = [
        Statement(start=a, end=b, numbers=() if problem else (1,), problem=problem)
        for (a, b), problem in zip(spans, problems, strict=False)
    ]
    return words, tuple(made)


@given(texts())
def test_every_character_is_shown_and_what_no_passage_supports_is_marked(given_text):
    words, statements = given_text
    parsed = Parsed(written(Draft(text=words, statements=statements, citations=CITED), 0, "zh"))
    lines = [line for line in words.split("\n") if line.strip()]
    flags = len(classes(parsed, "doubt"))
    assert parsed.text.replace("未核实", "") == "".join(lines)
    spoken = [s for s in statements if words[s.start : s.end].strip()]
    assert flags >= sum(1 for s in spoken if s.problem)
    if not statements and re.search(r"\w", words):
        assert flags > 0


def test_suggestions_stand_under_the_last_answer():
    exchanges = [generated(), generated()]
    parsed = Parsed(render.conversation(exchanges, [], "zh", "", ["还有<b>？", "何时？"]))
    assert [b["data-suggest"] for b in parsed.all("button") if "data-suggest" in b] == ["0", "1"]
    assert "可以接着问还有<b>？何时？" in parsed.text


# Taken away and kept


@pytest.mark.parametrize("write", [markdown, html_page])
def test_an_export_marks_what_the_page_marks(write):
    draft = Draft(text="停前。[1]", citations=CITED[:1], pending="未完")
    stopped = Exchange(question="又问", stage="writing", draft=draft).stopped()
    exchange = replace(generated(), standalone="大桥怎样？")
    page = write([exchange, stopped], "zh").replace("\\", "")
    assert "理解为：大桥怎样？" in page
    assert "造价31亿元。[2]（未核实：所注的段落里没有“31亿元”）九月通车。[2]" in page
    assert "由 qwen3 撰写" in page
    assert "停前。[1]" in page
    assert "未完" not in page


def test_json_says_who_wrote_it_and_what_the_check_found():
    fallback = answered("大桥。[1]", CITED[0], fallback=("坏", "bad"))
    record = as_json([generated(), fallback])
    assert '"generator": "qwen3"' in record
    assert '"missing": [\n          "31亿元"\n        ]' in record
    assert '"zh": "坏"' in record


def test_a_reopened_conversation_looks_the_same():
    draft = Draft(text=TEXT, statements=STATEMENTS, citations=CITED)
    exchanges = (
        replace(generated(fallback=("坏", "bad")), standalone="大桥怎样？"),
        Exchange(question="又问", stage="stopped", draft=draft),
    )
    again = from_json(to_json(exchanges))
    assert again == exchanges
    assert render.conversation(again, [], "zh") == render.conversation(exchanges, [], "zh")


def test_a_record_from_before_there_were_models_opens():
    old = (
        '{"articles": [{"title": "题", "text": "一。"}], "exchanges": [{"question": "问",'
        ' "stage": "answered", "answer": {"question": "问", "status": "answered",'
        ' "text": "一。[1]", "citations": [{"number": 1, "article": 0, "start": 0, "end": 2}]}}]}'
    )
    (exchange,) = from_json(old)
    assert exchange.answer.citations[0].quote == "一。"
    assert (exchange.answer.generator, exchange.draft, exchange.standalone) == ("", None, "")
