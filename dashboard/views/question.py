"""The choice that pages about scores share: data set, direction, protocol; and its empty states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from bench.leaderboard import Column, Table
from dashboard.load import Board, board, datasets

__all__ = ["ask", "column_names", "nonsense_noted", "protocol"]

DEFAULT = "photo2toon"  # its pictures can be made on any machine
FILL = "bench run --models ganilla,cyclegan,pix2pix,identity --dataset photo2toon"


@contextmanager
def nonsense_noted(known: Sequence[str]) -> Iterator[None]:
    """Say above what follows which parts of the address were not understood.

    Streamlit takes values that no widget offers out of the address and shows the default; `known`
    are the names that the page reads.
    """
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    place = st.empty()
    yield
    ignored = [
        name
        for name, values in asked.items()
        if name not in known or (name not in st.query_params and not _shown(name, values))
    ]
    if ignored:
        place.info(
            "A part of the address is not known here, and the default is shown in its place.",
            icon=":material/link_off:",
        )


def _shown(name: str, values: list[str]) -> bool:
    """Whether the value is the default, which has no place in an address."""
    held = st.session_state.get(name)
    return values in ([str(held)], [str(held).lower()]) or (
        isinstance(held, list) and values == [str(item) for item in held]
    )


def ask() -> tuple[Board, Table] | None:
    """The table that was chosen; None, with the command that fills it, when there is none."""
    names = datasets()
    if not names:
        st.info("Nothing is measured yet. This command fills the page:", icon=":material/info:")
        st.code(FILL, "bash", wrap_lines=True)
        return None
    first = names.index(DEFAULT) if DEFAULT in names else 0
    left, middle, right = st.columns([2, 1, 3], vertical_alignment="bottom")
    with left:
        name = st.selectbox("Data set", names, index=first, key="dataset", bind="query-params")
    with st.spinner("Reading records"):
        found = board(name or names[first])
    _unreadable(found)
    if not found.tables:
        st.info("No record of this data set can be read.", icon=":material/info:")
        return None
    with middle:
        table_list = _direction(found)
    with right:
        return found, _protocol(table_list)


def _direction(found: Board) -> list[Table]:
    offered = list(dict.fromkeys(str(t.question["direction"]) for t in found.tables))
    chosen = st.selectbox("Direction", offered, key="direction", bind="query-params")
    return [t for t in found.tables if str(t.question["direction"]) == (chosen or offered[0])]


def _protocol(table_list: list[Table]) -> Table:
    labels = [protocol(table) for table in table_list]
    chosen = st.selectbox(
        "Protocol",
        labels,
        key="protocol",
        bind="query-params",
        help="Which pictures, at which size, against which references. Models that were asked "
        "different questions never share a table.",
    )
    return table_list[labels.index(chosen) if chosen in labels else 0]


def protocol(table: Table) -> str:
    """What every model of a table was asked, in a line: it tells the tables of a data set apart."""
    asked = table.question
    size = f"{asked['size']}×{asked['size']}" if asked["size"] else "own size"
    limit = f", {asked['limit']} sources" if asked["limit"] else ""
    digests = (str(asked[name])[:6] for name in ("dataset_digest", "reference_digest"))
    named = asked.get("protocol")
    parts = [str(named)] if named else []
    parts += [f"split {asked['split']}", f"{size}{limit}", f"pictures {'/'.join(digests)}"]
    return ", ".join(parts)


def column_names(table: Table) -> dict[str, Column]:
    """Columns by a name that is theirs alone: the metric, marked where versions differ."""
    named: dict[str, Column] = {}
    for column in table.columns:
        name = column.metric + ("" if column.comparable else "*")
        if name in named and column.n:
            name += f" n={column.n}"
        while name in named:
            name += f" v{column.version} {(column.extractor_sha256 or '')[:6]}".rstrip()
        named[name] = column
    return named


def _unreadable(found: Board) -> None:
    if not found.unreadable:
        return
    count = len(found.unreadable)
    with st.expander(f"{count} file{'s' * (count > 1)} left out: no record can be read from them"):
        for entry in found.unreadable[:50]:
            st.text(f"{entry.path.parent.name}/{entry.path.name}: {entry.reason}")
