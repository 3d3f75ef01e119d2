"""Papers as points: how fast they are cited, when they came, who of them cites whom."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, select

from dashboard.load.catalogue import Stamp, decided, reading
from dashboard.load.index import UNKNOWN, Index, index
from dashboard.load.papers import decisions_of
from survey.catalogue import tables as t
from survey.catalogue.bulk import chunks
from survey.momentum import a_month, age_in_months
from survey.paper import Paper
from survey.works import edges

__all__ = ["LANES", "MOST", "CiteMap", "Point", "cite_map", "points", "version"]

MOST = 20_000  # papers of a chart
LANES = 10  # topics with a lane of their own
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A paper in a chart; `day` is the middle of the year where no more is known."""

    id: str
    title: str
    day: str  # ISO 8601
    citations: int
    monthly: float  # citations a month
    status: str
    code: bool
    zoo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CiteMap:
    """Points with their lane and height in it, and pairs (citing, cited) of places among them."""

    points: tuple[Point, ...]
    lanes: tuple[str, ...]  # of each point
    heights: tuple[float, ...]  # of each point, -0.5 to 0.5
    edges: tuple[tuple[int, int], ...]


def version() -> Stamp:
    """What changes when a chart of the same papers would."""
    with reading() as (connection, _):
        return decided(connection)


def points(ids: Sequence[str]) -> list[Point]:
    """The first MOST of these papers that have a date and a count of citations, in this order."""
    with reading() as (connection, _):
        return _points(connection, index(connection), ids[:MOST])


def _points(connection: Connection, columns: Index, ids: Sequence[str]) -> list[Point]:
    made, today = decisions_of(connection), datetime.now(UTC).date()
    ages: dict[tuple[str, int], float | None] = {}  # many papers are of one day
    found = []
    for name in ids:
        place = columns.places[name]
        citations, year = int(columns.citations[place]), int(columns.years[place])
        day = columns.dates[place] or (f"{year}-07-01" if year > 0 else "")
        if not day:
            continue
        born = (columns.dates[place], year)
        if born not in ages:
            ages[born] = _age(*born, today)
        own = made.get(name)
        found.append(
            Point(
                id=name,
                title=columns.titles[place],
                day=day,
                citations=citations,
                monthly=a_month(None if citations == UNKNOWN else citations, ages[born]) or 0.0,
                status=own.status if own else "new",
                code=bool(columns.code[place]),
                zoo=bool(columns.zoo[place]),
            )
        )
    return found


def _age(day: str, year: int, today: date) -> float | None:
    """In months."""
    return age_in_months(Paper(id="", date=day, year=year if year > 0 else None), today)


def cite_map(ids: Sequence[str]) -> CiteMap:
    """Who cites whom among the first MOST of these papers, in lanes by topic."""
    with reading() as (connection, _):
        columns = index(connection)
        found = _points(connection, columns, ids[:MOST])
        drawn = [point.id for point in found]
        places = {name: place for place, name in enumerate(drawn)}
        pairs = {*edges(connection, drawn), *_to_seeds(columns, drawn)}
        return CiteMap(
            points=tuple(found),
            lanes=_lanes(connection, drawn),
            heights=tuple(zlib.crc32(name.encode()) / 2**32 - 0.5 for name in drawn),
            edges=tuple(sorted((places[a], places[b]) for a, b in pairs)),
        )


def _to_seeds(columns: Index, ids: Sequence[str]) -> list[tuple[str, str]]:
    """Which of the papers cite a seed that is among them; known where reference lists are not."""
    inside = set(ids)
    return [
        (name, seed)
        for name in ids
        for seed in columns.seeds[columns.places[name]]
        if seed in inside and seed != name
    ]


def _lanes(connection: Connection, ids: Sequence[str]) -> tuple[str, ...]:
    """Of each paper's topics the one that most of these papers have, if it is among LANES."""
    of: dict[str, list[str]] = {name: [] for name in ids}
    topic = t.topic.c
    for some in chunks(ids):
        rows = connection.execute(select(topic.paper, topic.topic).where(topic.paper.in_(some)))
        for paper, name in rows:
            of[str(paper)].append(str(name))
    count = Counter(name for names in of.values() for name in names)
    wide = [name for name, _ in sorted(count.items(), key=lambda item: (-item[1], item[0]))]
    return tuple(_lane(names, wide[:LANES], count) for names in of.values())


def _lane(names: Sequence[str], wide: Sequence[str], count: Mapping[str, int]) -> str:
    # The narrowest that has a lane: nearly all papers are `unpaired`.
    own = [name for name in names if name in wide]
    return min(own, key=lambda name: (count[name], name)) if own else OTHER
