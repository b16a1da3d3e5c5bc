"""Settings, theme and login in a real browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from page import Running, Watched, barriers

from rag import Chatbot, Settings
from ui.history import History
from ui.preferences import CAREFUL, at_most
from ui.users import Secret

pytestmark = pytest.mark.browser

QUESTION = "面馆开了多少年？"
DARK, LIGHT = "rgb(23, 23, 21)", "rgb(243, 243, 238)"
_RECORD = """
window.seen = [];
const look = () => {
  if (document.body) window.seen.push(getComputedStyle(document.body).backgroundColor);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def looks(page, name: str) -> None:
    if folder := os.environ.get("WENBAO_SHOTS"):
        page.wait_for_timeout(300)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def open_settings(page) -> None:
    page.get_by_role("tab").last.click()
    page.wait_for_selector("#models dl")


@pytest.fixture
def served(archive, reader, tmp_path):
    bot = Chatbot(archive, Settings(min_confidence=0.0), reader=reader)
    history = History(tmp_path / "history.db")
    with Running(bot, history=history) as running:
        yield running
    history.close()


@pytest.fixture
def opened(browser):
    """Opens pages, each in a browser of its own unless one is given."""
    made = []

    def open_page(url, **options):
        made.append(Watched(browser, url, **options))
        return made[-1]

    yield open_page
    for watched in made:
        watched.context.close()


def test_a_threshold_that_was_moved_changes_the_next_answer_alone(opened, served):
    reader = opened(served.url)
    page = reader.page
    reader.ask(QUESTION)
    reader.settle()
    assert page.locator(".exchange .refusal").count() == 0
    open_settings(page)
    page.fill("#confidence input[type=number]", "1")
    page.press("#confidence input[type=number]", "Tab")
    page.wait_for_function("document.querySelector('#meaning').innerText.includes('0.95')")
    page.get_by_role("tab").first.click()
    reader.ask(QUESTION)
    reader.settle()
    assert page.locator(".exchange >> nth=0 >> .refusal").count() == 0
    assert page.locator(".exchange >> nth=1 >> .refusal").count() == 1
    open_settings(page)
    page.click("#defaults")
    page.wait_for_function("document.querySelector('#confidence input').value === '0'")
    page.get_by_role("tab").first.click()
    reader.ask(QUESTION)
    reader.settle()
    assert page.locator(".exchange >> nth=2 >> .refusal").count() == 0
    assert reader.complaints == []


@pytest.mark.parametrize(("typed", "taken"), [("99", "1"), ("-3", "0"), ("", "0"), ("0.5", "0.5")])
def test_what_is_typed_out_of_range_ends_at_the_range(opened, served, typed, taken):
    reader = opened(served.url)
    open_settings(reader.page)
    reader.page.click("#careful")
    number = "#confidence input[type=number]"
    careful = at_most(CAREFUL)
    reader.page.wait_for_function(f"document.querySelector('{number}').value === '{careful}'")
    reader.page.fill(number, typed)
    reader.page.press(number, "Tab")
    reader.page.wait_for_function(f"document.querySelector('{number}').value === '{taken}'")
    reader.page.wait_for_timeout(300)
    assert reader.complaints == []


def test_the_models_are_tested_and_a_preset_is_explained(opened, served):
    reader = opened(served.url)
    page = reader.page
    open_settings(page)
    page.click("#test")
    page.wait_for_selector("#tested dl")
    assert page.locator("#tested dt").count() == 4
    page.click("#careful")
    page.wait_for_function("document.querySelector('#meaning').innerText.includes('每 100 个回答')")
    assert page.input_value("#confidence input[type=number]") == str(at_most(CAREFUL))
    looks(page, "settings")


def test_the_language_is_the_one_of_the_switch(opened, served):
    page = opened(served.url).page
    open_settings(page)
    page.get_by_label("English").check()
    page.wait_for_selector("text=Back to the defaults")
    assert page.inner_text("#switch") == "中文"
    assert "Finds passages" in page.inner_text("#models")
    page.click("#switch")
    page.wait_for_selector("text=恢复默认")
    assert page.get_by_label("中文").is_checked()


@pytest.mark.parametrize(
    ("system", "choice", "colour"), [("light", "深色", DARK), ("dark", "浅色", LIGHT)]
)
def test_a_chosen_theme_holds_over_a_reload_without_a_flash(opened, served, system, choice, colour):
    reader = opened(served.url, color_scheme=system)
    page = reader.page
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) != colour
    open_settings(page)
    page.get_by_label(choice).check()
    page.wait_for_function(f"{background} === '{colour}'")
    reader.context.add_init_script(_RECORD)
    page.reload()
    page.wait_for_selector(".masthead")
    page.wait_for_timeout(500)
    assert set(page.evaluate("window.seen")) == {colour}
    open_settings(page)
    from playwright.sync_api import expect

    expect(page.get_by_label(choice)).to_be_checked()  # the server tells it after the page is there
    assert reader.barriers() == []
    page.get_by_label("跟随系统").check()
    page.wait_for_function(f"{background} !== '{colour}'")


