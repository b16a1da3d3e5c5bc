"""The page's strings: there in both languages, and asked for by the right reader."""

from string import Formatter

import pytest

from ui.texts import TABLE, both, preferred, text


def names(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


@pytest.mark.parametrize("key", TABLE)
def test_every_string_is_there_in_both_languages_with_the_same_blanks(key):
    assert set(TABLE[key]) == {"zh", "en"}
    assert all(words.strip() for words in TABLE[key].values())
    assert names(TABLE[key]["zh"]) == names(TABLE[key]["en"])


def test_blanks_are_filled():
    assert text("zh", "reading", count=3) == "正在阅读 3 段……"
    assert both("page", page=12) == ("第 12 页", "p. 12")


def test_an_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        text("en", "no such string")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("zh-TW", "zh"),
        ("ZH", "zh"),
        ("en;q=0.2, zh;q=0.7", "zh"),
        ("fr, zh;q=0.1", "zh"),
        ("fr, de;q=0.5", "en"),
        ("zh;q=0, en;q=0.1", "en"),
        ("", "zh"),
        ("*", "zh"),
        (";;q=;,,", "zh"),
        ("en;q=nonsense, zh;q=0.1", "zh"),
    ],
)
def test_the_page_speaks_the_language_the_browser_ranks_first(header, language):
    assert preferred(header) == language
