"""Fréchet distance between Gaussians (1706.08500, eq. 6) without a square root of a matrix.

With any roots S₁ = R₁ᵀR₁ and S₂ = R₂ᵀR₂, Tr(S₁S₂)^½ is the nuclear norm of R₁R₂ᵀ. The centred
features over √(n-1) are such a root, and for more rows than columns the Cholesky factor is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Moments", "distance_of_moments", "frechet_distance", "left_out", "moments"]

Floats = NDArray[np.float64]
Real = NDArray[np.floating[Any]]

BLOCK = 4096  # rows that are turned into float64 at a time
EXACT = 1e-11  # relative error of a nuclear norm that is no error
# Errors of small eigenvalues in units of ε·σ₁²: below 0.7 in products of 50 to 2,000 rows. Those of
# large ones are up to 40, which is nothing beside what they are themselves.
SLACK = 2.0


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean [d] and scatter [d,d]: the sum of (x-mean)(x-mean)ᵀ."""

    n: int
    mean: Floats
    scatter: Floats

    @property
    def covariance(self) -> Floats:
        """The unbiased covariance [d,d]."""
        return self.scatter / (self.n - 1)


def frechet_distance(x: Real, y: Real) -> float:
    """‖m₁-m₂‖² + Tr(S₁ + S₂ - 2(S₁S₂)^½) for features [n,d] and [m,d], in float64.

    Exact for rank-deficient S, never complex, 0 for equal sets. ValueError under 2 rows.
    """
    if min(len(x), len(y)) < 2:
        raise ValueError("a covariance needs at least two rows")
    if min(len(x), len(y)) > x.shape[1]:
        return distance_of_moments(moments([x]), moments([y]))
    (x, mean_x), (y, mean_y) = _centred(x), _centred(y)
    n, m = len(x) - 1, len(y) - 1
    traces = np.vdot(x, x) / n + np.vdot(y, y) / m
    root = _nuclear_of_centred(x @ y.T) / np.sqrt(n * m)
    return float(np.sum((mean_x - mean_y) ** 2) + traces - 2.0 * root)


def moments(blocks: Iterable[Real]) -> Moments:
    """Moments of rows that come in blocks [k,d], each added by the pairwise update.

    Chan, Golub and LeVeque 1983, eq. 2.1: no sum of squares from which a mean is taken away.
    """
    total: Moments | None = None
    for block in blocks:
        for start in range(0, len(block), BLOCK):
            part, mean = _centred(block[start : start + BLOCK])
            found = Moments(len(part), mean, part.T @ part)
            total = found if total is None else _joined(total, found)
    if total is None:
        raise ValueError("no rows")
    return total


def distance_of_moments(a: Moments, b: Moments) -> float:
    """The distance from moments; ValueError under 2 rows."""
    return _distance(a, b, _nuclear_fast)


def left_out(x: Real, y: Real, groups: int) -> Floats:
    """Distances [groups], each without every `groups`-th row of both: for a jackknife.

    From one product of all rows with all rows. Its singular values are taken from eigenvalues,
    which is faster and keeps 7 digits: enough for a standard error.
    """
    (x, mean_x), (y, mean_y) = _centred(x), _centred(y)
    parts = [
        (np.arange(len(x)) % groups == g, np.arange(len(y)) % groups == g) for g in range(groups)
    ]
    if min(len(x), len(y)) > x.shape[1]:
        whole = [
            Moments(len(part), mean, part.T @ part) for part, mean in ((x, mean_x), (y, mean_y))
        ]
        return np.array([_without_rows(whole, (x, y), rows) for rows in parts])
    cross = x @ y.T
    squares = np.einsum("nd,nd->n", x, x), np.einsum("nd,nd->n", y, y)
    apart = mean_x - mean_y
    return np.array([_of_part(cross, (x, y), squares, apart, ~i, ~j) for i, j in parts])


def _centred(x: Real) -> tuple[Floats, Floats]:
    whole = x.astype(np.float64)
    mean: Floats = whole.mean(axis=0)
    whole -= mean
    return whole, mean


