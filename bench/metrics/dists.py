"""Distance of structure and texture to the true answer (2004.07728)."""

from __future__ import annotations

from functools import partial

from bench.metrics.per_picture import mean_score
from bench.metrics.registry import MetricCard

__all__ = ["CARD"]

CARD = MetricCard(
    name="dists",
    title="Distance of structure and texture to the true answer",
    direction="lower",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "dists", "", "lower"),
    reference="2004.07728",
    extractor="dists",
)
