"""What the tests share: an encoder that computes something simple, and small archives."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from pytest_socket import socket_allow_hosts

from embeddings import EncoderError, SentenceEncoder
from rag import Archive
from rag.reader import Reading
from rag.terms import bigrams

DATA = Path(__file__).parents[2] / "shared" / "data"
EXAMPLES = Path(__file__).parents[1] / "examples"


class HashEncoder:
    """Counts character bigrams into hashed places: texts that share words are near each other."""

    name = "hash"
    max_tokens = 512

    def __init__(self, dim: int = 64, salt: str = "") -> None:
        self.dim = dim
        self.salt = salt
        self.fingerprint = f"hash-{dim}-{salt}"
        self.encoded = 0

    def count_tokens(self, passages):
        return [len(text) + 2 for text in passages]

    def encode_queries(self, queries):
        return self._encode(queries)

    def encode_passages(self, passages, progress=None):
        if any(count > self.max_tokens for count in self.count_tokens(passages)):
            raise EncoderError("太长", "too long")
        self.encoded += len(passages)
        return self._encode(passages)

    def _encode(self, texts):
        vectors = np.full((len(texts), self.dim), 1e-6, np.float32)
        for row, text in enumerate(texts):
            for term in bigrams(text):
                digest = hashlib.sha256((self.salt + term).encode()).digest()
                vectors[row, int.from_bytes(digest[:4], "big") % self.dim] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class OverlapReader:
    """Scores each character of a passage by whether the question has it."""

    fingerprint = "overlap"

    def read(self, question, passages):
        return [self._reading(question, text) for _, text in passages]

    def _reading(self, question, text):
        marks = np.array([1.0 if c in question else -1.0 for c in text] or [-1.0], np.float32)
        spans = tuple((i, i + 1) for i in range(len(text)))
        best = int(marks.argmax())
        return Reading(
            score=2 * float(marks[best]),
            span=(best, best + 1),
            offsets=spans,
            first=marks,
            last=marks,
        )


STORIES = [
    {
        "title": "云桥湿地观鸟节开幕",
        "text": "本报讯（记者 许白）3月2日，云桥湿地观鸟节开幕。"
        "今年共记录到白鹭312只，比去年多45只。\n"
        "湿地管理站站长孟秋说，水位调低了20厘米，水鸟有了落脚的浅滩。",
        "date": "2024-03-03",
        "source": "云桥晚报",
    },
    {
        "title": "城东水厂夜间检修",
        "text": "城东水厂3月5日22时至次日6时停水检修，影响居民2.1万户。请提前储水。",
        "date": "2024-03-04",
        "source": "云桥晚报",
    },
    {
        "title": "老街面馆的三代人",
        "text": "面馆开在老街口，已有41年。第一代掌柜叫方守田，用的是一口铁锅。\n"
        "如今掌勺的是孙女方禾。她说：“汤要熬足九个小时。”",
        "date": "2024-04-10",
        "source": "云桥周刊",
    },
]


@pytest.fixture(autouse=True)
def _loopback_only():
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def encoder():
    return HashEncoder()


@pytest.fixture
def stories(tmp_path):
    """A JSONL file of three short articles."""
    path = tmp_path / "stories.jsonl"
    write_jsonl(path, STORIES)
    return path


@pytest.fixture
def archive(tmp_path, stories, encoder):
    """An archive of these three."""
    made = Archive(tmp_path / "archive", encoder=encoder)
    made.add([stories])
    return made


@pytest.fixture
def reader():
    return OverlapReader()


@pytest.fixture(scope="session")
def model():
    """The bundled model, loaded once."""
    return SentenceEncoder()


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    required = os.environ.get("WENBAO_REQUIRE_BROWSER") == "1"
    if path is None and not required:
        pytest.skip("no Chromium on this machine")
    from page import FLAGS
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


def write_jsonl(path, records):
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records), encoding="utf-8")


class Scripted:
    """A generator whose reply a function computes from the messages; the pieces are as long as it
    says. It counts characters for tokens and notes whether it was closed before its end.
    """

    name = "scripted"

    def __init__(self, reply, piece=7, context=6000):
        self.reply = reply if callable(reply) else lambda messages: reply
        self.piece = piece
        self.context = context
        self.asked = []
        self.closed = False

    def tokens(self, text):
        return len(text)

    def stream(self, messages):
        self.asked.append(messages)
        said = self.reply(messages)
        try:
            for i in range(0, len(said), self.piece):
                yield said[i : i + self.piece]
        except GeneratorExit:
            self.closed = True
            raise
