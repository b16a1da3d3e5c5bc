"""Language models behind OpenAI's protocol: a real client against a server that misbehaves."""

from __future__ import annotations

import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tiny import reciting_model

from rag.errors import GeneratorError
from rag.generate import CUT, KEY, KEY_FILE, Endpoint, generator_of
from rag.writing.endpoint import AROUND
from rag.writing.messages import REPLY

HELLO = [{"role": "user", "content": "青禾大桥主跨有多长？"}]


class Handler(BaseHTTPRequestHandler):
    """Does the next thing of its server's script; the methods after ``do_POST`` are the things."""

    def do_POST(self):
        served = self.server.served
        length = int(self.headers["content-length"])
        served.requests.append(json.loads(self.rfile.read(length)))
        served.headers.append({k.lower(): v for k, v in self.headers.items()})
        step = served.script.pop(0) if len(served.script) > 1 else served.script[0]
        getattr(self, step)()

    def fine(self):
        self.reply("主跨", "628米", "。", finish=True)

    def half(self):
        self.reply("主跨")

    def stall(self):
        self.reply("主跨")
        self.server.served.go_on.wait(20)

    def endless(self):
        try:
            self.reply("主跨")
            while True:
                self.piece({"delta": {"content": "又"}, "finish_reason": None})
                time.sleep(0.01)
        except OSError:
            self.server.served.closed.set()

    def garbage(self):
        self.begin("text/event-stream")
        self.wfile.write(b"data: {no json at all\n\n")

    def drop(self):
        self.connection.close()

    def busy(self):
        self.fail(429)

    def broken(self):
        self.fail(500)

    def unknown(self):
        self.fail(404)

    def locked(self):
        self.fail(401)

    def telltale(self):
        self.fail(401, "wrong key: " + self.headers["authorization"])

    def silent(self):
        """Says nothing at all, and notes when the other side has gone."""
        self.connection.settimeout(20)
        if self.connection.recv(1) == b"":
            self.server.served.closed.set()

    def long(self):
        self.reply("主跨", finish="length")

    def flood(self):
        try:
            self.reply(*["又" * 1000] * 50)
        except OSError:
            self.server.served.closed.set()

    def reply(self, *pieces, finish=False):
        self.begin("text/event-stream")
        for piece in pieces:
            self.piece({"delta": {"content": piece}, "finish_reason": None})
        if finish:
            self.piece({"delta": {}, "finish_reason": "stop" if finish is True else finish})
            self.wfile.write(b"data: [DONE]\n\n")

    def piece(self, choice):
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        line = json.dumps(chunk | {"choices": [{"index": 0, **choice}]})
        self.wfile.write(f"data: {line}\n\n".encode())
        self.wfile.flush()

    def fail(self, status, message="so\nit is"):
        self.begin("application/json", status)
        self.wfile.write(json.dumps({"error": {"message": message}}).encode())

    def begin(self, kind, status=200):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("retry-after-ms", "1")
        self.end_headers()

    def log_message(self, *_):
        pass


class Served:
    """A server that follows a script, the last step again and again, and what it was asked."""

    def __init__(self, *script: str) -> None:
        self.script = list(script)
        self.requests: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.closed = threading.Event()
        self.go_on = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.served = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve():
    made: list[Served] = []

    def start(*script) -> Served:
        made.append(Served(*script))
        return made[-1]

    yield start
    for served in made:
        served.close()


def endpoint(served, **options) -> Endpoint:
    return Endpoint("m@2", served.url, **{"seconds": 2.0, "retries": 2, **options})


def test_a_reply_comes_in_pieces(serve):
    served = serve("fine")
    pieces = [piece for piece in endpoint(served).stream(HELLO) if piece]  # none came for a while
    assert pieces == ["主跨", "628米", "。"]
    (request,) = served.requests
    assert request["messages"] == HELLO
    assert (request["model"], request["stream"]) == ("m@2", True)


def test_a_busy_or_broken_endpoint_is_asked_again(serve):
    served = serve("busy", "broken", "fine")
    assert "".join(endpoint(served).stream(HELLO)) == "主跨628米。"
    assert len(served.requests) == 3


@pytest.mark.parametrize(
    ("step", "asked", "said"),
    [
        ("busy", 3, "answered 429: .*so it is.*too busy"),
        ("broken", 3, "answered 500"),
        ("drop", 3, "cannot be reached"),
        ("unknown", 1, "answered 404.*Check the model's name"),
        ("locked", 1, f"answered 401.*Check the key \\({KEY}"),
        ("garbage", 1, "breaks the protocol"),
        ("half", 1, "broke off"),
    ],
)
def test_what_goes_wrong_is_said_with_what_to_do(serve, step, asked, said):
    served = serve(step)
    with pytest.raises(GeneratorError, match=said) as failure:
        list(endpoint(served).stream(HELLO))
    assert len(served.requests) == asked
    assert served.url in failure.value.zh


def test_one_that_stalls_is_given_up(serve):
    pieces = endpoint(serve("stall"), seconds=0.5).stream(HELLO)
    came = []
    with pytest.raises(GeneratorError, match=r"no sign for 0\.5 seconds"):
        came.extend(pieces)
    assert "".join(came) == "主跨"


