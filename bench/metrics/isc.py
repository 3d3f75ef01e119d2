"""Inception score (1606.03498, §4), by torch-fidelity on Inception's logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics.jackknife import standard_error
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "inception_score", "score"]

Floats = NDArray[np.float64]

SPLITS = 10
GROUPS = 20


def inception_score(logits: Floats, splits: int, seed: int) -> tuple[float, float]:
    """exp of the mean KL divergence of p(y|x) from p(y): mean and deviation over `splits`."""
    import torch
    from torch_fidelity.metric_isc import (
        KEY_METRIC_ISC_MEAN,
        KEY_METRIC_ISC_STD,
        isc_features_to_metric,
    )

    found = isc_features_to_metric(torch.from_numpy(logits), splits, shuffle=True, rng_seed=seed)
    return float(found[KEY_METRIC_ISC_MEAN]), float(found[KEY_METRIC_ISC_STD])


def score(outputs: Floats, references: Floats, seed: int) -> Score:
    """The score over 10 splits; AtlasError under 10 pictures, where a split would be empty."""
    n = len(outputs)
    if n < SPLITS:
        raise AtlasError(f"isc needs at least {SPLITS} pictures, one for each split, not {n}")
    value, deviation = inception_score(outputs, SPLITS, seed)
    parts = np.arange(n) % min(GROUPS, n)
    left_out = [
        inception_score(outputs[parts != g], min(SPLITS, int(np.sum(parts != g))), seed)[0]
        for g in range(parts.max() + 1)
    ]
    error = standard_error(np.array(left_out))
    low, high = interval(value, error)
    return Score(
        metric="isc",
        value=value,
        low=low,
        high=high,
        n=n,
        spread=f"jackknife of {parts.max() + 1} groups, 95 %",
        direction="higher",
        extra={"splits": SPLITS, "split_deviation": deviation, "standard_error": error},
    )


def by_name(outputs: Floats, references: Floats, seed: int) -> dict[str, float | int]:
    """Mean and deviation over splits of the outputs in the order of their file names."""
    if len(outputs) < SPLITS:
        return {}
    value, deviation = inception_score(outputs, SPLITS, seed)
    return {"by_name_mean": value, "by_name_deviation": deviation}


CARD = MetricCard(
    name="isc",
    title="Inception score",
    direction="higher",
    unit="",
    version=1,
    needs="features",
    compute=score,
    reference="1606.03498",
    extractor="inception",
    layer="logits_unbiased",
    beside=by_name,
)
