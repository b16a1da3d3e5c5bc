"""The page in a real browser, on a real server, before a chatbot that computes by overlap."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import write_jsonl
from page import Running, Watched

from eval import waiting
from rag import (
    Answer,
    Article,
    Chatbot,
    Citation,
    Counts,
    Filters,
    Hit,
    Passage,
    Settings,
    Turn,
    UnknownArticle,
    WenbaoError,
)
from ui import render
from ui.history import History

pytestmark = pytest.mark.browser

BRIDGE = Article(
    title="青禾大桥合龙",
    subtitle="主跨628米 计划今年九月通车",
    text=(
        "本报讯（记者 林知远）3月27日上午10时18分，青禾大桥最后一段钢箱梁吊装到位，大桥全线合龙。\n"
        "怎样造的\n"
        "青禾大桥全长2.86公里，主跨628米，是岚江上跨度最大的桥。大桥2021年6月开工，总投资31.4亿元。\n"
        "项目总工程师韩立言说，合龙前，两侧主梁的高差只有4毫米。“江面风大，我们等了三个晚上。”\n"
        "什么时候通车\n"
        "据市交通运输局介绍，桥面铺装将在5月底完成，大桥计划今年9月通车。通车后，从江北到高铁站的车程"
        "由40分钟缩短到12分钟。\n"
        "大桥建成后，1987年建成的鹤汀大桥将只供非机动车和行人通行，并修缮为步行观景桥。"
    ),
    author="林知远 苏禾",
    date=date(2024, 3, 28),
    source="青岚日报",
    page=1,
    path="/home/someone/papers/2024-03-28-01.txt",
    raw_start=4,
    raw_end=230,
)
TEA = Article(
    title="头两个月茶叶出口增长两成",
    text=(
        "本报讯 青岚海关3月26日发布消息，今年前两个月，全市出口茶叶1.1亿元，同比增长21.4%。\n"
        "其中绿茶占七成，主要销往摩洛哥、乌兹别克斯坦和加纳。海关为茶企开通了随报随检的窗口，"
        "平均每票省下两天。\n"
        "茶企负责人方若溪说，青禾大桥通车以后，到港口的路程还能再缩短。"
    ),
    byline="（记者 方若溪）",
    date=date(2024, 3, 28),
    source="青岚日报",
    page=3,
    path="2024-03-28-03.txt",
)
EVIL_WORDS = (
    '<script>window.hit=1;alert("x")</script><img src="http://evil.test/i.png" onerror="alert(1)">'
    "[link](javascript:alert(2)) ![pic](http://evil.test/p.png) $$\\frac{1}{2}$$ {{value}} "
    "{{#each value}}${alert(3)} `${value}`\u202egnirts\u202c\u200b<style>body{display:none}</style>"
)
EVIL = Article(
    title="恶意标题" + EVIL_WORDS,
    subtitle=EVIL_WORDS,
    text="恶意正文第一句。\n" + EVIL_WORDS + "恶意结尾。",
    author=EVIL_WORDS,
    byline=EVIL_WORDS,
    source=EVIL_WORDS,
    path=EVIL_WORDS,
    date=date(2024, 3, 1),
)


class OverlapArchive:
    """Articles in memory."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.kept = articles
        self.path = Path("no-such-archive")

    def counts(self) -> Counts:
        days = sorted(a.date for a in self.kept if a.date)
        size = len(self.kept)
        return Counts(files=size, articles=size, passages=size, first=days[0], last=days[-1])

    def sources(self) -> list[str]:
        return sorted({a.source for a in self.kept if a.source})

    def article(self, key: str) -> Article:
        for article in self.kept:
            if article.id == key:
                return article
        raise UnknownArticle("没有", "none")

    def raw_text(self, path: str) -> str:
        found = next((a for a in self.kept if a.path == path), None)
        if found is None:
            raise UnknownArticle("没有这个文件", "no such file")
        return f"第一版\n{found.text}\n另一篇的开头"

    def articles(self, filters: Filters) -> Iterator[Article]:
        since = filters.since or date.min
        return (a for a in self.kept if (a.date or date.min) >= since)


