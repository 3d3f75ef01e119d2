"""Whether a segmentation network finds the label map again in the output (1611.07004, §4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.jackknife import standard_error
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CLASS", "IOU", "PIXEL", "class_accuracy", "mean_iou", "pixel_accuracy", "score"]

Floats = NDArray[np.float64]


def pixel_accuracy(confusion: Floats) -> float:
    """Share of pixels of the right class, from counts [K,K] by true and found class."""
    return float(np.trace(confusion) / confusion.sum())


def class_accuracy(confusion: Floats) -> float:
    """Mean over the classes that occur of the share of their pixels that are found."""
    truth = confusion.sum(axis=1)
    return float(np.mean(np.diag(confusion)[truth > 0] / truth[truth > 0]))


def mean_iou(confusion: Floats) -> float:
    """Mean over classes that occur or are found of intersection over union."""
    both = np.diag(confusion)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - both
    return float(np.mean(both[union > 0] / union[union > 0]))


def score(name: str, statistic: Callable[[Floats], float], values: Floats, seed: int) -> Score:
    """The statistic of all pictures' counts together [N,K,K], leaving each out for the error."""
    n = len(values)
    if n < 2:
        raise AtlasError(f"{name} needs at least 2 pictures for a spread, not {n}")
    total = values.sum(axis=0)
    error = standard_error(np.array([statistic(total - one) for one in values]))
    value = statistic(total)
    low, high = interval(value, error)
    return Score(
        metric=name,
        value=value,
        low=max(low, 0.0),  # a share is between none and all
        high=min(high, 1.0),
        n=n,
        n_reference=n,
        spread="jackknife over pictures, 95 %",
        direction="higher",
        extra={"standard_error": error, "classes": int(values.shape[1])},
    )


def _card(name: str, title: str, statistic: Callable[[Floats], float]) -> MetricCard:
    return MetricCard(
        name=name,
        title=title,
        direction="higher",
        unit="",
        version=1,
        needs="pairs",
        compute=partial(score, name, statistic),
        reference="1411.4038, §5",
        extractor="segmentation",
        against="source",
    )


PIXEL = _card("seg-pixel", "Pixels of the right class", pixel_accuracy)
CLASS = _card("seg-class", "Pixels of the right class, mean over classes", class_accuracy)
IOU = _card("seg-iou", "Intersection over union, mean over classes", mean_iou)
