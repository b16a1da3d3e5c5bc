"""The page's server: which paths it answers, under which headers, to whom, and on which port."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rag import Article, Counts, Filters, Settings, WenbaoError
from ui import server
from ui.app import _asked_headlines, build
from ui.uploads import Inbox


class SmallArchive:
    """Two headlines, one of them derived."""

    path = Path("no-such-archive")

    def counts(self) -> Counts:
        day = date(2024, 1, 2)
        return Counts(files=1, articles=2, passages=2, first=day, last=day)

    def articles(self, filters: Filters) -> Iterator[Article]:
        yield Article(title="取自首句", text="取自首句。", title_derived=True)
        yield Article(title="大桥合龙", text="大桥合龙。")


class SmallChatbot:
    def __init__(self) -> None:
        self.archive = SmallArchive()
        self.settings = Settings()


def application(**options):
    """The application, made under a running loop: without one, the framework makes loops of its own
    and leaves them open.
    """

    async def made():
        return server.application(build(SmallChatbot()), **options)

    return asyncio.run(made())


@pytest.fixture(scope="module")
def client():
    from starlette.testclient import TestClient

    app = application()
    return TestClient(app, base_url="http://127.0.0.1:7860")


@pytest.mark.parametrize("path", ["/", "/config", "/theme.css", "/static/nothing", "/no/such/page"])
def test_every_response_forbids_other_origins(client, path):
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["script-src-attr"] == "'none'"
    assert not any("http" in sources or "*" in sources for sources in policy.values())
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert len(headers.get_list("content-security-policy")) == 1


def test_the_page_carries_its_style_and_script_and_links_nowhere(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "guardComposition" in page.text
    assert "fonts.googleapis" not in page.text + client.get("/theme.css").text


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/hostname",
        "/gradio_api/file=http://127.0.0.1:1/x",
        "/gradio_api/file//etc/hostname",
        "/gradio_api/proxy=http://127.0.0.1:1/x",
        "/gradio_api/info",
        "/gradio_api/runs",
        "/upload",
        "/gradio_api/upload",
        "/gradio_api/queue/../file=/etc/hostname",
        "/monitoring",
        "/login",
        "/docs",
        "/openapi.json",
    ],
)
def test_nothing_but_the_page_is_served(client, path):
    assert client.get(path).status_code == 404
    assert client.post(path, content=b"x").status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("localhost", 200),
        ("[::1]:7860", 200),
        ("evil.test", 404),
        ("127.0.0.1.evil.test", 404),
        ("", 404),
    ],
)
def test_a_local_server_answers_only_to_local_names(client, host, status):
    assert client.get("/config", headers={"host": host}).status_code == status


def test_uploads_go_to_the_inbox_of_a_page_that_has_one(tmp_path):
    from starlette.testclient import TestClient

    inbox = Inbox(tmp_path / "pages", reader=server.READER)
    with TestClient(application(inbox=inbox), base_url="http://127.0.0.1:7860") as client:
        here, elsewhere = "http://127.0.0.1:7860", "http://evil.test"

        def upload(origin, host="127.0.0.1:7860"):
            headers = {"origin": origin, "host": host}
            return client.post("/upload?name=a.txt", content=b"1", headers=headers).status_code

        assert upload(here) == 403  # before the page was opened
        client.get("/")
        assert upload(elsewhere) == 403
        assert upload(elsewhere, host="evil.test") == 404
        assert not inbox.folder.exists()
        assert upload(here) == 200
        assert client.get("/upload").status_code == 404
    assert (inbox.folder / "a.txt").read_bytes() == b"1"


def test_a_server_for_the_network_answers_to_any_name():
    from starlette.testclient import TestClient

    app = application(host="0.0.0.0")
    client = TestClient(app, base_url="http://newsroom.test")
    assert client.get("/config").status_code == 200
    assert "content-security-policy" in client.get("/config").headers


def test_without_examples_the_newest_printed_headlines_are_asked_about():
    assert _asked_headlines(SmallChatbot()) == ("《大桥合龙》讲了什么？",)


def test_a_port_in_use_is_named_with_the_way_out():
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WenbaoError) as caught:
            server.listen("127.0.0.1", port)
    for message in (caught.value.zh, caught.value.en):
        assert str(port) in message
        assert f"--port {port + 1}" in message


@pytest.mark.parametrize(
    ("host", "port", "named"),
    [("127.0.0.1", 70000, "70000"), ("127.0.0.1", -1, "-1"), ("203.0.113.9", 0, "--host")],
)
def test_an_impossible_address_is_an_error_of_ours(host, port, named):
    with pytest.raises(WenbaoError, match=named):
        server.listen(host, port)


@pytest.mark.parametrize(
    ("host", "url"), [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:")]
)
def test_the_address_is_one_a_browser_can_open(host, url):
    with server.listen(host, 0) as listener:
        assert server.address(listener).startswith(url)


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT for a child process")
def test_serve_says_where_it_is_and_stops_quietly():
    code = "from test_server import *; from ui.app import serve; serve(SmallChatbot(), port=0)"
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": f"{Path(__file__).parent}{os.pathsep}."},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        lines = [child.stdout.readline() for _ in range(2)]
        url = lines[1].split()[3]
        with urllib.request.urlopen(url, timeout=10) as response:
            assert response.status == 200
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=15)
    finally:
        child.kill()
    assert lines[0].startswith("问报已启动：http://127.0.0.1:")
    assert lines[1].startswith("wenbao is up: http://127.0.0.1:")
    assert (out, err, child.returncode) == ("", "", 0)


def test_importing_the_page_does_not_import_the_framework():
    code = "import ui, ui.app, sys; print('gradio' in sys.modules, 'uvicorn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_reader_is_named_once_by_a_cookie_that_no_script_reads(client):
    client.cookies.clear()
    assert "set-cookie" not in client.get("/config").headers
    named = client.get("/").headers["set-cookie"]
    assert named.startswith(f"{server.READER}=")
    assert {"HttpOnly", "SameSite=Strict"} <= set(named.split("; "))
    assert "set-cookie" not in client.get("/").headers
    client.cookies.clear()
    assert client.get("/").headers["set-cookie"] != named
