"""Structural similarity at five scales (Wang, Simoncelli and Bovik 2003)."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.per_picture import mean_score
from bench.metrics.registry import MetricCard
from data.errors import AtlasError

__all__ = ["CARD", "ms_ssim"]

Floats = NDArray[np.float64]

EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the paper's table, finest scale first
SIGMA, RADIUS = 1.5, 5  # of the Gaussian window, 11 pixels wide
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
LEAST = (2 * RADIUS + 1) * 2 ** (len(EXPONENTS) - 1)  # pixels: a window fits the last scale


def ms_ssim(output: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """The product over scales of contrast and structure, and luminance at the coarsest.

    uint8 [H,W,3] twice; all channels and window positions wholly inside count alike, a negative
    mean counts as 0. AtlasError when a side is under 176 pixels.
    """
    if min(output.shape[:2]) < LEAST:
        raise AtlasError(f"ms-ssim needs pictures of at least {LEAST}×{LEAST} pixels")
    x, y = output.astype(np.float64), truth.astype(np.float64)
    value = 1.0
    for scale, exponent in enumerate(EXPONENTS):
        luminance, contrast = _similarity(x, y)
        last = scale == len(EXPONENTS) - 1
        mean = float((luminance * contrast if last else contrast).mean())
        value *= max(mean, 0.0) ** exponent
        x, y = _halved(x), _halved(y)
    return value


def _similarity(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    mean_x, mean_y = _window(x), _window(y)
    var_x, var_y = _window(x * x) - mean_x**2, _window(y * y) - mean_y**2
    both = _window(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    return luminance, (2 * both + C2) / (var_x + var_y + C2)


def _window(x: Floats) -> Floats:
    """Gaussian mean at every position where the window is wholly inside."""
    from scipy.ndimage import correlate1d

    weights = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / SIGMA) ** 2)
    weights /= weights.sum()
    mean = correlate1d(correlate1d(x, weights, axis=0), weights, axis=1)
    found: Floats = mean[RADIUS:-RADIUS, RADIUS:-RADIUS]
    return found


def _halved(x: Floats) -> Floats:
    """Means of 2×2 pixels; an odd last row or column is left out."""
    height, width = x.shape[0] // 2, x.shape[1] // 2
    parts = x[: 2 * height, : 2 * width].reshape(height, 2, width, 2, -1)
    found: Floats = parts.mean(axis=(1, 3))
    return found


CARD = MetricCard(
    name="ms-ssim",
    title="Structural similarity at five scales",
    direction="higher",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "ms-ssim", "", "higher"),
    reference="Wang et al. 2003, doi:10.1109/ACSSC.2003.1292216",
    pair=ms_ssim,
)
