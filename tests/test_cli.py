from __future__ import annotations

import json
import subprocess
import sys

import pytest
from conftest import Scripted

from rag import Archive, cli
from rag.errors import ArchiveLocked


@pytest.fixture
def run(archive, reader, monkeypatch, capsys):
    """Runs the command on the small archive; returns (code, stdout lines, stderr)."""
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setattr("rag.archive._load_encoder", lambda name: archive.encoder)
    monkeypatch.setattr("rag.chatbot.bundled_reader", lambda: reader)

    def call(*arguments):
        code = cli.main([*arguments, "--archive", str(archive.path)])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return call


def test_the_page_of_an_archive_that_is_not_there_yet_takes_the_first_files(
    run, tmp_path, monkeypatch
):
    served = []
    monkeypatch.setattr("ui.app.serve", lambda bot, **options: served.append(bot.archive))
    assert cli.main(["chat", "--archive", str(tmp_path / "new")]) == 0
    (archive,) = served
    assert (archive.path, archive.counts().articles) == (tmp_path / "new", 0)


def test_list_gives_one_object_a_line(run):
    code, lines, _ = run("list", "--json")
    records = [json.loads(line) for line in lines]
    assert code == 0
    assert [r["title"] for r in records] == [
        "云桥湿地观鸟节开幕",
        "城东水厂夜间检修",
        "老街面馆的三代人",
    ]
    assert records[0]["date"] == "2024-03-03"
    assert set(records[0]) >= {"id", "title", "date", "path", "source"}


def test_list_filters(run):
    _, lines, _ = run("list", "--json", "--since", "2024-04-01")
    assert len(lines) == 1
    _, lines, err = run("list", "--title", "水厂")
    assert "城东水厂夜间检修" in lines[0]
    assert "3 articles" in err


@pytest.mark.parametrize(
    ("reply", "lines", "note"),
    [
        (
            "停水检修影响居民2.1万户[{}]。市民都很高兴。",
            "停水检修影响居民2.1万户。[1][unsupported] 市民都很高兴。",
            "",
        ),
        (
            "市民都很高兴。",
            "城东水厂3月5日22时至次日6时停水检修，影响居民2.1万户。[1]",
            "No sentence that the language model wrote is supported",
        ),
    ],
)
def test_what_a_language_model_writes_is_marked_or_left(run, monkeypatch, reply, lines, note):
    def said(messages):
        before = messages[-1]["content"].partition("2.1万户")[0]
        return reply.format(before.count("=== 段落") - before.count("完 ==="))

    monkeypatch.setattr("rag.cli.generator_of", lambda name: Scripted(said))
    monkeypatch.setenv("WENBAO_MIN_CONFIDENCE", "0")
    code, out, err = run("ask", "停水检修影响多少户居民？", "--generator", "openai:m@http://h")
    assert code == 0
    assert lines.removesuffix("[1]") in "".join(out)
    assert note in err


def test_ask_gives_the_whole_answer(run, archive):
    code, lines, _ = run("ask", "停水检修影响多少户居民？", "--json")
    answer = json.loads(lines[0])
    assert code == 0
    assert answer["status"] in ("answered", "refused")
    assert set(answer) >= {"text", "status", "citations", "nearest", "timings", "confidence"}
    for citation in answer["citations"]:
        text = archive.article(citation["article_id"]).text
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_ask_reads_questions_from_standard_input(run, monkeypatch):
    import io

    lines = ["停水影响多少户？".encode(), b"", "停水影响多少户？".encode("gb18030"), b"1?"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(lines)), "utf-8"))
    code, lines, err = run("ask", "-", "--json")
    records = [json.loads(line.encode()) for line in lines]
    assert [r["status"] == "error" for r in records] == [False, True, True, False]
    assert code == 1
    assert "empty" in err
    assert "half a character" in err


@pytest.mark.parametrize(
    ("question", "words"), [("", "empty"), ("  \n ", "empty"), ("问" * 100_000, "100,000")]
)
def test_a_question_that_cannot_be_asked(run, question, words):
    code, lines, err = run("ask", question)
    assert (code, lines) == (1, [])
    assert words in err


def test_show_and_remove(run):
    _, lines, _ = run("list", "--json")
    key = json.loads(lines[1])["id"]
    code, lines, _ = run("show", key)
    assert code == 0
    assert lines[0] == "城东水厂夜间检修"
    assert run("remove", key)[:2] == (0, ["1 articles removed."])
    code, _, err = run("show", key)
    assert code == 1
    assert "wenbao list" in err


def test_add_reports_what_failed_with_exit_code_one(run, tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"")
    good = tmp_path / "good.txt"
    good.write_text("小桥修好了\n\n小桥昨日修好，行人可以通过。", encoding="utf-8")
    code, lines, err = run("add", str(bad), str(good), "--json")
    report = json.loads(lines[0])
    assert code == 1
    assert report["added"] == 1
    assert "bad.txt" in err
    assert len(report["problems"]) == 1
    assert run("add", str(good))[0] == 0


def test_doctor(run):
    code, lines, _ = run("doctor", "--json")
    facts = json.loads(lines[0])
    assert code == 0
    assert (facts["database"], facts["model"], facts["articles"]) == ("ok", "ok", 3)
    code, _, err = run("doctor", "--reembed")
    assert code == 0
    assert "embedded again" in err


def test_messages_follow_the_locale(run, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "问题是空的" in run("ask", "")[2]
    assert "共 3 篇" in run("list")[2]


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], [], ["ask"], ["add"], ["list", "--since", "yesterday"], ["chat", "--port", "x"]],
)
def test_wrong_use_is_exit_code_two(arguments):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2


def test_wrong_settings_are_wrong_use(run, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("passagess = 3")
    code, _, err = run("ask", "哪里停水？", "--config", str(path))
    assert code == 2
    assert "passagess" in err


def test_errors_of_the_archive_are_one_line(run, monkeypatch):
    def locked(self, *arguments, **options):
        raise ArchiveLocked("有人在写", "someone writes")

    monkeypatch.setattr(Archive, "remove", locked)
    code, _, err = run("remove", "x")
    assert (code, err) == (1, "wenbao: someone writes\n")


def test_no_archive_says_what_to_do(tmp_path, capsys):
    assert cli.main(["list", "--archive", str(tmp_path / "none")]) == 1
    assert "wenbao add" in capsys.readouterr().err


def test_titles_cannot_move_the_cursor(run, tmp_path):
    path = tmp_path / "t.jsonl"
    title = "红\u001b[31m字\u202e题"
    path.write_text(json.dumps({"title": title, "text": "正文在这里。"}), encoding="utf-8")
    assert run("add", str(path))[0] == 0
    _, lines, _ = run("list")
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_help_is_light_and_complete():
    done = subprocess.run(
        [sys.executable, "-m", "rag.cli", "--help"], capture_output=True, text=True, check=True
    )
    for command in ("add", "ask", "serve", "list", "show", "remove", "doctor", "passwd", "eval"):
        assert command in done.stdout


def test_eval_lists_its_measurements(capsys):
    assert cli.main(["eval", "--help"]) == 0
    assert "retrieval" in capsys.readouterr().out
    assert cli.main(["eval", "nonsense"]) == 2
