"""Files of measurements, and the errors of ``wenbao eval``."""

from __future__ import annotations

import gzip

import pytest

from eval.files import WritingError, read_jsonl, write_text
from rag import ReadingError
from rag.cli import main


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1}\n{"a"', "line 2 is not JSON"),
        (b"{}\n[]\n", "line 2 should"),
        (b"\xff", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path, content, said):
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    with pytest.raises(ReadingError, match=said):
        read_jsonl(path)
    path.with_suffix(".jsonl.gz").write_bytes(gzip.compress(content))
    with pytest.raises(ReadingError, match=said):
        read_jsonl(path.with_suffix(".jsonl.gz"))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("旧", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "新\ud800")
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(WritingError, match=r"b\.txt"):
        write_text(tmp_path / "b.txt", "新")
    assert {one.name for one in tmp_path.iterdir()} == {"a.txt", "b.txt"}
    assert path.read_text(encoding="utf-8") == "旧"
    write_text(path, "新")
    assert path.read_text(encoding="utf-8") == "新"
    with pytest.raises(WritingError, match="nowhere"):
        write_text(tmp_path / "nowhere" / "a.txt", "新")


def test_an_error_is_one_line_that_names_what_failed(tmp_path, capsys):
    assert main(["eval", "check", str(tmp_path / "none.jsonl")]) == 1
    assert main(["eval", "report", str(tmp_path)]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "none.jsonl" in first
    assert "wenbao eval run" in second
