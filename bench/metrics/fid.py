"""Fréchet distance between two sets of features (1706.08500, eq. 6), without a matrix root."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.jackknife import delete_groups
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "TEXTURE", "frechet_distance", "score"]

Floats = NDArray[np.float64]

ENOUGH = 2048  # pictures: below this, the covariance of 2048 features has no full rank
GROUPS = 20  # parts of the jackknife; each is one more distance to compute


def frechet_distance(x: Floats, y: Floats) -> float:
    """‖m₁-m₂‖² + Tr(S₁ + S₂ - 2(S₁S₂)^½) for features [n,d] and [m,d]; ValueError under 2 rows.

    For few rows Tr(S₁S₂)^½ is the nuclear norm of X₁X₂ᵀ/√((n-1)(m-1)), X centred; for many, the
    root of the symmetric √S₁S₂√S₁ by eigenvalues. Both are exact for rank-deficient S.
    """
    if min(len(x), len(y)) < 2:
        raise ValueError("a covariance needs at least two rows")
    x, y = x.astype(np.float64), y.astype(np.float64)
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    x, y = x - mean_x, y - mean_y
    n, m = len(x) - 1, len(y) - 1
    traces = np.sum(x * x) / n + np.sum(y * y) / m
    if min(len(x), len(y)) <= x.shape[1]:
        root = np.linalg.norm(x @ y.T, "nuc") / np.sqrt(n * m)
    else:
        root = _trace_of_root(x.T @ x / n, y.T @ y / m)
    return float(np.sum((mean_x - mean_y) ** 2) + traces - 2.0 * root)


def _trace_of_root(s1: Floats, s2: Floats) -> float:
    values, vectors = np.linalg.eigh(s1)
    half = vectors * np.sqrt(np.clip(values, 0.0, None))
    return float(np.sqrt(np.clip(np.linalg.eigvalsh(half.T @ s2 @ half), 0.0, None)).sum())


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
    error = delete_groups(outputs, references, frechet_distance, groups)
    low, high = interval(value, error)
    few = min(n, m) < ENOUGH and name == "fid"
    warning = f"fid of {min(n, m)} pictures (under {ENOUGH}) is mostly bias: rank by kid"
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
        extra={"standard_error": error, "dimensions": int(outputs.shape[1])},
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