class OverlapChatbot:
    """Answers with the sentences that share most character pairs with the question.

    Waits for ``gate`` between retrieval and reading, so that a test can look in between.
    """

    def __init__(self, articles: Sequence[Article]) -> None:
        self.archive = OverlapArchive(articles)
        self.settings = Settings(suggestions=0)
        self.gate = threading.Event()
        self.gate.set()
        self.turns: list[int] = []

    def stream(
        self,
        question: str,
        *,
        turns: Sequence[Turn] = (),
        filters: Filters | None = None,
        standalone: str = "",
    ) -> Iterator[tuple[Hit, ...] | Answer]:
        self.turns.append(len(turns))
        self.filters = filters
        if "坏档案" in question:
            raise WenbaoError("档案 <b>坏了</b>。", "The archive is <b>broken</b>.")
        if "意外" in question:
            raise ZeroDivisionError("secret detail")
        hits = tuple(sorted(self._hits(question), key=lambda hit: -hit.score))
        yield hits
        self.gate.wait(60)
        citations = tuple(
            Citation(number=n, article=hit.article, start=start, end=end)
            for n, (hit, start, end) in enumerate(self._best(question, hits), 1)
        )
        text = "".join(f"{c.quote}[{c.number}]" for c in citations)
        yield Answer(
            question=question,
            status="answered" if citations else "refused",
            text=text or "没有。",
            citations=citations,
            nearest=() if citations else hits[:3],
            hits=hits,
        )

    def _hits(self, question: str) -> Iterator[Hit]:
        for article in self.archive.kept:
            score = overlap(question, article.title + article.text)
            passage = Passage(article_id=article.id, start=0, end=len(article.text))
            yield Hit(article=article, passage=passage, score=score)

    def _best(self, question: str, hits: Sequence[Hit]) -> list[tuple[Hit, int, int]]:
        found = [
            (overlap(question, match[0]), hit, match.start(), match.end())
            for hit in hits
            for match in re.finditer(r"[^。\n]+。”?", hit.article.text)
        ]
        good = sorted((f for f in found if f[0] >= 0.2), key=lambda f: -f[0])[:3]
        return [(hit, start, end) for _, hit, start, end in good]


def overlap(question: str, text: str) -> float:
    """The share of the question's character pairs that the text holds."""
    pairs = {a + b for a, b in pairwise(re.sub(r"\W", "", question))}
    return sum(pair in text for pair in pairs) / max(len(pairs), 1)


@pytest.fixture(scope="module")
def chatbot():
    return OverlapChatbot([BRIDGE, TEA, EVIL])


@pytest.fixture(scope="module")
def url(chatbot, tmp_path_factory):
    history = History(tmp_path_factory.mktemp("history") / "history.db")
    with Running(chatbot, history=history) as running:
        yield running.url
    history.close()


@pytest.fixture
def opened(browser, url, chatbot, request):
    """Opens pages; with WENBAO_SHOTS=FOLDER each test leaves pictures of how it ended."""
    made: list[Watched] = []

    def open_page(**options) -> Watched:
        made.append(Watched(browser, url, **options))
        return made[-1]

    yield open_page
    chatbot.gate.set()
    for number, watched in enumerate(made):
        if folder := os.environ.get("WENBAO_SHOTS"):
            name = re.sub(r"\W+", "-", request.node.name).strip("-")
            watched.page.screenshot(path=Path(folder) / f"{name}-{number}.png")
        watched.context.close()


