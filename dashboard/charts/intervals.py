"""Scores as points with their 95 % intervals, in the order of the table.

Plotly takes names for a kind of HTML: those from records are escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from bench.leaderboard import Column, Row, scaled
from dashboard.frame import label
from dashboard.theme import MARKS, PALETTE

__all__ = ["intervals", "spoken"]

MOST = 40  # models in one figure


def intervals(rows: Sequence[Row], name: str, column: Column) -> Any:
    """One line a model, with the letters of its group beside its name. Plotly figure."""
    from plotly import graph_objects as go

    figure = go.Figure()
    having = [row for row in rows if column in row.scores][:MOST]
    groups = list(dict.fromkeys(row.group for row in having))
    for place, group in enumerate(groups):
        same = [row for row in having if row.group == group]
        found = [scaled(row.scores[column], column) for row in same]
        figure.add_scatter(
            x=[value for value, _ in found],
            y=[f"{escape(row.model)} {group}" for row in same],
            error_x={"type": "data", "array": [half for _, half in found], "thickness": 2},
            mode="markers",
            name=f"group {group}" if group else "no group",
            marker={
                "symbol": MARKS[place % len(MARKS)],
                "color": PALETTE[place % len(PALETTE)],
                "size": 11,
            },
            hovertemplate="%{y}: %{x:.4g} ± %{error_x.array:.2g}<extra></extra>",
        )
    figure.update_layout(
        height=90 + 30 * len(having),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=False,
        xaxis={"title": escape(label(name, column))},
        yaxis={
            "autorange": "reversed",
            "automargin": True,
            "categoryorder": "array",
            "categoryarray": [f"{escape(row.model)} {row.group}" for row in having],
        },
    )
    return figure


def spoken(rows: Sequence[Row], name: str, column: Column) -> str:
    """The same in words, for those who do not see it."""
    said = []
    for row in rows[:MOST]:
        value, half = scaled(row.scores.get(column), column)
        if value is not None:
            said.append(f"{row.model} {value:.3g} ± {half:.2g}")
    return f"{name} with 95 % intervals: {'; '.join(said)}"
