"""Numbers that others reported, and whether ours cover them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.records import Record

__all__ = ["Reported", "Reproduction", "reported", "reproductions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One published number, raw (never times 100), with where it stands."""

    method: str
    dataset: str
    direction: str
    metric: str
    value: float
    source: str
    mark: str  # read: in the source itself
    protocol: str  # of the publication, empty where it is not known
    weights: str = ""  # whose, where the source has several
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A number of ours beside a published one."""

    record: str
    model: str
    dataset: str
    direction: str
    metric: str
    measured: float
    low: float
    high: float
    n: int
    protocol: str  # of our record
    reported: Reported
    comparable: bool = True  # False: the extractor's weights are not the published ones

    @property
    def difference(self) -> float:
        """Measured minus reported."""
        return self.measured - self.reported.value

    @property
    def covered(self) -> bool:
        """Whether our interval holds the reported value."""
        return self.low <= self.reported.value <= self.high

    @property
    def same_protocol(self) -> bool:
        """Whether ours followed the publication's protocol, as far as that is known."""
        return bool(self.protocol) and self.protocol == self.reported.protocol

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with the three answers."""
        answers = ("difference", "covered", "same_protocol")
        return {**asdict(self), **{name: getattr(self, name) for name in answers}}


@cache
def reported() -> tuple[Reported, ...]:
    """All published numbers that come with the project."""
    path = Path(__file__).resolve().parent / "published.toml"
    return tuple(
        Reported(
            metric=source["metric"],
            source=source["title"],
            mark=source["mark"],
            protocol=source["protocol"],
            note=source.get("note", ""),
            **{**row, "value": row["value"] / source["scale"]},
        )
        for source in tomllib.loads(path.read_text(encoding="utf-8"))["source"]
        for row in source["rows"]
    )


def reproductions(records: Iterable[Record]) -> list[Reproduction]:
    """Every measured score for which a number of the same method, data and metric is published."""
    return [
        _beside(record, score, entry)
        for record in records
        for score in record.scores
        for entry in reported()
        if _same(record, entry) and entry.metric == score["metric"]
    ]


def _same(record: Record, entry: Reported) -> bool:
    method = record.model.partition("@")[0].partition(".")[0]
    asked = (method, record.spec["dataset"], record.spec["direction"])
    return asked == (entry.method, entry.dataset, entry.direction)


def _beside(record: Record, score: Any, entry: Reported) -> Reproduction:
    return Reproduction(
        record=record.id,
        model=record.model,
        dataset=entry.dataset,
        direction=entry.direction,
        metric=entry.metric,
        measured=score["value"],
        low=score["low"],
        high=score["high"],
        n=score["n"],
        protocol=str(record.spec.get("protocol", "")),
        reported=entry,
        comparable=bool(score.get("comparable", True)),
    )
