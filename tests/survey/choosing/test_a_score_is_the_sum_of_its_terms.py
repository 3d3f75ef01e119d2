"""A score is the sum of its terms, unknown values say that they are, weights stand in a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from data.errors import UsageProblem
from data.paths import Home
from survey.catalogue.papers import Filter
from survey.momentum import age_in_months, centrality, citations_a_month
from survey.paper import Paper
from survey.profiles import TERMS, profile, profiles
from survey.rank import FULL, Explanation, explain, rank
from survey.terms import READ

TODAY = date(2026, 7, 1)
BUNDLED = sorted(profiles())


def _paper(**values: Any) -> Paper:
    return Paper(id="arxiv:2001.00001", **values)


@pytest.fixture
def shelf(shelf: Any) -> Any:
    """Papers with everything, with little, and with nothing known."""
    shelf.put(
        "2401.00001",
        "A translator with everything",
        abstract="We translate.",
        year=2024,
        date="2024-07-01",
        venue="IEEE Conference on Computer Vision and Pattern Recognition",
        citations=240,
        influential=30,
        contexts=4,
        intents=["methodology"],
        central=1,
        topics=["unpaired"],
        code=["https://github.com/a/all"],
        videos=1,
    )
    shelf.look_up("https://github.com/a/all", stars=900, licence="MIT", pushed="2026-06-01")
    shelf.put("2401.00002", "Some code", abstract="Text.", code=["https://github.com/a/unasked"])
    shelf.put("2401.00003", "Gone code", abstract="Text.", code=["https://github.com/a/gone"])
    shelf.look_up("https://github.com/a/gone", state="gone")
    shelf.put("2401.00004", "A survey without code", abstract="Text.", year=2020, citations=0)
    shelf.put("2401.00005")
    shelf.put("2401.00006", "Withdrawn", abstract="Text.", citations=9999, withdrawn=1)
    return shelf


def _explained(shelf: Any, arxiv: str, name: str = "side-project") -> Explanation:
    with shelf.catalogue.read() as connection:
        return explain(connection, profile(name), f"arxiv:{arxiv}", TODAY)


def _line(explained: Explanation, term: str) -> Any:
    (line,) = [line for line in explained.lines if line.term == term]
    return line


@pytest.mark.parametrize("name", BUNDLED)
def test_contributions_add_up_to_the_score_exactly(shelf: Any, name: str) -> None:
    with shelf.catalogue.read() as connection:
        ranked = rank(connection, profile(name), today=TODAY)
    assert len(ranked) == 5
    for entry in ranked:
        explained = _explained(shelf, entry.paper.arxiv, name)
        assert entry.score == explained.score == sum(entry.points.values())
        assert entry.score == sum(line.contribution for line in explained.lines)
        assert (entry.position, len(ranked)) == (explained.position, explained.among)
        for line in explained.lines:
            share = line.weight / explained.total_weight
            assert round(FULL * share * line.normalised) == line.contribution


@pytest.mark.parametrize("name", BUNDLED)
def test_a_paper_that_has_everything_comes_first_and_no_score_leaves_its_range(
    shelf: Any, name: str
) -> None:
    with shelf.catalogue.read() as connection:
        ranked = rank(connection, profile(name), today=TODAY)
    assert ranked[0].paper.arxiv == "2401.00001"
    assert all(0 <= entry.score <= FULL for entry in ranked)


def test_bundled_profiles_are_the_three_of_the_help() -> None:
    assert BUNDLED == ["related-work", "side-project", "state-of-the-art"]
    assert set(READ) == set(TERMS)


def test_what_is_unknown_says_so_and_counts_as_the_mean_of_what_is_known(shelf: Any) -> None:
    nothing = _explained(shelf, "2401.00005")
    momentum = _line(nothing, "momentum")
    known = [_line(_explained(shelf, f"2401.0000{i}"), "momentum") for i in (1, 4)]
    assert all(line.known for line in known)
    assert not momentum.known
    assert momentum.raw.startswith("unknown: ")
    assert momentum.normalised == pytest.approx(sum(line.normalised for line in known) / 2)
    assert momentum.normalised > 0


def test_zero_citations_are_known_to_be_none(shelf: Any) -> None:
    line = _line(_explained(shelf, "2401.00004", "related-work"), "citations")
    assert (line.known, line.raw, line.contribution) == (True, "0 citations", 0)


def test_code_that_nobody_looked_up_is_compared_with_code_and_not_with_its_absence(
    shelf: Any,
) -> None:
    stars = _line(_explained(shelf, "2401.00002"), "stars")
    looked_up = _line(_explained(shelf, "2401.00001"), "stars").normalised
    assert not stars.known
    assert "survey code" in stars.raw
    # Of the papers with code, one has its stars and one is gone, which counts as none.
    assert stars.normalised == pytest.approx(looked_up / 2)
    none = _line(_explained(shelf, "2401.00004"), "stars")
    assert (none.known, none.contribution) == (True, 0)


def test_no_link_in_an_abstract_is_no_code_and_no_abstract_is_unknown(shelf: Any) -> None:
    assert _line(_explained(shelf, "2401.00004"), "code").raw == "none named"
    assert not _line(_explained(shelf, "2401.00005"), "code").known
    gone = _line(_explained(shelf, "2401.00003"), "code")
    assert (gone.known, gone.contribution) == (True, 0)
    assert "gone" in gone.raw


def test_withdrawn_papers_are_in_no_ranking_and_why_says_so(shelf: Any) -> None:
    with shelf.catalogue.read() as connection:
        ids = [entry.paper.arxiv for entry in rank(connection, profile("related-work"))]
    assert "2401.00006" not in ids
    assert _explained(shelf, "2401.00006").position == 0


def test_a_filter_changes_neither_score_nor_position(shelf: Any) -> None:
    with shelf.catalogue.read() as connection:
        everything = rank(connection, profile("side-project"), today=TODAY)
        some = rank(connection, profile("side-project"), Filter(code=True), TODAY)
    assert len(some) == 3
    assert [entry for entry in everything if entry in some] == some


def test_a_week_old_paper_is_measured_by_three_months() -> None:
    young = _paper(date="2026-06-24", citations=6)
    assert citations_a_month(young, TODAY) == 2.0
    assert citations_a_month(replace(young, date="2025-07-01"), TODAY) == pytest.approx(0.5, 0.01)


def test_age_is_unknown_without_a_year_and_never_negative() -> None:
    assert age_in_months(_paper(), TODAY) is None
    assert age_in_months(_paper(date="2031-01-01", year=2031), TODAY) == 0.0
    assert age_in_months(_paper(year=2031), TODAY) == 0.0
    # In the middle of 2025: a year before.
    assert age_in_months(_paper(year=2025), TODAY) == pytest.approx(12, abs=0.1)
    assert citations_a_month(_paper(year=2020), TODAY) is None


def test_centrality_grows_with_intent_influence_and_sentences() -> None:
    mentioned = centrality(_paper(intents=("background",), contexts=1))
    compared = centrality(_paper(intents=("background", "result"), contexts=1))
    built = centrality(_paper(intents=("methodology", "background"), contexts=6, central=True))
    assert mentioned is not None
    assert compared is not None
    assert built is not None
    assert 0 < mentioned.value < compared.value < built.value <= 1
    assert built.seen == "called influential; cites it for methodology, background; in 6 sentences"
    assert centrality(_paper()) is None


def test_a_profile_of_the_home_adds_and_overrides(tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").write_text(
        "[profiles.side-project.weights]\ncode = 0\nstars = 50\n"
        "[profiles.mine]\nabout = 'drawn'\n[profiles.mine.weights]\ntopics = 1\n"
        "[profiles.mine.topics]\nillustration = 2\nfaces = 1\n[full]\nstars = 10\n"
    )
    known = profiles(Home(tmp_path))
    assert set(BUNDLED) | {"mine"} == set(known)
    assert "code" not in known["side-project"].weights
    assert known["side-project"].weights["stars"] == 50
    assert known["side-project"].weights["licence"] == profile("side-project").weights["licence"]
    assert (known["mine"].scales.stars, known["mine"].scales.citations) == (10, 1000)


def test_wanted_topics_of_a_profile_are_a_term(shelf: Any, tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").write_text(
        "[profiles.mine.weights]\ntopics = 1\n[profiles.mine.topics]\nunpaired = 1\n"
    )
    with shelf.catalogue.read() as connection:
        ranked = rank(connection, profile("mine", Home(tmp_path)), today=TODAY)
    assert {"2401.00001": FULL, "2401.00002": 0}.items() <= {
        entry.paper.arxiv: entry.score for entry in ranked
    }.items()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[profiles.x.weights]\nstar = 1", "did you mean 'stars'"),
        ("[profiles.x.weights]\nstars = -1", "profiles.x.weights.stars is -1"),
        ("[profiles.x.weights]\nstars = 'many'", "not a number"),
        ("[profiles.x.weights]\nstars = nan", "not a number"),
        ("[profiles.x.weights]\nstars = true", "not a number"),
        ("[profiles.x.weights]\nstars = 0", "no weight above 0"),
        ("[profiles.x]\nabout = 'nothing'", "'weights' is no table"),
        ("[profiles.x.weights]\ntopics = 1", "names none in profiles.x.topics"),
        ("profiles = 3", "'profiles' is no table"),
        ("[full]\nstars = 0", "full.stars has to be above 0"),
        ("[weights]\nstars = 1", "no section of profiles is called 'weights'"),
        ("[profiles", "profiles.toml: "),
        (
            "[profiles.x.weights]\ntopics = 1\n[profiles.x.topics]\nilustration = 1",
            "did you mean 'illustration'",
        ),
    ],
)
def test_a_mistake_in_a_profile_is_named(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "profiles.toml").write_text(content)
    with pytest.raises(UsageProblem) as problem:
        profiles(Home(tmp_path))
    assert told in problem.value.message
    assert problem.value.hint
    assert "survey rank" not in problem.value.hint  # it reads the same file, and refuses it too


def test_an_unknown_profile_names_the_near_one() -> None:
    with pytest.raises(UsageProblem, match="did you mean 'related-work'"):
        profile("relatedwork")


def test_rank_and_why_speak_json(shelf: Any) -> None:
    import json

    from survey.cli import main

    home = ["--home", str(shelf.home.root)]
    run = CliRunner().invoke
    ranked = run(main, ["rank", "--json", "--limit", "2", *home])
    first, second = map(json.loads, ranked.stdout.splitlines())
    assert (first["arxiv"], first["position"], second["position"]) == ("2401.00001", 1, 2)
    why = json.loads(run(main, ["why", "2401.00001", "--json", *home]).stdout)
    assert first["score"] == why["score"] == sum(term["contribution"] for term in why["terms"])
    assert {"term", "raw", "normalised", "weight", "contribution", "known"} == set(why["terms"][0])


def test_rank_leaves_dropped_papers_out_and_tells_mistakes(shelf: Any) -> None:
    from survey.cli import main

    home = ["--home", str(shelf.home.root)]
    run = CliRunner().invoke
    assert run(main, ["drop", "2401.00001", *home]).exit_code == 0
    assert "2401.00001" not in run(main, ["rank", *home]).stdout
    assert "2401.00001" in run(main, ["rank", "--status", "dropped", *home]).stdout
    for words in (["rank", "--profile", "x"], ["why", "2401.99999"], ["why", "nonsense"]):
        told = run(main, [*words, *home])
        assert (told.exit_code, "hint:" in told.stderr) == (2, True)
