"""The citation graph as one HTML page: a timeline and a table, without anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from string import Template

from data.files import write_text
from survey.graph import Graph, address, labels
from survey.paper import Paper

__all__ = ["page", "write_page"]

HERE = Path(__file__).parent
YEAR = 110  # least pixels for a year
WIDTH = 900  # least of the whole
LANE = 40  # pixels
TOP, SIDE = 34, 70
LETTER = 6.7  # of a label, in pixels, on average
DENSE = 500  # citations from which on their lines are paler
NAMED = 300  # papers up to which the picture has names; the table always has
STATUS = {"kept": "kept", "new": "not looked at yet", "later": "for later", "dropped": "dropped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """Where a paper is in the picture, in pixels."""

    x: float
    y: float
    radius: float


def write_page(graph: Graph, path: Path) -> None:
    """Write the page to a file."""
    write_text(path, page(graph))


def page(graph: Graph) -> str:
    """The page; whatever sources said is text in it, and links go to http(s) alone."""
    style, script = (_read(f"graph.{kind}") for kind in ("css", "js"))
    return Template(_read("graph.html")).substitute(
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        counted=_count(len(graph.papers), "paper"),
        summary=_summary(graph),
        legend=_legend(graph),
        picture=_picture(graph) if graph.papers else "<p>There is no paper to show.</p>",
        table=_table(graph),
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _summary(graph: Graph) -> str:
    told = {name for edge in graph.edges for name in edge}
    alone = len(graph.papers) - len(told)
    text = (
        f"{_count(len(graph.papers), 'paper')}, {_count(len(graph.edges), 'citation')} among them"
    )
    if alone and graph.edges:
        text += f"; {alone:,} without any"
    return f"{text}. Citations are those that OpenAlex lists."


def _legend(graph: Graph) -> str:
    found = {paper.status for paper in graph.papers}
    if found <= {"kept"}:
        return ""
    items = (
        f'<li><svg class="node {name}" width="14" height="14" aria-hidden="true">'
        f'<circle cx="7" cy="7" r="5"/></svg> {text}</li>'
        for name, text in STATUS.items()
        if name in found
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


# --- the picture


def _picture(graph: Graph) -> str:
    names = labels(graph.papers) if len(graph.papers) <= NAMED else {}
    days = {paper.id: _day(paper) for paper in graph.papers}
    scale = _Scale([day for day in days.values() if day is not None])
    spots = _spots(graph, days, scale, names)
    height = max(spot.y for spot in spots.values()) + LANE / 2
    width = max(spot.x for spot in spots.values()) + SIDE
    number = {paper.id: n for n, paper in enumerate(graph.papers)}
    parts = [
        *_ticks(scale, height, any(day is None for day in days.values())),
        *(_edge(spots[a], spots[b], number[a], number[b]) for a, b in graph.edges),
        *_nodes(graph, spots, names),
    ]
    dense = ' class="dense"' if len(graph.edges) > DENSE else ""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f"<svg{dense} {size} "
        'role="group" aria-labelledby="time" aria-describedby="how">'
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
        f"{''.join(parts)}</svg>"
    )


def _day(paper: Paper) -> date | None:
    try:
        return date.fromisoformat(paper.date)
    except ValueError:
        return date(paper.year, 7, 1) if paper.year else None


class _Scale:
    """From days to pixels; what has no date stands behind the last."""

    def __init__(self, days: list[date]) -> None:
        self.first = min(days, default=date(2017, 1, 1))
        self.last = max(days, default=self.first)
        years = max((self.last - self.first).days / 365.25, 0.1)
        self.year = max(YEAR, (WIDTH - 2 * SIDE) / years)
        self.undated = self.x(self.last) + 120 if days else SIDE

    def x(self, day: date) -> float:
        return SIDE + (day - self.first).days / 365.25 * self.year


def _spots(
    graph: Graph, days: Mapping[str, date | None], scale: _Scale, names: Mapping[str, str]
) -> dict[str, _Spot]:
    # More lanes than names need: lines are told apart better when they are not all level.
    ends = [0.0] * math.isqrt(2 * len(graph.papers))  # of each lane, where its last name ends
    spots: dict[str, _Spot] = {}
    for paper in graph.papers:
        day = days[paper.id]
        x = scale.undated if day is None else scale.x(day)
        radius = 4 + 1.6 * math.log10(1 + (paper.citations or 0))
        half = max(radius, len(names.get(paper.id, "")) * LETTER / 2) + 4
        lane = min(range(len(ends)), key=ends.__getitem__, default=0)
        if not ends or ends[lane] > x - half:
            lane = len(ends)
        ends[lane : lane + 1] = [x + half]
        spots[paper.id] = _Spot(x=x, y=TOP + LANE * (lane + 0.6), radius=radius)
    return spots


def _ticks(scale: _Scale, height: float, undated: bool) -> Iterator[str]:
    marks = list(_marks(scale.first, scale.last))
    for day, text in marks:
        yield _tick(scale.x(day), height, text)
    if undated:
        yield _tick(scale.undated, height, "no date")


def _tick(x: float, height: float, text: str) -> str:
    return (
        f'<g class="tick"><line x1="{x:.1f}" x2="{x:.1f}" y1="26" y2="{height:.0f}"/>'
        f'<text x="{x:.1f}" y="18" text-anchor="middle">{text}</text></g>'
    )


def _marks(first: date, last: date) -> Iterator[tuple[date, str]]:
    """New Year's days; where there are fewer than two, firsts of months."""
    years = [date(year, 1, 1) for year in range(first.year, last.year + 1)]
    inside = [day for day in years if first <= day <= last]
    if len(inside) > 1:
        yield from ((day, str(day.year)) for day in inside)
        return
    for month in range(first.year * 12 + first.month, last.year * 12 + last.month):
        yield date(month // 12, month % 12 + 1, 1), f"{month // 12}-{month % 12 + 1:02d}"


def _edge(citing: _Spot, cited: _Spot, start: int, end: int) -> str:
    reach = max(30.0, abs(citing.x - cited.x) / 2)
    bow = 18 if citing.y == cited.y else 0  # in one lane: under the dots between
    target = cited.x + cited.radius + 1
    path = (
        f"M{citing.x - citing.radius:.1f} {citing.y:.1f}C{citing.x - reach:.1f} "
        f"{citing.y + bow:.1f} {target + reach:.1f} {cited.y + bow:.1f} {target:.1f} {cited.y:.1f}"
    )
    ends = f'data-from="{start}" data-to="{end}"'
    return f'<path class="edge" {ends} marker-end="url(#head)" d="{path}"/>'


def _nodes(graph: Graph, spots: Mapping[str, _Spot], names: Mapping[str, str]) -> Iterator[str]:
    cites, cited = graph.cites(), graph.cited()
    for n, paper in enumerate(graph.papers):
        spot = spots[paper.id]
        told = f"{paper.title or paper.id}, {_when(paper)}"
        told += f"; cites {cites[paper.id]} and is cited by {cited[paper.id]} of these"
        yield (
            f'<a class="node {escape(paper.status)}" data-n="{n}" href="#p{n}" '
            f'aria-label="{escape(told)}"><title>{escape(told)}</title>'
            f'<circle cx="{spot.x:.1f}" cy="{spot.y:.1f}" r="{spot.radius:.1f}"/>'
            f'<text x="{spot.x:.1f}" y="{spot.y - spot.radius - 4:.1f}" text-anchor="middle">'
            f"{escape(names.get(paper.id, ''))}</text></a>"
        )


# --- the table


def _when(paper: Paper) -> str:
    return paper.date or str(paper.year or "no date")


def _table(graph: Graph) -> str:
    names = labels(graph.papers)
    number = {paper.id: n for n, paper in enumerate(graph.papers)}
    links = {
        name: f'<a href="#p{number[name]}"><bdi>{escape(text)}</bdi></a>'
        for name, text in names.items()
    }
    cites: dict[str, list[str]] = {}
    cited: dict[str, list[str]] = {}
    for a, b in sorted(graph.edges, key=lambda edge: (number[edge[0]], number[edge[1]])):
        cites.setdefault(a, []).append(links[b])
        cited.setdefault(b, []).append(links[a])
    columns = ("Paper", "Date", "Venue", "Cited anywhere", "Cites", "Cited by", "Code")
    head = "".join(f'<th scope="col" role="columnheader">{name}</th>' for name in columns)
    rows = (
        _row(n, paper, cites.get(paper.id, []), cited.get(paper.id, []))
        for n, paper in enumerate(graph.papers)
    )
    # The roles are said again because a narrow screen shows rows as blocks, which unsays them.
    return (
        f'<table role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table>'
    )


def _row(n: int, paper: Paper, cites: Iterable[str], cited: Iterable[str]) -> str:
    title = f"<bdi>{escape(paper.title or paper.id)}</bdi>"
    by = ", ".join(paper.authors[:3]) + (" and others" if len(paper.authors) > 3 else "")
    code = [_link(url, escape(url.split("://")[-1])) for url in paper.code]
    anywhere = "" if paper.citations is None else f"{paper.citations:,}"
    return (
        f'<tr role="row" id="p{n}" tabindex="-1"><th scope="row" role="rowheader">'
        f'{_link(address(paper), title)}<span class="by"><bdi>{escape(by)}</bdi></span></th>'
        + _cell("Date", escape(_when(paper)), "date")
        + _cell("Venue", f"<bdi>{escape(paper.venue)}</bdi>" if paper.venue else "")
        + _cell("Cited anywhere", anywhere, "number")
        + _cell("Cites", _list(cites))
        + _cell("Cited by", _list(cited))
        + _cell("Code", _list(code), "code")
        + "</tr>"
    )


def _cell(name: str, content: str, kind: str = "") -> str:
    kind = f"{kind}{'' if content else ' none'}".strip()
    return f'<td role="cell" data-name="{name}" class="{kind}">{content}</td>'


def _list(items: Iterable[str]) -> str:
    found = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{found}</ul>" if found else ""


def _link(url: str, content: str) -> str:
    """`content` is HTML already; an address that is not http(s) is no link."""
    if not url.startswith(("https://", "http://")):
        return content
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{content}</a>'
