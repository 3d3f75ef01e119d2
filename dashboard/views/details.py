"""One model of a leaderboard in detail: where to go on, how it was measured, how to do it again."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bench.leaderboard import Row, Table
from dashboard.frame import facts
from dashboard.load import Board, picture_address
from dashboard.load.results import whole
from dashboard.load.shots import shots
from dashboard.navigation import link
from dashboard.parts.gallery import gallery

__all__ = ["command", "details"]

STRIP = 4  # pictures of a first look


def details(board: Board, table: Table, rows: list[Row]) -> None:
    """Choose a model: links to its page, paper and pictures, its record, the command."""
    st.header("A model in detail")
    names = [row.model for row in rows]
    name = st.selectbox("Model", names, key="model", bind="query-params")
    row = rows[names.index(name) if name in names else 0]
    _links(table, row)
    _strip(board, table, row)
    with st.expander("How this was measured, and how to measure it again"):
        if "@" not in row.model:
            st.code(command(table, row.model), "bash", wrap_lines=True)
        for title, text in _record(board, row):
            st.text(f"{title}: {text}")


def _links(table: Table, row: Row) -> None:
    seen = {"dataset": str(table.question["dataset"]), "models": row.model}
    with st.container(horizontal=True):
        link("models", "Its card", model=row.model.partition("@")[0])
        if paper := facts(row)["paper"]:
            link("paper", "Its paper", id=f"arxiv:{paper}")
        link("compare", "All its pictures", **seen)


def _strip(board: Board, table: Table, row: Row) -> None:
    found = [shot for shot in shots(board, table, [row.model]) if shot.here]
    if not found:
        _no_pictures(table, row)
        return
    gallery(
        [
            {
                "src": picture_address(shot.outputs.get(row.model, shot.source), 320),
                "full": picture_address(shot.outputs.get(row.model, shot.source)),
                "alt": f"{row.model} of picture {shot.id}",
                "label": shot.id,
            }
            for shot in found[:STRIP]
        ],
        key="strip",
    )


def _no_pictures(table: Table, row: Row) -> None:
    from data.datasets import list_datasets

    st.info("Its pictures are not on this machine.", icon=":material/hide_image:")
    if table.question["dataset"] in list_datasets() and "@" not in row.model:
        st.text("This command makes them:")
        st.code(command(table, row.model) + " --force", "bash", wrap_lines=True)


def command(table: Table, model: str) -> str:
    """The command that measures `model` as the table asks."""
    asked = table.question
    metrics = ",".join(column.metric for column in table.columns)
    size = f" --size {asked['size']}" if asked["size"] else ""
    limit = f" --limit {asked['limit']}" if asked["limit"] else ""
    return (
        f"bench run --models {model.split(' ')[0]} --dataset {asked['dataset']} "
        f"--metrics {metrics} --direction {asked['direction']} --split {asked['split']}"
        f"{size}{limit}"
    )


def _record(board: Board, row: Row) -> list[tuple[str, Any]]:
    record = row.record
    read = whole(board, record.id)
    where = read.environment if read else {}
    return [
        ("record", record.id),
        ("measured", record.finished[:16].replace("T", " ") + " UTC"),
        ("weights sha256", record.spec.get("weights_sha256") or "none"),
        ("machine", f"{where.get('processor') or '?'}, GPU {where.get('gpu') or 'none'}"),
        ("commit", where.get("commit") or "?"),
        *(("note", warning) for warning in record.warnings),
    ]
