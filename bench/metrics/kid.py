"""Kernel distance between two sets of features (1801.01401, §4), exact and with its true spread."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.jackknife import standard_error
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "TEXTURE", "kernel_distance", "score", "subset_figure"]

Floats = NDArray[np.float64]

SUBSETS = 100  # torch-fidelity's default number; its size there is 1000
SUBSET_SIZE = 1000
BLOCK = 2048  # rows of a kernel matrix in memory at a time


def _row_sums(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Sums over rows and columns of k(x,y) = (x·y/d + 1)³, block by block."""
    rows, columns = np.empty(len(x)), np.zeros(len(y))
    for start in range(0, len(x), BLOCK):
        part = slice(start, start + BLOCK)
        kernel = (x[part] @ y.T / x.shape[1] + 1.0) ** 3
        rows[part] = kernel.sum(axis=1)
        columns += kernel.sum(axis=0)
    return rows, columns


def _diagonal(x: Floats) -> Floats:
    values: Floats = (np.einsum("nd,nd->n", x, x) / x.shape[1] + 1.0) ** 3
    return values


def kernel_distance(x: Floats, y: Floats) -> tuple[float, float]:
    """The unbiased squared MMD of features [n,d] and [m,d], and its jackknife standard error.

    The U-statistic over all pairs, so without random subsets; the error leaves out each row of
    either set once, in closed form. Negative values are right: the truth may be 0.
    ValueError under 3 rows, of which 2 are left when one is out.
    """
    n, m = len(x), len(y)
    if min(n, m) < 3:
        raise ValueError("a U-statistic and its jackknife need at least three rows")
    x, y = x.astype(np.float64), y.astype(np.float64)
    own_x = _row_sums(x, x)[0] - _diagonal(x)
    own_y = _row_sums(y, y)[0] - _diagonal(y)
    cross_x, cross_y = _row_sums(x, y)
    sum_x, sum_y, cross = own_x.sum(), own_y.sum(), cross_x.sum()
    term_x, term_y = sum_x / (n * (n - 1)), sum_y / (m * (m - 1))
    value = float(term_x + term_y - 2.0 * cross / (n * m))
    without_x = (sum_x - 2.0 * own_x) / ((n - 1) * (n - 2)) + term_y
    without_x = without_x - 2.0 * (cross - cross_x) / ((n - 1) * m)
    without_y = (sum_y - 2.0 * own_y) / ((m - 1) * (m - 2)) + term_x
    without_y = without_y - 2.0 * (cross - cross_y) / (n * (m - 1))
    return value, float(np.hypot(standard_error(without_x), standard_error(without_y)))


def subset_figure(x: Floats, y: Floats, seed: int) -> dict[str, float | int | str]:
    """Mean and deviation over random subsets as torch-fidelity prints them.

    Kept so that values can be compared; the deviation measures the size of the subsets, not
    the uncertainty of the distance.
    """
    import torch
    from torch_fidelity.metric_kid import (
        KEY_METRIC_KID_MEAN,
        KEY_METRIC_KID_STD,
        kid_features_to_metric,
    )

    size = min(SUBSET_SIZE, len(x), len(y))
    found = kid_features_to_metric(
        torch.from_numpy(x.astype(np.float32)),
        torch.from_numpy(y.astype(np.float32)),
        kid_subsets=SUBSETS,
        kid_subset_size=size,
        rng_seed=seed,
        verbose=False,
    )
    return {
        "subset_mean": float(found[KEY_METRIC_KID_MEAN]),
        "subset_deviation": float(found[KEY_METRIC_KID_STD]),
        "subset_size": size,
        "subsets": SUBSETS,
        "subset_seed": seed,
    }


def score(name: str, outputs: Floats, references: Floats, seed: int) -> Score:
    """The kernel distance, raw (never times 100 or 1000); AtlasError under 3 pictures."""
    n, m = len(outputs), len(references)
    if min(n, m) < 3:
        raise AtlasError(f"{name} and its spread need at least 3 pictures a side, not {n} and {m}")
    value, error = kernel_distance(outputs, references)
    low, high = interval(value, error)
    return Score(
        metric=name,
        value=value,
        low=low,
        high=high,
        n=n,
        n_reference=m,
        spread="jackknife over pictures, 95 %",
        direction="lower",
        extra={"standard_error": error},
    )


CARD = MetricCard(
    name="kid",
    title="Kernel Inception distance",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=partial(score, "kid"),
    reference="1801.01401",
    extractor="inception",
    layer="2048",
    beside=subset_figure,
)
TEXTURE = MetricCard(
    name="kid-texture",
    title="Kernel distance of filter-bank features",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=partial(score, "kid-texture"),
    reference="the mathematics of 1801.01401 on features of our own",
    extractor="texture",
    layer="texture",
)