def test_an_answer_comes_with_its_passages_sources_and_article(opened, chatbot):
    reader = opened()
    page = reader.page
    chatbot.gate.clear()
    reader.ask("青禾大桥主跨有多长")
    page.wait_for_selector(".passages")
    assert "正在阅读 3 段" in page.inner_text(".stage")
    assert page.is_visible("#stop")
    chatbot.gate.set()
    reader.settle()
    assert page.locator(".answer .ref").all_inner_texts() == ["[1]", "[2]", "[3]"]
    assert page.locator(".sources blockquote").first.inner_text() == (
        "青禾大桥全长2.86公里，主跨628米，是岚江上跨度最大的桥。"
    )
    assert page.inner_text("#paper .headline") == "青禾大桥合龙"
    assert page.inner_text("mark.quote").startswith("青禾大桥全长2.86公里")
    assert page.locator("mark.other").count() == 1
    assert "主跨628米" in page.text_content("#status [role=status][aria-live=polite]")
    page.click(".answer .ref >> nth=2")
    page.wait_for_selector("text=头两个月茶叶出口增长两成 >> visible=true")
    page.wait_for_function("document.querySelector('mark.quote').innerText.startsWith('茶企')")
    assert reader.complaints == []


def test_the_keyboard_alone_is_enough(opened):
    reader = opened()
    page = reader.page
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    page.press("#question textarea", "3")
    assert page.input_value("#question textarea") == "3"
    assert "2.86" in page.inner_text("mark.quote")
    page.focus(".answer .ref")
    page.keyboard.press("3")
    page.wait_for_function("document.querySelector('mark.quote').innerText.startsWith('茶企')")
    page.keyboard.press("Tab")
    focused = "document.activeElement"
    assert page.evaluate(f"{focused}.innerText") == "[2]"
    assert page.evaluate(f"getComputedStyle({focused}).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('mark.quote').innerText.startsWith('本报讯')")


def test_enter_sends_but_not_with_shift_nor_inside_an_input_method(opened):
    page = opened().page
    page.fill("#question textarea", "第一行")
    page.press("#question textarea", "Shift+Enter")
    page.keyboard.type("第二行")
    assert page.input_value("#question textarea") == "第一行\n第二行"
    composing = {"key": "Enter", "bubbles": True, "cancelable": True, "isComposing": True}
    for event in ("keydown", "keypress"):
        page.dispatch_event("#question textarea", event, composing)
    page.wait_for_timeout(400)
    assert page.locator(".exchange").count() == 0
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".exchange")
    assert page.input_value("#question textarea") == ""


def test_a_refusal_offers_the_nearest_passages(opened):
    reader = opened()
    reader.ask("火星上有没有水呢")
    reader.settle()
    assert "档案中没有找到答案" in reader.page.inner_text(".refusal")
    assert reader.page.locator(".answer, .sources").count() == 0
    reader.page.click(".refusal .entry >> nth=0")
    reader.page.wait_for_selector("#paper mark.near")
    assert "不是答案" in reader.page.inner_text("#paper .strip")


def test_errors_are_shown_in_the_language_of_the_page(opened, caplog):
    reader = opened(locale="en-GB")
    reader.ask("坏档案")
    reader.page.wait_for_selector(".problem")
    assert "The archive is <b>broken</b>." in reader.page.inner_text(".problem")
    reader.settle()
    reader.ask("意外")
    reader.page.wait_for_selector(".problem >> nth=1")
    assert "Something unexpected" in reader.page.inner_text(".problem >> nth=1")
    assert "secret" not in reader.page.content()
    assert "secret detail" in caplog.text
    reader.settle()
    reader.ask("茶叶出口额是多少")
    reader.page.wait_for_selector(".answer")


def test_a_stopped_question_stays_stopped(opened, chatbot):
    reader = opened()
    chatbot.gate.clear()
    reader.ask("青禾大桥主跨有多长")
    reader.page.wait_for_selector(".passages")
    reader.page.click("#stop")
    reader.page.wait_for_selector("text=已停止。")
    reader.ask("茶叶出口额是多少")  # while the stopped one is still being read
    reader.page.wait_for_selector(".exchange:last-child .passages")
    chatbot.gate.set()
    reader.page.wait_for_selector(".answer")
    assert reader.page.locator(".answer").count() == 1
    assert reader.page.locator(".exchange").count() == 2


