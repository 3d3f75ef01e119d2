"""Leaderboards from records: what may stand in one column, in which order, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.columns import Column, cell, column_of, scaled
from bench.compare.contest import Contest, contest
from bench.compare.kept import Kept
from bench.compare.pareto import front
from bench.compare.seeds import across_seeds
from bench.records import Record

__all__ = [
    "QUESTION",
    "Column",
    "Row",
    "Table",
    "cell",
    "column_of",
    "compared",
    "footer",
    "headers",
    "line",
    "markdown",
    "scaled",
    "tables",
]

# A table holds records that agree in these: another one never shares a column with them.
QUESTION = (
    "dataset",
    "split",
    "direction",
    "size",
    "limit",
    "dataset_digest",
    "reference_digest",
    "pairs_digest",
    "protocol",
    "protocol_sha256",
)
RANKED_BY = ("kid", "kid-clean", "kid-texture")  # then the first metric there is


@dataclass(slots=True)
class Row:
    """A model with one set of weights: its scores by column, and what one run cost."""

    model: str
    record: Record
    scores: dict[Column, Mapping[str, Any]] = field(default_factory=dict)
    rank: int = 0  # the best that it may have; 0 without a score to rank by
    last: int = 0  # the worst that it may have
    group: str = ""  # models that share a letter cannot be told apart
    pareto: bool = False  # no other model is both faster and better
    measured: dict[Column, Record] = field(default_factory=dict)  # which record each score is of

    def to_json(self) -> dict[str, Any]:
        """One object with every score under its metric's name."""
        spec = self.record.spec
        return {
            "rank": self.rank or None,
            "rank_last": self.last or None,
            "group": self.group or None,
            "model": self.model,
            "status": self.record.status,
            **{name: spec.get(name) for name in QUESTION},
            "seed": spec.get("seed"),
            "precision": spec["precision"],
            "weights_sha256": spec["weights_sha256"],
            "paper": self.record.card.get("paper", ""),
            "record": self.record.id,
            "scores": [dict(score) for score in self.scores.values()],
            "images_per_second": self.record.cost.get("images_per_second"),
            "parameters": self.record.cost.get("parameters"),
            "pareto": self.pareto,
            "error": dict(self.record.error) if self.record.error else None,
        }


@dataclass(slots=True)
class Table:
    """Models that were asked the same question, best first."""

    question: dict[str, Any]
    columns: list[Column]
    rows: list[Row]
    failed: list[Record]
    ranked_by: Column | None = None  # the column that decides the order
    how: str = ""  # differences were found, on which the ranks stand


def _ranked_by(columns: Sequence[Column], rows: Sequence[Row]) -> Column | None:
    """The column that decides the order."""
    count = {column: sum(column in row.scores for row in rows) for column in columns}
    ranking = [c for c in columns if c.metric in RANKED_BY] or list(columns[:1])
    # The one that most models have: a model without it would stand below worse ones.
    order = {metric: place for place, metric in enumerate(RANKED_BY)}
    ranking.sort(key=lambda c: (-count[c], order.get(c.metric, 0), not c.comparable))
    return ranking[0] if ranking else None


def tables(records: Iterable[Record], kept: Kept | None = None) -> list[Table]:
    """One table for each question, the one with most models first.

    With `kept` ranks come from paired differences; without, from the intervals alone.
    """
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record.spec.get(k) for k in QUESTION), []).append(record)
    made = [
        _table(dict(zip(QUESTION, key, strict=True)), group, kept) for key, group in groups.items()
    ]
    return sorted(made, key=lambda t: (-len(t.rows), str(t.question)))


def _table(question: dict[str, Any], records: list[Record], kept: Kept | None) -> Table:
    rows: dict[tuple[str, ...], Row] = {}
    columns: dict[Column, None] = {}
    # Oldest first, so that the newest score of a metric is the one that stays.
    for record in sorted(records, key=lambda r: r.finished):
        if record.status != "done":
            continue
        spec = record.spec
        key = (record.model, spec["weights_sha256"], spec["precision"], str(spec.get("style")))
        row = rows.setdefault(key, Row(record.model, record))
        row.record = record
        for score in record.scores:
            column = column_of(score)
            columns[column] = None
            row.scores[column], row.measured[column] = score, record
    done = {row.model for row in rows.values()}
    _tell_apart(rows.values())
    failed = [r for r in records if r.status == "error" and r.model not in done]
    table = Table(question, sorted(columns, key=_order), list(rows.values()), failed)
    table.ranked_by = _ranked_by(table.columns, table.rows)
    _rank(table, kept)
    return table


def _tell_apart(rows: Iterable[Row]) -> None:
    """Two files of one name are two models: theirs get the beginning of their sha256."""
    by_name: dict[str, list[Row]] = {}
    for row in rows:
        by_name.setdefault(row.model, []).append(row)
    for same in (group for group in by_name.values() if len(group) > 1):
        for row in same:
            spec = row.record.spec
            row.model += f" {spec['weights_sha256'][:6]} {spec['precision']}"


