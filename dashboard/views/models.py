"""Models and data: a card for each, with its licence, its size, and whether it is here."""

from __future__ import annotations

import streamlit as st

from dashboard.load.zoo import Data, Model, Stored, data_sets, models
from dashboard.navigation import link
from dashboard.plain import plain
from dashboard.views.paper_parts import web
from dashboard.views.question import nonsense_noted

__all__ = ["show", "size"]

WIDTH = 340  # px of a card at least
FEW = 4  # weights listed before the rest is folded
SHOWN = ("models", "data sets")


def show() -> None:
    """Cards of the zoo or of the data sets, or of the one model that the address names."""
    st.title("Models and data")
    with nonsense_noted(("model", "shown", "here", "task")):
        _page()


def _page() -> None:
    found = models()
    name = st.query_params.get("model", "").split(".")[0]
    named = next((one for one in found if one.card.name == name), None)
    if named is not None:
        link("models", "All models", icon=":material/arrow_back:")
        _model(named, whole=True)
        return
    if name:
        st.info("No model of the zoo has that name; these are all.", icon=":material/link_off:")
    shown = st.segmented_control(
        "Shown",
        SHOWN,
        default=SHOWN[0],
        required=True,
        key="shown",
        bind="query-params",
        label_visibility="collapsed",
    )
    if shown == SHOWN[1]:
        _data_sets()
    else:
        _models(found)


def _models(found: list[Model]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        tasks = sorted({one.card.task for one in found})
        wanted = st.pills("Task", tasks, selection_mode="multi", key="task", bind="query-params")
        here = st.toggle("Only those that run without a download", key="here", bind="query-params")
    shown = [
        one
        for one in found
        if (not wanted or one.card.task in wanted) and (one.runs_now or not here)
    ]
    st.caption(f"{len(shown)} of {len(found)} models")
    with st.grid(min_column_width=WIDTH, border=True):
        for one in shown:
            with st.container():
                _model(one)


def _model(one: Model, whole: bool = False) -> None:
    card = one.card
    st.subheader(plain(card.name), anchor=False)
    st.caption(plain(card.title))
    st.markdown(plain(card.summary))
    st.markdown(
        f"**Task:** {card.task} · **Licence of the code:** {plain(card.licence)}"
        + (f" · [authors' code]({web(card.code)})" if web(card.code) else "")
    )
    many = one.stored if whole else one.stored[:FEW]
    st.markdown("\n".join(_weights(stored) for stored in many) or _without(one))
    if len(many) < len(one.stored):
        link("models", f"and {len(one.stored) - FEW} more sets of weights", model=card.name)
    with st.container(horizontal=True):
        if card.paper:
            link("paper", "Paper", id=card.paper)
        if not whole:
            link("models", "More", model=card.name)
    if whole:
        _more(one)


def _weights(stored: Stored) -> str:
    weights = stored.weights
    if stored.here:
        place = f":material/check_circle: here, {size(stored.bytes)}"
    else:
        known = f"{size(weights.size)} to download" if weights.size else "size not known"
        place = f":material/cloud_download: not here, {known}"
    return (
        f"- **{plain(weights.name)}** · {plain(weights.source)} to {plain(weights.target)} · "
        f"{place} · {plain(weights.licence)}"
    )


def _without(one: Model) -> str:
    if one.card.weightless:
        return ":material/check_circle: needs no weights"
    return ":material/block: no trained weights: name a file, or train it"


def _more(one: Model) -> None:
    card = one.card
    st.markdown("**In a terminal**")
    names = [f"{card.name}.{stored.weights.name}" for stored in one.stored]
    style = " --style STYLE.jpg" if card.styled else ""
    lines = [f"zoo show {card.name}"]
    if names or card.weightless:
        lines.append(f"zoo translate --model {(names or [card.name])[0]}{style} PHOTOS OUT")
    if card.recipe:
        lines.append(f"zoo train {card.name} --dataset FOLDER")
    st.code("\n".join(lines), "bash", wrap_lines=True)
    for stored in one.stored:
        weights = stored.weights
        with st.expander(plain(f"{card.name}.{weights.name}")):
            options = ", ".join(f"{k}={v}" for k, v in weights.architecture["options"].items())
            facts = {
                "architecture": f"{weights.architecture['kind']}({options})",
                "takes and gives": str(weights.preprocessing),
                "sha256": weights.sha256 or weights.sha256_prefix or "of the first download",
                "made by": weights.recipe,
                "note": weights.note,
            }
            told = [f"**{name}:** {plain(value)}" for name, value in facts.items() if value]
            st.markdown("\n\n".join(told))


def _data_sets() -> None:
    found = data_sets()
    here = sum(one.folder is not None for one in found)
    st.caption(f"{here} of {len(found)} data sets are on this machine")
    with st.grid(min_column_width=WIDTH, border=True):
        for one in found:
            with st.container():
                _data_set(one)


def _data_set(one: Data) -> None:
    card = one.card
    st.subheader(plain(card.name), anchor=False)
    st.caption(plain(card.title))
    pairs = "pairs" if card.paired else "two collections without pairs"
    told = [
        f"**Domains:** {plain(card.domains[0])} and {plain(card.domains[1])}, {pairs}",
        f"**Licence:** {plain(card.licence)}",
    ]
    if one.folder is not None:
        told.append(f":material/check_circle: here, {one.pictures:,} pictures, {size(one.bytes)}")
    else:
        known = f"{size(card.size)} to download" if card.size else "size not known"
        told.append(f":material/cloud_download: not here, {known}")
    if card.citation:
        told.append(f"**Source:** {plain(card.citation)}")
    if card.note:
        told.append(plain(card.note))
    st.markdown("\n\n".join(told))
    command = f"bench run --models cyclegan,identity --dataset {card.name}"
    st.code(command, "bash", wrap_lines=True)


def size(count: int) -> str:
    """Bytes for people, in steps of a thousand: `1.6 MB`."""
    number = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:,.1f} {unit}"
        number /= 1000
    raise AssertionError