def test_an_older_writing_of_the_page_that_comes_late_does_not_stay(opened, chatbot, monkeypatch):
    reader = opened()
    chatbot.gate.clear()

    def slow(question, **more):
        for event in stream(question, **more):
            if isinstance(event, Answer) and "茶叶" in question:
                time.sleep(0.5)
            yield event

    def late(exchanges, *more):
        markup = conversation(exchanges, *more)
        if exchanges[-1].stage == "reading":  # the stopped question's last word: no answer yet
            time.sleep(1)
        return markup

    stream, conversation = chatbot.stream, render.conversation
    monkeypatch.setattr(chatbot, "stream", slow)
    reader.ask("青禾大桥主跨有多长")
    reader.page.wait_for_selector(".passages")
    reader.page.click("#stop")
    reader.page.wait_for_selector("text=已停止。")
    reader.ask("茶叶出口额是多少")
    reader.page.wait_for_selector(".exchange:last-child .passages")
    monkeypatch.setattr(render, "conversation", late)
    chatbot.gate.set()
    reader.page.wait_for_selector(".answer")
    reader.settle()
    reader.page.wait_for_timeout(1500)
    assert reader.page.locator(".answer").count() == 1
    assert reader.page.is_hidden("#stop")


def test_a_second_question_waits_its_turn_and_can_be_taken_back(opened, chatbot):
    reader = opened()
    page = reader.page
    chatbot.gate.clear()
    reader.ask("青禾大桥主跨有多长")
    page.wait_for_selector(".passages")
    reader.ask("茶叶出口额是多少")
    reader.ask("撤回的问题")
    page.locator("text=等前一个问题答完").nth(1).wait_for()
    page.click("[data-withdraw='2']")
    page.wait_for_function("document.querySelectorAll('.exchange').length === 2")
    chatbot.gate.set()
    page.wait_for_function("document.querySelectorAll('.answer').length === 2")
    reader.settle()
    assert page.inner_text("#paper .headline") == "头两个月茶叶出口增长两成"


def test_filters_bound_the_question_and_stand_by_its_answer(opened, chatbot):
    reader = opened()
    page = reader.page
    page.fill("[data-filter='since']", "2024-03-02")
    page.wait_for_selector(".chip[data-drop='since']")
    page.select_option("[data-filter='source']", "青岚日报")
    page.wait_for_selector(".chip[data-drop='source']")
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    assert chatbot.filters == Filters(since=date(2024, 3, 2), source="青岚日报")
    within = page.inner_text(".exchange .understood")
    assert within.startswith("限于：")
    assert "2024年3月2日 起" in within
    page.click("#paper [data-only]")
    page.wait_for_selector(".chip[data-drop='articles'] >> text=青禾大桥合龙")
    for name in ("since", "source"):
        page.click(f".chip[data-drop='{name}']")
        page.wait_for_selector(f".chip[data-drop='{name}']", state="detached")
    reader.ask("茶叶出口额是多少")
    reader.settle()
    assert chatbot.filters == Filters(articles=(BRIDGE.id,))
    assert page.locator(".exchange >> nth=0 >> .understood").inner_text() == within


def test_a_quote_is_copied_with_its_reference_and_a_link_opens_it_again(opened, url):
    reader = opened(permissions=["clipboard-read", "clipboard-write"])
    page = reader.page
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    clipboard = "navigator.clipboard.readText()"
    page.click("#paper [data-copy]")
    page.wait_for_selector("#paper >> text=已复制")
    copied = page.evaluate(clipboard)
    assert copied.startswith("“青禾大桥全长2.86公里，主跨628米")
    assert copied.endswith("[N]. 青岚日报, 2024-03-28(1).")
    page.click("#paper [data-link]")
    page.wait_for_function("navigator.clipboard.readText().then(t => t.startsWith('http'))")
    link = page.evaluate(clipboard)
    assert link.startswith(f"{url}?article={BRIDGE.id}&at=")
    other = opened()
    other.page.goto(link)
    other.page.wait_for_selector("mark.quote")
    assert other.page.inner_text("mark.quote").startswith("青禾大桥全长2.86公里")
    other.page.goto(f"{url}?article=a0&at=1-2")
    other.page.wait_for_selector("#paper .intro")


