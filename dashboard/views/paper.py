"""One paper: what it says, what runs it, how it cites the seeds, why it ranks where it does."""

from __future__ import annotations

import streamlit as st

from dashboard.load.decide import closed, decide
from dashboard.load.paper import Detail, detail
from dashboard.navigation import link
from dashboard.plain import plain
from dashboard.views.paper_parts import (
    facts,
    problems_shown,
    sample_note,
    status_control,
    web,
)
from dashboard.views.paper_rows import marks
from dashboard.views.paper_sections import cites, code, known, rank, run, similar
from data.errors import AtlasError
from survey.export.columns import address

__all__ = ["show"]

# The first one is shown first: a rank takes seconds where there are 100,000 papers.
SECTIONS = {
    "How it cites": cites,
    "Code": code,
    "Why this rank": rank,
    "Similar": similar,
    "Run and scores": run,
    "Sources": known,
}
LONGEST = 2_000  # characters of a note


def show() -> None:
    """The paper that the address names with `id`, in any form of an identifier."""
    name = st.query_params.get("id", "").strip()
    link("papers", "All papers", icon=":material/arrow_back:")
    if not name:
        st.title("Paper")
        st.info("No paper is named. Search for one:")
        link("papers", "Papers")
        return
    with problems_shown():
        found = detail(name[:500].replace("\0", ""))
        _page(found)


def _page(found: Detail) -> None:
    paper = found.paper
    st.title(plain(paper.title or paper.id), anchor=False)
    st.caption(facts(paper))
    if badges := " ".join(marks(paper)):
        st.markdown(badges)
    _links(found)
    sample_note(found.sample)
    status_control(paper, found.sample, "paper")
    if why := closed(found.sample):
        st.caption(why)
    else:
        _notes(found)
    _abstract(found)
    chosen = st.segmented_control(
        "More about it",
        list(SECTIONS),
        default=next(iter(SECTIONS)),
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    SECTIONS[chosen or "How it cites"](found)


def _links(found: Detail) -> None:
    paper = found.paper
    targets = {"Paper": address(paper)}
    if paper.arxiv:
        targets["PDF"] = f"https://arxiv.org/pdf/{paper.arxiv}"
    targets |= {f"Code {n}" if n else "Code": c.url for n, c in enumerate(found.code[:3])}
    if found.covered:
        targets["Video"] = str(found.covered[0]["url"])
    with st.container(horizontal=True):
        for name, url in targets.items():
            if web(url):
                st.link_button(name, url, icon=":material/open_in_new:")


def _abstract(found: Detail) -> None:
    if found.paper.withdrawn:
        st.warning("Withdrawn or retracted.", icon=":material/block:")
    if not found.paper.abstract:
        st.caption("No source gives an abstract.")
        return
    st.markdown(plain(found.paper.abstract))


def _notes(found: Detail) -> None:
    with st.expander("Note and tags", icon=":material/edit_note:"):
        note = st.text_area("Note", found.paper.note, max_chars=LONGEST, key=f"note-{_at(found)}")
        tags = st.text_input(
            "Tags, with commas between", ", ".join(found.paper.tags), key=f"tags-{_at(found)}"
        )
        if st.button("Save", icon=":material/save:"):
            _save(found, " ".join(note.split()), tags)


def _at(found: Detail) -> str:
    """A key that is another one when the note or the tags are."""
    return f"{found.paper.id}-{hash((found.paper.note, found.paper.tags))}"


def _save(found: Detail, note: str, tags: str) -> None:
    paper = found.paper
    wanted = [" ".join(tag.split()) for tag in tags.split(",") if tag.strip()]
    try:
        if note != paper.note:
            decide(paper.id, "note", note)
        for tag in [tag for tag in wanted if tag not in paper.tags]:
            decide(paper.id, "tag", tag)
        for tag in [tag for tag in paper.tags if tag not in wanted]:
            decide(paper.id, "untag", tag)
    except AtlasError as problem:
        st.error(plain(problem.message))
        return
    st.rerun()
