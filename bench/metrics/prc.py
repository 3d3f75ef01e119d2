"""Precision and recall of features (1904.06991, §2), as torch-fidelity defines them."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.metrics.jackknife import standard_error
from bench.metrics.proportion import EXACT, share
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score, interval
from data.errors import AtlasError

__all__ = ["CARD", "INCEPTION", "PRECISION", "RECALL", "precision_recall", "score"]

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]

NEIGHBOURS = 3
GROUPS = 20
LEAST = NEIGHBOURS + 2  # pictures: a third neighbour is needed with one group left out too
NAMES = ("precision", "recall", "f_score")


def precision_recall(outputs: Floats, references: Floats) -> tuple[float, float, float]:
    """Shares of outputs within the references' manifold and the reverse, and their F-score.

    The manifold of a set are the balls around its rows that reach to the third neighbour.
    """
    distances = _distances(outputs, outputs), _distances(references, references)
    return _of_rows(*distances, _distances(outputs, references))


def _distances(x: Floats, y: Floats) -> Floats:
    """Squared distances [n,m]; 0 is never negative."""
    squares = np.einsum("nd,nd->n", x, x)[:, None] + np.einsum("nd,nd->n", y, y)
    found: Floats = np.maximum(squares - 2.0 * (x @ y.T), 0.0)
    return found


def _of_rows(own_x: Floats, own_y: Floats, cross: Floats) -> tuple[float, float, float]:
    # The nearest of all is the row itself.
    reach_x = np.partition(own_x, NEIGHBOURS, axis=1)[:, NEIGHBOURS]
    reach_y = np.partition(own_y, NEIGHBOURS, axis=1)[:, NEIGHBOURS]
    precision = float((cross <= reach_y).any(axis=1).mean())
    recall = float((cross <= reach_x[:, None]).any(axis=0).mean())
    return precision, recall, 2.0 * precision * recall / max(1e-5, precision + recall)


def _left_out(own_x: Floats, own_y: Floats, cross: Floats, groups: int) -> Floats:
    """The three numbers [groups,3], each without every `groups`-th row of both sets."""
    found = []
    for g in range(groups):
        i = np.arange(len(own_x)) % groups != g
        j = np.arange(len(own_y)) % groups != g
        parts = own_x[np.ix_(i, i)], own_y[np.ix_(j, j)], cross[np.ix_(i, j)]
        found.append(_of_rows(*parts))
    return np.array(found)


def score(name: str, which: int, outputs: Floats, references: Floats, seed: int) -> Score:
    """One of precision, recall and F-score, with the others beside; AtlasError under 5 pictures."""
    n, m = len(outputs), len(references)
    if min(n, m) < LEAST:
        raise AtlasError(f"{name} needs at least {LEAST} pictures a side, not {n} and {m}")
    x, y = outputs.astype(np.float64), references.astype(np.float64)
    distances = _distances(x, x), _distances(y, y), _distances(x, y)
    values = _of_rows(*distances)
    groups = min(GROUPS, n, m)
    errors = [standard_error(column) for column in _left_out(*distances, groups).T]
    low, high = _not_too_sure(which, values[which], interval(values[which], errors[which]), n, m)
    return Score(
        metric=name,
        value=values[which],
        low=max(low, 0.0),  # a share is between none and all
        high=min(high, 1.0),
        n=n,
        n_reference=m,
        spread=f"jackknife of {groups} groups" + (f", at least {EXACT}" if which < 2 else ", 95 %"),
        direction="higher",
        extra={
            "standard_error": errors[which],
            "neighbours": NEIGHBOURS,
            **dict(zip(NAMES, values, strict=True)),
        },
    )


def _not_too_sure(
    which: int, value: float, found: tuple[float, float], n: int, m: int
) -> tuple[float, float]:
    """For a share of n outputs or of m references, no less than what so many pictures allow.

    A jackknife gives no width to none and all.
    """
    if which == 2:
        return found
    of = n if which == 0 else m
    low, high = share(round(value * of), of)
    return min(low, found[0]), max(high, found[1])


def _card(
    name: str, title: str, which: int, extractor: str, layer: str, version: int = 1
) -> MetricCard:
    return MetricCard(
        name=name,
        title=title,
        direction="higher",
        unit="",
        version=version,
        needs="features",
        compute=partial(score, name, which),
        reference="1904.06991",
        extractor=extractor,
        layer=layer,
    )


CARD = _card("prc", "F-score of precision and recall, VGG-16", 2, "vgg16", "fc2_relu")
PRECISION = _card("precision", "Outputs like a reference, VGG-16", 0, "vgg16", "fc2_relu", 2)
RECALL = _card("recall", "References like an output, VGG-16", 1, "vgg16", "fc2_relu", 2)
INCEPTION = _card(
    "prc-inception", "F-score of precision and recall, Inception", 2, "inception", "2048"
)
