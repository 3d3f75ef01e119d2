"""Columns of a leaderboard: which scores may stand below each other, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

__all__ = ["Column", "cell", "column_of", "scaled"]

SCALED = {
    "kid": 1000,
    "kid-clean": 1000,
    "kid-texture": 1000,
}  # in tables for people only: records stay raw


@dataclass(frozen=True, slots=True)
class Column:
    """One metric by one version of one extractor: numbers of two never stand below each other."""

    metric: str
    version: int
    extractor: str | None
    extractor_sha256: str | None
    resize: str
    direction: str
    unit: str
    comparable: bool
    n: str = ""  # of Fréchet distances, whose bias depends on it

    def __hash__(self) -> int:
        return hash((self.metric, self.extractor_sha256, self.n))

    @property
    def label(self) -> str:
        """`KID ×10³ ↓`, with an asterisk where the extractor's weights are not the published."""
        scale = " ×10³" if self.metric in SCALED else ""
        unit = f" {self.unit}" if self.unit else ""
        arrow = "↓" if self.direction == "lower" else "↑"
        count = f" (n = {self.n})" if self.n else ""
        return f"{self.metric}{'' if self.comparable else '*'}{scale}{unit}{count} {arrow}"


def column_of(score: Mapping[str, Any]) -> Column:
    """The column in which a score may stand."""
    n = ""
    if score["metric"].startswith(("fid", "fd-", "artfid")):
        n = f"{score['n']} against {score.get('n_reference')}"
    try:
        return _column(*_fields(score), n)
    except KeyError:  # a record that says less
        return _column(*(score.get(name) for name in FIELDS), n)


FIELDS = (
    "metric",
    "version",
    "extractor",
    "extractor_sha256",
    "resize",
    "direction",
    "unit",
    "comparable",
)
_fields = itemgetter(*FIELDS)


@cache
def _column(*fields: Any) -> Column:
    """One object a column: thousands of scores share it."""
    return Column(*fields)


def cell(score: Mapping[str, Any] | None, column: Column) -> str:
    """`12.3 ±0.4`, in the digits that the interval allows; empty without a score.

    `0.000 [0.000, 0.369]` where one side of the interval is less than half as long as the other.
    """
    value, half = scaled(score, column)
    if value is None or half is None:
        return ""
    digits = 3 if abs(value) < 10 else 2 if abs(value) < 100 else 1
    if score is not None and _lopsided(score):
        low, high = (value + (score[end] - score["value"]) * _scale(column) for end in ENDS)
        return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{value:.{digits}f} ±{half:.{digits}f}"


ENDS = ("low", "high")


def _lopsided(score: Mapping[str, Any]) -> bool:
    sides = score["value"] - score["low"], score["high"] - score["value"]
    return bool(min(sides) < 0.5 * max(sides))


def _scale(column: Column) -> float:
    return SCALED.get(column.metric, 1)


def scaled(score: Mapping[str, Any] | None, column: Column) -> tuple[float | None, float | None]:
    """Value and half of the interval in the unit of the column's label."""
    if score is None:
        return None, None
    scale = _scale(column)
    return score["value"] * scale, (score["high"] - score["low"]) / 2 * scale
