"""Models that answered one question, compared by one metric: differences, ranks, groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import NormalDist
from typing import Any

import numpy as np

from bench.compare.difference import RESAMPLES, Difference, independent, paired_means
from bench.compare.kept import Kept
from bench.compare.left_out import distance_difference
from bench.compare.ranks import (
    LEVEL,
    Pair,
    by_intervals,
    groups,
    holm,
    letters,
    rank_intervals,
    sure,
)
from bench.metrics.score import CONFIDENCE
from bench.records import Record

__all__ = ["Contest", "Entry", "contest", "differences", "standing"]

ALL_PAIRS = 40  # models: above this, not all pairs are looked at one by one
SEED = 2020  # of the bootstrap

Entry = tuple[Record, Mapping[str, Any]]  # a record and its score by the metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What may be said of the order of some models by one metric."""

    ranks: list[Pair]  # lowest and highest rank of each model
    letters: list[str]  # two models that share one cannot be told apart; empty for very many
    how: str
    pairs: dict[Pair, Difference] = field(default_factory=dict)
    adjusted: dict[Pair, float] = field(default_factory=dict)  # p by Holm over the pairs


def standard_error(score: Mapping[str, Any]) -> float:
    """Of a score: noted beside it, or half of its interval in normal deviations."""
    noted = (score.get("extra") or {}).get("standard_error")
    if isinstance(noted, int | float) and math.isfinite(noted):
        return float(noted)
    return float(score["high"] - score["low"]) / (2.0 * CONFIDENCE)


def contest(entries: Sequence[Entry], kept: Kept | None) -> Contest:
    """Rank models by a metric of which all have a score; `kept` None: by their intervals alone."""
    if len(entries) > ALL_PAIRS:
        return standing(entries)
    pairs = differences(entries, kept)
    sign = 1.0 if _lower(entries) else -1.0
    better = sure({pair: (sign * d.value, d.p) for pair, d in pairs.items()})
    found = groups(len(entries), better)
    adjusted = holm([d.p for d in pairs.values()])
    return Contest(
        ranks=rank_intervals(len(entries), better),
        letters=letters(len(entries), found),
        how="; ".join(sorted({d.how for d in pairs.values()})),
        pairs=pairs,
        adjusted=dict(zip(pairs, adjusted, strict=True)),
    )


def _lower(entries: Sequence[Entry]) -> bool:
    return not entries or entries[0][1]["direction"] == "lower"


def standing(entries: Sequence[Entry]) -> Contest:
    """Ranks of very many models: intervals that are wide enough for all pairs at once."""
    sign = 1.0 if _lower(entries) else -1.0
    values = np.array([sign * score["value"] for _, score in entries])
    errors = np.array([standard_error(score) for _, score in entries])
    pairs = max(1, len(entries) * (len(entries) - 1) // 2)
    wide = NormalDist().inv_cdf(1.0 - LEVEL / (2.0 * pairs)) * errors
    ranks = by_intervals(values - wide, values + wide)
    how = f"intervals of each model, wide enough for all {pairs} pairs (Bonferroni)"
    return Contest(ranks=ranks, letters=[""] * len(entries), how=how)


def differences(entries: Sequence[Entry], kept: Kept | None) -> dict[Pair, Difference]:
    """The difference of every pair, first minus second, paired wherever that can be."""
    every = list(combinations(range(len(entries)), 2))
    found = _of_means(entries, every, kept) if kept else {}
    for i, j in every:
        if (i, j) not in found:
            found[i, j] = _of_sets(entries[i], entries[j], kept)
    return {pair: found[pair] for pair in every}


def _of_means(
    entries: Sequence[Entry], every: Sequence[Pair], kept: Kept
) -> dict[Pair, Difference]:
    """Pairs whose scores are means over the same sources, all with the same resamples."""
    found = {i: v for i, entry in enumerate(entries) if (v := _values(entry, kept))}
    if not found:
        return {}
    order = sorted(next(iter(found.values())))
    rows = {i: np.array([v[k] for k in order]) for i, v in found.items() if sorted(v) == order}
    pairs = [(i, j) for i, j in every if i in rows and j in rows]
    if not pairs:
        return {}
    columns = np.stack([rows[i] - rows[j] for i, j in pairs], axis=1)
    means = paired_means(columns, SEED, _resamples(len(every)))
    return dict(zip(pairs, means, strict=True))


def _resamples(pairs: int) -> int:
    """As many that the smallest p, one of them, can still be sure after Holm's correction."""
    count = RESAMPLES
    while pairs / (count + 1) >= LEVEL:
        count = 2 * count + 1
    return count


def _values(entry: Entry, kept: Kept) -> dict[str, float] | None:
    """Numbers by source, if the score is their mean: otherwise they say nothing of it."""
    record, score = entry
    values = kept.values(record, str(score["metric"]))
    if values is None:
        return None
    mean = sum(values.values()) / len(values)
    return values if math.isclose(mean, score["value"], rel_tol=1e-6, abs_tol=1e-9) else None


def _of_sets(first: Entry, second: Entry, kept: Kept | None) -> Difference:
    """A difference of two distances between sets."""
    if kept is not None:
        one, two = kept.left_out(*first), kept.left_out(*second)
        if one is not None and two is not None and one.sources.shape == two.sources.shape:
            return distance_difference(one, two)
    (_, a), (_, b) = first, second
    return independent(a["value"], standard_error(a), b["value"], standard_error(b))