def test_hover_and_focus_show_the_quote(opened):
    reader = opened()
    page = reader.page
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    quote = "getComputedStyle(document.querySelector('.answer .ref'), '::after').content"
    assert "主跨628米" not in page.evaluate(quote)
    page.hover(".answer .ref >> nth=0")
    assert "主跨628米" in page.evaluate(quote)


@pytest.mark.parametrize("width", [390, 1440])
def test_the_quote_of_a_number_stays_inside_the_conversation(opened, width):
    reader = opened(viewport={"width": width, "height": 844})
    page = reader.page
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    edges = """(button) => {
      const { left, width } = getComputedStyle(button, "::after");
      const start = button.parentElement.getBoundingClientRect().left + parseFloat(left);
      return [start, start + parseFloat(width)];
    }"""
    for button in page.locator(".answer .ref").all():
        button.hover()
        left, right = button.evaluate(edges)
        talk = page.locator("#talk").bounding_box()
        assert talk["x"] < left < right < talk["x"] + talk["width"]


def test_the_language_is_the_browsers_and_changes_without_losing_anything(opened):
    reader = opened(locale="en-US")
    page = reader.page
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert page.inner_text("#send") == "Ask"
    assert page.get_by_label("Question").count() == 1
    assert "Dates" in page.inner_text("#paper")
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    page.fill("#question textarea", "还没写完")
    page.click("#switch")
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert (page.inner_text("#send"), page.title()) == ("提问", "问报")
    assert page.locator(".answer .ref").count() == 3
    assert page.input_value("#question textarea") == "还没写完"
    assert page.locator("mark.quote").count() == 1


def test_a_conversation_goes_on_and_starts_anew(opened, chatbot):
    reader = opened()
    page = reader.page
    chatbot.turns.clear()
    page.click("[data-example='0']")
    page.wait_for_selector(".exchange")
    reader.settle()
    assert page.inner_text(".question") == "《青禾大桥合龙》讲了什么？"
    reader.ask("茶叶出口额是多少")
    reader.settle()
    assert chatbot.turns == [0, 1]
    page.click("#new")
    page.wait_for_selector(".welcome")
    page.wait_for_selector("#paper .intro")
    reader.ask("茶叶出口额是多少")
    reader.settle()
    assert chatbot.turns == [0, 1, 0]


def test_two_readers_do_not_mix(opened, chatbot):
    one, other = opened(), opened(locale="en-US")
    chatbot.gate.clear()
    one.ask("青禾大桥主跨有多长")
    other.ask("茶叶出口额是多少")
    for reader in (one, other):
        reader.page.wait_for_selector(".passages")
    chatbot.gate.set()
    for reader, question in ((one, "青禾大桥主跨有多长"), (other, "茶叶出口额是多少")):
        reader.settle()
        assert reader.page.locator(".question").all_inner_texts() == [question]
    assert one.page.inner_text("#paper .headline") == "青禾大桥合龙"
    assert other.page.inner_text("#paper .headline") == "头两个月茶叶出口增长两成"
    assert (one.page.inner_text("#send"), other.page.inner_text("#send")) == ("提问", "Ask")


def test_what_a_document_says_is_shown_and_does_nothing(opened):
    reader = opened()
    page = reader.page
    reader.ask("恶意标题恶意正文第一句 " + EVIL_WORDS)
    reader.settle()
    page.click(".entry >> nth=0")
    page.wait_for_function("document.querySelector('#paper').innerText.includes('恶意标题')")
    shown = EVIL_WORDS.replace("\u202e", "·").replace("\u202c", "·").replace("\u200b", "·")
    for place in (".question", "#paper .headline", "#paper .body", "#talk .sources"):
        assert shown in page.text_content(place), place
    assert page.evaluate("window.hit") is None
    assert page.locator("#talk :is(script, img, a, style), #paper :is(script, img, a)").count() == 0
    assert reader.dialogs == []
    assert reader.complaints == []
    assert {u.split("/")[2] for u in reader.requests} == {page.url.split("/")[2]}


