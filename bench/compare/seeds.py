"""Training seeds: the spread between trainings of one method, which pictures cannot tell."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.compare.difference import Difference
from bench.compare.student import quantile, two_sided

__all__ = ["Seeds", "across_seeds", "between_methods"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """Mean over trainings of one method, with a 95 % interval of Student's t over them."""

    count: int
    mean: float
    deviation: float
    low: float
    high: float


def across_seeds(values: Sequence[float]) -> Seeds:
    """The spread of scores of trainings that differ by their seed; ValueError under 2."""
    if len(values) < 2:
        raise ValueError("a spread over training seeds needs at least two trainings")
    mean, deviation = statistics.fmean(values), statistics.stdev(values)
    half = quantile(len(values) - 1) * deviation / math.sqrt(len(values))
    return Seeds(
        count=len(values), mean=mean, deviation=deviation, low=mean - half, high=mean + half
    )


def between_methods(first: Sequence[float], second: Sequence[float]) -> Difference:
    """First minus second, by the trainings alone: Welch's t (1947), degrees rounded down."""
    a, b = across_seeds(first), across_seeds(second)
    parts = a.deviation**2 / a.count, b.deviation**2 / b.count
    error, value = math.sqrt(sum(parts)), a.mean - b.mean
    if error == 0.0:
        degrees, t = min(a.count, b.count) - 1, math.inf if value else 0.0
    else:
        spread = parts[0] ** 2 / (a.count - 1) + parts[1] ** 2 / (b.count - 1)
        degrees, t = max(1, int(sum(parts) ** 2 / spread)), value / error
    half = quantile(degrees) * error
    return Difference(
        value=value,
        low=value - half,
        high=value + half,
        p=two_sided(t, degrees),
        how=f"Welch's t over {a.count} and {b.count} training seeds",
    )
