"""What quality costs: scores against speed or size, how sure the ranks are, other data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from bench.leaderboard import Column, Row, Table, scaled
from dashboard.charts.cost import Point, on_front, scatter, spoken
from dashboard.charts.ranks import shares, small
from dashboard.frame import COSTS, FASTER_IS_BETTER, cost, label
from dashboard.load import Board, board, datasets, picture_address
from dashboard.load.shots import sample, shots
from dashboard.parts.gallery import gallery
from dashboard.parts.hover import Sample, hover
from dashboard.plain import plain
from dashboard.stability import DRAWS, shares_by_intervals, shares_by_pictures
from dashboard.views.question import ask, column_names, nonsense_noted

__all__ = ["show"]

KNOWN = "dataset direction protocol metric cost scale sets"
MOST = 25  # models whose ranks are drawn
SAMPLES = 6  # pictures below the figure
SIGNS = 40  # signs that have a picture on hovering
CHART = "scatter"


def show() -> None:
    """Choose what is good and what it costs; the front, samples, rank shares, other data sets."""
    st.title("Quality and cost")
    with nonsense_noted(KNOWN.split()):
        found = ask()
        if found is None:
            return
        chosen = _axes(found[1])
        if chosen is not None:
            board, table = found
            _page(board, table, *chosen)


def _axes(table: Table) -> tuple[str, Column, str, bool] | None:
    named = column_names(table)
    if not named:
        st.info("Every model failed on this question.", icon=":material/info:")
        return None
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    metric = left.selectbox("Quality", list(named), key="metric", bind="query-params")
    against = middle.selectbox("Cost", list(COSTS), key="cost", bind="query-params")
    log = right.segmented_control(
        "Scale", ["log", "linear"], default="log", required=True, key="scale", bind="query-params"
    )
    name = metric or next(iter(named))
    return name, named[name], against or next(iter(COSTS)), log == "log"


def _page(found: Board, table: Table, name: str, column: Column, against: str, log: bool) -> None:
    points = _points(table, column, against)
    having = {point.model for point in points}
    left_out = [row.model for row in table.rows if row.model not in having]
    if points:
        _scatter(found, table, points, (name, column, against), log)
    else:
        st.info(f"No model has both {plain(name)} and {against}.", icon=":material/info:")
    if left_out:
        st.text(f"Without one of the two: {', '.join(left_out)}")
    _stability(found, table, name, column)
    _multiples(found, name, column)


def _points(table: Table, column: Column, against: str) -> list[Point]:
    points = []
    for row in table.rows:
        value, half = scaled(row.scores.get(column), column)
        x = cost(row, against)
        if value is None or half is None or x is None:
            continue
        memory = cost(row, "peak memory MB")
        text = f"{memory:,.0f} MB at the peak" if memory else "memory not recorded"
        points.append(Point(model=row.model, x=x, y=value, half=half, size=memory, text=text))
    return points


def _scatter(
    found: Board, table: Table, points: list[Point], axes: tuple[str, Column, str], log: bool
) -> None:
    name, column, against = axes
    shown = [p for p in points if p.x > 0 or not log]
    more = (against in FASTER_IS_BETTER, column.direction == "higher")
    titles = (f"{against} {'↑' if more[0] else '↓'}", label(name, column))
    best = on_front(shown, more)
    event = st.plotly_chart(
        scatter(shown, titles, more, log),
        key=CHART,
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt=spoken(shown, titles, best),
    )
    st.caption(
        "Bars are 95 % intervals, the area of a sign grows with peak memory, and each cost is of "
        "one run on one machine. A click on a sign keeps a picture of its model below."
    )
    _hovered(found, table, [point.model for point in shown])
    if len(shown) < len(points):
        st.caption("A logarithmic scale has no zero: models that cost nothing are left out.")
    _samples(found, table, _clicked(event, shown), [p.model for p in best])


def _hovered(found: Board, table: Table, models: list[str]) -> None:
    """What appears while somebody points at a sign: one picture, the same for all models."""
    first = sample(found, table, models[:SIGNS])
    if first is None:
        return
    hover(
        [
            Sample(
                sign=escape(model),
                name=model,
                src=picture_address(first.outputs.get(model), 320),
                alt=f"{model}, picture {first.id}",
            )
            for model in models[:SIGNS]
        ],
        chart=CHART,
        key="hovered",
    )


def _clicked(event: Any, points: Sequence[Point]) -> list[str]:
    """The models whose signs are chosen; figures have their names escaped."""
    chosen = {
        str((point.get("customdata") or [""])[0])
        for point in event.get("selection", {}).get("points", ())
    }
    return [point.model for point in points if escape(point.model) in chosen]


def _samples(found: Board, table: Table, clicked: list[str], best: list[str]) -> None:
    """One picture from every model that was clicked, or else from those on the front."""
    models = (clicked or best)[:SAMPLES]
    first = sample(found, table, models)
    if first is None:
        return
    st.header("A picture from those" + ("" if clicked else " that no model beats in both"))
    files = {"source": first.source} | {m: first.outputs.get(m) for m in models}
    gallery(
        [
            {
                "src": picture_address(file, 320),
                "full": picture_address(file),
                "alt": f"{name}, picture {first.id}",
                "label": name,
            }
            for name, file in files.items()
        ],
        key="samples",
    )


def _stability(found: Board, table: Table, name: str, column: Column) -> None:
    rows = [row for row in table.rows if column in row.scores]
    if len(rows) < 2:
        return
    st.header("How sure the ranks are")
    higher = column.direction == "higher"
    rows.sort(key=lambda row: row.scores[column]["value"] * (-1 if higher else 1))
    del rows[MOST:]
    models = [row.model for row in rows]
    try:
        own = _per_picture(found, table, models, column.metric)
        count, drawn = shares_by_pictures(own, higher)
        how = f"{count} pictures drawn again {DRAWS:,} times, the same for all models"
    except ValueError:
        drawn = shares_by_intervals(*_intervals(rows, column), higher)
        how = (
            f"{DRAWS:,} draws from each model's interval, independent of each other; as the models "
            "saw the same pictures, ranks are surer than this"
        )
    said = "; ".join(f"{m} first in {100 * s[0]:.0f} %" for m, s in zip(models, drawn, strict=True))
    of = f" among the best {MOST}" if len(rows) == MOST else ""
    st.caption(f"Share of draws in which a model has a rank{of} by {plain(name)}: {how}.")
    st.plotly_chart(shares(models, drawn), config={"displayModeBar": False}, alt=said)


def _per_picture(
    found: Board, table: Table, models: Sequence[str], metric: str
) -> list[Mapping[str, float]]:
    own: dict[str, dict[str, float]] = {model: {} for model in models}
    for shot in shots(found, table, models):
        for model, values in shot.scores.items():
            if metric in values:
                own[model][shot.id] = values[metric]
    return list(own.values())


def _intervals(rows: Sequence[Row], column: Column) -> tuple[list[float], list[float]]:
    scores = [row.scores[column] for row in rows]
    return [s["value"] for s in scores], [(s["high"] - s["low"]) / 2 for s in scores]


def _multiples(seen: Board, name: str, column: Column) -> None:
    names = datasets()
    if len(names) < 2:
        return
    st.header("Other data sets")
    chosen = st.multiselect(
        "Data sets", names, default=names[:3], max_selections=6, key="sets", bind="query-params"
    )
    found = {}
    for dataset in chosen:
        one = seen if dataset == seen.dataset else board(dataset)
        table = next((t for t in one.tables if column_names(t).get(name)), None)
        if table is not None:
            found[dataset] = _values(table, column_names(table)[name])
    if not found:
        st.info(f"None of these has {plain(name)}.", icon=":material/info:")
        return
    st.caption(
        f"{plain(name)} of the ten best models, each data set by its largest table and own scale."
    )
    with st.grid(min_column_width=340):
        for dataset, rows in found.items():
            said = ", ".join(f"{model} {value:.3g} ± {half:.2g}" for model, value, half in rows)
            st.plotly_chart(
                small(dataset, rows, label(name, column)),
                key=f"small-{dataset}",
                config={"displayModeBar": False},
                alt=f"{name} on {dataset}: {said}",
            )


def _values(table: Table, column: Column) -> list[tuple[str, float, float]]:
    found = []
    for row in table.rows[:10]:
        value, half = scaled(row.scores.get(column), column)
        if value is not None and half is not None:
            found.append((row.model, value, half))
    return found
