"""Outputs that copy a training picture, by distances in feature space (2102.08921, §3.3)."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.proportion import EXACT, share
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score
from data.errors import AtlasError

__all__ = ["CARD", "NEAR", "TEXTURE", "nearest", "score"]

Floats = NDArray[np.float64]
BLOCK = 1024

# The paper counts every ratio under 1, but that of a picture that is merely another of the same
# kind often is. A copy is twice as near as anything that training had.
NEAR = 0.5


def nearest(outputs: Floats, training: Floats) -> tuple[NDArray[np.intp], Floats]:
    """For each output the row of its nearest training picture, and a ratio of distances.

    From the output to that picture, over from that picture to its own nearest neighbour in the
    training set: under 1 the output is nearer than any training picture is, at 0 it is that
    picture. ValueError under 2 training pictures.
    """
    if len(training) < 2:
        raise ValueError("a training picture has no neighbour")
    rows, apart = _closest(outputs, training, itself=False)
    chosen = np.unique(rows)
    own = np.full(len(training), np.nan)
    own[chosen] = _closest(training[chosen], training, itself=True)[1]
    around = own[rows]
    ratio = np.divide(apart, around, out=np.full(len(rows), np.inf), where=around > 0)
    # A training picture that is there twice has no distance around it: only itself is a copy.
    ratio[apart == 0] = 0.0
    return rows, ratio


def _closest(x: Floats, y: Floats, *, itself: bool) -> tuple[NDArray[np.intp], Floats]:
    """Nearest rows of `y` and the distances to them; with `itself` the second nearest."""
    place = 1 if itself else 0
    rows, apart = np.empty(len(x), np.intp), np.empty(len(x))
    squares = np.einsum("nd,nd->n", y, y)
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        order = np.argpartition(squares - 2.0 * (part @ y.T), place, axis=1)[:, place]
        rows[start : start + BLOCK] = order
        # Once more from the difference, which is 0 for equal rows.
        apart[start : start + BLOCK] = np.linalg.norm(part - y[order], axis=1)
    return rows, apart


def score(name: str, outputs: Floats, training: Floats, seed: int) -> Score:
    """Share of outputs with a ratio under NEAR; AtlasError under 2 of outputs or of training.

    `extra` has the paper's share too, which counts ratios under 1.
    """
    if min(len(outputs), len(training)) < 2:
        raise AtlasError(f"{name} needs at least 2 outputs and 2 training pictures")
    ratio = nearest(outputs, training)[1]
    copied, count = int(np.sum(ratio < NEAR)), len(outputs)
    low, high = share(copied, count)
    return Score(
        metric=name,
        value=copied / count,
        low=low,
        high=high,
        n=count,
        n_reference=len(training),
        spread=EXACT,
        direction="lower",
        extra={"copies": copied, "not_authentic": float(np.mean(ratio < 1.0))},
    )


CARD = MetricCard(
    name="copies",
    title="Share of outputs that copy a training picture, by Inception",
    direction="lower",
    unit="",
    version=2,
    needs="features",
    compute=partial(score, "copies"),
    reference="2102.08921",
    extractor="inception",
    layer="2048",
    compared="training",
)
TEXTURE = MetricCard(
    name="copies-texture",
    title="Share of outputs that copy a training picture, by the filter bank",
    direction="lower",
    unit="",
    version=2,
    needs="features",
    compute=partial(score, "copies-texture"),
    reference="the mathematics of 2102.08921 on features of our own",
    extractor="texture",
    layer="texture",
    compared="training",
)
