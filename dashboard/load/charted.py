"""Papers as points: how fast they are cited, when they came, who of them cites whom."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import nan
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from sqlalchemy import Connection

from dashboard.load.catalogue import Source, Stamp, decided, reading
from dashboard.load.index import Index, index
from dashboard.load.papers import decisions_of
from survey.drawn import Drawn, drawn
from survey.momentum import YOUNGEST, age_in_months
from survey.paper import Paper

__all__ = ["LANES", "MOST", "CiteMap", "Points", "cite_map", "points", "version"]

MOST = 20_000  # papers of a chart
LANES = 10  # topics with a lane of their own
OTHER = "other"
Days = NDArray[np.datetime64]
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """N papers of a chart; a day is the middle of the year where no more is known."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    days: Days  # [N]
    citations: NDArray[np.int64]  # [N], negative where unknown
    monthly: Numbers  # [N], citations a month, 0 where unknown
    status: NDArray[np.object_]  # [N] of str
    code: NDArray[np.bool_]
    zoo: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CiteMap:
    """Points with their lane and height in it, and who cites whom among them."""

    points: Points
    lanes: tuple[str, ...]  # of each point
    heights: Numbers  # of each point, -0.5 to 0.5
    edges: Places  # [E, 2] places of the citing and the cited, sorted


def version() -> Stamp:
    """What changes when a chart of the same papers would."""
    with reading() as (connection, _):
        return decided(connection)


def points(ids: Sequence[str]) -> Points:
    """The first MOST of these papers that have a date, in this order."""
    with reading() as (connection, _):
        columns = index(connection)
        return _points(connection, columns, _dated_places(columns, ids))


def cite_map(ids: Sequence[str]) -> CiteMap:
    """Who cites whom among the first MOST of these papers, in lanes by topic."""
    with reading() as (connection, where):
        columns = index(connection)
        places, all_of_them = _dated_places(columns, ids), _all(connection, columns, where)
        at = np.full(len(columns.ids), -1)
        at[places] = np.arange(len(places))
        found = _points(connection, columns, places)
        return CiteMap(
            points=found,
            lanes=_lanes(all_of_them, at, len(places)),
            heights=np.array([zlib.crc32(name.encode()) / 2**32 - 0.5 for name in found.ids]),
            edges=_edges(all_of_them, at),
        )


def _dated_places(columns: Index, ids: Sequence[str]) -> Places:
    places = np.array([columns.places[name] for name in ids[:MOST]], dtype=np.int64)
    days, _ = _born(columns.stamp, _today(), columns)
    return places[~np.isnat(days[places])]


def _points(connection: Connection, columns: Index, places: Places) -> Points:
    days, ages = _born(columns.stamp, _today(), columns)
    citations, age = columns.citations[places], ages[places]
    known = (citations >= 0) & ~np.isnan(age)
    monthly = np.divide(citations, np.maximum(age, YOUNGEST), where=known, out=np.zeros(len(age)))
    status = np.full(len(columns.ids), "new", dtype=object)
    for name, own in decisions_of(connection).items():
        if name in columns.places:  # else it is of a paper that is not here yet
            status[columns.places[name]] = own.status
    rows = places.tolist()
    return Points(
        ids=tuple(columns.ids[row] for row in rows),
        titles=tuple(columns.titles[row] for row in rows),
        days=days[places],
        citations=citations,
        monthly=monthly,
        status=status[places],
        code=columns.code[places],
        zoo=columns.zoo[places],
    )


def _today() -> date:
    return datetime.now(UTC).date()


@st.cache_resource(show_spinner=False, max_entries=2)
def _born(seen: Stamp, today: date, _columns: Index) -> tuple[Days, Numbers]:
    """The day of every paper, and its age in months; NaT and NaN where they are unknown."""
    born = list(zip(_columns.dates, _columns.years.tolist(), strict=True))
    numbers = {each: number for number, each in enumerate(dict.fromkeys(born))}  # few different
    days = [_day(day, year) for day, year in numbers]
    ages = [_age(day, year, today) for day, year in numbers]
    where = np.array([numbers[each] for each in born], dtype=np.int64)
    return np.array(days, dtype="datetime64[D]")[where], np.array(ages, dtype=np.float64)[where]


def _day(day: str, year: int) -> str:
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:  # none, or 30 February
        return f"{year}-07-01" if year > 0 else "NaT"


def _age(day: str, year: int, today: date) -> float:
    age = age_in_months(Paper(id="", date=day, year=year if year > 0 else None), today)
    return nan if age is None else age


def _all(connection: Connection, columns: Index, where: Source) -> Drawn:
    return _drawn(columns.stamp, connection, columns, where)


@st.cache_resource(show_spinner=False, max_entries=2)
def _drawn(seen: Stamp, _connection: Connection, _columns: Index, _where: Source) -> Drawn:
    return drawn(_connection, _columns.ids, _where.catalogue.home)


def _edges(found: Drawn, at: Places) -> Places:
    """Of pairs of papers those that are both drawn, as places among what is drawn."""
    pairs = at[found.cites]
    pairs = pairs[(pairs >= 0).all(axis=1)]
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _lanes(found: Drawn, at: Places, papers: int) -> tuple[str, ...]:
    """Of each paper's topics the narrowest that is among the LANES that most papers have.

    Nearly all papers are `unpaired`, so the widest would be one lane.
    """
    own = at[found.of[:, 0]]
    paper, topic = own[own >= 0], found.of[own >= 0, 1]
    counts = np.bincount(topic, minlength=len(found.topics))
    names = sorted(range(len(counts)), key=lambda n: (-counts[n], found.topics[n]))[:LANES]
    lanes = sorted(names, key=lambda n: (counts[n], found.topics[n]))
    rank = np.full(len(counts), len(lanes))
    rank[lanes] = np.arange(len(lanes))
    first: Any = np.full(papers, len(lanes))
    np.minimum.at(first, paper, rank[topic])
    told = [*(found.topics[n] for n in lanes), OTHER]
    return tuple(told[lane] for lane in first.tolist())
