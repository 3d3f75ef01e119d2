"""A difference of two scores with its interval; paired over the sources wherever that can be."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.compare.student import quantile, two_sided
from bench.metrics.jackknife import standard_error
from bench.metrics.score import CONFIDENCE

__all__ = ["RESAMPLES", "Difference", "independent", "joint_jackknife", "paired_means"]

Floats = NDArray[np.float64]

RESAMPLES = 9_999
FEW = 10  # sources: under this a resample has too few different pictures, and t stands in
BLOCK = 64  # pairs of models whose resamples are in memory at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """First minus second: value, 95 % interval, two-sided p, and how they were found."""

    value: float
    low: float
    high: float
    p: float
    how: str

    @property
    def zero_inside(self) -> bool:
        """Whether the interval allows that there is no difference."""
        return self.low <= 0.0 <= self.high

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def paired_means(differences: Floats, seed: int, resamples: int = RESAMPLES) -> list[Difference]:
    """Mean of each column of `differences` [n,P]: a row a source, a column a pair of models.

    Studentised bootstrap over the sources (Efron and Tibshirani 1993, §12.5), the same resamples
    for every pair; under 10 sources Student's t. ValueError under 2 sources.
    """
    n = len(differences)
    if n < 2:
        raise ValueError("a paired spread needs at least two sources")
    if n < FEW:
        return [_student(column) for column in differences.T]
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n), resamples)
    found: list[Difference] = []
    for start in range(0, differences.shape[1], BLOCK):
        found += _studentised(differences[:, start : start + BLOCK], weights.astype(np.float64))
    return found


def _student(values: Floats) -> Difference:
    n, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(n)
    half = quantile(n - 1) * error
    return Difference(
        value=mean,
        low=mean - half,
        high=mean + half,
        p=two_sided(_ratio(mean, error), n - 1),
        how="paired over sources (Student's t)",
    )


def _ratio(value: float, error: float) -> float:
    if error > 0.0:
        return value / error
    return 0.0 if value == 0.0 else math.inf


def _studentised(values: Floats, weights: Floats) -> list[Difference]:
    n = len(values)
    means = values.mean(axis=0)
    centred = values - means
    errors = centred.std(axis=0, ddof=1) / math.sqrt(n)
    moved = weights @ centred / n
    spread = np.sqrt(np.maximum(weights @ centred**2 / n - moved**2, 0.0) / (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(spread > 0.0, moved / spread, 0.0)
    return [_one(m, e, r) for m, e, r in zip(means, errors, ratios.T, strict=True)]


def _one(mean: float, error: float, ratios: Floats) -> Difference:
    low, high = np.quantile(ratios, [0.025, 0.975])
    beyond = int(np.sum(np.abs(ratios) >= abs(_ratio(float(mean), float(error)))))
    return Difference(
        value=float(mean),
        low=float(mean - high * error),
        high=float(mean - low * error),
        p=(1 + beyond) / (len(ratios) + 1),
        how=f"paired bootstrap over sources ({len(ratios)} resamples)",
    )


def joint_jackknife(how: str, value: float, *left_out: Floats) -> Difference:
    """A difference from its own values with one part left out of both models at a time.

    Each of `left_out` is one sample (sources, references): its members are left out in turn,
    and the variances of the samples add up (MMD of two samples, 1801.01401 §4).
    """
    error = float(np.sqrt(sum(standard_error(part) ** 2 for part in left_out)))
    return _normal(value, error, how)


def independent(first: float, error_first: float, second: float, error_second: float) -> Difference:
    """A difference of two scores of which only the standard errors are known.

    Too wide where the models do well on the same sources: what is found is there, but less is
    found.
    """
    how = "intervals of the two, as if of other sources"
    return _normal(first - second, math.hypot(error_first, error_second), how)


def _normal(value: float, error: float, how: str) -> Difference:
    return Difference(
        value=value,
        low=value - CONFIDENCE * error,
        high=value + CONFIDENCE * error,
        p=math.erfc(abs(_ratio(value, error)) / math.sqrt(2.0)),
        how=how,
    )
