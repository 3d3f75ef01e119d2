"""How often GANILLA's classifiers name the class that an output should have (2002.05638, §4)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.classifiers.score import SPREAD, compared
from bench.metrics.registry import MetricCard
from bench.metrics.score import Score
from data.errors import AtlasError

__all__ = ["CONTENT", "STYLE", "score"]


def score(name: str, values: NDArray[np.float64], seed: int, classes: Sequence[str]) -> Score:
    """Mean accuracy over the classes that are there, from one count a picture [N,K,K].

    `extra` has the F1 of each class that is there or was named. AtlasError under 2 pictures.
    """
    n = len(values)
    if n < 2:
        raise AtlasError(f"{name} needs at least 2 pictures for a spread, not {n}")
    pairs = np.argwhere(values > 0)[:, 1:]  # rows in the order of the pictures
    told = compared(classes, pairs)
    return Score(
        metric=name,
        value=told.accuracy,
        low=told.low,
        high=told.high,
        n=n,
        n_reference=n,
        spread=SPREAD,
        direction="higher",
        extra={f"F1 {label}": value for label, value in told.f1.items() if value is not None},
    )


def _card(kind: str, title: str) -> MetricCard:
    name = f"{kind}-classifier"
    return MetricCard(
        name=name,
        title=title,
        direction="higher",
        unit="",
        version=2,
        needs="pairs",
        compute=partial(score, name),
        reference="2002.05638, §4",
        extractor=name,
        against="source",
        by_class=True,
    )


CONTENT = _card("content", "Outputs whose scene a classifier still names, mean over classes")
STYLE = _card("style", "Outputs in which a classifier finds the wanted illustrator")
