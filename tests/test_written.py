"""The written questions: their form, and that each answer stands in its report."""

from __future__ import annotations

from collections import Counter

import pytest
from conftest import DATA

from eval.written import ANSWERED, UNANSWERED, for_training, reports, sampled, written
from rag.passages import sentences


def test_a_question_has_an_answer_or_is_of_a_kind_without():
    questions = written()
    assert {one.kind for one in questions} == {*ANSWERED, *UNANSWERED}
    assert all((one.answer is not None) == (one.kind in ANSWERED) for one in questions)
    assert all(one.answer is None or one.answer[0] < one.answer[1] for one in questions)
    asked = Counter((one.report, one.question) for one in questions)
    assert set(asked.values()) == {1}


def test_the_questions_about_a_sixth_of_the_reports_are_kept():
    asked = {one.report for one in written()}
    kept = [report for report in asked if not for_training(report)]
    assert 0.12 < len(kept) / len(asked) < 0.21


def test_one_more_question_changes_at_most_one_of_a_sample():
    questions = written()[:300]
    whole, without = set(sampled(questions, 40)), set(sampled(questions[1:], 40))
    assert len(whole) == len(without) == 40
    assert len(whole - without) <= 1
    assert whole != set(sampled(questions, 40, seed=2))


def test_each_answer_stands_in_one_sentence_of_its_report():
    if not DATA.exists():
        pytest.skip(f"{DATA} is not on this machine")
    held = reports(DATA)
    bounds = {key: sentences(held[key]["text"]) for key in {one.report for one in written()}}
    for one in written():
        if one.answer:
            a, b = one.answer
            assert any(start <= a and b <= end for start, end in bounds[one.report]), one.question
