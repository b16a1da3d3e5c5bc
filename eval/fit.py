"""Fits the weights of ``rag/evidence.json``: python -m eval.fit --data FOLDER

Questions with known answers are put to real archives through the chatbot's own stages. For
``choice`` each sentence of the passages found is an example: does it hold the answer? For
``support`` each question is one: does the best sentence hold the answer? Some were written as what
the archive can't answer (``eval.written``), others are made so in three ways: the gold article is
taken out of what was found, with all else that has the answer's words; the sentences that hold the
answer are cut out of their passages, which leaves an article that is about the matter but does not
say; and the question gets a year, a place, an ordinal or a title that the article does not speak of
(``eval.formed``). Questions with and without an answer weigh the same in all, so the probability is
that of an archive where one question in two has its answer; and so does each of the four ways to
have none, on the assumption that people ask about what an article leaves out as often as about what
none tells.

The weights are fitted on all questions; the figures beside them are of five folds, each scored by
weights from the other four: best sentences right, area under the ROC curve against each way to have
no answer, expected calibration error, and what each threshold answers and gets wrong.

Data (``--data``): the parts of ``reader/valid_cmrc_trial.jsonl.gz`` (question, context, answers),
of ``chronoqa/`` and of the written questions, with the reports of ``crud/`` that they are about,
that the reader was not trained on. No test set is read.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings import SentenceEncoder
from embeddings.encoder import Progress
from eval.files import read_jsonl, write_text
from eval.formed import astray
from eval.metrics import auroc
from eval.train_reader import TITLE, literal_news, trial
from eval.written import (
    ANSWERED,
    UNANSWERED,
    for_training,
    reports,
    sampled,
    without_space,
    written,
)
from rag.archive import Archive
from rag.chatbot import Chatbot, Inquiry
from rag.evidence import EVIDENCE, FEATURES
from rag.passages import sentences
from rag.reader import Reading, bundled_reader
from rag.terms import fold
from rag.types import Article, Filters, Hit, Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDS = 5
RIDGE = 10.0
WRITTEN = 4
"""Written questions, with and without an answer, for each of the other two kinds."""

SIGNS = {
    "names_missing": -1,
    "span_behind": -1,
    "untimely": -1,
    "length": 0,
}
"""Features that can only speak against an answer (-1) or either way (0); the rest speak for it."""

_BOUNDS = {-1: (None, 0.0), 0: (None, None), 1: (0.0, None)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question with the sentences that were found for it, and which of them answer. Examples
    made of one question have one ``fold``.
    """

    group: str
    fold: int
    rows: NDArray[np.float64]
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A question of the training data. ``gold`` is the text that holds the answer; no ``answers``:
    nothing does.
    """

    group: str
    question: str
    answers: tuple[str, ...]
    gold: str
    asked_on: date


def reader_questions(data: Path, count: int, seed: int) -> tuple[list[str], list[Labelled]]:
    """Contexts and a sample of their questions from the reading-comprehension data."""
    records = trial(data, training=False)
    questions = [
        Labelled(
            group="reader",
            question=record["question"],
            answers=tuple(answer["text"] for answer in record["answers"]),
            gold=record["context"],
            asked_on=date(2020, 1, 1),
        )
        for record in records
    ]
    contexts = sorted({record["context"] for record in records})
    return contexts, random.Random(seed).sample(questions, min(count, len(questions)))


def news_questions(
    data: Path, count: int, seed: int
) -> tuple[list[dict[str, Any]], list[Labelled]]:
    """Chunks of news and questions whose answer stands literally in their one gold chunk."""
    chunks = read_jsonl(data / "chronoqa" / "chunks.jsonl")
    literal = [
        Labelled(
            group="news",
            question=record["question"],
            answers=(record["answer"],),
            gold=text,
            asked_on=date.fromisoformat(record["question_date"]),
        )
        for record, text in literal_news(data, training=False)
    ]
    return chunks, random.Random(seed).sample(literal, min(count, len(literal)))


def written_questions(
    data: Path, count: int, seed: int
) -> tuple[list[dict[str, Any]], list[Labelled]]:
    """The reports that no written question trains the reader on, and a sample of the questions
    about them, as many of each kind.
    """
    kept = {key: r for key, r in reports(data).items() if not for_training(key)}
    about, kinds = [one for one in written() if one.report in kept], (*ANSWERED, *UNANSWERED)
    asked = [
        one
        for kind in kinds
        for one in sampled([one for one in about if one.kind == kind], count // len(kinds), seed)
    ]
    questions = [
        Labelled(
            group=f"written-{one.kind}",
            question=one.question,
            answers=(kept[one.report]["text"][slice(*one.answer)],) if one.answer else (),
            gold=kept[one.report]["text"],
            asked_on=date(2023, 10, 1),
        )
        for one in asked
    ]
    return list(kept.values()), questions


def examples(bot: Chatbot, questions: list[Labelled]) -> Iterator[Example]:
    """What the chatbot's stages make of each question: as it is, without the gold article, without
    the sentences that answer, and gone astray.
    """
    pool = [item.question for item in questions]
    for number, item in enumerate(questions):
        if number % 50 == 0:
            sys.stderr.write(f"{number}/{len(questions)}\r")
        inquiry = Inquiry(bot, item.asked_on, Filters(), set())
        hits = inquiry.retrieve(item.question)
        part = number % FOLDS
        example = _example(inquiry, item, hits, item.group, part)
        if not len(example.rows) or (item.answers and not example.right.any()):
            continue
        yield example
        if not item.answers:
            continue
        rest = [hit for hit in hits if not _of_gold(hit, item) and not _holds(hit.text, item)]
        cut = _without_answer(hits, item)
        wrong = astray(item.question, item.gold, pool, random.Random(number))
        unanswerable = [("removed", item, rest), ("cut", item, cut)]
        if wrong:
            asked = replace(item, question=wrong)
            unanswerable.append(("astray", asked, inquiry.retrieve(wrong)))
        for what, labelled, kept in unanswerable:
            unanswered = _example(inquiry, labelled, kept, f"{item.group}-{what}", part)
            if len(unanswered.rows):
                yield replace(unanswered, right=np.zeros(len(unanswered.rows), np.bool_))


def _without_answer(hits: list[Hit], item: Labelled) -> list[Hit]:
    """The hits, their articles without the sentences that hold the answer; without those of which
    nothing is left.
    """
    left: dict[str, tuple[Article, list[int]]] = {}
    for article in {hit.article.id: hit.article for hit in hits}.values():
        text = article.text
        kept = np.ones(len(text), np.int64)
        for a, b in sentences(text):
            kept[a:b] = not _holds(text[a:b], item)
        rest = "".join(itertools.compress(text, kept))
        place = [0, *np.cumsum(kept).tolist()]  # of each character in what is left
        left[article.id] = replace(article, text=rest), place
    made = []
    for hit in hits:
        article, place = left[hit.article.id]
        start, end = place[hit.passage.start], place[hit.passage.end]
        if article.text[start:end].strip():
            passage = Passage(article_id=article.id, start=start, end=end)
            made.append(replace(hit, article=article, passage=passage))
    return made


class _Remembering:
    """The bundled reader, which reads no passage twice for the same question."""

    def __init__(self) -> None:
        self.fingerprint = bundled_reader().fingerprint
        self._known: dict[tuple[str, str, str], Reading] = {}

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Reading]:
        """What ``SpanReader.read`` promises."""
        fresh = [pair for pair in passages if (question, *pair) not in self._known]
        for pair, reading in zip(fresh, bundled_reader().read(question, fresh), strict=True):
            self._known[(question, *pair)] = reading
        return [self._known[(question, *pair)] for pair in passages]


class _RememberingEncoder(SentenceEncoder):
    """The bundled encoder, which encodes no sentence twice."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode_passages(
        self, passages: Sequence[str], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """What ``Encoder.encode_passages`` promises."""
        fresh = [text for text in dict.fromkeys(passages) if text not in self._known]
        self._known |= dict(zip(fresh, super().encode_passages(fresh, progress), strict=True))
        return np.array([self._known[text] for text in passages]).reshape(len(passages), self.dim)


