"""Trains the span reader: python -m eval.train_reader --data FOLDER --steps 2400

The linear layers of the bundled encoder and a head of two logits a token, trained on passages cut
as the archive cuts them, half of them with a headline and date in front. Position 0 stands for "not
here": so it is for questions that their context does not answer, for other passages of the context
that does, for passages of other contexts that share the question's words, and for passages out of
which the sentence with the answer was cut. Drawn anew for each epoch.

The result is ``rag/reader.safetensors``: what the layers changed by, as factors of low rank (by
singular values; Hu et al. 2021 train such factors), and the head, in fp16. A checkpoint is written
every ``--keep-every`` steps; the same command goes on from it, to the same result.

Data: ``reader/train.jsonl.gz`` (DRCD, CC BY-SA 3.0; Chinese SQuAD 2.0, CC BY-SA 4.0), two thirds of
the questions of ``chronoqa/train.jsonl`` (CC BY 4.0) whose answer stands in their one passage, and
those on three fifths of the contexts of the CMRC trial set (CC BY-SA 4.0), whose answers are six
times as long as the others'. Beside them questions written about reports of ``crud/``
(``eval.written``), of which a sixth, and what is left of the former two, is for ``eval.fit``; and
questions formed from news (``eval.formed``). What is hard to read counts more than once in an
epoch, what is easy less.

``--score FILE`` and ``--score-written`` train nothing: they print EM and F1 of the result at
``--target``, on a reading-comprehension set and on the written questions that are kept.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import mean
from typing import Any

from embeddings.bundled import bundled_folder
from eval.files import read_jsonl
from eval.formed import Formed, astray, formed, unanswered
from eval.metrics import auroc, exact_match, overlap_f1
from eval.written import for_training, reports, sampled, written
from rag.passages import embedded_text, passages, sentences
from rag.reader import FACTORS, PREFIX, SCALE, Reader, layer_changes
from rag.terms import bigrams, fold, is_chinese, question_terms
from rag.types import Article, Span

RANK = 128
HEAD = ("head.weight", "head.bias")
MAX_TOKENS = 384
BATCH = 16
NEAR = 5
"""Passages of other contexts kept for each question, of which one is drawn."""

READ_WEIGHT, TRIAL_WEIGHT, FORMED_WEIGHT = 0.5, 2.0, 0.2
"""How often an epoch holds each question of ``train.jsonl.gz``, of the CMRC trial set, and each
formed one, of which seven in ten are read without a loss.
"""

WEIGHTS = {
    "fact": 0.25,
    "paraphrase": 0.5,
    "everyday": 2.0,
    "longer": 1.5,
    "english": 2.0,
    "missing": 0.5,
    "beside": 0.5,
    "false": 0.5,
}
"""The same for each written question, by its kind: the more, the harder it is to read."""

IMPOSSIBLE, OTHER, FOREIGN, CUT, ASTRAY = 0.4, 0.15, 0.25, 0.2, 0.2
"""How often each kind of passage without the answer is drawn, a passage or question."""

NEWS_IMPOSSIBLE, NEWS_FOREIGN, NEWS_CUT, NEWS_ASTRAY = 0.4, 0.2, 0.2, 0.5
"""All but the second, for questions of news: what newspapers are asked for and do not say."""

OF_REPORT, OTHERS = 1, 500
"""Questions that are formed from one report, and those of others that one is mixed up with."""

TITLE = 24
"""Characters of a report that stand for its headline, which these reports lack."""

TEMPLATE = "主力资金"
"""Reports of share prices, all in the same words: no questions are formed from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A question, the context it was asked of, and the answer's span in it; None: impossible.
    ``near`` are passages of other contexts that share its words and do not hold the answer,
    ``astray`` questions like it that the context does not answer. Of ``news``, more of what has no
    answer is drawn. ``day`` is when the context appeared, as in ISO 8601; empty: not known.
    ``weight`` is how often an epoch holds it.
    """

    question: str
    context: str
    answer: Span | None
    near: tuple[str, ...] = ()
    astray: tuple[str, ...] = ()
    news: bool = False
    day: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A question, what stands in front of the passage, the passage, and the answer's span in it."""

    question: str
    head: str
    passage: str
    answer: Span | None


