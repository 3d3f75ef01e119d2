"""Structural similarity with the true answer (Wang, Bovik, Sheikh and Simoncelli 2004)."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.per_picture import mean_score
from bench.metrics.registry import MetricCard
from data.errors import AtlasError

__all__ = ["CARD", "ssim"]

WINDOW = 11  # pixels: what a Gaussian of σ = 1.5 cut at 3.5 σ needs


def ssim(output: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Mean over pixels and channels for uint8 [H,W,3], by scikit-image.

    Gaussian window with σ = 1.5 and population covariances, as in the paper. AtlasError when a
    side is under 11 pixels.
    """
    from skimage.metrics import structural_similarity

    if min(output.shape[:2]) < WINDOW:
        raise AtlasError(f"ssim needs pictures of at least {WINDOW}×{WINDOW} pixels")
    return float(
        structural_similarity(
            output,
            truth,
            channel_axis=2,
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


CARD = MetricCard(
    name="ssim",
    title="Structural similarity",
    direction="higher",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "ssim", "", "higher"),
    reference="Wang et al. 2004, doi:10.1109/TIP.2003.819861",
    pair=ssim,
)
