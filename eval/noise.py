"""How answers suffer from misread characters: wenbao eval noise QUESTIONS --archive A --out FOLDER

For each rate the archive is copied with that share of its characters read wrongly, and the
questions are put to the copy. A wrong answer's words can't be found in a misread text, so an
accepted answer counts in its misread form too if it stands in the gold article at the same place:
what is measured is finding and reading, not spelling.

The characters that are taken for each other stand in ``confusable.txt``, look-alikes on a line.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import resources

from eval.commands import parser_of
from eval.copies import copy_of, questions_of
from eval.dataset import Question, gold_ids, named_articles, read_questions
from eval.figures import figures
from eval.run import drawn, question_arguments, read_records, run
from rag import Archive, Chatbot, load_settings

RATES = (0.0, 0.01, 0.03, 0.05, 0.1)
SHOWN = ("right", "short answer right", "wrongly refused", "refused", "recall@1", "recall@8")


def confusable() -> dict[str, str]:
    """Character -> the characters that it is taken for."""
    lines = resources.files("eval").joinpath("confusable.txt").read_text(encoding="utf-8")
    alike = [line.strip() for line in lines.splitlines() if line.strip()]
    return {
        character: others
        for line in alike
        for character in line
        if (others := line.replace(character, ""))
    }


def misread(rate: float, seed: int) -> Callable[[str], str]:
    """Reads a share of the characters of a text wrongly: those that have look-alikes as one of
    these, as far as they suffice. The same text is always misread in the same way.
    """
    table = confusable()

    def change(text: str) -> str:
        rng = random.Random(f"{seed} {rate} {text}")
        places = [i for i, character in enumerate(text) if character in table]
        wrong = min(round(rate * len(text)), len(places))
        characters = list(text)
        for i in rng.sample(places, wrong):
            characters[i] = rng.choice(table[text[i]])
        return "".join(characters)

    return change


def with_misread_answers(
    questions: Sequence[Question], archive: Archive, change: Callable[[str], str]
) -> list[Question]:
    """The questions, whose accepted answers may also be as they are misread in their articles."""
    gold = gold_ids(questions, named_articles(archive))
    made = []
    for question in questions:
        keys = sorted({key for group in gold.get(question.id, ()) for key in group})
        texts = [archive.article(key).text for key in keys]
        pairs = [(text, change(text)) for text in texts]
        answers = tuple(_also_misread(group, pairs) for group in question.answers)
        made.append(replace(question, answers=answers))
    return made


def _also_misread(group: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    found = [
        changed[start : start + len(word)]
        for word in group
        for text, changed in pairs
        for start in range(len(text))
        if text.startswith(word, start)
    ]
    return tuple(dict.fromkeys([*group, *found]))


def main(argv: list[str]) -> int:
    """``wenbao eval noise``."""
    parser = parser_of("wenbao eval noise", __doc__)
    question_arguments(parser)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    options = parser.parse_args(argv)
    archive = Archive(options.archive, create=False)
    questions = drawn(read_questions(options.questions), options.ask, options.seed)
    sys.stdout.write(f"| misread | {' | '.join(SHOWN)} |\n|{'---|' * (len(SHOWN) + 1)}\n")
    for rate in options.rates:
        folder = options.out / f"{rate:g}"
        change = misread(rate, options.seed)
        copied = copy_of(archive, folder / "copy", change=change)
        asked = with_misread_answers(questions, archive, change)
        bot = Chatbot(copied, load_settings(options.config))
        run(bot, questions_of(asked, archive, copied), folder)
        found = figures(read_records(folder))
        sys.stdout.write(f"| {rate:g} | {' | '.join(str(found[name]) for name in SHOWN)} |\n")
        sys.stdout.flush()
    return 0
