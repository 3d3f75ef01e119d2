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

Needs = Literal["features", "pairs", "draws", "many", "both"]

DRAWS = 5  # outputs of one source, where nothing else is said


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCard:
    """A metric: what it needs, and the function that makes its Score.

    What compute takes, by `needs`:
    features  (outputs, references, seed): vectors [N,d] and [M,d] of `layer` of `extractor`
    pairs     (values, seed): a number (or an array) for each output and what it is held `against`,
              from `pair` (uint8 [H,W,3] twice) or from the pair extractor
    draws     (values, seed): for each source the mean number over pairs of its several outputs
    many      (outputs, references, seed): vectors [N,draws,d] of several outputs a source
    both      (outputs, references, values, seed): vectors, and numbers of `pair_extractor`
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
    pair_extractor: str | None = None  # beside `extractor`, where both are needed
    against: Literal["truth", "source"] = "truth"  # what pairs are made with
    # What outputs are compared with: the reference set, or the training pictures of that domain.
    compared: Literal["references", "training"] = "references"
    draws: int = DRAWS  # outputs of one source, where there are several
    by_class: bool = False  # compute(values, seed, classes) also takes the extractor's classes
    # Figures that other tools print, made as they make them: from rows in the order of file
    # names, which decides their random draws. Kept beside the score, never in its place.
    beside: Callable[[Any, Any, int], dict[str, Any]] | None = None

    @property
    def needs_truth(self) -> bool:
        """Whether there is nothing to measure without a true answer for every source."""
        return self.needs == "pairs" and self.against == "truth"

    @property
    def several(self) -> bool:
        """Whether it looks at several outputs of one source."""
        return self.needs in ("draws", "many")

    @property
    def extractors(self) -> tuple[str, ...]:
        """The extractors that it needs."""
        return tuple(name for name in (self.extractor, self.pair_extractor) if name)

    @property
    def pairs_through(self) -> str | None:
        """The extractor that gives a number for two pictures."""
        return self.pair_extractor if self.needs == "both" else self.extractor


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
