"""The leaderboard of one data set, and the pictures behind it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from bench.leaderboard import Row, Table, footer, scaled
from dashboard.load import boards, picture
from data.datasets import list_datasets

__all__ = ["leaderboard"]

PER_PAGE = 4  # rows of pictures
DEFAULT = "photo2toon"  # its pictures can be made on any machine


def leaderboard() -> None:
    """Choose a data set; its table, its failures, its pictures."""
    st.title("Leaderboard")
    found = boards()
    if not found:
        st.info("Nothing is measured yet. This command fills the page:")
        st.code("bench run --models ganilla,cyclegan,pix2pix,identity --dataset photo2toon", "bash")
        return
    names = [board.dataset for board in found]
    first = names.index(DEFAULT) if DEFAULT in names else 0
    name = st.selectbox("Data set", names, index=first, key="dataset", bind="query-params")
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
    number = st.column_config.NumberColumn
    st.dataframe(
        _frame(table),
        hide_index=True,
        width="stretch",
        alt=f"Scores of {len(table.rows)} models",
        column_config={
            **{c.label: number(c.label, format="%.4g") for c in table.columns},
            "img/s": number("img/s", format="%.1f"),
            "parameters": number("parameters", format="compact", help="Trained values."),
            "GMAC": number("GMAC", format="%.2f", help="10⁹ multiplications a picture."),
            "paper": st.column_config.LinkColumn("paper", display_text=r"abs/(.+)$"),
        },
    )
    with st.expander("What these numbers are"):
        for note in footer(table):
            st.text(note)


def _frame(table: Table) -> pd.DataFrame:
    """Numbers as numbers, so that a click on a title sorts them as such."""
    return pd.DataFrame([_cells(table, row) for row in table.rows])


def _cells(table: Table, row: Row) -> dict[str, Any]:
    cells: dict[str, Any] = {"rank": row.rank or None, "model": row.model}
    for column in table.columns:
        value, half = scaled(row.scores.get(column), column)
        cells[column.label], cells[f"± {column.metric}"] = value, half
    cost, paper = row.record.cost, row.record.card.get("paper")
    macs = cost.get("macs")
    return {
        **cells,
        "img/s": cost.get("images_per_second"),
        "parameters": cost.get("parameters"),
        "GMAC": macs / 1e9 if macs else None,
        "paper": f"https://arxiv.org/abs/{paper}" if paper else None,
    }


def _failures(table: Table) -> None:
    for record in table.failed:
        error = record.error or {}
        st.error("A model failed", icon=":material/error:")
        st.text(f"{record.model}: {error.get('type')}: {error.get('message')}")


def _pictures(table: Table) -> None:
    st.header("Pictures")
    rows = _gallery(table)
    if not rows:
        _no_pictures(table)
        return
    pages = -(-len(rows) // PER_PAGE)
    page = st.pagination(pages, key="pictures") if pages > 1 else 1
    for ref, sources in rows[(page - 1) * PER_PAGE : page * PER_PAGE]:
        st.text(ref)
        columns = st.columns(len(sources))
        for column, (label, path, score) in zip(columns, sources, strict=True):
            _show(column, path, f"{label}{score}", f"{label}, picture {ref}")


def _show(column: Any, path: Path, caption: str, alt: str) -> None:
    try:
        column.image(str(path), caption=caption, width="stretch", alt=alt)
    except (OSError, SyntaxError):  # Pillow raises either for a damaged PNG
        column.warning("This picture is damaged.", icon=":material/broken_image:")
        column.text(caption)


def _no_pictures(table: Table) -> None:
    models = ",".join(row.model for row in table.rows if "@" not in row.model)
    if table.question["dataset"] not in list_datasets() or not models:
        st.info("The pictures are not on this machine.")
        return
    st.info("The pictures are not on this machine. This command makes them:")
    st.code(_command(table, models), "bash")


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
