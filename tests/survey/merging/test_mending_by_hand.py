"""What a person joins or splits holds through every later fetch, and a later word wins."""

from __future__ import annotations

import random
from typing import Any

import pytest

from data.errors import UsageProblem
from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue
from survey.catalogue.events import add, decisions
from survey.derive import derive
from survey.found import Found
from survey.mend import join, mends, split
from survey.merge import Mend, merge
from tests.survey.merging.conftest import Record, Shelf

S2, OA = "semantic_scholar", "openalex"


def done(shelf: Shelf, change: Any, *names: Any) -> dict[str, set[str]]:
    """The papers after a mend."""
    with shelf.catalogue.write() as connection:
        change(connection, *names)
    derive(shelf.catalogue)
    return shelf.papers()


@pytest.fixture
def pair(shelf: Shelf, record: Record) -> Shelf:
    """One paper of two records, by title."""
    shelf.put(record(S2, "a", arxiv="2001.00001"), record(OA, "W1", openalex="W1"))
    derive(shelf.catalogue)
    assert shelf.papers() == {"arxiv:2001.00001": {f"{S2}/a", f"{OA}/W1"}}
    return shelf


@pytest.fixture
def two(shelf: Shelf, record: Record) -> Shelf:
    """Two papers that have nothing in common."""
    other = record(OA, "W1", openalex="W1", title="Fog over a Quay", authors=("Di Blotter",))
    shelf.put(record(S2, "a", arxiv="2001.00001", s2="a"), other)
    derive(shelf.catalogue)
    assert len(shelf.papers()) == 2
    return shelf


def test_a_split_record_is_a_paper_of_its_own(pair: Shelf) -> None:
    assert done(pair, split, "2001.00001", [f"{OA}/W1"]) == {
        "arxiv:2001.00001": {f"{S2}/a"},
        "openalex:W1": {f"{OA}/W1"},
    }


def test_a_split_names_records_by_identifier_as_well(pair: Shelf) -> None:
    assert len(done(pair, split, f"{S2}/a", ["W1"])) == 2


def test_joined_papers_are_one_and_say_why(two: Shelf) -> None:
    assert done(two, join, "2001.00001", "W1") == {"arxiv:2001.00001": {f"{S2}/a", f"{OA}/W1"}}
    at = t.member.c
    assert set(two.rows(t.member.select().with_only_columns(at.reason, at.doubt))) == {
        ("by hand", "")
    }


def test_a_later_word_wins(two: Shelf) -> None:
    for count in (1, 2) * 3:
        change = (join, "W1", "2001.00001") if count == 1 else (split, "W1", ["2001.00001"])
        if count == 2:
            change = (split, "W1", [f"{S2}/a"])
        assert len(done(two, *change)) == count
    with two.catalogue.read() as connection:
        assert len(mends(connection)) == 6


def test_joining_again_takes_back_every_split_between_the_two(shelf: Shelf, record: Record) -> None:
    shelf.put(*(record(S2, k, doi="10.5555/one") for k in "ab"), record(OA, "c"), record(OA, "d"))
    derive(shelf.catalogue)
    assert len(shelf.papers()) == 1
    assert len(done(shelf, split, "doi:10.5555/one", [f"{OA}/c", f"{OA}/d"])) == 2
    assert len(done(shelf, join, f"{OA}/d", "doi:10.5555/one")) == 1


def test_what_shares_an_identifier_leaves_with_the_record(shelf: Shelf, record: Record) -> None:
    shelf.put(
        record("arxiv", "2001.00001", arxiv="2001.00001"),
        record(S2, "a", arxiv="2001.00001"),
        record(S2, "b", openalex="W1"),
        record(OA, "W1", openalex="W1"),
    )
    derive(shelf.catalogue)
    assert len(shelf.papers()) == 1
    assert done(shelf, split, "2001.00001", [f"{OA}/W1"]) == {
        "arxiv:2001.00001": {"arxiv/2001.00001", f"{S2}/a"},
        "openalex:W1": {f"{S2}/b", f"{OA}/W1"},
    }
    # Where an identifier is all that holds it, the record goes alone.
    assert len(done(shelf, split, "W1", [f"{OA}/W1"])) == 3


def test_a_split_holds_against_a_record_that_knows_both(pair: Shelf, record: Record) -> None:
    done(pair, split, "2001.00001", [f"{OA}/W1"])
    bridge = record("import", "x", arxiv="2001.00001", openalex="W1", doi="10.5555/one")
    pair.put(bridge)
    derive(pair.catalogue)
    assert pair.papers() == {
        "arxiv:2001.00001": {f"{S2}/a", "import/x"},
        "openalex:W1": {f"{OA}/W1"},
    }


def test_a_mend_holds_when_a_better_identifier_arrives(two: Shelf, record: Record) -> None:
    done(two, join, "s2:a", "openalex:W1")
    better = record(OA, "W1", openalex="W1", title="Fog", authors=("Di Blotter",), doi="10.5555/1")
    two.put(better)
    derive(two.catalogue)
    assert two.papers() == {"arxiv:2001.00001": {f"{S2}/a", f"{OA}/W1"}}
    two.put(record(S2, "a", s2="a", arxiv=""))
    derive(two.catalogue)
    assert two.papers() == {"doi:10.5555/1": {f"{S2}/a", f"{OA}/W1"}}
    with two.catalogue.write() as connection:
        split(connection, "doi:10.5555/1", [f"{S2}/a"])
    derive(two.catalogue)
    assert len(two.papers()) == 2


