"""Pages that come twice, lists that vanish half-way and clocks that jump leave no silent gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from data.paths import Home
from survey.catalogue import crawls
from survey.catalogue.catalogue import open_catalogue
from survey.cli import main
from survey.new import Look, last_look, remember
from survey.report import Outcome, Report
from tests.survey.answers import Asked, Refusal
from tests.survey.crawling.conftest import Fetch, Rows, Serve
from tests.survey.server import Services
from tests.survey.world import CYCLEGAN, Paper, World

Dump = Callable[..., tuple[Rows, Rows]]


def _by(report: Report, source: str) -> Outcome:
    return next(o for o in report.outcomes if o.source == source)


def _repeat(services: Services, name: str, at: int, times: int) -> None:
    """Request number `at` for a list, and those after it, get the page before once more."""
    real, given = getattr(services, name), list[Any]()

    def stale(asked: Asked, body: Any, *names: str) -> Any:
        if not ({"page", "cursor", "offset"} & set(asked.query)):
            return real(asked, body, *names)
        given.append(real(asked, body, *names))
        late = at <= len(given) - 1 < at + times
        rows = "data" if name == "_s2_citations" else "results"
        return {**given[-1], rows: given[at - 1][rows]} if late else given[-1]

    setattr(services, name, stale)


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("at", [1, 4])
def test_a_page_of_openalex_that_comes_again_is_asked_for_again(
    serve: Serve, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, keyed: bool, at: int
) -> None:
    services = serve(World(800))
    if not keyed:
        monkeypatch.delenv("OPENALEX_API_KEY")
    _repeat(services, "_works", at, times=2)
    outcome = _by(fetch(CYCLEGAN, names=("openalex",)), "openalex")
    # Without a key it looks for no second work of the same title.
    assert (outcome.papers, outcome.missing) == (720 if keyed else 620, 0)


def test_one_that_comes_again_for_good_is_a_gap_that_is_told(serve: Serve, tmp_path: Path) -> None:
    services = serve(World(800))
    _repeat(services, "_works", 2, times=4)
    words = ["fetch", "--cites", CYCLEGAN, "--source", "openalex", "--home", str(tmp_path)]
    result = CliRunner().invoke(main, words)
    assert "known to be missing from it" in result.stderr, result.stderr
    again = CliRunner().invoke(main, [*words, "--refresh"])
    assert "known to be missing" not in again.stderr, again.stderr


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_page_of_semantic_scholar_that_comes_again_leaves_no_gap(
    serve: Serve, fetch: Fetch, times: int
) -> None:
    services = serve(World(2800))
    _repeat(services, "_s2_citations", 1, times)
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert (outcome.papers, outcome.missing) == (len(services.s2[CYCLEGAN]), 0)


def test_rows_that_come_twice_are_one_paper(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    services = serve(World(60))
    services.s2[CYCLEGAN] = [p for p in services.s2[CYCLEGAN] for _ in range(3)]
    fetch(CYCLEGAN, names=("s2",))
    keys = [row[1] for row in dump()[1]]
    assert len(keys) == len(set(keys)) == len({p.n for p in services.s2[CYCLEGAN]})


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_list_that_is_gone_half_way_is_told_and_read_the_next_time(
    serve: Serve, fetch: Fetch, status: int
) -> None:
    services = serve(World(1400))
    real = services._s2_citations

    def gone(asked: Asked, body: Any, name: str) -> Any:
        if asked.query["offset"] != "0":
            raise Refusal(status, {"error": "Paper not found"})
        return real(asked, body, name)

    services._s2_citations = gone  # type: ignore[method-assign]
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert (outcome.failed, outcome.papers > 0) == (1, True)
    assert "Paper not found" in str(outcome.problem)
    services._s2_citations = real  # type: ignore[method-assign]
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert (outcome.failed, outcome.papers) == (0, len(services.s2[CYCLEGAN]))


def _jumping() -> Iterator[str]:
    """A clock that is years ahead, then years behind, at each look."""
    for n in count():
        years = 9 if n % 2 else -27
        yield (datetime.now(UTC) + timedelta(days=365 * years)).isoformat(timespec="seconds")


def test_a_clock_that_jumps_while_it_reads_hides_nothing_later(
    serve: Serve, fetch: Fetch, dump: Dump, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, clock = serve(World(300)), _jumping()
    with monkeypatch.context() as jumping:
        jumping.setattr(crawls, "now", lambda: next(clock))
        first = fetch(CYCLEGAN)
    assert first.exit_code == 0
    newest = max(paper.day for paper in services.world.papers)
    fresh = Paper(
        500_000, "A paper of tomorrow", newest + timedelta(days=1), seeds=(CYCLEGAN,), doi="10.1/x"
    )
    services.world.extra.append(fresh)
    services.refresh()
    assert [outcome.new for outcome in fetch(CYCLEGAN).outcomes] == [1, 1]
    assert fresh.s2 in {row[1] for row in dump()[1]}


def test_a_look_by_a_clock_that_ran_ahead_hides_no_new_paper(serve: Serve, tmp_path: Path) -> None:
    serve(World(20))
    words = ["--home", str(tmp_path)]
    CliRunner().invoke(main, ["fetch", "--cites", CYCLEGAN, "--source", "s2", *words])
    catalogue = open_catalogue(Home(tmp_path))
    ahead = date(2126, 1, 1).isoformat() + "T00:00:00+00:00"
    with catalogue.write() as connection:
        remember(connection, Look(at=ahead))
        assert last_look(connection).at < ahead
    catalogue.close()
    result = CliRunner().invoke(main, ["new", "--json", *words])
    assert (result.exit_code, len(result.stdout.splitlines()) >= 18) == (0, True), result.stderr
