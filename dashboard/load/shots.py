"""What several models made of the same pictures, joined by the pictures' ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.leaderboard import Row, Table
from dashboard.load.pictures import picture
from dashboard.load.results import Board, pictures_of

__all__ = ["Shot", "metrics_of", "sample", "shots"]


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


def sample(board: Board, table: Table, models: Iterable[str]) -> Shot | None:
    """The first picture whose source is on this machine, with the models' outputs of it."""
    wanted, found = set(models), dict[str, Shot]()
    rows = [row for row in table.rows if row.model in wanted]
    here = _here(board, rows)
    for row in rows if here else ():
        entries = pictures_of(board, row.record.id)
        entry = next((e for e in entries if str(e.get("id", "")) == here), None)
        if entry is not None:
            _add(found, row.model, entry)
    return found.get(here)


def _here(board: Board, rows: Iterable[Row]) -> str:
    """The id of the first picture whose source is on this machine; empty where none is."""
    absent = set[str | None]()
    for row in rows:
        for entry in pictures_of(board, row.record.id):
            source = _text(entry.get("source"))
            if source not in absent and picture(source) is not None:
                return str(entry.get("id", ""))
            absent.add(source)
    return ""


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
