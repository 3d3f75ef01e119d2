"""From one number a picture to a Score: the mean, with a bootstrap over pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics.score import Direction, Score
from data.errors import AtlasError

__all__ = ["mean_score"]

RESAMPLES = 2000


def mean_score(
    name: str, unit: str, direction: Direction, values: NDArray[np.float64], seed: int
) -> Score:
    """Mean of `values` [N] with a 95 % percentile bootstrap; AtlasError under 2 values."""
    n = len(values)
    if n < 2:
        raise AtlasError(f"{name} needs at least 2 pairs of pictures for a spread, not {n}")
    rows = np.random.default_rng(seed).integers(0, n, (RESAMPLES, n))
    low, high = np.quantile(values[rows].mean(axis=1), [0.025, 0.975])
    return Score(
        metric=name,
        value=float(values.mean()),
        low=float(low),
        high=float(high),
        n=n,
        n_reference=n,
        spread=f"bootstrap over pictures ({RESAMPLES} resamples), 95 %",
        unit=unit,
        direction=direction,
        extra={"standard_error": float(values.std(ddof=1) / np.sqrt(n))},
    )