def _joined(a: Moments, b: Moments) -> Moments:
    n = a.n + b.n
    apart = b.mean - a.mean
    scatter = a.scatter + b.scatter + np.outer(apart, apart) * (a.n * b.n / n)
    return Moments(n, a.mean + apart * (b.n / n), scatter)


def _distance(a: Moments, b: Moments, nuclear: Callable[[Floats], float]) -> float:
    if min(a.n, b.n) < 2:
        raise ValueError("a covariance needs at least two rows")
    s1, s2 = a.covariance, b.covariance
    root = nuclear(_root(s1) @ _root(s2).T)
    apart = float(np.sum((a.mean - b.mean) ** 2))
    return apart + float(np.trace(s1) + np.trace(s2)) - 2.0 * root


def _root(s: Floats) -> Floats:
    """R with RᵀR = s: the Cholesky factor, or scaled eigenvectors where s has no full rank."""
    try:
        factor: Floats = np.linalg.cholesky(s).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(s)
        factor = vectors * np.sqrt(np.clip(values, 0.0, None))
    return factor.T


def _nuclear(a: Floats) -> float:
    return float(np.linalg.svd(a, compute_uv=False).sum())


def _nuclear_of_centred(a: Floats) -> float:
    """Of a product [n,m] of centred rows: the rows and the columns of it sum to 0.

    So one singular value is 0, and its vectors are known: it is moved among the others, where
    eigenvalues are exact, and taken off again.
    """
    usual = float(np.linalg.norm(a)) / math.sqrt(min(a.shape))
    if not usual:
        return 0.0
    return _nuclear_fast(a + usual / math.sqrt(a.size)) - usual


def _nuclear_fast(a: Floats) -> float:
    """By the eigenvalues of aᵀa where these are known to be exact enough, else by `_nuclear`.

    An eigenvalue is off by at most SLACK·ε·σ₁², and so its root σ by half of that over σ.
    """
    values = _rough_values(a)
    total, least = float(values.sum()), float(values.min())
    if least > 0:
        error = SLACK * np.finfo(np.float64).eps * values.max() ** 2 * np.sum(0.5 / values)
        if error < EXACT * total:
            return total
    return _nuclear(a)


def _nuclear_roughly(a: Floats) -> float:
    return float(_rough_values(a).sum())


def _rough_values(a: Floats) -> Floats:
    """Singular values from eigenvalues: small ones keep few digits."""
    wide = a.shape[1] > a.shape[0]
    values = np.linalg.eigvalsh(a @ a.T if wide else a.T @ a)
    found: Floats = np.sqrt(np.clip(values, 0.0, None)).astype(np.float64)
    return found


def _without_rows(
    whole: list[Moments], sets: tuple[Floats, Floats], rows: tuple[Floats, Floats]
) -> float:
    """The distance when the marked rows of both sets, centred before, are left out."""
    kept = []
    for known, x, out in zip(whole, sets, rows, strict=True):
        gone = x[out]
        n = known.n - len(gone)
        shift = -gone.sum(axis=0) / n
        scatter = known.scatter - gone.T @ gone - n * np.outer(shift, shift)
        kept.append(Moments(n, known.mean + shift, scatter))
    return _distance(kept[0], kept[1], _nuclear_roughly)


def _of_part(
    cross: Floats,
    sets: tuple[Floats, Floats],
    squares: tuple[Floats, Floats],
    apart: Floats,
    i: Floats,
    j: Floats,
) -> float:
    """The distance of some rows of both sets, from products of all rows that are centred."""
    part = cross[np.ix_(i, j)]
    part = part - part.mean(axis=0) - part.mean(axis=1, keepdims=True) + part.mean()
    means = [x[rows].mean(axis=0) for x, rows in zip(sets, (i, j), strict=True)]
    traces = [
        (s[rows].sum() - rows.sum() * np.sum(mean**2)) / (rows.sum() - 1)
        for s, rows, mean in zip(squares, (i, j), means, strict=True)
    ]
    root = _nuclear_roughly(part) / np.sqrt((i.sum() - 1) * (j.sum() - 1))
    return float(np.sum((apart + means[0] - means[1]) ** 2) + sum(traces) - 2.0 * root)
