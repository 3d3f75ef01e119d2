"""Standard errors by leaving out: right for statistics that a bootstrap would bias."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["delete_groups", "standard_error"]

Floats = NDArray[np.float64]


def standard_error(left_out: Floats) -> float:
    """The jackknife standard error of G estimates, each with one of G equal parts left out.

    sqrt((G-1)/G · Σ(θ₋ᵢ - mean)²) (Efron and Tibshirani 1993, eq. 11.5).
    """
    count = len(left_out)
    return float(np.sqrt((count - 1) / count * np.sum((left_out - left_out.mean()) ** 2)))


def delete_groups(
    x: Floats, y: Floats, statistic: Callable[[Floats, Floats], float], groups: int
) -> float:
    """Standard error of statistic(x, y) from leaving out every `groups`-th row of both."""
    count = min(groups, len(x), len(y))
    rows_x, rows_y = np.arange(len(x)) % count, np.arange(len(y)) % count
    estimates = [statistic(x[rows_x != g], y[rows_y != g]) for g in range(count)]
    return standard_error(np.array(estimates))
