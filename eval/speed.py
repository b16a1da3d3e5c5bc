"""How fast this machine does it: wenbao eval speed --articles FILE.jsonl --questions FILE.jsonl

Prints the machine, then: embedding throughput beside the matrix-product rate of the same machine
(measured in turn, medians, so that a busy machine slows both), the time and peak memory of adding
the articles in a new process, the reader over eight passages and the memory that it takes together
with the encoder, the cold start of ``wenbao ask``, warm questions at p50 and p95, and ten people
who ask at once.
With ``--archive`` the questions go to that archive instead of the one just made.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings import SentenceEncoder, bundled_folder
from eval.commands import parser_of
from eval.files import read_jsonl
from rag import Archive, Chatbot
from rag.passages import PASSAGE_CHARS
from rag.reader import bundled_reader

if TYPE_CHECKING:
    from transformers import PretrainedConfig

ROUNDS = 7
PEOPLE = 10
"""Who ask at the same moment."""


def throughput(articles: Sequence[dict[str, Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Median tokens/s of embedding and the share of the matrix-product rate that it reaches.

    The work of a token is counted as the multiply-adds of the model's matrices and of attention
    (2 floating-point operations each); everything else the model does counts as nothing.
    """
    from transformers import AutoConfig

    encoder = SentenceEncoder()
    texts = [a["text"][:PASSAGE_CHARS] for a in articles if len(a["text"]) >= PASSAGE_CHARS][:64]
    counts = encoder.count_tokens(texts)
    config = AutoConfig.from_pretrained(bundled_folder())
    work = sum(_operations(config, n) for n in counts)
    encoder.encode_passages(texts[:8])
    rates, shares = [], []
    for _ in range(rounds):
        matrix = _matrix_rate(config)
        seconds = _seconds(lambda: encoder.encode_passages(texts))
        rates.append(sum(counts) / seconds)
        shares.append(work / seconds / matrix)
    return {
        "tokens_per_second": statistics.median(rates),
        "share_of_matrix_rate": statistics.median(shares),
        "matrix_gflops": matrix / 1e9,
        "tokens_per_passage": sum(counts) / len(counts),
    }


def _operations(config: PretrainedConfig, tokens: int) -> float:
    hidden, ffn = config.hidden_size, config.intermediate_size
    matrices = 2 * tokens * (4 * hidden * hidden + 2 * hidden * ffn)
    attention = 4 * tokens * tokens * hidden
    return float(config.num_hidden_layers * (matrices + attention))


def _matrix_rate(config: PretrainedConfig) -> float:
    """Floating-point operations a second of products of the model's own shapes."""
    import torch

    tokens, hidden, ffn = 2048, config.hidden_size, config.intermediate_size
    pairs = [
        (torch.randn(tokens, inner), torch.randn(inner, outer))
        for inner, outer in ((hidden, hidden), (hidden, ffn), (ffn, hidden))
    ]
    work = sum(2 * a.shape[0] * a.shape[1] * b.shape[1] for a, b in pairs)

    def once() -> None:
        for a, b in pairs:
            torch.mm(a, b)

    once()
    return work / min(_seconds(once) for _ in range(20))


