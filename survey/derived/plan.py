"""Which papers there are, and which of them have to be made anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from survey.catalogue import tables as t
from survey.found import Found
from survey.mend import mends
from survey.merge import Group, Trace, groups, trace

__all__ = ["Plan", "make_plan", "row_of"]

Step = Callable[[str, int, int], None]
ROWS = 2_000  # read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What changed: groups to make papers of, with their digests, and papers that are no more."""

    todo: tuple[Group, ...]
    digests: Mapping[str, str]  # of everything that a paper of `todo` is made of
    old: Mapping[str, str]  # the digests that all papers have now
    gone: tuple[str, ...]
    topics_too: bool  # even where no text changed

    @property
    def stale(self) -> list[str]:
        """Papers of the catalogue that are to be replaced or removed."""
        return [*self.gone, *(group.id for group in self.todo if group.id in self.old)]


def make_plan(connection: Connection, version: str, topics_too: bool, on_step: Step) -> Plan:
    """Compare the papers that the records make with those that there are."""
    rows = connection.execute(select(t.paper.c.id, t.paper.c.digest))
    old = {str(paper): str(digest) for paper, digest in rows}
    traces = list(_traces(connection, on_step))
    todo: list[Group] = []
    digests: dict[str, str] = {}
    gone = set(old)
    for done, group in enumerate(groups(traces, mends(connection))):
        if done % ROWS == 0:
            on_step("merging", done, len(traces))
        digest = _digest(version, group)
        gone.discard(group.id)
        if topics_too or old.get(group.id, "")[:16] != digest:
            todo.append(group)
            digests[group.id] = digest
    on_step("merging", len(traces), len(traces))
    return Plan(
        # The full text takes rows fastest in the order of their numbers.
        todo=tuple(sorted(todo, key=lambda group: row_of(group.id))),
        digests=digests,
        old=old,
        gone=tuple(sorted(gone)),
        topics_too=topics_too,
    )


def row_of(paper: str) -> int:
    """The paper's row in the full text: found without looking."""
    digest = hashlib.blake2b(paper.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _traces(connection: Connection, on_step: Step) -> Iterator[Trace]:
    total = connection.execute(select(func.count()).select_from(t.record)).scalar_one()
    at = t.record.c
    query = select(at.source, at.key, at.found).order_by(at.source, at.key)
    cites = _cites(connection)
    cite = next(cites, None)
    rows = connection.execute(query.execution_options(yield_per=ROWS))
    for done, (source, key, found) in enumerate(rows):
        if done % ROWS == 0:
            on_step("reading", done, total)
        content = _hash(found.encode())
        while cite is not None and cite[:2] == (source, key):
            content = _hash(content + "\0".join(map(str, cite[2:])).encode())
            cite = next(cites, None)
        told = {"source": source, "key": key, **json.loads(found)}
        yield trace(Found.from_json(told), content)
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
