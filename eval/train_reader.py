"""Trains the span reader: python -m eval.train_reader --data FOLDER --minutes 30

LoRA (Hu et al. 2021) on the linear layers of the bundled encoder and a head of two logits a token,
trained on passages cut as the archive cuts them: with the answer, without it (the same context's
other passages) and for questions marked impossible; half of them with a headline and date in front.
Position 0 stands for "not here". The result is ``rag/reader.safetensors``: the low-rank factors and
the head, in fp16. A checkpoint is written every 100 steps; the same command goes on from it.

Data: ``reader/train.jsonl.gz`` (DRCD, CC BY-SA 3.0; Chinese SQuAD 2.0, CC BY-SA 4.0), for choosing
``reader/valid_cmrc_trial.jsonl.gz``. ``--score FILE`` only prints EM and F1 of the shipped reader.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings.bundled import bundled_folder
from rag.passages import passages
from rag.reader import RANK, SCALE, Reader, pair_text
from rag.terms import fold
from rag.types import Article, Span

TARGET = Path(__file__).parents[1] / "rag" / "reader.safetensors"
MAX_TOKENS = 384
BATCH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A question, what stands in front of the passage, the passage, and the answer's span in it."""

    question: str
    head: str
    passage: str
    answer: Span | None


def samples(records: list[dict[str, Any]], rng: random.Random) -> list[Sample]:
    """Each question with the passage that answers, and every second one with one that does not."""
    made: list[Sample] = []
    for record in records:
        context = record["context"]
        parts = passages(Article(title="", text=context))
        spans = [(p.start, p.end) for p in parts]
        gold = record["answers"][0] if record["answers"] else None
        start = gold["start"] if gold else -1
        end = start + len(gold["text"]) if gold else -1
        for a, b in spans:
            inside = a <= start and end <= b
            if not inside and rng.random() > (0.5 if record["impossible"] else 0.35):
                continue
            head = _headline(context, rng) if rng.random() < 0.5 else ""
            answer = (start - a, end - a) if inside else None
            made.append(
                Sample(question=record["question"], head=head, passage=context[a:b], answer=answer)
            )
    rng.shuffle(made)
    return made


def _headline(context: str, rng: random.Random) -> str:
    day = f"{rng.randint(2000, 2024)}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日"
    return f"{context[: rng.randint(8, 20)]}（{day}）\n"


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def batches(data: list[Sample], rng: random.Random) -> Iterator[list[Sample]]:
    """Batches of passages of like length, in random order, without end."""
    while True:
        pool = data[:]
        rng.shuffle(pool)
        groups = []
        for i in range(0, len(pool), BATCH * 20):
            chunk = sorted(pool[i : i + BATCH * 20], key=lambda s: len(s.passage))
            groups += [chunk[j : j + BATCH] for j in range(0, len(chunk), BATCH)]
            if len(groups) >= 20:
                rng.shuffle(groups)
                yield from groups
                groups = []


