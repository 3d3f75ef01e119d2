"""`survey search`, `similar`, `graph` and `new` from records to the screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx
import pytest
from click.testing import CliRunner, Result

from data.paths import Home
from survey.catalogue.catalogue import open_catalogue
from survey.catalogue.events import add
from survey.catalogue.records import save
from survey.cli import main
from survey.found import Cites, Found, Row
from survey.zoo_models import zoo_models

SEED = "arxiv:1703.10593"


def _row(work: int, arxiv: str, title: str, refers: tuple[int, ...], **values: Any) -> Row:
    found = Found(
        source="openalex",
        key=f"W{work}",
        openalex=f"W{work}",
        arxiv=arxiv,
        title=title,
        references=refers,
        **values,
    )
    return Row(found, Cites())


ROWS = (
    _row(
        11,
        "2002.05638",
        "GANILLA: Generative Adversarial Networks for Image to Illustration Translation",
        (1, 101, 102, 103),
        authors=("Samet Hicsonmez",),
        year=2020,
        date="2020-02-13",
        abstract="Photographs become [bold]illustrations[/bold].",
        citations=100,
    ),
    _row(
        12,
        "2007.15651",
        "Contrastive Learning for Unpaired Image-to-Image Translation",
        (1, 11, 102, 103, 104),
        authors=("Taesung Park",),
        year=2020,
        date="2020-07-30",
        abstract="Patches of a photograph.",
        citations=1500,
    ),
    _row(
        13,
        "1808.07371",
        "Everybody Dance Now",
        (1, 105),
        authors=("Caroline Chan",),
        year=2018,
        date="2018-08-22",
        abstract="Motion of one person moves another.",
        citations=1000,
    ),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    catalogue = open_catalogue(Home(tmp_path))
    with catalogue.write() as connection:
        save(connection, "openalex", SEED, ROWS)
        add(connection, "arxiv:2002.05638", "keep")
        add(connection, "arxiv:2007.15651", "keep")
    catalogue.close()
    return tmp_path


def _run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home)])


def _lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_search_prints_papers_with_the_words_found(home: Path) -> None:
    result = _run(home, "search", "photograph", "translation")
    assert result.exit_code == 0
    assert "arxiv:2002.05638" in result.stdout
    assert "«Photographs» become [bold]illustrations[/bold]." in result.stdout


def test_search_prints_json_lines(home: Path) -> None:
    first, second = _lines(_run(home, "search", "translation OR patches", "--json"))
    assert {first["id"], second["id"]} == {"arxiv:2002.05638", "arxiv:2007.15651"}
    fields = "id title authors year date abstract arxiv doi s2 openalex citations influential code"
    assert {*fields.split(), "topics", "sources", "status", "score", "snippet"} <= set(first)


def test_an_exclusion_is_no_option(home: Path) -> None:
    (only,) = _lines(_run(home, "search", "translation", "-patches", "--json"))
    assert only["id"] == "arxiv:2002.05638"


def test_a_mistyped_option_is_no_word(home: Path) -> None:
    result = _run(home, "search", "translation", "--yaer", "2020")
    assert result.exit_code == 2
    assert "there is no option '--yaer'" in result.stderr


def test_a_search_without_result_says_what_to_try(home: Path) -> None:
    result = _run(home, "search", "danse", "motion", "--json")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "did you mean 'dance motion'? (one paper)" in result.stderr
    assert "hint: survey search 'dance motion'" in result.stderr


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--year", "2020"], ["arxiv:2002.05638", "arxiv:2007.15651"]),
        (["--year", "-2019"], ["arxiv:1808.07371"]),
        (["--year", "2019-"], ["arxiv:2002.05638", "arxiv:2007.15651"]),
        (["--min-citations", "1000"], ["arxiv:1808.07371", "arxiv:2007.15651"]),
        (["--status", "kept"], ["arxiv:2002.05638", "arxiv:2007.15651"]),
        (["--status", "new", "--status", "later"], ["arxiv:1808.07371"]),
        (["--status", "any"], ["arxiv:1808.07371", "arxiv:2002.05638", "arxiv:2007.15651"]),
        (["--covered", "--no-code"], ["arxiv:1808.07371"]),
        (["--not-covered", "--year", "2018"], []),
        (["--code"], []),
        (["--tag", "mine"], []),
        (["--venue", "no such place"], []),
        (["--source", "openalex", "--year", "2018"], ["arxiv:1808.07371"]),
        (["--source", "semantic-scholar"], []),
        (["--cites", "https://arxiv.org/abs/1703.10593v3", "--year", "2018"], ["arxiv:1808.07371"]),
        (["--cites", "1611.07004"], []),
    ],
    ids=lambda value: " ".join(value),
)
def test_flags_narrow_a_search(home: Path, flags: list[str], expected: list[str]) -> None:
    found = _lines(_run(home, "search", "photographs OR motion", *flags, "--json"))
    assert sorted(paper["id"] for paper in found) == expected


def test_in_zoo_are_the_papers_that_its_models_name(home: Path) -> None:
    every = _lines(_run(home, "search", "photographs OR motion", "--json"))
    expected = sorted(paper["id"] for paper in every if paper["arxiv"] in zoo_models())
    found = _lines(_run(home, "search", "photographs OR motion", "--in-zoo", "--json"))
    assert expected == sorted(paper["id"] for paper in found)
    assert "arxiv:2002.05638" in expected
    assert "arxiv:1808.07371" not in expected


@pytest.mark.parametrize(
    ("flags", "said", "hint"),
    [
        (["--year", "20"], "'20' is neither a year nor years", "--year 2020-2023"),
        (["--year", "2023-2020"], "end before they start", "--year 2020-2023"),
        (["--topic", "unpared"], "did you mean 'unpaired'", "survey topics"),
        (["--source", "opnalex"], "did you mean 'openalex'", "survey sources"),
        (["--cites", "CycleGAN"], "is no identifier", "survey fetch"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_flags_that_cannot_be_are_explained(
    home: Path, flags: list[str], said: str, hint: str
) -> None:
    result = _run(home, "search", "translation", *flags)
    assert result.exit_code == 2
    assert said in result.stderr
    assert hint in result.stderr


def test_similar_prints_the_evidence(home: Path) -> None:
    result = _run(home, "similar", "2002.05638", "--limit", "1")
    assert result.exit_code == 0, result.stderr
    assert "arxiv:2007.15651" in result.stdout
    (one,) = _lines(_run(home, "similar", "arXiv:2002.05638v2", "--limit", "1", "--json"))
    assert one["id"] == "arxiv:2007.15651"
    assert one["evidence"]["references"] == 3


def test_similar_to_an_unknown_paper_is_a_usage_problem(home: Path) -> None:
    result = _run(home, "similar", "2002.05639")
    assert result.exit_code == 2
    assert "did you mean '2002.05638'" in result.stderr


def test_graph_of_the_kept_papers(home: Path, tmp_path: Path) -> None:
    pair = {"citing": "arxiv:2007.15651", "cited": "arxiv:2002.05638"}
    assert _lines(_run(home, "graph", "--json")) == [pair]
    assert "2 papers, 1 citation among them" in _run(home, "graph").stderr
    for name in ("graph.graphml", "GRAPH.HTML"):
        result = _run(home, "graph", "--out", str(tmp_path / name))
        assert result.exit_code == 0, result.stderr
        assert result.stdout == ""
    assert len(networkx.read_graphml(tmp_path / "graph.graphml")) == 2
    assert "GANILLA" in (tmp_path / "GRAPH.HTML").read_text(encoding="utf-8")


def test_graph_takes_the_filters(home: Path) -> None:
    result = _run(home, "graph", "--status", "any", "--year", "2018-2020")
    assert "3 papers, 1 citation among" in result.stderr
    nothing = _run(home, "graph", "--year", "1999")
    assert nothing.exit_code == 0
    assert "survey triage" in nothing.stderr


def test_reference_lists_are_asked_for_only_where_they_are_not_known(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hint = "OpenAlex has the reference lists"
    unconnected = _run(home, "graph", "--status", "any", "--min-citations", "500")
    assert "2 papers, no citations among them" in unconnected.stderr
    assert hint not in unconnected.stderr
    sample = tmp_path_factory.mktemp("sample")
    assert _run(sample, "sample").exit_code == 0
    for words in (["graph", "--status", "any", "--year", "2015-2016"], ["similar", "1703.10593"]):
        assert hint in _run(sample, *words).stderr


def test_graph_refuses_a_file_of_another_kind(home: Path) -> None:
    result = _run(home, "graph", "--out", "graph.png")
    assert result.exit_code == 2
    assert "survey graph --out graph.html" in result.stderr


def test_new_ends_with_0_only_if_there_is_something_new(home: Path) -> None:
    first = _run(home, "new", "--json")
    assert len(_lines(first)) == 3
    assert "3 new papers since" in first.stderr
    again = _run(home, "new")
    assert again.exit_code == 1
    assert again.stdout == ""
    assert "no new papers since" in again.stderr
    assert "survey fetch" in again.stderr


def test_new_since_a_day_is_no_look(home: Path) -> None:
    for _ in range(2):
        assert len(_lines(_run(home, "new", "--since", "1d", "--json"))) == 3
    assert _run(home, "new", "--since", "2999-01-01").exit_code == 1
    assert _run(home, "new", "--since", "whenever").exit_code == 2
    assert len(_lines(_run(home, "new", "--json"))) == 3


def test_a_look_through_a_filter_or_a_limit_is_not_the_last_look(home: Path) -> None:
    assert len(_lines(_run(home, "new", "--json", "--year", "2018"))) == 1
    assert len(_lines(_run(home, "new", "--json", "--limit", "2"))) == 2
    assert len(_lines(_run(home, "new", "--json"))) == 3


@pytest.mark.parametrize("words", [["search", "x"], ["similar", "1"], ["graph"], ["new"]])
def test_without_a_catalogue_the_command_that_makes_one_is_named(
    tmp_path: Path, words: list[str]
) -> None:
    result = _run(tmp_path, *words)
    assert result.exit_code == 2
    assert "survey fetch --cites 1703.10593" in result.stderr
