"""Who cites whom inside the catalogue, as OpenAlex's reference lists say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from survey.catalogue import tables as t

__all__ = ["any_listed", "batches", "edges", "works"]

_PREFIX = "openalex:W"
MOST = 10_000  # values that one statement takes, with room to spare
Item = TypeVar("Item")


def works(connection: Connection, papers: Sequence[str] | None = None) -> dict[int, str]:
    """The paper of each OpenAlex number, or those of these papers; one may have several."""
    named = t.alias.c.identifier.startswith(_PREFIX, autoescape=True)
    every = select(t.alias.c.identifier, t.alias.c.paper).where(named)
    queries = [every]
    if papers is not None:
        queries = [every.where(t.alias.c.paper.in_(some)) for some in batches(papers)]
    rows = (row for query in queries for row in connection.execute(query))
    pairs = ((str(name).removeprefix(_PREFIX), str(paper)) for name, paper in rows)
    return {int(number): paper for number, paper in pairs if number.isdecimal()}


def edges(connection: Connection, papers: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs (citing, cited) of different ones of these papers, sorted, each once."""
    inside = set(papers)
    numbers = works(connection, list(inside))
    found: set[tuple[str, str]] = set()
    for some in batches(numbers):
        query = select(t.reference.c.paper, t.reference.c.work).where(_among(some))
        found.update((str(citing), numbers[work]) for citing, work in connection.execute(query))
    return sorted((a, b) for a, b in found if a in inside and a != b)


def any_listed(connection: Connection, papers: Sequence[str]) -> bool:
    """Whether the reference list of any of these papers is known."""
    queries = (t.reference.c.paper.in_(some) for some in batches(papers))
    return any(
        connection.execute(select(t.reference.c.work).where(here).limit(1)).first()
        for here in queries
    )


def _among(numbers: Sequence[int]) -> Any:
    return t.reference.c.work.in_(numbers)


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Lists short enough to be values of one statement."""
    left = iter(items)
    while some := list(islice(left, MOST)):
        yield some
