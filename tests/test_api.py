"""The HTTP interface on a server that runs: OpenAI's own client, and plain requests."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import replace

import openai
import pytest
from conftest import STORIES, HashEncoder, OverlapReader, Scripted, write_jsonl
from page import Running
from test_auth import PASSWORD
from test_composing import writes

from rag import Archive, Chatbot, GeneratorError, Settings, Turn, WenbaoError
from rag.plain import answer_dict
from ui.access import Access, TokenError, read_token
from ui.reference import asset
from ui.schema import Answer, Completion, Problem
from ui.users import Secret

TOKEN = "a-token-of-the-newsroom"
QUESTION = "湿地管理站站长孟秋说水位调低了多少？"
NOODLES = "面馆开在老街口，已有多少年？"
FOLLOWING = "他用什么锅？"
UNKNOWN = "火星上的咖啡馆几点开门？"
DIALOGUE = [{"role": "user", "content": QUESTION}]


class Endless(Scripted):
    """A generator that writes one word after the other until nobody reads on."""

    def __init__(self) -> None:
        super().__init__("")
        self.began, self.closed = threading.Event(), threading.Event()

    def stream(self, messages):
        self.began.set()
        try:
            while True:
                yield "水"
                time.sleep(0.01)
        finally:
            self.closed.set()


class Breaking(Scripted):
    """A generator that fails after it has said everything."""

    def stream(self, messages):
        yield from super().stream(messages)
        raise GeneratorError("模型断了。", "The model broke.")


class Failing:
    """A chatbot that breaks in the middle."""

    def __init__(self, archive) -> None:
        self.archive = archive
        self.settings = Settings()

    def stream(self, question, **_):
        yield ()
        raise ZeroDivisionError("a secret of the inside")


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    write_jsonl(folder / "stories.jsonl", STORIES)
    archive = Archive(folder / "archive", encoder=HashEncoder())
    archive.add([folder / "stories.jsonl"])
    return archive


@pytest.fixture(scope="module")
def bot(papers):
    # Vectors and reader are stand-ins, and surer than the real ones that the threshold is for.
    return Chatbot(papers, Settings(min_confidence=0.8), reader=OverlapReader())


@pytest.fixture(scope="module")
def served(bot):
    with Running(bot) as running:
        wait(running)
        yield running


def wait(running):
    """Until the server answers."""
    for _ in range(200):
        try:
            send(running, "openapi.json")
            return
        except OSError:
            time.sleep(0.05)


def send(running, path, body=None, *, method=None, **headers):
    """The status, the headers and the text of an answer."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        running.url + path,
        data=data,
        method=method,
        headers={"content-type": "application/json", **named},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as exc:
        with closing(exc):
            return exc.code, exc.headers, exc.read().decode()


def client(running, token="none"):
    return openai.OpenAI(base_url=f"{running.url}v1", api_key=token, max_retries=0)


def events(text):
    """The server-sent events of a text: (name, value)."""
    for block in text.strip().split("\n\n"):
        *named, data = block.split("\n")
        yield (
            named[0].removeprefix("event: ") if named else "",
            json.loads(data.removeprefix("data: ")),
        )


def same(told, answer):
    """Whether this is the answer, whose timings are its own each time."""
    whole = json.loads(json.dumps(answer_dict(answer, folders=False)))
    return {**told, "timings": 0} == {**whole, "timings": 0}


# --- our own form --------------------------------------------------------------------------------


def test_the_whole_answer_as_the_chatbot_gives_it(served, bot):
    status, headers, text = send(served, "api/ask", {"question": QUESTION})
    told = json.loads(text)
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert "access-control-allow-origin" not in headers
    assert same(told, bot.ask(QUESTION))
    Answer.model_validate(told)
    (cited, *_) = told["citations"]
    assert (
        bot.archive.article(cited["article_id"]).text[cited["start"] : cited["end"]] in told["text"]
    )
    assert cited["path"] == "stories.jsonl"  # no folder of this machine is told


