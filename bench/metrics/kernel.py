"""Squared maximum mean discrepancy (Gretton et al. 2012, eq. 3), exact, with its jackknife."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.metrics.jackknife import standard_error

__all__ = ["Discrepancy", "Kernel", "cubic", "discrepancy", "gaussian"]

Floats = NDArray[np.float64]
Real = NDArray[np.floating[Any]]
# k of rows from their products [n,m] and squared lengths [n,1] and [m]; may write into products.
Kernel = Callable[[Floats, Floats, Floats], Floats]

BLOCK = 2048  # rows of a kernel matrix in memory at a time


def cubic(dimensions: int) -> Kernel:
    """k(x,y) = (x·y/d + 1)³, the kernel of 1801.01401."""

    def kernel(products: Floats, squares_x: Floats, squares_y: Floats) -> Floats:
        products /= dimensions
        products += 1.0
        return products * products * products  # numpy's power takes a hundred times longer

    return kernel


def gaussian(sigma: float) -> Kernel:
    """k(x,y) = exp(-‖x-y‖²/2σ²), the kernel of 2401.09603 with σ = 10."""

    def kernel(products: Floats, squares_x: Floats, squares_y: Floats) -> Floats:
        apart = np.maximum(squares_x + squares_y - 2.0 * products, 0.0)
        found: Floats = np.exp(apart * (-0.5 / sigma**2))
        return found

    return kernel


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """The unbiased squared MMD, itself with each row of x or of y left out, and the biased one.

    The unbiased is the U-statistic over all pairs, so without random subsets, and is rightly
    negative at times; the biased one takes each row's pair with itself as well.
    """

    value: float
    without_x: Floats  # [n]
    without_y: Floats  # [m]
    biased: float

    @property
    def error(self) -> float:
        """The jackknife standard error over both sets."""
        return float(np.hypot(standard_error(self.without_x), standard_error(self.without_y)))


def discrepancy(x: Real, y: Real, kernel: Kernel) -> Discrepancy:
    """Of features [n,d] and [m,d], in closed form from sums of rows; ValueError under 3 rows."""
    n, m = len(x), len(y)
    if min(n, m) < 3:
        raise ValueError("a U-statistic and its jackknife need at least three rows")
    a, b = _Rows(x), _Rows(y)
    (own_x, diagonal_x), (own_y, diagonal_y) = _own_sums(a, kernel), _own_sums(b, kernel)
    cross_x, cross_y = _row_sums(a, b, kernel)
    sum_x, sum_y, cross = float(own_x.sum()), float(own_y.sum()), float(cross_x.sum())
    term_x, term_y = sum_x / (n * (n - 1)), sum_y / (m * (m - 1))
    without_x = (sum_x - 2.0 * own_x) / ((n - 1) * (n - 2)) + term_y
    without_y = (sum_y - 2.0 * own_y) / ((m - 1) * (m - 2)) + term_x
    return Discrepancy(
        value=term_x + term_y - 2.0 * cross / (n * m),
        without_x=without_x - 2.0 * (cross - cross_x) / ((n - 1) * m),
        without_y=without_y - 2.0 * (cross - cross_y) / (n * (m - 1)),
        biased=(sum_x + diagonal_x) / n**2 + (sum_y + diagonal_y) / m**2 - 2.0 * cross / (n * m),
    )


class _Rows:
    """Features in float64 and their squared lengths [n]."""

    def __init__(self, x: Real) -> None:
        self.x: Floats = x.astype(np.float64)
        self.squares: Floats = np.einsum("nd,nd->n", self.x, self.x)


def _own_sums(a: _Rows, kernel: Kernel) -> tuple[Floats, float]:
    """Sums over each row of k(x,x) without the diagonal, and the sum of the diagonal."""
    alone = a.squares[:, None]  # each row with itself: pairs down one column
    diagonal = kernel(alone.copy(), alone, alone)
    return _row_sums(a, a, kernel)[0] - diagonal[:, 0], float(diagonal.sum())


def _row_sums(a: _Rows, b: _Rows, kernel: Kernel) -> tuple[Floats, Floats]:
    """Sums over rows and over columns of k(x,y), block by block."""
    rows, columns = np.empty(len(a.x)), np.zeros(len(b.x))
    for start in range(0, len(a.x), BLOCK):
        part = slice(start, start + BLOCK)
        values = kernel(a.x[part] @ b.x.T, a.squares[part, None], b.squares)
        rows[part] = values.sum(axis=1)
        columns += values.sum(axis=0)
    return rows, columns
