from __future__ import annotations

import pytest

from rag import Settings, SettingsError, load_settings


def test_defaults_without_a_file():
    assert load_settings(environ={}) == Settings()


def test_the_environment_wins_over_the_file(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("passages = 5\ndense_weight = 0.25\n")
    settings = load_settings(path, {"WENBAO_PASSAGES": "6", "OTHER": "x"})
    assert (settings.passages, settings.dense_weight) == (6, 0.25)


def test_the_environment_may_name_the_file(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("max_sentences = 2\n")
    assert load_settings(environ={"WENBAO_CONFIG": str(path)}).max_sentences == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("passagess = 5", "passagess"),
        ("passages = 0", "out of range"),
        ("passages = 'many'", "not a number"),
        ("passages = true", "not a number"),
        ("passages = ", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_at_load(tmp_path, text, words):
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=words):
        load_settings(path, {})


def test_what_else_stands_in_the_environment_is_no_setting():
    assert load_settings(environ={"WENBAO_TOKEN": "x", "WENBAO_API_KEY": "x"}) == Settings()


def test_unknown_names_in_the_environment_are_errors():
    with pytest.raises(SettingsError, match="passagez"):
        load_settings(environ={"WENBAO_PASSAGEZ": "1"})


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.toml", {})


def test_the_id_changes_with_every_value():
    ids = {Settings().id, Settings(passages=7).id, Settings(min_confidence=0.41).id}
    assert len(ids) == 3
    assert Settings().id == Settings().id
