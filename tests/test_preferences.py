"""The settings of one page: what they say, what they change, and the models behind them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import HashEncoder, OverlapReader, Scripted
from hypothesis import given
from hypothesis import strategies as st

from embeddings import BUNDLED
from rag import Archive, Chatbot, ModelError, Settings
from rag.evidence import thresholds
from rag.reader import FACTORS
from ui.models import Model, described, models, trial
from ui.preferences import BOLD, CAREFUL, PreferencesTab, at_most, configured, meaning
from ui.session import Session
from ui.texts import text

DEFAULTS = Settings(min_confidence=0.3, passages=5)


@pytest.fixture
def chatbot(archive, reader):
    return Chatbot(archive, DEFAULTS, reader=reader)


@pytest.fixture
def tab_of():
    """Makes the tab of a chatbot, in a page; under a running loop, since the framework makes loops
    of its own without one and leaves them open.
    """
    import gradio as gr

    async def made(chatbot, pool):
        with gr.Blocks():
            tab = PreferencesTab(chatbot, pool)
            tab.lay_out()
        return tab

    with ThreadPoolExecutor(1) as pool:
        yield lambda chatbot: asyncio.run(made(chatbot, pool))


@pytest.fixture
def tab(tab_of, chatbot):
    return tab_of(chatbot)


# --- the threshold -------------------------------------------------------------------------------


def test_the_measured_thresholds_rise_and_trade_errors_for_refusals():
    measured = thresholds()
    assert [t.at for t in measured] == sorted({t.at for t in measured})
    assert [t.refused for t in measured] == sorted(t.refused for t in measured)
    assert all(0 <= share <= 1 for t in measured for share in (t.at, t.wrong, t.refused))


@pytest.mark.parametrize("wrong", [CAREFUL, BOLD])
def test_a_preset_is_the_lowest_threshold_with_so_few_wrong_answers(wrong):
    chosen = at_most(wrong)
    for measured in thresholds():
        if measured.at == chosen:
            assert measured.wrong <= wrong
        elif measured.at < chosen:
            assert measured.wrong > wrong


def test_careful_refuses_more_than_the_default_and_bold_less():
    assert at_most(BOLD) < Settings().min_confidence < at_most(CAREFUL)
    assert at_most(-1.0) == thresholds()[-1].at


def test_the_meaning_is_the_measured_row():
    for row in thresholds():
        wrong, refused = round(100 * row.wrong), round(100 * row.refused)
        assert meaning(row.at, "zh") == text("zh", "threshold_means", wrong=wrong, refused=refused)


@given(st.floats(0, 1))
def test_between_two_rows_the_meaning_is_between_them(confidence):
    rows = thresholds()
    said = meaning(confidence, "en")
    if not rows[0].at <= confidence <= rows[-1].at:
        assert "were measured" in said
        return
    low = max((t for t in rows if t.at <= confidence), key=lambda t: t.at)
    high = min((t for t in rows if t.at >= confidence), key=lambda t: t.at)
    wrong = int(said.split("about ")[1].split()[0])
    assert round(100 * high.wrong) <= wrong <= round(100 * low.wrong)


# --- what a setting changes ----------------------------------------------------------------------


def test_without_settings_of_its_own_a_page_uses_the_chatbot_itself(chatbot):
    assert configured(chatbot, None) is chatbot


def test_other_settings_share_archive_and_models_and_change_the_answer(chatbot):
    question = "面馆开了多少年？"
    for confidence, status in ((0.0, "answered"), (1.0, "refused")):
        wanted = Settings(min_confidence=confidence)
        bot = configured(chatbot, wanted)
        assert bot.archive is chatbot.archive and bot.reader is chatbot.reader
        answer = bot.ask(question)
        assert (answer.status, answer.settings_id) == (status, wanted.id)
    assert chatbot.settings == DEFAULTS


def test_a_change_holds_for_the_session_and_the_questions_to_come(tab):
    session, other = Session(), Session()
    session.ask("第一问")
    session.ask("第二问")
    said = tab._set(session, 0.7, 9, 2)[tab.meaning]
    session.ask("第三问")
    assert [e.settings for e in session.exchanges[:2]] == [None, None]
    changed = session.exchanges[2].settings
    assert changed == Settings(min_confidence=0.7, passages=9, max_sentences=2)
    assert other.settings is None
    assert changed.id in said and meaning(0.7, "zh") in said


def test_what_was_not_touched_stays_as_configured(tab_of, archive, reader):
    bot = Chatbot(archive, Settings(dense_weight=0.8, min_confidence=0.2), reader=reader)
    session = Session()
    tab_of(bot)._set(session, 0.6, 8, 3)
    assert session.settings == Settings(dense_weight=0.8, min_confidence=0.6)


def test_the_defaults_come_back(tab):
    session = Session()
    tab._set(session, 0.7, 9, 2)
    shown = tab._reset(session)
    assert session.settings is None
    assert shown[tab.confidence]["value"] == 0.3
    assert shown[tab.passages]["value"] == 5
    tab._set(session, 0.3, 5, 3)
    assert session.settings is None


def test_a_preset_moves_the_threshold_alone(tab):
    session = Session()
    tab._set(session, 0.5, 9, 2)
    shown = tab._preset(lambda: at_most(CAREFUL))(session)
    assert session.settings == Settings(
        min_confidence=at_most(CAREFUL), passages=9, max_sentences=2
    )
    assert shown[tab.confidence]["value"] == at_most(CAREFUL)


def test_a_broken_number_is_rounded_and_shown_so(tab):
    session = Session()
    shown = tab._settled(session, 0.3, 3.7, 3)
    assert session.settings == Settings(min_confidence=0.3, passages=4)
    assert shown[tab.passages]["value"] == 4


def test_a_value_out_of_range_is_said_and_changes_nothing(tab):
    session = Session(language="en")
    said = tab._set(session, 1.5, 8, 3)[tab.meaning]
    assert "out of range" in said and 'role="alert"' in said
    assert session.settings is None


def test_sliders_reach_as_far_as_the_defaults(tab_of, archive, reader):
    tab = tab_of(Chatbot(archive, Settings(passages=40), reader=reader))
    assert tab.words(Session())[tab.passages]["value"] == tab.passages.maximum == 40


def test_every_widget_has_its_words_in_both_languages(tab):
    for language in ("zh", "en"):
        assert set(tab.words(Session(language=language))) == set(tab.widgets)


# --- the models ----------------------------------------------------------------------------------


class BundledReader(OverlapReader):
    """Goes by the name of the bundled one."""

    fingerprint = f"{BUNDLED}+0123456789ab"


def test_the_models_are_named_with_where_they_come_from(archive, tmp_path, stories):
    assert models(Chatbot(archive, reader=BundledReader())) == (
        Model("embedder", BUNDLED, "model_bundled", "hash-64-"),
        Model("span_reader", BUNDLED, "model_bundled", f"{BUNDLED}+0123456789ab"),
        Model("generator", "", "model_checked"),
    )
    other = Archive(tmp_path / "other", encoder=HashEncoder(salt="x"), embedder="some/model")
    bot = Chatbot(other, reader=OverlapReader(), generator=Scripted(""))
    assert [(model.name, model.kind) for model in models(bot)] == [
        ("some/model", "model_other"),
        ("overlap", "model_other"),
        ("scripted", "model_checked"),
    ]


def test_the_bundled_readers_mark_begins_with_its_name():
    from rag.reader import _fingerprint

    assert _fingerprint(FACTORS).startswith(f"{BUNDLED}+")


def test_models_are_text_and_the_commands_that_change_them_are_given():
    shown = described([Model("embedder", "<b>x", "model_other", "<i>y")], "en")
    assert "&lt;b&gt;x" in shown and "&lt;i&gt;y" in shown
    for command in ("add --embedder", "doctor --reembed --embedder", "serve --reader"):
        assert f"wenbao {command}" in shown


def test_a_trial_asks_about_the_newest_article_and_times_each_stage(tab):
    first, last = (shown[tab.tested] for shown in tab._check(Session()))
    assert "正在测试" in first
    assert "《老街面馆的三代人》讲了什么？" in last
    assert last.count("✓") == 4
    assert all(text("zh", f"stage_{s}") in last for s in ("load", "encode", "retrieve", "read"))


def test_a_trial_runs_under_the_settings_of_the_page(tab):
    for confidence, said in ((0.0, "有回答"), (1.0, "已拒答")):
        session = Session()
        tab._set(session, confidence, 8, 3)
        assert said in list(tab._check(session))[-1][tab.tested]


def test_a_stage_that_did_not_pass_is_not_ticked(chatbot):
    from dataclasses import replace

    answer = replace(chatbot.ask("面馆开了多少年？"), timings={"load": 0.5})
    shown = trial(answer, "en")
    assert shown.count("✓") == 1 and "0.50 s" in shown


class BrokenReader(OverlapReader):
    def read(self, question, passages):
        raise ModelError("模型 <坏了>。", "The model is <broken>.")


def test_what_fails_in_a_trial_is_said(tab_of, archive):
    tab = tab_of(Chatbot(archive, reader=BrokenReader()))
    said = list(tab._check(Session(language="en")))[-1][tab.tested]
    assert "The model is &lt;broken&gt;." in said and "✓" not in said


def test_an_empty_archive_is_said(tab_of, tmp_path, reader):
    empty = Archive(tmp_path / "empty", encoder=HashEncoder())
    tab = tab_of(Chatbot(empty, reader=reader))
    said = list(tab._check(Session()))[-1][tab.tested]
    assert text("zh", "empty") in said
