"""Read papers from the catalogue: all, some, or one by any of its identifiers."""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    func,
    literal_column,
    select,
)

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.bulk import chunks
from survey.catalogue.events import Decision, decisions
from survey.catalogue.filter import Filter, conditions
from survey.ids import parse_id
from survey.paper import Paper

__all__ = [
    "ORDERS",
    "Filter",
    "chosen",
    "find_paper",
    "how_many",
    "known",
    "look_up",
    "names",
    "papers",
    "resolve",
]

LISTS = ("authors", "venues", "categories", "links", "sources", "seeds", "intents")
FIRST, PIECE = 50, 500  # papers read at once: few at first, as mostly few are wanted
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


def papers(
    connection: Connection,
    wanted: Filter | None = None,
    order: str = "citations",
    limit: int | None = None,
) -> Iterator[Paper]:
    """The papers that pass, in an order of ORDERS, at most `limit`; read as they are asked for."""
    decided = decisions(connection)
    query = _passing(connection, wanted or Filter(), decided).order_by(*ORDERS[order])
    found = map(str, connection.execute(query.limit(limit)).scalars())
    size = FIRST
    while some := list(islice(found, size)):
        yield from _read(connection, some, decided)
        size = PIECE


def names(
    connection: Connection,
    wanted: Filter | None = None,
    order: str | None = "citations",
    limit: int | None = None,
) -> Iterator[str]:
    """The ids of the papers that pass, in an order of ORDERS or in any, at most `limit`."""
    query = _passing(connection, wanted or Filter(), decisions(connection))
    rows = connection.execute(query.order_by(*ORDERS[order] if order else ()).limit(limit))
    yield from map(str, rows.scalars())


def how_many(connection: Connection, wanted: Filter | None = None) -> int:
    """The number of papers that pass."""
    query = _passing(connection, wanted or Filter(), decisions(connection))
    return int(
        connection.execute(
            query.with_only_columns(func.count(), maintain_column_froms=True)
        ).scalar_one()
    )


def chosen(connection: Connection, ids: Sequence[str], wanted: Filter | None = None) -> list[Paper]:
    """Of the papers called `ids` those that pass, in the order of `ids`."""
    decided = decisions(connection)
    passing: set[str] = set()
    for some in chunks(dict.fromkeys(ids), PIECE):
        query = _passing(connection, wanted or Filter(), decided).where(t.paper.c.id.in_(some))
        passing |= set(map(str, connection.execute(query).scalars()))
    left = (name for name in dict.fromkeys(ids) if name in passing)
    return [paper for some in chunks(left, PIECE) for paper in _read(connection, some, decided)]


def _passing(
    connection: Connection, wanted: Filter, decided: Mapping[str, Decision]
) -> Select[tuple[Any]]:
    return select(t.paper.c.id).where(*conditions(connection, wanted, decided))


def _read(
    connection: Connection, ids: Sequence[str], decided: Mapping[str, Decision]
) -> Iterator[Paper]:
    topics = _lists(connection, t.topic.c.topic, ids)
    code = _lists(connection, t.code.c.url, ids)
    query = select(*(t.paper.c[name] for name in COLUMNS)).where(t.paper.c.id.in_(ids))
    rows = {str(row[0]): row for row in connection.execute(query).all()}
    for name in ids:
        own = decided.get(name, NONE)
        yield _paper(rows[name], topics.get(name, ()), code.get(name, ()), own)


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
    near = difflib.get_close_matches(
        text, [i.partition(":")[2] or i for i in known], n=3, cutoff=0.75
    )
    message = f"no paper in the catalogue is called '{text}'"
    if near:
        message += "; did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
    return UsageProblem(message, hint=f"survey search {shlex.quote(text)}, or survey ls")


def _lists(connection: Connection, column: Any, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    owner = column.table.c.paper
    query = select(owner, column).where(owner.in_(ids)).order_by(owner, column)
    found: dict[str, list[str]] = {}
    for paper, value in connection.execute(query).all():
        found.setdefault(str(paper), []).append(str(value))
    return {paper: tuple(values) for paper, values in found.items()}


def _paper(row: Any, topics: Sequence[str], code: Sequence[str], own: Decision) -> Paper:
    """Of a row of COLUMNS."""
    values: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    for name in LISTS:
        values[name] = _list(values[name])
    values["withdrawn"], values["central"] = bool(values["withdrawn"]), bool(values["central"])
    return Paper(
        **values,
        topics=tuple(topics),
        code=tuple(code),
        status=own.status,
        tags=own.tags,
        note=own.note,
    )


@lru_cache(maxsize=1024)
def _list(text: str) -> tuple[str, ...]:
    # Few different lists of sources, seeds and the like are in nearly all rows.
    return tuple(json.loads(text))


def known(connection: Connection, identifiers: Iterable[str]) -> dict[str, str]:
    """Of many identifiers (`arxiv:…`) those that the catalogue has, with the paper's id."""
    found: dict[str, str] = {}
    for some in chunks(sorted(set(identifiers))):
        named = t.alias.c.identifier.in_(some)
        query = select(t.alias.c.identifier, t.alias.c.paper).where(named)
        found |= {str(i): str(p) for i, p in connection.execute(query)}
    return found
