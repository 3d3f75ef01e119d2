"""Sets of records that grow together, and pairs that never may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

__all__ = ["Clusters"]


class Clusters:
    """A partition of 0 … n-1; each set is named by its smallest member."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))
        self._members: dict[int, list[int]] = {}  # of sets of more than one
        self._apart: dict[int, set[int]] = defaultdict(set)

    def find(self, i: int) -> int:
        """The name of the set that has `i`."""
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def members(self, i: int) -> list[int]:
        """Everything in the set of `i`, ascending."""
        name = self.find(i)
        return sorted(self._members.get(name, (name,)))

    def keep_apart(self, i: int, j: int) -> None:
        """Never let the sets of `i` and `j` become one; nothing when they are one already."""
        first, second = self.find(i), self.find(j)
        if first != second:
            self._apart[first].add(second)
            self._apart[second].add(first)

    def apart(self, i: int, j: int) -> bool:
        """Whether the sets of `i` and `j` may not become one."""
        return self.find(j) in self._apart.get(self.find(i), ())

    def unite(self, i: int, j: int) -> bool:
        """Make one set of two; False when that may not be."""
        first, second = sorted((self.find(i), self.find(j)))
        if first == second:
            return True
        if self.apart(first, second):
            return False
        self._parent[second] = first
        both = self._members.setdefault(first, [first])
        both += self._members.pop(second, [second])
        for other in self._apart.pop(second, ()):
            self._apart[other].discard(second)
            self._apart[other].add(first)
            self._apart[first].add(other)
        return True

    def names(self) -> Iterable[int]:
        """The name of every set, ascending."""
        return (i for i, parent in enumerate(self._parent) if i == parent)