def adding(articles: Path, archive: Path) -> dict[str, float]:
    """Seconds and peak memory (MB) of ``wenbao add`` in a process of its own."""
    code = (
        "import resource, sys; from rag.cli import main; code = main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", code, "add", str(articles), "--archive", str(archive)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak = int(done.stderr.split()[-1]) / 1024
    return {"seconds": time.perf_counter() - started, "peak_mb": peak}


def reading(articles: Sequence[dict[str, Any]], questions: Sequence[str]) -> dict[str, float]:
    """Seconds of the reader over eight passages, at p50 and p95; resident memory (MB) of a process
    that has encoder and reader loaded and used.
    """
    texts = [a["text"][:PASSAGE_CHARS] for a in articles if len(a["text"]) >= PASSAGE_CHARS]
    reader = bundled_reader()
    reader.read(questions[0], [("", texts[0])])
    seconds = []
    for i, question in enumerate(questions):
        picked = [("", texts[(8 * i + k) % len(texts)]) for k in range(8)]
        seconds.append(_seconds(lambda q=question, p=picked: reader.read(q, p)))  # type: ignore[misc]
    code = (
        "from embeddings import SentenceEncoder; from rag.reader import bundled_reader;"
        "encoder, reader = SentenceEncoder(), bundled_reader(); encoder.encode_queries(['一']);"
        "reader.read('一？', [('', '一二三')]);"
        "print([l for l in open('/proc/self/status') if l.startswith('VmRSS')][0].split()[1])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {
        "p50": statistics.median(seconds),
        "p95": statistics.quantiles(seconds, n=20)[-1],
        "memory_mb": int(done.stdout) / 1024,
    }


def cold_start(archive: Path, question: str, rounds: int = 3) -> float:
    """Median seconds of a whole ``wenbao ask`` process."""
    command = [sys.executable, "-m", "rag.cli", "ask", question, "--archive", str(archive)]
    run = lambda: subprocess.run(command, capture_output=True, check=True)  # noqa: E731
    return statistics.median(_seconds(run) for _ in range(rounds))


def warm(archive: Archive, questions: Sequence[str]) -> dict[str, float]:
    """Seconds of a whole question and of its retrieval alone, at p50 and p95."""
    bot = Chatbot(archive)
    bot.ask(questions[0])
    whole, retrieval = [], []
    for question in questions:
        whole.append(_seconds(lambda q=question: bot.ask(q)))  # type: ignore[misc]
        timings = bot.ask(question).timings
        retrieval.append(timings["encode"] + timings["retrieve"])
    return {
        "p50": statistics.median(whole),
        "p95": statistics.quantiles(whole, n=20)[-1],
        "retrieval_p50": statistics.median(retrieval),
        "retrieval_p95": statistics.quantiles(retrieval, n=20)[-1],
    }


def at_once(archive: Archive, questions: Sequence[str], people: int = PEOPLE) -> dict[str, float]:
    """Rounds of so many people who ask at the same moment: seconds until the first evidence and
    until the answer, at p50 and p95 over all of them.
    """
    bot = Chatbot(archive)
    bot.ask(questions[0])

    def ask(question: str) -> tuple[float, float]:
        started = time.perf_counter()
        first, last = (time.perf_counter() - started for _ in bot.stream(question))
        return first, last

    times: list[tuple[float, float]] = []
    with ThreadPoolExecutor(people) as pool:
        for start in range(0, len(questions) - people + 1, people):
            times += pool.map(ask, questions[start : start + people])
    evidence, answers = zip(*times, strict=True)
    return {
        "evidence_p50": statistics.median(evidence),
        "evidence_p95": statistics.quantiles(evidence, n=20)[-1],
        "answer_p50": statistics.median(answers),
        "answer_p95": statistics.quantiles(answers, n=20)[-1],
    }


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def machine() -> str:
    """What it was measured on."""
    import torch

    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        names = [
            line.split(":", 1)[1].strip() for line in info.splitlines() if "model name" in line
        ]
    except OSError:
        names = []
    name = names[0] if names else platform.processor() or platform.machine()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"torch {torch.__version__} on {torch.get_num_threads()} threads, load {load:.1f}"
    )


def main(argv: list[str]) -> int:
    """``wenbao eval speed``."""
    parser = parser_of("wenbao eval speed", __doc__)
    parser.add_argument("--articles", type=Path, required=True, help="JSONL of articles to add")
    parser.add_argument("--questions", type=Path, required=True, help="JSONL of questions to ask")
    parser.add_argument("--archive", type=Path, help="ask this archive")
    parser.add_argument("--ask", type=int, default=60, help="how many questions")
    options = parser.parse_args(argv)
    articles = read_jsonl(options.articles)
    questions = [record["question"] for record in read_jsonl(options.questions)][: options.ask]
    sys.stdout.write(machine() + "\n")
    _print("embedding", throughput(articles))
    _print("reading 8 passages", reading(articles, questions))
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "archive"
        _print(f"adding {len(articles)} articles", adding(options.articles, made))
        _print("cold start", {"seconds": cold_start(made, questions[0])})
        archive = Archive(options.archive or made, create=False)
        _print(f"warm question, {archive.counts().passages} passages", warm(archive, questions))
        _print(f"{PEOPLE} people at once", at_once(archive, questions))
    return 0


def _print(name: str, figures: dict[str, float]) -> None:
    values = ", ".join(f"{key} {value:,.3f}" for key, value in figures.items())
    sys.stdout.write(f"{name}: {values}\n")
    sys.stdout.flush()
