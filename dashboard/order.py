"""In which order pictures are looked at: by one score, by one model, by disagreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, pstdev

from bench.leaderboard import Table
from dashboard.load.shots import Shot

__all__ = ["ORDERS", "higher_is_better", "ordered"]

ORDERS = ("as listed", "worst first", "best first", "models disagree most")


def higher_is_better(table: Table) -> dict[str, bool]:
    """By metric: whether more is better, as the table's columns say."""
    return {column.metric: column.direction == "higher" for column in table.columns}


def ordered(
    found: Sequence[Shot], order: str, metric: str, model: str | None, higher: Mapping[str, bool]
) -> list[Shot]:
    """Shots by the mean of `metric` over models, or of one `model`; those without come last.

    `models disagree most` goes by the standard deviation over models.
    """
    if order not in ORDERS[1:]:
        return list(found)
    one = model if order != ORDERS[3] else None
    by_value = [(_values(shot, metric, one), shot) for shot in found]
    known = [(values, shot) for values, shot in by_value if values]
    sign = 1.0 if higher.get(metric, False) else -1.0
    if order == ORDERS[3]:
        known.sort(key=lambda pair: -pstdev(pair[0]))
    else:
        best = -1.0 if order == "best first" else 1.0
        known.sort(key=lambda pair: best * sign * fmean(pair[0]))
    return [shot for _, shot in known] + [shot for values, shot in by_value if not values]


def _values(shot: Shot, metric: str, model: str | None) -> list[float]:
    of = shot.scores if model is None else {model: shot.scores.get(model, {})}
    return [own[metric] for own in of.values() if metric in own]
