"""Intervals of shares that stay honest at none and at all, where resampling gives no width."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXACT", "mean_share", "share"]

EXACT = "exact binomial (Clopper and Pearson), 95 %"
TAIL = 0.025  # beyond either end of a 95 % interval
ROUNDING = 1e-9
STEPS = 60  # of bisection: more than a float64 can tell


def share(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of Clopper and Pearson (1934) for `count` of `of` independent pictures.

    It covers the truth in at least 95 of 100 samples, whatever the truth is. ValueError for
    counts that cannot be.
    """
    if not 0 <= count <= of or of < 1:
        raise ValueError(f"{count} of {of} is no share")
    logs = _log_binomials(of)
    low = 0.0 if count == 0 else _solve(lambda p: _at_least(count, of, p, logs) < TAIL)
    high = 1.0 if count == of else _solve(lambda p: _at_least(count + 1, of, p, logs) < 1.0 - TAIL)
    return low, high


def mean_share(counts: Sequence[int], ofs: Sequence[int]) -> tuple[float, float]:
    """The same for the mean of several independent shares, all `ofs` above 0.

    The wider, at each end, of two: the intervals of the shares joined as those of a sum are (Zou,
    Huang and Zhang 2009, eq. 3), and that of one share of as many pictures as tell as much. The
    first is short where many shares are near 0 or 1, the second where a small class is unlike the
    others. Of one share both are `share`.
    """
    shares = np.array(counts) / np.array(ofs)
    ends = np.array([share(c, n) for c, n in zip(counts, ofs, strict=True)])
    mean, classes = float(shares.mean()), len(shares)
    below = float(np.sqrt(np.sum((shares - ends[:, 0]) ** 2))) / classes
    above = float(np.sqrt(np.sum((ends[:, 1] - shares) ** 2))) / classes
    low, high = _as_one(mean, classes**2 / float(np.sum(1.0 / np.array(ofs))))
    return max(0.0, min(low, mean - below)), min(1.0, max(high, mean + above))


def _as_one(mean: float, of: float) -> tuple[float, float]:
    """The interval of a share of `of` pictures, both rounded so that it gets wider."""
    whole = max(1, math.floor(of + ROUNDING))
    count = mean * whole
    low, high = math.floor(count + ROUNDING), math.ceil(count - ROUNDING)
    return share(low, whole)[0], share(high, whole)[1]


def _log_binomials(of: int) -> NDArray[np.float64]:
    """log C(of, k) for k = 0 … of."""
    steps = np.log((of + 1.0 - np.arange(1, of + 1)) / np.arange(1, of + 1))
    return np.concatenate([[0.0], np.cumsum(steps)])


def _at_least(count: int, of: int, p: float, logs: NDArray[np.float64]) -> float:
    """P(X ≥ count) for X of the binomial distribution with 0 < p < 1."""
    k = np.arange(count, of + 1)
    terms = logs[count:] + k * math.log(p) + (of - k) * math.log1p(-p)
    return float(np.exp(terms).sum())


def _solve(too_small: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if too_small(middle) else (low, middle)
    return (low + high) / 2.0
