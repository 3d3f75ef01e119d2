"""A number with everything that it means nothing without."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["CONFIDENCE", "FIRST_USE", "Direction", "Score", "interval"]

Direction = Literal["lower", "higher"]

FIRST_USE = "trusted on first use"
CONFIDENCE = 1.96  # standard errors on either side: 95 % of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric of one model: value, 95 % interval, and what it was made from.

    `n` counts the measured pictures, `n_reference` those compared with. `comparable` is False
    when the extractor's weights are not the published ones.
    """

    metric: str
    value: float
    low: float
    high: float
    n: int
    n_reference: int | None = None
    spread: str = ""  # how low and high were found
    unit: str = ""
    direction: Direction = "lower"
    version: int = 1
    extractor: str | None = None
    extractor_sha256: str | None = None
    comparable: bool = True
    extractor_trust: str = ""  # FIRST_USE where nobody could check the extractor's weights
    resize: str = "none"  # of pictures, before the extractor or the formula
    extra: Mapping[str, float | int | str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.value, self.low, self.high))):
            raise ValueError(f"{self.metric} is not finite: {self.value} {self.low}..{self.high}")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON for a record."""
        return {**asdict(self), "extra": dict(self.extra), "warnings": list(self.warnings)}


def interval(value: float, standard_error: float) -> tuple[float, float]:
    """The 95 % interval of a normal estimate."""
    half = CONFIDENCE * standard_error
    return value - half, value + half
