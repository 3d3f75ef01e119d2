"""Plots as SVG text: intervals of all models, and quality beside speed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.leaderboard import Column, Row, scaled
from bench.report.html import text

__all__ = ["intervals", "pareto"]

WIDTH, LABEL, ROW = 460, 165, 24  # narrow: letters stay readable on a phone
LONGEST = 24  # letters of a name in a plot


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def intervals(rows: Sequence[Row], column: Column) -> str:
    """Every model's value with its 95 % interval, one line each."""
    found = [(row, *scaled(row.scores[column], column)) for row in rows if column in row.scores]
    points = [(row, v, h) for row, v, h in found if v is not None and h is not None]
    if not points:
        return ""
    low, high = _range([x for _, v, h in points for x in (v - h, v + h)])

    def x(value: float) -> float:
        return LABEL + (value - low) / (high - low) * (WIDTH - LABEL - 20)

    height = ROW * len(points) + 54
    parts = [_open(WIDTH, height, f"{column.label} of {len(points)} models with 95 % intervals")]
    for place, (row, value, half) in enumerate(points):
        y = ROW * place + 18
        parts.append(f'<text x="0" y="{y + 4}">{text(_short(row.model))}</text>')
        parts.append(_line(x(value - half), y, x(value + half), y, "bar", 3))
        kind = "best" if row.rank == 1 else "rest"
        parts.append(f'<circle class="{kind}" cx="{x(value):.1f}" cy="{y}" r="5"/>')
    bottom = ROW * len(points) + 12
    parts.append(_line(LABEL, bottom, WIDTH - 20, bottom, "axis", 1))
    parts += [_tick(x(v), bottom + 18, v) for v in (points[0][1], points[-1][1])]
    middle = (LABEL + WIDTH) / 2
    parts.append(_words(middle, bottom + 36, column.label, "middle"))
    return "".join(parts) + "</svg>"


def pareto(rows: Sequence[Row], column: Column) -> str:
    """Images a second (logarithmic) against the score; the front is joined by a line."""
    points = [
        (row, math.log10(speed), value)
        for row in rows
        if (speed := row.record.cost.get("images_per_second"))
        and (value := scaled(row.scores.get(column), column)[0]) is not None
    ]
    if len(points) < 2:
        return ""
    left, right = _range([speed for _, speed, _ in points])
    low, high = _range([value for _, _, value in points])
    height, start = 300, 55

    def place(speed: float, value: float) -> tuple[float, float]:
        across = start + (speed - left) / (right - left) * (WIDTH - start - 20)
        return across, 20 + (high - value) / (high - low) * (height - 80)

    parts = [
        _open(WIDTH, height, f"{column.label} against images a second"),
        _line(start, height - 60, WIDTH - 20, height - 60, "axis", 1),
        _line(start, 20, start, height - 60, "axis", 1),
    ]
    front = sorted(place(s, v) for row, s, v in points if row.pareto)
    parts.append(
        f'<polyline class="front" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in front)}"/>'
    )
    parts += [_point(*place(speed, value), row) for row, speed, value in points]
    speeds = {p[1] for p in points}
    parts += [_tick(place(s, low)[0], height - 40, 10**s) for s in {min(speeds), max(speeds)}]
    for value in {min(p[2] for p in points), max(p[2] for p in points)}:
        across, down = place(left, value)
        parts.append(_words(across - 8, down + 4, _number(value), "end"))
    parts.append(_words(WIDTH / 2, height - 12, "images a second", "middle"))
    parts.append(_words(0, 12, column.label, "start"))
    return "".join(parts) + "</svg>"


def _point(across: float, down: float, row: Row) -> str:
    """A dot with its name, to whichever side there is room."""
    kind = "best" if row.pareto else "rest"
    shift, anchor = (-10, "end") if across > WIDTH * 0.7 else (10, "start")
    return (
        f'<circle class="{kind}" cx="{across:.1f}" cy="{down:.1f}" r="6"/>'
        f'<text x="{across + shift:.1f}" y="{down - 8:.1f}" text-anchor="{anchor}">'
        f"{text(_short(row.model))}</text>"
    )


def _open(width: int, height: int, label: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{text(label)}">'


def _line(a: float, b: float, c: float, d: float, kind: str, width: int) -> str:
    return (
        f'<line class="{kind}" x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}" '
        f'stroke-width="{width}"/>'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _words(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text class="soft" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(words)}</text>'


def _tick(x: float, y: float, value: float) -> str:
    return _words(x, y, _number(value), "middle")
