"""Which models nobody beats in both quality and cost."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["front"]


def front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """For points (a, b), less is better in both: whether no other is as good in both and better
    in one."""
    marks, best = [False] * len(points), (float("inf"), float("inf"))
    for i in sorted(range(len(points)), key=lambda i: points[i]):
        if points[i][1] < best[1] or points[i] == best:
            marks[i], best = True, points[i]
    return marks
