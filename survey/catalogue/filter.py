"""Which papers: what a person narrows a listing by, and what that asks of the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Select,
    cast,
    func,
    literal,
    or_,
    select,
)

from survey.catalogue import tables as t
from survey.catalogue.events import Decision, decisions

__all__ = ["Filter", "conditions"]

FEW = 10_000  # papers that are looked up one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which papers: every given condition has to hold; of a list, one of its members."""

    ids: tuple[str, ...] | None = None  # paper ids
    years: tuple[int | None, int | None] = (None, None)  # from, to, both included
    topics: tuple[str, ...] = ()
    code: bool | None = None
    venue: str = ""  # a part of its name, in any case
    citations: int = 0  # at least
    status: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    covered: bool | None = None
    arxiv: tuple[str, ...] | None = None  # arXiv ids: `in the zoo` is such a list


def conditions(
    connection: Connection, wanted: Filter, decided: Mapping[str, Decision] | None = None
) -> list[ColumnElement[bool]]:
    """What a filter asks of the columns of the table of papers; none where it asks nothing.

    `decided` is where decisions leave papers, read here where it is not known yet.
    """
    seeds = _names(connection, wanted.seeds)
    asked = bool(wanted.status or wanted.tags)
    if decided is None:
        decided = decisions(connection) if asked else {}
    return [
        *_of_columns(connection, wanted),
        *_of_lists(connection, replace(wanted, seeds=seeds)),
        *_of_decisions(connection, wanted, decided),
    ]


def _names(connection: Connection, seeds: Sequence[str]) -> tuple[str, ...]:
    """Every identifier of the seeds: papers note the one that was asked for."""
    if not seeds:
        return ()
    alias = t.alias.c
    own = select(alias.paper).where(alias.identifier.in_(seeds))
    found = connection.execute(select(alias.identifier).where(alias.paper.in_(own))).scalars()
    return tuple(dict.fromkeys([*seeds, *map(str, found)]))


def _of_columns(connection: Connection, wanted: Filter) -> Iterator[ColumnElement[bool]]:
    first, last = wanted.years
    if wanted.ids is not None:
        yield _among(connection, t.paper.c.id, wanted.ids)
    if wanted.arxiv is not None:
        yield _among(connection, t.paper.c.arxiv, wanted.arxiv)
    if first is not None:
        yield t.paper.c.year >= first
    if last is not None:
        yield t.paper.c.year <= last
    if wanted.citations:
        yield t.paper.c.citations >= wanted.citations
    if wanted.venue:
        yield _contains(t.paper.c.venues, wanted.venue)


def _of_lists(connection: Connection, wanted: Filter) -> Iterator[ColumnElement[bool]]:
    if wanted.topics:
        topics = select(t.topic.c.paper).where(t.topic.c.topic.in_(wanted.topics))
        yield _within(connection, topics)
    for table, flag in ((t.code, wanted.code), (t.covered, wanted.covered)):
        if flag is not None:
            having = _within(connection, select(table.c.paper))
            yield having if flag else ~having
    for column, names in ((t.paper.c.sources, wanted.sources), (t.paper.c.seeds, wanted.seeds)):
        if names:
            yield or_(*(_contains(column, json.dumps(name)) for name in names))


def _within(connection: Connection, papers: Select[Any]) -> ColumnElement[bool]:
    """That a paper is one of those that a query names."""
    many = select(func.count()).select_from(papers.limit(FEW + 1).subquery())
    name: ColumnElement[str] = t.paper.c.id
    if connection.execute(many).scalar_one() > FEW:
        # Joined with nothing it is in no index: SQLite goes through the one of all that filters
        # read, in the order that is wanted, instead of looking up thousands of papers.
        name = name + ""
    return name.in_(papers)


def _of_decisions(
    connection: Connection, wanted: Filter, decided: Mapping[str, Decision]
) -> Iterator[ColumnElement[bool]]:
    """Papers without a decision are new, so `new` is said by those that are not."""
    status, tags = set(wanted.status), set(wanted.tags)
    if "new" in status:
        others = [name for name, own in decided.items() if own.status not in status]
        yield ~_among(connection, t.paper.c.id, others)
    elif status:
        same = [name for name, own in decided.items() if own.status in status]
        yield _among(connection, t.paper.c.id, same)
    if tags:
        tagged = [name for name, own in decided.items() if tags & set(own.tags)]
        yield _among(connection, t.paper.c.id, tagged)


def _among(connection: Connection, column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """As one JSON text, so that there may be more of them than a statement takes values."""
    told = json.dumps(list(values))
    if connection.dialect.name == "sqlite":
        each = select(func.json_each(told).table_valued("value").c.value)
    else:
        names = func.json_array_elements_text(cast(literal(told), JSON)).column_valued()
        each = select(names)
    found: ColumnElement[bool] = column.in_(each)
    return found


def _contains(column: Any, part: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = func.lower(column).contains(part.lower(), autoescape=True)
    return found
