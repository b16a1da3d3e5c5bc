"""Who gets in: the file of users, the login, its sessions, and the limit on guesses."""

from __future__ import annotations

import asyncio
import hashlib
import stat
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from test_server import SmallChatbot

from rag import cli
from ui import server
from ui.app import build
from ui.auth import FAILURES, LASTS, PATHS, SESSION, WINDOW, Failures, Login, Sessions, network
from ui.conversations import owner, owner_of_user
from ui.users import NOBODY, Secret, UsersError, check, read_users, set_password

PASSWORD = "青禾大桥628米"
CLOSED = [
    "/upload",
    "/config",
    "/gradio_api/queue/join",
    "/gradio_api/run/predict",
    "/theme.css",
    "/static/x",
]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="module")
def users():
    """Their hashes are cheap, so that the tests are."""
    return {"林知远": Secret.of(PASSWORD, 16), "su": Secret.of("another one", 16)}


async def _greet(scope, receive, send):
    """Says who came past the login."""
    words = scope["user"].encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": words})


@pytest.fixture
def client(users, clock):
    """Before the login with nothing behind it but a greeting."""
    return TestClient(Login(_greet, users=users, clock=clock), follow_redirects=False)


def log_in(client, password=PASSWORD, name="林知远", **fields):
    return client.post("/login", data={"name": name, "password": password, **fields})


# --- the file of users ---------------------------------------------------------------------------


def test_a_secret_is_a_salted_scrypt_hash_of_the_password():
    secret = Secret.of(PASSWORD)
    expected = hashlib.scrypt(
        PASSWORD.encode(), salt=secret.salt, n=2**15, r=8, p=3, maxmem=2**26, dklen=32
    )
    assert secret.digest == expected
    assert Secret.of(PASSWORD).salt != secret.salt
    assert Secret.read(str(secret)) == secret
    assert PASSWORD not in str(secret)


def test_a_password_is_right_or_wrong(users):
    assert check(users, "林知远", PASSWORD)
    assert not check(users, "林知远", PASSWORD + " ")
    assert not check(users, "su", PASSWORD)
    assert not check(users, "nobody", PASSWORD)
    assert not NOBODY.matches("")


def test_the_same_letters_typed_otherwise_are_the_same_password():
    assert Secret.of("caf\u00e9-press", 16).matches("cafe\u0301-press")


def test_a_password_is_set_changed_and_kept_from_others(tmp_path):
    path = tmp_path / "users"
    set_password(path, "su", "the first one")
    set_password(path, "lin", PASSWORD)
    before = read_users(path)
    set_password(path, "su", "the second one")
    after = read_users(path)
    assert not check(after, "su", "the first one")
    assert check(after, "su", "the second one")
    assert after["lin"] == before["lin"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["users"]
    assert "second" not in path.read_text()


@pytest.mark.parametrize("name", ["", "a:b", "a b", "#a", "a\n", "x" * 65])
def test_a_name_that_would_break_the_file_is_refused(tmp_path, name):
    with pytest.raises(UsersError):
        set_password(tmp_path / "users", name, PASSWORD)
    assert not (tmp_path / "users").exists()


def test_a_short_password_is_refused_and_nothing_is_changed(tmp_path):
    set_password(tmp_path / "users", "su", PASSWORD)
    kept = (tmp_path / "users").read_text()
    with pytest.raises(UsersError, match="8"):
        set_password(tmp_path / "users", "su", "seven77")
    assert (tmp_path / "users").read_text() == kept


def test_comments_and_blank_lines_are_no_users(tmp_path):
    path = tmp_path / "users"
    path.write_text(f"# the newsroom\n\nsu:{Secret.of(PASSWORD, 16)}\n", encoding="utf-8")
    assert list(read_users(path)) == ["su"]
    set_password(path, "lin", PASSWORD)
    assert path.read_text(encoding="utf-8").startswith("# the newsroom\n\nsu:")


@pytest.mark.parametrize(
    "line",
    [
        "su",
        "su:secret-word",
        "su:scrypt$16$AAAA$AAAA",
        f"su:md5{str(Secret(bytes(16), bytes(32)))[6:]}",
        f"su:{Secret(bytes(16), bytes(32), 2**21)}",
        f"su:{Secret(bytes(16), bytes(32), 24)}",
        f"su:{Secret(bytes(16), bytes(32))}$AAAA",
    ],
)
def test_a_line_that_is_none_is_named_by_its_number_alone(tmp_path, line):
    path = tmp_path / "users"
    path.write_text(f"# comment\n{line}\n", encoding="utf-8")
    with pytest.raises(UsersError) as caught:
        read_users(path)
    assert "2" in caught.value.zh and "2" in caught.value.en
    assert "secret-word" not in caught.value.zh + caught.value.en


def test_a_file_without_users_or_none_at_all_lets_nobody_start(tmp_path):
    (tmp_path / "users").write_text("# nobody yet\n")
    for name in ("users", "missing"):
        with pytest.raises(UsersError, match="wenbao passwd"):
            read_users(tmp_path / name)


def test_passwd_reads_a_pipe_and_tells_nobody_the_password(tmp_path):
    path = tmp_path / "users"
    command = [sys.executable, "-m", "rag.cli", "passwd", str(path), "su"]
    done = subprocess.run(command, input=f"{PASSWORD}\n", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert PASSWORD not in done.stderr
    assert check(read_users(path), "su", PASSWORD)


@pytest.mark.parametrize(("typed", "code"), [([PASSWORD, PASSWORD], 0), ([PASSWORD, "other"], 1)])
def test_passwd_asks_twice_at_a_terminal(tmp_path, monkeypatch, typed, code):
    answers = iter(typed)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    assert cli.main(["passwd", str(tmp_path / "users"), "su"]) == code
    assert (tmp_path / "users").exists() is (code == 0)


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        (["--host", "0.0.0.0"], True),
        (["--host", "::"], True),
        (["--host", "::1"], False),
        ([], False),
    ],
)
def test_a_page_that_is_open_to_others_is_warned_of(
    archive, reader, monkeypatch, capsys, options, warned
):
    """What serves is replaced, nothing of what warns."""
    monkeypatch.setattr("ui.app.serve", lambda bot, **options: None)
    monkeypatch.setattr(
        "rag.cli._chatbot", lambda options, **_: cli.Chatbot(archive, reader=reader)
    )
    assert cli.main(["serve", "--no-history", "--archive", str(archive.path), *options]) == 0
    err = capsys.readouterr().err
    assert ("--auth" in err and "can change it" in err) is warned
    assert ("HTTP" in err and "--token-file" in err) is warned


