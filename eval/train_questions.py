"""Trains where the bundled model looks for answers: python -m eval.train_questions --data FOLDER
--archive FOLDER

One square matrix, whose product with the vector of a question is added to that vector, so that it
comes nearer to the passages that answer and no nearer to others: questions in other words than the
paper's, and in English, gain most. The vectors of passages stay, so no archive has to be embedded
anew. The loss is cross entropy over the answering passage and others of the archive (InfoNCE, van
den Oord et al. 2018), those of the other questions of the batch among them.

Data: the written questions that are answered (``eval.written``), of which one in six reports is
kept, and an archive that holds ``crud/distractors_5000.jsonl.gz``, embedded with the bundled model.
Prints for the kept ones how often an answering passage is the first, and among the first eight, of
all passages by their vectors alone, before and after.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import numpy as np

from embeddings import SentenceEncoder
from embeddings.encoder import TURN, learnt_turn, turned
from eval.written import for_training, reports, without_space, written
from rag import Archive

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 128
OTHERS = 8192
"""Passages beside those of the batch that a question is told apart from, drawn anew each time."""

HEAT = 0.007
"""The cosines are divided by this: so close together the bundled model's lie."""

DECAY = 8.0

ENGLISH = 3
"""How often an epoch holds each question in English, of which there are few."""

ROWS = 10_000
"""Passages whose texts are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A question, its kind, and the places of the passages that hold its answer."""

    kind: str
    question: str
    places: tuple[int, ...]


def pairs(data: Path, archive: Archive, rows: NDArray[np.int64], *, training: bool) -> list[Pair]:
    """The questions whose report is in the archive. A place is one in ``rows``."""
    held = {key: report["text"] for key, report in reports(data).items()}
    passages = _passages(archive, rows, {without_space(text) for text in held.values()})
    made = []
    for one in written():
        if one.answer and for_training(one.report) == training:
            text = held[one.report]
            start = len(without_space(text[: one.answer[0]]))
            spans = passages.get(without_space(text), [])
            places = tuple(place for place, a, b in spans if a <= start < b)
            if places:
                made.append(Pair(kind=one.kind, question=one.question, places=places))
    return made


def _passages(
    archive: Archive, rows: NDArray[np.int64], wanted: set[str]
) -> dict[str, list[tuple[int, int, int]]]:
    """The places and spans of the passages of each wanted text; all without white space."""
    passages: dict[str, list[tuple[int, int, int]]] = {}
    for first in range(0, len(rows), ROWS):
        some = rows[first : first + ROWS].tolist()
        found = archive.passages_of(some)
        for place, row in enumerate(some, first):
            article, passage = found[row]
            text = without_space(article.text)
            if text in wanted:
                start = len(without_space(article.text[: passage.start]))
                end = start + len(without_space(article.text[passage.start : passage.end]))
                passages.setdefault(text, []).append((place, start, end))
    return passages


def train(
    asked: NDArray[np.float32],
    known: list[Pair],
    vectors: NDArray[np.float32],
    *,
    epochs: int,
    rate: float,
    seed: int,
) -> NDArray[np.float32]:
    """The matrix, shape (dim, dim). ``asked`` are the questions' vectors, ``vectors`` those of all
    passages.
    """
    import torch

    torch.manual_seed(seed)
    chance = random.Random(seed)
    questions, passages = torch.tensor(asked), torch.tensor(vectors)
    turn = torch.nn.Parameter(torch.zeros(vectors.shape[1], vectors.shape[1]))
    optimizer = torch.optim.AdamW([turn], lr=rate, weight_decay=DECAY)
    steps = epochs * (len(known) // BATCH)
    for step, batch in enumerate(_batches(len(known), epochs, chance)):
        own = torch.tensor([chance.choice(known[i].places) for i in batch])
        candidates = torch.cat([own, torch.randint(0, len(passages), (OTHERS,))])
        moved = torch.nn.functional.normalize(questions[batch] + questions[batch] @ turn.T, dim=1)
        scores = moved @ passages[candidates].T / HEAT
        scores = scores.masked_fill(_also_right(known, batch, candidates), -1e4)
        loss = torch.nn.functional.cross_entropy(scores, torch.arange(len(batch)))
        for group in optimizer.param_groups:
            group["lr"] = rate * max(0.02, 1 - step / steps)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return np.asarray(turn.detach().numpy(), np.float32)


def _batches(count: int, epochs: int, chance: random.Random) -> Iterator[list[int]]:
    order = list(range(count))
    for _ in range(epochs):
        chance.shuffle(order)
        for start in range(0, count - BATCH + 1, BATCH):
            yield order[start : start + BATCH]


def _also_right(known: list[Pair], batch: list[int], candidates: Any) -> Any:  # noqa: ANN401
    """Which candidates answer a question too, beside the one that is drawn for it."""
    import torch

    right = torch.zeros(len(batch), len(candidates), dtype=torch.bool)
    for line, i in enumerate(batch):
        right[line] = torch.isin(candidates, torch.tensor(known[i].places))
        right[line, line] = False
    return right


def figures(
    asked: NDArray[np.float32], known: list[Pair], vectors: NDArray[np.float32]
) -> dict[str, str]:
    """By kind: how many questions, and how often an answering passage is first, and in the first
    eight.
    """
    ranks: dict[str, list[int]] = {}
    for vector, pair in zip(asked, known, strict=True):
        cosines = vectors @ vector
        before = int((cosines > cosines[list(pair.places)].max()).sum())
        ranks.setdefault(pair.kind, []).append(before)
    return {
        kind: f"{len(found)}: {mean(r < 1 for r in found):.3f} {mean(r < 8 for r in found):.3f}"
        for kind, found in ranks.items()
    }


def main(argv: list[str] | None = None) -> int:
    """Trains, writes the matrix and prints the figures."""
    parser = argparse.ArgumentParser(description="Train the turn of the question vectors.")
    parser.add_argument("--data", type=Path, required=True, help="folder with crud/")
    parser.add_argument("--archive", type=Path, required=True, help="that holds its reports")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", type=Path, default=TURN)
    options = parser.parse_args(argv)
    archive = Archive(options.archive, create=False)
    rows, vectors = archive.vectors()
    learnt = pairs(options.data, archive, rows, training=True)
    if len(learnt) < BATCH:
        parser.error(f"{options.archive} holds too few of the reports")
    kept = pairs(options.data, archive, rows, training=False)
    encoder = archive.encoder
    if not isinstance(encoder, SentenceEncoder) or encoder.turn is None:
        parser.error(f"{options.archive} is not embedded with the bundled model")
    encoder.turn = None
    asked, shown = (
        encoder.encode_queries([pair.question for pair in some]) for some in (learnt, kept)
    )
    english = [i for i, pair in enumerate(learnt) if pair.kind == "english"]
    order = [*range(len(learnt)), *english * (ENGLISH - 1)]
    turn = train(
        asked[order],
        [learnt[i] for i in order],
        vectors,
        epochs=options.epochs,
        rate=options.rate,
        seed=options.seed,
    )
    _save(options.target, turn)
    for name, found in (("before", shown), ("after", turned(shown, learnt_turn(options.target)))):
        sys.stdout.write(f"{name} {figures(found, kept, vectors)}\n")
    return 0


def _save(path: Path, turn: NDArray[np.float32]) -> None:
    from safetensors.numpy import save_file

    save_file({"turn": turn.astype(np.float16)}, path)


if __name__ == "__main__":
    sys.exit(main())
