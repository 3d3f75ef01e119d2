"""What in the catalogue may be merged wrongly, or not merged though it should be."""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, select

from survey.catalogue import tables as t
from survey.duplicates import Entry, near_duplicates
from survey.found import Found
from survey.mend import mends
from survey.merge import APART
from survey.merge.evidence import TWO_DOIS

__all__ = ["Finding", "Kind", "examine"]

Kind = Literal["doubtful merge", "shared identifier", "near duplicate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to look at, and the commands that settle it either way."""

    kind: Kind
    papers: tuple[str, ...]
    titles: tuple[str, ...]
    records: tuple[str, ...] = ()  # `source/key`, of a doubtful merge
    why: str
    mend: str  # if it is wrong as it is
    confirm: str  # if it is right; it is not listed again

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def examine(connection: Connection) -> Iterator[Finding]:
    """Doubtful merges, then identifiers that two papers have, then near duplicates."""
    entries = {entry.id: entry for entry in _entries(connection)}
    doubted = _doubted(connection)
    yield from _merges(entries, doubted)
    shared = list(_shared(connection, entries, doubted))
    yield from shared
    told = {frozenset(finding.papers) for finding in shared}
    settled = _settled(connection)
    for finding in _near(list(entries.values())):
        if frozenset(finding.papers) not in told | settled:
            yield finding


def _entries(connection: Connection) -> Iterator[Entry]:
    at = t.paper.c
    query = select(at.id, at.title, at.authors, at.year, at.arxiv, at.doi).order_by(at.id)
    for row in connection.execute(query).mappings():
        yield Entry(**{**row, "authors": tuple(json.loads(row["authors"]))})


# --- merges


def _doubted(connection: Connection) -> list[tuple[str, str, str]]:
    """Paper, record and doubt."""
    at = t.member.c
    query = select(at.paper, at.source, at.key, at.doubt).where(at.doubt != "")
    rows = connection.execute(query.order_by(at.paper, at.source, at.key))
    return [(str(paper), f"{source}/{key}", str(doubt)) for paper, source, key, doubt in rows]


def _merges(
    entries: Mapping[str, Entry], doubted: Iterable[tuple[str, str, str]]
) -> Iterator[Finding]:
    by_doubt: dict[tuple[str, str], list[str]] = defaultdict(list)
    for paper, record, doubt in doubted:
        own = "; ".join(part for part in doubt.split("; ") if not part.startswith(APART))
        if own:
            by_doubt[paper, own].append(record)

    def merit(found: tuple[tuple[str, str], list[str]]) -> bool:
        return found[0][1].startswith(TWO_DOIS)

    for (paper, doubt), records in sorted(by_doubt.items(), key=merit):
        names = " ".join(map(shlex.quote, records))
        yield Finding(
            kind="doubtful merge",
            papers=(paper,),
            titles=(entries[paper].title,),
            records=tuple(records),
            why=doubt,
            mend=f"survey split {shlex.quote(paper)} {names}",
            confirm=f"survey join {shlex.quote(paper)} {shlex.quote(records[0])}",
        )


def _shared(
    connection: Connection,
    entries: Mapping[str, Entry],
    doubted: Iterable[tuple[str, str, str]],
) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for paper, record, doubt in doubted:
        if APART not in doubt:
            continue
        for identifier, owner in _held(connection, record):
            if owner == paper or (paper, owner) in seen:
                continue
            seen.add((paper, owner))
            both = f"{shlex.quote(owner)} {shlex.quote(paper)}"
            yield Finding(
                kind="shared identifier",
                papers=(owner, paper),
                titles=(entries[owner].title, entries[paper].title),
                records=(record,),
                why=f"both have {identifier}; titles and authors differ, so they are kept apart",
                mend=f"survey join {both}",
                confirm=f"survey split {both}",
            )


def _held(connection: Connection, record: str) -> list[tuple[str, str]]:
    """The identifiers that a record has, and whose they are."""
    source, _, key = record.partition("/")
    mine = (t.record.c.source == source) & (t.record.c.key == key)
    text = connection.execute(select(t.record.c.found).where(mine)).scalar_one()
    names = [str(i) for i in Found.from_json(json.loads(text)).ids]
    query = select(t.alias.c.identifier, t.alias.c.paper).where(t.alias.c.identifier.in_(names))
    return [(str(name), str(paper)) for name, paper in connection.execute(query)]


# --- near duplicates


def _settled(connection: Connection) -> set[frozenset[str]]:
    """Pairs of papers that a person said are two."""
    split = [(m.first, m.second) for m in mends(connection) if m.action == "split"]
    names = {name for pair in split for name in pair}
    query = select(t.alias.c.identifier, t.alias.c.paper).where(t.alias.c.identifier.in_(names))
    paper = {str(name): str(owner) for name, owner in connection.execute(query)}
    return {frozenset((paper.get(a, a), paper.get(b, b))) for a, b in split}


def _near(entries: Sequence[Entry]) -> Iterator[Finding]:
    for one, other, why in near_duplicates(entries):
        both = f"{shlex.quote(one.id)} {shlex.quote(other.id)}"
        yield Finding(
            kind="near duplicate",
            papers=(one.id, other.id),
            titles=(one.title, other.title),
            why=why,
            mend=f"survey join {both}",
            confirm=f"survey split {both}",
        )
