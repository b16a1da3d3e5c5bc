"""What each part brings: wenbao eval ablate QUESTIONS --archive A --out FOLDER

Every variant differs from the default in one thing. Those that change what is embedded are put to a
copy of the archive. One Markdown table comes out, each figure with its interval, and the p-value
(McNemar, corrected for their number by Holm) that the variant is right as often as the default.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eval.commands import parser_of
from eval.compare import paired
from eval.copies import copy_of, questions_of
from eval.dataset import Question, read_questions
from eval.figures import Record, figures, right
from eval.files import write_text
from eval.metrics import holm, mcnemar
from eval.run import drawn, question_arguments, read_records, run
from rag import Archive, Chatbot, Settings, load_settings
from rag.passages import PASSAGE_CHARS
from rag.reader import NO_SPAN, Reading

SHOWN = ("right", "short answer right", "wrongly refused", "refused", "recall@1", "recall@8", "MRR")
DEFAULT = "default"


class NoReader:
    """Finds no answer anywhere: the sentence chooser is left alone."""

    fingerprint = "none"

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """One empty ``Reading`` a passage."""
        nothing = np.zeros(0, np.float32)
        reading = Reading(score=NO_SPAN, span=(0, 0), offsets=(), first=nothing, last=nothing)
        return [reading for _ in passages]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One difference from the default."""

    dense_weight: float | None = None
    reader: bool = True
    passage_chars: int = PASSAGE_CHARS
    headlines: bool = True

    def settings(self, default: Settings) -> Settings:
        """The default settings with this difference."""
        weight = default.dense_weight if self.dense_weight is None else self.dense_weight
        return replace(default, dense_weight=weight)


VARIANTS: Mapping[str, Variant] = {
    DEFAULT: Variant(),
    "dense leg only": Variant(dense_weight=1.0),
    "lexical leg only": Variant(dense_weight=0.0),
    "without the reader": Variant(reader=False),
    "passages of 150": Variant(passage_chars=150),
    "passages of 500": Variant(passage_chars=500),
    "no headline embedded": Variant(headlines=False),
}


def table(runs: Mapping[str, Sequence[Record]]) -> str:
    """The variants as a Markdown table."""
    ps = {}
    for name, records in runs.items():
        if name != DEFAULT:
            pairs = paired(runs[DEFAULT], records)
            can = [(right(a), right(b)) for a, b in pairs if a["asked"]["answerable"]]
            ps[name] = mcnemar([a for a, _ in can], [b for _, b in can])
    corrected = holm(ps)
    lines = [f"| | {' | '.join(SHOWN)} | p |", f"|{'---|' * (len(SHOWN) + 2)}"]
    for name, records in runs.items():
        found = figures(records)
        cells = " | ".join(str(found[measure]) for measure in SHOWN)
        p = f"{corrected[name]:.3f}" if name in corrected else ""
        lines.append(f"| {name} | {cells} | {p} |")
    return "\n".join(lines) + "\n"


def run_variant(
    variant: Variant,
    questions: Sequence[Question],
    archive: Archive,
    settings: Settings,
    folder: Path,
) -> list[Record]:
    """The records of one variant; goes on where it was stopped."""
    if variant.passage_chars != PASSAGE_CHARS or not variant.headlines:
        copied = copy_of(
            archive,
            folder / "copy",
            passage_chars=variant.passage_chars,
            headlines=variant.headlines,
        )
        questions = questions_of(questions, archive, copied)
        archive = copied
    reader = None if variant.reader else NoReader()
    run(Chatbot(archive, variant.settings(settings), reader=reader), questions, folder)
    return list(read_records(folder))


def main(argv: list[str]) -> int:
    """``wenbao eval ablate``."""
    parser = parser_of("wenbao eval ablate", __doc__)
    question_arguments(parser)
    options = parser.parse_args(argv)
    archive = Archive(options.archive, create=False)
    questions = drawn(read_questions(options.questions), options.ask, options.seed)
    settings = load_settings(options.config)
    runs = {}
    for name, variant in VARIANTS.items():
        sys.stderr.write(f"{name}\n")
        folder = options.out / name.replace(" ", "-")
        runs[name] = run_variant(variant, questions, archive, settings, folder)
    made = table(runs)
    write_text(options.out / "ablation.md", made)
    sys.stdout.write(made)
    return 0
