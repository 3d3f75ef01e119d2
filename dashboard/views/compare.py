"""The same picture from every model: side by side, a wipe between two, their difference."""

from __future__ import annotations

import streamlit as st

from bench.leaderboard import Table
from dashboard.load import Board, picture_address
from dashboard.load.shots import Shot, metrics_of, shots
from dashboard.order import ORDERS, higher_is_better, ordered
from dashboard.parts.gallery import gallery
from dashboard.parts.viewer import MODES, Mode, Pane, viewer
from dashboard.views.details import command
from dashboard.views.question import ask, nonsense_noted

__all__ = ["show"]

FIRST = 4  # models of a first look
PER_PAGE = 24
KNOWN = "dataset direction protocol models picture order by of mode left right show page"
SOURCE, TARGET, ALL = "source", "true answer", "mean of all"


def show() -> None:
    """Choose models and an order; look, picture by picture; pick from the gallery."""
    st.title("Compare")
    with nonsense_noted(KNOWN.split()):
        found = ask()
        if found is not None:
            _page(*found)


def _page(board: Board, table: Table) -> None:
    names = [row.model for row in table.rows]
    if not names:
        st.info("Every model failed on this question.", icon=":material/info:")
        return
    models = st.multiselect(
        "Models", names, default=_first(names), key="models", bind="query-params"
    )
    listed = [shot for shot in shots(board, table, models) if shot.here]
    if not listed:
        _empty(table, models)
        return
    found = _ordered(table, listed, models)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = _place(found)
        panes = _panes(found[place], models)
        mode, pair = _view([pane.name for pane in panes])
    _look(found, place, panes, models, (mode, pair))
    st.header("All pictures")
    _gallery(found, place, models)


def _first(names: list[str]) -> list[str]:
    """The best, without the untranslated source, which is shown anyway."""
    return [name for name in names if name != "identity"][:FIRST] or names[:1]


def _empty(table: Table, models: list[str]) -> None:
    if not models:
        st.info("Choose a model to see its pictures.", icon=":material/info:")
        return
    st.info("The pictures of these models are not on this machine.", icon=":material/hide_image:")
    own = [name.split(" ")[0] for name in models if "@" not in name]
    if own:
        st.text("This command makes them, where the data set is at hand:")
        st.code(command(table, ",".join(own)) + " --force", "bash", wrap_lines=True)


def _ordered(table: Table, listed: list[Shot], models: list[str]) -> list[Shot]:
    metrics = metrics_of(listed)
    if not metrics:
        st.caption("These pictures have no scores of their own, so they cannot be ordered by any.")
        return listed
    with st.expander("Order of the pictures", icon=":material/sort:"):
        left, middle, right = st.columns(3)
    order = left.selectbox("Order", ORDERS, key="order", bind="query-params")
    metric = middle.selectbox("By", metrics, key="by", bind="query-params")
    model = right.selectbox("Of", [ALL, *models], key="of", bind="query-params")
    one = model if model in models else None
    return ordered(listed, order or "", metric or metrics[0], one, higher_is_better(table))


def _place(found: list[Shot]) -> int:
    """Which picture is looked at; steps and picks of the last run are in the session's state."""
    names = [shot.id for shot in found]
    if (wished := st.session_state.pop("wished", None)) in names:
        st.session_state["picture"] = wished
    name = st.selectbox("Picture", names, key="picture", bind="query-params", width=260)
    return names.index(name) if name in names else 0


def _view(names: list[str]) -> tuple[Mode, tuple[int, int]]:
    mode = st.segmented_control(
        "View", MODES, default=MODES[0], required=True, key="mode", bind="query-params"
    )
    pair = _pair(names) if mode != MODES[0] and len(names) > 1 else (0, 0)
    return mode or MODES[0], pair


def _look(
    found: list[Shot],
    place: int,
    panes: list[Pane],
    models: list[str],
    view: tuple[Mode, tuple[int, int]],
) -> None:
    """Show a picture; a step leads to the one before or after, in a circle."""
    after = found[(place + 1) % len(found)]
    step = viewer(
        panes,
        key="viewer",
        mode=view[0],
        pair=view[1],
        title=f"{found[place].id} · {place + 1} of {len(found)}",
        ahead=[pane.src for pane in _panes(after, models) if pane.src],
    )
    if step:
        _go(found[(place + step) % len(found)].id)


def _go(name: str) -> None:
    """Show another picture: its widget exists already, so the next run sets it."""
    st.session_state["wished"] = name
    st.rerun()


def _panes(shot: Shot, models: list[str]) -> list[Pane]:
    shown = [(SOURCE, shot.source, "")]
    shown += [(m, shot.outputs.get(m), _scores(shot, m)) for m in models]
    shown += [(TARGET, shot.target, "")] if shot.target else []
    return [
        Pane(src=picture_address(file), name=name, alt=f"{name}, picture {shot.id}", caption=said)
        for name, file, said in shown
    ]


def _scores(shot: Shot, model: str) -> str:
    own = shot.scores.get(model, {})
    return " · ".join(f"{name} {value:.3g}" for name, value in sorted(own.items()))


def _pair(names: list[str]) -> tuple[int, int]:
    left = st.selectbox("Left", names, key="left", bind="query-params", width=220)
    right = st.selectbox(
        "Right", names, index=min(1, len(names) - 1), key="right", bind="query-params", width=220
    )
    return (
        names.index(left) if left in names else 0,
        names.index(right) if right in names else 1,
    )


def _gallery(found: list[Shot], place: int, models: list[str]) -> None:
    of = st.selectbox("Show", [SOURCE, *models, TARGET], index=1, key="show", bind="query-params")
    pages = -(-len(found) // PER_PAGE)
    page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    cells = []
    for shot in found[(page - 1) * PER_PAGE : page * PER_PAGE]:
        files = {SOURCE: shot.source, TARGET: shot.target, **shot.outputs}
        cells.append(
            {
                "id": shot.id,
                "src": picture_address(files.get(of or SOURCE), 240),
                "alt": f"{of}, picture {shot.id}",
                "label": shot.id,
                "current": shot is found[place],
            }
        )
    picked = gallery(cells, key="gallery", pick=True)
    if picked and picked != found[place].id:
        _go(picked)
