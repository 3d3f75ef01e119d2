"""The leaderboard of one data set, and the pictures behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from bench.leaderboard import Row, Table, footer, headers, line
from dashboard.load import boards, picture

__all__ = ["leaderboard"]

PER_PAGE = 4  # rows of pictures


def leaderboard() -> None:
    """Choose a data set; its table, its failures, its pictures."""
    st.title("Leaderboard")
    found = boards()
    if not found:
        st.info("Nothing is measured yet. This command fills the page:")
        st.code("bench run --models ganilla,cyclegan,pix2pix,identity --dataset photo2toon", "bash")
        return
    names = [board.dataset for board in found]
    name = st.selectbox("Data set", names, key="dataset", bind="query-params")
    shown = _choose(next(board.tables for board in found if board.dataset == name))
    if shown is None:
        return
    _table(shown)
    _failures(shown)
    if shown.rows:
        _pictures(shown)


def _choose(tables: list[Table]) -> Table | None:
    if len(tables) == 1:
        return tables[0]
    labels = [f"{_label(table)} ({len(table.rows)} models)" for table in tables]
    chosen = st.selectbox(
        "Question",
        range(len(tables)),
        format_func=lambda i: labels[i],
        help="Models that were asked different questions never share a table.",
    )
    return None if chosen is None else tables[chosen]


def _label(table: Table) -> str:
    asked = table.question
    size = f"{asked['size']}×{asked['size']}" if asked["size"] else "own size"
    limit = f", {asked['limit']} sources" if asked["limit"] else ""
    pictures = str(asked["dataset_digest"])[:6]
    return f"{asked['direction']}, split {asked['split']}, {size}{limit}, pictures {pictures}"


def _table(table: Table) -> None:
    if not table.rows:
        return
    st.caption(_label(table))
    titles = headers(table)
    cells = [line(table, row) for row in table.rows]
    costs = [_cost(row) for row in table.rows]
    frame = pd.DataFrame(cells, columns=titles)
    frame["parameters"] = [cost["parameters"] for cost in costs]
    frame["GMAC"] = [cost["gmac"] for cost in costs]
    frame["paper"] = [cost["paper"] for cost in costs]
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        column_config={
            "model": st.column_config.TextColumn("model", pinned=True),
            "parameters": st.column_config.TextColumn("parameters", help="Trained values."),
            "GMAC": st.column_config.TextColumn("GMAC", help="10⁹ multiplications a picture."),
            "paper": st.column_config.LinkColumn("paper", display_text=r"abs/(.+)$"),
        },
    )
    with st.expander("What these numbers are"):
        for note in footer(table):
            st.text(note)


def _cost(row: Row) -> dict[str, str | None]:
    cost, paper = row.record.cost, row.record.card.get("paper")
    parameters, macs = cost.get("parameters"), cost.get("macs")
    return {
        "parameters": f"{parameters / 1e6:.2f} M" if parameters else "",
        "gmac": f"{macs / 1e9:.2f}" if macs else "",
        "paper": f"https://arxiv.org/abs/{paper}" if paper else None,
    }


def _failures(table: Table) -> None:
    for record in table.failed:
        error = record.error or {}
        st.error(f"{record.model} failed", icon=":material/error:")
        st.text(f"{error.get('type')}: {error.get('message')}")


def _pictures(table: Table) -> None:
    st.header("Pictures")
    rows = _gallery(table)
    if not rows:
        st.info("The pictures are not on this machine. This command makes them:")
        models = ",".join(row.model for row in table.rows if "@" not in row.model)
        st.code(_command(table, models), "bash")
        return
    pages = -(-len(rows) // PER_PAGE)
    page = st.pagination(pages, key="pictures") if pages > 1 else 1
    for ref, sources in rows[(page - 1) * PER_PAGE : page * PER_PAGE]:
        st.text(ref)
        columns = st.columns(len(sources))
        for column, (label, path, score) in zip(columns, sources, strict=True):
            column.image(str(path), caption=f"{label}{score}", width="stretch")


def _command(table: Table, models: str) -> str:
    asked = table.question
    metrics = ",".join(column.metric for column in table.columns)
    size = f" --size {asked['size']}" if asked["size"] else ""
    return (
        f"bench run --models {models} --dataset {asked['dataset']} --metrics {metrics} "
        f"--direction {asked['direction']} --split {asked['split']}{size} --force"
    )


Cell = tuple[str, Any, str]


def _gallery(table: Table) -> list[tuple[str, list[Cell]]]:
    """For every source that is here: source, each model's output, and the true answer."""
    by_model = {
        row.model: {entry["id"]: entry for entry in row.record.pictures} for row in table.rows
    }
    first = next(iter(by_model.values()), {})
    rows = []
    for ref, entry in first.items():
        source = picture(entry.get("source"))
        if source is None:
            continue
        cells: list[Cell] = [("source", source, "")]
        for model, entries in by_model.items():
            output = picture(entries.get(ref, {}).get("output"))
            if output is not None and model != "identity":
                cells.append((model, output, _score(entries[ref])))
        target = picture(entry.get("target"))
        rows.append((ref, [*cells, ("target", target, "")] if target else cells))
    return rows


def _score(entry: Mapping[str, Any]) -> str:
    scores = entry.get("scores") or {}
    return "".join(f" · {name} {value:.3g}" for name, value in sorted(scores.items()))
