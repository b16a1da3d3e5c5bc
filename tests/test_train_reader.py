"""The reader's training: what it is shown, that it learns, and that what it learned loads again."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from dataclasses import replace
from itertools import count, islice

import pytest
import torch
from conftest import write_jsonl
from safetensors.torch import load_file

from eval.train_reader import (
    READ_WEIGHT,
    TRIAL_WEIGHT,
    WEIGHTS,
    Record,
    batches,
    build,
    formed_records,
    learn,
    main,
    news_records,
    reader_records,
    samples,
    save,
    trial,
    with_astray,
    with_near,
    written_records,
)
from eval.written import Written, for_training
from rag.reader import Reader, layer_changes

REPORT = "青禾大桥昨日合龙。青禾大桥主跨628米。市交通局局长林知远说，青禾大桥很长。"
SHARES = "当日主力资金净流出3成。"
GOODS = ("茶叶", "木材", "瓷碗", "枇杷", "雨伞")


def store(number: int) -> Record:
    goods = GOODS[number % len(GOODS)]
    context = f"云桥{number}号仓库去年建成。那里存放着{number + 30}箱{goods}。看守的人很少说话。"
    start = context.index(f"{number + 30}箱")
    return Record(
        question=f"云桥{number}号仓库存放着多少箱{goods}？",
        context=context,
        answer=(start, start + len(f"{number + 30}箱")),
    )


RECORDS = with_near([store(number) for number in range(50)])


def test_what_has_no_answer_does_not_hold_it():
    made = [s for epoch in range(5) for s in samples(RECORDS, random.Random(epoch))]
    assert {s.answer is None for s in made} == {True, False}
    answers = {r.question: r.context[slice(*r.answer)] for r in RECORDS}
    for sample in made:
        if sample.answer:
            assert sample.passage[slice(*sample.answer)] == answers[sample.question]
        else:
            assert answers[sample.question] not in sample.passage


def test_what_a_context_does_not_say_is_asked_of_it():
    asked = [replace(store(n), question=f"{2000 + n}年的{store(n).question}") for n in range(20)]
    dated = [replace(r, context=f"{r.question[:4]}年，{r.context}") for r in asked]
    moved = [replace(r, answer=tuple(x + 6 for x in r.answer)) for r in dated]
    records = with_astray(moved, seed=3)
    assert sum(bool(record.astray) for record in records) > 10
    made = [s for epoch in range(9) for s in samples(records, random.Random(epoch))]
    right = {record.question: record for record in records}
    wrong = [sample for sample in made if sample.question not in right]
    assert wrong
    assert all(
        sample.answer is None and sample.question[:4] not in sample.passage for sample in wrong
    )
    assert all(any(s.question[4:] == q[4:] for q in right) for s in wrong)


def test_the_clause_that_answers_is_cut_alone_or_with_its_sentence():
    context = "茶叶去年出口12吨，木材出口35吨，瓷碗出口908件。今年还没有统计。"
    answer = (context.index("35吨"), context.index("35吨") + 3)
    record = Record(question="木材出口多少吨", context=context, answer=answer, news=True)
    made = {s.passage for seed in range(40) for s in samples([record], random.Random(seed))}
    assert made == {context, "今年还没有统计。", context.replace("木材出口35吨，", "")}


def test_a_passage_with_the_same_words_is_not_said_to_lack_the_answer():
    first, rest = "木材出口35吨。", "港口的人都很忙。" * 60
    record = Record(question="木材出口多少吨？", context=f"{first}{rest}又是35吨。", answer=(4, 7))
    made = [s for seed in range(60) for s in samples([record], random.Random(seed))]
    others = {s.passage for s in made if not s.passage.startswith("木材")}
    assert others
    assert all("35吨" not in passage for passage in others)


def test_news_is_headed_by_its_own_day_and_asked_with_a_mark_or_without():
    record = replace(store(3), news=True, day="2023-08-04")
    made = [s for seed in range(40) for s in samples([record], random.Random(seed))]
    heads = {sample.head for sample in made if sample.head}
    assert heads
    assert all(head.endswith("（2023年8月4日）\n") for head in heads)
    assert {s.question for s in made} == {record.question, record.question.rstrip("？")}
    english = replace(record, question="How many boxes of tea?")
    made = [s for seed in range(40) for s in samples([english], random.Random(seed))]
    assert {sample.question[-1] for sample in made} == {"a", "?"}


def test_written_questions_that_are_kept_do_not_train(tmp_path, monkeypatch):
    write_data(tmp_path)
    questions = [
        Written(report=report, kind=kind, question=f"{report} {kind}？", answer=(0, 4))
        for report in ("own", "free", "copy", "same", "elsewhere")
        for kind in ("fact", "longer")
    ]
    monkeypatch.setattr("eval.train_reader.written", lambda: questions)
    made = {record.question: record.weight for record in written_records(tmp_path)}
    trained = [one for one in ("own", "free", "copy", "same") if for_training(one)]
    kinds = ("fact", "longer")
    assert made == {f"{one} {kind}？": WEIGHTS[kind] for one in trained for kind in kinds}
    assert 0 < len(trained) < 4


def test_an_epoch_holds_a_question_as_often_as_it_weighs():
    weighed = [replace(store(n), weight=(0.0, 0.5, 2.0)[n % 3]) for n in range(60)]
    number = {record.question: n % 3 for n, record in enumerate(weighed)}
    made = [s for epoch in range(9) for s in samples(weighed, random.Random(epoch)) if s.answer]
    seen = Counter(number[sample.question] for sample in made)
    assert seen[2] == 9 * 20 * 2
    assert 50 < seen[1] < 130
    assert seen[0] == 0


def test_near_passages_are_of_other_contexts():
    assert all(record.near for record in RECORDS)
    assert all(record.context not in record.near for record in RECORDS)


def test_batches_are_the_same_for_the_same_seed():
    first, second = (list(islice(batches(RECORDS, 7), 9)) for _ in range(2))
    assert first == second
    assert first != list(islice(batches(RECORDS, 8), 9))


@pytest.mark.model
def test_learns_the_same_twice_and_loads_again(tmp_path):
    losses = []
    for steps in (3, 20):
        trainee = build(seed=1, rate=3e-4)
        losses.append([learn(trainee, batch) for batch in islice(batches(RECORDS, 1), steps)])
    assert losses[0] == pytest.approx(losses[1][:3], rel=1e-3)
    assert sum(losses[1][-3:]) < sum(losses[1][:3]) * 0.8
    save(tmp_path / "factors.safetensors", trainee)
    reader = Reader(factors=tmp_path / "factors.safetensors")
    text = RECORDS[3].context
    (reading,) = reader.read(RECORDS[3].question, [("", text)])
    with_answer, without = text.index("那里"), text.index("看守")
    (answers,) = reading.best_within(with_answer, without)
    (not_here,) = reading.best_within(without, 99)
    assert answers[0] > not_here[0]


def write_data(folder):
    """The records in the form of the data folder."""
    for name in ("reader", "chronoqa", "crud"):
        (folder / name).mkdir()
    records = [
        {
            "question": r.question,
            "context": r.context,
            "answers": [{"text": r.context[slice(*r.answer)], "start": r.answer[0]}],
        }
        for r in RECORDS
    ]
    chunks = [{"id": f"ck{n:05}", "text": r.context} for n, r in enumerate(RECORDS)]
    asked = [
        {"question": r.question, "answer": r.context[slice(*r.answer)], "gold": [f"ck{n:05}"]}
        for n, r in enumerate(RECORDS)
    ]
    for name, part in (("train", records[10:]), ("valid_cmrc_trial", records[:10])):
        with gzip.open(folder / "reader" / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(record) + "\n" for record in part)
    write_jsonl(folder / "chronoqa" / "chunks.jsonl", chunks)
    write_jsonl(folder / "chronoqa" / "train.jsonl", asked)
    write_jsonl(folder / "chronoqa" / "dev.jsonl", [{"gold": ["ck00001"]}])
    kept_back = {"near_dup_docs": ["copy"], "other_docs_with_answer_string": ["same"]}
    write_jsonl(folder / "crud" / "crud1doc_factoid_dev.jsonl", [kept_back])
    texts = dict.fromkeys(("own", "free", "copy", "same"), REPORT) | {"shares": REPORT + SHARES}
    with gzip.open(folder / "crud" / "distractors_5000.jsonl.gz", "wt", encoding="utf-8") as file:
        reports = [{"id": k, "text": text, "date": "2023-08-04"} for k, text in texts.items()]
        file.writelines(json.dumps(report) + "\n" for report in reports)


def test_the_evidence_keeps_questions_that_the_reader_never_saw(tmp_path):
    write_data(tmp_path)
    for_training = [replace(store(number), news=True) for number in range(50) if number % 3]
    assert news_records(tmp_path) == for_training
    kept = {record["question"] for record in trial(tmp_path, training=False)}
    seen = {record.question: record.weight for record in reader_records(tmp_path)}
    assert 0 < len(kept) < 10
    assert not kept & seen.keys()
    assert {
        store(n).question: TRIAL_WEIGHT if n < 10 else READ_WEIGHT for n in range(50)
    }.items() >= seen.items()
    assert len(seen) == 50 - len(kept)


def test_no_question_is_formed_from_what_a_development_set_is_about(tmp_path):
    write_data(tmp_path)
    formed = [record for seed in range(20) for record in formed_records(tmp_path, seed)]
    reports = [record for record in formed if record.context == REPORT]
    assert {record.context[slice(*record.answer)] for record in reports} == {"628米", "林知远"}
    assert max(len(formed_records(tmp_path, seed)) for seed in range(20)) <= 2 + 50
    assert all(record.news and SHARES not in record.context for record in formed)
    assert not {store(1).context, store(3).context} & {record.context for record in formed}


def changes(path):
    """What the layers changed by, from a result's factors."""
    return dict(layer_changes({name: value.float() for name, value in load_file(path).items()}))


