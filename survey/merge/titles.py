"""Unite what has the same title, first author and year, where nothing speaks against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from survey.merge.clusters import Clusters
from survey.merge.evidence import Evidence, by_title, contrary
from survey.merge.trace import Trace

__all__ = ["unite_by_title"]

Edge = tuple[int, int]
CROWD = 60  # records with one title, from which on it says nothing


def unite_by_title(clusters: Clusters, traces: Sequence[Trace]) -> None:
    """Unite sets whose records have title evidence.

    A set that could go with either of two, which cannot be one paper, goes with the one that is
    clearly nearer in time and authors, else with none.
    """
    titled = _titled(clusters, traces)
    edges, different = _compare(clusters, traces, titled)
    graph = _Graph(edges, different)
    graph.decide()
    for parts in graph.components():
        if not any(graph.differ(a, b) for a, b in combinations(parts, 2)):
            for other in parts[1:]:
                clusters.unite(parts[0], other)


def _titled(clusters: Clusters, traces: Sequence[Trace]) -> list[list[int]]:
    """Records with one title that are not one paper yet, by title."""
    first: dict[int, int] = {}
    several: dict[int, list[int]] = {}
    for i, one in enumerate(traces):
        key = one.title_key
        if key and one.names and (other := first.setdefault(key, i)) != i:
            several.setdefault(key, [other]).append(i)
    return [
        same
        for same in several.values()
        if len(same) <= CROWD and len({clusters.find(i) for i in same}) > 1
    ]


def _compare(
    clusters: Clusters, traces: Sequence[Trace], titled: Iterable[Sequence[int]]
) -> tuple[dict[Edge, Evidence], set[Edge]]:
    """The best evidence between sets, and those of one title that are not one paper."""
    edges: dict[Edge, Evidence] = {}
    met: set[Edge] = set()
    for same in titled:
        for i, j in combinations(same, 2):
            a, b = sorted((clusters.find(i), clusters.find(j)))
            if a == b:
                continue
            met.add((a, b))
            evidence = by_title(traces[i], traces[j])
            if evidence and ((a, b) not in edges or _nearer(evidence, edges[a, b])):
                edges[a, b] = evidence
    refused = {edge for edge in met if edge not in edges}
    nodes = {node for edge in edges for node in edge}
    for a, b in _close_pairs(edges, nodes):
        if _against(clusters, traces, a, b):
            edges.pop((a, b), None)
            refused.add((a, b))
    return edges, refused


def _close_pairs(edges: Iterable[Edge], nodes: Iterable[int]) -> set[Edge]:
    """Pairs that are linked, or would come together through others."""
    found: set[Edge] = set()
    for part in _components(edges, nodes):
        found.update(combinations(part, 2))
    return found


def _against(clusters: Clusters, traces: Sequence[Trace], a: int, b: int) -> bool:
    """Whether two sets cannot be one paper whatever their titles are."""
    if clusters.apart(a, b):
        return True
    some = [traces[i] for i in clusters.members(a)]
    others = [traces[i] for i in clusters.members(b)]
    first = {one.arxiv for one in some} - {""}
    second = {one.arxiv for one in others} - {""}
    if first and second and not first & second:
        return True
    return any(contrary(one, other) for one in some for other in others)


def _nearer(one: Evidence, other: Evidence) -> bool:
    return _distance(one) < _distance(other)


def _distance(evidence: Evidence) -> tuple[int, int, int]:
    return evidence.gap, -evidence.shared, evidence.strength


def _components(edges: Iterable[Edge], nodes: Iterable[int]) -> list[list[int]]:
    """Connected nodes, each part ascending."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    left, parts = set(nodes), []
    for start in sorted(left):
        if start not in left:
            continue
        left.discard(start)
        part, todo = [start], [start]
        while todo:
            fresh = near[todo.pop()] & left
            left -= fresh
            part += fresh
            todo += fresh
        parts.append(sorted(part))
    return parts


class _Graph:
    """Sets of records as nodes, title evidence as edges."""

    def __init__(self, edges: dict[Edge, Evidence], different: set[Edge]) -> None:
        self.edges = edges
        self.different = different

    def differ(self, a: int, b: int) -> bool:
        """Whether two nodes cannot be one paper."""
        return ((a, b) if a < b else (b, a)) in self.different

    def components(self) -> list[list[int]]:
        """What the edges hold together, two nodes and more."""
        nodes = {node for edge in self.edges for node in edge}
        return [part for part in _components(self.edges, nodes) if len(part) > 1]

    def decide(self) -> None:
        """Drop the edges of a node that lead to different papers, but for a clearly nearer one."""
        around: dict[int, list[tuple[tuple[int, int, int], int]]] = defaultdict(list)
        for (a, b), evidence in self.edges.items():
            around[a].append((_distance(evidence), b))
            around[b].append((_distance(evidence), a))
        dropped: set[Edge] = set()
        for node, neighbours in around.items():
            dropped.update(self._dropped(node, sorted(neighbours)))
        self.edges = {edge: e for edge, e in self.edges.items() if edge not in dropped}

    def _dropped(
        self, node: int, neighbours: Sequence[tuple[tuple[int, int, int], int]]
    ) -> Iterable[Edge]:
        nearest, best = neighbours[0]
        rivals = [(distance, other) for distance, other in neighbours if self.differ(best, other)]
        if any(distance == nearest for distance, _ in rivals):
            rivals = list(neighbours)
        return [(node, other) if node < other else (other, node) for _, other in rivals]
