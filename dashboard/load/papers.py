"""Search, filter and page through the papers: only what is shown is read whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from sqlalchemy import Connection

from dashboard.load.catalogue import Stamp, decided, reading, stamp
from dashboard.load.index import Index, index, members
from dashboard.load.ranking import positions
from survey.catalogue.events import Decision, decisions
from survey.catalogue.meta import meta_value
from survey.catalogue.papers import Filter, look_up
from survey.fulltext import count, keys
from survey.paper import Paper
from survey.profiles import DEFAULT
from survey.query import Query, parse
from survey.search import Advice, advise, in_order

__all__ = ["ORDERS", "STATUS", "Asked", "Facets", "Found", "decisions_of", "facets", "find", "page"]

ORDERS = ("relevance", "citations", "date", "influential", "title", "rank")
STATUS = ("new", "kept", "dropped", "later")
SHORTEST = 3  # letters from which on a word that is still being typed counts as a beginning
CUT = 4  # letters that may be too many for a stem: `translatio` finds `translation`

Places = NDArray[np.int64]
_WORD = re.compile(rf"[^\W\d_]{{{SHORTEST},}}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person looks for: every condition has to hold, of a list one of its members."""

    text: str = ""
    years: tuple[int, int] | None = None  # both included
    topics: tuple[str, ...] = ()
    code: bool | None = None
    zoo: bool = False
    venue: str = ""
    citations: int = 0  # at least
    status: tuple[str, ...] = ()
    order: str = "relevance"  # of ORDERS; without `text` that is by citations


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The ids of all papers that were asked for, in order; `advice` where a text finds none."""

    ids: tuple[str, ...]
    total: int  # papers of the catalogue
    sample: bool
    advice: Advice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """How many papers each choice has, over the whole catalogue."""

    years: Mapping[int, int]
    topics: Mapping[str, int]
    status: Mapping[str, int]
    code: int
    zoo: int
    papers: int
    sample: bool
    pending: bool  # a fetch brought records that no paper was made of yet


def find(asked: Asked) -> Found:
    """The papers that are asked for; any text will do, and its last word may be unfinished."""
    with reading() as (connection, where):
        columns = index(connection)
        places = _places(connection, columns, asked)
        advice = None
        if not len(places) and asked.text.strip():
            advice = _advice(stamp(connection), asked.text, connection)
    ids = tuple(columns.ids[i] for i in places)
    return Found(ids=ids, total=len(columns.ids), sample=where.sample, advice=advice)


def page(ids: Sequence[str]) -> list[Paper]:
    """These papers, in this order."""
    with reading() as (connection, _):
        return in_order(connection, ids, Filter())


def facets() -> Facets:
    """How many papers each choice has."""
    with reading() as (connection, where):
        columns, made = index(connection), decisions_of(connection)
        pending = _pending(connection)
    status = dict.fromkeys(STATUS, 0) | {"new": len(columns.ids)}
    for name, own in made.items():
        if name in columns.places:  # else it is of a paper that is not here yet
            status["new"] -= 1
            status[own.status] += 1
    years, papers = np.unique(columns.years[columns.years > 0], return_counts=True)
    return Facets(
        years={int(y): int(n) for y, n in zip(years, papers, strict=True)},
        topics=columns.topics,
        status=status,
        code=int(columns.code.sum()),
        zoo=int(columns.zoo.sum()),
        papers=len(columns.ids),
        sample=where.sample,
        pending=pending,
    )


def _pending(connection: Connection) -> bool:
    told = json.loads(meta_value(connection, "derived") or "{}")
    return str(told.get("records", "")) != meta_value(connection, "records")


def decisions_of(connection: Connection) -> Mapping[str, Decision]:
    """Where the events leave each paper that has any."""
    # Merging gives papers other names, so this follows the papers too.
    return _decisions(decided(connection), connection)


@st.cache_resource(show_spinner=False, max_entries=4)
def _decisions(seen: Stamp, _connection: Connection) -> Mapping[str, Decision]:
    return decisions(_connection)


def _places(connection: Connection, columns: Index, asked: Asked) -> Places:
    mask = _passing(connection, columns, asked)
    by_relevance = asked.order not in ORDERS[1:]
    if asked.text.strip():
        hits = _hits(connection, columns, asked.text)
        if by_relevance:
            return hits[mask[hits]]
        mask &= _at([hits], mask)
    if asked.order == "rank":
        order = _by_rank(connection, columns)
    else:
        order = columns.order("citations" if by_relevance else asked.order)
    return order[mask[order]]


def _by_rank(connection: Connection, columns: Index) -> Places:
    """The best for the default profile first; withdrawn papers, which have no rank, last."""
    ranks = positions(connection, DEFAULT).positions
    last = len(columns.ids) + 1
    return np.argsort([ranks.get(name, last) for name in columns.ids], kind="stable")


def _passing(connection: Connection, columns: Index, asked: Asked) -> NDArray[np.bool_]:
    mask = np.ones(len(columns.ids), dtype=bool)
    if asked.years is not None:
        first, last = asked.years
        mask &= (columns.years >= first) & (columns.years <= last)
    if asked.topics:
        mask &= _at([members(connection, columns, name) for name in asked.topics], mask)
    if asked.code is not None:
        mask &= columns.code == asked.code
    if asked.zoo:
        mask &= columns.zoo
    if asked.citations:
        mask &= columns.citations >= asked.citations
    if part := asked.venue.strip().lower():
        mask &= np.array([part in names for names in columns.venues], dtype=bool)
    if asked.status:
        mask &= _decided(decisions_of(connection), columns, asked.status)
    return mask


def _at(rows: Sequence[Places], like: NDArray[np.bool_]) -> NDArray[np.bool_]:
    mask = np.zeros_like(like)
    for places in rows:
        mask[places] = True
    return mask


def _decided(
    made: Mapping[str, Decision], columns: Index, status: Sequence[str]
) -> NDArray[np.bool_]:
    mask = np.full(len(columns.ids), "new" in status)
    for name, own in made.items():
        if name in columns.places:
            mask[columns.places[name]] = own.status in status
    return mask


def _hits(connection: Connection, columns: Index, text: str) -> Places:
    """Places of what the words find, best first; an identifier finds its paper alone."""
    named = look_up(connection, text.strip().strip("\"'<>").replace("\0", ""))
    if named in columns.places:
        return np.array([columns.places[str(named)]], dtype=np.int64)
    seen = stamp(connection)
    found = _ranked(seen, text, connection)
    return np.array([columns.keys[key] for key in found if key in columns.keys], dtype=np.int64)


@st.cache_resource(show_spinner=False, max_entries=16)
def _ranked(seen: Stamp, text: str, _connection: Connection) -> list[object]:
    return keys(_connection, _typed(_connection, text))


def _typed(connection: Connection, text: str) -> Query:
    """The query of a text whose last word may be unfinished."""
    unfinished = _WORD.search(text)
    if unfinished is None or text.count('"') % 2:
        return parse(text)
    most = min(CUT, len(unfinished[0]) - SHORTEST)
    for cut in range(most + 1):
        query = parse(f"{text[: len(text) - cut]}*")
        if count(connection, query):
            return query
    return parse(text)


@st.cache_data(show_spinner=False, max_entries=16)
def _advice(seen: Stamp, text: str, _connection: Connection) -> Advice:
    return advise(_connection, text)
