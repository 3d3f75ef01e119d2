"""Which metrics there are: cards behind entry points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Literal

from bench.metrics.score import Direction, Score
from data.console import warn
from data.errors import unknown

__all__ = ["GROUP", "MetricCard", "metric_card", "metric_cards"]

GROUP = "i2i_atlas.metrics"

Needs = Literal["features", "pairs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCard:
    """A metric: what it needs, and the function that makes its Score.

    With `needs="features"` compute takes (outputs, references, seed): vectors [N,d] and [M,d] of
    `layer` of `extractor`. With `needs="pairs"` it takes (values, seed): one number for each
    output and its true answer, from `pair` (uint8 [H,W,3] twice) or from the pair extractor.
    """

    name: str
    title: str
    direction: Direction
    unit: str
    version: int
    needs: Needs
    compute: Callable[..., Score]
    reference: str
    extractor: str | None = None
    layer: str = ""
    pair: Callable[[Any, Any], float] | None = None
    # Figures that other tools print, made as they make them: from rows in the order of file
    # names, which decides their random draws. Kept beside the score, never in its place.
    beside: Callable[[Any, Any, int], dict[str, Any]] | None = None


@cache
def metric_cards() -> dict[str, MetricCard]:
    """Every metric by name; a plug-in that cannot be imported is a warning, not an end."""
    found: dict[str, MetricCard] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            found[point.name] = point.load()
        except Exception as problem:  # a plug-in may fail in any way
            warn(f"metric plug-in '{point.name}' ({point.value}) failed to load: {problem}")
    return found


def metric_card(name: str) -> MetricCard:
    """The metric called `name`; UsageProblem with near matches where there is none."""
    cards = metric_cards()
    if name not in cards:
        raise unknown("metric", name, cards, "bench metrics")
    return cards[name]
