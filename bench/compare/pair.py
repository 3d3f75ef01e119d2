"""Two or more models by every metric that they have in common, and the pictures they differ on."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from typing import Any

from bench.compare.contest import Entry, contest
from bench.compare.difference import Difference
from bench.compare.kept import Kept, source_key
from bench.compare.ranks import LEVEL, holm
from bench.compare.seeds import between_methods
from bench.leaderboard import QUESTION, Column, column_of
from bench.records import Record
from data.console import say
from data.errors import UsageProblem

__all__ = ["Comparison", "Side", "choose", "compare", "means"]


OWN = ("precision", "style")  # makes two rows of a leaderboard of one model


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the compared: a model, or all trainings of a method that differ by their seed."""

    name: str
    # Records of each training, oldest first; more than one training only for several seeds.
    trainings: tuple[tuple[Record, ...], ...]

    @property
    def finished(self) -> str:
        """When the newest of its records was finished."""
        return max(records[-1].finished for records in self.trainings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """First and second by one metric."""

    metric: str
    lower_is_better: bool
    first: str
    second: str
    values: tuple[float, float]
    difference: Difference
    p_holm: float
    n: int
    pictures: tuple[Mapping[str, Any], ...] = field(default=())  # largest differences first

    @property
    def verdict(self) -> str:
        """Who is better, where that is sure."""
        if self.p_holm >= LEVEL:
            return "cannot be told apart"
        better = (self.difference.value < 0) == self.lower_is_better
        return f"{self.first if better else self.second} is better"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        fields = ("metric", "first", "second", "values", "p_holm", "n", "verdict")
        shown = {name: getattr(self, name) for name in fields}
        return {**shown, **self.difference.to_json(), "pictures": list(self.pictures)}


def choose(records: Iterable[Record], names: Sequence[str]) -> list[Side]:
    """The records that the names mean, all of one question; the newest question of several.

    A name is the beginning of an id, a model with or without its weights, or a method with {seed}
    in it. UsageProblem where a name means nothing, or no question has been asked of all.
    """
    done = sorted((r for r in records if r.status == "done"), key=lambda r: r.finished)
    found: dict[tuple[Any, ...], list[Side]] = {}
    for key, group in _by_question(done).items():
        sides = [side for name in names if (side := _side(name, group))]
        if len(sides) == len(names):
            found[key] = sides
    if not found:
        raise _nothing(done, names)
    if len(found) > 1:
        say(f"{len(found)} questions have been asked of all; this is the one answered last")
    return max(found.values(), key=lambda sides: max(side.finished for side in sides))


def _by_question(records: Iterable[Record]) -> dict[tuple[Any, ...], list[Record]]:
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record.spec.get(name) for name in QUESTION), []).append(record)
    return groups


def _side(name: str, records: Sequence[Record]) -> Side | None:
    trainings: dict[str, tuple[Record, ...]] = {}
    for record in (r for r in records if r.card.get("family") == name):
        known = trainings.get(record.spec["weights_sha256"], ())
        trainings[record.spec["weights_sha256"]] = (*known, record)
    if trainings:
        return Side(name=name, trainings=tuple(trainings.values()))
    matching = [r for r in records if len(name) >= 4 and r.id.startswith(name)] or [
        r for r in records if means(name, r.model)
    ]
    models = {(r.model, r.spec["weights_sha256"]) for r in matching}
    if len(models) > 1:
        raise UsageProblem(
            f"'{name}' means {len(models)} models: {', '.join(sorted(m for m, _ in models))}",
            hint="name one in full, or the beginning of its record's id (bench ls)",
        )
    if not matching:
        return None
    alike = [r for r in matching if all(r.spec.get(k) == matching[-1].spec.get(k) for k in OWN)]
    return Side(name=matching[-1].model, trainings=(tuple(alike),))


def means(name: str, model: str) -> bool:
    """Whether somebody who says `pix2pix` means this model: by its name in full, or its method."""
    short = name if "." in name or "@" in name else f"{name}[.@]*"
    return name == model or fnmatch.fnmatchcase(model, short)


