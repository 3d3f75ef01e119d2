"""Leaderboards from records: what may stand in one column, in which order, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.records import Record

__all__ = ["Column", "Row", "Table", "footer", "headers", "line", "markdown", "scaled", "tables"]

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
)
RANKED_BY = ("kid", "kid-texture")  # then the first metric there is
SCALED = {"kid": 1000, "kid-texture": 1000}  # in tables for people only: records stay raw


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

    @property
    def label(self) -> str:
        """`KID ×10³ ↓`, with an asterisk where the extractor's weights are not the published."""
        scale = " ×10³" if self.metric in SCALED else ""
        unit = f" {self.unit}" if self.unit else ""
        arrow = "↓" if self.direction == "lower" else "↑"
        return f"{self.metric}{'' if self.comparable else '*'}{scale}{unit} {arrow}"


@dataclass(slots=True)
class Row:
    """A model with one set of weights: its scores by column, and what one run cost."""

    model: str
    record: Record
    scores: dict[Column, Mapping[str, Any]] = field(default_factory=dict)
    rank: int = 0

    def to_json(self) -> dict[str, Any]:
        """One object with every score under its metric's name."""
        spec = self.record.spec
        return {
            "rank": self.rank or None,
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
            "error": dict(self.record.error) if self.record.error else None,
        }


@dataclass(slots=True)
class Table:
    """Models that were asked the same question, best first."""

    question: dict[str, Any]
    columns: list[Column]
    rows: list[Row]
    failed: list[Record]

    @property
    def ranked_by(self) -> Column | None:
        """The column that decides the order."""
        count = {c: sum(c in row.scores for row in self.rows) for c in self.columns}
        ranking = [c for c in self.columns if c.metric in RANKED_BY] or self.columns[:1]
        # The one that most models have: a model without it would stand below worse ones.
        ranking.sort(key=lambda c: (-count[c], c.metric not in RANKED_BY[:1], not c.comparable))
        return ranking[0] if ranking else None


def tables(records: Iterable[Record]) -> list[Table]:
    """One table for each question, the one with most models first."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(tuple(record.spec.get(k) for k in QUESTION), []).append(record)
    made = [_table(dict(zip(QUESTION, key, strict=True)), group) for key, group in groups.items()]
    return sorted(made, key=lambda t: (-len(t.rows), str(t.question)))


def _table(question: dict[str, Any], records: list[Record]) -> Table:
    rows: dict[tuple[str, str, str], Row] = {}
    columns: dict[Column, None] = {}
    # Oldest first, so that the newest score of a metric is the one that stays.
    for record in sorted(records, key=lambda r: r.finished):
        if record.status != "done":
            continue
        spec = record.spec
        key = (record.model, spec["weights_sha256"], spec["precision"])
        row = rows.setdefault(key, Row(record.model, record))
        row.record = record
        for score in record.scores:
            column = _column(score)
            columns[column] = None
            row.scores[column] = score
    done = {row.model for row in rows.values()}
    _tell_apart(rows.values())
    failed = [r for r in records if r.status == "error" and r.model not in done]
    table = Table(question, sorted(columns, key=_order), list(rows.values()), failed)
    _rank(table)
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


def _column(score: Mapping[str, Any]) -> Column:
    fields: dict[str, Any] = {name: score.get(name) for name in Column.__dataclass_fields__}
    return Column(**fields)


def _order(column: Column) -> tuple[int, str]:
    first = ("kid", "fid", "kid-texture", "fid-texture", "lpips", "lpips-source", "ssim", "psnr")
    place = first.index(column.metric) if column.metric in first else len(first)
    return place, f"{column.metric}{column.extractor_sha256}"


def _rank(table: Table) -> None:
    """Sort by value; a rank is one more than the number of models that are surely better.

    Surely: the whole 95 % interval is better than the whole of the other. So models that cannot
    be told apart share a rank.
    """
    column = table.ranked_by
    if column is None:
        return
    sign = 1.0 if column.direction == "lower" else -1.0
    having = [row for row in table.rows if column in row.scores]
    having.sort(key=lambda row: sign * row.scores[column]["value"])
    for row in having:
        own = _signed(row.scores[column], sign)[0]
        row.rank = 1 + sum(_signed(o.scores[column], sign)[1] < own for o in having)
    rest = sorted((row for row in table.rows if column not in row.scores), key=lambda r: r.model)
    table.rows = having + rest


def _signed(score: Mapping[str, Any], sign: float) -> tuple[float, float]:
    low, high = sorted((sign * score["low"], sign * score["high"]))
    return low, high


def headers(table: Table) -> list[str]:
    """Column titles for people."""
    return ["rank", "model", *(column.label for column in table.columns), "img/s"]


def line(table: Table, row: Row) -> list[str]:
    """The cells of a row for people: value ± half of the interval."""
    cells = [cell(row.scores.get(column), column) for column in table.columns]
    speed = row.record.cost.get("images_per_second")
    return [str(row.rank or ""), row.model, *cells, f"{speed:.1f}" if speed else ""]


def cell(score: Mapping[str, Any] | None, column: Column) -> str:
    """`12.3 ±0.4`, in the digits that the interval allows; empty without a score."""
    value, half = scaled(score, column)
    if value is None or half is None:
        return ""
    digits = 3 if abs(value) < 10 else 2 if abs(value) < 100 else 1
    return f"{value:.{digits}f} ±{half:.{digits}f}"


def scaled(score: Mapping[str, Any] | None, column: Column) -> tuple[float | None, float | None]:
    """Value and half of the interval in the unit of the column's label."""
    if score is None:
        return None, None
    scale = SCALED.get(column.metric, 1)
    return score["value"] * scale, (score["high"] - score["low"]) / 2 * scale


def footer(table: Table) -> list[str]:
    """n, spread, extractor and resize policy of every column, and what marks mean."""
    notes = []
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
    notes += sorted({w for row in table.rows for w in row.record.warnings})
    if table.ranked_by is not None:
        notes.append(
            f"ranked by {table.ranked_by.metric}; models share a rank where their 95 % "
            "intervals overlap"
        )
        unranked = [row.model for row in table.rows if table.ranked_by not in row.scores]
        if unranked:
            notes.append(f"no rank without {table.ranked_by.metric}: {', '.join(unranked)}")
    return notes


def markdown(table: Table) -> str:
    """The table and its footer as Markdown."""
    titles = headers(table)
    rows: Sequence[Sequence[str]] = [line(table, row) for row in table.rows]
    lines = [_row(titles), _row(["---"] * len(titles)), *(_row(cells) for cells in rows), ""]
    return "\n".join([*lines, *(f"- {note}" for note in footer(table))])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"
