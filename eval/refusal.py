"""Short answers and paired refusal: wenbao eval refusal QUESTIONS --archive A --articles FILES

Each question is put twice: to the archive as it is, and with the articles that hold its answer left
out of what is found, where the right thing is to refuse. Questions and ``--articles`` are those of
``wenbao eval retrieval``, with the accepted ``answer``. A short answer is right when it is the
accepted one, or holds it and is at most twice as long; where no short answer is given, there is
none. Figures at the threshold in use, and the area under the ROC curve over all thresholds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from eval.metrics import contains, exact_match, rate
from eval.retrieval import gold_questions
from rag import Answer, Archive, Chatbot, Filters, load_settings
from rag.chatbot import Inquiry


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One question's accepted answer, and what was answered with and without its articles."""

    accepted: str
    whole: Answer
    without: Answer

    @property
    def right(self) -> bool:
        """Whether the short answer is right, given or withheld."""
        return is_short_answer(self.whole.short, self.accepted)

    @property
    def quoted(self) -> bool:
        """Whether the quotes hold the accepted answer, given or withheld."""
        return contains("\n".join(c.quote for c in self.whole.citations), [[self.accepted]])


def is_short_answer(said: str, accepted: str) -> bool:
    """Whether the words are the accepted ones, or hold them and are at most twice as long."""
    if not said:
        return False
    holds = contains(said, [[accepted]]) and len(said) <= 2 * len(accepted)
    return exact_match(said, accepted) or holds


def run(bot: Chatbot, question: str, accepted: str, gold: set[str]) -> Pair:
    """Both answers to a question; ``gold`` are the ids of the articles that answer it.

    ``bot`` refuses nothing and finds more passages than it reads, so that as many are left.
    """
    most = bot.settings.passages // 2
    inquiry = Inquiry(bot, date.today(), Filters(), set())
    found = inquiry.retrieve(question)
    rest = [hit for hit in found if hit.article.id not in gold]
    answers = []
    for hits in (found[:most], rest[:most]):
        answers.append(inquiry.answer(question, question, hits, inquiry.read(question, hits)))
    return Pair(accepted=accepted, whole=answers[0], without=answers[1])


def summary(pairs: Sequence[Pair], threshold: float) -> dict[str, str]:
    """The figures, with intervals."""
    from sklearn.metrics import roc_auc_score

    given = [pair for pair in pairs if pair.whole.confidence >= threshold]
    kept = [pair.whole.confidence for pair in pairs]
    dropped = [pair.without.confidence for pair in pairs]
    labels = np.repeat([1, 0], len(pairs))
    return {
        "short answer right, of all": str(rate([p.right for p in pairs])),
        "quotes hold the answer, of all": str(rate([p.quoted for p in pairs])),
        "answered": str(rate([value >= threshold for value in kept])),
        "short answer right, of answered": str(rate([p.right for p in given])),
        "quotes hold the answer, of answered": str(rate([p.quoted for p in given])),
        "refused without the article": str(rate([value < threshold for value in dropped])),
        "refused with it": str(rate([value < threshold for value in kept])),
        "area under the ROC curve": f"{roc_auc_score(labels, kept + dropped):.3f}",
    }


def main(argv: list[str]) -> int:
    """``wenbao eval refusal``."""
    parser = argparse.ArgumentParser(prog="wenbao eval refusal", description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--articles", type=Path, nargs="+", required=True)
    parser.add_argument("--config", type=Path, help="a settings file (TOML)")
    parser.add_argument("--ask", type=int, help="only so many questions")
    options = parser.parse_args(argv)
    settings = load_settings(options.config)
    archive = Archive(options.archive, create=False)
    open_settings = replace(settings, passages=2 * settings.passages, min_confidence=0.0)
    bot = Chatbot(archive, open_settings)
    asked = gold_questions(archive, options.questions, options.articles)[: options.ask]
    pairs = []
    for record, gold in asked:
        pairs.append(run(bot, record["question"], record["answer"], gold))
        sys.stderr.write(f"\r{len(pairs)}/{len(asked)}")
    sys.stderr.write("\r")
    sys.stdout.write(f"{archive.counts().articles} articles, {len(pairs)} questions, ")
    sys.stdout.write(f"threshold {settings.min_confidence}, settings {settings.id}\n")
    for name, figure in summary(pairs, settings.min_confidence).items():
        sys.stdout.write(f"{name:<36} {figure}\n")
    return 0