def reader_records(data: Path) -> list[Record]:
    """The questions of ``reader/train.jsonl.gz`` and the trial set."""
    read = [(record, READ_WEIGHT) for record in read_jsonl(data / "reader" / "train.jsonl.gz")]
    made = []
    for record, weight in [*read, *((r, TRIAL_WEIGHT) for r in trial(data, training=True))]:
        gold = record["answers"][0] if record["answers"] else None
        span = (gold["start"], gold["start"] + len(gold["text"])) if gold else None
        asked, context = record["question"], record["context"]
        made.append(Record(question=asked, context=context, answer=span, weight=weight))
    return made


def trial(data: Path, *, training: bool) -> list[dict[str, Any]]:
    """The records of the CMRC trial set: those on three fifths of the contexts train the reader,
    the others are for ``eval.fit``.
    """
    return [
        record
        for record in read_jsonl(data / "reader" / "valid_cmrc_trial.jsonl.gz")
        if (zlib.crc32(record["context"].encode()) % 5 < 3) == training
    ]


def news_records(data: Path) -> list[Record]:
    """The questions of ``chronoqa/train.jsonl`` that are for training the reader."""
    made = []
    for record, text in literal_news(data, training=True):
        start = text.index(record["answer"])
        span = (start, start + len(record["answer"]))
        made.append(Record(question=record["question"], context=text, answer=span, news=True))
    return made


def written_records(data: Path) -> list[Record]:
    """The written questions that train the reader."""
    held = reports(data)
    return [
        Record(
            question=one.question,
            context=held[one.report]["text"],
            answer=one.answer,
            news=True,
            day=held[one.report]["date"],
            weight=WEIGHTS[one.kind],
        )
        for one in written()
        if for_training(one.report) and one.report in held
    ]


def formed_records(data: Path, seed: int) -> list[Record]:
    """Questions formed from reports: the articles of ``crud/distractors_5000.jsonl.gz``, but for
    those that stand near a development question of that set (near copies of its article, or with
    its answer) or are kept for ``eval.fit``, and the chunks of ``chronoqa`` that neither
    ``eval.fit`` nor a development question of that set reads.
    """
    asked = read_jsonl(data / "crud" / "crud1doc_factoid_dev.jsonl")
    kept_back = {
        key
        for record in asked
        for key in [*record["near_dup_docs"], *record["other_docs_with_answer_string"]]
    }
    kept_back.update(key for r in read_jsonl(data / "chronoqa" / "dev.jsonl") for key in r["gold"])
    chunks = read_jsonl(data / "chronoqa" / "chunks.jsonl")
    news = [
        *(report for key, report in reports(data).items() if for_training(key)),
        *(chunk for chunk in chunks if not _for_fit(chunk["id"])),
    ]
    texts = [
        report["text"]
        for report in news
        if report["id"] not in kept_back and TEMPLATE not in report["text"]
    ]
    drawn: list[tuple[str, Formed]] = []
    for text in texts:
        rng = random.Random(f"{seed} {text}")
        found = formed(text, rng)
        drawn += [(text, question) for question in rng.sample(found, min(OF_REPORT, len(found)))]
    every, rng = [question for _, question in drawn], random.Random(seed)
    most = min(OTHERS, len(every))
    return [
        Record(
            question=question.about(question.topic),
            context=text,
            answer=question.answer,
            astray=tuple(unanswered(question, text, rng.sample(every, most), rng)),
            news=True,
            weight=FORMED_WEIGHT,
        )
        for text, question in drawn
    ]


def _for_fit(chunk: str) -> bool:
    """Whether a chunk of ``chronoqa`` is of the third that ``eval.fit`` asks about."""
    return int(chunk.removeprefix("ck")) % 3 == 0


def literal_news(data: Path, *, training: bool) -> list[tuple[dict[str, Any], str]]:
    """The questions of ``chronoqa/train.jsonl`` whose answer stands in their one chunk, with its
    text: those on two thirds of the chunks train the reader, the others are for ``eval.fit``.
    """
    chunks = read_jsonl(data / "chronoqa" / "chunks.jsonl")
    text_of = {chunk["id"]: chunk["text"] for chunk in chunks}
    return [
        (record, text)
        for record in read_jsonl(data / "chronoqa" / "train.jsonl")
        if len(record["gold"]) == 1
        and record["answer"] in (text := text_of[record["gold"][0]])
        and _for_fit(record["gold"][0]) != training
    ]


