"""Quality against cost: points with intervals, the Pareto front, bubbles for memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from bench.compare.pareto import front
from dashboard.theme import MARKS, PALETTE

__all__ = ["Point", "on_front", "scatter", "spoken"]

SMALLEST, LARGEST = 10, 42  # px of a bubble
LOG = {"type": "log", "dtick": "D2"}  # labels at 1, 2 and 5 of each power of ten
MOST = 40  # models with a colour, a sign and a name of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A model: cost on x, score on y with half of its interval, megabytes for its size."""

    model: str
    x: float
    y: float
    half: float
    size: float | None = None
    text: str = ""


def on_front(points: Sequence[Point], more_is_better: tuple[bool, bool]) -> list[Point]:
    """The points that no other beats in both, by their cost."""
    signs = [-1.0 if more else 1.0 for more in more_is_better]
    marks = front([(signs[0] * p.x, signs[1] * p.y) for p in points])
    return sorted((p for p, on in zip(points, marks, strict=True) if on), key=lambda p: p.x)


def scatter(
    points: Sequence[Point],
    titles: tuple[str, str],
    more_is_better: tuple[bool, bool],
    log: bool = False,
) -> Any:
    """A plotly figure; each model has its own colour and sign, unless there are very many."""
    from plotly import graph_objects as go

    best = on_front(points, more_is_better)
    line = {
        "type": "scatter",
        "x": [p.x for p in best],
        "y": [p.y for p in best],
        "mode": "lines",
        "name": "no model beats these in both",
        "line": {"dash": "dash", "color": PALETTE[-1], "width": 2},
        "hoverinfo": "skip",
    }
    layout = {
        "height": 520,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "legend": {"orientation": "h", "y": -0.18, "yanchor": "top"},
        "xaxis": {"title": escape(titles[0]), "automargin": True, **(LOG if log else {})},
        "yaxis": {"title": escape(titles[1]), "automargin": True},
    }
    return go.Figure([line, *_signs(points)], layout)


def _signs(points: Sequence[Point]) -> list[dict[str, Any]]:
    sizes = _diameters(points)
    if len(points) > MOST:
        one = _trace(points, sizes, 0) | {"name": f"{len(points)} models"}
        # Arrays: plotly copies and checks lists value by value.
        one |= {"x": np.array(one["x"]), "y": np.array(one["y"])}
        one["customdata"] = np.array(one["customdata"], dtype=object)
        one["error_y"]["array"] = np.array(one["error_y"]["array"])
        one["marker"]["size"] = np.array(sizes)
        return [one]
    return [
        _trace([point], [size], place) | {"name": escape(point.model)}
        for place, (point, size) in enumerate(zip(points, sizes, strict=True))
    ]


def _trace(points: Sequence[Point], sizes: Sequence[float], place: int) -> dict[str, Any]:
    half = {"type": "data", "array": [point.half for point in points], "thickness": 1.5}
    return {
        "type": "scatter",
        "x": [point.x for point in points],
        "y": [point.y for point in points],
        "error_y": half,
        "mode": "markers",
        "customdata": [[escape(point.model), escape(point.text)] for point in points],
        "marker": {
            "size": list(sizes),
            "symbol": MARKS[place % len(MARKS)],
            "color": PALETTE[place % len(PALETTE)],
            "opacity": 0.85,
            "line": {"width": 1},
        },
        "hovertemplate": "%{customdata[0]}<br>%{x:.4g}, %{y:.4g} ± %{error_y.array:.2g}"
        "<br>%{customdata[1]}<extra></extra>",
    }


def _diameters(points: Sequence[Point]) -> list[float]:
    """The area grows with the memory; without any, all are alike."""
    most = max((p.size for p in points if p.size), default=0.0)
    if not most:
        return [SMALLEST + 4.0] * len(points)
    return [SMALLEST + (LARGEST - SMALLEST) * ((p.size or 0.0) / most) ** 0.5 for p in points]


def spoken(points: Sequence[Point], titles: tuple[str, str], best: Sequence[Point]) -> str:
    """The same in words, for those who do not see it."""
    shown = points[:MOST]
    listed = "; ".join(f"{p.model}: {p.x:.3g}, {p.y:.3g} ± {p.half:.2g}" for p in shown)
    names = ", ".join(p.model for p in best)
    return f"{titles[1]} against {titles[0]}. {listed}. No model beats {names} in both."
