"""Two runs of the same questions: wenbao eval compare A B

For every measure the paired difference B - A: McNemar's exact test for right and wrong, a
permutation test for scores, all p-values corrected for their number (Holm). Then what else differs
between the runs, and the questions that changed sides. ``--fail-if-worse`` gives exit code 1 when
something is worse at p < .05.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.commands import parser_of
from eval.figures import LOWER_IS_BETTER, MEASURES, Record, is_share, right, values
from eval.metrics import holm, mcnemar, permutation
from eval.run import RunError, read_records, read_run, read_summary
from rag.source import shown

LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A measure in both runs, over the questions that it applies to in both; ``p`` is corrected."""

    name: str
    a: float
    b: float
    n: int
    p: float

    @property
    def worse(self) -> bool:
        """Whether B is worse, and that is not chance."""
        down = self.b > self.a if self.name in LOWER_IS_BETTER else self.b < self.a
        return down and self.p < LEVEL


def differences(a: Sequence[Record], b: Sequence[Record]) -> list[Difference]:
    """Every measure that applies. ``RunError`` when the runs are not of the same questions."""
    pairs = paired(a, b)
    both = [(values(x), values(y)) for x, y in pairs]
    found: dict[str, tuple[list[float | bool], list[float | bool]]] = {}
    for name in MEASURES:
        shared = [(x[name], y[name]) for x, y in both if name in x and name in y]
        if shared:
            found[name] = ([x for x, _ in shared], [y for _, y in shared])
    corrected = holm({name: _p(*cases) for name, cases in found.items()})
    return [
        Difference(name=name, a=_mean(x), b=_mean(y), n=len(x), p=corrected[name])
        for name, (x, y) in found.items()
    ]


def paired(a: Sequence[Record], b: Sequence[Record]) -> list[tuple[Record, Record]]:
    """The records of both runs side by side, in the order of A."""
    others: Mapping[str, Record] = {record["asked"]["id"]: record for record in b}
    keys = [record["asked"]["id"] for record in a]
    if set(keys) != others.keys():
        only = sorted(set(keys) ^ others.keys())
        raise RunError(
            f"两次评测的问题不同（{len(only)} 个只在其中一次里，例如 {only[0]}）。",
            f"The two runs are not of the same questions ({len(only)} are in one of them only, "
            f"for example {only[0]}).",
        )
    pairs = [(record, others[key]) for record, key in zip(a, keys, strict=True)]
    for x, y in pairs:
        if _put(x) != _put(y):
            key = x["asked"]["id"]
            raise RunError(
                f"两次评测中编号 {key} 的问题不同：{_put(x)[0]} / {_put(y)[0]}。",
                f"The id {key} is another question in each run: {_put(x)[0]} / {_put(y)[0]}.",
            )
    return pairs


def _put(record: Record) -> tuple[str, list[str], bool]:
    asked = record["asked"]
    return asked["question"], list(asked.get("turns", ())), asked["answerable"]


def setups(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """What else is not the same in two runs: settings, archive, models, versions and machine."""
    return [
        f"{part}{'.' if name else ''}{name}: {x} -> {y}"
        for part in ("settings", "archive", "models", "versions", "machine")
        for name, x, y in _unequal(a.get(part), b.get(part))
    ]


def _unequal(a: object, b: object) -> list[tuple[str, object, object]]:
    if isinstance(a, dict) and isinstance(b, dict):
        names = dict.fromkeys([*a, *b])
        return [(n, a.get(n), b.get(n)) for n in names if a.get(n) != b.get(n)]
    return [("", a, b)] if a != b else []


def changed(a: Sequence[Record], b: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """The questions, as B answered them, that were mended and that were broken."""
    pairs = paired(a, b)
    mended = [y for x, y in pairs if _good(y) and not _good(x)]
    broken = [y for x, y in pairs if _good(x) and not _good(y)]
    return mended, broken


def _good(record: Record) -> bool:
    return right(record) if record["asked"]["answerable"] else record["status"] == "refused"


def _p(a: Sequence[float | bool], b: Sequence[float | bool]) -> float:
    if is_share(a) and is_share(b):
        return mcnemar([bool(case) for case in a], [bool(case) for case in b])
    return permutation(a, b)


def _mean(cases: Sequence[float | bool]) -> float:
    return sum(cases) / len(cases)


def main(argv: list[str]) -> int:
    """``wenbao eval compare``."""
    parser = parser_of("wenbao eval compare", __doc__)
    parser.add_argument("a", type=Path, help="folder of the first run")
    parser.add_argument("b", type=Path, help="folder of the second run")
    parser.add_argument("--fail-if-worse", action="store_true", help="exit code 1 if B is worse")
    options = parser.parse_args(argv)
    for folder in (options.a, options.b):
        read_summary(folder)
    a, b = read_records(options.a), read_records(options.b)
    found = differences(a, b)
    sys.stdout.write(f"A {shown(options.a)}\nB {shown(options.b)}\n\n")
    sys.stdout.write(f"{'':<20} {'A':>7} {'B':>7} {'B - A':>7} {'p':>7} {'n':>5}\n")
    for one in found:
        numbers = f"{one.a:7.3f} {one.b:7.3f} {one.b - one.a:+7.3f} {one.p:7.3f} {one.n:5}"
        sys.stdout.write(f"{one.name:<20} {numbers}{'  worse' if one.worse else ''}\n")
    for line in setups(read_run(options.a), read_run(options.b)):
        sys.stdout.write(f"{line}\n")
    for title, records in zip(("mended", "broken"), changed(a, b), strict=True):
        sys.stdout.write(f"\n{title}: {len(records)}\n")
        for record in records:
            sys.stdout.write(f"  {record['asked']['id']}  {record['asked']['question']}\n")
    return 1 if options.fail_if_worse and any(one.worse for one in found) else 0
