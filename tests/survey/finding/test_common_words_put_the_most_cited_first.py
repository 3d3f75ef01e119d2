"""Where more papers have the words than are ranked by them, the most cited are ranked."""

from __future__ import annotations

from typing import Any

import pytest

from survey import fulltext
from survey.catalogue.papers import Filter
from survey.fulltext import keys, ranked
from survey.query import parse
from survey.search import search

CITED = [7, 900, 30, None, 0, 400, 60_000, 2, 90, 5]


@pytest.fixture
def crowd(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ten papers about sheep, of which four are ranked; every other has them in its title."""
    if not shelf.catalogue.sqlite:
        pytest.skip("PostgreSQL ranks all")
    monkeypatch.setattr(fulltext, "RANKED", 4)
    for n, cited in enumerate(CITED):
        title, abstract = ("Sheep", "") if n % 2 else ("Animals", "Many sheep. " + "Fog. " * n)
        year = 2010 + n
        shelf.put(f"2101.{n:05d}", title, abstract=abstract, citations=cited, year=year)
    return shelf


def _found(shelf: Any, text: str, wanted: Filter | None = None, limit: int | None = None) -> Any:
    with shelf.catalogue.read() as connection:
        return [
            (int(hit.paper.id[-5:]), hit.score) for hit in search(connection, text, wanted, limit)
        ]


def test_the_most_cited_are_ranked_and_the_others_follow_by_citations(crowd: Any) -> None:
    found = _found(crowd, "sheep")
    # Of 60,000, 900, 400 and 90 citations; two of them have it in the title, equally.
    assert {1, 5} == {n for n, _ in found[:2]}
    assert [n for n, _ in found[2:4]] == [6, 8]
    scores = [score for _, score in found]
    assert scores[0] == scores[1] > scores[2] > scores[3] > 0
    assert [n for n, _ in found[4:]] == [2, 0, 9, 7, 4, 3]
    assert scores[4:] == [0.0] * 6


@pytest.mark.parametrize("limit", [1, 3, 4, 5, 9, 50])
def test_fewer_rows_are_the_first_ones_of_more(crowd: Any, limit: int) -> None:
    assert _found(crowd, "sheep")[:limit] == _found(crowd, "sheep", limit=limit)


def test_a_filter_chooses_before_the_most_cited_are_taken(crowd: Any) -> None:
    found = _found(crowd, "sheep", Filter(years=(2012, 2019)))
    assert {5, 6, 8} | {2} == {n for n, _ in found[:4]}
    assert [n for n, _ in found[4:]] == [9, 7, 4, 3]
    assert sorted(n for n, _ in _found(crowd, "sheep", Filter(years=(2015, 2017)))[:2]) == [5, 7]


def test_rare_words_are_ranked_among_all(crowd: Any) -> None:
    crowd.put("2101.00050", "Goats", abstract="Goats and goats.", citations=0)
    crowd.put("2101.00051", "Cows", abstract="A cow, and one of the goats.", citations=9)
    assert [n for n, _ in _found(crowd, "goats")] == [50, 51]


@pytest.mark.parametrize("text", ["sheep", "sheep -fog", "-fog", "she*", "sheep 図"])
def test_keys_are_in_the_same_order(crowd: Any, text: str) -> None:
    with crowd.catalogue.read() as connection:
        found = [row.key for row in ranked(connection, parse(text))]
        assert found == keys(connection, parse(text))
    assert len(found) == {"sheep": 10, "sheep -fog": 6, "-fog": 6, "she*": 10}.get(text, 0)


def test_exclusions_and_letters_without_spaces_go_with_common_words(crowd: Any) -> None:
    crowd.put("2101.00060", "Sheep 図像翻訳", citations=1)
    assert [n for n, _ in _found(crowd, "sheep 翻訳")] == [60]
    assert 60 not in [n for n, _ in _found(crowd, "sheep -翻訳")]
    assert len(_found(crowd, "sheep -翻訳")) == 10
