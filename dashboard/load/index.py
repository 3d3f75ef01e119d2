"""All papers as columns in memory, so that filters, orders and charts read no database.

One list for each version of the papers; a decision or a crawl makes no new one. About 60 MB for
100,000 papers.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, func, select

from survey.catalogue import tables as t
from survey.catalogue.catalogue import meta_value
from survey.catalogue.papers import ORDERS
from survey.zoo_models import zoo_models

__all__ = ["UNKNOWN", "Index", "index", "members"]

UNKNOWN = -1  # a year or a count that no source says
COLUMNS = (
    *("id", "title", "date", "year", "citations", "influential", "venues", "arxiv", "seeds"),
    "place",  # its row in search
)

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=False, kw_only=True)
class Index:
    """Columns of N papers, the most cited first, in ties by id; `keys` are their rows in search."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    dates: tuple[str, ...]  # ISO 8601, empty where unknown
    venues: tuple[str, ...]  # all names together, lower case
    arxiv: tuple[str, ...]
    years: NDArray[np.int64]  # [N], UNKNOWN where no source says; so are the counts
    citations: NDArray[np.int64]
    influential: NDArray[np.int64]
    code: Mask
    covered: Mask
    zoo: Mask
    topics: Mapping[str, int]  # how many papers have each
    stamp: tuple[str, str]  # what the columns were read from
    seeds: tuple[tuple[str, ...], ...]
    keys: Mapping[Any, int] = field(repr=False)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each id."""
        return {name: place for place, name in enumerate(self.ids)}

    @cached_property
    def by_date(self) -> Places:
        """Places, the newest first; those of one day by id."""
        by_id = sorted(range(len(self.ids)), key=self.ids.__getitem__)
        return np.array(sorted(by_id, key=self.dates.__getitem__, reverse=True), dtype=np.int64)

    @cached_property
    def by_influence(self) -> Places:
        """Places, the most influential citations first."""
        order = sorted(range(len(self.ids)), key=self.ids.__getitem__)
        counts = self.influential.tolist()
        return np.array(sorted(order, key=lambda i: -counts[i]), dtype=np.int64)

    @cached_property
    def by_title(self) -> Places:
        """Places by title."""
        order = sorted(range(len(self.ids)), key=lambda i: (self.titles[i], self.ids[i]))
        return np.array(order, dtype=np.int64)

    def order(self, name: str) -> Places:
        """Places by `citations`, `date`, `influential` or `title`, as survey lists papers."""
        if name == "citations":
            return np.arange(len(self.ids))
        rows = {"date": "by_date", "influential": "by_influence", "title": "by_title"}
        found: Places = getattr(self, rows[name])
        return found


def index(connection: Connection) -> Index:
    """The columns of the papers as they were derived last."""
    address = connection.engine.url.render_as_string()
    return _index(address, meta_value(connection, "derived"), connection)


@st.cache_resource(show_spinner="Reading the catalogue", max_entries=2)
def _index(address: str, derived: str, _connection: Connection) -> Index:
    with _no_collector():
        return _read(address, derived, _connection)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Half of the time went into looking for garbage among a million objects that stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _read(address: str, derived: str, connection: Connection) -> Index:
    # All of it is in the index of that order, so that SQLite never reads the papers themselves.
    query = select(*(t.paper.c[name] for name in COLUMNS)).order_by(*ORDERS["citations"])
    turned = _turned(connection.execute(query).all())
    ids, titles, dates, years, citations, influential, venues, arxiv, seeds, keys = turned
    places = {name: place for place, name in enumerate(ids)}
    run = zoo_models()
    return Index(
        ids=ids,
        titles=titles,
        dates=dates,
        venues=tuple(map(lru_cache(maxsize=None)(str.lower), venues)),
        arxiv=arxiv,
        years=_numbers(years),
        citations=_numbers(citations),
        influential=_numbers(influential),
        code=_having(connection, t.code, places),
        covered=_having(connection, t.covered, places),
        zoo=np.array([name in run for name in arxiv], dtype=bool),
        topics=_topics(connection),
        stamp=(address, derived),
        # Few different lists, each kept once.
        seeds=tuple(map(lru_cache(maxsize=None)(_list), seeds)),
        keys=places
        if connection.dialect.name != "sqlite"
        else {key: place for place, key in enumerate(keys)},
    )


def _turned(rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)


def _list(text: str) -> tuple[str, ...]:
    return tuple(map(str, json.loads(text)))


def _numbers(values: Iterable[int | None]) -> NDArray[np.int64]:
    return np.array([UNKNOWN if v is None else v for v in values], dtype=np.int64)


def _having(connection: Connection, table: Table, places: Mapping[str, int]) -> Mask:
    mask = np.zeros(len(places), dtype=bool)
    for name in connection.execute(select(table.c.paper).distinct()).scalars():
        mask[places[str(name)]] = True
    return mask


def _topics(connection: Connection) -> dict[str, int]:
    query = select(t.topic.c.topic, func.count()).group_by(t.topic.c.topic)
    return {str(name): int(papers) for name, papers in connection.execute(query)}


def members(connection: Connection, columns: Index, topic: str) -> Places:
    """The places of the papers of a topic, in ascending order."""
    return _members(columns.stamp, topic, connection, columns)


@st.cache_resource(show_spinner=False, max_entries=64)
def _members(seen: tuple[str, str], topic: str, _connection: Connection, _columns: Index) -> Places:
    query = select(t.topic.c.paper).where(t.topic.c.topic == topic)
    found = (_columns.places.get(str(name)) for name in _connection.execute(query).scalars())
    return np.array(sorted(place for place in found if place is not None), dtype=np.int64)
