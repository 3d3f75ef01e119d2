"""The kept papers side by side: what each does, what there is to build on, and a file of them."""

from __future__ import annotations

import streamlit as st

from dashboard.load.shortlist import exported, kept
from dashboard.navigation import link
from dashboard.plain import plain
from dashboard.views.paper_parts import (
    problems_shown,
    sample_note,
    status_control,
    title_link,
    web,
)
from survey.export import FORMATS
from survey.shortlist import Entry

__all__ = ["show"]

PER_PAGE = 12
WIDTH = 330  # px of a card at least
SHOWN = ("year", "what it does", "task", "data", "licence", "in our zoo", "scores as reported")
MIME = {"csv": "text/csv", "json": "application/jsonl", "bibtex": "application/x-bibtex"}


def show() -> None:
    """Cards of what triage kept, and downloads."""
    st.title("Shortlist")
    with problems_shown():
        _page()


def _page() -> None:
    entries, sample = kept()
    sample_note(sample)
    if not entries:
        _nothing(sample)
        return
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    left.caption(f"{len(entries):,} kept paper{'s' * (len(entries) != 1)}, the most cited first")
    with right:
        _export()
    pages = -(-len(entries) // PER_PAGE)
    cards = st.container()
    at = st.pagination(pages, key="shortlist-page") if pages > 1 else 1
    with cards, st.grid(min_column_width=WIDTH, border=True):
        for entry in entries[(at - 1) * PER_PAGE : at * PER_PAGE]:
            with st.container():
                _card(entry, sample)


def _nothing(sample: bool) -> None:
    if sample:
        return
    st.info("No paper is kept yet. Keep some while you look through them:")
    link("triage", "Triage")
    link("papers", "Papers")
    st.code("survey keep 1703.10593", "bash")


def _export() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "File format", list(FORMATS), format_func=lambda n: FORMATS[n].title, width=200
        )
        with problems_shown():
            st.download_button(
                "Download",
                exported(name),
                file_name=f"shortlist{FORMATS[name].suffixes[0]}",
                mime=MIME.get(name),
                icon=":material/download:",
                on_click="ignore",
            )


def _card(entry: Entry, sample: bool) -> None:
    title_link(entry.paper)
    cells = entry.cells()
    lines = [
        f"**{name.capitalize()}:** {plain(cells[name]) if cells[name] else '–'}" for name in SHOWN
    ]
    lines.insert(4, f"**Code:** {_code(entry)}")
    if cells["note"]:
        lines.append(f"**Note:** {plain(cells['note'])}")
    st.markdown("\n\n".join(lines))
    status_control(entry.paper, sample, "short")


def _code(entry: Entry) -> str:
    if not entry.code:
        return "–"
    best = entry.code[0]
    name = plain(best.url.removeprefix("https://"))
    known = best.state or "not looked up"
    stars = "" if best.stars is None else f", {best.stars:,} stars"
    target = web(best.url)
    return f"{f'[{name}]({target})' if target else name} \\({known}{stars}\\)"
