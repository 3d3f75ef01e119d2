"""Figures of papers; points are drawn by the graphics card, so that 20,000 of them stay fluid."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.charts.lines import painted
from dashboard.load.charted import CiteMap, Points
from dashboard.theme import PALETTE

__all__ = ["citations_map", "momentum", "timeline"]

Figure = Any  # plotly.graph_objects.Figure
Numbers = NDArray[np.float64]
# Each with its sign and its colour; what is not decided yet is grey, and drawn first.
GROUPS = {
    "not decided": ("circle", PALETTE[-1]),
    "dropped": ("x", PALETTE[4]),
    "set aside": ("triangle-up", PALETTE[3]),
    "kept": ("star", PALETTE[1]),
    "in the zoo": ("diamond", PALETTE[0]),
}
_STATUS = {"kept": "kept", "set aside": "later", "dropped": "dropped"}
EDGES = 40_000  # lines drawn
FEW = 500  # lines, above which they are one picture
LONGEST = 90  # characters of a title


def momentum(points: Points) -> Figure:
    """Citations a month against the day a paper was made public, both as they are known now."""
    figure = _scatter(points, np.maximum(points.monthly, 0.01))
    figure.update_yaxes(type="log", dtick=1, title="citations a month (0.01 for none)")
    return figure


def timeline(points: Points) -> Figure:
    """Citations against the day a paper was made public."""
    figure = _scatter(points, np.maximum(points.citations, 0) + 1)
    figure.update_yaxes(type="log", dtick=1, title="citations + 1")
    return figure


def citations_map(found: CiteMap) -> Figure:
    """Papers by date in lanes of topics, with a line from each to those that it cites."""

    lanes = sorted(set(found.lanes), key=lambda lane: (lane == "other", lane))
    rows = {lane: row for row, lane in enumerate(lanes)}
    ys = np.array([rows[lane] for lane in found.lanes]) + 0.8 * found.heights
    figure = _scatter(found.points, ys)
    _cites(figure, found, ys)
    figure.update_yaxes(
        tickvals=list(rows.values()),
        ticktext=lanes,
        title=None,
        range=[-0.6, len(lanes) - 0.4],
        automargin=True,
    )
    figure.update_layout(height=max(420, 70 * len(lanes) + 120))
    return figure


def _cites(figure: Figure, found: CiteMap, ys: Numbers) -> None:
    """Lines below the points, from the citing to the cited."""
    import plotly.graph_objects as go

    ends = found.edges[:EDGES]
    xs = _milliseconds(found.points)[ends]
    if len(ends) > FEW:
        figure.add_layout_image(painted(xs, ys[ends]))
        return
    gap = np.full((len(ends), 1), np.nan)
    lines = go.Scattergl(
        x=np.hstack([xs, gap]).ravel(),
        y=np.hstack([ys[ends], gap]).ravel(),
        mode="lines",
        line={"width": 0.6, "color": "rgba(127,127,127,0.35)"},
        hoverinfo="skip",
        name="cites",
    )
    figure.add_trace(lines)
    figure.data = (figure.data[-1], *figure.data[:-1])


def _milliseconds(points: Points) -> Numbers:
    """Since 1970, as plotly reads numbers on an axis of dates."""
    return points.days.astype("datetime64[ms]").astype(np.int64).astype(np.float64)


def _scatter(points: Points, heights: NDArray[Any]) -> Figure:
    """A group for each place in triage, told apart by colour and by sign.

    Arrays are sent as they are; of lists, plotly looks at every single value.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    xs, ys = _milliseconds(points), np.asarray(heights, dtype=np.float64)
    told, ids = _told(points), np.array(points.ids, dtype=object)
    few = len(points) <= 2_000
    sizes = 7 + np.minimum(17, np.maximum(0, points.citations) ** 0.35)
    for group, rows in _groups(points).items():
        symbol, colour = GROUPS[group]
        figure.add_trace(
            go.Scattergl(
                x=xs[rows],
                y=ys[rows],
                mode="markers",
                name=f"{group} ({len(rows):,})",
                marker={
                    "symbol": symbol,
                    "color": colour,
                    "size": sizes[rows] if few else 6,
                    "opacity": 0.85 if few else 0.6,
                },
                text=told[rows],
                customdata=ids[rows],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    figure.update_layout(
        height=520,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.18, "yanchor": "top"},
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(title="first made public", type="date")
    return figure


def _groups(points: Points) -> dict[str, NDArray[np.int64]]:
    """The rows of each group that has some."""
    masks = {group: (points.status == own) & ~points.zoo for group, own in _STATUS.items()}
    masks["in the zoo"] = points.zoo
    masks["not decided"] = ~np.logical_or.reduce(list(masks.values()))
    rows = {group: np.flatnonzero(masks[group]) for group in GROUPS}
    return {group: own for group, own in rows.items() if len(own)}


def _told(points: Points) -> NDArray[np.object_]:
    """What hovering says; plotly reads some HTML, so what is from outside is escaped."""
    columns = zip(
        points.titles,
        np.datetime_as_string(points.days, unit="M").tolist(),
        points.citations.tolist(),
        points.monthly.tolist(),
        points.code.tolist(),
        strict=True,
    )
    lines = [
        f"<b>{html.escape(title if len(title) <= LONGEST else f'{title[:LONGEST]}…')}</b><br>"
        f"{month} · citations: {f'{cited:,}' if cited >= 0 else 'unknown'} · "
        f"{monthly:.1f} a month{', code' if code else ''}"
        for title, month, cited, monthly, code in columns
    ]
    return np.array(lines, dtype=object)
