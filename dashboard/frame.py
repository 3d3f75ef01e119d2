"""A leaderboard as a data frame: which models, in which order, with which columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from bench.leaderboard import Column, Row, Table, scaled
from dashboard.published import beside
from zoo.card import Card
from zoo.registry import cards

__all__ = [
    "COSTS",
    "FASTER_IS_BETTER",
    "Wanted",
    "card_of",
    "cost",
    "facts",
    "frame",
    "label",
    "pick",
]

# Name of a cost to the number that a record has of it; all of one run on one machine.
COSTS: Mapping[str, Callable[[Mapping[str, Any]], float | None]] = {
    "img/s": lambda c: c.get("images_per_second"),
    "parameters": lambda c: c.get("parameters"),
    "GMAC": lambda c: None if c.get("macs") is None else c["macs"] / 1e9,
    "peak memory MB": lambda c: _over(c.get("peak_memory_bytes"), 1e6),
    "translate s": lambda c: (c.get("seconds") or {}).get("translate"),
}
FASTER_IS_BETTER = ("img/s",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person chose: filters (empty: all), order (a name of a column, or `rank`)."""

    tasks: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    pairs: str = "any"  # any | needs pairs | needs none
    weights: bool = False  # only those whose weights anybody can get
    sort: str = "rank"
    worst_first: bool = False


def _over(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit


def cost(row: Row, name: str) -> float | None:
    """One cost of a model's run; None where the record has no such number."""
    value = COSTS[name](row.record.cost)
    return float(value) if isinstance(value, int | float) else None


@cache
def card_of(model: str) -> Card | None:
    """The zoo's card of `model`, `model.weights` or `model@file`; None for one it has not."""
    name = model.split(" ")[0].split("@")[0].split(".")[0]
    return cards().get(name)


def facts(row: Row) -> Mapping[str, Any]:
    """Task, licence, paper and whether the weights can be had, as record and zoo tell."""
    about = row.record.card
    own = (str(about.get(name) or "") for name in ("task", "licence", "paper"))
    return _facts(row.model, *own)


@lru_cache(maxsize=50_000)  # several looks a row, of thousands of rows
def _facts(model: str, task: str, licence: str, paper: str) -> Mapping[str, Any]:
    card = card_of(model)
    named = model.split(" ")[0].partition(".")[2]
    offered = card is not None and (card.weightless or named in {w.name for w in card.weights})
    return {
        "task": task or (card.task if card else "unknown"),
        "licence": licence or (card.licence if card else "unknown"),
        "paper": paper or (card.paper if card else ""),
        "weights": offered and "@" not in model,
    }


def pick(table: Table, columns: Mapping[str, Column], wanted: Wanted) -> list[Row]:
    """The rows that pass the filters, in the wanted order; those without a value come last."""
    rows = [row for row in table.rows if _passes(facts(row), wanted)]
    by_value = [(_key(row, columns, wanted.sort), row) for row in rows]
    known = [(value, row) for value, row in by_value if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=wanted.worst_first)
    return [row for _, row in known] + [row for value, row in by_value if value is None]


def _passes(about: Mapping[str, Any], wanted: Wanted) -> bool:
    paired = about["task"] == "paired"
    return (
        (not wanted.tasks or about["task"] in wanted.tasks)
        and (not wanted.licences or about["licence"] in wanted.licences)
        and (wanted.pairs == "any" or paired == (wanted.pairs == "needs pairs"))
        and (not wanted.weights or about["weights"])
    )


def _key(row: Row, columns: Mapping[str, Column], sort: str) -> Any:
    """What the order goes by, smaller is better."""
    if sort == "model":
        return row.model
    if sort in COSTS:
        value = cost(row, sort)
        return value if value is None or sort not in FASTER_IS_BETTER else -value
    if sort in columns:
        score = row.scores.get(columns[sort])
        sign = 1 if columns[sort].direction == "lower" else -1
        return None if score is None else sign * score["value"]
    return row.rank or None


def frame(
    table: Table, rows: Iterable[Row], columns: Mapping[str, Column], extra: Iterable[str]
) -> pd.DataFrame:
    """Numbers as numbers, so that a click on a title sorts them as such.

    `extra` names further columns: costs, `at worst`, `intervals`, `n`, `reported`, `task`,
    `licence`.
    """
    rows, shown = list(rows), set(extra)
    made: dict[str, list[Any]] = {"rank": [row.rank or None for row in rows]}
    if "at worst" in shown:
        made["at worst"] = [row.last or None for row in rows]
    made |= {"group": [row.group for row in rows], "model": [row.model for row in rows]}
    for name, column in columns.items():
        made |= _scores(table, rows, name, column, shown)
    made |= {name: [cost(row, name) for row in rows] for name in COSTS if name in shown}
    for name in ("task", "licence"):
        if name in shown:
            made[name] = [facts(row)[name] for row in rows]
    return pd.DataFrame(made)


def _scores(
    table: Table, rows: list[Row], name: str, column: Column, shown: set[str]
) -> dict[str, list[Any]]:
    scores = [row.scores.get(column) for row in rows]
    found = [scaled(score, column) for score in scores]
    made: dict[str, list[Any]] = {label(name, column): [value for value, _ in found]}
    if "intervals" in shown:
        made[f"± {name}"] = [half for _, half in found]
    if "n" in shown:
        made[f"n {name}"] = [None if score is None else score["n"] for score in scores]
    if "reported" in shown:
        made[f"reported {name}"] = [beside(table, row.model, column) for row in rows]
    return made


def label(name: str, column: Column) -> str:
    """The title of a metric's column: its unit and the direction that is better, by an arrow."""
    count = f" (n = {column.n})" if column.n else ""
    own = column.metric + ("" if column.comparable else "*")
    return column.label.replace(count, "").replace(own, name, 1)
