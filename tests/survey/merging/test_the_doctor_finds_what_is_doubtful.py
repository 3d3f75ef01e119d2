"""The doctor lists doubtful merges and near duplicates; what is settled is not listed again."""

from __future__ import annotations

import random
import shlex
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner, Result

from data.paths import Home
from survey.cli import main
from survey.derive import derive
from survey.doctor import Finding, examine
from survey.duplicates import Entry, near_duplicates
from tests.survey.merging.conftest import AUTHORS, TITLE, Record, Shelf

S2, OA = "semantic_scholar", "openalex"


def findings(shelf: Shelf) -> list[Finding]:
    derive(shelf.catalogue)
    with shelf.catalogue.read() as connection:
        return list(examine(connection))


def run(command: str, home: Home) -> Result:
    """A command as the doctor prints it."""
    _, *words = shlex.split(command)
    result = CliRunner().invoke(main, [*words, "--home", str(home.root)])
    assert result.exit_code == 0, result.stderr
    return result


def put_doubtful(shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a"), record(OA, "W1", authors=("Ada Quill", "Di Blotter")))


def put_shared(shelf: Shelf, record: Record) -> None:
    other = record(OA, "W1", doi="10.5555/one", title="Fog over a Quay", authors=("Di Blotter",))
    shelf.put(record(S2, "a", doi="10.5555/one"), other)


def put_near(shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a", arxiv="2001.00001"), record(OA, "W1", arxiv="2001.00002"))


CASES = [
    (put_doubtful, "doubtful merge", 1),
    (put_shared, "shared identifier", 2),
    (put_near, "near duplicate", 2),
]


@pytest.mark.parametrize(("put", "kind", "papers"), CASES)
def test_it_is_told_with_both_commands(
    shelf: Shelf, record: Record, put: Any, kind: str, papers: int
) -> None:
    put(shelf, record)
    (finding,) = findings(shelf)
    assert finding.kind == kind
    assert len(finding.papers) == len(finding.titles) == papers
    commands = sorted((finding.mend, finding.confirm))
    assert [command.split()[1] for command in commands] == ["join", "split"]


@pytest.mark.parametrize("which", ["mend", "confirm"])
@pytest.mark.parametrize(("put", "kind", "papers"), CASES)
def test_either_command_settles_it(
    home: Home, shelf: Shelf, record: Record, put: Any, kind: str, papers: int, which: str
) -> None:
    put(shelf, record)
    (finding,) = findings(shelf)
    run(getattr(finding, which), home)
    assert findings(shelf) == []
    expected = papers if which == "confirm" else 3 - papers
    assert len(shelf.papers()) == expected
    shelf.put(record(S2, "another", title="Something else altogether", authors=("Ed Easel",)))
    assert findings(shelf) == []


def test_records_that_a_doubt_ties_together_are_mended_together(
    shelf: Shelf, record: Record
) -> None:
    shelf.put(
        *(record(S2, key, arxiv="2001.00001") for key in "ab"),
        *(
            record(OA, key, arxiv="2001.00001", doi="10.5555/x", title="On Quiet Mornings")
            for key in ("W1", "W2")
        ),
    )
    (finding,) = findings(shelf)
    assert finding.records == (f"{OA}/W1", f"{OA}/W2")


def entry(name: str, title: str = TITLE, **values: Any) -> Entry:
    return Entry(id=name, title=title, **{"authors": AUTHORS, "year": 2020, **values})


def near(*entries: Entry) -> list[str]:
    return [why for _, _, why in near_duplicates(entries)]


@pytest.mark.parametrize(
    "title",
    [
        TITLE,
        "Painting Harbors with Two Brushes",
        "Painting Harbours with Two Brushs",
        "HarbourNet: Painting Harbours with Two Brushes",
        "Painting Harbours with Two Brushes: A Longer Look at Boats",
        "Painting Harbours with Two Brushes Again",
    ],
)
def test_titles_alike_with_an_author_in_common_are_near(title: str) -> None:
    (why,) = near(entry("a"), entry("b", title, authors=("Cy Nib", "Ed Easel")))
    assert "an author in common" in why


@pytest.mark.parametrize(
    "other",
    [
        {"authors": ("Ed Easel",)},
        {"year": 2029},
        {"title": "Painting Harbours with Two Brushes, Part II"},
        {"title": "Painting Harbours with Three Brushes"},
        {"title": "Painting Bridges and Quays with Two Brushes"},
        {"title": "Supplementary Material"},
        {"title": ""},
    ],
)
def test_what_is_another_paper_is_not_near(other: dict[str, Any]) -> None:
    assert near(entry("a"), entry("b", **other)) == []


def test_a_challenge_of_each_year_is_not_near() -> None:
    titles = [f"NTIRE {year} Challenge on Painting Harbours" for year in range(2017, 2022)]
    assert near(*(entry(title, title) for title in titles)) == []


def test_one_title_is_near_where_nobody_knows_the_authors() -> None:
    assert near(entry("a"), entry("b", authors=())) == [
        "the same title, and no source names the authors of one"
    ]


def test_the_order_of_papers_does_not_matter() -> None:
    chance = random.Random(4)
    words = ["Painting", "Harbours", "Boats", "with", "Two", "Three", "Brushes", "and", "Fog"]
    entries = [
        entry(str(n), " ".join(chance.sample(words, 6)), authors=(chance.choice(AUTHORS),))
        for n in range(80)
    ]

    def pairs() -> set[frozenset[str]]:
        return {frozenset((one.id, other.id)) for one, other, _ in near_duplicates(entries)}

    expected = pairs()
    assert expected
    chance.shuffle(entries)
    assert pairs() == expected


def _alike(count: int) -> Sequence[Entry]:
    """Titles that differ in one number alone, by few authors: the worst that can come."""
    people = [f"Ann Author{n}" for n in range(40)]
    chance = random.Random(5)
    return [
        entry(
            str(n),
            f"Image translation of number {n} with networks",
            authors=tuple(chance.sample(people, 3)),
        )
        for n in range(count)
    ]


@pytest.mark.timeout(60)  # comparing all pairs would take hours
def test_titles_that_are_all_alike_are_not_compared_pair_by_pair() -> None:
    assert near_duplicates(_alike(30_000)) == []


def test_the_command_prints_json_or_text(home: Home, shelf: Shelf, record: Record) -> None:
    put_near(shelf, record)
    derive(shelf.catalogue)
    assert '"kind": "near duplicate"' in run("survey doctor --json", home).stdout
    assert run("survey doctor --kind 'doubtful merge' --json", home).stdout == ""
    told = run("survey doctor", home).stdout
    assert "one paper:  survey join" in told
    assert "two papers: survey split" in told


def test_a_sound_catalogue_is_said_to_be_sound(home: Home, shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a"))
    result = run("survey doctor", home)
    assert (result.stdout, result.stderr) == ("", "nothing doubtful\n")
