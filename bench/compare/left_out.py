"""Distances of two sets with one part left out at a time: what a joint jackknife is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.compare.difference import Difference, joint_jackknife

__all__ = ["LeftOut", "distance_difference", "without_groups", "without_one"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A distance, and its values without each source [n] and without each reference [m]."""

    value: float
    sources: Floats
    references: Floats
    grouped: bool = False  # each value without one group of both, not without one picture


def without_one(x: Floats, y: Floats) -> LeftOut:
    """The kernel distance of features [n,d] and [m,d] (1801.01401, §4); ValueError under 3 rows."""
    from bench.metrics.kernel import cubic, discrepancy

    found = discrepancy(x, y, cubic(x.shape[1]))
    return LeftOut(found.value, found.without_x, found.without_y)


def without_groups(x: Floats, y: Floats, groups: int) -> LeftOut:
    """The Fréchet distance of features, and its values without every `groups`-th row of both."""
    from bench.metrics.frechet import frechet_distance, left_out

    count = min(groups, len(x), len(y))
    values = left_out(x, y, count)
    return LeftOut(frechet_distance(x, y), values, np.zeros(2), grouped=True)


def distance_difference(first: LeftOut, second: LeftOut) -> Difference:
    """First minus second for models of the same sources and references, row by row.

    Source i is left out of both models at once, and so is reference j: what the two have in
    common falls out of the spread.
    """
    part = "delete-a-group" if first.grouped else "delete-one"
    return joint_jackknife(
        f"joint {part} jackknife over sources and references",
        first.value - second.value,
        first.sources - second.sources,
        first.references - second.references,
    )
