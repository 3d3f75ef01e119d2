"""What others reported, beside what was measured here: as words, so that no order goes by it."""

from __future__ import annotations

from bench.leaderboard import Column, Table, scaled
from bench.protocols.reported import Reported, reported

__all__ = ["beside", "elsewhere"]


def elsewhere(table: Table) -> list[Reported]:
    """Every number that others reported on the data set and direction of a table."""
    asked = table.question["dataset"], table.question["direction"]
    return [entry for entry in reported() if (entry.dataset, entry.direction) == asked]


def beside(table: Table, model: str, column: Column) -> str:
    """The reported numbers of a model's method in one metric, in the unit of the table's column."""
    method = model.split(" ")[0].partition("@")[0].partition(".")[0]
    return "; ".join(
        f"{_shown(entry.value, column):.4g} ({entry.source})"
        for entry in elsewhere(table)
        if (entry.method, entry.metric) == (method, column.metric)
    )


def _shown(value: float, column: Column) -> float:
    return scaled({"value": value, "low": value, "high": value}, column)[0] or 0.0
