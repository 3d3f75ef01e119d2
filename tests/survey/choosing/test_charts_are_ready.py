"""What charts are drawn from is made once for each state of the papers, and read after."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, insert

from survey import drawn as module
from survey.catalogue import tables as t
from survey.catalogue.catalogue import set_meta
from survey.drawn import Drawn, drawn, keep
from survey.works import edges

PAPERS = ["arxiv:2401.00001", "arxiv:2401.00002", "arxiv:2401.00003"]  # the most cited first


@pytest.fixture
def shelf(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(module, "MANY", 1)
    for n, name in enumerate(PAPERS):
        shelf.put(name.removeprefix("arxiv:"), f"Paper {n}", citations=9 - n)
    with shelf.catalogue.write() as connection:
        for n, name in enumerate(PAPERS):
            connection.execute(insert(t.alias).values(identifier=f"openalex:W{n}", paper=name))
        for paper, work in [(2, 0), (2, 1), (1, 0), (1, 1), (0, 77)]:
            connection.execute(insert(t.reference).values(paper=PAPERS[paper], work=work))
        for paper, topic in [(2, "unpaired"), (0, "paired"), (0, "unpaired")]:
            connection.execute(insert(t.topic).values(paper=PAPERS[paper], topic=topic))
    return shelf


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many papers the arrays were made of, each time."""
    made: list[int] = []
    real = module._made

    def count(connection: Connection, ids: Any) -> Drawn:
        made.append(len(ids))
        return real(connection, ids)

    monkeypatch.setattr(module, "_made", count)
    return made


def _drawn(shelf: Any) -> tuple[Any, ...]:
    with shelf.catalogue.read() as connection:
        found = drawn(connection, PAPERS, shelf.home)
    return found.cites.tolist(), found.topics, found.of.tolist()


def test_lines_are_those_of_the_lists_of_references(shelf: Any) -> None:
    cites, topics, of = _drawn(shelf)
    assert cites == [[1, 0], [2, 0], [2, 1]]
    with shelf.catalogue.read() as connection:
        assert edges(connection, PAPERS) == [(PAPERS[a], PAPERS[b]) for a, b in cites]
    assert topics == ("paired", "unpaired")
    assert of == [[0, 0], [0, 1], [2, 1]]


def test_what_a_fetch_kept_is_read_until_the_papers_change(shelf: Any, counted: list[int]) -> None:
    with shelf.catalogue.read() as connection:
        keep(connection, shelf.home)
        keep(connection, shelf.home)
    before = _drawn(shelf)
    assert counted == [3]
    with shelf.catalogue.write() as connection:
        set_meta(connection, "derived", "of other records")
    assert before == _drawn(shelf)
    assert counted == [3, 3]


def test_a_damaged_file_is_made_anew(shelf: Any, counted: list[int]) -> None:
    with shelf.catalogue.read() as connection:
        keep(connection, shelf.home)
        before = _drawn(shelf)
        file = shelf.home.root / "triage" / module.NAME
        content = bytearray(file.read_bytes())
        content[content.index(b"unpaired")] ^= 1
        file.write_bytes(content)
        assert before == _drawn(shelf)
        keep(connection, shelf.home)
    assert before == _drawn(shelf)
    assert counted == [3, 3, 3]
