"""Logistic regression on sparse rows, without the second that importing scikit-learn takes.

Newton's method, each step by conjugate gradients (Lin, Weng and Keerthi, "Trust region Newton
method for logistic regression", JMLR 2008); a step that goes too far is halved.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["fit"]

Numbers = NDArray[np.float64]
STEPS, TURNS, HALVINGS = 50, 200, 30
CLOSE = 1e-8  # of the gradient at the end, against that at the beginning


def fit(rows: Any, wanted: NDArray[np.bool_], strength: float) -> tuple[Numbers, float]:
    """Weights [words] and the base that make Σ strength·share·log(1+e^-±odds) + |weights|²/2 least.

    `rows` is a sparse matrix [papers, words]; both kinds of papers, wanted or not, together have
    the same share. The base is not kept small.
    """
    from scipy.sparse import csr_matrix

    rows = csr_matrix(rows, dtype=np.float64)
    turned = rows.T.tocsr()
    signs = np.where(wanted, 1.0, -1.0)
    shares = strength * len(wanted) / 2 / np.where(wanted, wanted.sum(), (~wanted).sum())
    small = np.append(np.ones(rows.shape[1]), 0.0)  # all but the base

    def odds(at: Numbers) -> Numbers:
        found: Numbers = signs * (rows @ at[:-1] + at[-1])
        return found

    def back(values: Numbers) -> Numbers:
        return np.append(turned @ values, values.sum())

    def loss(at: Numbers) -> float:
        told = np.sum(shares * np.logaddexp(0, -odds(at)))
        return float(told + np.sum(small * at**2) / 2)

    def bent(bend: Numbers, way: Numbers) -> Numbers:
        return back(bend * (rows @ way[:-1] + way[-1])) + small * way

    at = np.zeros(rows.shape[1] + 1)
    first = None
    for _ in range(STEPS):
        doubt = np.exp(-np.logaddexp(0, odds(at)))  # 1 - the chance of what was decided
        slope = back(-shares * signs * doubt) + small * at
        steep = _dot(slope, slope)
        first = steep if first is None else first
        if steep <= CLOSE**2 * first:
            break
        step = _solve(partial(bent, shares * doubt * (1 - doubt)), -slope)
        at = _along(loss, at, step, _dot(slope, step))
    return at[:-1], float(at[-1])


def _solve(times: Callable[[Numbers], Numbers], wanted: Numbers) -> Numbers:
    """x with times(x) = wanted, nearly: the nearer the smaller `wanted` is."""
    found, rest, way = np.zeros_like(wanted), wanted.copy(), wanted.copy()
    length = _dot(rest, rest)
    goal = min(0.25, length**0.25) ** 2 * length
    for _ in range(TURNS):
        if length <= goal:
            break
        ahead = times(way)
        share = length / _dot(way, ahead)
        found += share * way
        rest -= share * ahead
        length, before = _dot(rest, rest), length
        way = rest + length / before * way
    return found


def _dot(one: Numbers, other: Numbers) -> float:
    """Without BLAS, whose threads would wait for each other over so little work."""
    return float(np.sum(one * other))


def _along(loss: Callable[[Numbers], float], at: Numbers, step: Numbers, slope: float) -> Numbers:
    """As far along the step as the loss falls by a share of what its slope promises."""
    start, share = loss(at), 1.0
    for _ in range(HALVINGS):
        if loss(at + share * step) <= start + 1e-4 * share * slope:
            return at + share * step
        share /= 2
    return at