def test_closing_the_stream_ends_the_request(serve):
    served = serve("endless")
    pieces = endpoint(served).stream(HELLO)
    while not next(pieces):
        pass
    pieces.close()
    assert served.closed.wait(10)


def test_closing_ends_a_request_that_nobody_has_answered_yet(serve):
    served = serve("silent")
    pieces = endpoint(served, seconds=60).stream(HELLO)
    while not served.requests:
        assert next(pieces) == ""
    pieces.close()
    assert served.closed.wait(10)
    assert "generator" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("step", ["long", "flood"])
def test_a_reply_that_is_cut_says_so(serve, step):
    reply = "".join(endpoint(serve(step)).stream(HELLO))
    assert reply.endswith(CUT)
    assert reply.removesuffix(CUT) == {"long": "主跨", "flood": "又" * 5000}[step]


def test_what_a_prompt_may_take(serve):
    generator = endpoint(serve("fine"), context=4096)
    assert generator.context == 4096 - REPLY - AROUND
    assert generator.tokens("青禾大桥628米") == 8
    assert generator.tokens("𠮷") == 4


def test_the_key_is_the_one_for_this_and_never_shown(serve, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-openai-alone")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-for-openai-alone")
    served = serve("fine", "fine", "locked")
    name = f"openai:m@{served.url}"
    list(generator_of(name, {}).stream(HELLO))
    (tmp_path / "key").write_text(" secret-1\n", encoding="utf-8")
    list(generator_of(name, {KEY: "secret-2", KEY_FILE: str(tmp_path / "key")}).stream(HELLO))
    assert [h["authorization"] for h in served.headers] == ["Bearer none", "Bearer secret-1"]
    assert "alone" not in str(served.headers)
    generator = generator_of(name, {KEY: "secret-3"})
    with pytest.raises(GeneratorError) as failure:
        list(generator.stream(HELLO))
    assert "secret" not in f"{failure.value.zh}{failure.value.en}{generator.name}"
    with pytest.raises(GeneratorError, match="cannot be read"):
        generator_of(name, {KEY_FILE: str(tmp_path / "none")})


def test_a_server_that_repeats_the_key_does_not_get_it_into_a_log(serve, caplog):
    caplog.set_level(logging.DEBUG)
    served = serve("telltale")
    generator = generator_of(f"openai:m@{served.url}", {KEY: "sk-secret-4"})
    with pytest.raises(GeneratorError, match=r"wrong key: Bearer \*\*\*") as failure:
        list(generator.stream(HELLO))
    assert served.headers[0]["authorization"] == "Bearer sk-secret-4"
    logging.getLogger("page").exception("it failed", exc_info=failure.value)
    assert "wrong key" in caplog.text
    assert "secret" not in f"{caplog.text}{failure.value.zh}{failure.value.en}"


@pytest.mark.parametrize("key", ["sk-秘密", "sk-a\nb", "sk a"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(key):
    with pytest.raises(GeneratorError, match="Check it") as failure:
        generator_of("openai:m@http://127.0.0.1:9/v1", {KEY: key})
    assert key not in failure.value.zh + failure.value.en


def test_a_url_that_carries_a_password_is_refused_and_not_shown():
    with pytest.raises(GeneratorError, match="must not carry") as failure:
        generator_of("openai:m@http://me:secret@127.0.0.1:9/v1", {})
    assert "secret" not in failure.value.zh + failure.value.en


@pytest.mark.parametrize(
    "name", ["", "gpt", "openai:", "openai:m", "openai:m@ftp://x", "m@http://x"]
)
def test_a_name_that_names_no_model(name):
    with pytest.raises(GeneratorError, match="openai:MODEL@URL"):
        generator_of(name, {})


class Parrot:
    """Says what it was last told, character by character."""

    name = "parrot"
    context = 100

    def tokens(self, text):
        return len(text)

    def stream(self, messages):
        yield from messages[-1]["content"]


@pytest.fixture(params=["parrot", "endpoint", "local"])
def generator(request, serve, tmp_path):
    """Every generator; each answers HELLO at some length."""
    if request.param == "parrot":
        return Parrot()
    if request.param == "endpoint":
        return endpoint(serve("fine"))
    reciting_model(tmp_path, HELLO, "主跨628米。")
    return generator_of(str(tmp_path), {})


def test_what_every_generator_does(generator):
    assert generator.name
    assert 0 < generator.tokens("青禾大桥") <= generator.context
    assert generator.tokens("") == 0
    assert generator.tokens("青禾大桥") <= generator.tokens("青禾大桥，主跨628米")
    reply = "".join(generator.stream(HELLO))
    assert "主跨" in reply
    left = generator.stream(HELLO)
    assert reply.startswith(next(left))
    left.close()
    assert list(left) == []
    generator.stream(HELLO).close()  # before it began
    assert "".join(generator.stream(HELLO)) == reply
    assert "generator" not in {thread.name for thread in threading.enumerate()}
