"""The order of a profile is worked out once for each state of the catalogue, and read after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert

from survey import standing_file
from survey.catalogue import tables as t
from survey.profiles import Profile, profile
from survey.standing import Standing, as_of, standings
from survey.standing_file import keep, standing

NAMES = ("side-project", "related-work")


@pytest.fixture
def shelf(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(standing_file, "MANY", 1)
    shelf.put(
        "2401.00001", "Zebras", abstract="Text.", citations=9, code=["https://github.com/a/b"]
    )
    shelf.put("2401.00002", "Horses", abstract="Text.", citations=2)
    return shelf


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the profiles by which papers were weighed."""
    made: list[str] = []

    def weigh(connection: Any, profiles: Any) -> list[Standing]:
        made.extend(each.name for each in profiles)
        return standings(connection, profiles)

    monkeypatch.setattr(standing_file, "standings", weigh)
    return made


def _standing(shelf: Any, by: Profile | None = None, **options: Any) -> Standing:
    with shelf.catalogue.read() as connection:
        return standing(connection, by or profile(NAMES[0]), shelf.home, **options)


def _same(one: Standing, other: Standing) -> bool:
    equal = np.array_equal(one.points, other.points) and np.array_equal(one.means, other.means)
    return (one.ids, one.terms) == (other.ids, other.terms) and equal


def test_what_is_read_is_what_was_worked_out(shelf: Any, counted: list[str]) -> None:
    first, second = _standing(shelf), _standing(shelf)
    assert [NAMES[0]] == counted
    assert second.ids == ("arxiv:2401.00001", "arxiv:2401.00002")
    assert _same(first, second)


def test_anything_that_points_follow_from_makes_it_anew(shelf: Any, counted: list[str]) -> None:
    before = _standing(shelf)
    shelf.look_up("https://github.com/a/b", stars=5000, licence="MIT", pushed="2026-06-01")
    assert not _same(before, _standing(shelf))
    shelf.put("2401.00003", "Cows", citations=100)
    assert len(_standing(shelf).ids) == 3
    by = profile(NAMES[0])
    heavier = replace(by, weights={**by.weights, "code": 1000.0})
    assert not _same(_standing(shelf), _standing(shelf, heavier))
    assert len(counted) == 4


def test_a_damaged_file_and_one_that_cannot_be_written_change_nothing(
    shelf: Any, counted: list[str]
) -> None:
    expected = _standing(shelf)
    (file,) = (shelf.home.root / "triage").iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert _same(expected, _standing(shelf))
    for name in (shelf.home.root / "triage").iterdir():
        name.unlink()
    (shelf.home.root / "triage").rmdir()
    (shelf.home.root / "triage").write_text("a file in the way")
    assert _same(expected, _standing(shelf))
    assert len(counted) == 3


def test_one_that_may_not_write_leaves_nothing(shelf: Any) -> None:
    _standing(shelf, write=False)
    assert not (shelf.home.root / "triage").exists()


def test_a_fetch_keeps_those_that_are_missing(shelf: Any, counted: list[str]) -> None:
    told: list[int] = []
    _standing(shelf)
    by = [profile(name) for name in NAMES]
    for _ in range(2):
        with shelf.catalogue.read() as connection:
            keep(connection, by, shelf.home, told.append)
    assert ([2], list(NAMES)) == (told, counted)
    assert _standing(shelf, by[1]).ids == ("arxiv:2401.00001", "arxiv:2401.00002")
    assert list(NAMES) == counted


def test_ages_are_those_of_the_day_on_which_sources_were_asked(shelf: Any) -> None:
    with shelf.catalogue.read() as connection:
        assert datetime.now(UTC).date() == as_of(connection)
    row = {"seed": "arxiv:1", "source": "s", "at": "a", "started": "2026-03-01T10:00:00+00:00"}
    with shelf.catalogue.write() as connection:
        connection.execute(insert(t.crawl).values(**row, finished="2026-03-02T00:10:00+00:00"))
        assert date(2026, 3, 2) == as_of(connection)
