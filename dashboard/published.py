"""What others reported, beside what was measured here: as words, so that no order goes by it."""

from __future__ import annotations

from functools import cache

from bench.leaderboard import Column, Table, scaled
from bench.protocols.reported import Reported, reported

__all__ = ["any_beside", "beside", "elsewhere"]


def elsewhere(table: Table) -> list[Reported]:
    """Every number that others reported on the data set and direction of a table."""
    return list(_asked(str(table.question["dataset"]), str(table.question["direction"])))


@cache
def _asked(dataset: str, direction: str) -> tuple[Reported, ...]:
    """The numbers are part of the package: they never change while it runs."""
    asked = dataset, direction
    return tuple(entry for entry in reported() if (entry.dataset, entry.direction) == asked)


def any_beside(table: Table) -> bool:
    """Whether a number of the table has one that others reported to stand beside it."""
    known = {(entry.method, entry.metric) for entry in elsewhere(table)}
    return any(
        (_method(row.model), column.metric) in known
        for row in (table.rows if known else ())
        for column in row.scores
    )


def beside(table: Table, model: str, column: Column) -> str:
    """The reported numbers of a model's method in one metric, in the unit of the table's column."""
    asked = table.question
    found = _asked(str(asked["dataset"]), str(asked["direction"]))
    method = _method(model) if found else ""
    return "; ".join(
        f"{_shown(entry.value, column):.4g} ({entry.source})"
        for entry in found
        if (entry.method, entry.metric) == (method, column.metric)
    )


def _method(model: str) -> str:
    return model.split(" ")[0].partition("@")[0].partition(".")[0]


def _shown(value: float, column: Column) -> float:
    return scaled({"value": value, "low": value, "high": value}, column)[0] or 0.0
