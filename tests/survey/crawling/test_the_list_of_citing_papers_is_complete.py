"""Every paper that can be had is had, and those that cannot are counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from survey.report import Outcome, Report
from tests.survey.answers import Asked
from tests.survey.crawling.conftest import Fetch, Rows, Serve
from tests.survey.world import CYCLEGAN, PIX2PIX, TITLES, Paper, World

Dump = Callable[..., tuple[Rows, Rows]]
SEED = f"arxiv:{CYCLEGAN}"


def _by(report: Report, source: str, seed: str = SEED) -> Outcome:
    return next(o for o in report.outcomes if (o.source, o.seed) == (source, seed))


def _keys(dump: Dump, source: str) -> set[str]:
    """Of the papers that a source lists."""
    return {row[1] for row in dump()[1] if row[0] == source}


def test_25_000_citing_papers(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    services = serve(World(25_000))
    report = fetch(CYCLEGAN, stored=False)
    listed = services.s2[CYCLEGAN]
    # More than a list may hold are of one year, and a thousand are of no year at all.
    assert sum(paper.day.year == 2021 for paper in listed) > 10_000
    beyond = [p for p in listed if p.dated == "not" and p not in listed[:9_999]]
    assert len(beyond) >= 500

    semantic, alex = _by(report, "semantic_scholar"), _by(report, "openalex")
    found = _keys(dump, "semantic_scholar")
    assert {p.s2 for p in listed if p.known} - {p.s2 for p in beyond} <= found
    assert len(found) == len(listed) - len(beyond) == semantic.papers
    assert semantic.missing == len(beyond)
    assert {p.work for p in services.world.papers if p.n % 10 != 3} == _keys(dump, "openalex")
    assert (alex.missing, report.exit_code, semantic.failed + alex.failed) == (0, 0, 0)
    # Neither of them has every paper; together they do.
    assert semantic.papers < 25_000 > alex.papers
    titles = {row[2].split('"title": ')[1].split('"')[1] for row in dump()[0]}
    assert titles == {p.title for p in services.world.papers} | {TITLES[CYCLEGAN]}


def test_the_seed_is_in_the_catalogue_too(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    services = serve(World(10))
    fetch(CYCLEGAN)
    records, cites = dump()
    seed = services.world.seeds[CYCLEGAN]
    assert {seed.s2, seed.work} <= {row[1] for row in records}
    assert seed.s2 not in {row[1] for row in cites}


def test_contexts_intents_and_influence_are_kept(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    serve(World(30))
    fetch(CYCLEGAN, names=("s2",))
    how = {row[1]: row[3:] for row in dump()[1]}
    paper = World(30).papers[25]
    assert how[paper.s2] == ('["We start from CycleGAN [25]."]', '["methodology"]', 1)


def test_preprint_and_published_version_are_both_asked_for(
    serve: Serve, fetch: Fetch, dump: Dump
) -> None:
    services = serve(World(40))
    fetch(CYCLEGAN)
    seed = services.world.seeds[CYCLEGAN].work
    only = {p.work for p in services.works[f"W{int(seed[1:]) + 50}"]}
    assert only - {p.work for p in services.works[seed]}
    assert only <= _keys(dump, "openalex")


def test_a_work_that_was_merged_is_found_at_its_new_place(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(40))
    services.merged = {f"doi:10.48550/arXiv.{CYCLEGAN}": services.world.seeds[CYCLEGAN].work}
    assert _by(fetch(CYCLEGAN, names=("openalex",)), "openalex").papers > 0


def test_a_paper_that_cites_two_seeds_is_one_record(serve: Serve, fetch: Fetch, dump: Dump) -> None:
    serve(World(40))
    report = fetch(CYCLEGAN, PIX2PIX, names=("s2",))
    records, cites = dump()
    assert report.seeds == [f"arxiv:{CYCLEGAN}", f"arxiv:{PIX2PIX}"]
    assert len(records) == _by(report, "semantic_scholar").papers + 2
    assert (
        len(cites) == len(records) - 2 + _by(report, "semantic_scholar", f"arxiv:{PIX2PIX}").papers
    )


@pytest.mark.parametrize(
    "given",
    [
        "10.1109/ICCV.2017.244",
        "W2000900001",
        "https://arxiv.org/abs/1703.10593v7",
        "CorpusId:900101",
    ],
)
def test_a_seed_has_one_name_whatever_form_was_typed(
    serve: Serve, fetch: Fetch, given: str
) -> None:
    serve(World(10))
    report = fetch(given)
    assert report.seeds == [SEED]
    assert all(outcome.papers for outcome in report.outcomes)


def test_a_seed_that_no_source_knows_is_told(serve: Serve, fetch: Fetch) -> None:
    serve(World(10))
    report = fetch("9912.99999")
    assert (report.unknown, report.exit_code) == (["arxiv:9912.99999"], 2)
    both = fetch("9912.99999", CYCLEGAN)
    assert (both.unknown, both.exit_code) == (["arxiv:9912.99999"], 3)


def test_the_last_rows_that_only_small_pages_get_are_had(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(1500))
    services.edge = 25
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert (outcome.papers, outcome.missing) == (len(services.s2[CYCLEGAN]), 0)


def test_a_page_that_is_too_large_for_the_service_is_asked_in_smaller_ones(
    serve: Serve, fetch: Fetch
) -> None:
    services = serve(World(300))
    services.fail("504", "limit=1000", times=1000)
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert (outcome.papers, outcome.failed) == (len(services.s2[CYCLEGAN]), 0)


def test_pages_grow_again_when_the_service_is_well(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(1400))
    services.fail("504", "offset=0&limit=1000", times=3)
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert outcome.papers == len(services.s2[CYCLEGAN])
    sizes = [asked.query["limit"] for asked in services.log if "limit" in asked.query]
    assert sizes == ["1000"] * 3 + ["100"] * 3 + ["1000"] * 2


@pytest.mark.parametrize("change", [-3, 3])
def test_a_list_that_moves_while_it_is_read_has_no_gap(
    serve: Serve, fetch: Fetch, dump: Dump, change: int
) -> None:
    services = serve(World(1400))
    before = list(services.s2[CYCLEGAN])
    fresh = [replace(before[50], n=500_000 + i, day=date(2026, 11, 1)) for i in range(3)]

    def move(asked: Asked) -> None:
        if asked.query.get("offset") == "999":
            services.s2[CYCLEGAN] = before[3:] if change < 0 else [*fresh, *before]
            services.before = lambda asked: None

    services.before = move
    fetch(CYCLEGAN, names=("s2",))
    assert {p.s2 for p in before if p.known} <= _keys(dump, "semantic_scholar")


def test_a_page_that_is_shorter_than_asked_leaves_no_gap(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(1400))
    answer = services._s2_citations

    def shorter(asked: Asked, body: object, name: str) -> object:
        page = answer(asked, body, name)
        if asked.query["offset"] == "0":
            page["data"] = page["data"][:400]
        return page

    services._s2_citations = shorter  # type: ignore[method-assign]
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert (outcome.papers, outcome.missing) == (len(services.s2[CYCLEGAN]), 0)


def test_a_cursor_that_leads_in_a_circle_ends(
    serve: Serve, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = serve(World(300))
    monkeypatch.setattr("tests.survey.answers._cursor", lambda offset: "MTAw")  # 100
    assert _by(fetch(CYCLEGAN, names=("openalex",)), "openalex").papers > 100
    assert len(services.log) < 20


def test_a_cursor_that_expires_is_begun_again(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(800))
    services.refused_cursors = {300}
    outcome = _by(fetch(CYCLEGAN, names=("openalex",)), "openalex")
    assert (outcome.papers, outcome.failed) == (720, 0)
    assert "refuses a cursor that it gave" in " ".join(outcome.notes)


def test_without_a_key_openalex_is_read_by_pages_and_dates(
    serve: Serve, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENALEX_API_KEY", raising=False)
    services = serve(World(11_200))
    monkeypatch.delenv("OPENALEX_API_KEY")
    services.keyless_pages = 1000
    # The preprint alone is cited more often than pages reach.
    services.works["W2000900001"] = [p for p in services.world.papers if p.n % 10 != 3]
    report = fetch(CYCLEGAN, names=("openalex",), stored=False)
    outcome = _by(report, "openalex")
    assert (outcome.papers, outcome.failed, report.exit_code) == (10_080, 0, 0)
    note = " ".join(outcome.notes)
    assert "OPENALEX_API_KEY" in note
    assert "https://openalex.org/settings/api" in note


def test_what_openalex_allows_without_a_key_is_used_up_in_days(
    serve: Serve, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = serve(World(800))
    monkeypatch.delenv("OPENALEX_API_KEY")
    services.keyless_pages = 4
    first = fetch(CYCLEGAN)
    assert _by(first, "openalex").papers == 400
    assert "go on tomorrow" in str(_by(first, "openalex").problem.hint)  # type: ignore[union-attr]
    assert first.exit_code == 3
    services.keyless_pages = 100
    second = fetch(CYCLEGAN)
    assert (_by(second, "openalex").papers, second.exit_code) == (720, 0)


def test_a_key_that_is_refused_is_not_taken_for_no_key(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(20))
    services.fail("401", "works", times=1000)
    report = fetch(CYCLEGAN)
    assert "openalex refuses" in str(_by(report, "openalex").problem)
    assert (_by(report, "semantic_scholar").failed, report.exit_code) == (0, 3)


@pytest.mark.parametrize("kind", ["429", "429-0", "500", "503", "504", "html", "cut", "short"])
def test_faults_on_the_way_cost_no_paper(serve: Serve, fetch: Fetch, dump: Dump, kind: str) -> None:
    services = serve(World(400))
    for passing in (0, 1, 3):
        services.fail(kind, "citations", times=2, passing=passing)
        services.fail(kind, "cites:", times=2, passing=passing)
    report = fetch(CYCLEGAN)
    assert report.exit_code == 0
    assert [o.papers for o in report.outcomes] == [len(services.s2[CYCLEGAN]), 360]


def test_a_source_that_fails_does_not_stop_the_others(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(400))
    services.fail("500", "citations", times=10_000)
    report = fetch(CYCLEGAN)
    assert (_by(report, "semantic_scholar").failed, _by(report, "openalex").papers) == (1, 360)
    assert report.exit_code == 3
    services.faults.clear()
    assert fetch(CYCLEGAN).exit_code == 0


def test_a_part_that_fails_does_not_cost_the_other_parts(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(700))
    services.claimed = 12_000  # so that the list is read in parts
    services.fail("500", "publicationDateOrYear=2019", times=10_000)
    services.s2[CYCLEGAN] = dated = [p for p in services.s2[CYCLEGAN] if p.dated == "day"]
    report = fetch(CYCLEGAN, names=("s2",))
    outcome = _by(report, "semantic_scholar")
    assert (outcome.failed, report.exit_code) == (1, 3)
    parts = [asked.query.get("publicationDateOrYear") for asked in services.log]
    assert {"2018", "2019", "2020", "2026:", ":2017"} < set(parts)
    services.faults.clear()
    services.log.clear()
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert (outcome.papers, outcome.failed) == (len(dated), 0)
    assert {asked.query.get("publicationDateOrYear") for asked in services.log} == {"2019"}


def test_nothing_that_can_be_reached_is_told(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(10))
    services.fail("500", times=10_000)
    report = fetch(CYCLEGAN, names=("s2", "openalex", "arxiv"))
    assert report.exit_code == 4
    assert all(outcome.problem for outcome in report.outcomes)


def test_one_that_makes_us_wait_does_not_use_up_the_patience_for_the_others(
    serve: Serve, fetch: Fetch
) -> None:
    services = serve(World(40))
    services.fail("429-0.2", "graph", times=1000)
    services.fail("429-0.2", "works", times=2)
    report = fetch(CYCLEGAN, patience=0.7)
    assert "for waiting are used" in str(_by(report, "semantic_scholar").problem)
    assert _by(report, "openalex").problem is None


def test_rows_that_name_no_paper_are_counted(serve: Serve, fetch: Fetch) -> None:
    services = serve(World(20))
    nameless = Paper(600_000, "", date(2020, 1, 1), seeds=(CYCLEGAN,), known=False)
    services.world.extra.append(nameless)
    services.refresh()
    outcome = _by(fetch(CYCLEGAN, names=("s2",)), "semantic_scholar")
    assert (outcome.papers, outcome.dropped) == (len(services.s2[CYCLEGAN]) - 1, 1)