def test_no_request_leaves_the_machine_and_the_policy_would_stop_it(opened, url):
    reader = opened()
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    assert all(request.startswith(url) for request in reader.requests), reader.requests
    assert reader.complaints == []
    blocked = "fetch('http://127.0.0.2:9/').then(() => 'sent', () => 'blocked')"
    assert reader.page.evaluate(blocked) == "blocked"
    assert any("Content Security Policy" in complaint for complaint in reader.complaints)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_the_page_fits_its_window(opened, width, height, scheme):
    reader = opened(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = reader.page

    def looks(name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if folder := os.environ.get("WENBAO_SHOTS"):
            page.wait_for_timeout(300)
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png")

    looks("empty")
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    looks("answer")
    assert page.locator("#composer").bounding_box()["y"] < height
    page.click(".answer .ref >> nth=0")
    page.wait_for_selector("mark.quote >> visible=true")
    looks("article")
    page.wait_for_function("document.querySelector('mark.quote').getBoundingClientRect().top > 0")
    assert page.locator("mark.quote").bounding_box()["y"] < height
    if width < 760:
        assert page.evaluate("document.activeElement.className") == "back"
        page.keyboard.press("Escape")
        assert not page.is_visible("#paper .headline")
        assert page.evaluate("document.activeElement.className") == "ref"


def test_a_long_article_is_scrolled_to_its_quote(browser):
    filler = "这一段与问题毫不相干，只是把版面填满。\n" * 80
    text = filler + "潮音寺的古钟重三千斤。\n" + filler
    page_bot = OverlapChatbot([Article(title="长文", text=text, date=date(2024, 1, 1))])
    with Running(page_bot, language="en", examples=["给定的问题"]) as running:
        reader = Watched(browser, running.url)
        reader.page.wait_for_selector("text=给定的问题")
        assert reader.page.inner_text("#send") == "Ask"
        reader.ask("潮音寺的古钟重几斤")
        reader.settle()
        reader.page.wait_for_function(
            "document.querySelector('mark.quote').getBoundingClientRect().top < innerHeight / 2"
        )
        assert reader.page.locator("mark.quote").bounding_box()["y"] > 100
        reader.context.close()


def test_a_question_set_is_run_read_and_compared_in_the_page(browser, archive, reader, tmp_path):
    records = [
        {
            "id": "1",
            "question": "停水检修影响多少户居民？",
            "answers": [["2.1万户"]],
            "gold": [["stories#2"]],
            "tags": ["<b>fact"],
        },
        {"id": "2", "question": "珠峰有多高？", "answerable": False},
    ]
    write_jsonl(tmp_path / "three.jsonl", records)
    bot = Chatbot(archive, Settings(min_confidence=0.0), reader=reader)
    with Running(bot, questions=[tmp_path / "three.jsonl"]) as running:
        watched = Watched(browser, running.url)
        page = watched.page
        page.click("role=tab[name='评测']")
        page.click("#go")
        page.wait_for_selector(".report")
        assert "评测完成" in page.inner_text("#progress")
        assert page.locator(".report svg").count() == 4
        assert "<b>fact" in page.inner_text(".report")
        assert "该拒答而未拒答" in page.inner_text(".report")
        assert watched.barriers() == []
        page.click(".report summary")
        assert "城东水厂" in page.inner_text(".report details[open]")
        page.check("#without input")
        page.click("#go")
        page.wait_for_function(
            "document.querySelector('.report').innerText.includes('without-gold')"
        )
        assert len(list((archive.path / "runs").iterdir())) == 2
        page.click("#other input")
        page.click("#other [role=option] >> nth=2")
        page.wait_for_selector("text=两次评测的问题不同")
        page.click("#switch")
        page.wait_for_selector("role=tab[name='Evaluation']")
        assert page.inner_text("#go") == "Run"
        page.click("role=tab[name='Ask']")
        page.wait_for_selector("#question textarea")
        assert watched.complaints == []
        assert all(request.startswith(running.url) for request in watched.requests)
        watched.context.close()
        later = Watched(browser, running.url)
        assert later.page.locator(".report").count() == 0
        later.page.click("role=tab[name='评测']")
        later.page.wait_for_selector(".report >> text=without-gold")
        later.context.close()


def test_without_a_question_set_the_page_says_how_to_give_one(opened):
    page = opened().page
    page.click("role=tab[name='评测']")
    page.wait_for_selector("text=--questions")
    assert page.is_disabled("#go")


def test_a_reload_keeps_the_conversation_and_nobody_else_opens_it(opened, url, browser):
    reader, page = (one := opened()), one.page
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    page.wait_for_url("**/?c=*")
    page.reload()
    page.wait_for_selector(".answer .ref")
    assert page.locator(".question").all_inner_texts() == ["青禾大桥主跨有多长"]
    assert page.inner_text("mark.quote").startswith("青禾大桥全长2.86公里")
    reader.ask("茶叶出口额是多少")
    reader.settle()
    page.reload()
    page.wait_for_selector(".exchange >> nth=1")
    other = Watched(browser, page.url)
    other.page.wait_for_selector(".welcome")
    other.page.get_by_role("tab", name="记录").click()
    other.page.wait_for_selector("#kept .none")
    assert other.page.locator("#kept li").count() == 0
    assert other.page.url == url
    other.context.close()


def test_two_pages_of_one_conversation_lose_nothing(opened):
    reader = opened()
    page = reader.page
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    page.wait_for_url("**/?c=*")
    second = page.context.new_page()
    second.goto(page.url)
    second.wait_for_selector(".answer .ref")
    for asked, where in (("茶叶出口额是多少", page), ("谁是总工程师", second)):
        where.fill("#question textarea", asked)
        where.press("#question textarea", "Enter")
        where.wait_for_selector(".exchange >> nth=1 >> .answer, .refusal")
    page.get_by_role("tab", name="记录").click()
    page.wait_for_function("document.querySelectorAll('#kept li').length === 2")
    assert second.url != page.url
    second.reload()
    second.wait_for_selector(".exchange >> nth=1")
    assert second.locator(".question").all_inner_texts() == ["青禾大桥主跨有多长", "谁是总工程师"]


def test_kept_conversations_are_found_renamed_deleted_and_opened(opened):
    reader = opened()
    page = reader.page
    for question in ("青禾大桥主跨有多长", "茶叶出口额是多少"):
        reader.ask(question)
        reader.settle()
        page.click("#new")
        page.wait_for_selector(".welcome")
    page.get_by_role("tab", name="记录").click()
    titles = "[...document.querySelectorAll('#kept input')].map((i) => i.value).join('|')"
    page.wait_for_function(f"{titles} === '茶叶出口额是多少|青禾大桥主跨有多长'")
    assert reader.barriers() == []
    page.fill("#kept input >> nth=1", '大桥<b>"')
    page.press("#kept input >> nth=1", "Enter")
    page.wait_for_selector("text=标题已改。")
    page.fill("#search input, #search textarea", "主跨")
    page.wait_for_function(f"""{titles} === '大桥<b>"'""")
    page.get_by_role("button", name="删除: 大桥").click()
    page.wait_for_selector("#kept .none")
    page.get_by_role("button", name="撤销").click()
    page.wait_for_function(f"""{titles} === '大桥<b>"'""")
    page.get_by_role("button", name="打开: 大桥").click()
    page.wait_for_selector("#talk .answer >> visible=true")
    assert page.locator(".question").all_inner_texts() == ["青禾大桥主跨有多长"]
    assert reader.complaints == []


def test_an_answer_is_judged_and_taken_away_as_a_question_set(opened):
    reader = opened()
    page = reader.page
    page.get_by_role("tab", name="记录").click()
    page.get_by_role("button", name="导出评价过的问题").click()
    page.wait_for_selector("text=还没有可导出的评价")
    page.get_by_role("tab", name="提问").click()
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    page.get_by_role("button", name="对", exact=True).click()
    page.wait_for_selector(".feedback [aria-pressed=true]")
    page.fill(".feedback input", '核对过<b>"')
    page.press(".feedback input", "Enter")
    page.reload()
    page.wait_for_selector(".feedback [aria-pressed=true] >> text=对")
    assert page.input_value(".feedback input") == '核对过<b>"'
    page.get_by_role("tab", name="记录").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="导出评价过的问题").click()
    (line,) = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["gold"] == [[BRIDGE.id]]
    assert reader.complaints == []


def test_the_page_text_stands_beside_the_article(opened):
    reader = opened(viewport={"width": 1440, "height": 900})
    page = reader.page
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    page.get_by_role("button", name="版面原文").click()
    page.wait_for_selector("#paper .raw mark")
    assert page.inner_text(".raw pre").startswith("第一版")
    assert page.inner_text(".raw mark").startswith("本报讯（记者 林知远）")
    assert page.locator(".raw").bounding_box()["x"] > page.locator(".story").bounding_box()["x"]
    page.click(".answer .ref >> nth=2")
    page.wait_for_selector("text=这个文件后来改过")
    page.get_by_role("button", name="版面原文").click()
    page.wait_for_selector("#paper .raw", state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_passes_the_accessibility_rules(opened, scheme):
    reader = opened(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    page = reader.page
    assert reader.barriers() == []
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    page.get_by_role("button", name="版面原文").click()
    page.wait_for_selector("#paper .raw mark")
    page.get_by_role("button", name="对", exact=True).click()
    page.wait_for_selector(".feedback input")
    reader.ask("珠峰有多高")
    reader.settle()
    assert reader.barriers() == []
    for tab in page.get_by_role("tab").all()[1:]:
        tab.click()
        page.wait_for_function(
            "document.querySelector('[role=tab][aria-selected=true]').innerText.trim() === "
            + json.dumps(tab.inner_text().strip())
        )
        assert reader.barriers() == []


def test_a_conversation_is_taken_away_as_a_file(opened):
    reader = opened()
    reader.ask("青禾大桥主跨有多长")
    reader.settle()
    reader.page.get_by_role("tab", name="记录").click()
    held = {}
    for form in ("Markdown", "HTML", "JSON"):
        with reader.page.expect_download() as download:
            reader.page.get_by_role("button", name=f"导出为 {form}").click()
        name = download.value.suggested_filename
        held[name] = Path(download.value.path()).read_text(encoding="utf-8")
    assert list(held) == [f"青禾大桥主跨有多长.{suffix}" for suffix in ("md", "html", "json")]
    quote = "青禾大桥全长2.86公里，主跨628米，是岚江上跨度最大的桥。"
    assert all(quote in words for words in held.values())
    assert json.loads(held["青禾大桥主跨有多长.json"])[0]["question"] == "青禾大桥主跨有多长"


ASKED = ["青禾大桥主跨有多长", "茶叶出口额是多少", "大桥哪天通车", "珠峰有多高", "谁是总工程师"]


def waits(url: str, questions: list[str], people: int) -> list[tuple[float, float]]:
    """In a thread of its own: the browser of the other tests holds an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(waiting.waits(url, questions, people))).result()


@pytest.mark.parametrize("people", [1, 3])
def test_the_wait_for_evidence_and_answer_is_measured(browser, url, people):
    found = waits(url, ASKED, people)
    assert len(found) == len(ASKED)
    assert all(0 < evidence <= answer for evidence, answer in found)


def test_a_question_that_fails_ends_the_measurement(browser, url):
    with pytest.raises(WenbaoError, match="failed at: 坏档案"):
        waits(url, [*ASKED[:3], "坏档案"], 1)


def test_waits_are_told_in_percentiles():
    found = [(n / 100, n / 10) for n in range(1, 101)]
    assert waiting.line("ten people", found) == (
        "ten people   n=100  seconds to evidence p50 0.50 p95 0.95, to the answer p50 5.00 p95 9.50"
    )
