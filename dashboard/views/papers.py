"""Every paper: search as one types, filters, what stands out, and a decision beside each."""

from __future__ import annotations

import streamlit as st

from dashboard.load.papers import ORDERS, STATUS, Asked, Facets, Found, facets, find, page
from dashboard.plain import plain
from dashboard.views.paper_charts import chart
from dashboard.views.paper_parts import problems_shown, sample_note
from dashboard.views.paper_rows import row
from dashboard.views.question import nonsense_noted

__all__ = ["show"]

PER_PAGE = 20
VIEWS = ("List", "Momentum", "Timeline", "Citation map")
CODE = {"any": None, "with code": True, "without": False}
LONGEST = 1_000  # characters of a search
CITED = (0, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000)
KNOWN = ("q", "years", "topic", "code", "zoo", "venue", "cited", "status", "by", "view", "page")


def show() -> None:
    """Search, filter, list and draw the papers of the catalogue."""
    st.title("Papers")
    with problems_shown(), nonsense_noted([*KNOWN, "of"]):
        _page()


def _page() -> None:
    about = facets()
    sample_note(about.sample)
    if about.pending:
        st.caption(
            ":material/sync: A fetch brought more than is shown: it runs, or was interrupted. "
            "`survey stats` takes in what it brought."
        )
    if not about.papers:
        st.info("The catalogue has no papers yet. This command fetches them:")
        st.code("survey fetch --cites 1703.10593", "bash")
        return
    asked = _asked(about)
    found = find(asked)
    view = st.segmented_control(
        "View",
        VIEWS,
        default="List",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    _counted(found, asked)
    if not found.ids:
        _nothing(found)
    elif view in VIEWS[1:]:
        chart(str(view), found, asked)
    else:
        _rows(found, asked)


def _asked(about: Facets) -> Asked:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        text = st.text_input(
            "Search",
            key="q",
            bind="query-params",
            type="search",
            live="300ms",
            icon=":material/search:",
            placeholder='words, "a phrase", -without, a OR b, or an arXiv id or DOI',
        )
    with right:
        order = st.selectbox(
            "Order",
            ORDERS,
            key="by",
            bind="query-params",
            help="`rank` is the one of `survey rank`; a paper's page says why.",
        )
    with st.expander("Filters", icon=":material/filter_alt:"):
        return _filters(about, text or "", order or ORDERS[0])


def _filters(about: Facets, text: str, order: str) -> Asked:
    first, second = st.columns(2)
    with first:
        years = _years(about)
        topics = st.multiselect(
            "Topics (any of them)", list(about.topics), key="topic", bind="query-params"
        )
        venue = st.text_input(
            "Venue contains", key="venue", bind="query-params", live="400ms", placeholder="CVPR"
        )
    with second:
        status = st.pills(
            "Decision", STATUS, selection_mode="multi", key="status", bind="query-params"
        )
        code = st.segmented_control(
            f"Code ({about.code:,} papers name some)",
            list(CODE),
            default="any",
            required=True,
            key="code",
            bind="query-params",
        )
        zoo = st.toggle(
            f"A model in the zoo runs it ({about.zoo:,})", key="zoo", bind="query-params"
        )
        # A number to type would fail on `inf` in the address (Streamlit 1.67).
        cited = st.select_slider("Citations at least", CITED, key="cited", bind="query-params")
    return Asked(
        text=text[:LONGEST],
        years=years,
        topics=tuple(topics),
        code=CODE[code or "any"],
        zoo=zoo,
        venue=venue or "",
        citations=int(cited or 0),
        status=tuple(status or ()),
        order=order,
    )


def _years(about: Facets) -> tuple[int, int] | None:
    """None for all years, so that papers without one are among them."""
    if len(about.years) < 2:
        return None
    low, high = min(about.years), max(about.years)
    first, last = st.slider("Years", low, high, (low, high), key="years", bind="query-params")
    return None if (first, last) == (low, high) else (first, last)


def _counted(found: Found, asked: Asked) -> None:
    of = f" of {found.total:,}" if len(found.ids) != found.total else ""
    papers = "paper" if found.total == 1 else "papers"
    st.caption(f"{len(found.ids):,}{of} {papers}")


def _nothing(found: Found) -> None:
    if found.advice is None:
        st.info("No paper passes these filters.", icon=":material/filter_alt_off:")
        return
    st.info(plain(found.advice.message), icon=":material/search_off:")
    st.code(found.advice.hint, "bash", wrap_lines=True)


def _rows(found: Found, asked: Asked) -> None:
    if st.session_state.get("papers-asked") != asked:  # another list begins at its first page
        if "papers-asked" in st.session_state:
            st.session_state["page"] = 1
        st.session_state["papers-asked"] = asked
    rows = st.container()
    pages = -(-len(found.ids) // PER_PAGE)
    held = st.session_state.get("page", 1)
    if not isinstance(held, int) or not 1 <= held <= pages:
        st.session_state["page"] = 1
    at = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    with rows:
        for paper in page(found.ids[(at - 1) * PER_PAGE : at * PER_PAGE]):
            row(paper, asked.text, found.sample)
