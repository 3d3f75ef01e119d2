"""`survey ls`, `show` and `stats` tell what the catalogue has; `split` and `join` what became."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.events import add
from survey.cli import main
from survey.found import Cites
from tests.survey.merging.conftest import SEED, Record, Shelf

S2, OA = "semantic_scholar", "openalex"
FIELDS = (
    *("id", "title", "authors", "year", "date", "abstract", "arxiv", "doi", "s2", "openalex"),
    *("citations", "influential", "code", "topics", "sources", "status"),
)
Survey = Callable[..., Result]


@pytest.fixture
def survey(home: Home) -> Survey:
    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, [*words, "--home", str(home.root)])
        assert result.exit_code == code, result.stderr
        return result

    return run


@pytest.fixture(autouse=True)
def papers(shelf: Shelf, record: Record) -> Shelf:
    shelf.put(
        record(
            S2,
            "a" * 40,
            s2="a" * 40,
            arxiv="2001.00001",
            date="2020-01-07",
            citations=12,
            influential=3,
            abstract="Unpaired. Code: https://github.com/quill/brushes",
        ),
        cites=Cites(contexts=("We follow [1] closely.",), intents=("methodology",)),
    )
    shelf.put(
        record(OA, "W1", openalex="W1", doi="10.5555/one", venue="Harbour Letters", citations=10),
        record(OA, "W2", openalex="W2", title="Fog over a Quay at Dawn", year=2022, citations=99),
    )
    shelf.put(record(OA, "W2", openalex="W2", title="Fog over a Quay at Dawn", year=2022,
                     citations=99), seed="arxiv:1611.07004")  # fmt: skip
    shelf.put(record(S2, "title-x", title="A Third Paper of No Year", year=None, withdrawn=True))
    with shelf.catalogue.write() as connection:
        add(connection, "openalex:W2", "keep")
        add(connection, "openalex:W2", "tag", "boats")
    return shelf


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_ls_prints_one_object_a_line_with_all_fields(survey: Survey) -> None:
    found = rows(survey("ls", "--json"))
    assert [paper["id"] for paper in found] == [
        "openalex:W2",
        "arxiv:2001.00001",
        "semantic_scholar/title-x",
    ]
    assert all(set(FIELDS) <= set(paper) for paper in found)
    assert found[1]["code"] == ["https://github.com/quill/brushes"]
    assert found[1]["doi"] == "10.5555/one"
    assert found[0]["status"] == "kept"


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("citations", "openalex:W2"),
        ("date", "arxiv:2001.00001"),
        ("influential", "arxiv:2001.00001"),
        ("title", "semantic_scholar/title-x"),
    ],
)
def test_ls_has_several_orders(survey: Survey, order: str, first: str) -> None:
    assert survey("ls", "-q", "--order", order, "--limit", "1").stdout == f"{first}\n"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--year", "2020"], ["arxiv:2001.00001"]),
        (["--code"], ["arxiv:2001.00001"]),
        (["--status", "kept"], ["openalex:W2"]),
        (["--tag", "boats"], ["openalex:W2"]),
        (["--source", S2, "--no-code"], ["semantic_scholar/title-x"]),
        (["--cites", "1611.07004"], ["openalex:W2"]),
        (["--venue", "harbour"], ["arxiv:2001.00001"]),
        (["--min-citations", "1000"], []),
    ],
)
def test_ls_takes_filters(survey: Survey, flags: list[str], expected: list[str]) -> None:
    assert survey("ls", "-q", *flags).stdout.split() == expected


def test_ls_is_a_table_for_people(survey: Survey) -> None:
    result = survey("ls", "--limit", "2")
    head, *lines = result.stdout.splitlines()
    assert head.split() == ["title", "year", "citations", "topics", "code", "id", "status"]
    assert len(lines) == 2
    assert "github.com/quill/brushes" in lines[1]
    assert "2 of 3" in result.stderr
    assert "(withdrawn)" in survey("ls", "--no-code").stdout


def test_ls_of_nothing_says_so_on_stderr(survey: Survey) -> None:
    result = survey("ls", "--year", "1999")
    assert result.stdout == ""
    assert "no paper passes" in result.stderr
    assert survey("ls", "--year", "1999", "--json").stdout == ""


def test_ls_refuses_two_forms_at_once(survey: Survey) -> None:
    assert "hint:" in survey("ls", "--json", "-q", code=2).stderr


def test_show_tells_everything_as_json(survey: Survey) -> None:
    (paper,) = rows(survey("show", "https://doi.org/10.5555/ONE", "--json"))
    assert set(FIELDS) <= set(paper)
    reasons = {record["source"]: record["reason"] for record in paper["records"]}
    assert reasons == dict.fromkeys((OA, S2), "title, first author, year")
    assert paper["records"][0]["found"]["venue"] == "Harbour Letters"
    assert paper["identifiers"] == [
        *("arxiv:2001.00001", "doi:10.5555/one", "openalex:W1"),
        f"s2:{'a' * 40}",
    ]
    by_s2 = next(cite for cite in paper["cites"] if cite["source"] == S2)
    assert (by_s2["seed"], by_s2["contexts"]) == (SEED, ["We follow [1] closely."])
    assert "unpaired" in {hit["topic"] for hit in paper["topic_evidence"]}
    (code,) = paper["code_evidence"]
    assert (code["url"], code["place"], code["state"]) == (
        "https://github.com/quill/brushes",
        "abstract",
        None,
    )


def test_show_knows_the_state_of_code_and_what_was_decided(survey: Survey, papers: Shelf) -> None:
    values = {"url": "https://github.com/quill/brushes", "state": "alive", "stars": 1234}
    with papers.catalogue.write() as connection:
        connection.execute(t.repository.insert().values(**values))
        add(connection, f"s2:{'a' * 40}", "note", "look again")
    told = survey("show", "2001.00001").stdout
    assert "https://github.com/quill/brushes (alive, 1,234 stars)" in told
    assert "note look again" in told
    (paper,) = rows(survey("show", "2001.00001", "--json"))
    assert [event["action"] for event in paper["events"]] == ["note"]


def test_show_is_text_for_people(survey: Survey) -> None:
    told = survey("show", "2001.00001").stdout
    for words in (
        "Painting Harbours with Two Brushes",
        "Ada Quill, Bo Inkwell, Cy Nib",
        "citations   12, 3 influential",
        f"{OA}/W1  title, first author, year",
        f"{SEED}, says {S2}: methodology",
        "“We follow [1] closely.”",
        "unpaired",
    ):
        assert words in told
    assert "withdrawn by its authors" in survey("show", "semantic_scholar/title-x").stdout


def test_show_of_an_unknown_paper_is_a_mistake_with_a_hint(survey: Survey) -> None:
    result = survey("show", "2001.00002", code=2)
    assert "did you mean '2001.00001'" in result.stderr
    assert "hint: survey search" in result.stderr


def test_stats_counts_papers_and_citing_pairs(survey: Survey) -> None:
    (numbers,) = rows(survey("stats", "--json"))
    assert numbers["papers"] == 3
    assert numbers["records"] == 4
    assert numbers["citations"] == 4
    assert (numbers["with_arxiv"], numbers["with_doi"], numbers["with_code"]) == (1, 1, 1)
    assert numbers["by_source"] == {OA: 2, S2: 2}
    assert numbers["by_year"] == {"2020": 1, "2022": 1, "unknown": 1}
    assert numbers["by_status"] == {"new": 2, "kept": 1, "later": 0, "dropped": 0}
    assert numbers["by_seed"] == {SEED: 3, "arxiv:1611.07004": 1}
    assert numbers["overlap"] == {OA: 1, f"{OA}+{S2}": 1, S2: 1}
    assert numbers["by_topic"]["unpaired"] == 1
    assert numbers["withdrawn"] == 1


def test_stats_is_tables_for_people(survey: Survey) -> None:
    told = survey("stats").stdout
    assert "papers" in told
    assert f"{OA}+{S2}" in told


def test_split_and_join_say_what_the_papers_are_now(survey: Survey) -> None:
    assert rows(survey("split", "2001.00001", f"{OA}/W1", "--json")) == [
        {"paper": "arxiv:2001.00001", "records": [f"{S2}/{'a' * 40}"]},
        {"paper": "doi:10.5555/one", "records": [f"{OA}/W1"]},
    ]
    assert survey("ls", "-q").stdout.count("\n") == 4
    told = survey("join", "10.5555/one", "2001.00001").stdout
    assert f"{OA}/W1" in told
    assert survey("ls", "-q").stdout.count("\n") == 3
    assert "that is so already" in survey("join", "W2", "W2").stderr
    (paper,) = rows(survey("show", "2001.00001", "--json"))
    assert [mend["action"] for mend in paper["mends"]] == ["split", "join"]


def test_a_mend_for_later_is_said_to_be_one(survey: Survey) -> None:
    assert "not in the catalogue yet" in survey("join", "W2", "10.5555/later").stderr


def test_mistakes_in_mending_are_told_with_a_hint(survey: Survey) -> None:
    for words in (
        ["join", "W2", "nonsense"],
        ["split", "W2", "W2"],
        ["split", "2009.99999", "W2"],
    ):
        assert "hint:" in survey(*words, code=2).stderr


@pytest.mark.parametrize("verb", ["ls", "show W2", "stats", "doctor", "join W1 W2", "split W1 W2"])
def test_without_a_catalogue_each_verb_says_how_to_get_one(verb: str, home: Home) -> None:
    empty = str(home.root / "empty")
    result = CliRunner().invoke(main, [*verb.split(), "--home", empty])
    assert result.exit_code == 2
    assert "survey fetch" in result.stderr