def _order(column: Column) -> tuple[int, str]:
    first = ("kid", "fid", "kid-texture", "fid-texture", "lpips", "lpips-source", "ssim", "psnr")
    place = first.index(column.metric) if column.metric in first else len(first)
    return place, f"{column.metric}{column.extractor_sha256}"


def _rank(table: Table, kept: Kept | None) -> None:
    """Sort by value; a rank is one more than the number of models that are surely better."""
    column = table.ranked_by
    if column is None:
        return
    sign = 1.0 if column.direction == "lower" else -1.0
    having = [row for row in table.rows if column in row.scores]
    having.sort(key=lambda row: sign * row.scores[column]["value"])
    found = compared(having, column, kept)
    for row, (first, last), group in zip(having, found.ranks, found.letters, strict=True):
        row.rank, row.last, row.group = first, last, group
    table.how = found.how
    fast = [row for row in having if row.record.cost.get("images_per_second")]
    points = [
        (sign * row.scores[column]["value"], -row.record.cost["images_per_second"]) for row in fast
    ]
    for row, mark in zip(fast, front(points), strict=True):
        row.pareto = mark and len(fast) > 1
    rest = sorted((row for row in table.rows if column not in row.scores), key=lambda r: r.model)
    table.rows = having + rest


def compared(rows: Sequence[Row], column: Column, kept: Kept | None) -> Contest:
    """What may be said of the order of rows that all have a score in `column`."""
    return contest([(row.measured[column], row.scores[column]) for row in rows], kept)


def headers(table: Table) -> list[str]:
    """Column titles for people."""
    return ["rank", "group", "model", *(column.label for column in table.columns), "img/s"]


def line(table: Table, row: Row) -> list[str]:
    """The cells of a row for people: value ± half of the interval."""
    cells = [cell(row.scores.get(column), column) for column in table.columns]
    speed = row.record.cost.get("images_per_second")
    rank = f"{row.rank}–{row.last}" if row.last > row.rank else str(row.rank or "")
    shown = f"{speed:.1f}{' ◆' if row.pareto else ''}" if speed else ""
    return [rank, row.group, row.model, *cells, shown]


def footer(table: Table) -> list[str]:
    """n, spread, extractor and resize policy of every column, and what marks mean."""
    notes = [f"protocol {table.question['protocol']}"] if table.question.get("protocol") else []
    for column in table.columns:
        scores = [row.scores[column] for row in table.rows if column in row.scores]
        counts = sorted({(s["n"], s["n_reference"]) for s in scores})
        n = ", ".join(str(a) if b in (None, a) else f"{a} against {b}" for a, b in counts)
        spread = ", ".join(sorted({s["spread"] for s in scores}))
        extractor = f"; {column.extractor}" if column.extractor else ""
        sha = f" (sha256 {column.extractor_sha256[:8]}…)" if column.extractor_sha256 else ""
        notes.append(
            f"{column.metric}{'' if column.comparable else '*'}: n = {n}; ± {spread}"
            f"{extractor}{sha}; resize: {column.resize}"
        )
    if any(not column.comparable for column in table.columns):
        notes.append("* not comparable: the extractor's weights are not the published ones")
    notes += sorted({" ".join(w.split()) for row in table.rows for w in row.record.warnings})
    if table.ranked_by is not None:
        notes.append(
            f"ranked by {table.ranked_by.metric}; models that share a letter cannot be told apart "
            f"(95 % for all pairs together){': ' if table.how else ''}{table.how}"
        )
        if any(row.pareto for row in table.rows):
            notes.append(f"◆ no model is both faster and better by {table.ranked_by.metric}")
        notes += _over_seeds(table, table.ranked_by)
        ranked = table.ranked_by
        unranked = [row.model for row in table.rows if ranked not in row.scores]
        if unranked:
            notes.append(f"no rank without {table.ranked_by.metric}: {', '.join(unranked)}")
    return notes


def _over_seeds(table: Table, column: Column) -> list[str]:
    """A note for every method of which several trainings differ by their seed."""
    families: dict[str, list[float]] = {}
    for row in table.rows:
        if column in row.scores and (family := row.record.card.get("family")):
            families.setdefault(str(family), []).append(row.scores[column]["value"])
    notes = []
    for family, values in sorted(families.items()):
        if len(values) > 1:
            seeds = across_seeds(values)
            shown = cell({"value": seeds.mean, "low": seeds.low, "high": seeds.high}, column)
            notes.append(f"{family}: {shown} over {seeds.count} training seeds ({column.metric})")
    return notes


def markdown(table: Table) -> str:
    """The table and its footer as Markdown."""
    titles = headers(table)
    rows: Sequence[Sequence[str]] = [line(table, row) for row in table.rows]
    lines = [_row(titles), _row(["---"] * len(titles)), *(_row(cells) for cells in rows), ""]
    return "\n".join([*lines, *(f"- {note}" for note in footer(table))])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"
