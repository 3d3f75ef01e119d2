"""Everything that the catalogue knows of one paper, with the evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Table, and_, select

from survey.catalogue import tables as t
from survey.catalogue.events import events
from survey.catalogue.papers import find_paper
from survey.mend import mends

__all__ = ["about"]

KINDS = ("arxiv", "doi", "s2", "openalex")


def about(connection: Connection, text: str) -> dict[str, Any]:
    """The paper that any of its identifiers names, as plain JSON; UsageProblem when there is none.

    The paper's own fields, and: `identifiers`; `records` with the reason why each is of this
    paper, what makes that doubtful, and what its source says; `mends` by hand; `cites`, with the
    sentences; `topic_evidence`; `code_evidence` with the state of each repository; `covered`;
    `references`, a count; `events`.
    """
    paper = find_paper(connection, text)
    identifiers = _names(connection, paper.id)
    records = list(_records(connection, paper.id))
    names = {*identifiers, *(f"{r['source']}/{r['key']}" for r in records)}
    return {
        **paper.to_json(),
        "identifiers": identifiers,
        "records": records,
        "mends": [asdict(m) for m in mends(connection) if {m.first, m.second} & names],
        "cites": list(_cites(connection, paper.id)),
        "topic_evidence": _of(connection, t.topic, paper.id),
        "code_evidence": list(_code(connection, paper.id)),
        "covered": _of(connection, t.covered, paper.id),
        "references": _references(connection, paper.id),
        "events": [asdict(e) for e in events(connection) if e.paper in names],
    }


def _names(connection: Connection, paper: str) -> list[str]:
    """Its identifiers; the names of its records are not among them."""
    query = select(t.alias.c.identifier).where(t.alias.c.paper == paper)
    found = map(str, connection.execute(query.order_by(t.alias.c.identifier)).scalars())
    return [name for name in found if name.partition(":")[0] in KINDS]


def _records(connection: Connection, paper: str) -> Iterator[dict[str, Any]]:
    member, record = t.member.c, t.record.c
    same = and_(member.source == record.source, member.key == record.key)
    columns = (
        *(member.source, member.key, member.reason, member.doubt),
        *(record.seen, record.changed, record.found),
    )
    query = select(*columns).join_from(t.member, t.record, same).where(member.paper == paper)
    for row in connection.execute(query.order_by(member.source, member.key)).mappings():
        yield {**row, "found": json.loads(row["found"])}


def _cites(connection: Connection, paper: str) -> Iterator[dict[str, Any]]:
    member, cite = t.member.c, t.cite.c
    same = and_(member.source == cite.source, member.key == cite.key)
    query = select(t.cite).join_from(t.member, t.cite, same).where(member.paper == paper)
    for row in connection.execute(query.order_by(cite.seed, cite.source, cite.key)).mappings():
        yield {
            "seed": row["seed"],
            "source": row["source"],
            "record": f"{row['source']}/{row['key']}",
            "influential": bool(row["influential"]),
            "intents": json.loads(row["intents"]),
            "contexts": json.loads(row["contexts"]),
        }


def _code(connection: Connection, paper: str) -> Iterator[dict[str, Any]]:
    repository = t.repository.c
    query = (
        select(t.code.c.place, t.code.c.url.label("of"), *t.repository.columns)
        .join_from(t.code, t.repository, t.code.c.url == repository.url, isouter=True)
        .where(t.code.c.paper == paper)
    )
    for row in connection.execute(query.order_by(t.code.c.url)).mappings():
        told = {column.name: row[column.name] for column in t.repository.columns}
        yield {**told, "url": row["of"], "place": row["place"]}


def _of(connection: Connection, table: Table, paper: str) -> list[dict[str, Any]]:
    columns = [column for column in table.columns if column.name != "paper"]
    query = select(*columns).where(table.c.paper == paper).order_by(columns[0])
    return [dict(row) for row in connection.execute(query).mappings()]


def _references(connection: Connection, paper: str) -> int:
    query = select(t.reference.c.work).where(t.reference.c.paper == paper)
    return len(connection.execute(query).all())
