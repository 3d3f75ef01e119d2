"""Kernel distance between two sets of features (1801.01401, §4), exact and with its true spread."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.kernel import cubic, discrepancy
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "CLEAN", "TEXTURE", "kernel_distance", "leave_one_out", "score", "subset_figure"]

Floats = NDArray[np.float64]

SUBSETS = 100  # torch-fidelity's default number; its size there is 1000
SUBSET_SIZE = 1000


def kernel_distance(x: Floats, y: Floats) -> tuple[float, float]:
    """The unbiased squared MMD of features [n,d] and [m,d], and its jackknife standard error.

    Negative values are right: the truth may be 0. ValueError under 3 rows.
    """
    found = discrepancy(x, y, cubic(x.shape[1]))
    return found.value, found.error


def leave_one_out(x: Floats, y: Floats) -> tuple[float, Floats, Floats]:
    """The kernel distance, and itself with each row of `x` [n] or of `y` [m] left out."""
    found = discrepancy(x, y, cubic(x.shape[1]))
    return found.value, found.without_x, found.without_y


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
CLEAN = MetricCard(
    name="kid-clean",
    title="Kernel Inception distance with clean-fid's resize",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=partial(score, "kid-clean"),
    reference="2104.11222",
    extractor="inception-clean",
    layer="2048",
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
