"""The leaderboard of one question: who is better, by how much, at which cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import pandas as pd
import streamlit as st

from bench.leaderboard import Column, Row, Table, footer
from dashboard.charts.intervals import intervals, spoken
from dashboard.frame import COSTS, Wanted, facts, frame, label, pick
from dashboard.navigation import address
from dashboard.parts.narrow import either
from dashboard.published import any_beside, elsewhere
from dashboard.table_files import as_csv, as_latex, as_parquet
from dashboard.views import leaderboard_narrow as narrow
from dashboard.views.details import details
from dashboard.views.question import ask, column_names, nonsense_noted, protocol

__all__ = ["show"]

EXTRA = ("intervals", "n", "at worst", "reported", *COSTS, "task", "licence")
FIRST = ["intervals", "img/s", "parameters", "GMAC", "licence"]
BETTER = {"lower": "Less is better.", "higher": "More is better."}
KNOWN = "dataset direction protocol metrics columns task licence pairs weights sort order model"


def show() -> None:
    """Choose a question; its table, its intervals, its failures, and one model in detail."""
    st.title("Leaderboard")
    with nonsense_noted(KNOWN.split()):
        _page()


def _page() -> None:
    found = ask()
    if found is None:
        return
    board, table = found
    columns, extra, wanted = _choices(table)
    rows = pick(table, columns, wanted)
    if rows:
        titles, cells = narrow.cells(table, rows, column_names(table), wanted.sort)
        either("scores", titles, cells, lambda: _table(table, rows, columns, extra))
        _notes(table)
        _intervals(table, rows)
    elif table.rows:
        st.info("No model passes these filters.", icon=":material/filter_alt_off:")
    _failures(table)
    _elsewhere(table)
    if rows:
        details(board, table, rows)


def _choices(table: Table) -> tuple[dict[str, Column], list[str], Wanted]:
    named = column_names(table)
    with st.expander("Columns, filters and order", icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            metrics = _multi("Metrics", list(named), list(named), "metrics")
            extra = _multi("More columns", list(EXTRA), _first(table), "columns")
            sort, worst = _order(named)
        with right:
            wanted = _filters(table, sort, worst)
    return {name: named[name] for name in named if name in metrics}, extra, wanted


def _first(table: Table) -> list[str]:
    """The columns of a first look: published numbers too, where there are any."""
    return [*FIRST, "reported"] if any_beside(table) else FIRST


def _multi(title: str, options: list[str], default: list[str], key: str) -> list[str]:
    chosen: list[str] = st.multiselect(
        title, options, default=default, key=key, bind="query-params"
    )
    return chosen


def _order(named: Mapping[str, Column]) -> tuple[str, bool]:
    options = ["rank", "model", *named, *COSTS]
    sort = st.selectbox("Order by", options, key="sort", bind="query-params")
    order = st.segmented_control(
        "Direction of the order",
        ["best first", "worst first"],
        default="best first",
        required=True,
        key="order",
        bind="query-params",
    )
    return sort or "rank", order == "worst first"


def _filters(table: Table, sort: str, worst: bool) -> Wanted:
    about = [facts(row) for row in table.rows]
    tasks = _multi("Task", sorted({a["task"] for a in about}), [], "task")
    licences = _multi("Licence", sorted({a["licence"] for a in about}), [], "licence")
    pairs = st.segmented_control(
        "Training data",
        ["any", "needs pairs", "needs none"],
        default="any",
        required=True,
        key="pairs",
        bind="query-params",
    )
    weights = st.toggle(
        "Only models whose weights anybody can get", key="weights", bind="query-params"
    )
    return Wanted(
        tasks=tuple(tasks),
        licences=tuple(licences),
        pairs=pairs or "any",
        weights=weights,
        sort=sort,
        worst_first=worst,
    )


def _table(table: Table, rows: list[Row], columns: Mapping[str, Column], extra: list[str]) -> None:
    made = frame(table, rows, columns, extra)
    st.dataframe(
        _linked(table, rows, made),
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(rows), 38 + 35 * 20),
        alt=f"Scores of {len(rows)} models on {table.question['dataset']}, best first",
        column_config=_config(columns, made),
        lazy=False,
    )
    _downloads(table, made)


def _notes(table: Table) -> None:
    with st.expander("What these numbers are", icon=":material/info:"):
        for note in footer(table):
            st.text(note)


def _linked(table: Table, rows: list[Row], made: pd.DataFrame) -> pd.DataFrame:
    """The table with each model's name leading to its page, and its paper and pictures at the end.

    The name is repeated after `#`, as links show a part of themselves.
    """
    asked = table.question
    seen = address("compare", dataset=str(asked["dataset"]), direction=str(asked["direction"]))
    models, paper = address("models"), address("paper")
    papers = [facts(row)["paper"] for row in rows]
    leading = [f"{paper}?id=arxiv%3A{quote_plus(p)}#{p}" if p else None for p in papers]
    return made.assign(
        model=[f"{models}?{_named(row.model)}" for row in rows],
        paper=pd.Series(leading, index=made.index, dtype=object),
        pictures=[f"{seen}&models={quote_plus(row.model)}" for row in rows],
    )


def _named(model: str) -> str:
    return f"model={quote_plus(model.partition('@')[0])}#{quote(model, safe='@ ')}"


def _config(columns: Mapping[str, Column], made: pd.DataFrame) -> dict[str, Any]:
    number, link = st.column_config.NumberColumn, st.column_config.LinkColumn
    halves = {f"± {name}": number(format="%.2g", help="Half of the interval.") for name in columns}
    scores = {
        label(name, column): number(format="%.4g", help=BETTER.get(column.direction))
        for name, column in columns.items()
    }
    costs = {
        "img/s": number(format="%.1f", help="Pictures a second, of one run on one machine."),
        "parameters": number(format="compact", help="Trained values."),
        "GMAC": number(format="%.2f", help="10⁹ multiplications a picture."),
        "peak memory MB": number(format="%.0f"),
        "translate s": number(format="%.1f", help="Seconds for all pictures."),
    }
    links = {
        "rank": number(width="small", help="1 + the number of models that are surely better."),
        "at worst": number(width="small", help="The last rank that the model may have."),
        "group": st.column_config.TextColumn(
            width="small", help="Models that share a letter cannot be told apart."
        ),
        "model": link(display_text=r"#(.+)$", pinned=True),
        "paper": link(display_text=r"#(.+)$"),
        "pictures": link(display_text="look"),
    }
    return halves | scores | costs | links


def _downloads(table: Table, made: pd.DataFrame) -> None:
    name = f"{table.question['dataset']}-leaderboard"
    caption = f"{table.question['dataset']}, {table.question['direction']}, {protocol(table)}"
    files = {
        "CSV": (lambda: as_csv(made), f"{name}.csv", "text/csv"),
        "LaTeX": (lambda: as_latex(made, caption), f"{name}.tex", "text/x-tex"),
        "Parquet": (lambda: as_parquet(made), f"{name}.parquet", "application/vnd.apache.parquet"),
    }
    with st.container(horizontal=True):
        for title, (content, file, kind) in files.items():
            st.download_button(
                title, content, file, kind, icon=":material/download:", on_click="ignore"
            )


def _intervals(table: Table, rows: list[Row]) -> None:
    ranked = table.ranked_by
    if ranked is None or len(rows) < 2:
        return
    name = next(n for n, column in column_names(table).items() if column == ranked)
    st.header("Who is surely better")
    letters = "Models that share a letter cannot be told apart (95 % for all pairs together)"
    said = letters if any(row.group for row in rows) else "Ranks at 95 % for all pairs together"
    st.caption(said + (f": {table.how}." if table.how else "."))
    st.plotly_chart(
        intervals(rows, name, ranked),
        config={"displayModeBar": False},
        alt=spoken(rows, name, ranked),
    )


def _failures(table: Table) -> None:
    for record in table.failed:
        error = record.error or {}
        st.error("A model failed", icon=":material/error:")
        st.text(f"{record.model}: {error.get('type')}: {error.get('message')}")


def _elsewhere(table: Table) -> None:
    found = elsewhere(table)
    if not found:
        return
    with st.expander(f"{len(found)} numbers that others reported", icon=":material/history_edu:"):
        st.caption("Reported under their own protocols: they decide no rank here.")
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "method": entry.method,
                        "metric": entry.metric,
                        "reported": entry.value,
                        "weights": entry.weights,
                        "protocol": entry.protocol or "not known",
                        "source": entry.source,
                    }
                    for entry in found
                ]
            ),
            hide_index=True,
            alt=f"{len(found)} reported numbers",
        )
