"""How sure ranks are: the share of draws in which a model has each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["DRAWS", "rank_shares", "shares_by_intervals", "shares_by_pictures"]

DRAWS = 2000
Array = NDArray[np.float64]


def rank_shares(draws: Array) -> Array:
    """Share of draws in which each model has each rank: [models, ranks], rows sum to 1.

    `draws` is [draws, models], smaller is better; equal values share the better rank.
    """
    count = draws.shape[1]
    ranks = (draws[:, :, None] > draws[:, None, :]).sum(axis=2)
    return np.stack([(ranks == rank).mean(axis=0) for rank in range(count)], axis=1)


def shares_by_pictures(
    scores: Sequence[Mapping[str, float]], higher: bool, seed: int = 2020
) -> tuple[int, Array]:
    """Rank shares when the pictures are drawn again with replacement (paired bootstrap).

    `scores` are one mapping from picture to value for each model; only pictures that all have
    count. Gives their number too; ValueError for fewer than two.
    """
    common = sorted(set.intersection(*(set(own) for own in scores))) if scores else []
    if len(common) < 2:
        raise ValueError(f"{len(common)} pictures have a score from every model")
    values = np.array([[own[name] for name in common] for own in scores])  # [models, pictures]
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(len(common), [1 / len(common)] * len(common), size=DRAWS)
    means = weights @ values.T / len(common)
    return len(common), rank_shares(-means if higher else means)


def shares_by_intervals(
    values: Sequence[float], halves: Sequence[float], higher: bool, seed: int = 2020
) -> Array:
    """Rank shares when each value is drawn from a normal with its 95 % interval, independently.

    The models saw the same pictures, so their true differences vary less: ranks are surer than
    this says.
    """
    generator = np.random.default_rng(seed)
    spread = np.asarray(halves) / 1.96
    draws = generator.normal(np.asarray(values), spread, size=(DRAWS, len(values)))
    return rank_shares(-draws if higher else draws)
