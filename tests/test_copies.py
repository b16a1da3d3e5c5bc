"""Generated questions, misread archives and ablations, on fakes."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from conftest import DATA, write_jsonl

from eval.ablate import DEFAULT, VARIANTS, Variant, run_variant, table
from eval.copies import copy_of, questions_of
from eval.dataset import gold_ids, named_articles, read_questions
from eval.generate import asked_in, drafts, found_back, generated, main, replied
from eval.noise import confusable, misread, with_misread_answers
from rag import Archive, Settings
from rag.errors import GeneratorError
from rag.reader import Reading

SET = [
    {
        "id": "1",
        "question": "停水检修影响多少户居民？",
        "answers": [["2.1万户"]],
        "gold": [["stories#2"]],
    },
    {"id": "2", "question": "第一代掌柜叫什么？", "answers": [["方守田"]], "gold": [["stories#3"]]},
    {"id": "3", "question": "珠峰有多高？", "answerable": False},
]


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "set.jsonl"
    write_jsonl(path, SET)
    return read_questions(path)


def test_what_a_sentence_can_be_asked():
    found = list(
        asked_in("今年共记录到白鹭312只，湿地管理站站长孟秋说，3月2日《鸟的故事》开播了。")
    )
    assert ("who", "湿地管理站站长是谁？", "孟秋") in found
    found += list(asked_in("云桥湿地观鸟节于3月2日正式开幕。"))
    assert ("when", "云桥湿地观鸟节于什么时候正式开幕？", "3月2日") in found
    found += list(asked_in("停水检修一共影响居民2.1万户。"))
    assert ("how many", "停水检修一共影响居民多少户？", "2.1万户") in found
    found += list(asked_in("电视片《鸟的故事》今晚开播。"))
    assert ("cloze", "电视片《____》今晚开播，空格里是什么？", "鸟的故事") in found


class NumberReader:
    """Marks the first number of a passage that the question does not hold."""

    fingerprint = "numbers"

    def read(self, question, passages):
        found = [
            next(
                (m for m in re.finditer(r"[0-9.]+[只户万年]*", text) if m[0] not in question), None
            )
            for _, text in passages
        ]
        nothing = np.zeros(0, np.float32)
        return [
            Reading(
                score=1.0, span=m.span() if m else (0, 0), offsets=(), first=nothing, last=nothing
            )
            for m in found
        ]


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("本报讯（记者 许白）云桥湿地本周共记录到白鹭312只。", "云桥湿地本周共记录到白鹭多少只？"),
        ("今年的安排是：老城区新增公办学位共300个。", "老城区新增公办学位共多少个？"),
        ("并将在两年之内陆续新增公办学位300个。", None),
    ],
)
def test_a_question_can_be_understood_by_itself(sentence, asked):
    assert [question for _, question, _ in asked_in(sentence)] == ([asked] if asked else [])


def test_every_article_is_asked_about_before_one_twice(tmp_path, encoder):
    between = "水面上风平浪静，远处的山看得很清楚。" * 20
    stories = [
        {
            "title": name,
            "text": f"{name}今年春天飞来白鹭{n}12只。{between}{name}去年飞来灰雁{n}45只。",
        }
        for n, name in enumerate(("云桥湿地北岸", "云桥湿地南岸", "云桥湿地东岸"), 1)
    ]
    write_jsonl(tmp_path / "birds.jsonl", stories)
    made_of = Archive(tmp_path / "birds", encoder=encoder)
    made_of.add([tmp_path / "birds.jsonl"])
    golds = [question.gold for question in generated(made_of, 5, reader=NumberReader())]
    assert len(golds) == 5
    assert len(set(golds[:3])) == 3


def test_generated_questions_can_be_read_back_and_name_their_sentence(archive):
    made = list(generated(archive, 5, reader=NumberReader()))
    again = list(generated(archive, 5, reader=NumberReader()))
    assert made == again
    assert made
    assert len({question.question for question in made}) == len(made)
    for question in made:
        article = archive.article(question.gold[0][0])
        assert question.quotes[0] in article.text
        assert question.answers[0][0] in question.quotes[0]
        assert question.tags[0] == "generated"


def test_a_question_whose_answer_is_not_found_back_is_dropped(archive, reader):
    every = [draft for article in archive.articles() for draft in drafts(article)]
    found = [draft for draft in every if found_back(draft, NumberReader())]
    assert 0 < len(found) < len(every)
    assert not any(found_back(draft, reader) for draft in every)  # one character is no answer


def test_a_copy_knows_its_articles_whatever_became_of_them(archive, questions, tmp_path):
    copied = copy_of(archive, tmp_path / "copy", change=lambda text: text.replace("水", "木"))
    renamed = questions_of(questions, archive, copied)
    gold = gold_ids(renamed, named_articles(copied))
    (key,) = gold["1"][0]
    assert copied.article(key).title == "城东木厂夜间检修"
    assert [a.date for a in copied.articles()] == [a.date for a in archive.articles()]


def test_misreading_is_as_frequent_as_asked_and_always_the_same():
    text = "".join(confusable()) * 10
    for rate in (0.0, 0.03, 0.1):
        changed = misread(rate, 1)(text)
        assert changed == misread(rate, 1)(text)
        differ = [(a, b) for a, b in zip(text, changed, strict=True) if a != b]
        assert len(differ) == round(rate * len(text))
        assert all(b in confusable()[a] for a, b in differ)
    assert misread(0.5, 1)("，。") == "，。"


def test_look_alikes_are_in_one_line_each():
    table = confusable()
    for character, others in table.items():
        assert character not in others
        assert all(character in table[other] for other in others)


def test_look_alikes_are_such_as_scanners_take_for_each_other():
    path = DATA / "ocr"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    text = "\n".join(p.read_text(encoding="utf-8", errors="replace") for p in path.iterdir())
    seen = {tuple(line.replace("\t", ",").split(",")[:2]) for line in text.splitlines()}
    pairs = {(a, b) for a, others in confusable().items() for b in others}
    assert len(pairs & seen) >= 20


def test_a_misread_answer_is_accepted_too(archive, questions):
    change = {"方": "万", "守": "宁"}
    found = with_misread_answers(
        questions, archive, lambda text: "".join(change.get(c, c) for c in text)
    )
    assert found[1].answers == (("方守田", "万宁田"),)
    assert found[0].answers == (("2.1万户",),)


def test_an_ablation_is_one_table(archive, questions, tmp_path):
    chosen = {
        DEFAULT: Variant(reader=False),
        "dense leg only": Variant(reader=False, dense_weight=1.0),
        "passages of 40": Variant(reader=False, passage_chars=40),
        "no headline embedded": Variant(reader=False, headlines=False),
    }
    settings = Settings(min_confidence=0.0)
    runs = {
        name: run_variant(variant, questions, archive, settings, tmp_path / name)
        for name, variant in chosen.items()
    }
    hits = {name: records[0]["answer"]["hits"] for name, records in runs.items()}
    assert max(len(hit["text"]) for hit in hits["passages of 40"]) <= 40
    assert max(len(hit["text"]) for hit in hits[DEFAULT]) > 40
    dense = {name: found[0]["dense"] for name, found in hits.items()}
    assert dense["no headline embedded"] != dense[DEFAULT]
    scores = [hit["score"] for hit in hits["dense leg only"]]
    assert scores != [hit["score"] for hit in hits[DEFAULT]]
    lines = table(runs).splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in lines[2:]] == list(chosen)
    assert lines[2].endswith("|  |")
    assert VARIANTS[DEFAULT] == Variant()


class Scripted:
    """A language model that gives its replies in turn, and then fails."""

    name = "scripted"

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []

    def stream(self, messages):
        self.asked.append(messages[-1]["content"])
        if not self.replies:
            raise GeneratorError("断了", "it broke")
        yield from self.replies.pop(0)


class WordReader:
    """Finds ``words`` wherever they stand."""

    fingerprint = "words"

    def __init__(self, words: str = "2.1万户") -> None:
        self.words = words

    def read(self, question, passages):
        places = [text.find(self.words) for _, text in passages]
        nothing = np.zeros(0, np.float32)
        return [
            Reading(
                score=1.0,
                span=(max(0, a), max(0, a) + len(self.words)),
                offsets=(),
                first=nothing,
                last=nothing,
            )
            for a in places
        ]


def written_of(archive, model, **options):
    """What a model asks of the article that says how many households, which it is given alone."""
    (article,) = [a for a in archive.articles() if "2.1万户" in a.text]
    archive.remove([a.id for a in archive.articles() if a.id != article.id])
    return article, list(generated(archive, 5, generator=model, **options))


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ('{"question": "几户？", "answer": "2.1万户"}', ("几户？", "2.1万户")),
        ('想一想 {"a": 1}\n```json\n{"question":"几 户？","answer":"2"}\n```', ("几 户？", "2")),
        ('{"question": "几户？", "answer": "' + "长" * 30 + '"}', None),
        ('{"question": "", "answer": "2"}', None),
        ("好的，这是一道题。", None),
        ('{"question": }', None),
        ("[1, 2]", None),
    ],
)
def test_a_reply_is_taken_apart_or_left(reply, found):
    assert replied(reply) == found


GOOD = json.dumps({"question": "检修让多少住户停水？", "answer": "2.1万户"})


def test_a_language_model_asks_in_its_own_words(archive):
    model = Scripted(GOOD)
    article, (made,) = written_of(archive, model, reader=WordReader())
    assert (made.question, made.answers) == ("检修让多少住户停水？", (("2.1万户",),))
    assert (made.gold, made.tags) == (((article.id,),), ("generated", "written"))
    assert made.quotes[0] in article.text
    assert "2.1万户" in made.quotes[0]
    (asked,) = model.asked
    assert article.title in asked
    assert article.text[:20] in asked


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("没有题。", "2.1万户"),
        (GOOD.replace("2.1", "9.9"), "2.1万户"),  # it stands nowhere
        (json.dumps({"question": "停水的是2.1万户吗？", "answer": "2.1万户"}), "2.1万户"),
        (GOOD, "城东水厂"),  # the reader reads something else
    ],
)
def test_a_question_that_cannot_be_checked_is_left_out(archive, reply, read):
    assert written_of(archive, Scripted(reply), reader=WordReader(read))[1] == []


def test_what_a_failing_model_asked_before_is_kept(tmp_path, encoder, monkeypatch, capsys):
    import eval.generate as command

    said = "检修影响居民2.1万户。"
    text = said + "水面上风平浪静，远处的山看得很清楚。" * 20 + said
    write_jsonl(tmp_path / "long.jsonl", [{"title": "城东水厂检修", "text": text}])
    Archive(tmp_path / "long", encoder=encoder).add([tmp_path / "long.jsonl"])
    monkeypatch.setattr(command, "generator_of", lambda name: Scripted(GOOD))
    monkeypatch.setattr(command, "bundled_reader", WordReader)
    out = tmp_path / "made.jsonl"
    arguments = ["--archive", str(tmp_path / "long"), "--out", str(out), "--generator", "any"]
    with pytest.raises(GeneratorError, match="broke"):
        main(arguments)
    (question,) = read_questions(out)
    assert question.question == "检修让多少住户停水？"
    assert "1 questions" in capsys.readouterr().out
