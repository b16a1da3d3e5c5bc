"""A run as one page to read: wenbao eval report FOLDER

Writes into the folder ``report.html`` (nothing in it comes from elsewhere, and it has no script),
``report.png`` (risk against coverage) and ``report.md`` (the figures as a table).
"""

from __future__ import annotations

import html
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.commands import parser_of
from eval.compare import changed, differences
from eval.figures import (
    CITED,
    Failure,
    Figure,
    Record,
    by_tag,
    failure,
    figures,
    gold_articles,
    ranks,
    right,
)
from eval.files import write_text
from eval.metrics import calibration, risk_coverage
from eval.plots import Plot, shares
from eval.run import read_records, read_run, read_summary
from rag.forms import normal

KINDS: dict[Failure, str] = {
    "not retrieved": "未检索到：所读段落里没有答案",
    "other words": "引了所指的文章，但所读段落里没有标准答案的字句：请人工判断",
    "not read": "检索到了，但没有选中那一句",
    "wrong span": "引文正确，短答不对",
    "wrongly refused": "不该拒答：找到了答案却没有说",
    "should refuse": "该拒答而未拒答",
    "citation wrong": "答案出自别的文章",
}
"""The kinds of failure in the order of the stages, with what they are called in Chinese."""

NAMES = {
    "right": "引文答对",
    "short answer right": "短答答对",
    "exact words": "短答恰好",
    "exact match": "完全一致",
    "character F1": "字符 F1",
    "ROUGE-L": "ROUGE-L",
    "wrongly refused": "误拒",
    "refused": "该拒而拒",
    "recall@1": "首篇召回",
    "recall@5": "前五篇召回",
    "recall@8": "所读召回",
    "all gold@8": "所读召回全部",
    "MRR": "平均倒数名次",
    "nDCG@8": "nDCG@8",
    "passage MRR": "段落倒数名次",
    "citation precision": "引用精确率",
    "citation recall": "引用召回率",
    "quotes exact": "引文逐字准确",
    "supported": "引文支持所答",
    "AUROC of refusal": "拒答 AUROC",
    "area under risk-coverage": "风险-覆盖面积",
    "calibration error": "校准误差",
    "seconds to evidence, p50": "见到段落，秒，p50",
    "seconds to evidence, p95": "见到段落，秒，p95",
    "seconds to answer, p50": "见到答案，秒，p50",
    "seconds to answer, p95": "见到答案，秒，p95",
}
"""The figures in Chinese."""

HIGHLIGHTED = 3
"""Passages shown with a failure."""

_STYLE = """
.report{color-scheme:light dark;--ink:#1c1c1a;--soft:#5b5b55;--sheet:#fcfcf9;--rule:#cfcfc6;
--accent:#9c1c1f;--mark:#ffe27a;--mark-ink:#1c1c1a;margin:0 auto;max-width:72rem;
padding:2rem 1.25rem 4rem;background:var(--sheet);color:var(--ink);
font:1rem/1.7 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
h2,h3,h4{font-family:"Songti SC","Noto Serif CJK SC",SimSun,serif;line-height:1.3;color:inherit}
h2{margin:0 0 .5rem;font-size:1.75rem;color:var(--accent)}
h3{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--rule);font-size:1.25rem}
h4{margin:1.25rem 0 .25rem;font-size:1rem}p{margin:.3rem 0}
.soft{color:var(--soft);font-size:.875rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.15rem 1rem .15rem 0;border:0;border-bottom:1px solid var(--rule);text-align:left;
font-weight:400}thead th{color:var(--soft);font-size:.875rem}
.wide{overflow-x:auto}.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));
gap:1rem}figure{margin:0}figcaption{font-weight:600}svg{width:100%;height:auto;font-size:11px}
svg text{fill:currentColor}.axis{fill:none;stroke:currentColor}.guide{fill:none;stroke:var(--rule);
stroke-dasharray:4 3}.curve{fill:none;stroke:var(--accent);stroke-width:2}.bar{fill:var(--rule)}
details{border-bottom:1px solid var(--rule);padding:.35rem 0}summary{cursor:pointer}
blockquote{margin:.3rem 0 .3rem 1rem;padding-left:.8rem;border-left:2px solid var(--rule)}
mark{background:var(--mark);color:var(--mark-ink)}dl{display:grid;
grid-template-columns:max-content minmax(0,1fr);gap:0 1rem;margin:.4rem 0}dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}}
@media(prefers-color-scheme:dark){.report{--ink:#e6e4dc;--soft:#a5a399;--sheet:#171715;
--rule:#3b3a35;--accent:#f08a7d;--mark:#6b5410;--mark-ink:#fff4cf}}
"""


def body(about: Mapping[str, Any], records: Sequence[Record]) -> str:
    """The report as a part of a page. All words of questions and articles are escaped."""
    sections = [
        f"<h2>评测报告 Evaluation</h2>{_about(about, records)}",
        _section("指标 Figures", _figure_table(figures(records))),
        _section(
            "图 Plots", f'<div class="plots">{"".join(p.svg() for p in plots(records))}</div>'
        ),
        _section("按标签 By tag", _tag_table(by_tag(records))),
        _section("错在哪里 Failures", _failures(records)),
    ]
    return f'<style>{_STYLE}</style><div class="report">{"".join(sections)}</div>'