def _example(inquiry: Inquiry, item: Labelled, hits: list[Hit], group: str, fold: int) -> Example:
    """The sentences that answer or don't. Those of other articles that have the answer's words are
    left out: they may well answer.
    """
    _, found, rows = inquiry.describe(item.question, hits)
    of_gold = {id(hit): _of_gold(hit, item) for hit in hits}
    gold = np.array([of_gold[id(sentence.hit)] for sentence in found], np.bool_)
    holds = np.array([_holds(sentence.text, item) for sentence in found], np.bool_)
    sure = gold | ~holds
    return Example(group=group, fold=fold, rows=rows[sure], right=(gold & holds)[sure])


def _of_gold(hit: Hit, item: Labelled) -> bool:
    return without_space(fold(hit.article.text)) == without_space(fold(item.gold))


def _holds(text: str, item: Labelled) -> bool:
    return any(fold(answer) in fold(text) for answer in item.answers)


def fit_choice(data: list[Example]) -> NDArray[np.float64]:
    """Weights (intercept first) that tell answering sentences from the others."""
    useful = [example for example in data if example.right.any()]
    rows = np.concatenate([example.rows for example in useful])
    right = np.concatenate([example.right for example in useful])
    return _logistic(rows, right, np.where(right, 1 / right.sum(), 1 / (~right).sum()))


