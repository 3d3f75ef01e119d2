"""Figures of papers; points are drawn by the graphics card, so that 20,000 of them stay fluid."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.load.charted import CiteMap, Point
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
_STATUS = {"kept": "kept", "later": "set aside", "dropped": "dropped"}
EDGES = 40_000  # lines drawn
LONGEST = 90  # characters of a title


def momentum(points: Sequence[Point]) -> Figure:
    """Citations a month against the day a paper was made public, both as they are known now."""
    figure = _scatter(points, [max(point.monthly, 0.01) for point in points])
    figure.update_yaxes(type="log", dtick=1, title="citations a month (0.01 for none)")
    return figure


def timeline(points: Sequence[Point]) -> Figure:
    """Citations against the day a paper was made public."""
    figure = _scatter(points, [max(point.citations, 0) + 1 for point in points])
    figure.update_yaxes(type="log", dtick=1, title="citations + 1")
    return figure


def citations_map(found: CiteMap) -> Figure:
    """Papers by date in lanes of topics, with a line from each to those that it cites."""
    import plotly.graph_objects as go

    lanes = sorted(set(found.lanes), key=lambda lane: (lane == "other", lane))
    rows = {lane: row for row, lane in enumerate(lanes)}
    ys = np.array([rows[lane] for lane in found.lanes]) + 0.8 * np.array(found.heights)
    figure = _scatter(found.points, ys)
    lines = _lines(found, ys)
    lines_of = go.Scattergl(
        x=lines[0],
        y=lines[1],
        mode="lines",
        line={"width": 0.6, "color": "rgba(127,127,127,0.35)"},
        hoverinfo="skip",
        name="cites",
    )
    figure.add_trace(lines_of)
    figure.data = (figure.data[-1], *figure.data[:-1])  # lines below points
    figure.update_yaxes(
        tickvals=list(rows.values()),
        ticktext=lanes,
        title=None,
        range=[-0.6, len(lanes) - 0.4],
        automargin=True,
    )
    figure.update_layout(height=max(420, 70 * len(lanes) + 120))
    return figure


def _lines(found: CiteMap, ys: Numbers) -> tuple[Numbers, Numbers]:
    """From the citing to the cited, then a gap."""
    ends = np.array(found.edges[:EDGES], dtype=np.int64).reshape(-1, 2)
    lines = []
    for values in (_days(found.points), ys):
        line = np.full((len(ends), 3), np.nan)
        line[:, :2] = values[ends]
        lines.append(line.ravel())
    return lines[0], lines[1]


def _days(points: Sequence[Point]) -> Numbers:
    """In milliseconds since 1970, as plotly reads numbers on an axis of dates."""
    days = np.array([point.day for point in points], dtype="datetime64[ms]")
    return days.astype(np.int64).astype(np.float64)


def _scatter(points: Sequence[Point], heights: Sequence[float] | Numbers) -> Figure:
    """A group for each place in triage, told apart by colour and by sign.

    Arrays are sent as they are; of lists, plotly looks at every single value.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    xs, ys = _days(points), np.asarray(heights, dtype=np.float64)
    groups = np.array([_group(point) for point in points], dtype=object)
    for group, (symbol, colour) in GROUPS.items():
        rows = np.flatnonzero(groups == group)
        own = [points[i] for i in rows.tolist()]
        if not own:
            continue
        few = len(points) <= 2_000
        figure.add_trace(
            go.Scattergl(
                x=xs[rows],
                y=ys[rows],
                mode="markers",
                name=f"{group} ({len(own):,})",
                marker={
                    "symbol": symbol,
                    "color": colour,
                    "size": [_size(point) for point in own] if few else 6,
                    "opacity": 0.85 if few else 0.6,
                },
                text=np.array([_told(point) for point in own], dtype=object),
                customdata=np.array([point.id for point in own], dtype=object),
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


def _group(point: Point) -> str:
    return "in the zoo" if point.zoo else _STATUS.get(point.status, "not decided")


def _size(point: Point) -> float:
    return float(7 + min(17, max(0, point.citations) ** 0.35))


def _told(point: Point) -> str:
    """What hovering says; plotly reads some HTML, so what is from outside is escaped."""
    title = point.title if len(point.title) <= LONGEST else f"{point.title[:LONGEST]}…"
    cited = f"{point.citations:,}" if point.citations >= 0 else "unknown"
    code = ", code" if point.code else ""
    return (
        f"<b>{html.escape(title)}</b><br>{point.day[:7]} · citations: {cited} · "
        f"{point.monthly:.1f} a month{code}"
    )
