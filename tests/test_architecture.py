"""The shape of the program: imports run one way, start-up is light, names stay what they are."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EVAL = r"(?<![.\w])eval\("
PACKAGES = ["embeddings", "rag", "ui", "eval"]
HEAVY = {
    "torch", "transformers", "sentence_transformers", "faiss", "gradio", "openai", "sklearn",
    "pandas",
}  # fmt: skip
PIPELINE = [
    "types", "plain", "errors", "config", "harmless", "terms", "dates", "forms", "printed", "names",
    "units", "asks", "source", "decoding", "records", "webpage", "documents", "reading", "marks",
    "lines", "paragraphs", "boundaries", "newspaper", "passages", "snap", "reader", "store",
    "adding", "editing", "archive", "retrieve", "evidence", "answer", "cite",
    "writing", "writing.messages", "writing.relay", "writing.endpoint", "writing.local",
    "writing.prompt", "writing.segments", "writing.amounts", "writing.times", "writing.claims",
    "writing.contrast", "writing.negation", "writing.check", "writing.drafting",
    "writing.composing", "generate", "conversation", "rewriting", "chatbot", "questions", "suggest",
]  # fmt: skip
"""``rag`` from the bottom up: a file imports only what stands before it."""


def imports(path, *, top_level_only=False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(package):
    return sorted((ROOT / package).rglob("*.py"))


def place(path):
    """The name of a file of ``rag`` in the pipeline."""
    return ".".join(path.relative_to(ROOT / "rag").with_suffix("").parts).removesuffix(".__init__")


def test_every_file_of_rag_is_in_the_pipeline():
    assert {place(path) for path in files("rag")} == {*PIPELINE, "cli", "__init__"}


@pytest.mark.parametrize("path", files("rag"), ids=place)
def test_imports_run_one_way(path):
    if place(path) in ("cli", "__init__"):
        return
    allowed = set(PIPELINE[: PIPELINE.index(place(path))])
    known = {f"rag.{name}" for name in [*PIPELINE, "cli"]}
    used = {name.removeprefix("rag.") for name in imports(path) if name in known}
    assert used <= allowed, f"{place(path)} reaches up to {used - allowed}"
    assert "rag" not in set(imports(path))
    assert not {"ui", "eval"} & {name.split(".")[0] for name in imports(path)}


def test_embeddings_is_a_leaf():
    used = {name.split(".")[0] for path in files("embeddings") for name in imports(path)}
    assert not used & {"rag", "ui", "eval"}


def test_ui_and_eval_know_each_other_in_one_place():
    tabs = {path.stem for path in files("ui") if any(n.startswith("eval") for n in imports(path))}
    assert tabs == {"evaluation"}
    using = {path.stem for path in files("eval") if any(n.startswith("ui") for n in imports(path))}
    assert using == {"browser"}


@pytest.mark.parametrize("library", sorted(HEAVY - {"sklearn", "pandas", "transformers"}))
def test_a_heavy_library_has_one_owner(library):
    owners = {
        path.relative_to(ROOT).as_posix()
        for package in ("embeddings", "rag", "ui")
        for path in files(package)
        if library in {name.split(".")[0] for name in imports(path)}
    }
    expected = {
        "faiss": {"embeddings/index.py"},
        "torch": {"embeddings/encoder.py", "rag/writing/local.py", "rag/reader.py"},
        "openai": {"rag/writing/endpoint.py"},
        "sentence_transformers": {"embeddings/encoder.py"},
    }
    if library == "gradio":
        assert all(owner.startswith("ui/") for owner in owners)
    else:
        assert owners == expected[library]


def test_importing_loads_nothing_heavy():
    code = f"import sys, rag, ui, rag.cli; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("given", "kept"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "A"}, "A")])
def test_waiting_threads_sleep_unless_told_otherwise(given, kept):
    code = "import os, rag; print(os.environ['OMP_WAIT_POLICY'])"
    environ = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"} | given
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    assert done.stdout.strip() == kept


def test_exported_names():
    import embeddings
    import rag

    assert set(embeddings.__all__) == {
        "BUNDLED", "Encoder", "EncoderError", "IndexFileError", "IndexStamp", "SentenceEncoder",
        "VectorIndex", "bundled_folder", "bundled_tokenizer", "computing", "quiet", "share_words",
    }  # fmt: skip
    assert {"Archive", "Chatbot", "Settings", "Article", "Answer", "Citation", "Filters"} <= set(
        rag.__all__
    )
    assert all(hasattr(rag, name) for name in rag.__all__)


def test_nothing_unsafe_is_used():
    banned = (r"import pickle", r"torch\.load\(", "trust_remote_code=True", "shell=True", EVAL)
    for package in PACKAGES:
        for path in files(package):
            text = path.read_text(encoding="utf-8")
            found = [word for word in banned if re.search(word, text)]
            assert not found, f"{path.name}: {found}"


def test_errors_are_drawn_as_they_are():
    from rag import errors

    drawn = [
        line.strip("├─│└ ").split()[0]
        for line in (errors.__doc__ or "").splitlines()
        if "── " in line
    ]
    classes = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.WenbaoError)
    ]
    assert set(drawn) == set(classes) - {"WenbaoError"}
