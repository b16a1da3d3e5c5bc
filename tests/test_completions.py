"""Dialogues and answers in OpenAI's form: what is said, and where the citations stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag import Answer, Article, Citation, Draft, Statement
from ui.completions import (
    MODEL,
    Chunks,
    address_of,
    annotated,
    completion,
    dialogue,
    inert,
    written,
)
from ui.schema import ChatMessage, Completion

BRIDGE = Article(title="大桥合龙", text="主跨628米。投资31.4亿元。")
TEA = Article(title="茶山", text="茶叶[1]丰收。", url="https://paper.test/tea")
FIRST = Citation(number=1, article=BRIDGE, start=0, end=7)
SECOND = Citation(number=2, article=BRIDGE, start=7, end=16)
PAGE = "http://127.0.0.1:7860/"


def address(citation):
    return address_of(citation, PAGE)


def answer(text, citations=(), **given):
    return Answer(question="主跨多长？", status="answered", text=text, citations=citations, **given)


def generated(text, *parts, citations=(FIRST, SECOND)):
    """A text by a language model whose sentences are these, each with what is wrong with it."""
    statements, start = [], 0
    for sentence, problem in parts:
        start = text.index(sentence, start)
        statements.append(Statement(start=start, end=start + len(sentence), problem=problem))
        start += len(sentence)
    return {"text": text, "citations": citations, "statements": tuple(statements)}


def said(messages):
    return dialogue([ChatMessage.model_validate(m) for m in messages])


def test_the_last_message_asks_and_those_before_are_the_turns():
    question, turns = said(
        [
            {"role": "system", "content": "你是诗人。"},
            {"role": "user", "content": "大桥多长？"},
            {"role": "assistant", "content": "628米。[1]"},
            {"role": "user", "content": "谁说的？"},
            {"role": "user", "content": [{"type": "text", "text": "投资"}, {"type": "image_url"}]},
        ]
    )
    assert question == "投资"
    assert [t.question for t in turns] == ["大桥多长？", "谁说的？"]
    assert turns[0].answer.text == "628米。[1]"
    assert turns[1].answer is None


def test_a_dialogue_that_ends_otherwise_asks_nothing():
    assert said([{"role": "system", "content": "问"}])[0] is None
    asked = {"role": "user", "content": "问"}
    assert said([asked, {"role": "assistant", "content": "答"}])[0] is None


def test_messages_that_were_no_questions_are_left_out_of_the_turns():
    long, blank, asked = ({"role": "user", "content": c} for c in ("长" * 1001, " ", "问"))
    greeting = {"role": "assistant", "content": "你好"}
    assert said([greeting, long, blank, asked]) == ("问", [])


def test_citations_come_back_with_the_message_that_had_them():
    made = completion(answer("主跨628米。[1]", (FIRST,)), "k", 0, address)
    foreign = {"type": "url_citation", "url_citation": {"url": "https://x.test"}}
    message = made["choices"][0]["message"]
    message["annotations"].append(foreign)
    _, turns = said(
        [{"role": "user", "content": "问"}, message, {"role": "user", "content": "又问"}]
    )
    (cited,) = turns[0].answer.citations
    assert (cited.article_id, cited.start, cited.end) == (BRIDGE.id, 0, 7)


def test_a_completion_is_of_the_form_described():
    made = completion(answer("主跨628米。[1]", (FIRST,), short="628米"), "chatcmpl-1", 7, address)
    Completion.model_validate(made)
    message = made["choices"][0]["message"]
    assert message["content"] == "628米\n\n主跨628米。[1]"
    (annotation,) = message["annotations"]
    cited = annotation["url_citation"]
    assert message["content"][cited["start_index"] : cited["end_index"]] == "[1]"
    assert cited["quote"] == BRIDGE.text[cited["start"] : cited["end"]] == "主跨628米。"
    assert cited["url"] == f"{PAGE}?article={BRIDGE.id}&at=0-7"
    assert (made["model"], made["created"], made["wenbao"]["short"]) == (MODEL, 7, "628米")


def test_an_article_with_an_address_of_its_own_is_linked_there():
    assert address(Citation(number=1, article=TEA, start=0, end=2)) == "https://paper.test/tea"
    for url in ("javascript:alert(1)", "file:///etc/hostname", "https://", "http://[x", "paper"):
        odd = Article(title="题", text="正文。", url=url)
        assert address(Citation(number=1, article=odd, start=0, end=2)).startswith(
            f"{PAGE}?article"
        )


def test_a_number_that_the_paper_printed_is_no_citation():
    cited = Citation(number=1, article=TEA, start=0, end=8)
    made = written(answer("茶叶[1]丰收。[1]", (cited,)), "zh")
    assert [(start, end) for start, end, _ in made.places] == [(8, 11)]


def test_an_unsupported_sentence_says_so_and_citations_stay_in_place():
    text = "主跨628米。[1] 由鲸鱼建成。[9] 投资31.4亿元。[2]"
    parts = [
        ("主跨628米。[1] ", None),
        ("由鲸鱼建成。[9] ", "invented"),
        ("投资31.4亿元。[2]", None),
    ]
    made = written(answer(**generated(text, *parts)), "zh")
    assert made.content == "主跨628米。[1] 由鲸鱼建成。[9]（未获原文证实） 投资31.4亿元。[2]"
    assert [made.content[start:end] for start, end, _ in made.places] == ["[1]", "[2]"]
    assert [cited.number for _, _, cited in made.places] == [1, 2]


def test_nothing_in_a_message_is_markup():
    hostile = r"![x](http://e.test/i.png) [好](http://e.test) <img src=x> \<b> [1]: http://e.test"
    assert inert(hostile) == (
        r"\![x]\(http://e.test/i.png) [好]\(http://e.test) \<img src=x> \\\<b> [1]\: http://e.test"
    )
    made = written(answer(f"{hostile}\n主跨628米。[1]", (FIRST,)), "zh")
    assert [made.content[start:end] for start, end, _ in made.places] == ["[1]", "[1]"]


@given(st.text(st.sampled_from('[](!<>\\:1a 好\n/?&;#x"=`')))
def test_no_image_html_or_named_link_comes_of_any_words(words):
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(inert(words))
    inner = [t for token in tokens for t in (token, *(token.children or ()))]
    assert not {"image", "link_open", "html_inline", "html_block"} & {t.type for t in inner}


def test_why_the_model_did_not_answer_is_said_in_the_language_of_the_question():
    made = answer("主跨628米。[1]", (FIRST,), short="628米", fallback=("没有应答。", "No sign."))
    content = completion(made, "k", 0, address)["choices"][0]["message"]["content"]
    assert content == "没有应答。\n\n628米\n\n主跨628米。[1]"
    assert written(made, "en").content.startswith("No sign.\n\n628米")


# --- streams -------------------------------------------------------------------------------------


def words_of(chunks):
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


def test_checked_sentences_are_sent_as_they_come_and_nothing_twice():
    chunks = Chunks("主跨多长？", "k", 0, address)
    one, two = ("主跨628米。[1]", None), ("由鲸鱼建成。", "uncited")
    first = generated(one[0], one)
    both = generated(one[0] + two[0], one, two)
    assert words_of([chunks.begin()]) == ""
    assert chunks.draft(Draft(pending="主跨6")) == []
    assert words_of(chunks.draft(Draft(**first, pending="由鲸"))) == "主跨628米。[1]"
    assert words_of(chunks.draft(Draft(**both))) == "由鲸鱼建成。（未获原文证实）"
    annotations, last = chunks.end(answer(**both))
    (cited,) = annotations["choices"][0]["delta"]["annotations"]
    assert (cited["url_citation"]["start_index"], cited["url_citation"]["end_index"]) == (7, 10)
    assert last["choices"][0] == {
        "index": 0,
        "delta": {},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert last["wenbao"]["statements"][1]["supported"] is False


def test_an_answer_that_is_another_one_follows_whole():
    chunks = Chunks("主跨多长？", "k", 0, address)
    wrong = ("由鲸鱼建成。", "uncited")
    sent = words_of(chunks.draft(Draft(**generated(wrong[0], wrong))))
    rest = chunks.end(answer("主跨628米。[1]", (FIRST,)))
    whole = sent + words_of(rest)
    assert whole == (
        "由鲸鱼建成。（未获原文证实）\n\n以上文字作废，以下面的回答为准：\n\n主跨628米。[1]"
    )
    (cited,) = rest[-2]["choices"][0]["delta"]["annotations"]
    start, end = (cited["url_citation"][f"{name}_index"] for name in ("start", "end"))
    assert whole[start:end] == "[1]"


def test_a_refusal_has_no_annotations():
    refused = Answer(question="who?", status="refused", text="The archive holds nothing.")
    chunks = Chunks("who?", "k", 0, address).end(refused)
    assert words_of(chunks) == "The archive holds nothing."
    assert len(chunks) == 2
    assert annotated(written(refused, "en"), address) == []
