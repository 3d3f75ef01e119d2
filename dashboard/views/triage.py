"""Triage: one paper at a time, one key or button each, in the order that learns from decisions."""

from __future__ import annotations

import streamlit as st

from dashboard.load.decide import Desk, closed, desk
from dashboard.load.papers import facets
from dashboard.load.ranking import profile_names
from dashboard.navigation import link
from dashboard.plain import plain
from dashboard.views.paper_parts import facts, problems_shown, sample_note, title_link
from dashboard.views.paper_rows import marks
from dashboard.views.question import nonsense_noted
from data.errors import AtlasError
from survey.catalogue.papers import Filter
from survey.profiles import DEFAULT
from survey.triage.queue import Pick
from survey.triage.session import Session
from survey.triage.view import expected, standing

__all__ = ["show"]

LONGEST = 2_000  # characters of a tag or a note, as in the terminal
KEYS = {
    "keep": ("Keep", "K", ":material/check:"),
    "drop": ("Drop", "D", ":material/close:"),
    "later": ("Later", "L", ":material/schedule:"),
}


def show() -> None:
    """Decide on papers one by one."""
    st.title("Triage")
    with problems_shown(), nonsense_noted(("profile", "topic", "code", "again")):
        _page()


def _page() -> None:
    about = facets()
    sample_note(about.sample)
    if why := closed(about.sample):
        st.info(why, icon=":material/lock:")
        link("papers", "Look through the papers")
        return
    profile, wanted = _choices(list(about.topics))
    place = desk(profile, wanted)
    with place.held() as session:
        pick, learning = session.pick, session.problem
        told = _standing(session)
        code = session.code(pick.paper.id) if pick else ()
    st.caption(told)
    if learning is not None:
        st.caption(plain(f"{learning.message}: {learning.hint}"))
    if pick is None:
        st.success("Every paper of this choice is decided.", icon=":material/done_all:")
        link("shortlist", "Shortlist")
        _undo(place)
        return
    _buttons(place, pick)
    _paper(pick, [entry.url for entry in code])
    _remarks(place, pick)


def _choices(topics: list[str]) -> tuple[str, Filter]:
    names = profile_names()
    with st.expander("Which papers, in which order", icon=":material/tune:"):
        left, right = st.columns(2)
        first = list(names).index(DEFAULT) if DEFAULT in names else 0
        profile = left.selectbox(
            "Order before anything is learnt",
            list(names),
            first,
            key="profile",
            bind="query-params",
        )
        code = left.toggle("Only with code", key="code", bind="query-params")
        chosen = right.multiselect("Topics", topics, key="topic", bind="query-params")
        again = right.toggle("Those set aside", key="again", bind="query-params")
    wanted = Filter(
        topics=tuple(chosen), code=True if code else None, status=("later",) if again else ()
    )
    return profile or DEFAULT, wanted


def _standing(session: Session) -> str:
    counts = {name: session.queue.count(name) for name in ("kept", "dropped", "later")}
    told = [standing(counts, session.queue.left), expected(session.estimate)]
    return plain(" · ".join(part for part in told if part))


def _buttons(place: Desk, pick: Pick) -> None:
    with st.container(horizontal=True):
        for action, (name, key, icon) in KEYS.items():
            st.button(
                name,
                icon=icon,
                shortcut=key,
                type="primary" if action == "keep" else "secondary",
                key=f"triage-{action}",
                on_click=_decide,
                args=(place, pick.paper.id, action),
            )
        _undo(place)


def _undo(place: Desk) -> None:
    st.button(
        "Undo",
        icon=":material/undo:",
        shortcut="U",
        type="tertiary",
        key="triage-undo",
        on_click=_take_back,
        args=(place,),
    )


def _decide(place: Desk, paper: str, action: str) -> None:
    try:
        with place.held() as session:
            if session.pick is None or session.pick.paper.id != paper:
                st.toast("That paper was decided elsewhere.", icon=":material/info:")
                return
            session.decide(action)
    except AtlasError as problem:
        st.toast(plain(problem.message), icon=":material/error:")


def _take_back(place: Desk) -> None:
    try:
        with place.held() as session:
            action, _ = session.undo()
            st.toast(f"Taken back: {action}", icon=":material/undo:")
    except AtlasError as problem:
        st.toast(plain(problem.message), icon=":material/info:")


def _paper(pick: Pick, code: list[str]) -> None:
    paper = pick.paper
    with st.container(border=True):
        title_link(paper)
        st.caption(facts(paper))
        if badges := " ".join(marks(paper)):
            st.markdown(badges)
        st.markdown(plain(paper.abstract) if paper.abstract else "*No source gives an abstract.*")
        for url in code[:3]:
            st.caption(f":material/code: {plain(url)}")
        st.caption(f":material/info: Next because: {plain(pick.why)}")


def _remarks(place: Desk, pick: Pick) -> None:
    with st.form("remarks", clear_on_submit=True), st.container(horizontal=True):
        tag = st.text_input("Tag (the same one again takes it off)", max_chars=LONGEST)
        note = st.text_input("Note", pick.paper.note, max_chars=LONGEST)
        if st.form_submit_button("Save", icon=":material/save:"):
            _write(place, pick, " ".join(tag.split()), " ".join(note.split()))
            st.rerun()


def _write(place: Desk, pick: Pick, tag: str, note: str) -> None:
    try:
        with place.held() as session:
            if session.pick is None or session.pick.paper.id != pick.paper.id:
                return
            if tag:
                session.tag(tag)
            if note != pick.paper.note:
                session.write(note)
    except AtlasError as problem:
        st.toast(plain(problem.message), icon=":material/error:")
