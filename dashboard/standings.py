"""What votes say: shares with Wilson's interval, and strengths of Bradley and Terry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.votes import Vote

__all__ = ["Standing", "standings", "strengths", "wilson"]

Array = NDArray[np.float64]
DRAWS = 500
ROUNDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A model's votes: share of pairs won (a tie is half), strength on Elo's scale, intervals."""

    model: str
    votes: int
    share: float
    share_low: float
    share_high: float
    elo: float
    elo_low: float
    elo_high: float


def wilson(won: float, votes: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927, JASA 22, 209); 0..1 without votes."""
    if votes == 0:
        return 0.0, 1.0
    share, spread = won / votes, z * z / votes
    centre = (share + spread / 2) / (1 + spread)
    half = z * float(np.sqrt(share * (1 - share) / votes + spread / (4 * votes))) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def strengths(wins: Array) -> Array:
    """Bradley–Terry strengths on Elo's scale with mean 1000; `wins` [..., i, j]: i beat j.

    Hunter's MM iteration (2004, Annals of Statistics 32, eq. 3), with half a tie added to every
    pair so that a model that never lost stays finite.
    """
    count = wins.shape[-1]
    wins = wins + 0.25 * (1 - np.eye(count))
    games, won = wins + np.swapaxes(wins, -1, -2), wins.sum(axis=-1)
    skill = np.ones(wins.shape[:-1])
    for _ in range(ROUNDS):
        skill = won / (games / (skill[..., :, None] + skill[..., None, :])).sum(axis=-1)
        skill /= np.exp(np.log(skill).mean(axis=-1, keepdims=True))
    return 1000 + 400 * np.log10(skill)


def standings(votes: Sequence[Vote], seed: int = 2020) -> list[Standing]:
    """Every model that was voted on, strongest first; Elo's interval by bootstrap over votes."""
    models = sorted({name for vote in votes for name in (vote.left, vote.right)})
    if not models:
        return []
    place = {name: i for i, name in enumerate(models)}
    each = np.zeros((len(votes), len(models), len(models)))
    for k, vote in enumerate(votes):
        left, right = place[vote.left], place[vote.right]
        each[k, left, right] = {"left": 1.0, "tie": 0.5, "right": 0.0}[vote.choice]
        each[k, right, left] = 1.0 - each[k, left, right]
    low, high = _spread(each, seed)
    elo, wins = strengths(each.sum(axis=0)), each.sum(axis=0)
    found = []
    for name, i in place.items():
        won, count = float(wins[i].sum()), round(float((wins[i] + wins[:, i]).sum()))
        share_low, share_high = wilson(won, count)
        found.append(
            Standing(
                model=name,
                votes=count,
                share=won / count,
                share_low=share_low,
                share_high=share_high,
                elo=float(elo[i]),
                elo_low=float(low[i]),
                elo_high=float(high[i]),
            )
        )
    return sorted(found, key=lambda s: -s.elo)


def _spread(each: Array, seed: int) -> tuple[Array, Array]:
    """2.5 % and 97.5 % of the strengths when votes are drawn again with replacement."""
    generator = np.random.default_rng(seed)
    count = len(each)
    weights = generator.multinomial(count, [1 / count] * count, size=DRAWS)
    drawn = strengths(np.einsum("bk,kij->bij", weights, each, optimize=True))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return low, high
