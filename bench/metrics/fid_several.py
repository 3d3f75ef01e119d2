"""Fréchet distance of several outputs a source, as StarGAN v2 measures (1912.01865, §4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics.frechet import frechet_distance
from bench.metrics.jackknife import standard_error
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "score"]

Floats = NDArray[np.float64]

NAME = "fid-torchvision-10"
GROUPS = 20  # parts of the jackknife


def score(outputs: Floats, references: Floats, seed: int) -> Score:
    """The distance of all outputs [N,draws,d] to the references [M,d].

    The jackknife leaves sources out with all their outputs, which resemble each other.
    AtlasError under 3 sources or references.
    """
    n, m, dimensions = len(outputs), len(references), outputs.shape[-1]
    if min(n, m) < 3:
        raise AtlasError(f"{NAME} and its spread need at least 3 pictures a side, not {n} and {m}")
    value = _distance(outputs, references)
    groups = min(GROUPS, n, m)
    own, other = np.arange(n) % groups, np.arange(m) % groups
    parts = [_distance(outputs[own != g], references[other != g]) for g in range(groups)]
    error = standard_error(np.array(parts))
    low, high = interval(value, error)
    few = min(n * outputs.shape[1], m)
    warning = f"{NAME} of {few} pictures (under {dimensions}) is mostly bias"
    return Score(
        metric=NAME,
        value=value,
        low=low,
        high=high,
        n=n * outputs.shape[1],
        n_reference=m,
        spread=f"jackknife of {groups} groups of sources, 95 %",
        direction="lower",
        extra={
            "standard_error": error,
            "dimensions": dimensions,
            "outputs_per_source": outputs.shape[1],
        },
        warnings=(warning,) if few < dimensions else (),
    )


def _distance(outputs: Floats, references: Floats) -> float:
    return float(frechet_distance(outputs.reshape(-1, outputs.shape[-1]), references))


CARD = MetricCard(
    name=NAME,
    title="Fréchet distance of 10 outputs a source, torchvision's Inception",
    direction="lower",
    unit="",
    version=1,
    needs="many",
    compute=score,
    reference="1912.01865, §4",
    extractor="inception-torchvision",
    layer="2048",
    draws=10,
)
