"""Text of documents and of language models without what could act: invisible characters, markup,
imitations of the fences that hold passages in a prompt. Pure.
"""

from __future__ import annotations

import re

ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufeff\uffa0"  # invisible ones
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufff9-\ufffb"  # zero width, bidirectional overrides
    "\ud800-\udfff\U000e0000-\U000e007f]"  # halves of pairs, tag characters
)
"""One character that cannot be seen, or that changes how others are seen."""

_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""These choose a form of the character before, and can hide a message in their choice."""

FENCE = "="
"""A run of three of these opens and closes a passage in a prompt; no passage holds one."""

_FENCES = re.compile(r"[=＝═﹦⁼₌〓]{2,}")
_COMMENT = re.compile(r"<!--|-->")
_TAG = re.compile(r"</?[A-Za-z!?][^<>]{0,1000}>")
_IMAGE = re.compile(r"!+(?=\[)")
_LINK = re.compile(r"\[([^\[\]\n]{0,500})\]\(\s*([^()\s]{0,1000})(?:\s[^()\n]{0,200})?\)")
_EMPHASIS = re.compile(r"\*{2,3}|_{2,3}|~{2}|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)")
_HEAD = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|(?:>[ \t]?)+)", re.M)
_BULLET = re.compile(r"^[ \t]*[*+•·●-][ \t]+", re.M)
_RULE = re.compile(r"^[ \t]*(?:[-*_=|:][ \t]*){3,}$", re.M)


def visible(text: str) -> str:
    """The text without its invisible characters."""
    return _SELECTORS.sub("", ODD.sub("", text))


def fenceless(text: str) -> str:
    """The text without invisible characters and without anything that looks like a fence."""
    return _FENCES.sub(lambda match: FENCE, visible(text))


def plain(text: str) -> str:
    """What a language model wrote, as plain text: without invisible characters, tags and the marks
    of Markdown; a link is its words and its address. Angle brackets that could open a tag become
    wide ones.
    """
    while (bare := _stripped(text)) != text:
        text = bare
    return text.replace("<", "＜").replace(">", "＞")


def _stripped(text: str) -> str:
    text = _TAG.sub("", _COMMENT.sub("", visible(text)))
    text = _LINK.sub(r"\1 \2", _IMAGE.sub("", text))
    text = _RULE.sub("", _HEAD.sub("", text))
    text = _BULLET.sub("- ", text).replace("`", "").replace("](", "] (")
    return _EMPHASIS.sub("", text)
