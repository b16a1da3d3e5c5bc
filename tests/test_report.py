"""Figures, reports and comparisons of runs whose records are made by hand."""

from __future__ import annotations

import json
import re
from html import escape

import pytest

from eval.compare import changed, differences, setups
from eval.compare import main as compare
from eval.figures import by_tag, cited_sentences, failure, figures, passage_rank, values
from eval.report import NAMES, highlighted, markdown, page, write
from eval.run import RunError, summary

ABOUT = {
    "questions": "abc",
    "cases": 6,
    "settings": {"passages": 8},
    "settings_id": "00000000",
    "archive": {"articles": 3, "passages": 4, "generation": 1},
    "models": {"embedder": "hash", "fingerprint": "x", "reader": "overlap"},
    "versions": {"python": "3"},
    "machine": "2 cores",
    "started": "2026-01-02T03:04:05+00:00",
}


def hit(article, text):
    return {
        "article_id": article,
        "title": f"题{article}",
        "date": None,
        "text": text,
        "score": 0.5,
        "start": 0,
        "end": len(text),
    }


def record(key, *, quotes=(), hits=(), answers=(("312只",),), gold=(("a1",),), **more):
    answer = {
        "short": more.get("short", ""),
        "dated": more.get("dated", ""),
        "text": "".join(f"{quote}[{i}]" for i, (_, quote) in enumerate(quotes, 1)),
        "confidence": more.get("confidence", 0.9),
        "standalone": f"问{key}？",
        "citations": [{"article_id": a, "quote": q} for a, q in quotes],
        "hits": list(hits),
    }
    asked = {
        "id": key,
        "question": f"问{key}？",
        "answers": [list(group) for group in answers],
        "gold": [list(group) for group in gold],
        "answerable": bool(answers),
        "tags": more.get("tags", ["fact"]),
    }
    return {
        "asked": asked,
        "answer": answer,
        "status": more.get("status", "answered"),
        "exact": [True] * len(quotes),
        "seconds": {"evidence": 0.1, "answer": more.get("seconds", 0.5)},
    }


GOOD, OTHER = hit("a1", "白鹭共312只。天气很好。"), hit("a2", "面馆开了41年。")
RIGHT = record("1", quotes=[("a1", "白鹭共312只。")], hits=[OTHER, GOOD], short="312只")
RECORDS = [
    RIGHT,
    record("2", quotes=[("a2", "面馆开了41年。")], hits=[OTHER], confidence=0.4),
    record("3", quotes=[("a1", "天气很好。")], hits=[GOOD], confidence=0.6),
    record("4", quotes=[("a1", "白鹭共312只。")], hits=[GOOD], short="白鹭", confidence=0.7),
    record("5", quotes=[("a1", "白鹭共312只。")], hits=[GOOD], status="refused", confidence=0.2),
    record("6", quotes=[("a2", "都说有312只。")], hits=[hit("a2", "都说有312只。"), GOOD]),
    record("7", answers=(), gold=(), quotes=[("a2", "面馆开了41年。")], tags=["none"]),
    record("8", answers=(), gold=(), status="refused", confidence=0.1, tags=["none"]),
]


def test_failures_are_sorted_by_the_stage_that_failed():
    assert [failure(r) for r in RECORDS] == [
        None,
        "not retrieved",
        "not read",
        "wrong span",
        "wrongly refused",
        "citation wrong",
        "should refuse",
        None,
    ]


def test_an_answer_out_of_the_right_article_in_other_words_is_told_apart():
    quoted = {"quotes": [("a1", "天气很好。")], "hits": [GOOD]}
    assert failure(record("1", answers=[["晴"]], **quoted)) == "other words"
    assert failure(record("1", answers=[["晴"]], status="refused", **quoted)) == "not retrieved"


def test_values_of_one_question_by_hand():
    found = values(RIGHT)
    assert found["recall@1"] == 0.0
    assert found["recall@5"] == 1.0
    assert found["MRR"] == found["passage MRR"] == 0.5
    assert (found["right"], found["exact words"], found["exact match"]) == (True, True, True)
    assert (found["citation precision"], found["citation recall"]) == (1.0, 1.0)
    assert "refused" not in found
    assert passage_rank(RECORDS[1]) is None
    assert values(RECORDS[6]).keys() == {"refused", "quotes exact", "supported"}


def test_a_day_is_right_by_the_calendar_or_as_the_paper_has_it():
    asked = (("2024年5月8日",),)
    found = values(record("a", answers=asked, short="8日", dated="2024年5月8日"))
    assert (found["exact words"], found["exact match"], found["character F1"]) == (True, True, 1.0)
    found = values(record("a", answers=(("8日",),), short="8日", dated="2024年5月8日"))
    assert (found["exact words"], found["short answer right"]) == (True, True)
    assert not values(record("a", answers=asked, short="8日"))["exact words"]


def test_figures_of_a_run_by_hand():
    found = figures(RECORDS)
    assert (found["right"].value, found["right"].n) == (0.5, 6)
    assert found["short answer right"].value == pytest.approx(2 / 6)
    assert (found["wrongly refused"].value, found["refused"].value) == (1 / 6, 0.5)
    can, cannot = [0.9, 0.4, 0.6, 0.7, 0.2, 0.9], [0.9, 0.1]
    pairs = [(a > b) + 0.5 * (a == b) for a in can for b in cannot]
    assert found["AUROC of refusal"].value == pytest.approx(sum(pairs) / len(pairs))
    assert found["seconds to answer, p95"].value == 0.5
    assert by_tag(RECORDS)["none"]["refused"].n == 2
    assert summary(RECORDS)["figures"]["right"]["n"] == 6