def fit_support(data: list[Example], choice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights for the probability that a question's best sentence answers it."""
    rows, right = _best(data, choice)
    return _logistic(rows, right, importance([lack(example) for example in data]))


def lack(example: Example) -> str:
    """Why nothing answers: removed, cut, astray or unsaid; empty where something does."""
    way = example.group.rpartition("-")[2]
    return "" if example.right.any() else "unsaid" if way in UNANSWERED else way


def importance(ways: Sequence[str]) -> NDArray[np.float64]:
    """Weights, one for each example's ``lack``: 1 where something answers, and as much in all where
    nothing does, each of its ways alike.
    """
    counts = Counter(ways)
    lacking = max(len(counts.keys() - {""}), 1)
    return np.array([1.0 if not way else counts[""] / lacking / counts[way] for way in ways])


def _best(
    data: list[Example], choice: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    picks = [int(np.argmax(example.rows @ choice[1:])) for example in data]
    rows = np.array([example.rows[pick] for example, pick in zip(data, picks, strict=True)])
    right = np.array([example.right[pick] for example, pick in zip(data, picks, strict=True)])
    return rows, right


def _logistic(
    rows: NDArray[np.float64], right: NDArray[np.bool_], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Logistic regression on standardised features, given back for the raw ones.

    A weight may not have the wrong sign (what a sentence has in common with the question never
    counts against it), and there is a ridge: fitted freely, the weights rank the kinds of text that
    they were fitted on a little better, and long newspaper articles worse.
    """
    from scipy.optimize import minimize

    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    inputs = np.column_stack([np.ones(len(rows)), (rows - mean) / deviation])
    share = weight / weight.sum() * len(rows)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = inputs @ weights
        slope = share * (1 / (1 + np.exp(-logits)) - right)
        ridge = np.concatenate([[0.0], RIDGE * weights[1:]])
        value = share @ (np.logaddexp(0, logits) - right * logits) + ridge @ weights / 2
        return float(value), inputs.T @ slope + ridge

    bounds = [(None, None), *(_BOUNDS[SIGNS.get(name, 1)] for name in FEATURES)]
    start = np.zeros(len(FEATURES) + 1)
    fitted = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    weights = fitted[1:] / deviation
    return np.concatenate([[fitted[0] - float(weights @ mean)], weights])


def held_out(data: list[Example]) -> dict[str, Any]:
    """Figures of five folds, each scored by weights from the other four."""
    right = np.zeros(len(data), np.bool_)
    probability = np.zeros(len(data))
    for held in range(FOLDS):
        inside = np.array([example.fold == held for example in data])
        others = [example for example in data if example.fold != held]
        choice = fit_choice(others)
        support = fit_support(others, choice)
        rows, right[inside] = _best([e for e in data if e.fold == held], choice)
        probability[inside] = 1 / (1 + np.exp(-(rows @ support[1:] + support[0])))
    groups = np.array([example.group for example in data])
    ways = np.array([lack(example) for example in data])
    weight = importance(list(ways))
    can = ways == ""
    return {
        "questions": {str(g): int((groups == g).sum()) for g in np.unique(groups)},
        "best_sentence_right": {
            str(g): round(float(right[groups == g].mean()), 3) for g in np.unique(groups[can])
        },
        "auroc": {
            way: round(auroc(list(probability[right]), list(probability[ways == way])), 3)
            for way in sorted(set(ways) - {""})
        },
        "calibration_error": round(calibration_error(probability, right, weight), 3),
        "thresholds": [_at(probability, right, can, weight, t / 20) for t in range(1, 20)],
    }


def calibration_error(
    probability: NDArray[np.float64],
    right: NDArray[np.bool_],
    weight: NDArray[np.float64],
    bins: int = 10,
) -> float:
    """Expected calibration error (Naeini et al. 2015) of weighted cases."""
    share = weight / weight.sum()
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return sum(
        abs(float((share * (probability - right))[place == one].sum())) for one in range(bins)
    )


def _at(
    probability: NDArray[np.float64],
    right: NDArray[np.bool_],
    can: NDArray[np.bool_],
    weight: NDArray[np.float64],
    threshold: float,
) -> dict[str, float]:
    """What a threshold answers: shares of what can and can't be answered, and of answers, where
    one question in two has none, those that are wrong.
    """
    given = probability >= threshold
    hits, misses = (given & right)[can].mean(), (given & ~right)[can].mean()
    false = np.average(given[~can], weights=weight[~can])
    wrong = (misses + false) / max(hits + misses + false, 1e-9)
    return {
        "at": threshold,
        "answered_right": round(float(hits), 3),
        "wrongly_refused": round(float(1 - given[can].mean()), 3),
        "rightly_refused": round(float(1 - false), 3),
        "answers_wrong": round(float(wrong), 3),
    }


def _archive(
    folder: Path, name: str, records: list[dict[str, Any]], encoder: SentenceEncoder
) -> Archive:
    """An archive of these records, built once."""
    source = folder / f"{name}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    write_text(source, "\n".join(lines))
    archive = Archive(folder / name, encoder=encoder)
    archive.add([source])
    return archive


def _gather(work: Path, data: Path, count: int, seed: int) -> list[Example]:
    contexts, reading = reader_questions(data, count, seed)
    chunks, news = news_questions(data, count, seed)
    kept, told = written_questions(data, WRITTEN * count, seed)
    sources: list[tuple[str, list[dict[str, Any]], list[Labelled]]] = [
        ("reader", [{"title": c[:20], "text": c} for c in contexts], reading),
        (
            "news",
            [{"title": c["text"][:30], "text": c["text"], "date": c["date"]} for c in chunks],
            news,
        ),
        (
            "written",
            [{"title": r["text"][:TITLE], "text": r["text"], "date": r["date"]} for r in kept],
            told,
        ),
    ]
    encoder = _RememberingEncoder()
    return [
        example
        for name, records, questions in sources
        for example in examples(
            Chatbot(_archive(work, name, records, encoder), reader=_Remembering()), questions
        )
    ]


def main(argv: list[str] | None = None) -> int:
    """Gathers, fits, writes the weights and prints the held-out figures."""
    parser = argparse.ArgumentParser(description="Fit the weights of rag/evidence.json.")
    parser.add_argument("--data", type=Path, required=True, help="with reader/, chronoqa/, crud/")
    parser.add_argument(
        "--work", type=Path, default=Path("var/fit"), help="where archives are kept"
    )
    parser.add_argument("--count", type=int, default=300, help="questions of each source")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    data = _gather(options.work, options.data, options.count, options.seed)
    choice = fit_choice(data)
    support = fit_support(data, choice)
    result = {
        "features": list(FEATURES),
        "choice": [round(float(w), 5) for w in choice],
        "support": [round(float(w), 5) for w in support],
        "held_out": held_out(data),
    }
    write_text(EVIDENCE, json.dumps(result, indent=1) + "\n")
    sys.stdout.write(json.dumps(result["held_out"], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
