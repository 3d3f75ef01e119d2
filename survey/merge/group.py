"""Which records are of one paper: by hand, then by identifier, then by title, author and year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from survey.merge.clusters import Clusters
from survey.merge.evidence import by_id, by_title, contrary
from survey.merge.merged import Mend
from survey.merge.titles import unite_by_title
from survey.merge.trace import KINDS, Trace

__all__ = ["Pairs", "partition"]

Pairs = set[tuple[int, int]]
CROWD = 40  # records with one identifier, from which on not every pair of them is looked at
BITS = 30  # of a record's place in a link


def partition(traces: Sequence[Trace], mends: Iterable[Mend]) -> tuple[Clusters, Pairs, Pairs]:
    """Sets of records that are one paper, with the pairs joined and kept apart by hand.

    `traces` are in the order of survey.merge.trace.order.
    """
    clusters = Clusters(len(traces))
    joined, split = _by_hand(clusters, traces, mends)
    for link in sorted(_id_links(traces)):
        kind, i, j = _read(link)
        if _may(clusters, traces, i, j, kind):
            clusters.unite(i, j)
    unite_by_title(clusters, traces)
    return clusters, joined, split


def _by_hand(
    clusters: Clusters, traces: Sequence[Trace], mends: Iterable[Mend]
) -> tuple[Pairs, Pairs]:
    """The latest word first: what contradicts a later one has no effect."""
    standing = sorted(mends, key=lambda m: m.n, reverse=True)
    places = _places(traces, {side for m in standing for side in (m.first, m.second)})
    joined, split = set(), set()
    for mend in standing:
        some, others = places[mend.first], places[mend.second]
        if mend.action == "join":
            pair = _pair(some[0], others[0]) if some and others else None
            if pair and clusters.unite(*pair):
                joined.add(pair)
        else:
            for i in some:
                for j in others:
                    if clusters.find(i) != clusters.find(j):
                        clusters.keep_apart(i, j)
                        split.add(_pair(i, j))
    return joined, split


def _pair(i: int, j: int) -> tuple[int, int]:
    return (i, j) if i < j else (j, i)


def _places(traces: Sequence[Trace], sides: set[str]) -> dict[str, list[int]]:
    """Records that the sides of mends name, ascending; none for what has not arrived yet."""
    places: dict[str, list[int]] = {side: [] for side in sides}
    if sides:
        for i, one in enumerate(traces):
            for name in (one.name, *one.identifiers):
                if name in places:
                    places[name].append(i)
    return places


def _id_links(traces: Sequence[Trace]) -> Iterator[int]:
    """Pairs that share an identifier and may be one paper; sorted, the doubtful ones come last.

    A link is one number, as there may be a million: doubt, kind, and the places of the two.
    """
    for kind, name in enumerate(KINDS):
        for same in _holders(traces, name):
            for i, j in _pairs(traces, same):
                if evidence := by_id(traces[i], traces[j]):
                    mark = bool(evidence.doubt) * len(KINDS) + kind
                    yield (mark << BITS | i) << BITS | j


def _read(link: int) -> tuple[str, int, int]:
    """Its kind and the two places."""
    place = (1 << BITS) - 1
    return KINDS[(link >> 2 * BITS) % len(KINDS)], link >> BITS & place, link & place


def _holders(traces: Sequence[Trace], kind: str) -> Iterable[list[int]]:
    """The records of each identifier that several have."""
    first: dict[str, int] = {}
    several: dict[str, list[int]] = {}
    for i, one in enumerate(traces):
        value = getattr(one, kind)
        if value and (other := first.setdefault(value, i)) != i:
            several.setdefault(value, [other]).append(i)
    return several.values()


def _pairs(traces: Sequence[Trace], same: list[int]) -> Iterator[tuple[int, int]]:
    """All pairs; in a crowd one record stands for all with its title and first author."""
    if len(same) <= CROWD:
        yield from combinations(same, 2)
        return
    faces: dict[tuple[str, ...], int] = {}
    for i in same:
        first = faces.setdefault((traces[i].title, *traces[i].authors[:1]), i)
        if first != i:
            yield first, i
    yield from combinations(list(faces.values())[:CROWD], 2)


def _may(clusters: Clusters, traces: Sequence[Trace], i: int, j: int, kind: str) -> bool:
    """Whether a shared identifier is enough, seen what else is known of the two."""
    some, others = clusters.members(i), clusters.members(j)
    if some == others:
        return False
    # Two arXiv ids are two papers, unless everything else says that it was sent in twice.
    if kind != "arxiv" and _two_arxivs(traces, some, others):
        evidence = by_title(traces[i], traces[j])
        if evidence is None or evidence.doubt:
            return False
    return not any(contrary(traces[a], traces[b]) for a in some for b in others)


def _two_arxivs(traces: Sequence[Trace], some: Sequence[int], others: Sequence[int]) -> bool:
    first = {traces[i].arxiv for i in some} - {""}
    second = {traces[i].arxiv for i in others} - {""}
    return bool(first and second and not first & second)