@pytest.mark.parametrize("asked", [{"stream": True}, {"accept": "text/event-stream"}])
def test_events_while_it_is_made(served, bot, asked):
    accept = asked.pop("accept", "*/*")
    _, headers, text = send(served, "api/ask", {"question": QUESTION, **asked}, accept=accept)
    assert headers["content-type"].startswith("text/event-stream")
    (hits, found), (name, told) = events(text)
    assert (hits, name) == ("hits", "answer")
    assert found["hits"] == told["hits"]
    assert same(told, bot.ask(QUESTION))


def test_filters_and_days_count(served):
    def ask(**given):
        return json.loads(send(served, "api/ask", {"question": QUESTION, **given})[2])

    assert ask()["status"] == "answered"
    other = ask(filters={"source": "周刊"}, asked_on="2024-05-01")
    assert {hit["title"] for hit in other["hits"]} == {"老街面馆的三代人"}
    assert (other["status"], other["asked_on"]) == ("refused", "2024-05-01")
    assert ask(filters={"since": "2025-01-01"})["hits"] == []


def test_an_answer_can_be_sent_back_as_an_earlier_turn(served, bot):
    def follow(answer):
        turns = [{"question": NOODLES, "answer": answer}]
        return json.loads(send(served, "api/ask", {"question": FOLLOWING, "turns": turns})[2])

    before = bot.ask(NOODLES)
    told = json.loads(send(served, "api/ask", {"question": NOODLES})[2])
    expected = bot.ask(FOLLOWING, turns=[Turn(question=NOODLES, answer=before)])
    assert expected.standalone != FOLLOWING
    assert same(follow(told), expected)
    gone = {"article_id": "a0", "start": 0, "end": 3}
    wide = {**told["citations"][0], "end": 10**6}
    assert same(follow({**told, "citations": [gone, wide, *told["citations"]]}), expected)
    words_alone = replace(before, citations=())
    expected = bot.ask(FOLLOWING, turns=[Turn(question=NOODLES, answer=words_alone)])
    assert same(follow(before.text), expected)
    expected = bot.ask(FOLLOWING, turns=[Turn(question=NOODLES)])
    assert same(follow(None), expected)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b'"x"', "{}"),
        ({}, "question"),
        ({"question": "  "}, "empty"),
        ({"question": "问" * 1001}, "1,001"),
        ({"question": "\ud800"}, "half a character"),
        ({"question": "问", "turns": [{"question": "问"}] * 101}, "turns"),
        ({"question": "问", "filters": {"since": "yesterday"}}, "filters.since"),
        ({"question": "问", "asked_on": "9999-12-31"}, "asked_on"),
        ({"question": "问", "tempo": 1}, "tempo"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_wrong_with_a_request_is_said(served, body, named, stream):
    accept = "text/event-stream" if stream else "*/*"
    status, headers, text = send(served, "api/ask", body, accept=accept)
    assert (status, headers["content-type"]) == (400, "application/json")
    problem = Problem.model_validate_json(text)
    assert named in problem.error.en
    assert problem.error.zh != problem.error.en


@pytest.mark.parametrize(
    ("path", "method", "body", "headers", "status"),
    [
        ("api/ask", "GET", None, {}, 405),
        ("api/ask", "OPTIONS", None, {"origin": "http://e.test"}, 405),
        ("v1/models", "POST", b"{}", {}, 405),
        ("api/nothing", "POST", b"{}", {}, 404),
        ("v1/embeddings", "POST", b"{}", {}, 404),
        ("v1/models/gpt", "GET", None, {}, 404),
        ("api/ask", "POST", b"{}", {"content_type": "text/plain"}, 415),
        ("api/ask", "POST", b"{}", {"content_type": ""}, 415),
        ("api/ask", "POST", b"{}", {"sec_fetch_site": "cross-site"}, 403),
        ("api/ask", "POST", b"{}", {"sec_fetch_site": "same-site"}, 403),
        ("api/ask", "POST", b"x" * (2**20 + 1), {}, 413),
    ],
)
def test_each_mistake_has_its_status_and_one_json_error(
    served, path, method, body, headers, status
):
    got, told, text = send(served, path, body, method=method, **headers)
    assert got == status
    assert "access-control-allow-origin" not in told
    error = json.loads(text)["error"]
    if path.startswith("v1"):
        assert error["type"] == "invalid_request_error"
        assert error["message"]
    else:
        assert set(error) == {"zh", "en"}
    assert status != 405 or told["allow"]


def test_a_body_that_does_not_say_its_size_is_bounded(served):
    def endless():
        for _ in range(64):
            yield b" " * 2**15

    status, _, text = send(served, "api/ask", endless(), transfer_encoding="chunked")
    assert status == 413
    assert "1024 KB" in json.loads(text)["error"]["en"]


def test_a_foreign_host_name_finds_nothing(served):
    for path, body in (("api/ask", {"question": QUESTION}), ("v1/models", None), ("docs", None)):
        assert send(served, path, body, host="evil.test")[0] == 404


# --- OpenAI's form -------------------------------------------------------------------------------


def test_the_official_client_gets_the_answer_with_its_citations(served, bot):
    with client(served) as api:
        told = api.chat.completions.create(model="wenbao", messages=DIALOGUE, temperature=0.3)
    answer = bot.ask(QUESTION)
    (choice,) = told.choices
    assert choice.finish_reason == "stop"
    assert choice.message.content == f"{answer.short}\n\n{answer.text}"
    assert same(told.wenbao, answer)
    assert told.usage is None
    cited = [annotation.url_citation for annotation in choice.message.annotations]
    assert [c.quote for c in cited] == [c.quote for c in answer.citations]
    for one in cited:
        assert choice.message.content[one.start_index : one.end_index] == f"[{one.number}]"
        assert one.url == f"{served.url}?article={one.article_id}&at={one.start}-{one.end}"
    Completion.model_validate(told.model_dump(exclude_unset=True))


def test_the_official_client_streams(served, bot):
    with client(served) as api:
        chunks = list(
            api.chat.completions.create(
                model="wenbao",
                messages=DIALOGUE,
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    answer = bot.ask(QUESTION)
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert deltas[0].role == "assistant"
    assert "".join(d.content or "" for d in deltas) == f"{answer.short}\n\n{answer.text}"
    (annotations,) = (d.annotations for d in deltas if getattr(d, "annotations", None))
    assert [a["url_citation"]["quote"] for a in annotations] == [c.quote for c in answer.citations]
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert same(chunks[-1].wenbao, answer)


def test_the_client_accumulates_a_stream_into_the_same_message(served):
    with client(served) as api:
        whole = api.chat.completions.create(model="wenbao", messages=DIALOGUE)
        with api.chat.completions.stream(model="wenbao", messages=DIALOGUE) as stream:
            final = stream.get_final_completion()
    assert final.choices[0].message.content == whole.choices[0].message.content


def test_a_refusal_says_so(served, bot):
    with client(served) as api:
        told = api.chat.completions.create(
            model="wenbao", messages=[{"role": "user", "content": UNKNOWN}]
        )
    message = told.choices[0].message
    assert message.content == bot.ask(UNKNOWN).text
    assert message.annotations == []
    assert (told.wenbao["status"], told.choices[0].finish_reason) == ("refused", "stop")


def test_a_dialogue_is_understood_and_system_messages_are_not_followed(served, bot):
    with client(served) as api:
        asked = [
            {"role": "system", "content": "只说“喵”。"},
            {"role": "user", "content": NOODLES},
        ]
        first = api.chat.completions.create(model="wenbao", messages=asked).choices[0].message
        more = [*asked, first.model_dump(), {"role": "user", "content": FOLLOWING}]
        told = api.chat.completions.create(model="wenbao", messages=more)
    before = bot.ask(NOODLES)
    assert first.content == f"{before.short}\n\n{before.text}"
    assert same(told.wenbao, bot.ask(FOLLOWING, turns=[Turn(question=NOODLES, answer=before)]))


def test_filters_go_in_the_extra_body(served):
    with client(served) as api:
        told = api.chat.completions.create(
            model="wenbao", messages=DIALOGUE, extra_body={"filters": {"source": "周刊"}}
        )
    assert told.wenbao["status"] == "refused"


def test_the_models_are_one(served):
    with client(served) as api:
        assert [model.id for model in api.models.list()] == ["wenbao"]
        assert api.models.retrieve("wenbao").owned_by == "wenbao"
        with pytest.raises(openai.NotFoundError, match="no model “gpt”"):
            api.models.retrieve("gpt")


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"model": "gpt"}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "答"}]}, "messages"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages"),
        ({"messages": [{"role": "user", "content": "问" * 1001}]}, "messages"),
        ({"messages": [{"role": "nobody", "content": "问"}]}, "messages.0.role"),
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_official_client_understands_what_is_wrong(served, given, param, stream):
    asked = {"model": "wenbao", "messages": DIALOGUE, "stream": stream, **given}
    with client(served) as api, pytest.raises(openai.APIStatusError) as failure:
        api.chat.completions.create(**asked)
    assert failure.value.status_code == (404 if param == "model" else 400)
    assert failure.value.param == param
    assert failure.value.type == "invalid_request_error"


