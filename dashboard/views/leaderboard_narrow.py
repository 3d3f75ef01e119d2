"""The leaderboard on a phone: who, which rank, the number that decides the order, and its n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus

from bench.leaderboard import Column, Row, Table, cell
from dashboard.frame import COSTS, cost, label
from dashboard.navigation import address
from dashboard.parts.narrow import MOST
from dashboard.plain import plain

__all__ = ["cells", "linked"]


def cells(
    table: Table, rows: Sequence[Row], named: Mapping[str, Column], sort: str
) -> tuple[list[str], list[list[str]]]:
    """Titles, and for each row its cells as Markdown; rows beyond those that are shown are empty.

    The metric is the one of the order, or else the one that ranks; `named` are all columns.
    """
    by = sort if sort in named else next((n for n, c in named.items() if c == table.ranked_by), "")
    titles = ["rank", "model", *([f"{plain(label(by, named[by]))}", "n"] if by else [])]
    titles += [sort] if sort in COSTS else []
    found = []
    for row in rows[:MOST]:
        shown = [_rank(row), linked(row.model)]
        if by:
            score = row.scores.get(named[by])
            shown += [plain(cell(score, named[by])), "" if score is None else str(score["n"])]
        if sort in COSTS:
            spent = cost(row, sort)
            shown.append("" if spent is None else f"{spent:.3g}")
        found.append(shown)
    return titles, found + [[]] * (len(rows) - len(found))


def linked(model: str) -> str:
    """A model's name as Markdown that leads to its page: outside of a link, a name with `@` would
    be taken for an address of mail."""
    query = quote_plus(model.partition("@")[0])
    return f"[{plain(model)}]({address('models')}?model={query})"


def _rank(row: Row) -> str:
    """`1 a`, or `2–4 b` where the rank is not sure; empty without a score to rank by."""
    rank = f"{row.rank}–{row.last}" if row.last > row.rank else str(row.rank or "")
    return plain(f"{rank} {row.group}".strip())
