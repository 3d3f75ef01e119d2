"""Fréchet distance between two sets of features, with its spread: one card an extractor."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.frechet import frechet_distance, left_out
from bench.metrics.jackknife import standard_error
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "CLEAN", "DINOV2", "TEXTURE", "frechet_distance", "score"]

Floats = NDArray[np.float64]

GROUPS = 20  # parts of the jackknife; each is one more distance to compute


def score(name: str, unit: str, outputs: Floats, references: Floats, seed: int) -> Score:
    """The distance with a delete-a-group jackknife over both sets; AtlasError under 3 pictures.

    No bootstrap: drawing with replacement repeats pictures, which moves this distance away from
    its own value.
    """
    n, m = len(outputs), len(references)
    if min(n, m) < 3:
        raise AtlasError(f"{name} and its spread need at least 3 pictures a side, not {n} and {m}")
    value = frechet_distance(outputs, references)
    groups = min(GROUPS, n, m)
    error = standard_error(left_out(outputs, references, groups))
    low, high = interval(value, error)
    dimensions = outputs.shape[1]
    # Below this a covariance has no full rank.
    few = min(n, m) < dimensions
    warning = f"{name} of {min(n, m)} pictures (under {dimensions}) is mostly bias: rank by kid"
    return Score(
        metric=name,
        value=value,
        low=low,
        high=high,
        n=n,
        n_reference=m,
        spread=f"jackknife of {groups} groups, 95 %",
        unit=unit,
        direction="lower",
        extra={"standard_error": error, "dimensions": int(dimensions)},
        warnings=(warning,) if few else (),
    )


CARD = MetricCard(
    name="fid",
    title="Fréchet Inception distance",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=partial(score, "fid", ""),
    reference="1706.08500",
    extractor="inception",
    layer="2048",
)
CLEAN = MetricCard(
    name="fid-clean",
    title="Fréchet Inception distance with clean-fid's resize",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=partial(score, "fid-clean", ""),
    reference="2104.11222",
    extractor="inception-clean",
    layer="2048",
)
DINOV2 = MetricCard(
    name="fd-dinov2",
    title="Fréchet distance of DINOv2's features",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=partial(score, "fd-dinov2", ""),
    reference="2306.04675",
    extractor="dinov2",
    layer="cls",
)
TEXTURE = MetricCard(
    name="fid-texture",
    title="Fréchet distance of filter-bank features",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=partial(score, "fid-texture", ""),
    reference="the mathematics of 1706.08500 on features of our own",
    extractor="texture",
    layer="texture",
)