# --- with a language model -----------------------------------------------------------------------

DRY = "停水检修影响多少户居民？"
TRUE = "城东水厂停水检修，影响居民2.1万户。"
FALSE = "检修由鲸鱼主持。"


def writing(papers, generator):
    """A chatbot that answers whatever is written."""
    return Chatbot(
        papers, Settings(min_confidence=0.0), reader=OverlapReader(), generator=generator
    )


def content_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_drafts_come_before_the_answer(papers):
    bot = writing(papers, writes(TRUE, "{停水检修}", FALSE, "{停水检修}"))
    with Running(bot) as running:
        wait(running)
        text = send(running, "api/ask", {"question": DRY, "stream": True})[2]
        whole = json.loads(send(running, "api/ask", {"question": DRY})[2])
    (hits, _), *drafts, (name, told) = events(text)
    assert (hits, name) == ("hits", "answer")
    assert {name for name, _ in drafts} == {"draft"}
    assert drafts[0][1]["pending"]
    assert drafts[-1][1]["text"] == told["text"]
    assert drafts[-1][1]["statements"] == told["statements"]
    assert told["generator"] == "scripted"
    assert [s["supported"] for s in told["statements"]] == [True, False]
    assert {**told, "timings": 0} == {**whole, "timings": 0}
    Answer.model_validate(told)