def encode(tokenizer: Any, batch: list[Sample]) -> tuple[Any, Any, Any]:  # noqa: ANN401
    """Token ids with the first and last token of each answer, 0 where there is none."""
    import torch

    texts = [pair_text(s.question, s.head + s.passage) for s in batch]
    coded = tokenizer(
        [t[0] for t in texts],
        [t[1] for t in texts],
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


def train(options: argparse.Namespace) -> None:
    """Trains until the minutes are over, with linear decay over them, and writes the result."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModel, AutoTokenizer

    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    data = samples(read(options.data / "reader" / "train.jsonl.gz"), rng)
    folder = str(bundled_folder())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    base = AutoModel.from_pretrained(folder, add_pooling_layer=False)
    targets = ["query", "key", "value", "dense"]
    config = LoraConfig(r=RANK, lora_alpha=RANK * SCALE, target_modules=targets, lora_dropout=0.0)
    model = get_peft_model(base, config)
    head = torch.nn.Linear(base.config.hidden_size, 2)
    adapter = [p for p in model.parameters() if p.requires_grad]
    groups = [{"params": adapter, "lr": options.rate}, {"params": head.parameters(), "lr": 2e-3}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = [group["lr"] for group in optimizer.param_groups]
    spent, step, seen = _resume(options.checkpoint, model, head)
    for batch in batches(data, rng):
        started = time.monotonic()
        done = spent / (options.minutes * 60)
        if done >= 1:
            break
        warm = min(1.0, (step + 1) / 30)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * warm * max(0.02, 1 - done)
        coded, firsts, lasts = encode(tokenizer, batch)
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            hidden = model(**coded).last_hidden_state
        logits = head(hidden.float())
        logits = logits.masked_fill(coded["attention_mask"][..., None] == 0, -1e4)
        cross = torch.nn.functional.cross_entropy
        loss = (cross(logits[..., 0], firsts) + cross(logits[..., 1], lasts)) / 2
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([*adapter, *head.parameters()], 1.0)
        optimizer.step()
        spent += time.monotonic() - started
        step, seen = step + 1, seen + len(batch)
        if step % 20 == 0:
            sys.stdout.write(f"step {step} samples {seen} loss {loss:.3f} {spent / 60:.1f} min\n")
            sys.stdout.flush()
        if step % 100 == 0:
            _save(options.checkpoint, model, head, spent, step, seen)
    _save(TARGET, model, head, spent, step, seen)


def _save(path: Path, model: Any, head: Any, spent: float, step: int, seen: int) -> None:  # noqa: ANN401
    import torch
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        name.removeprefix("base_model.model.").replace(".default", ""): value
        for name, value in model.state_dict().items()
        if "lora_" in name
    }
    kept |= {f"head.{name}": value for name, value in head.state_dict().items()}
    tensors = {name: value.to(torch.float16).contiguous() for name, value in kept.items()}
    facts = {"seconds": f"{spent:.0f}", "steps": str(step), "samples": str(seen)}
    save_file(tensors, path, metadata=facts)


def _resume(path: Path, model: Any, head: Any) -> tuple[float, int, int]:  # noqa: ANN401
    if not path.exists():
        return 0.0, 0, 0
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        facts = file.metadata()
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}
    own = model.state_dict()
    for name in own:
        key = name.removeprefix("base_model.model.").replace(".default", "")
        if key in tensors:
            own[name].copy_(tensors[key])
    head.load_state_dict({k.removeprefix("head."): v for k, v in tensors.items() if "head." in k})
    return float(facts["seconds"]), int(facts["steps"]), int(facts["samples"])


def score(path: Path, limit: int) -> dict[str, float]:
    """Exact match and character F1 (CMRC 2018's, answers without punctuation) on contexts."""
    reader = Reader()
    exact, overlap = [], []
    for record in read(path)[:limit]:
        article = Article(title="", text=record["context"])
        parts = passages(article, 300)
        texts = [article.text[p.start : p.end] for p in parts]
        found = reader.read(record["question"], [("", text) for text in texts])
        best = max(range(len(texts)), key=lambda i: found[i].score)
        a, b = found[best].span
        said = texts[best][a:b]
        golds = [answer["text"] for answer in record["answers"]]
        exact.append(max(_bare(said) == _bare(gold) for gold in golds))
        overlap.append(max(_f1(_bare(said), _bare(gold)) for gold in golds))
    return {"n": len(exact), "EM": sum(exact) / len(exact), "F1": sum(overlap) / len(overlap)}


def _bare(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())


def _f1(a: str, b: str) -> float:
    same = sum((Counter(a) & Counter(b)).values())
    return 2 * same / (len(a) + len(b)) if same else 0.0


def main(argv: list[str] | None = None) -> int:
    """Trains, or scores with ``--score``."""
    parser = argparse.ArgumentParser(description="Train the span reader.")
    parser.add_argument("--data", type=Path, help="folder with reader/train.jsonl.gz")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="where the processor has it")
    parser.add_argument("--checkpoint", type=Path, default=Path("var/reader.safetensors"))
    parser.add_argument("--score", type=Path, help="a gzipped JSONL of questions with contexts")
    parser.add_argument("--limit", type=int, default=300)
    options = parser.parse_args(argv)
    if options.score:
        sys.stdout.write(json.dumps(score(options.score, options.limit)) + "\n")
    else:
        train(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
