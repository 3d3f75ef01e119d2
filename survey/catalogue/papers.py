"""Read papers from the catalogue: all, some, or one by any of its identifiers."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.bulk import MOST, chunks
from survey.catalogue.events import Decision, decisions
from survey.ids import parse_id
from survey.paper import Paper

__all__ = ["ORDERS", "Filter", "find_paper", "known", "look_up", "names", "papers", "resolve"]

LISTS = ("authors", "venues", "categories", "links", "sources", "seeds", "intents")
PIECE = 500  # papers read at once
NONE = Decision()
COLUMNS = tuple(f.name for f in fields(Paper) if f.name in t.paper.c)

# Every order ends with the id, so that a list is the same each time.
# The first one is an index as well, so it is written with the number in it.
ORDERS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "citations": (func.coalesce(t.paper.c.citations, literal_column("-1")).desc(), t.paper.c.id),
    "date": (t.paper.c.date.desc(), t.paper.c.id),
    "influential": (func.coalesce(t.paper.c.influential, -1).desc(), t.paper.c.id),
    "title": (t.paper.c.title, t.paper.c.id),
}


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


def papers(
    connection: Connection, wanted: Filter | None = None, order: str = "citations"
) -> Iterator[Paper]:
    """The papers that pass, in an order of ORDERS."""
    decided = decisions(connection)
    # Sorted by name alone and read in pieces: the first papers come at once.
    for some in chunks(_passing(connection, wanted or Filter(), order, decided), PIECE):
        yield from _read(connection, some, decided)


def names(
    connection: Connection, wanted: Filter | None = None, order: str = "citations"
) -> list[str]:
    """The ids of the papers that pass, in an order of ORDERS."""
    return _passing(connection, wanted or Filter(), order, decisions(connection))


def _passing(
    connection: Connection, wanted: Filter, order: str, decided: Mapping[str, Decision]
) -> list[str]:
    wanted = replace(wanted, seeds=_names(connection, wanted.seeds))
    # More ids than a statement takes are compared here.
    among = set(wanted.ids or ()) if len(wanted.ids or ()) > MOST else None
    conditions = _conditions(wanted if among is None else replace(wanted, ids=None))
    query = select(t.paper.c.id).where(*conditions).order_by(*ORDERS[order])
    return [
        name
        for name in map(str, connection.execute(query).scalars())
        if (among is None or name in among) and _decided(decided.get(name, NONE), wanted)
    ]


def _read(
    connection: Connection, ids: Sequence[str], decided: Mapping[str, Decision]
) -> Iterator[Paper]:
    topics = _lists(connection, t.topic.c.topic, ids)
    code = _lists(connection, t.code.c.url, ids)
    query = select(t.paper).where(t.paper.c.id.in_(ids))
    rows = {str(row["id"]): row for row in connection.execute(query).mappings()}
    for name in ids:
        own = decided.get(name, NONE)
        yield _paper(rows[name], topics.get(name, ()), code.get(name, ()), own)


def _names(connection: Connection, seeds: Sequence[str]) -> tuple[str, ...]:
    """Every identifier of the seeds: papers note the one that was asked for."""
    alias = t.alias.c
    own = select(alias.paper).where(alias.identifier.in_(seeds))
    found = connection.execute(select(alias.identifier).where(alias.paper.in_(own))).scalars()
    return tuple(dict.fromkeys([*seeds, *map(str, found)])) if seeds else ()


def resolve(connection: Connection, text: str) -> str:
    """The id of the paper that any of its identifiers names; UsageProblem when there is none."""
    if found := look_up(connection, text):
        return found
    raise _unknown(connection, text)


def look_up(connection: Connection, text: str) -> str | None:
    """The id of the paper that any of its identifiers, or a record of it, names."""
    for candidate in _forms(text):
        query = select(t.alias.c.paper).where(t.alias.c.identifier == candidate)
        if found := connection.execute(query).scalar():
            return str(found)
    return None


def find_paper(connection: Connection, text: str) -> Paper:
    """The paper that any of its identifiers names."""
    return next(papers(connection, Filter(ids=(resolve(connection, text),))))


def _forms(text: str) -> list[str]:
    try:
        return [str(parse_id(text)), text]
    except UsageProblem:
        return [text]


def _unknown(connection: Connection, text: str) -> UsageProblem:
    known = [str(i) for i in connection.execute(select(t.paper.c.id)).scalars()]
    near = difflib.get_close_matches(text, [i.partition(":")[2] for i in known], n=3, cutoff=0.75)
    message = f"no paper in the catalogue is called '{text}'"
    if near:
        message += "; did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
    return UsageProblem(message, hint=f"survey search '{text}', or survey ls")


def _lists(connection: Connection, column: Any, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    owner = column.table.c.paper
    query = select(owner, column).where(owner.in_(ids)).order_by(owner, column)
    found: dict[str, list[str]] = {}
    for paper, value in connection.execute(query):
        found.setdefault(str(paper), []).append(str(value))
    return {paper: tuple(values) for paper, values in found.items()}


def _paper(row: RowMapping, topics: Sequence[str], code: Sequence[str], own: Decision) -> Paper:
    values: dict[str, Any] = {name: row[name] for name in COLUMNS}
    values |= {name: tuple(json.loads(row[name])) for name in LISTS}
    values |= {name: bool(row[name]) for name in ("withdrawn", "central")}
    return Paper(
        **values,
        topics=tuple(topics),
        code=tuple(code),
        status=own.status,
        tags=own.tags,
        note=own.note,
    )


def _decided(own: Decision, wanted: Filter) -> bool:
    if wanted.status and own.status not in wanted.status:
        return False
    return not wanted.tags or bool(set(wanted.tags) & set(own.tags))


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    return [*_of_columns(wanted), *_of_lists(wanted)]


def _of_columns(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    first, last = wanted.years
    if wanted.ids is not None:
        yield t.paper.c.id.in_(wanted.ids)
    if wanted.arxiv is not None:
        yield t.paper.c.arxiv.in_(wanted.arxiv)
    if first is not None:
        yield t.paper.c.year >= first
    if last is not None:
        yield t.paper.c.year <= last
    if wanted.citations:
        yield t.paper.c.citations >= wanted.citations
    if wanted.venue:
        yield _contains(t.paper.c.venues, wanted.venue)


def _of_lists(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    if wanted.topics:
        yield _has(t.topic, t.topic.c.topic.in_(wanted.topics))
    for table, flag in ((t.code, wanted.code), (t.covered, wanted.covered)):
        if flag is not None:
            yield _has(table) if flag else ~_has(table)
    for column, names in ((t.paper.c.sources, wanted.sources), (t.paper.c.seeds, wanted.seeds)):
        if names:
            yield or_(*(_contains(column, json.dumps(name)) for name in names))


def _contains(column: Any, part: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = func.lower(column).contains(part.lower(), autoescape=True)
    return found


def _has(table: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(and_(table.c.paper == t.paper.c.id, *conditions))


def known(connection: Connection, identifiers: Iterable[str]) -> dict[str, str]:
    """Of many identifiers (`arxiv:…`) those that the catalogue has, with the paper's id."""
    found: dict[str, str] = {}
    for some in chunks(sorted(set(identifiers))):
        named = t.alias.c.identifier.in_(some)
        query = select(t.alias.c.identifier, t.alias.c.paper).where(named)
        found |= {str(i): str(p) for i, p in connection.execute(query)}
    return found