@pytest.mark.parametrize("command", ["serve", "chat"])
def test_the_token_is_handed_on_and_not_asked_for_again(
    archive, reader, monkeypatch, capsys, tmp_path, command
):
    served = {}
    monkeypatch.setattr("ui.app.serve", lambda bot, **options: served.update(options))
    monkeypatch.setattr(
        "rag.cli._chatbot", lambda options, **_: cli.Chatbot(archive, reader=reader)
    )
    (tmp_path / "token").write_text("a-token-of-the-newsroom\n", encoding="utf-8")
    given = [command, "--no-history", "--host", "0.0.0.0", "--token-file"]
    assert cli.main([*given, str(tmp_path / "token")]) == 0
    assert served["token"] == "a-token-of-the-newsroom"
    err = capsys.readouterr().err
    assert "--auth" in err
    assert "--token-file" not in err
    assert cli.main([*given, str(tmp_path / "none")]) == 1
    monkeypatch.setenv("WENBAO_TOKEN", "another-token-of-ours")
    assert cli.main(given[:-1]) == 0
    assert served["token"] == "another-token-of-ours"


def test_serve_hands_the_users_on_and_does_not_warn(archive, reader, monkeypatch, capsys, tmp_path):
    served = {}
    monkeypatch.setattr("ui.app.serve", lambda bot, **options: served.update(options))
    monkeypatch.setattr(
        "rag.cli._chatbot", lambda options, **_: cli.Chatbot(archive, reader=reader)
    )
    set_password(tmp_path / "users", "su", PASSWORD)
    given = ["serve", "--no-history", "--host", "0.0.0.0", "--auth", str(tmp_path / "users")]
    assert cli.main(given) == 0
    assert check(served["users"], "su", PASSWORD)
    assert capsys.readouterr().err == ""
    assert cli.main([*given[:-1], str(tmp_path / "none")]) == 1


# --- the login -----------------------------------------------------------------------------------


def test_the_right_password_lets_in_until_the_logout(client):
    assert client.get("/").status_code == 401
    entered = log_in(client)
    assert (entered.status_code, entered.headers["location"]) == (303, "./")
    assert client.get("/").text == "林知远"
    copied = client.cookies[SESSION]
    assert client.post("/logout").headers["location"] == "./"
    assert SESSION not in client.cookies
    assert client.get("/", headers={"cookie": f"{SESSION}={copied}"}).status_code == 401


def test_the_cookie_is_for_this_site_and_no_script(client):
    header = log_in(client).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(header.split("; "))
    assert "Secure" not in header
    client.base_url = "https://newsroom.test"
    assert "Secure" in log_in(client).headers["set-cookie"].split("; ")


def test_a_wrong_password_is_said_and_lets_nobody_in(client):
    for name, password in (("林知远", "wrong one"), ("nobody", PASSWORD), ("", "")):
        page = log_in(client, password, name)
        assert page.status_code == 401
        assert 'role="alert"' in page.text
        assert "set-cookie" not in page.headers
        assert client.get("/").status_code == 401


def test_neither_password_nor_name_are_logged(client, caplog):
    log_in(client, "wrong-secret", "typed-into-the-wrong-field")
    assert "testclient" in caplog.text
    assert "wrong" not in caplog.text


def test_after_five_failures_one_has_to_wait_even_with_the_right_password(client, clock):
    for _ in range(FAILURES):
        assert log_in(client, "wrong one").status_code == 401
        clock.now += 1
    page = log_in(client)
    assert page.status_code == 429
    assert page.headers["retry-after"] == str(WINDOW - FAILURES)
    assert f" {WINDOW - FAILURES} " in page.text
    clock.now += WINDOW - FAILURES
    assert log_in(client).status_code == 303


