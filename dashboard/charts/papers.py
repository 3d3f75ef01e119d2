"""Figures of papers; points are drawn by the graphics card, so that 20,000 of them stay fluid."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from dashboard.load.charted import CiteMap, Point
from dashboard.theme import PALETTE

__all__ = ["citations_map", "momentum", "timeline"]

Figure = Any  # plotly.graph_objects.Figure
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
    ys = [
        rows[lane] + 0.8 * height for lane, height in zip(found.lanes, found.heights, strict=True)
    ]
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


def _lines(found: CiteMap, ys: Sequence[float]) -> tuple[list[str | None], list[float | None]]:
    xs: list[str | None] = []
    heights: list[float | None] = []
    for citing, cited in found.edges[:EDGES]:
        xs += [found.points[citing].day, found.points[cited].day, None]
        heights += [ys[citing], ys[cited], None]
    return xs, heights


def _scatter(points: Sequence[Point], ys: Sequence[float]) -> Figure:
    """A group for each place in triage, told apart by colour and by sign."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for group, (symbol, colour) in GROUPS.items():
        rows = [i for i, point in enumerate(points) if _group(point) == group]
        if not rows:
            continue
        few = len(points) <= 2_000
        figure.add_trace(
            go.Scattergl(
                x=[points[i].day for i in rows],
                y=[ys[i] for i in rows],
                mode="markers",
                name=f"{group} ({len(rows):,})",
                marker={
                    "symbol": symbol,
                    "color": colour,
                    "size": [_size(points[i]) for i in rows] if few else 6,
                    "opacity": 0.85 if few else 0.6,
                },
                text=[_told(points[i]) for i in rows],
                customdata=[points[i].id for i in rows],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    figure.update_layout(
        height=520,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.18, "yanchor": "top"},
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(title="first made public")
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
