"""Language models behind OpenAI's protocol: a real client against a server that misbehaves."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rag.errors import GeneratorError
from rag.generate import KEY, KEY_FILE, Endpoint, generator_of

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

    def reply(self, *pieces, finish=False):
        self.begin("text/event-stream")
        for piece in pieces:
            self.piece({"delta": {"content": piece}, "finish_reason": None})
        if finish:
            self.piece({"delta": {}, "finish_reason": "stop"})
            self.wfile.write(b"data: [DONE]\n\n")

    def piece(self, choice):
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        line = json.dumps(chunk | {"choices": [{"index": 0, **choice}]})
        self.wfile.write(f"data: {line}\n\n".encode())
        self.wfile.flush()

    def fail(self, status):
        self.begin("application/json", status)
        self.wfile.write(json.dumps({"error": {"message": "so\nit is"}}).encode())

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
    assert list(endpoint(served).stream(HELLO)) == ["主跨", "628米", "。"]
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
    pieces = endpoint(serve("stall"), seconds=0.3).stream(HELLO)
    assert next(pieces) == "主跨"
    with pytest.raises(GeneratorError, match=r"no sign for 0\.3 seconds"):
        next(pieces)


def test_closing_the_stream_ends_the_request(serve):
    served = serve("endless")
    pieces = endpoint(served).stream(HELLO)
    assert next(pieces) == "主跨"
    pieces.close()
    assert served.closed.wait(10)


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


@pytest.mark.parametrize(
    "name", ["", "gpt", "openai:", "openai:m", "openai:m@ftp://x", "m@http://x"]
)
def test_a_name_that_names_no_model(name):
    with pytest.raises(GeneratorError, match="openai:MODEL@URL"):
        generator_of(name, {})
