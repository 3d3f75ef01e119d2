"""Discrepancy of CLIP's embeddings under a Gaussian kernel (2401.09603, §4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.metrics.kernel import discrepancy, gaussian
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "score"]

SIGMA = 10.0
SCALE = 1000.0  # of the paper's tables, and of its code's output


def score(outputs: NDArray[np.float64], references: NDArray[np.float64], seed: int) -> Score:
    """1000 times the unbiased squared MMD; AtlasError under 3 pictures.

    `extra` has the biased one, which is what the authors' code prints.
    """
    n, m = len(outputs), len(references)
    if min(n, m) < 3:
        raise AtlasError(f"cmmd and its spread need at least 3 pictures a side, not {n} and {m}")
    found = discrepancy(outputs, references, gaussian(SIGMA))
    low, high = interval(SCALE * found.value, SCALE * found.error)
    return Score(
        metric="cmmd",
        value=SCALE * found.value,
        low=low,
        high=high,
        n=n,
        n_reference=m,
        spread="jackknife over pictures, 95 %",
        direction="lower",
        extra={"standard_error": SCALE * found.error, "biased": SCALE * found.biased},
    )


CARD = MetricCard(
    name="cmmd",
    title="Maximum mean discrepancy of CLIP's embeddings, times 1000",
    direction="lower",
    unit="",
    version=1,
    needs="features",
    compute=score,
    reference="2401.09603",
    extractor="clip",
    layer="image",
)
