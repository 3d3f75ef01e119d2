"""Papers drawn: how fast they are cited, when they came, who cites whom."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.charts.papers import citations_map, momentum, timeline
from dashboard.load.catalogue import Stamp
from dashboard.load.charted import MOST, cite_map, points, version
from dashboard.load.papers import Asked, Found, find, page
from dashboard.plain import plain
from dashboard.views.paper_parts import title_link

__all__ = ["chart", "figure"]

PICKED = 5  # papers shown below a chart


def chart(view: str, found: Found, asked: Asked) -> None:
    """Draw one of the views of what was asked for; a click on a point leads to its paper."""
    if view == "Citation map":
        asked = _chosen(found, asked)
    drawn, shown, left_out = figure(view, asked)
    if left_out:
        st.caption(
            f"{left_out:,} papers are not drawn: without a date, or after the first {MOST:,}."
        )
    picked = st.plotly_chart(
        drawn,
        key=f"chart-{view}",
        on_select="rerun",
        selection_mode="points",
        alt=shown,
        config={"displaylogo": False, "scrollZoom": True, "plotGlPixelRatio": 1},
    )
    st.caption(f"{shown}. A click on a point shows its paper here.")
    _picked(picked)


def figure(view: str, asked: Asked) -> tuple[Any, str, int]:
    """The figure, what it shows in words, and how many papers are not in it."""
    return _drawn(version(), view, asked)


@st.cache_resource(show_spinner="Drawing", max_entries=6)
def _drawn(seen: Stamp, view: str, asked: Asked) -> tuple[Any, str, int]:
    ids = find(asked).ids
    if view == "Citation map":
        drawn = cite_map(ids)
        cited = f"{len(drawn.edges):,} citation{'s' * (len(drawn.edges) != 1)}"
        told = f"{len(drawn.points):,} papers in lanes by topic, {cited} among them"
        return citations_map(drawn), told, len(ids) - len(drawn.points)
    some = points(ids)
    made = momentum(some) if view == "Momentum" else timeline(some)
    return made, f"{view}: {len(some):,} papers by date", len(ids) - len(some)


def _chosen(found: Found, asked: Asked) -> Asked:
    only = Asked(status=("kept",))
    kept = find(only).ids
    options = ["kept", "found"] if kept else ["found"]
    of = st.segmented_control(
        "Papers of the map",
        options,
        default=options[0],
        required=True,
        key="of",
        bind="query-params",
    )
    if not kept:
        st.caption("Nothing is kept yet: the map shows what was found.")
    return only if of == "kept" else asked


def _picked(event: object) -> None:
    selection = getattr(event, "selection", None) or {}
    ids = [str(point.get("customdata") or "") for point in selection.get("points", ())]
    for paper in page([name for name in ids if name][:PICKED]):
        with st.container(border=True):
            title_link(paper)
            st.caption(plain(", ".join(paper.topics)))
