"""Which papers there are, and which of them have to be made anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from survey.catalogue import tables as t
from survey.found import Found
from survey.mend import mends
from survey.merge import Group, Member, Trace, groups, trace

__all__ = ["Due", "Plan", "Todo", "make_plan", "place_of"]

Step = Callable[[str, int, int], None]
ROWS = 2_000  # read at once
MOST_CITED = 0xFFFF  # citations, from which on papers have no order among them
HASH_BITS = 47


@dataclass(frozen=True, slots=True)
class Due:
    """A paper that has to be made: its records, and a digest of all that it is made of."""

    place: int  # as place_of has it
    digest: str
    group: Group


class Todo:
    """Papers that have to be made, by their places; packed, as there may be 100,000."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Due]:
        for row in self._rows:
            digest, paper, told, identifiers = orjson.loads(row[8:])
            members = (Member(source=s, key=k, reason=r, doubt=d) for s, k, r, d in told)
            group = Group(paper, tuple(members), tuple(identifiers))
            yield Due(int.from_bytes(row[:8], "big"), digest, group)

    def add(self, due: Due) -> None:
        """The place comes first, so that the rows sort by it."""
        group = due.group
        members = [(m.source, m.key, m.reason, m.doubt) for m in group.members]
        told = json.dumps([due.digest, group.id, members, group.identifiers])
        self._rows.append(due.place.to_bytes(8, "big") + told.encode())

    def sort(self) -> None:
        """The full text takes rows fastest in the order of their numbers."""
        self._rows.sort()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What changed: papers to be made, those that they replace, and those that are no more."""

    todo: Todo
    old: Mapping[str, str]  # the digests that all papers have now
    replaced: tuple[str, ...]
    gone: tuple[str, ...]
    topics_too: bool  # even where no text changed

    @property
    def stale(self) -> list[str]:
        """Papers of the catalogue that are to be replaced or removed."""
        return [*self.gone, *self.replaced]


def make_plan(connection: Connection, version: str, topics_too: bool, on_step: Step) -> Plan:
    """Compare the papers that the records make with those that there are."""
    rows = connection.execute(select(t.paper.c.id, t.paper.c.digest))
    old = {str(paper): str(digest) for paper, digest in rows}
    total = connection.execute(select(func.count()).select_from(t.record)).scalar_one()
    todo, gone, replaced = Todo(), set(old), []
    traces = _traces(connection, total, on_step)
    for done, group in enumerate(groups(traces, mends(connection))):
        if done % ROWS == 0:
            on_step("merging", done, total)
        digest = _digest(version, group)
        gone.discard(group.id)
        if topics_too or old.get(group.id, "")[:16] != digest:
            todo.add(Due(place_of(group.id, group.citations), digest, group))
            if group.id in old:
                replaced.append(group.id)
    on_step("merging", total, total)
    todo.sort()
    return Plan(
        todo=todo,
        old=old,
        replaced=tuple(replaced),
        gone=tuple(sorted(gone)),
        topics_too=topics_too,
    )


def place_of(paper: str, citations: int | None) -> int:
    """A paper's row in the full text, 0 to 2⁶³: the most cited first, those of no source last.

    So the first rows that a search comes to are those of the papers that most people look for.
    """
    cited = 0 if citations is None else min(citations + 1, MOST_CITED)
    digest = hashlib.blake2b(paper.encode(), digest_size=8).digest()
    return (MOST_CITED - cited) << HASH_BITS | int.from_bytes(digest, "big") >> (64 - HASH_BITS)


def _traces(connection: Connection, total: int, on_step: Step) -> Iterator[Trace]:
    at = t.record.c
    query = select(at.source, at.key, at.found).order_by(at.source, at.key)
    cites = _cites(connection)
    cite = next(cites, None)
    known: dict[Any, Any] = {}
    rows = connection.execute(query.execution_options(yield_per=ROWS))
    for done, (source, key, found) in enumerate(rows):
        if done % ROWS == 0:
            on_step("reading", done, total)
        content = _hash(found.encode())
        while cite is not None and cite[:2] == (source, key):
            content = _hash(content + "\0".join(map(str, cite[2:])).encode())
            cite = next(cites, None)
        told = {"source": source, "key": key, **orjson.loads(found)}
        yield trace(Found.from_json(told), content, lambda value: known.setdefault(value, value))
    on_step("reading", total, total)


def _cites(connection: Connection) -> Iterator[Any]:
    """In the order of the records, so that neither has to be held in memory."""
    cite, record = t.cite.c, t.record.c
    same = (cite.source == record.source) & (cite.key == record.key)
    query = select(t.cite).join(t.record, same).order_by(record.source, record.key, cite.seed)
    yield from map(tuple, connection.execute(query.execution_options(yield_per=ROWS)))


def _digest(version: str, group: Group) -> str:
    members = [(m.source, m.key, m.reason, m.doubt) for m in group.members]
    told = json.dumps([version, group.id, members, group.identifiers]).encode()
    return _hash(told + group.content).hex()


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=8).digest()