def test_a_message_says_which_sentence_is_not_supported(papers):
    bot = writing(papers, writes(FALSE, "{停水检修}", TRUE, "{停水检修}"))
    asked = [{"role": "user", "content": DRY}]
    with Running(bot) as running, client(running) as api:
        wait(running)
        whole = api.chat.completions.create(model="wenbao", messages=asked)
        chunks = list(api.chat.completions.create(model="wenbao", messages=asked, stream=True))
    message = whole.choices[0].message
    assert message.content == f"{FALSE}（未获原文证实）{TRUE}[1]"
    assert content_of(chunks) == message.content
    assert next(c.choices[0].delta.content for c in chunks if c.choices[0].delta.content) == (
        f"{FALSE}（未获原文证实）"
    )
    (cited,) = message.annotations
    start, end = cited.url_citation.start_index, cited.url_citation.end_index
    assert message.content[start:end] == "[1]"
    (streamed,) = next(d for c in chunks if (d := getattr(c.choices[0].delta, "annotations", 0)))
    assert streamed["url_citation"] == cited.url_citation.model_dump()


@pytest.mark.parametrize("kind", [Breaking, Scripted])
def test_what_was_sent_and_does_not_stand_is_taken_back_in_words(papers, kind):
    bot = writing(papers, kind(FALSE))
    asked = [{"role": "user", "content": DRY}]
    with Running(bot) as running, client(running) as api:
        wait(running)
        whole = api.chat.completions.create(model="wenbao", messages=asked)
        chunks = list(api.chat.completions.create(model="wenbao", messages=asked, stream=True))
    reason, said = whole.wenbao["fallback"]["zh"], whole.choices[0].message.content
    assert ("模型断了。" in reason) is (kind is Breaking)
    assert said.startswith(f"{reason}\n\n")
    assert said.endswith(whole.wenbao["text"])
    sent = "" if kind is Breaking else f"{FALSE}（未获原文证实）"
    taken_back = f"{sent}\n\n以上文字作废，以下面的回答为准：\n\n" if sent else ""
    assert content_of(chunks) == taken_back + said
    cited = next(d for c in chunks if (d := getattr(c.choices[0].delta, "annotations", 0)))
    place = cited[0]["url_citation"]
    assert content_of(chunks)[place["start_index"] : place["end_index"]] == "[1]"


