"""Mend by hand what merging got wrong: append-only, so that it survives every fetch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from sqlalchemy import Connection, insert, select

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.events import now
from survey.catalogue.papers import look_up
from survey.found import Found
from survey.ids import parse_id
from survey.merge import Mend, Trace, trace
from survey.merge.clusters import Clusters
from survey.merge.evidence import by_id
from survey.merge.trace import order

__all__ = ["Side", "join", "mends", "side", "split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What a person named: records of a paper, or an identifier that no record has yet."""

    text: str
    paper: str = ""  # empty for what is not in the catalogue yet
    named: tuple[str, ...] = ()  # `source/key` of the records that are meant
    all: tuple[str, ...] = ()  # of all records of that paper

    @property
    def names(self) -> tuple[str, ...]:
        """As mends name them."""
        return self.named or (self.text,)


def mends(connection: Connection) -> list[Mend]:
    """All mends, oldest first."""
    columns = (t.mend.c.n, t.mend.c.action, t.mend.c.first, t.mend.c.second)
    rows = connection.execute(select(*columns).order_by(t.mend.c.n)).mappings()
    return [Mend(**row) for row in rows]


def side(connection: Connection, text: str) -> Side:
    """What `text` names: a record, a paper by any identifier, or a paper that is still to come.

    UsageProblem for what is neither known nor an identifier.
    """
    paper = look_up(connection, text)
    if paper is None:
        return Side(text=str(parse_id(text)))
    records = _traces(connection, paper)
    names = tuple(one.name for one in records)
    if text in names:
        return Side(text=text, paper=paper, named=(text,), all=names)
    named = tuple(one.name for one in records if _forms(text) & set(one.identifiers))
    return Side(text=text, paper=paper, named=named or names, all=names)


def _forms(text: str) -> set[str]:
    try:
        return {text, str(parse_id(text))}
    except UsageProblem:
        return {text}


def join(connection: Connection, first: str, second: str) -> int:
    """Say that two papers, or records, are one; returns how many rows that took."""
    one, other = side(connection, first), side(connection, second)
    # Of two identifiers that a record has both of, the records that have only one.
    some = [name for name in one.names if name not in other.names] or one.names
    others = [name for name in other.names if name not in one.names] or other.names
    pair = (some[0], others[-1])
    if some[0] == others[-1]:
        return 0
    again = _splits_between(connection, one, other)
    return _add(connection, "join", [pair, *(p for p in again if set(p) != set(pair))])


def _splits_between(connection: Connection, one: Side, other: Side) -> list[tuple[str, str]]:
    """What was once said to the contrary: it has to be taken back pair by pair."""
    pairs = []
    for mend in mends(connection):
        if mend.action == "split":
            places = {_paper(connection, mend.first), _paper(connection, mend.second)}
            if places == {one.paper or one.text, other.paper or other.text}:
                pairs.append((mend.first, mend.second))
    return list(dict.fromkeys(pairs))


def _paper(connection: Connection, name: str) -> str:
    query = select(t.alias.c.paper).where(t.alias.c.identifier == name)
    return str(connection.execute(query).scalar() or name)


def split(connection: Connection, paper: str, records: Sequence[str]) -> int:
    """Say that records, or other papers, are not of this paper; returns how many rows it took.

    What shares an identifier with a record goes with it, unless that would be all.
    """
    whole = side(connection, paper)
    if not whole.paper:
        raise UsageProblem(
            f"no paper in the catalogue is called '{paper}'", hint="survey doctor, or survey ls"
        )
    sides = [_side_of(connection, whole, text) for text in records]
    inside = {name for s in sides if s.paper == whole.paper for name in s.names}
    others = [name for s in sides if s.paper != whole.paper for name in (s.all or s.names)]
    if inside and inside >= set(whole.all):
        raise UsageProblem(
            f"that is all there is of {whole.paper}",
            hint=f"name only what is another paper: survey show {whole.paper}",
        )
    leaving = _with_company(_traces(connection, whole.paper), inside)
    rest = [name for name in whole.all if name not in leaving]
    pairs = [*product(sorted(leaving), rest), *product(others, rest)]
    return _add(connection, "split", pairs)


def _side_of(connection: Connection, whole: Side, text: str) -> Side:
    """A side that a person named beside a paper: what is none may be a record that it lacks."""
    try:
        return side(connection, text)
    except UsageProblem as problem:
        raise UsageProblem(
            f"{whole.paper} has no record '{text}', and that is no identifier either",
            hint=f"its records: survey show {whole.paper}",
        ) from problem


def _with_company(records: Sequence[Trace], leaving: set[str]) -> set[str]:
    """The records that leave and those that share an identifier with them, unless that is all."""
    sets = Clusters(len(records))
    for i, j in product(range(len(records)), repeat=2):
        if i < j and by_id(records[i], records[j]):
            sets.unite(i, j)
    going = {sets.find(i) for i, one in enumerate(records) if one.name in leaving}
    company = {one.name for i, one in enumerate(records) if sets.find(i) in going}
    return company if len(company) < len(records) else leaving


def _traces(connection: Connection, paper: str) -> list[Trace]:
    """The records of a paper, in the order of whose word counts."""
    same = (t.member.c.source == t.record.c.source) & (t.member.c.key == t.record.c.key)
    query = select(t.record.c.found).join(t.member, same).where(t.member.c.paper == paper)
    found = (Found.from_json(json.loads(text)) for text in connection.execute(query).scalars())
    return sorted(map(trace, found), key=lambda one: order(one.source, one.key))


def _add(connection: Connection, action: str, pairs: Iterable[tuple[str, str]]) -> int:
    at = now()
    rows = [{"at": at, "action": action, "first": a, "second": b} for a, b in pairs if a != b]
    if rows:
        connection.execute(insert(t.mend), rows)
    return len(rows)
