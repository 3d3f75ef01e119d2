"""Peak signal-to-noise ratio against the true answer."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.per_picture import mean_score
from bench.metrics.registry import MetricCard

__all__ = ["CARD", "HIGHEST", "psnr"]

# What one grey level in one of a million values would give: stands for equal pictures, whose
# ratio is infinite and would make every mean infinite.
HIGHEST = float(10 * np.log10(255.0**2 * 1e6))


def psnr(output: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """10·log₁₀(255²/MSE) in dB for uint8 [H,W,3]; equal pictures give HIGHEST (108 dB)."""
    error = np.mean((output.astype(np.float64) - truth.astype(np.float64)) ** 2)
    return HIGHEST if error == 0 else min(HIGHEST, float(10 * np.log10(255.0**2 / error)))


CARD = MetricCard(
    name="psnr",
    title="Peak signal-to-noise ratio",
    direction="higher",
    unit="dB",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "psnr", "dB", "higher"),
    reference="10·log₁₀(255²/MSE) over all three channels",
    pair=psnr,
)
