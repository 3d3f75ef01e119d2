"""How well classes are told: F1 of each, and mean accuracy with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.metrics.proportion import EXACT, mean_share

__all__ = ["SPREAD", "Told", "compared", "score"]

SPREAD = f"mean over classes of the {EXACT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Of n pictures: F1 by class (None where a class is neither there nor named), accuracy."""

    n: int
    accuracy: float  # mean over the classes that are there
    low: float
    high: float
    f1: dict[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def score(classes: Sequence[str], true: Sequence[str], named: Sequence[str]) -> Told:
    """Compare true classes with those that were named; the interval is that of `mean_share`.

    ValueError for no pictures, or a class that the classifier does not know.
    """
    place = {name: i for i, name in enumerate(classes)}
    if not true or not set(true) <= set(place):
        raise ValueError(f"classes {sorted(set(true) - set(place))} of {len(true)} pictures")
    pairs = np.array([[place[t], place[p]] for t, p in zip(true, named, strict=True)])
    return compared(classes, pairs)


def compared(classes: Sequence[str], pairs: NDArray[np.int64]) -> Told:
    """The same from places in `classes`, [N,2]: the true one and the one that was named."""
    matrix = _confusion(pairs, len(classes))
    right, there = np.diag(matrix), matrix.sum(axis=1)
    low, high = mean_share(right[there > 0].tolist(), there[there > 0].tolist())
    return Told(
        n=len(pairs),
        accuracy=_mean_accuracy(matrix),
        low=low,
        high=high,
        f1=dict(zip(classes, _f1(matrix), strict=True)),
    )


def _confusion(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """How often class i [row] was named j [column]."""
    flat = np.bincount(pairs[:, 0] * count + pairs[:, 1], minlength=count * count)
    return flat.reshape(count, count)


def _mean_accuracy(matrix: NDArray[np.int64]) -> float:
    there = matrix.sum(axis=1) > 0
    return float(np.mean(np.diag(matrix)[there] / matrix.sum(axis=1)[there]))


def _f1(matrix: NDArray[np.int64]) -> list[float | None]:
    """2·right / (named + there) of each class."""
    right, both = np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1)
    return [float(2 * r / b) if b else None for r, b in zip(right, both, strict=True)]
