"""FID for endlessly many pictures, extrapolated from several counts (1911.07023, §3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics.frechet import frechet_distance
from bench.metrics.jackknife import delete_groups
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "extrapolated", "score"]

Floats = NDArray[np.float64]

SHARES = (0.4, 0.55, 0.7, 0.85, 1.0)  # of the pictures of either set
LEAST = 10  # pictures a side: 4 are left in the smallest share
GROUPS = 5  # parts of the jackknife, each a whole extrapolation


def extrapolated(x: Floats, y: Floats) -> float:
    """Where a line through distances of shares of both sets, over 1/share, meets 0.

    The bias falls as 1/n for n well over d (1911.07023, eq. 6). Shares are taken at even steps
    through rows that are in the order of their content, so nothing is drawn.
    """
    distances = [frechet_distance(_share(x, part), _share(y, part)) for part in SHARES]
    return float(np.polyfit([1.0 / part for part in SHARES], distances, 1)[1])


def _share(x: Floats, part: float) -> Floats:
    count = max(2, round(part * len(x)))
    rows = np.linspace(0, len(x) - 1, count).round().astype(np.intp)
    found: Floats = x[rows]
    return found


def score(outputs: Floats, references: Floats, seed: int) -> Score:
    """The extrapolation with a delete-a-group jackknife; AtlasError under 10 pictures."""
    n, m = len(outputs), len(references)
    if min(n, m) < LEAST:
        raise AtlasError(f"fid-inf needs at least {LEAST} pictures a side, not {n} and {m}")
    value = extrapolated(outputs, references)
    error = delete_groups(outputs, references, extrapolated, GROUPS)
    low, high = interval(value, error)
    few = min(n, m) < 2 * outputs.shape[1]
    warning = f"fid-inf of {min(n, m)} pictures keeps bias: its line holds for many more than "
    return Score(
        metric="fid-inf",
        value=value,
        low=low,
        high=high,
        n=n,
        n_reference=m,
        spread=f"jackknife of {GROUPS} groups, 95 %",
        direction="lower",
        extra={"standard_error": error, "points": len(SHARES)},
        warnings=(f"{warning}{outputs.shape[1]}",) if few else (),
    )


CARD = MetricCard(
    name="fid-inf",
    title="Fréchet Inception distance, extrapolated to endlessly many pictures",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=score,
    reference="1911.07023",
    extractor="inception",
    layer="2048",
)
