from __future__ import annotations

from datetime import date, timedelta

import pytest
from conftest import write_jsonl

from rag import Archive, Filters, Settings
from rag.dates import period_in
from rag.retrieve import dense_share, fuse, in_time, retrieve
from rag.terms import question_terms
from rag.types import Article


def find(archive, question, asked_on=None, **options):
    vector = archive.encoder.encode_queries([question])[0]
    mention = period_in(question, asked_on) if asked_on else None
    return retrieve(archive, question, vector, mention=mention, **options)


def test_fusion_is_the_weighted_sum_of_stretched_scores():
    fused = fuse({1: 0.9, 2: 0.8, 3: 0.7}, {2: 10.0, 4: 5.0}, 0.4)
    assert fused == pytest.approx({1: 0.4, 2: 0.4 * 0.5 + 0.6, 3: 0.0, 4: 0.0})


def test_scores_that_do_not_differ_are_all_one():
    assert fuse({1: 0.5}, {}, 0.4) == {1: 0.4}
    assert fuse({}, {}, 0.4) == {}


def test_the_right_article_comes_first_with_the_scores_of_both_legs(archive):
    hits = find(archive, "停水检修影响多少户居民？")
    assert hits[0].article.title == "城东水厂夜间检修"
    assert hits[0].lexical is not None
    vector = archive.encoder.encode_queries(["停水检修影响多少户居民？"])[0]
    own = archive.encoder.encode_passages(["城东水厂夜间检修（2024年3月4日）\n" + hits[0].text])[0]
    assert hits[0].dense == pytest.approx(float(own @ vector), abs=1e-3)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_filters_hold_for_both_legs(archive):
    hits = find(archive, "停水检修", filters=Filters(source="周刊"))
    assert {hit.article.source for hit in hits} == {"云桥周刊"}


def test_limits(archive):
    assert len(find(archive, "云桥", settings=Settings(passages=2))) == 2
    one = find(archive, "云桥", settings=Settings(per_article=1))
    assert len({hit.article.id for hit in one}) == len(one)


def test_an_empty_archive_finds_nothing(tmp_path, encoder):
    assert find(Archive(tmp_path / "empty", encoder=encoder), "大桥") == []


def test_days_that_the_question_names_get_a_bonus(archive):
    plain = {hit.article.title: hit.score for hit in find(archive, "上个月发生了什么")}
    timed = find(archive, "上个月发生了什么", asked_on=date(2024, 5, 2))
    assert timed[0].article.title == "老街面馆的三代人"
    assert timed[0].score == pytest.approx(
        plain["老街面馆的三代人"] + Settings().time_bonus, abs=0.5
    )


@pytest.mark.parametrize(
    ("question", "late"),
    [
        ("4月9日的老街面馆", 3),
        ("4月上旬的老街面馆", 5),
        ("3月的老街面馆", 15),
        ("一季度的老街面馆", 45),
        ("去年的老街面馆", 45),
    ],
)
def test_the_longer_a_period_the_later_papers_sum_it_up(tmp_path, encoder, question, late):
    end = period_in(question, date(2024, 6, 1)).end
    days = [end + timedelta(days=late), end + timedelta(days=late + 1)]
    story = {"title": "老街面馆", "text": "面馆开在老街口，已有41年。"}
    write_jsonl(tmp_path / "a.jsonl", [story | {"date": day.isoformat()} for day in days])
    archive = Archive(tmp_path / "archive", encoder=encoder)
    archive.add([tmp_path / "a.jsonl"])
    plain = {hit.article.date: hit.score for hit in find(archive, question)}
    timed = {hit.article.date: hit.score for hit in find(archive, question, date(2024, 6, 1))}
    bonus = [timed[day] - plain[day] for day in days]
    assert bonus == pytest.approx([Settings().time_bonus, 0.0])


def test_articles_that_the_question_goes_on_about_get_a_bonus(archive):
    (noodles,) = (a.id for a in archive.articles() if a.title == "老街面馆的三代人")
    plain = find(archive, "停水检修影响多少户居民？")
    ahead = find(archive, "停水检修影响多少户居民？", about=[noodles])
    score = {hit.article.id: hit.score for hit in plain}.get(noodles, 0.0)
    (hit,) = (hit for hit in ahead if hit.article.id == noodles)
    assert hit.score == pytest.approx(score + Settings().topic_bonus, abs=0.2)
    assert hit.score > score


def test_only_the_articles_that_are_named(archive):
    (noodles,) = (a.id for a in archive.articles() if a.title == "老街面馆的三代人")
    hits = find(archive, "停水检修", filters=Filters(articles=(noodles,)))
    assert {hit.article.id for hit in hits} == {noodles}


def test_a_paper_prints_today_what_was_yesterday():
    mention = period_in("昨天的事", date(2024, 3, 2))
    assert in_time(Article(title="t", text="x", date=date(2024, 3, 2)), mention)
    assert not in_time(Article(title="t", text="x", date=date(2024, 3, 9)), mention)
    assert not in_time(Article(title="t", text="x"), mention)


def test_that_a_paper_is_of_the_weeks_after_a_month_does_not_say_that_it_tells_of_it():
    mention = period_in("2月的事", date(2024, 3, 20))
    assert in_time(Article(title="t", text="x", date=date(2024, 3, 3)), mention)
    assert not in_time(Article(title="t", text="x", date=date(2024, 3, 4)), mention)


def test_the_fewer_of_the_words_are_in_a_passage_the_more_the_vectors_count(archive):
    def share_of(question, weight=0.3):
        lexical = dict(archive.search_terms(question_terms(question), 50))
        found = archive.passages_of(lexical)
        return dense_share(archive, question, found, lexical, Settings(dense_weight=weight))

    every, some = "城东水厂夜间检修？", "城东水厂夜间谁在加班修理？"
    assert share_of(every) == pytest.approx(0.3)
    assert 0.3 < share_of(some) < share_of("Which waterworks was repaired 夜间?") < 1
    assert share_of("Which waterworks was repaired?") == 1
    assert share_of("Which waterworks was repaired?", weight=0.0) == share_of(some, weight=0.0) == 0
