"""``wenbao eval NAME``: which measurements there are."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

COMMANDS = {
    "run": "a question set against an archive",
    "report": "a run as one page to read, a picture and a table",
    "compare": "two runs of the same questions, with tests",
    "check": "what is wrong with a question set, line by line",
    "convert": "ChronoQA, CRUD, CMRC and RGB into question sets",
    "generate": "questions from an archive's own sentences",
    "noise": "how answers suffer from misread characters",
    "ablate": "what each part of the settings brings",
    "conversations": "follow-up questions, in the conversation and bare",
    "pages": "how well generated pages come apart into articles and paragraphs",
    "support": "how well generated sentences are told from invented ones",
    "retrieval": "recall of each leg and of their fusion",
    "speed": "throughput, latency, memory, cold start on this machine",
    "writing": "how fast a language model on this machine writes, and stops",
    "waiting": "how long one person and ten people wait in the page",
}
"""Name -> what it measures; ``eval.NAME.main`` runs it."""


def parser_of(prog: str, about: str | None) -> argparse.ArgumentParser:
    """A parser of the arguments of one measurement; its help keeps the paragraphs of ``about``."""
    form = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(prog=prog, description=about, formatter_class=form)


def run(name: str, rest: list[str]) -> int:
    """Runs one measurement; 2 when there is none of this name."""
    if name in COMMANDS:
        code: int = import_module(f"eval.{name}").main(rest)
        return code
    lines = [f"  {command:<13} {text}" for command, text in COMMANDS.items()]
    text = "usage: wenbao eval NAME ...\n\n" + "\n".join(lines) + "\n"
    asked = name in ("-h", "--help")
    (sys.stdout if asked else sys.stderr).write(text)
    return 0 if asked else 2
