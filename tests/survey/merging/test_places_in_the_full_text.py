"""Papers have places by their citations, and catalogues from before that get them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, select, text

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import meta_value, open_catalogue, set_meta
from survey.catalogue.events import add
from survey.catalogue.papers import Filter, papers
from survey.catalogue.schema import SCHEMA
from survey.derive import derive, reading
from survey.derived.plan import place_of
from survey.query import LITERAL
from survey.search import search
from tests.survey.merging.conftest import Record, Shelf

S2 = "semantic_scholar"
FULL_TEXT = text("SELECT rowid FROM paper_text ORDER BY rowid")


def test_the_most_cited_have_the_first_places() -> None:
    cited = [10**9, 65_534, 65_533, 300, 2, 1, 0, None]
    places = [place_of("arxiv:2001.00001", count) for count in cited]
    assert places == sorted(places)
    assert len(set(places)) == len(cited) - 1  # beyond 65,534 all are alike
    assert places[0] >= 0
    assert places[-1] < 2**63


def test_papers_of_equal_citations_have_different_places() -> None:
    assert len({place_of(f"arxiv:2001.{n:05d}", 3) for n in range(20_000)}) == 20_000


def test_a_paper_that_is_cited_more_moves_in_the_full_text(shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a", citations=3), record(S2, "b", title="Fog over a Quay", citations=5))
    derive(shelf.catalogue)
    first = f"{S2}/b"
    assert first == shelf.rows(select(t.paper.c.id).order_by(t.paper.c.place))[0][0]
    shelf.put(record(S2, "a", citations=8))
    derive(shelf.catalogue)
    places = shelf.rows(select(t.paper.c.place, t.paper.c.id).order_by(t.paper.c.place))
    assert [f"{S2}/a", first] == [paper for _, paper in places]
    assert shelf.rows(FULL_TEXT) == [(place,) for place, _ in places]


def test_a_paper_of_several_records_has_the_place_of_its_highest_count(
    shelf: Shelf, record: Record
) -> None:
    shelf.put(
        record(S2, "a", arxiv="2001.00001", citations=4),
        record("openalex", "W1", arxiv="2001.00001", openalex="W1", citations=9),
        record("arxiv", "2001.00001", arxiv="2001.00001"),
    )
    derive(shelf.catalogue)
    rows = shelf.rows(select(t.paper.c.citations, t.paper.c.place))
    assert rows == [(9, place_of("arxiv:2001.00001", 9))]


@pytest.fixture
def older(home: Home, shelf: Shelf, record: Record) -> Home:
    """A home as it was with the first schema."""
    shelf.put(record(S2, "a", citations=3), record(S2, "b", title="Fog over a Quay", citations=5))
    derive(shelf.catalogue)
    with shelf.catalogue.write() as connection:
        for statement in (
            "DROP INDEX paper_listed",
            "DROP INDEX topic_topic",
            "ALTER TABLE paper DROP COLUMN place",
            "CREATE INDEX topic_topic ON topic (topic)",
            "CREATE INDEX paper_cited ON paper (coalesce(citations, -1) DESC, id)",
            "DELETE FROM paper_text",
            "INSERT INTO paper_text (rowid, id, title) SELECT 7 + rowid, id, title FROM paper",
        ):
            connection.execute(text(statement))
        add(connection, f"{S2}/a", "keep")
        set_meta(connection, "schema", "1")
    return home


def test_papers_of_an_older_catalogue_get_their_places(older: Home, shelf: Shelf) -> None:
    with reading(older) as connection:
        hits = [hit.paper.id for hit in search(connection, "quay OR harbours")]
        assert {f"{S2}/a", f"{S2}/b"} == set(hits)
    assert shelf.rows(FULL_TEXT) == shelf.rows(select(t.paper.c.place).order_by(t.paper.c.place))
    indexes = text("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'paper'")
    assert ("paper_listed",) in shelf.rows(indexes)
    assert ("paper_cited",) not in shelf.rows(indexes)


def test_what_people_did_in_an_older_catalogue_is_kept(older: Home) -> None:
    with reading(older) as connection:
        kept = papers(connection, Filter(status=("kept",)))
        assert [paper.id for paper in kept] == [f"{S2}/a"]


def _found(shelf: Shelf, asked: str) -> list[str]:
    with shelf.catalogue.read() as connection:
        return sorted(hit.paper.id for hit in search(connection, asked))


def test_terms_that_no_index_has_are_looked_for_where_they_can_be(
    shelf: Shelf, record: Record
) -> None:
    shelf.put(
        record(S2, "a", title="图像翻译方法", authors=("Li Wei",)),
        record(S2, "b", title="Filters in C++", authors=("Bo Inkwell",)),
        record(S2, "c", title="Été à la mer: 3 + 4", authors=("Cy Nib",)),
    )
    derive(shelf.catalogue)
    noted = [place for place, name in _places(shelf) if name in (f"{S2}/a", f"{S2}/b")]
    with shelf.catalogue.read() as connection:
        assert sorted(noted) == json.loads(meta_value(connection, LITERAL))
    # One paper of Chinese more, and the other one with another title.
    shelf.put(
        record(S2, "a", title="Image translation", authors=("Li Wei",)),
        record(S2, "d", title="论图像", authors=("Li Wei",)),
    )
    derive(shelf.catalogue)
    for asked, expected in (("图像", ["d"]), ("C++", ["b"]), ("filters -c++", []), ("été", ["c"])):
        assert [f"{S2}/{key}" for key in expected] == _found(shelf, asked)
    # Of an older version, which noted nothing, every paper is looked at.
    with shelf.catalogue.write() as connection:
        connection.execute(delete(t.meta).where(t.meta.c.name == LITERAL))
    assert [f"{S2}/d"] == _found(shelf, "图像")


def _places(shelf: Shelf) -> list[tuple[int, str]]:
    return [(p, str(name)) for p, name in shelf.rows(select(t.paper.c.place, t.paper.c.id))]


def test_an_older_catalogue_on_postgresql_is_brought_up_to_date(
    home: Home, postgres: str, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_CATALOGUE", postgres)
    shelf = Shelf(open_catalogue(home))
    try:
        shelf.put(record(S2, "a", citations=3), record(S2, "b", title="Fog over a Quay"))
        derive(shelf.catalogue)
        expected = shelf.dump()
        with shelf.catalogue.write() as connection:
            for statement in (
                "DROP INDEX paper_words",
                "DROP INDEX topic_topic",
                "ALTER TABLE paper DROP COLUMN place",
                "CREATE INDEX topic_topic ON topic (topic)",
                "CREATE INDEX paper_year ON paper (year)",
            ):
                connection.execute(text(statement))
            add(connection, f"{S2}/a", "keep")
            set_meta(connection, "schema", "1")
        with reading(home) as connection:
            assert meta_value(connection, "schema") == str(SCHEMA)
            assert [hit.paper.id for hit in search(connection, "quay")] == [f"{S2}/b"]
            assert [p.id for p in papers(connection, Filter(status=("kept",)))] == [f"{S2}/a"]
        assert expected == shelf.dump()
    finally:
        t.metadata.drop_all(shelf.catalogue.engine)
        shelf.catalogue.close()
