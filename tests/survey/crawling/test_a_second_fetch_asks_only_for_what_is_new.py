"""What is known is not asked for again, what is new is found, and stored answers do offline."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from data.paths import Home
from survey.http import NotStored
from survey.watch import Watch
from tests.survey.crawling.conftest import Fetch, Rows, Serve
from tests.survey.server import Services
from tests.survey.world import CYCLEGAN, Paper, World

Dump = Callable[..., tuple[Rows, Rows]]
ALL = ("s2", "openalex", "arxiv")


def _publish(services: Services, day: date, count: int) -> list[Paper]:
    """New papers of one day; their number lies beyond those of the world."""
    first = 700_001 + 1000 * len(services.world.extra)
    new = [
        Paper(
            first + 20 * i,
            f"A new paper, the {first + i}th",
            day,
            f"2609.{i:05d}",
            seeds=(CYCLEGAN,),
        )
        for i in range(count)
    ]
    services.world.extra += new
    services.refresh()
    return new


def test_nothing_new_costs_next_to_nothing(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    services = serve(World(1600))
    fetch(CYCLEGAN, names=ALL)
    first, before = len(services.log), dump()
    services.log.clear()
    report = fetch(CYCLEGAN, names=ALL)
    assert first > 30
    assert len(services.log) < 10
    assert services.count("/api/query") == 0
    assert before == dump()
    assert [outcome.new for outcome in report.outcomes] == [0, 0]
    assert report.exit_code == 0


def test_new_papers_are_found_by_their_date(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    services = serve(World(1600))
    fetch(CYCLEGAN)
    newest = max(paper.day for paper in services.world.papers)
    new = _publish(services, newest + timedelta(days=1), 5)
    services.log.clear()
    report = fetch(CYCLEGAN)
    assert [outcome.new for outcome in report.outcomes] == [5, 5]
    assert len(services.log) < 10
    assert {paper.s2 for paper in new} <= {row[1] for row in dump()[1]}


def test_papers_that_were_listed_late_are_found_by_their_count(
    serve: Serve, fetch: Fetch, dump: Dump
) -> None:
    services = serve(World(600))
    fetch(CYCLEGAN, names=("s2",))
    new = _publish(services, date(2019, 5, 5), 3)
    told: list[str] = []
    watch = Watch()
    watch.note = told.append  # type: ignore[method-assign]
    assert fetch(CYCLEGAN, names=("s2",), watch=watch).outcomes[0].new == 3
    assert {paper.s2 for paper in new} <= {row[1] for row in dump()[1]}
    assert told == [
        "Semantic Scholar counts 3 more papers than those of recent date: reading its whole list "
        "again"
    ]
    services.log.clear()
    fetch(CYCLEGAN, names=("s2",))
    assert len(services.log) == 2


def test_papers_that_are_missing_for_good_are_not_sought_each_time(
    serve: Serve, fetch: Fetch
) -> None:
    services = serve(World(600))
    services.claimed = 70 + len(services.s2[CYCLEGAN])
    assert fetch(CYCLEGAN, names=("s2",)).outcomes[0].missing == 70
    services.log.clear()
    assert fetch(CYCLEGAN, names=("s2",)).outcomes[0].missing == 70
    assert len(services.log) == 2


@pytest.mark.parametrize("shift", [-20_000 // 9, 40_000])
def test_dates_and_clocks_that_are_far_off_lose_nothing(
    serve: Serve, fetch: Fetch, dump: Dump, shift: int
) -> None:
    # As with a clock that jumped: all dates lie years behind, or ahead of today.
    services = serve(World(300, shift=shift))
    fetch(CYCLEGAN)
    new = _publish(services, max(paper.day for paper in services.world.papers), 4)
    assert [outcome.new for outcome in fetch(CYCLEGAN).outcomes] == [4, 4]
    assert {paper.work for paper in new} <= {row[1] for row in dump()[1]}


def test_changed_records_are_kept_as_they_are_now(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    services = serve(World(100))
    fetch(CYCLEGAN)
    changed = replace(services.world.papers[2], title="A better title for the same paper")
    services.world.papers[2] = changed
    services.refresh()
    report = fetch(CYCLEGAN, refresh=True)
    assert [outcome.new for outcome in report.outcomes] == [0, 0]
    assert [changed.title in row[2] for row in dump()[0] if row[1] == changed.s2] == [True]


def test_refresh_asks_for_everything_again(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(700))
    fetch(CYCLEGAN, names=ALL)
    first = len(services.log)
    services.log.clear()
    fetch(CYCLEGAN, names=ALL, refresh=True)
    assert first - 2 <= len(services.log) <= first + 4


def test_since_reads_only_what_was_published_since(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    services = serve(World(700))
    fetch(CYCLEGAN, since="2024-01-01")
    first, listed_there = date(2024, 1, 1), services.s2[CYCLEGAN]
    works = {p.work for p in services.world.papers if p.n % 10 != 3 and p.day >= first}
    papers = {p.s2 for p in listed_there if p.known and p.dated != "not" and p.day >= first}
    listed = {row[1] for row in dump()[1] if not row[1].startswith("title-")}
    assert listed == works | papers
    services.log.clear()
    fetch(CYCLEGAN, since="2024-01-01")
    assert len(services.log) < 10


def test_since_a_day_after_the_last_look_finds_what_is_new_by_then(
    serve: Serve, fetch: Fetch
) -> None:
    services = serve(World(300))
    fetch(CYCLEGAN)
    newest = max(paper.day for paper in services.world.papers)
    _publish(services, newest + timedelta(days=5), 3)
    report = fetch(CYCLEGAN, since=(newest + timedelta(days=3)).isoformat())
    assert [outcome.new for outcome in report.outcomes] == [3, 3]


def test_after_since_a_fetch_without_it_reads_the_rest(
    serve: Serve, fetch: Fetch, dump: Dump, tmp_path: Path
) -> None:
    serve(World(700))
    fetch(CYCLEGAN, since="2024-01-01")
    fetch(CYCLEGAN)
    fetch(CYCLEGAN, place=Home(tmp_path / "other"))
    assert dump() == dump(Home(tmp_path / "other"))


def test_a_limit_is_kept_and_the_next_fetch_goes_on(
    serve: Serve, fetch: Fetch, dump: Dump, tmp_path: Path
) -> None:
    services = serve(World(700))
    report = fetch(CYCLEGAN, names=ALL, limit=120)
    assert [outcome.papers for outcome in report.outcomes][:2] == [120, 120]
    assert report.outcomes[2].papers <= 120
    assert report.outcomes[0].limited
    services.log.clear()
    fetch(CYCLEGAN, names=("s2", "openalex"), limit=120)
    assert services.log == []
    fetch(CYCLEGAN, since="2025-06-01", limit=150)
    fetch(CYCLEGAN, names=ALL)
    fetch(CYCLEGAN, names=ALL, place=Home(tmp_path / "other"))
    assert dump() == dump(Home(tmp_path / "other"))


def test_offline_makes_the_same_catalogue_of_stored_answers(
    serve: Serve, fetch: Fetch, dump: Dump, home: Home, tmp_path: Path
) -> None:
    services = serve(World(500))
    fetch(CYCLEGAN, names=ALL)
    services.log.clear()
    other = Home(tmp_path / "other")
    shutil.copytree(home.http, other.http)
    report = fetch(CYCLEGAN, names=ALL, offline=True, place=other)
    assert (services.log, report.exit_code) == ([], 0)
    assert dump() == dump(other)
    again = fetch(CYCLEGAN, names=ALL, offline=True, place=other)
    assert (services.log, again.exit_code) == ([], 0)


def test_offline_knows_what_later_runs_found(
    serve: Serve, fetch: Fetch, dump: Dump, home: Home, tmp_path: Path
) -> None:
    services = serve(World(250))
    fetch(CYCLEGAN, names=ALL)
    _publish(services, max(paper.day for paper in services.world.papers), 3)
    fetch(CYCLEGAN, names=ALL)
    services.log.clear()
    other = Home(tmp_path / "other")
    shutil.copytree(home.http, other.http)
    assert fetch(CYCLEGAN, names=ALL, offline=True, place=other).exit_code == 0
    assert (services.log, dump()) == ([], dump(other))


def test_offline_says_what_is_not_stored(
    serve: Serve, fetch: Fetch, home: Home, tmp_path: Path
) -> None:
    services = serve(World(500))
    assert fetch(CYCLEGAN, offline=True).exit_code == 4
    fetch(CYCLEGAN)
    other = Home(tmp_path / "other")
    shutil.copytree(home.http, other.http)
    pages = sorted((other.http / "openalex").rglob("*.gz"), key=lambda path: path.stat().st_size)
    pages[-1].unlink()
    services.log.clear()
    report = fetch(CYCLEGAN, offline=True, place=other)
    assert (services.log, report.exit_code) == ([], 3)
    assert isinstance(report.outcomes[1].problem, NotStored)
    assert report.outcomes[0].problem is None