def apart(a, b):
    """How far two sets of weights are from each other, of the size of the first."""
    return float(sum((a[n] - b[n]).norm() for n in a) / sum(a[n].norm() for n in a))


@pytest.mark.model
def test_factors_of_low_rank_keep_the_most_of_a_change(tmp_path):
    trainee = build(seed=1)
    rng = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name in trainee.base:
            weight = trainee.trained[name]
            n, m = weight.shape
            weight += torch.randn(n, 4, generator=rng) @ torch.randn(4, m, generator=rng)
    whole = {n: trainee.trained[n].detach() - base for n, base in trainee.base.items()}
    for rank, most in ((4, 0.01), (2, 0.8)):
        save(tmp_path / "factors.safetensors", trainee, rank)
        lost = apart(whole, changes(tmp_path / "factors.safetensors"))
        assert lost < most
    assert lost > 0.3


@pytest.mark.model
def test_a_stopped_training_goes_on_to_the_same_result(tmp_path, monkeypatch):
    write_data(tmp_path)

    def run(name, *more):
        target = tmp_path / f"{name}.safetensors"
        options = ("--data", tmp_path, "--steps", 4, "--keep-every", 2, "--rank", 384)
        files = ("--checkpoint", tmp_path / name, "--target", target)
        assert main([str(option) for option in (*options, *files, *more)]) == 0
        return changes(target)

    whole = run("whole")
    calls = count()

    def interrupted(trainee, batch):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return learn(trainee, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("eval.train_reader.learn", interrupted)
        run("stopped")
    resumed = run("stopped")
    assert apart(whole, resumed) < 0.02
    with pytest.raises(SystemExit, match="of another run"):
        run("stopped", "--seed", 5)


@pytest.mark.model
def test_training_that_goes_on_keeps_a_share_of_the_way(tmp_path):
    write_data(tmp_path)
    names = ("first", "goes_on")
    targets = {name: tmp_path / f"{name}.safetensors" for name in names}

    def run(name, steps, *more):
        files = ("--checkpoint", tmp_path / f"{name}.checkpoint", "--target", targets[name])
        options = ("--data", tmp_path, "--steps", steps, "--keep-every", 2, "--rank", 384)
        assert main([str(option) for option in (*options, *files, *more)]) == 0
        return changes(targets[name])

    start = run("first", 2)
    result = run("goes_on", 2, "--start", targets["first"], "--way", 0.75)
    end, base = load_file(tmp_path / "goes_on.checkpoint"), build(seed=1).base
    reached = {n: 0.25 * start[n] + 0.75 * (end[n] - base[n]) for n in base}
    assert apart(result, reached) < 0.02
    assert apart(result, start) > 0.1