def with_near(records: Sequence[Record]) -> list[Record]:
    """The records with their ``near`` passages, by the tf-idf of character bigrams."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not records:
        return []
    contexts = list(dict.fromkeys(record.context for record in records))
    pool = [(c, c[a:b]) for c in contexts for a, b in _parts(c)]
    weigh = TfidfVectorizer(analyzer=bigrams, sublinear_tf=True)
    index = weigh.fit_transform([text for _, text in pool]).T.tocsr()
    weigh.set_params(analyzer=question_terms)
    asked = weigh.transform([record.question for record in records])
    made = []
    for i, record in enumerate(records):
        likeness = (asked[i] @ index).toarray()[0]
        best = np.argsort(-likeness, kind="stable")[: 4 * NEAR]
        answer = _said(record)
        near = [
            pool[j][1]
            for j in best
            if pool[j][0] != record.context and not (answer and answer in fold(pool[j][1]))
        ]
        made.append(replace(record, near=tuple(near[:NEAR])))
    return made


def with_astray(records: Sequence[Record], seed: int) -> list[Record]:
    """The records that have an answer with one more question that their context does not answer:
    theirs with a year, a place, an ordinal or a title of another question.
    """
    rng = random.Random(seed)
    pool = [record.question for record in records]
    made = []
    for record in records:
        wrong = astray(record.question, record.context, pool, rng) if record.answer else ""
        made.append(replace(record, astray=(*record.astray, wrong)) if wrong else record)
    return made


def samples(records: Sequence[Record], rng: random.Random) -> list[Sample]:
    """One epoch: the questions as often as they weigh, each time with the passage that answers it
    and some that do not.
    """
    made: list[Sample] = []
    times = [int(record.weight + rng.random()) for record in records]
    for record in itertools.chain.from_iterable(map(itertools.repeat, records, times)):
        drawn = _shown(record, rng)
        asked = [(record.question, passage, answer) for passage, answer in drawn]
        holding = [passage for passage, answer in drawn if answer]
        if record.answer and rng.random() < (NEWS_CUT if record.news else CUT):
            said, by_clause = _said(record), rng.choice((False, True))
            parts = [_clauses(p) if by_clause else sentences(p) for p in holding]
            rests = [_without(p, said, spans) for p, spans in zip(holding, parts, strict=True)]
            asked += [(record.question, rest, None) for rest in rests if rest]
        for wrong in record.astray:
            if rng.random() < (NEWS_ASTRAY if record.news else ASTRAY):
                asked += [(wrong, passage, None) for passage in holding]
        for question, passage, answer in asked:
            head = _headline(record, rng) if rng.random() < 0.5 else ""
            question = _marked(question, rng) if record.news else question
            made.append(Sample(question=question, head=head, passage=passage, answer=answer))
    rng.shuffle(made)
    return made


def _shown(record: Record, rng: random.Random) -> list[tuple[str, Span | None]]:
    """The passage that answers, and some of its context and of others that do not. Passages that
    have the answer's words elsewhere are left out: they may answer too.
    """
    drawn: list[tuple[str, Span | None]] = []
    gold, said = record.answer, _said(record)
    other = OTHER if gold else NEWS_IMPOSSIBLE if record.news else IMPOSSIBLE
    for a, b in _parts(record.context):
        passage = record.context[a:b]
        if gold and a <= gold[0] and gold[1] <= b:
            drawn.append((passage, (gold[0] - a, gold[1] - a)))
        elif rng.random() < other and not (said and said in fold(passage)):
            drawn.append((passage, None))
    if record.near and rng.random() < (NEWS_FOREIGN if record.news else FOREIGN):
        drawn.append((rng.choice(record.near), None))
    return drawn


def _said(record: Record) -> str:
    """The words of the answer, folded; empty where there is none."""
    return fold(record.context[slice(*record.answer)]) if record.answer else ""


def _parts(context: str) -> list[Span]:
    return [(p.start, p.end) for p in passages(Article(title="", text=context))]


def _without(passage: str, answer: str, parts: Sequence[Span]) -> str:
    """The passage without the parts that hold the answer, folded; empty if all do."""
    return "".join(passage[a:b] for a, b in parts if answer not in fold(passage[a:b]))


def _clauses(passage: str) -> list[Span]:
    return [match.span() for match in re.finditer(r"[^，；。！？\n]+[，；。！？\n]*", passage)]


def _headline(record: Record, rng: random.Random) -> str:
    drawn = (rng.randint(2000, 2024), rng.randint(1, 12), rng.randint(1, 28))
    year, month, day = map(int, record.day.split("-")) if record.day else drawn
    return f"{record.context[: rng.randint(8, 20)]}（{year}年{month}月{day}日）\n"


def _marked(question: str, rng: random.Random) -> str:
    """The question with its mark or, as often, without."""
    return question.rstrip("？?") + rng.choice(["", "？" if is_chinese(question) else "?"])


def batches(records: Sequence[Record], seed: int) -> Iterator[list[Sample]]:
    """Batches of passages of like length, in random order, epoch after epoch without end."""
    for epoch in itertools.count():
        rng = random.Random(f"{seed} {epoch}")
        pool = samples(records, rng)
        groups = []
        for i in range(0, len(pool), BATCH * 20):
            chunk = sorted(pool[i : i + BATCH * 20], key=lambda s: len(s.head + s.passage))
            groups += [chunk[j : j + BATCH] for j in range(0, len(chunk), BATCH)]
        rng.shuffle(groups)
        yield from groups


def encode(tokenizer: Any, batch: list[Sample]) -> tuple[Any, Any, Any]:  # noqa: ANN401
    """Token ids with the first and last token of each answer, 0 where there is none."""
    import torch

    coded = tokenizer(
        [PREFIX + s.question for s in batch],
        [s.head + s.passage for s in batch],
        truncation="only_second",
        max_length=MAX_TOKENS,
        padding=True,
        return_offsets_mapping=True,
        return_tensors="pt",
    )
    firsts, lasts = [], []
    for i, sample in enumerate(batch):
        first, last = 0, 0
        if sample.answer:
            a, b = (len(sample.head) + x for x in sample.answer)
            inside = [
                t
                for t, (x, y) in enumerate(coded["offset_mapping"][i].tolist())
                if coded.sequence_ids(i)[t] == 1 and x < b and y > a
            ]
            first, last = (inside[0], inside[-1]) if inside else (0, 0)
        firsts.append(first)
        lasts.append(last)
    del coded["offset_mapping"]
    return coded, torch.tensor(firsts), torch.tensor(lasts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainee:
    """The encoder, the weights of its linear layers as they were (``base``), and what is
    ``trained``: these weights and the head's, by their names. All but the encoder is fp32.
    """

    model: Any
    base: dict[str, Any]
    trained: dict[str, Any]
    tokenizer: Any
    optimizer: Any


def build(seed: int, rate: float = 1e-4, *, bf16: bool = False) -> Trainee:
    """The encoder as it is, and a fresh head, which learns twice as fast."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    torch.manual_seed(seed)
    folder = str(bundled_folder())
    # fused attention is slower backwards on a processor than its parts
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
    linear = torch.nn.Linear
    layers = [name for name, module in model.named_modules() if isinstance(module, linear)]
    own = dict(model.named_parameters())
    base = {f"{name}.weight": own[f"{name}.weight"].detach().clone() for name in layers}
    weights = {name: torch.nn.Parameter(weight.clone()) for name, weight in base.items()}
    model.requires_grad_(requires_grad=False).to(torch.bfloat16 if bf16 else torch.float32)
    ends = dict(linear(model.config.hidden_size, 2).named_parameters(prefix="head"))
    groups = [
        {"params": list(weights.values()), "lr": rate},
        {"params": list(ends.values()), "lr": 2 * rate},
    ]
    return Trainee(
        model=model,
        base=base,
        trained=weights | ends,
        tokenizer=AutoTokenizer.from_pretrained(folder),
        optimizer=torch.optim.AdamW(groups, weight_decay=0.01),
    )


