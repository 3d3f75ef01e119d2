"""ArtFID (2207.12280, eq. 4): style and content in one number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics.frechet import frechet_distance, left_out
from bench.metrics.jackknife import standard_error
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "score"]

Floats = NDArray[np.float64]

GROUPS = 20


def score(outputs: Floats, references: Floats, content: Floats, seed: int) -> Score:
    """(1 + mean LPIPS to the source) · (1 + FID to the references); AtlasError under 3 pictures.

    The jackknife leaves the same outputs out of both factors. FID is that of the pictures at
    hand; the authors' default extrapolates from 5000 and more.
    """
    n, m = len(outputs), len(references)
    if min(n, m) < 3:
        raise AtlasError(f"artfid and its spread need at least 3 pictures a side, not {n} and {m}")
    style, kept = frechet_distance(outputs, references), float(content.mean())
    groups = min(GROUPS, n, m)
    rows = np.arange(n) % groups
    contents = np.array([content[rows != g].mean() for g in range(groups)])
    estimates = (1.0 + contents) * (1.0 + left_out(outputs, references, groups))
    error = standard_error(estimates)
    value = (1.0 + kept) * (1.0 + style)
    low, high = interval(value, error)
    dimensions = outputs.shape[1]
    warning = f"artfid of {min(n, m)} pictures (under {dimensions}) is mostly bias"
    return Score(
        metric="artfid",
        value=value,
        low=low,
        high=high,
        n=n,
        n_reference=m,
        spread=f"jackknife of {groups} groups, 95 %",
        direction="lower",
        extra={"standard_error": error, "fid": style, "lpips": kept},
        warnings=(warning,) if min(n, m) < dimensions else (),
    )


CARD = MetricCard(
    name="artfid",
    title="Style and content: FID of paintings times LPIPS to the source",
    direction="lower",
    unit="",
    version=1,
    needs="both",
    compute=score,
    reference="2207.12280",
    extractor="art-inception",
    layer="2048",
    pair_extractor="lpips-alex",
    against="source",
)
