import json
import random
from datetime import date
from pathlib import Path

import pytest

from eval.pages import (
    NOTE,
    Count,
    Piece,
    Score,
    Style,
    any_style,
    dress,
    f1,
    layout,
    main,
    masthead_lines,
    plain_articles,
    random_page,
    read_rows,
    report,
    sample_pages,
    score,
    squeeze,
    summary,
    table,
)
from rag.types import Article

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "articles.jsonl"
CRUD = ROOT.parent / "shared/data/crud/articles_text_only_1328.jsonl"

ONE = Piece(
    title="跨江步行桥昨日开放",
    subtitle="——市民排队两小时尝鲜",
    author_line="□ 本报记者 苏禾",
    paragraphs=(
        "桥长三百二十米，" * 8 + "全部免费开放。",
        "桥上通车",
        "第二天来的人更多，" * 7 + "都说好看。",
    ),
)
TWO = Piece(title="老小区里新添电梯", paragraphs=("加装电梯要全楼同意，" * 6 + "这一关最难过。",))


def perfect(page):
    """A reader that knows the truth of the page."""

    def read(raw):
        offsets = [i for i, c in enumerate(raw.text) if squeeze(c)]
        starts = [offsets[n] for n in page.starts]
        ends = [*starts[1:], len(raw.text)]
        return [
            Article(
                title=piece.title,
                subtitle=piece.subtitle,
                author=piece.author_line,
                text="\n".join(piece.paragraphs),
                raw_start=start,
                raw_end=end,
            )
            for piece, start, end in zip(page.pieces, starts, ends, strict=True)
        ]

    return read


@pytest.mark.parametrize("seed", range(25))
def test_the_truth_of_a_page_is_what_is_printed(seed):
    rng = random.Random(seed)
    page = layout([ONE, TWO], seed=seed, style=any_style(rng), masthead=["青岚日报", "第3版"])
    printed = squeeze(page.text)
    assert printed.startswith("青岚日报第3版")
    for start, title in zip(page.starts, page.titles, strict=True):
        assert printed.startswith(title, start)
    paragraphs = [squeeze(p) for piece in page.pieces for p in piece.paragraphs]
    for end, paragraph in zip(page.paragraph_ends, paragraphs, strict=True):
        assert printed[:end].endswith(paragraph)
    assert page.paragraph_ends[-1] == len(printed)
    assert squeeze("".join(["青岚日报第3版", *_words(ONE), *_words(TWO)])) == printed


def _words(piece):
    return [piece.title, piece.subtitle or "", piece.author_line or "", *piece.paragraphs]


def test_a_page_is_the_same_for_the_same_seed():
    articles = [(f"第{i}座桥今天开放", "桥上可以步行。" * 20) for i in range(8)]
    assert random_page(articles, seed=3) == random_page(articles, seed=3)
    assert random_page(articles, seed=3).text != random_page(articles, seed=4).text


def test_conventions_are_kept():
    style = Style(width=16, indent="　　", paragraph_gap=0, head_gap=0, article_gap=2, cuts=0)
    lines = layout([ONE, TWO], seed=1, style=style).text.split("\n")
    assert max(map(len, lines)) == 16
    assert lines[3].startswith("　　桥长")
    assert lines[lines.index(TWO.title) - 2 : lines.index(TWO.title)] == ["", ""]
    cut = layout([TWO], seed=1, style=Style(cuts=1.0, keep=20)).text.split("\n\n")
    assert len(cut) == 3
    assert min(map(len, cut[1:])) >= 20
    assert cut[1][-1] not in "。！？"


def test_hanging_stops_begin_no_line():
    page = layout([ONE], seed=1, style=Style(width=15, hang_stops=True, cuts=0))
    assert not any(line.startswith(("，", "。")) for line in page.text.split("\n"))


def test_bylines_are_stripped_or_printed_as_the_style_says():
    text = "本报讯（记者 苏禾）步行桥昨日开放。市民排队尝鲜。（苏禾）"
    bare = dress("桥", text, Style(bylines=False), random.Random(1))
    assert "".join(bare.paragraphs) == "步行桥昨日开放。市民排队尝鲜。"
    signed = [dress("桥", "今天开放。" * 9, Style(), random.Random(n)) for n in range(40)]
    assert any(piece.author_line for piece in signed)
    assert any("讯" in piece.paragraphs[0][:8] for piece in signed)
    assert any(piece.paragraphs[-1].endswith("）") for piece in signed)


def test_a_reader_that_knows_the_truth_scores_one():
    page = layout([ONE, TWO], seed=5, style=Style(width=20, cuts=0.5), masthead=["第3版"])
    counts = score(page, perfect(page)).counts
    assert counts["starts"] == Count(2, 2, 2)
    assert counts["inner"] == Count(1, 1, 1)
    assert counts["titles"] == Count(2, 2, 2)
    assert counts["paragraphs"] == Count(4, 4, 4)