def page(about: Mapping[str, Any], records: Sequence[Record]) -> str:
    """The report as a page of its own."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width"><title>问报评测报告</title>'
        "<style>html{color-scheme:light dark}body{margin:0}</style></head>"
        f"<body><main>{body(about, records)}</main></body></html>"
    )


def comparison(a: Sequence[Record], b: Sequence[Record]) -> str:
    """Two runs side by side as a part of a page: what differs, and the questions that changed."""
    rows = "".join(
        f'<tr><th scope="row">{_named(one.name)}</th><td>{one.a:.3f}</td><td>{one.b:.3f}</td>'
        f"<td>{one.b - one.a:+.3f}</td><td>{one.p:.3f}</td><td>{one.n}</td></tr>"
        for one in differences(a, b)
    )
    mended, broken = changed(a, b)
    sections = [
        "<h2>比较 Comparison</h2>",
        _table(("", "A", "B", "B − A", "p", "n"), rows),
        *(
            f"<h4>{title} <span class='soft'>{len(found)}</span></h4>"
            + "".join(map(_failure, found))
            for title, found in (("变对 mended", mended), ("变错 broken", broken))
        ),
    ]
    return f'<style>{_STYLE}</style><div class="report">{"".join(sections)}</div>'


def plots(records: Sequence[Record]) -> list[Plot]:
    """Risk against coverage, calibration, the rank of the gold article, the time to the answer."""
    said = [record["answer"]["confidence"] for record in records]
    good = [right(record, withheld=True) for record in records]
    return [_risk(said, good), _calibration(said, good), _ranks(records), _seconds(records)]


def markdown(about: Mapping[str, Any], records: Sequence[Record]) -> str:
    """The figures as a Markdown table."""
    rows = [
        f"| {name} | {one.value:.3f} | {_interval(one)} | {one.n} |"
        for name, one in figures(records).items()
        if one.n
    ]
    head = f"{about['cases']} questions, {about['archive']['articles']} articles, "
    head += f"settings {about['settings_id']}, {about['started'][:10]}\n\n"
    return head + "| | value | 95 % interval | n |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def write(folder: Path) -> Path:
    """Writes the three files of a finished run; returns the page's path."""
    read_summary(folder)
    about, records = read_run(folder), read_records(folder)
    write_text(folder / "report.html", page(about, records))
    write_text(folder / "report.md", markdown(about, records))
    plots(records)[0].png(folder / "report.png")
    return folder / "report.html"


# Plots


def _risk(said: Sequence[float], good: Sequence[bool]) -> Plot:
    return Plot(
        title="风险与覆盖 risk against coverage",
        x="answered",
        y="wrong, of answered",
        x_ticks=shares(),
        y_ticks=shares(),
        curves=[risk_coverage(said, good)],
    )


def _calibration(said: Sequence[float], good: Sequence[bool]) -> Plot:
    table = calibration(said, good)
    return Plot(
        title="校准 calibration",
        x="confidence",
        y="right",
        x_ticks=shares(),
        y_ticks=shares(),
        guides=[[(0, 0), (1, 1)]],
        curves=[[(confidence, share) for confidence, share, _ in table]],
    )


def _ranks(records: Sequence[Record]) -> Plot:
    found = [min((r for r in ranks(x) if r), default=0) for x in records if x["asked"]["gold"]]
    counts = [*(found.count(rank) for rank in range(1, CITED + 1)), found.count(0)]
    return _bars("金标文章的名次 rank of the gold article", "rank", counts, _rank_ticks())


def _rank_ticks() -> list[str]:
    return [*map(str, range(1, CITED + 1)), "–"]


def _seconds(records: Sequence[Record]) -> Plot:
    seconds = [record["seconds"]["answer"] for record in records]
    step = max(max(seconds, default=1.0) / 10, 0.01)
    counts = [
        sum(int(s / step) == i or (i == 9 and s >= 10 * step) for s in seconds) for i in range(10)
    ]
    labels = [f"{i * step:.2g}" for i in range(10)]
    return _bars("用时 time to answer", "seconds", counts, labels)


def _bars(title: str, x: str, counts: Sequence[int], labels: Sequence[str]) -> Plot:
    top, width = max([*counts, 1]), 1 / len(counts)
    places = [(i + 0.5) * width for i in range(len(counts))]
    return Plot(
        title=title,
        x=x,
        y="questions",
        x_ticks=list(zip(places, labels, strict=True)),
        y_ticks=[(0, "0"), (1, str(top))],
        bars=[
            (p - width * 0.4, p + width * 0.4, n / top) for p, n in zip(places, counts, strict=True)
        ],
    )


# Parts of the page


def _section(title: str, inside: str) -> str:
    return f"<section><h3>{html.escape(title)}</h3>{inside}</section>"