def _nothing(records: Sequence[Record], names: Sequence[str]) -> UsageProblem:
    absent = [
        name
        for name in names
        if _side(name, records[-1:]) is None
        and not any(
            means(name, r.model) or r.id.startswith(name) or r.card.get("family") == name
            for r in records
        )
    ]
    if absent:
        return UsageProblem(f"nothing is recorded of {', '.join(absent)}", hint="bench ls")
    return UsageProblem(
        f"{' and '.join(names)} were never asked the same question",
        hint="measure them with one command: bench run --models …,… --dataset …",
    )


def compare(sides: Sequence[Side], kept: Kept, top: int = 5) -> list[Comparison]:
    """Every pair of sides by every metric that all have, p values by Holm over the pairs."""
    columns = [_newest(side.trainings[-1]) for side in sides]
    shared = [c for c in columns[0] if all(c in other for other in columns[1:])]
    if not shared:
        raise UsageProblem("they have no metric in common", hint="bench show ID")
    return [comparison for column in shared for comparison in _by_column(sides, column, kept, top)]


def _newest(records: Sequence[Record]) -> dict[Column, Entry]:
    """By column the newest of the scores that several runs of one model gave."""
    return {column_of(score): (record, score) for record in records for score in record.scores}


def _by_column(sides: Sequence[Side], column: Column, kept: Kept, top: int) -> list[Comparison]:
    entries: list[Entry] = [_newest(side.trainings[-1])[column] for side in sides]
    found = dict(contest(entries, kept).pairs)
    for i, j in combinations(range(len(sides)), 2):
        first, second = (_over_seeds(sides[k], column) for k in (i, j))
        if len(first) > 1 and len(second) > 1:
            found[i, j] = between_methods(first, second)
    adjusted = holm([d.p for d in found.values()])
    return [
        Comparison(
            metric=column.metric,
            lower_is_better=column.direction == "lower",
            first=sides[i].name,
            second=sides[j].name,
            values=(_mean(sides[i], column), _mean(sides[j], column)),
            difference=difference,
            p_holm=p,
            n=entries[i][1]["n"],
            pictures=tuple(most_different(entries[i], entries[j], kept)[:top]),
        )
        for ((i, j), difference), p in zip(found.items(), adjusted, strict=True)
    ]


def _over_seeds(side: Side, column: Column) -> list[float]:
    entries = [_newest(records).get(column) for records in side.trainings]
    return [entry[1]["value"] for entry in entries if entry is not None]


def _mean(side: Side, column: Column) -> float:
    return fmean(_over_seeds(side, column))


def most_different(first: Entry, second: Entry, kept: Kept) -> list[dict[str, Any]]:
    """Pictures by how much the two differ on them.

    By the metric's own numbers; for a distance of sets by how much the difference would move
    without the picture, times the pictures. Empty where neither is kept.
    """
    rows = [
        {source_key(row): row for row in kept.pictures(record)} for record, _ in (first, second)
    ]
    metric = str(first[1]["metric"])
    one, two = (kept.values(record, metric) for record, _ in (first, second))
    if one and two:
        numbers: dict[str, Triple] = {
            key: (one[key], two[key], one[key] - two[key]) for key in one if key in two
        }
    else:
        numbers = _influences(first, second, kept)
    shown = [
        {
            "id": rows[0][key]["id"],
            "first": a,
            "second": b,
            "difference": d,
            "source": rows[0][key].get("source") or rows[1][key].get("source"),
            "target": rows[0][key].get("target") or rows[1][key].get("target"),
            "outputs": [row[key].get("output") for row in rows],
        }
        for key, (a, b, d) in numbers.items()
        if key in rows[0] and key in rows[1]
    ]
    return sorted(shown, key=lambda row: -abs(row["difference"]))


Triple = tuple[float | None, float | None, float]


def _influences(first: Entry, second: Entry, kept: Kept) -> dict[str, Triple]:
    one, two = kept.left_out(*first), kept.left_out(*second)
    if one is None or two is None or one.grouped or one.sources.shape != two.sources.shape:
        return {}
    moved = (one.value - two.value) - (one.sources - two.sources)
    keys = [source_key(row) for row in kept.pictures(first[0])]
    return {k: (None, None, float(m * len(keys))) for k, m in zip(keys, moved, strict=True)}
