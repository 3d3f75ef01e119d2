"""Which papers there are, and which of them have to be made anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from survey.catalogue import tables as t
from survey.found import Found
from survey.mend import mends
from survey.merge import Group, Trace, groups, trace

__all__ = ["Plan", "make_plan", "row_of"]

Step = Callable[[str, int, int], None]
Prints = dict[tuple[str, str], bytes]
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
    prints: Prints = {}
    traces = list(_traces(connection, prints, on_step))
    _add_cites(connection, prints)
    on_step("merging", 0, len(traces))
    found = groups(traces, mends(connection))
    on_step("merging", len(traces), len(traces))
    rows = connection.execute(select(t.paper.c.id, t.paper.c.digest))
    old = {str(paper): str(digest) for paper, digest in rows}
    digests = {group.id: _digest(version, group, prints) for group in found}
    todo = [g for g in found if topics_too or old.get(g.id, "")[:16] != digests[g.id]]
    return Plan(
        # The full text takes rows fastest in the order of their numbers.
        todo=tuple(sorted(todo, key=lambda group: row_of(group.id))),
        digests={group.id: digests[group.id] for group in todo},
        old=old,
        gone=tuple(sorted(old.keys() - digests.keys())),
        topics_too=topics_too,
    )


def row_of(paper: str) -> int:
    """The paper's row in the full text: found without looking."""
    digest = hashlib.blake2b(paper.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _traces(connection: Connection, prints: Prints, on_step: Step) -> Iterator[Trace]:
    total = connection.execute(select(func.count()).select_from(t.record)).scalar_one()
    query = select(t.record.c.source, t.record.c.key, t.record.c.found)
    rows = connection.execute(query.execution_options(yield_per=ROWS))
    for done, (source, key, found) in enumerate(rows):
        if done % ROWS == 0:
            on_step("reading", done, total)
        one = trace(Found.from_json({"source": source, "key": key, **json.loads(found)}))
        prints[one.source, one.key] = _hash(found.encode())
        yield one
    on_step("reading", total, total)


def _add_cites(connection: Connection, prints: Prints) -> None:
    query = select(t.cite).order_by(t.cite.c.source, t.cite.c.key, t.cite.c.seed)
    for source, key, *rest in connection.execute(query.execution_options(yield_per=ROWS)):
        if (name := (source, key)) in prints:
            prints[name] = _hash(prints[name] + "\0".join(map(str, rest)).encode())


def _digest(version: str, group: Group, prints: Prints) -> str:
    members = [(m.source, m.key, m.reason, m.doubt) for m in group.members]
    told = json.dumps([version, group.id, members, group.identifiers]).encode()
    return _hash(told + b"".join(prints[m.source, m.key] for m in group.members)).hex()


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=8).digest()
