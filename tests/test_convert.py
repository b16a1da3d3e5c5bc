"""Other sets' forms, with records of our own and, where it is there, the real data."""

from __future__ import annotations

import gzip
import json

import pytest
from conftest import DATA, STORIES, write_jsonl

from eval.convert import article_ids, converted, main
from eval.dataset import QuestionSetError, read_questions

RGB = {
    "id": 3,
    "query": "白鹭多少只？",
    "answer": [["312只", "三百一十二只"]],
    "positive": [f"甲{i}：白鹭312只。" for i in range(4)],
    "negative": [f"乙{i}：天气很好。" for i in range(9)],
}


def written(tmp_path, *records):
    path = tmp_path / "data.jsonl"
    write_jsonl(path, records)
    return path


def test_articles_get_the_ids_that_an_archive_gives_them(tmp_path, archive):
    path = written(tmp_path, *({**story, "id": f"s{i}"} for i, story in enumerate(STORIES)))
    by_title = {article.title: article.id for article in archive.articles()}
    assert article_ids([path]) == {f"s{i}": by_title[s["title"]] for i, s in enumerate(STORIES)}


def test_crud_keeps_what_is_self_contained_and_takes_duplicates_for_gold(tmp_path):
    articles = tmp_path / "articles.jsonl"
    write_jsonl(articles, [{**story, "id": f"s{i}"} for i, story in enumerate(STORIES)])
    one = {
        "id": "c1",
        "question": "停水影响多少户？",
        "answer": "2.1万户",
        "gold_doc": "s1",
        "near_dup_docs": ["s0", "elsewhere"],
        "min_df": 3,
    }
    path = written(tmp_path, one, {**one, "id": "c2", "min_df": 41}, {**one, "min_df": None})
    (question,) = converted("crud", path, articles=[articles])
    ids = article_ids([articles])
    assert question.gold == ((ids["s1"], ids["s0"]),)
    assert question.answers == (("2.1万户",),)


def test_cmrc_brings_its_context(tmp_path):
    record = {
        "id": "m1",
        "question": "？",
        "context": "一段话。",
        "answers": [{"text": "话", "start": 2}, {"text": "话", "start": 2}],
    }
    path = tmp_path / "data.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(record, ensure_ascii=False).encode()))
    (question,) = converted("cmrc", path)
    assert question.passages == ("一段话。",)
    assert question.gold == (("passages#1",),)
    assert question.answers == (("话",),)


@pytest.mark.parametrize(("noise", "good"), [(0.0, 4), (0.4, 3), (0.8, 1), (1.0, 0)])
def test_rgb_draws_as_many_as_the_noise_says(tmp_path, noise, good):
    (question,) = converted("rgb", written(tmp_path, RGB), noise=noise)
    holding = [p for p in question.passages if p.startswith("甲")]
    assert len(question.passages) == 5
    assert len(holding) == good
    assert question.answerable is bool(good)
    named = [int(name.partition("#")[2]) for group in question.gold for name in group]
    assert [question.passages[n - 1] for n in named] == holding


def test_rgb_groups_are_all_drawn_from(tmp_path):
    groups = [["甲1：一", "甲2：一"], ["丙1：二", "丙2：二"]]
    record = {**RGB, "positive": groups, "answer": [["一"], ["二"]]}
    (question,) = converted("rgb", written(tmp_path, record), noise=0.6)
    assert {p[0] for p in question.passages} == {"甲", "丙", "乙"}
    assert question.answers == (("一",), ("二",))


def test_every_rgb_group_is_drawn_from_however_much_noise(tmp_path):
    record = {**RGB, "positive": [["甲：一"], ["丙：二"]], "answer": [["一"], ["二"]]}
    (question,) = converted("rgb", written(tmp_path, record), noise=0.8)
    assert {p[0] for p in question.passages} == {"甲", "丙", "乙"}
    (question,) = converted("rgb", written(tmp_path, record), noise=1.0)
    assert {p[0] for p in question.passages} == {"乙"}


def test_an_archive_that_is_wrong_is_quoted_as_it_is(tmp_path):
    record = {**RGB, "positive_wrong": ["甲：白鹭912只。"], "fakeanswer": "912只"}
    (question,) = converted("rgb", written(tmp_path, record), noise=0.4)
    assert [p for p in question.passages if p.startswith("甲")] == ["甲：白鹭912只。"]
    assert question.answers == (("912只",),)
    assert "counterfactual" in question.tags


def test_records_that_ask_nothing_are_left_out_and_counted(tmp_path, capsys):
    path = written(tmp_path, RGB, {**RGB, "id": 5, "query": " "}, {**RGB, "id": 6, "answer": ""})
    out = tmp_path / "out.jsonl"
    assert main(["rgb", str(path), "--out", str(out)]) == 0
    assert [question.id for question in read_questions(out)] == ["3"]
    assert "1 questions in" in capsys.readouterr().out


def test_an_article_that_is_nowhere_is_named(tmp_path):
    one = {"id": "c1", "question": "？", "answer": "二", "gold_doc": "s9", "near_dup_docs": []}
    path = written(tmp_path, {**one, "min_df": 3})
    with pytest.raises(QuestionSetError, match="s9"):
        converted("crud", path)


def test_what_is_not_of_the_form_is_named_and_nothing_is_written(tmp_path):
    path = written(tmp_path, RGB, {"id": 4})
    with pytest.raises(QuestionSetError, match="line 2"):
        main(["rgb", str(path), "--out", str(tmp_path / "out.jsonl")])
    assert not (tmp_path / "out.jsonl").exists()


def test_the_real_sets_convert(tmp_path):
    if not DATA.exists():
        pytest.skip(f"{DATA} is not on this machine")
    out = tmp_path / "out.jsonl"
    file = str(DATA / "reader" / "valid_cmrc_trial.jsonl.gz")
    assert main(["cmrc", file, "--out", str(out)]) == 0
    assert len(read_questions(out)) == 995
    file = str(DATA / "reader" / "cmrc_dev.jsonl.gz")
    assert main(["cmrc", file, "--out", str(out)]) == 0
    assert len(read_questions(out)) == 3216
    chunks = str(DATA / "chronoqa" / "chunks.jsonl")
    file = str(DATA / "chronoqa" / "dev.jsonl")
    assert main(["chronoqa", file, "--articles", chunks, "--out", str(out)]) == 0
    assert len(read_questions(out)) == 1000
