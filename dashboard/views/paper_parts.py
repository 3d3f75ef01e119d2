"""What several pages show of a paper: its title as a link, its facts, and where triage stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import quote

import streamlit as st

from dashboard.load.catalogue import FETCH
from dashboard.load.decide import ACTIONS, closed, decide
from dashboard.navigation import link
from dashboard.plain import plain
from data.errors import AtlasError
from survey.momentum import citations_a_month
from survey.paper import Paper

__all__ = ["facts", "problems_shown", "sample_note", "status_control", "title_link", "web"]

AUTHORS = 4  # by name
SHOWN = {"kept": "Keep", "later": "Later", "dropped": "Drop"}
ICONS = {
    "kept": ":material/check:",
    "later": ":material/schedule:",
    "dropped": ":material/close:",
}


@contextmanager
def problems_shown() -> Iterator[None]:
    """Show an AtlasError with its hint in place of what follows; nothing of it is markup."""
    try:
        yield
    except AtlasError as problem:
        st.error(plain(problem.message), icon=":material/error:")
        if problem.hint:
            st.code(problem.hint, "bash", wrap_lines=True)


def sample_note(sample: bool) -> None:
    """Say that these are the bundled papers, and how to get all."""
    if not sample:
        return
    st.info(
        "These are the bundled papers: about a hundred well-known ones, read-only. "
        "This command fetches every paper that cites CycleGAN or pix2pix:",
        icon=":material/inventory_2:",
    )
    st.code(f"{FETCH}\n# or start from the bundled ones: survey sample", "bash", wrap_lines=True)


def title_link(paper: Paper) -> None:
    """The title, leading to the paper's page."""
    label = plain(paper.title or paper.id)
    link("paper", f"**{label}**", icon=":material/article:", id=paper.id)


def facts(paper: Paper) -> str:
    """Authors, year, venue, citations and the like in one line of Markdown."""
    names = ", ".join(paper.authors[:AUTHORS])
    more = len(paper.authors) - AUTHORS
    authors = f"{names} and {more:,} more" if more > 0 else names
    where = paper.venue or ("preprint" if paper.arxiv else "")
    parts = [authors, paper.date[:7] or str(paper.year or ""), where, *_cited(paper)]
    return " · ".join(plain(part) for part in parts if part)


def _cited(paper: Paper) -> Iterator[str]:
    if paper.citations is None:
        return
    yield f"{paper.citations:,} citation{'s' * (paper.citations != 1)}"
    monthly = citations_a_month(paper, datetime.now(UTC).date())
    if monthly is not None and monthly >= 0.05:
        yield f"{monthly:.1f} a month"


def status_control(paper: Paper, sample: bool, place: str) -> None:
    """Keep, later, drop; the chosen one again takes the decision back. `place` makes it unique."""
    # Another status is another widget, so that it always shows what the catalogue says.
    key = f"{place}-{paper.id}-{paper.status}"
    st.segmented_control(
        plain(f"Decision on {paper.title[:80]}"),
        list(SHOWN),
        default=paper.status if paper.status in SHOWN else None,
        format_func=lambda name: f"{ICONS[name]} {SHOWN[name]}",
        key=key,
        label_visibility="collapsed",
        disabled=bool(closed(sample)),
        on_change=_decided,
        args=(paper.id, key),
    )


def _decided(paper: str, key: str) -> None:
    status = st.session_state.get(key)
    try:
        decide(paper, ACTIONS[status or "new"])
    except AtlasError as problem:
        st.toast(plain(problem.message), icon=":material/error:")


def web(url: str) -> str:
    """An address as the target of a Markdown link; empty for one that is not of the web."""
    if not url.startswith(("https://", "http://")):
        return ""
    return quote(url, safe="!#$%&'*+,-./:;=?@_~")