def _about(about: Mapping[str, Any], records: Sequence[Record]) -> str:
    archive, models = about["archive"], about["models"]
    facts = {
        "问题 questions": f"{len(records)} ({about['questions']})",
        "档案 archive": f"{archive['articles']} articles, {archive['passages']} passages, "
        f"generation {archive['generation']}",
        "设置 settings": about["settings_id"]
        + " · "
        + ", ".join(f"{name} {value}" for name, value in about["settings"].items()),
        "模型 models": " · ".join(
            filter(None, (models["embedder"], models["reader"], models.get("generator")))
        ),
        "版本 versions": ", ".join(f"{name} {value}" for name, value in about["versions"].items()),
        "机器 machine": about["machine"],
        "开始 started": about["started"],
    }
    return '<dl class="soft">' + _terms(facts.items()) + "</dl>"


def _terms(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in pairs
    )


def _figure_table(found: Mapping[str, Figure]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_named(name)}</th><td>{one.value:.3f}</td>'
        f"<td>{_interval(one)}</td><td>{one.n}</td></tr>"
        for name, one in found.items()
        if one.n
    )
    return _table(("", "值 value", "95 %", "n"), rows)


def _named(name: str) -> str:
    return f'{NAMES[name]} <span class="soft">{html.escape(name)}</span>'


def _tag_table(found: Mapping[str, Mapping[str, Figure]]) -> str:
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    rows = "".join(
        f'<tr><th scope="row">{html.escape(tag)}</th>'
        + "".join(f"<td>{_cell(figures[name])}</td>" for name in names)
        + "</tr>"
        for tag, figures in found.items()
    )
    return _table(("", *(f"{NAMES[name]} {name}" for name in names)), rows)


def _cell(one: Figure) -> str:
    return f'{one.value:.2f} <span class="soft">({one.n})</span>' if one.n else ""


def _table(heads: Sequence[str], rows: str) -> str:
    cells = "".join(f'<th scope="col">{html.escape(head)}</th>' for head in heads)
    table = f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def _interval(one: Figure) -> str:
    return f"{one.low:.3f}–{one.high:.3f}" if not math.isnan(one.low) else ""


def _failures(records: Sequence[Record]) -> str:
    kinds = {kind: [r for r in records if failure(r) == kind] for kind in KINDS}
    return "".join(
        f"<h4>{html.escape(KINDS[kind])} <span class='soft'>{kind}, {len(found)}</span></h4>"
        + "".join(map(_failure, found))
        for kind, found in kinds.items()
        if found
    )


def _failure(record: Record) -> str:
    asked, answer = record["asked"], record["answer"]
    facts = [
        ("编号", asked["id"]),
        ("前文", " / ".join(asked.get("turns", ()))),
        ("应答", "；".join(" 或 ".join(group) for group in asked["answers"]) or "（应拒答）"),
        ("实答", answer["short"] or answer["text"]),
        ("状态", f"{record['status']}，置信度 {answer['confidence']:.2f}"),
        ("理解为", answer["standalone"] if answer["standalone"] != asked["question"] else ""),
    ]
    words = [one for group in asked["answers"] for one in group]
    hits = "".join(_hit(hit, words) for hit in _telling(record))
    facts = [(name, value) for name, value in facts if value]
    return (
        f"<details><summary>{html.escape(asked['question'])}</summary>"
        f"<dl>{_terms(facts)}</dl>{hits}</details>"
    )


def _telling(record: Record) -> list[Mapping[str, Any]]:
    """The passages to look at: the first ones, and those of gold articles."""
    gold = gold_articles(record)
    hits = record["answer"]["hits"]
    return [hit for i, hit in enumerate(hits) if i < HIGHLIGHTED or hit["article_id"] in gold]


def _hit(hit: Mapping[str, Any], words: Sequence[str]) -> str:
    place = f"《{hit['title']}》 {hit['date'] or ''} {hit['score']:.2f}"
    marked = highlighted(hit["text"], words)
    return f'<p class="soft">{html.escape(place)}</p><blockquote>{marked}</blockquote>'


def highlighted(text: str, words: Sequence[str]) -> str:
    """The text as HTML, the words in it marked as far as they are written in the same way."""
    spans = [
        (start, start + len(word))
        for word in words
        for start in [text.find(word) if word in text else _place(text, word)]
        if start >= 0 and text[start : start + len(word)]
    ]
    parts, at = [], 0
    for start, end in sorted(spans):
        if start >= at:
            parts += [html.escape(text[at:start]), f"<mark>{html.escape(text[start:end])}</mark>"]
            at = end
    return "".join([*parts, html.escape(text[at:])]).replace("\n", "<br>")


def _place(text: str, word: str) -> int:
    """Where words of the same length and normal form stand; -1 for nowhere."""
    wanted = normal(word)
    places = range(len(text) - len(word) + 1)
    return next((i for i in places if normal(text[i : i + len(word)]) == wanted), -1)


def main(argv: list[str]) -> int:
    """``wenbao eval report``."""
    parser = parser_of("wenbao eval report", __doc__)
    parser.add_argument("folder", type=Path, help="folder of a finished run")
    options = parser.parse_args(argv)
    sys.stdout.write(f"{write(options.folder)}\n")
    return 0
