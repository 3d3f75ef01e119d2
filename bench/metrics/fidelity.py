"""What an output keeps of its source's colours and edges; needs no weights."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.per_picture import mean_score
from bench.metrics.registry import MetricCard

__all__ = ["COLOUR", "EDGE", "colour_distance", "edge_correlation"]

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]

LUMA = np.array([0.299, 0.587, 0.114])
QUANTILES = np.linspace(0.0, 1.0, 257)


def colour_distance(output: Picture, source: Picture) -> float:
    """How far colours moved, wherever they are: in units of CIELAB, where 2.3 is just seen.

    The mean over L*, a* and b* of the distance between the two distributions of that channel
    (Wasserstein 1), from 257 quantiles each. uint8 [H,W,3] twice, of any two sizes.
    """
    from skimage.color import rgb2lab

    found = [np.quantile(rgb2lab(p).reshape(-1, 3), QUANTILES, axis=0) for p in (output, source)]
    return float(np.abs(found[0] - found[1]).mean())


def edge_correlation(output: Picture, source: Picture) -> float:
    """Correlation of the strength of edges, pixel by pixel: 1 for the same edges, 0 for none.

    Sobel gradients of luminance of uint8 [H,W,3]. A picture without any edge has correlation 0
    with every other, and 1 with another such.
    """
    x, y = _edges(output), _edges(source)
    flat = [bool(np.ptp(edges) == 0) for edges in (x, y)]
    if any(flat):
        return float(all(flat))
    return float(np.corrcoef(x.ravel(), y.ravel())[0, 1])


def _edges(picture: Picture) -> Floats:
    from skimage.filters import sobel

    found: Floats = sobel(picture @ LUMA)
    return np.where(found < 1e-9, 0.0, found)


COLOUR = MetricCard(
    name="colour-source",
    title="How far colours moved from the source's",
    direction="lower",
    unit="ΔLab",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "colour-source", "ΔLab", "lower"),
    reference="Wasserstein 1 distance of CIELAB's channels, mean of the three",
    pair=colour_distance,
    against="source",
)
EDGE = MetricCard(
    name="edge-source",
    title="Correlation of edges with the source's",
    direction="higher",
    unit="",
    version=1,
    needs="pairs",
    compute=partial(mean_score, "edge-source", "", "higher"),
    reference="Pearson correlation of Sobel gradients of luminance",
    pair=edge_correlation,
    against="source",
)
