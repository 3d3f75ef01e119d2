"""How far the layout of an output went from its source (2201.00424, eq. 4)."""

from __future__ import annotations

from functools import partial

from bench.metrics.per_picture import mean_score
from bench.metrics.registry import MetricCard

__all__ = ["CARD"]

# Papers print it times 100; records keep it raw.
CARD = MetricCard(
    name="dino-structure",
    title="Distance of DINO's self-similarity to the source",
    direction="lower",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "dino-structure", "", "lower"),
    reference="2201.00424",
    extractor="dino",
    against="source",
)
