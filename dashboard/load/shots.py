"""What several models made of the same pictures, joined by the pictures' ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.leaderboard import Table
from dashboard.load.pictures import picture
from dashboard.load.results import Board, pictures_of

__all__ = ["Shot", "metrics_of", "shots"]


@dataclass(slots=True)
class Shot:
    """One source picture: its file, its true answer, and each model's output and scores."""

    id: str
    source: str | None
    target: str | None = None
    outputs: dict[str, str] = field(default_factory=dict)  # by model, relative to the home
    scores: dict[str, Mapping[str, float]] = field(default_factory=dict)  # by model

    @property
    def here(self) -> bool:
        """Whether the source is on this machine."""
        return picture(self.source) is not None


def shots(board: Board, table: Table, models: Iterable[str]) -> list[Shot]:
    """Every source picture of the models that are named, in the order of the first record."""
    wanted, found = set(models), dict[str, Shot]()
    for row in table.rows:
        if row.model in wanted:
            for entry in pictures_of(board, row.record.id):
                _add(found, row.model, entry)
    return list(found.values())


def _add(found: dict[str, Shot], model: str, entry: Mapping[str, Any]) -> None:
    name = str(entry.get("id", ""))
    shot = found.setdefault(name, Shot(name, _text(entry.get("source"))))
    shot.target = shot.target or _text(entry.get("target"))
    if output := _text(entry.get("output")):
        shot.outputs[model] = output
    scores = entry.get("scores")
    if isinstance(scores, Mapping):
        shot.scores[model] = {
            str(k): float(v) for k, v in scores.items() if isinstance(v, int | float)
        }


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def metrics_of(found: Iterable[Shot]) -> list[str]:
    """The names of the scores that pictures have."""
    return sorted({name for shot in found for own in shot.scores.values() for name in own})