def test_a_reader_that_finds_one_article_is_counted_down():
    page = layout([ONE, TWO], seed=5, style=Style(cuts=0))
    text = "\n".join([*ONE.paragraphs, TWO.title, *TWO.paragraphs])
    whole = Article(
        title="别的",
        subtitle=ONE.subtitle,
        author=ONE.author_line,
        text=text,
        raw_end=len(page.text),
    )
    counts = score(page, lambda raw: [whole]).counts
    assert counts["starts"] == Count(1, 1, 2)
    assert counts["inner"] == Count(0, 0, 1)
    assert counts["titles"] == Count(0, 2, 2)
    assert counts["paragraphs"].true == 4


def test_f1_and_its_interval():
    assert f1((3, 4, 6)) == pytest.approx(2 * 0.75 * 0.5 / 1.25)
    assert f1((0, 0, 0)) == 1.0
    good, bad = Count(2, 2, 2), Count(0, 2, 2)
    scores = [Score(style=Style(), counts={"starts": c}) for c in (good, good, bad, good)]
    numbers = summary(scores, "starts")
    assert numbers["pages"] == 4
    assert numbers["precision"] == numbers["recall"] == numbers["f1"] == 0.75
    assert numbers["low"] <= 0.5 <= 0.75 <= numbers["high"] == 1.0
    assert summary(scores, "starts") == numbers, "the bootstrap is seeded"


def test_the_report_groups_by_style():
    pages = [layout([ONE, TWO], seed=n, style=Style(bylines=n > 1)) for n in range(4)]
    numbers = report([score(page, perfect(page)) for page in pages])
    assert list(numbers) == [
        "unwrapped, spaced", "with bylines", "without bylines", "without section headings", "all",
    ]  # fmt: skip
    assert numbers["with bylines"]["starts"]["pages"] == 2
    assert "1.000 [1.000 1.000]" in table(numbers).splitlines()[-1]


def test_mastheads_name_the_right_weekday():
    for seed in range(8):
        lines = masthead_lines("青岚日报", date(2024, 1, 16), 1, random.Random(seed))
        assert "2024年1月16日" in "".join(lines)
        assert "星期二" in "".join(lines)


def test_halves_do_not_overlap():
    rows = [{"title": str(i), "text": "字"} for i in range(7)] + [{"title": None, "text": "字"}]
    train, test = plain_articles(rows, "train"), plain_articles(rows, "test")
    assert [t for t, _ in train] == ["0", "2", "4", "6"]
    assert [t for t, _ in test] == ["1", "3", "5"]
    assert plain_articles([{"title": "a", "paragraphs": ["b", "c"]}]) == [("a", "bc")]


def test_the_command_prints_a_table_and_json(tmp_path, capsys):
    file = tmp_path / "articles.jsonl"
    rows = [
        {
            "title": f"第{i}座步行桥开放",
            "text": f"{i}号桥长三百二十米，昨日开放。市民来了很多。" * 6,
        }
        for i in range(6)
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert main(["--articles", str(file), "--pages", "4"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("all")
    assert main(["--articles", str(file), "--pages", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["all"]["starts"]["pages"] == 4
    with pytest.raises(SystemExit):
        main([])
    assert "--articles" in capsys.readouterr().err


@pytest.fixture(scope="module")
def samples():
    if not EXAMPLES.exists():
        pytest.skip(f"no {EXAMPLES}")
    return sample_pages(read_rows(EXAMPLES))


def test_sample_pages_say_that_they_are_fiction(samples):
    assert "qinglan-daily-2024-01-16-p01.txt" in samples
    for page in samples.values():
        assert page.text.split("\n")[0] == NOTE
        assert "青岚市和《青岚日报》均不存在" in NOTE


def test_sample_pages_are_read_back(samples):
    for name, page in samples.items():
        counts = score(page).counts
        assert counts["starts"].right == counts["starts"].found == counts["starts"].true, name
        assert counts["titles"].right == counts["titles"].true, name
        ends = counts["paragraphs"]
        assert f1((ends.right, ends.found, ends.true)) >= 0.97, name


def test_sample_pages_are_written(samples, tmp_path):
    assert main(["--layout", str(EXAMPLES), "--out", str(tmp_path / "pages")]) == 0
    written = {
        path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "pages").iterdir()
    }
    assert written == {name: page.text for name, page in samples.items()}


def test_generated_pages_are_read_back():
    if not CRUD.exists():
        pytest.skip(f"no {CRUD}")
    articles = plain_articles(read_rows(CRUD), "test")
    numbers = report([score(random_page(articles, seed=900 + i)) for i in range(60)])["all"]
    assert numbers["starts"]["f1"] >= 0.93
    assert numbers["paragraphs"]["f1"] >= 0.97
