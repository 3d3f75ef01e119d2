"""How sure ranks are, and one metric over several data sets."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from numpy.typing import NDArray

from dashboard.theme import MARKS, PALETTE

__all__ = ["shares", "small"]


def shares(models: Sequence[str], found: NDArray[Any]) -> Any:
    """A plotly figure of the share of draws in which each model has each rank, in per cent."""
    from plotly import graph_objects as go

    ranks = [str(rank + 1) for rank in range(len(models))]
    figure = go.Figure(
        go.Heatmap(
            z=100 * found,
            x=ranks,
            y=[escape(name) for name in models],
            zmin=0,
            zmax=100,
            colorscale="Cividis",
            texttemplate="%{z:.0f} %" if len(models) <= 12 else None,
            hovertemplate="%{y} is number %{x} in %{z:.1f} % of the draws<extra></extra>",
            colorbar={"title": "%"},
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(
        height=130 + 32 * len(models),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={"title": "rank", "type": "category"},
        yaxis={"autorange": "reversed", "automargin": True},
    )
    return figure


def small(dataset: str, rows: Sequence[tuple[str, float, float]], title: str) -> Any:
    """One of several small figures: a data set's models as (name, value, half of the interval)."""
    from plotly import graph_objects as go

    traces = [
        {
            "type": "scatter",
            "x": [value],
            "y": [escape(name)],
            "error_x": {"type": "data", "array": [half], "thickness": 2},
            "mode": "markers",
            "showlegend": False,
            "marker": {
                "symbol": MARKS[place % len(MARKS)],
                "color": PALETTE[place % len(PALETTE)],
                "size": 10,
            },
            "hovertemplate": "%{y}: %{x:.4g} ± %{error_x.array:.2g}<extra></extra>",
        }
        for place, (name, value, half) in enumerate(rows)
    ]
    layout = {
        "title": {"text": escape(dataset)},
        "height": 130 + 28 * len(rows),
        "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
        "xaxis": {"title": escape(title)},
        "yaxis": {"autorange": "reversed", "automargin": True},
    }
    return go.Figure(traces, layout)