def test_a_page_in_the_systems_theme_does_not_flash_and_follows_it(opened, served):
    reader = opened(served.url, color_scheme="dark")
    page = reader.page
    reader.context.add_init_script(_RECORD)
    page.reload()
    page.wait_for_selector(".masthead")
    assert set(page.evaluate("window.seen")) == {DARK}
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"getComputedStyle(document.body).backgroundColor === '{LIGHT}'")
    assert "dark" not in page.evaluate("document.body.className")


def test_a_theme_reaches_the_other_open_pages(opened, served):
    reader = opened(served.url, color_scheme="light")
    other = reader.context.new_page()
    other.goto(served.url)
    open_settings(reader.page)
    reader.page.get_by_label("深色").check()
    other.wait_for_function(f"getComputedStyle(document.body).backgroundColor === '{DARK}'")


# --- the login -----------------------------------------------------------------------------------

PASSWORD = "a long password"


@pytest.fixture
def closed(archive, reader, tmp_path):
    bot = Chatbot(archive, Settings(min_confidence=0.0), reader=reader)
    history = History(tmp_path / "history.db")
    users = {"lin": Secret.of(PASSWORD, 16), "su": Secret.of(PASSWORD, 16)}
    with Running(bot, users=users, history=history) as running:
        yield running
    history.close()


@pytest.fixture
def visitor(browser):
    """Opens the login in a browser of its own."""
    contexts = []

    def visit(url, **options):
        contexts.append(browser.new_context(**{"locale": "zh-CN", **options}))
        page = contexts[-1].new_page()
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()


def log_in(page, name="lin", password=PASSWORD):
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def test_one_logs_in_and_out(visitor, closed):
    page = visitor(f"{closed.url}?article=a1")
    assert page.title() == "登录 · 问报"
    log_in(page, password="wrong one")
    page.wait_for_selector("role=alert")
    assert "不对" in page.inner_text("role=alert")
    assert page.get_by_label("密码").input_value() == ""
    log_in(page)
    page.wait_for_selector(".masthead form")
    assert page.url.endswith("/?article=a1")
    assert page.inner_text(".masthead form span") == "lin"
    looks(page, "logged-in")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_selector("text=登录后才能查阅")
    page.goto(closed.url)
    assert page.get_by_label("密码").is_visible()


def test_after_too_many_failures_the_page_says_how_long_to_wait(visitor, closed):
    page = visitor(closed.url)
    for _ in range(6):
        log_in(page, password="wrong one")
        page.wait_for_selector("role=alert")
    assert "秒再试" in page.inner_text("role=alert")


def test_a_login_that_ended_is_said_and_the_page_goes_on_after_another(visitor, closed):
    page = visitor(closed.url)
    log_in(page)
    page.wait_for_selector(".masthead form")
    page.context.clear_cookies()
    page.fill("#question textarea", QUESTION)
    page.press("#question textarea", "Enter")
    page.wait_for_selector("#masthead dialog[open]")
    looks(page, "login-ended")
    with page.context.expect_page() as opening:
        page.click("#masthead dialog a")
    log_in(opening.value)
    opening.value.wait_for_selector(".masthead form")
    page.bring_to_front()
    page.click("#masthead dialog button")
    assert page.input_value("#question textarea") == QUESTION
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".exchange .sources")


def test_conversations_are_the_users_in_any_browser(visitor, closed):
    page = visitor(closed.url)
    log_in(page)
    page.wait_for_selector(".masthead form")
    page.fill("#question textarea", QUESTION)
    page.press("#question textarea", "Enter")
    page.wait_for_selector(".exchange .sources")
    for name, count in (("lin", 1), ("su", 0)):
        elsewhere = visitor(closed.url)
        log_in(elsewhere, name)
        elsewhere.wait_for_selector(".masthead form")
        elsewhere.get_by_role("tab", name="记录").click()
        elsewhere.wait_for_selector("#kept .kept")
        elsewhere.wait_for_function(
            f"document.querySelectorAll('#kept li').length === {count}", timeout=5000
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_login_fits_its_window_and_can_be_used_by_all(visitor, closed, width, scheme):
    page = visitor(closed.url, viewport={"width": width, "height": 844}, color_scheme=scheme)
    log_in(page, password="wrong one")
    page.wait_for_selector("role=alert")
    looks(page, f"login-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = DARK if scheme == "dark" else LIGHT
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == colour
    assert barriers(page) == []
    log_in(page)
    page.wait_for_selector(".masthead form")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    looks(page, f"masthead-{width}-{scheme}")
