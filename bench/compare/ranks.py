"""From differences to ranks: Holm's correction, rank intervals, groups of equals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LEVEL",
    "by_intervals",
    "groups",
    "holm",
    "letters",
    "rank_intervals",
    "sure",
]

LEVEL = 0.05

Pair = tuple[int, int]


def holm(p: Sequence[float]) -> list[float]:
    """p values adjusted so that all claims under LEVEL are right together (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    count, highest = len(p), 0.0
    adjusted = [1.0] * count
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (count - place) * p[index]))
        adjusted[index] = highest
    return adjusted


def rank_intervals(count: int, better: Iterable[Pair]) -> list[Pair]:
    """The ranks that each of `count` models may have, given who is surely better than whom.

    `better` holds (i, j) for "i is better than j". With Holm's correction over all pairs, all
    intervals hold their true rank together (Al Mohamad, van Zwet et al. 2022).
    """
    low, high = np.ones(count, dtype=int), np.full(count, count, dtype=int)
    for winner, loser in better:
        low[loser] += 1
        high[winner] -= 1
    return [(int(a), int(b)) for a, b in zip(low, high, strict=True)]


def groups(count: int, apart: Iterable[Pair]) -> list[frozenset[int]]:
    """The largest sets of models of which no two are surely different (Piepho 2004).

    `apart` holds the pairs that are different; in the order of their first members.
    """
    sets: set[frozenset[int]] = {frozenset(range(count))} if count else set()
    for i, j in apart:
        for both in [s for s in sets if i in s and j in s]:
            sets.remove(both)
            for smaller in (both - {i}, both - {j}):
                if not any(smaller <= other for other in sets):
                    sets = {other for other in sets if not other <= smaller} | {smaller}
    return sorted(sets, key=sorted)


def letters(count: int, found: Sequence[frozenset[int]]) -> list[str]:
    """`a`, `ab`, `b` … for each model: two that share a letter cannot be told apart."""
    return ["".join(_letter(k) for k, s in enumerate(found) if i in s) for i in range(count)]


def _letter(place: int) -> str:
    return chr(ord("a") + place) if place < 26 else f"({place + 1})"


def sure(signed: Mapping[Pair, tuple[float, float]]) -> list[Pair]:
    """Who is better than whom, of pairs with (difference, p); lower is better, Holm at LEVEL."""
    adjusted = holm([p for _, p in signed.values()])
    return [
        pair if value < 0 else (pair[1], pair[0])
        for (pair, (value, _)), p in zip(signed.items(), adjusted, strict=True)
        if p < LEVEL
    ]


def by_intervals(low: NDArray[np.float64], high: NDArray[np.float64]) -> list[Pair]:
    """Rank intervals where there are too many models for all pairs: whole intervals compared.

    `low` and `high` [N] are intervals wide enough for all pairs together; lower is better.
    """
    count = len(low)
    below = np.searchsorted(np.sort(high), low, side="left")  # whole interval better
    above = count - np.searchsorted(np.sort(low), high, side="right")
    return [(1 + int(a), count - int(b)) for a, b in zip(below, above, strict=True)]