def train(options: argparse.Namespace) -> None:
    """Trains for a number of steps, the rate falling over them in a line, and writes the result."""
    news = news_records(options.data)
    made = formed_records(options.data, options.seed)
    read = with_astray(reader_records(options.data), options.seed)
    news = with_astray(news, options.seed)
    told = written_records(options.data)
    records = [*with_near(read), *with_near(news), *with_near(made), *with_near(told)]
    trainee = build(options.seed, options.rate, bf16=options.bf16)
    if options.start:
        _start(options.start, trainee)
    rates = [group["lr"] for group in trainee.optimizer.param_groups]
    run = _run(options)
    start, before, losses = _resume(options.checkpoint, trainee, run), time.monotonic(), []
    fresh = itertools.islice(batches(records, options.seed), start, options.steps)
    for step, batch in enumerate(fresh, start + 1):
        part = min(1.0, step / 30) * max(0.02, 1 - (step - 1) / options.steps)
        for group, rate in zip(trainee.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * part
        losses.append(learn(trainee, batch))
        if step % 20 == 0:
            minutes = (time.monotonic() - before) / 60
            sys.stdout.write(f"step {step} loss {mean(losses[-20:]):.3f} {minutes:.1f} min\n")
            sys.stdout.flush()
        if step % options.keep_every == 0:
            _checkpoint(options.checkpoint, trainee, step, run)
    if options.start:  # on unseen passages a mean of two reads better than both (Wortsman 2022)
        _start(options.start, trainee, 1 - options.way)
    save(options.target, trainee, options.rank)


def learn(trainee: Trainee, batch: list[Sample]) -> float:
    """One step; returns its loss: cross entropy over positions, mean of first and last."""
    import torch

    coded, firsts, lasts = encode(trainee.tokenizer, batch)
    trained, functional = trainee.trained, torch.nn.functional
    weights = {name: trained[name].to(trainee.model.dtype) for name in trainee.base}
    out = torch.func.functional_call(trainee.model, weights, (), dict(coded))
    hidden = out.last_hidden_state.float()
    logits = functional.linear(hidden, trained["head.weight"], trained["head.bias"])
    logits = logits.masked_fill(coded["attention_mask"][..., None] == 0, -1e4)
    cross = functional.cross_entropy
    loss = (cross(logits[..., 0], firsts) + cross(logits[..., 1], lasts)) / 2
    trainee.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
    trainee.optimizer.step()
    return float(loss.detach())


def _start(path: Path, trainee: Trainee, share: float = 1.0) -> None:
    """Moves what is trained to a result of before, or a share of the way there."""
    import torch
    from safetensors.torch import load_file

    before = {name: value.float() for name, value in load_file(path).items()}
    with torch.no_grad():
        for name, change in layer_changes(before):
            trainee.trained[name].lerp_(trainee.base[name] + change, share)
        for name in HEAD:
            trainee.trained[name].lerp_(before[name], share)


def save(path: Path, trainee: Trainee, rank: int = RANK) -> None:
    """Writes factors and head as ``rag.reader`` loads them."""
    import torch
    from safetensors.torch import save_file

    tensors = {name: trainee.trained[name].detach() for name in HEAD}
    for name, base in trainee.base.items():
        change = (trainee.trained[name].detach() - base) / SCALE
        left, values, right = torch.linalg.svd(change, full_matrices=False)
        root = values[:rank].sqrt()
        tensors[name.replace("weight", "lora_A.weight")] = root[:, None] * right[:rank]
        tensors[name.replace("weight", "lora_B.weight")] = left[:, :rank] * root
    save_file({n: t.to(torch.float16).contiguous() for n, t in tensors.items()}, path)


def _run(options: argparse.Namespace) -> dict[str, str]:
    """What must be the same where a run goes on."""
    return {name: str(getattr(options, name)) for name in ("start", "seed", "rate", "bf16")}


def _checkpoint(path: Path, trainee: Trainee, step: int, run: dict[str, str]) -> None:
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, value in trainee.trained.items():
        state = trainee.optimizer.state[value]
        tensors[name] = value.detach()
        tensors[f"{name} mean"], tensors[f"{name} square"] = state["exp_avg"], state["exp_avg_sq"]
    save_file(tensors, path.with_suffix(".new"), metadata={"step": str(step), **run})
    path.with_suffix(".new").replace(path)


def _resume(path: Path, trainee: Trainee, run: dict[str, str]) -> int:
    """Fills parameters and the optimizer's moments from a checkpoint; returns its step, or 0.
    Raises ``SystemExit`` where it is of another run.
    """
    import torch
    from safetensors import safe_open

    if not path.exists():
        return 0
    with safe_open(path, "pt") as file, torch.no_grad():
        noted = file.metadata()
        if any(noted.get(name) != value for name, value in run.items()):
            raise SystemExit(
                f"{path} is of another run: move it away, or give another --checkpoint"
            )
        step = int(noted["step"])
        for name, value in trainee.trained.items():
            value.copy_(file.get_tensor(name))
            trainee.optimizer.state[value] = {
                "step": torch.tensor(float(step)),
                "exp_avg": file.get_tensor(f"{name} mean"),
                "exp_avg_sq": file.get_tensor(f"{name} square"),
            }
    return step


def score(path: Path, limit: int, factors: Path = FACTORS) -> dict[str, float]:
    """Exact match and character F1 (CMRC 2018's, answers without punctuation) on contexts."""
    reader = Reader(factors=factors)
    exact, overlap = [], []
    for record in read_jsonl(path)[:limit]:
        _, said = _read(reader, record["question"], "", record["context"])
        golds = [answer["text"] for answer in record["answers"]]
        exact.append(max(exact_match(said, gold) for gold in golds))
        overlap.append(max(overlap_f1(said, gold) for gold in golds))
    return {"n": len(exact), "EM": sum(exact) / len(exact), "F1": sum(overlap) / len(overlap)}


def score_written(data: Path, limit: int, factors: Path = FACTORS) -> dict[str, Any]:
    """The same on written questions that the reader was not trained on, drawn at random, by kind,
    each read in its whole report with headline and day; and how well the best span's score tells
    those that the report answers from those that it does not (area under the ROC curve).
    """
    reader = Reader(factors=factors)
    held = reports(data)
    figures: dict[str, list[tuple[float, float]]] = {}
    answered: list[float] = []
    unanswered: list[float] = []
    for one in sampled([one for one in written() if not for_training(one.report)], limit):
        text, day = held[one.report]["text"], date.fromisoformat(held[one.report]["date"])
        head = embedded_text(Article(title=text[:TITLE], text=text, date=day), 0, 0)
        best, said = _read(reader, one.question, head, text)
        (answered if one.answer else unanswered).append(best)
        if one.answer:
            gold = text[slice(*one.answer)]
            pair = (exact_match(said, gold), overlap_f1(said, gold))
            figures.setdefault(one.kind, []).append(pair)
    result: dict[str, Any] = {
        kind: {"n": len(pairs), "EM": mean(e for e, _ in pairs), "F1": mean(f for _, f in pairs)}
        for kind, pairs in figures.items()
    }
    tells = auroc(answered, unanswered) if answered and unanswered else None
    return result | {"unanswered": len(unanswered), "AUROC": tells}


def _read(reader: Reader, question: str, head: str, context: str) -> tuple[float, str]:
    """Score and words of the best span in the passages of a context."""
    parts = [context[a:b] for a, b in _parts(context)]
    found = reader.read(question, [(head, part) for part in parts])
    best = max(range(len(parts)), key=lambda i: found[i].score)
    return found[best].score, parts[best][slice(*found[best].span)]


def main(argv: list[str] | None = None) -> int:
    """Trains, or scores with ``--score`` or ``--score-written``."""
    parser = argparse.ArgumentParser(description="Train the span reader.")
    parser.add_argument("--data", type=Path, help="folder with reader/train.jsonl.gz")
    parser.add_argument("--steps", type=int, default=2400, help="of 16 passages")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--rank", type=int, default=RANK, help="of the factors that are written")
    parser.add_argument("--start", type=Path, help="a result to go on from")
    parser.add_argument("--way", type=float, default=0.5, help="share kept of the way from --start")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="where the processor has it")
    parser.add_argument("--keep-every", type=int, default=100, help="steps between checkpoints")
    parser.add_argument("--checkpoint", type=Path, default=Path("var/reader.safetensors"))
    parser.add_argument("--target", type=Path, default=FACTORS, help="the result")
    parser.add_argument("--score", type=Path, help="a gzipped JSONL of questions with contexts")
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--score-written", action="store_true", help="score on written questions")
    options = parser.parse_args(argv)
    if not options.data and (options.score_written or not options.score):
        parser.error("--data is needed")
    if options.score_written:
        sys.stdout.write(
            json.dumps(score_written(options.data, options.limit, options.target)) + "\n"
        )
    elif options.score:
        sys.stdout.write(json.dumps(score(options.score, options.limit, options.target)) + "\n")
    else:
        train(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
