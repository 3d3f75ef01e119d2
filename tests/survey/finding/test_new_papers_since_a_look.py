"""`survey new`: what was first seen or dated since, and what the last look did not show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.papers import Filter
from survey.new import Look, last_look, moment, remember, since_look, since_moment

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def _at(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat(timespec="seconds")


def _since(shelf: Any, at: str, wanted: Filter | None = None) -> list[str]:
    with shelf.catalogue.read() as connection:
        return [fresh.paper.arxiv for fresh in since_moment(connection, at, wanted)]


def _look(shelf: Any, now: datetime = NOW) -> list[str]:
    with shelf.catalogue.write() as connection:
        found, look = since_look(connection, last_look(connection, now), now=now)
        remember(connection, look)
    return sorted(fresh.paper.arxiv for fresh in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", "2026-01-25T12:00:00+00:00"),
        ("36h", "2026-01-31T00:00:00+00:00"),
        ("2w", "2026-01-18T12:00:00+00:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31T10:00+02:00", "2026-01-31T08:00:00+00:00"),
    ],
)
def test_a_moment_is_a_day_or_so_long_ago(text: str, expected: str) -> None:
    assert moment(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "7", "7 lightyears", "2026-02-30", "9999y", "-3d"])
def test_a_moment_that_cannot_be_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        moment(text, NOW)
    assert caught.value.hint == "survey new --since 7d"


def test_papers_first_seen_or_dated_since_are_new(shelf: Any) -> None:
    shelf.put("2001.00001", "Old", date="2020-01-01", seen=_at(days=30))
    shelf.put("2001.00002", "Seen lately", date="2020-01-02", seen=_at(days=3))
    shelf.put("2601.00003", "Dated lately", date="2026-01-30", seen=_at(days=8))
    assert _since(shelf, _at(days=7)) == ["2001.00002", "2601.00003"]
    assert _since(shelf, _at(days=1)) == []
    assert _since(shelf, "2026-01-30T00:00:00+00:00", Filter(years=(1900, 2000))) == []


def test_a_paper_known_to_another_source_before_is_not_new(shelf: Any) -> None:
    paper = shelf.put("2001.00001", "Old", seen=_at(days=30))
    with shelf.catalogue.write() as connection:
        row = {"source": "openalex", "key": "W1"}
        connection.execute(insert(t.record).values(**row, seen=_at(days=1)))
        connection.execute(insert(t.member).values(**row, paper=paper))
    assert _since(shelf, _at(days=7)) == []


def test_a_look_shows_each_paper_once(shelf: Any) -> None:
    shelf.put("2001.00001", "Long known", seen=_at(days=30))
    shelf.put("2001.00002", "Of this week", seen=_at(days=2))
    assert _look(shelf) == ["2001.00002"]
    assert _look(shelf) == []
    shelf.put("2001.00003", "Next", seen=_at(seconds=-60))
    assert _look(shelf, NOW + timedelta(minutes=5)) == ["2001.00003"]
    assert _look(shelf, NOW + timedelta(days=70)) == []


def test_a_page_committed_just_after_a_look_is_shown_by_the_next(shelf: Any) -> None:
    shelf.put("2001.00001", "Committed before the look", seen=_at(seconds=10))
    assert _look(shelf) == ["2001.00001"]
    shelf.put("2001.00002", "Stamped before the look, committed after it", seen=_at(seconds=10))
    assert _look(shelf, NOW + timedelta(days=7)) == ["2001.00002"]


def test_a_clock_that_ran_ahead_hides_nothing_later(shelf: Any) -> None:
    shelf.put("2001.00001", "Of a wrong clock", seen="2031-01-01T00:00:00+00:00")
    assert _look(shelf) == ["2001.00001"]
    shelf.put("2001.00002", "Of a right one", seen=_at(days=-3))
    assert _look(shelf, NOW + timedelta(days=7)) == ["2001.00002"]


def test_a_look_at_an_empty_catalogue_is_kept_too(shelf: Any) -> None:
    assert _look(shelf) == []
    with shelf.catalogue.read() as connection:
        assert last_look(connection, NOW) == Look(at=_at(minutes=2))
    shelf.put("2001.00001", "First", seen=_at(days=-1))
    assert _look(shelf, NOW + timedelta(days=90)) == ["2001.00001"]


def test_the_json_says_when_a_paper_was_seen(shelf: Any) -> None:
    shelf.put("2001.00001", "One", seen=_at(days=1))
    with shelf.catalogue.read() as connection:
        (fresh,) = since_moment(connection, _at(days=2))
    assert fresh.to_json() == {**fresh.paper.to_json(), "seen": _at(days=1)}