def test_what_went_well_every_time_still_has_an_interval():
    found = figures([RIGHT] * 5)
    assert found["citation recall"].value == 1.0
    assert found["citation recall"].low == pytest.approx(0.566, abs=1e-3)
    assert found["AUROC of refusal"].n == 0


def test_every_figure_has_a_name_in_chinese():
    assert set(figures(RECORDS)) == set(NAMES)


def test_a_claim_that_the_quote_does_not_make_is_unsupported():
    made = record("9", quotes=[("a1", "白鹭共312只。")], hits=[GOOD])
    assert values(made)["supported"] == 1.0
    made["answer"]["text"] = "白鹭共313只。[1]"
    assert values(made)["supported"] == 0.0


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("白鹭共312只。[1]\n面馆开了41年。[2]", 1.0),
        ("白鹭共312只。[2]\n面馆开了41年。[2]", 0.5),
        ("白鹭共312只，面馆开了41年。[1][2]", 1.0),
        ("白鹭共312只。[1]面馆开了41年。", 0.5),
    ],
)
def test_a_sentence_rests_on_the_quotes_that_it_cites(text, share):
    made = record("9", quotes=[("a1", "白鹭共312只。"), ("a2", "面馆开了41年。")])
    made["answer"]["text"] = text
    assert values(made)["supported"] == share


def test_a_number_that_no_citation_has_is_part_of_the_words():
    assert list(cited_sentences("共3次[12]。[1]", ["共3次[12]。"])) == [
        ("共3次[12]。", "共3次[12]。")
    ]


EVIL = '<script>alert(1)</script><img src="http://evil.test/x">'


def test_the_page_holds_everything_and_asks_for_nothing():
    evil = record("e", quotes=[("a1", EVIL)], hits=[hit("a1", EVIL + "312只")], short=EVIL)
    html = page(ABOUT, [*RECORDS, evil])
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search(r"""(?:src|href)=|url\(""", html.replace(escape(EVIL), ""))
    assert html.count("<svg") == 4
    assert "<mark>312只</mark>" in html
    for name in ("问2？", "问7？", "wrongly refused", "00000000"):
        assert name in html


def test_words_are_marked_as_they_are_written():
    assert highlighted("共六集，<b>", ["6集"]) == "共<mark>六集</mark>，&lt;b&gt;"
    assert highlighted("共6集\n完", ["6集", "没有"]) == "共<mark>6集</mark><br>完"


def saved(folder, records, about=ABOUT):
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps(summary(records)), encoding="utf-8")
    lines = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
    (folder / "answers.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_a_finished_run_gets_page_picture_and_table(tmp_path):
    from PIL import Image

    folder = saved(tmp_path / "a", RECORDS)
    assert write(folder).read_text(encoding="utf-8") == page(ABOUT, RECORDS)
    with Image.open(folder / "report.png") as picture:
        colours = {colour for _, colour in picture.getcolors(10**6)}
    assert (0x9C, 0x1C, 0x1F) in colours
    table = (folder / "report.md").read_text(encoding="utf-8")
    assert table == markdown(ABOUT, RECORDS)
    assert "| right | 0.500 |" in table
    (folder / "summary.json").unlink()
    with pytest.raises(RunError, match="no finished run"):
        write(folder)


def test_two_runs_are_compared_question_by_question(tmp_path, capsys):
    many = [{**r, "asked": {**r["asked"], "id": f"{i}-{r['asked']['id']}"}}
            for i in range(20) for r in RECORDS]  # fmt: skip
    worse = [{**r, "status": "refused"} if r["asked"]["id"].endswith("-1") else r for r in many]
    found = {one.name: one for one in differences(many, worse)}
    assert (found["right"].a, found["right"].b) == (0.5, pytest.approx(2 / 6))
    assert found["right"].p < 0.001
    assert found["right"].worse
    assert found["wrongly refused"].worse
    assert not found["recall@8"].worse
    mended, broken = changed(many, worse)
    assert (len(mended), len(broken)) == (0, 20)
    a, b = str(saved(tmp_path / "a", many)), str(saved(tmp_path / "b", worse))
    assert compare([a, b]) == 0
    assert compare([a, b, "--fail-if-worse"]) == 1
    assert compare([b, a, "--fail-if-worse"]) == 0
    assert "broken: 20" in capsys.readouterr().out


def test_what_else_differs_is_said(tmp_path, capsys):
    other = {**ABOUT, "settings": {"passages": 4}, "machine": "8 cores"}
    assert setups(ABOUT, other) == ["settings.passages: 8 -> 4", "machine: 2 cores -> 8 cores"]
    a, b = saved(tmp_path / "a", RECORDS), saved(tmp_path / "b", RECORDS, other)
    assert compare([str(a), str(b)]) == 0
    assert "settings.passages: 8 -> 4" in capsys.readouterr().out


def test_the_same_ids_of_another_set_are_not_compared():
    other = {**RIGHT, "asked": {**RIGHT["asked"], "question": "别的问题？"}}
    with pytest.raises(RunError, match="The id 1 is another question"):
        differences([RIGHT], [other])


def test_runs_of_different_questions_are_not_compared():
    with pytest.raises(RunError, match="not of the same questions"):
        differences(RECORDS, RECORDS[1:])
