"""What is wrong with a question set: wenbao eval check QUESTIONS [--archive A]

Names line and field of everything that is wrong. With an archive: whether it holds the articles
that the set names, and whether the accepted answers stand in them. Exit code 1 when something is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from eval.commands import parser_of
from eval.dataset import Question, checked, gold_ids, named_articles
from eval.metrics import contains
from rag import Archive


def missing_answers(questions: Sequence[Question], archive: Archive) -> Iterator[tuple[str, str]]:
    """(question, accepted answer) where no gold article holds any alternative of a group."""
    gold = gold_ids(questions, named_articles(archive))
    for question in questions:
        keys = {key for group in gold.get(question.id, ()) for key in group}
        articles = [archive.article(key) for key in sorted(keys)]
        text = "\n".join(f"{a.title}\n{a.subtitle or ''}\n{a.text}" for a in articles)
        for group in question.answers if articles else ():
            if not contains(text, [group]):
                yield question.id, group[0]


def main(argv: list[str]) -> int:
    """``wenbao eval check``."""
    parser = parser_of("wenbao eval check", __doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--archive", type=Path)
    options = parser.parse_args(argv)
    questions, problems = checked(options.questions)
    lines = [
        f"line {problem.line}  {problem.field or '-'}  {problem.zh} {problem.en}"
        for problem in problems
    ]
    if options.archive and not problems:
        archive = Archive(options.archive, create=False)
        lines += [
            f"{key}  answers  {answer}：所指的文章里没有。Not in its articles."
            for key, answer in missing_answers(questions, archive)
        ]
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.write(f"{len(questions)} questions, {len(lines)} problems\n")
    return 1 if lines else 0