def test_a_join_waits_for_a_paper_that_is_still_to_come(shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a", arxiv="2001.00001"))
    derive(shelf.catalogue)
    assert len(done(shelf, join, "2001.00001", "10.5555/ONE")) == 1
    shelf.put(record(OA, "W1", doi="10.5555/one", title="Fog over a Quay", authors=("Di B",)))
    derive(shelf.catalogue)
    assert shelf.papers() == {"arxiv:2001.00001": {f"{S2}/a", f"{OA}/W1"}}


def test_a_split_waits_as_well(shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a", arxiv="2001.00001"))
    derive(shelf.catalogue)
    done(shelf, split, "2001.00001", ["10.5555/one"])
    shelf.put(record(OA, "W1", doi="10.5555/one"))
    derive(shelf.catalogue)
    assert len(shelf.papers()) == 2


def test_two_papers_that_were_said_to_be_two_never_become_one(two: Shelf, record: Record) -> None:
    done(two, split, "2001.00001", ["W1"])
    two.put(record(OA, "W1", openalex="W1", arxiv="2001.00001"))
    derive(two.catalogue)
    assert len(two.papers()) == 2


def test_decisions_stay_with_the_paper_that_has_their_name(pair: Shelf) -> None:
    with pair.catalogue.write() as connection:
        add(connection, "openalex:W1", "keep")
    with pair.catalogue.read() as connection:
        assert {k: d.status for k, d in decisions(connection).items()} == {
            "arxiv:2001.00001": "kept"
        }
    done(pair, split, "2001.00001", [f"{OA}/W1"])
    with pair.catalogue.read() as connection:
        assert {k: d.status for k, d in decisions(connection).items()} == {"openalex:W1": "kept"}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (join, ("2001.00001", "no identifier")),
        (join, ("", "2001.00001")),
        (split, ("2002.00002", ["W1"])),
        (split, ("2001.00001", ["no identifier"])),
        (split, ("W1", ["W1"])),
    ],
)
def test_what_cannot_be_mended_is_told(two: Shelf, change: Any, names: Any) -> None:
    with two.catalogue.write() as connection, pytest.raises(UsageProblem) as told:
        change(connection, *names)
    assert told.value.hint
    with two.catalogue.read() as connection:
        assert mends(connection) == []


def test_a_record_that_a_paper_has_not_is_told_with_those_that_it_has(two: Shelf) -> None:
    with two.catalogue.read() as connection, pytest.raises(UsageProblem) as told:
        split(connection, "2001.00001", [f"{OA}/W99"])
    assert f"no record '{OA}/W99'" in told.value.message
    assert told.value.hint == "its records: survey show arxiv:2001.00001"


def test_joining_what_is_one_record_does_nothing(two: Shelf) -> None:
    with two.catalogue.write() as connection:
        assert join(connection, "2001.00001", "s2:a") == 0


def test_joining_what_is_one_paper_makes_sure_of_it(pair: Shelf, record: Record) -> None:
    done(pair, join, "2001.00001", "W1")
    pair.put(record(OA, "W1", openalex="W1", title="Fog over a Quay", authors=("Di Blotter",)))
    derive(pair.catalogue)
    assert len(pair.papers()) == 1


@pytest.mark.parametrize("seed", range(30))
def test_contrary_mends_in_any_order_of_records_give_one_answer(seed: int) -> None:
    chance = random.Random(seed)
    records = [
        Found(
            source=chance.choice([S2, OA, "arxiv"]),
            key=str(n),
            title="Painting Harbours with Two Brushes",
            authors=("Ada Quill",),
            year=2020,
            doi=chance.choice(["", "", "10.5555/one", "10.5555/two"]),
            arxiv=chance.choice(["", "", "2001.00001"]),
        )
        for n in range(12)
    ]
    names = [f"{r.source}/{r.key}" for r in records] + ["doi:10.5555/one", "arxiv:2001.00001"]
    said = [
        Mend(n=n, action=chance.choice(["join", "split"]), first=a, second=b)
        for n, (a, b) in enumerate((chance.sample(names, 2) for _ in range(8)), 1)
    ]
    expected = merge(records, said)
    for _ in range(3):
        chance.shuffle(records)
        chance.shuffle(said)
        assert merge(records, said) == expected
    # The last word always holds where it names records.
    last = max(said, key=lambda m: m.n)
    if "/" in last.first and "/" in last.second and ":" not in last.first + last.second:
        papers = [{f"{m.source}/{m.key}" for m in paper.members} for paper in expected]
        together = any({last.first, last.second} <= members for members in papers)
        assert together == (last.action == "join")


def test_mends_are_kept_when_all_that_is_derived_is_lost(home: Home, two: Shelf) -> None:
    done(two, join, "2001.00001", "W1")
    expected = two.dump()
    with two.catalogue.write() as connection:
        for table in (t.paper, t.member, t.alias, t.topic, t.meta):
            connection.execute(table.delete().where(*_not_schema(table)))
    assert isinstance(two.catalogue, Catalogue)
    derive(two.catalogue)
    assert two.dump() == expected


def _not_schema(table: Any) -> list[Any]:
    return [table.c.name == "derived"] if table is t.meta else []