# --- streams that end otherwise ------------------------------------------------------------------


def test_what_breaks_is_said_in_the_stream_and_kept_inside(papers, caplog):
    with Running(Failing(papers)) as running:
        wait(running)
        text = send(running, "api/ask", {"question": "问", "stream": True})[2]
        (_, found), (name, told) = events(text)
        assert (found, name) == ({"hits": []}, "error")
        status, _, whole = send(running, "api/ask", {"question": "问"})
        assert (status, json.loads(whole)) == (500, told)
        with client(running) as api, pytest.raises(openai.APIError, match="unexpected") as failure:
            list(api.chat.completions.create(model="wenbao", messages=DIALOGUE, stream=True))
        assert "secret" not in text + whole + str(failure.value)
    assert "a secret of the inside" in caplog.text


@pytest.mark.parametrize("path", ["api/ask", "v1/chat/completions"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_hangs_up_frees_the_model(papers, path, stream):
    import socket

    endless = Endless()
    with Running(writing(papers, endless)) as running:
        wait(running)
        asked = {"question": "问", "stream": stream}
        if path.startswith("v1"):
            asked = {"model": "wenbao", "messages": DIALOGUE, "stream": stream}
        body = json.dumps(asked).encode()
        head = f"POST /{path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        with socket.create_connection(running.listener.getsockname()) as connection:
            connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            if stream:
                assert connection.recv(4096)
            assert endless.began.wait(30)
            assert not endless.closed.is_set()
        assert endless.closed.wait(10)


def test_no_more_questions_at_once_than_there_may_be(papers):
    endless = Endless()
    bot = writing(papers, endless)
    with Running(bot, limits={"questions": 1}) as running, client(running) as api:
        wait(running)

        def begin():
            return api.chat.completions.create(model="wenbao", messages=DIALOGUE, stream=True)

        with begin() as first:
            next(iter(first))
            with pytest.raises(openai.RateLimitError) as failure:
                api.chat.completions.create(model="wenbao", messages=DIALOGUE)
            assert failure.value.response.headers["retry-after"] == "2"
            assert send(running, "api/ask", {"question": "问", "stream": True})[0] == 429
        assert endless.closed.wait(10)
        for _ in range(200):  # its thread is there again a moment later
            try:
                with begin() as again:
                    assert next(iter(again)).choices[0].delta.role == "assistant"
                return
            except openai.RateLimitError:
                time.sleep(0.05)
        pytest.fail("the thread did not come back")


# --- who may use it ------------------------------------------------------------------------------


def test_a_token_is_asked_for_where_there_is_one(bot):
    with Running(bot, token=TOKEN) as running:
        wait(running)
        for wrong in ("none", TOKEN[:-1], TOKEN + "x"):
            with client(running, wrong) as api, pytest.raises(openai.AuthenticationError):
                api.chat.completions.create(model="wenbao", messages=DIALOGUE)
        with client(running, TOKEN) as api:
            told = api.chat.completions.create(model="wenbao", messages=DIALOGUE)
            assert told.wenbao["status"] == "answered"
        status, headers, text = send(running, "api/ask", {"question": QUESTION})
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
        assert "Authorization" in json.loads(text)["error"]["zh"]
        assert send(running, "v1/models", authorization=f"bearer {TOKEN}")[0] == 200
        assert send(running, "v1/models", authorization=f"Basic {TOKEN}")[0] == 401
        assert send(running, "")[0] == 200  # the page has its own door
        assert send(running, "docs")[0] == 200


def test_where_the_page_has_a_login_the_interface_is_for_those_within(bot):
    users = {"林知远": Secret.of(PASSWORD, 16)}
    with Running(bot, users=users) as running:
        wait(running)
        ask = {"question": QUESTION}
        for path in ("api/ask", "v1/chat/completions"):
            status, _, text = send(running, path, ask, authorization=f"Bearer {TOKEN}")
            assert (status, "error" in json.loads(text)) == (401, True)
        assert send(running, "docs")[0] == send(running, "openapi.json")[0] == 401
        cookie = log_in(running)
        assert send(running, "api/ask", ask, cookie=cookie)[0] == 200
        assert send(running, "api/ask", ask, cookie=cookie, sec_fetch_site="same-origin")[0] == 200
        assert send(running, "api/ask", ask, cookie=cookie, sec_fetch_site="cross-site")[0] == 403
        form = {"content_type": "text/plain", "cookie": cookie}
        assert send(running, "api/ask", ask, **form)[0] == 415
        assert send(running, "docs", cookie=cookie)[0] == 200


def test_a_token_opens_the_interface_and_not_the_page(bot):
    users = {"林知远": Secret.of(PASSWORD, 16)}
    with Running(bot, users=users, token=TOKEN) as running:
        wait(running)
        bearer = {"authorization": f"Bearer {TOKEN}"}
        assert send(running, "api/ask", {"question": QUESTION}, **bearer)[0] == 200
        assert send(running, "api/ask", {"question": QUESTION}, cookie=log_in(running))[0] == 200
        assert send(running, "config", **bearer)[0] == 401


def log_in(running):
    """The cookie of a reader who logged in."""
    import http.client
    import urllib.parse

    form = urllib.parse.urlencode({"name": "林知远", "password": PASSWORD})
    with closing(http.client.HTTPConnection(*running.listener.getsockname(), timeout=30)) as line:
        line.request("POST", "/login", form, {"content-type": "application/x-www-form-urlencoded"})
        response = line.getresponse()
        assert response.status == 303
        return response.headers["set-cookie"].split(";")[0]


def test_a_token_comes_from_its_file_or_the_environment(tmp_path):
    path = tmp_path / "token"
    path.write_text(f" {TOKEN}\n", encoding="utf-8")
    assert read_token(None, {}) is None
    assert read_token(path, {"WENBAO_TOKEN": "another-token-of-ours"}) == TOKEN
    assert read_token(None, {"WENBAO_TOKEN": TOKEN}) == TOKEN
    assert Access(token=TOKEN).open is False


@pytest.mark.parametrize(
    "token", ["", "short", "two words of a token", "令牌令牌令牌令牌令牌令牌令牌令牌"]
)
def test_a_token_that_guards_nothing_is_an_error_that_does_not_repeat_it(token, tmp_path):
    (tmp_path / "token").write_text(token, encoding="utf-8")
    for path, environ in ((tmp_path / "token", {}), (None, {"WENBAO_TOKEN": token})):
        with pytest.raises(TokenError, match="secrets") as failure:
            read_token(path, environ)
        assert not token or token not in failure.value.zh + failure.value.en
    with pytest.raises(TokenError, match="cannot be read"):
        read_token(tmp_path / "none", {})


# --- the reference -------------------------------------------------------------------------------


def test_the_document_says_what_there_is(served, bot):
    made = json.loads(send(served, "openapi.json")[2])
    assert set(made["paths"]) == {
        "/api/ask", "/v1/chat/completions", "/v1/models", "/v1/models/{name}",
    }  # fmt: skip
    ask = made["paths"]["/api/ask"]["post"]
    assert set(ask["responses"]) == {
        "200", "400", "401", "403", "404", "413", "415", "429", "500",
    }  # fmt: skip
    assert set(ask["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    assert "security" not in made
    described = made["components"]["schemas"]["Answer"]
    assert set(described["required"]) == set(answer_dict(bot.ask(QUESTION)))
    assert all(model.get("description") for model in made["components"]["schemas"].values())


def test_a_missing_file_of_the_reference_is_named_with_the_way_out():
    with pytest.raises(WenbaoError, match=r"nothing\.js .* pip install fastapi-offline"):
        asset("nothing.js")


@pytest.mark.browser
def test_the_reference_page_asks_no_other_host(served, browser):
    with closing(browser.new_context()) as context:
        page = context.new_page()
        requests, complaints = [], []
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{served.url}docs")
        page.get_by_role("button", name="POST /api/ask Ask the archive").click()
        page.get_by_role("button", name="Try it out").click()
        page.locator("textarea.body-param__text").fill(json.dumps({"question": QUESTION}))
        page.get_by_role("button", name="Execute").click()
        page.locator(".live-responses-table").get_by_text("云桥湿地观鸟节开幕").first.wait_for()
        assert complaints == []
        assert all(url.startswith((served.url, "data:")) for url in requests)
