"""Losses of a training by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dashboard.theme import PALETTE

__all__ = ["curves"]

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def curves(steps: Sequence[int], values: Mapping[str, Sequence[float]]) -> Any:
    """A plotly figure with a line a loss, told apart by colour and by dashes."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for place, (name, own) in enumerate(values.items()):
        line = {"color": PALETTE[place % len(PALETTE)], "dash": DASHES[place % len(DASHES)]}
        figure.add_scatter(x=steps, y=own, mode="lines", name=escape(name), line=line)
    figure.update_layout(
        height=280,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"orientation": "h", "y": -0.25, "yanchor": "top"},
        xaxis={"title": "step", "automargin": True},
        yaxis={"automargin": True},
        showlegend=True,
    )
    return figure