def test_guesses_at_the_same_time_are_counted_one_by_one(users):
    async def guess(login, statuses):
        body = b"name=su&password=wrong"
        scope = {
            "type": "http", "method": "POST", "path": "/login", "query_string": b"",
            "headers": [], "client": ("192.0.2.7", 1), "server": ("x", 80), "scheme": "http",
        }  # fmt: skip

        async def receive():
            return {"type": "http.request", "body": body}

        async def send(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await login(scope, receive, send)

    async def together():
        login, statuses = Login(_greet, users=users), []
        await asyncio.gather(*(guess(login, statuses) for _ in range(FAILURES + 3)))
        return statuses

    assert sorted(asyncio.run(together())) == [401] * FAILURES + [429] * 3


@pytest.mark.parametrize(
    ("back", "location"),
    [
        ("article=a1&at=3-9", "./?article=a1&at=3-9"),
        ("", "./"),
        ("//evil.test/", "./"),
        ("a=1\r\nSet-Cookie: x=y", "./?a=1%0D%0ASet-Cookie%3A+x%3Dy"),
    ],
)
def test_the_address_that_was_asked_for_is_opened_and_no_other(client, back, location):
    assert log_in(client, back=back).headers["location"] == location


def test_the_form_takes_the_address_along_as_text(client):
    page = client.get('/?article="><script>x</script>')
    assert 'value="article=%22%3E%3Cscript%3Ex%3C%2Fscript%3E"' in page.text


def test_a_login_from_another_site_is_refused(client):
    fields = {"name": "林知远", "password": PASSWORD}
    page = client.post("/login", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert page.status_code == 403
    assert "set-cookie" not in page.headers


def test_an_endless_form_is_not_read(client):
    assert log_in(client, PASSWORD, padding="x" * 5000).status_code == 401


@pytest.mark.parametrize(("header", "word"), [("zh-CN", "用户名"), ("en", "User name")])
def test_the_page_speaks_the_readers_language_and_labels_its_fields(client, header, word):
    page = client.get("/", headers={"accept-language": header}).text
    assert f"<label>{word}<input name=" in page
    assert 'type="password" autocomplete="current-password"' in page


def test_a_websocket_is_closed(client):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass


# --- before the real page ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(users):
    async def made():
        return server.application(build(SmallChatbot()), users=users)

    return TestClient(asyncio.run(made()), base_url="http://127.0.0.1:7860", follow_redirects=False)


@pytest.mark.parametrize("path", CLOSED)
def test_nothing_is_served_to_strangers(guarded, path):
    guarded.cookies.clear()
    assert guarded.get(path).status_code == 401
    assert guarded.post(path, json={}).status_code == 401


def test_the_login_has_the_security_headers_and_allows_its_own_form(guarded):
    guarded.cookies.clear()
    page = guarded.get("/")
    assert page.status_code == 401
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert guarded.get("/", headers={"host": "evil.test"}).status_code == 404


def test_a_user_gets_the_page(guarded):
    guarded.cookies.clear()
    log_in(guarded)
    assert "window.gradio_config" in guarded.get("/").text
    assert guarded.get("/config").status_code == 200
    assert guarded.get("/gradio_api/file=/etc/hostname").status_code == 404
    assert guarded.get("/login").headers["location"] == "./"


def test_without_users_there_is_no_login():
    async def made():
        return server.application(build(SmallChatbot()))

    client = TestClient(asyncio.run(made()), base_url="http://127.0.0.1:7860")
    assert client.get("/").status_code == 200
    assert [client.post(path).status_code for path in PATHS] == [404, 404]


# --- its parts -----------------------------------------------------------------------------------


def test_a_session_ends_when_it_is_not_used(clock):
    sessions = Sessions(clock)
    token, other = sessions.begin("lin"), sessions.begin("su")
    for _ in range(3):
        clock.now += LASTS - 1
        assert sessions.user(token) == "lin"
    assert sessions.user(other) == ""
    clock.now += LASTS
    assert sessions.user(token) == ""
    assert len(token) >= 43 and token != other


@given(st.text(max_size=60))
def test_no_made_up_token_is_a_session(token):
    sessions = Sessions()
    sessions.begin("lin")
    assert sessions.user(token) == ""


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 30)), max_size=40))
def test_the_limit_is_that_of_a_list_of_all_failures(events):
    clock = Clock()
    failures, seen = Failures(clock), []
    for address, pause in events:
        clock.now += pause
        recent = [t for a, t in seen if a == address and t > clock.now - WINDOW]
        assert (failures.wait(address) > 0) is (len(recent) >= FAILURES)
        failures.add(address)
        seen.append((address, clock.now))


def test_an_ipv6_address_counts_with_its_neighbours():
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("192.0.2.1") != network("192.0.2.2")
    assert network("testclient") == "testclient"


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=20))
def test_no_browsers_cookie_owns_a_users_conversations(token, name):
    assert owner(token) != owner_of_user(name)
    assert len(owner(token)) == len(owner_of_user(name)) == 24
