"""The pages of the dashboard: what there is, in which order, and under which address.

A page is a module with `show() -> None`. It is imported when it is looked at, so the first page
does not wait for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

__all__ = ["PAGES", "PageCard", "present"]


@dataclass(frozen=True, slots=True)
class PageCard:
    """A page before it is imported."""

    url_path: str
    title: str
    icon: str
    module: str  # under dashboard.views
    section: str
    hidden: bool = False  # reached by links only
    needs: tuple[str, ...] = ()  # packages without which the page is not offered


PAGES = (
    PageCard("leaderboard", "Leaderboard", ":material/leaderboard:", "leaderboard", "Scores"),
    PageCard("compare", "Compare", ":material/compare:", "compare", "Scores"),
    PageCard("cost", "Quality and cost", ":material/scatter_plot:", "cost", "Scores"),
    PageCard("vote", "Blind vote", ":material/how_to_vote:", "vote", "Scores"),
    PageCard("papers", "Papers", ":material/menu_book:", "papers", "Papers"),
    PageCard("triage", "Triage", ":material/rule:", "triage", "Papers"),
    PageCard("shortlist", "Shortlist", ":material/star:", "shortlist", "Papers"),
    PageCard("paper", "Paper", ":material/article:", "paper", "Papers", hidden=True),
    PageCard("choose", "Choose", ":material/signpost:", "choose", "Run"),
    PageCard("models", "Models and data", ":material/inventory_2:", "models", "Run"),
    PageCard("runs", "Runs", ":material/monitoring:", "runs", "Run"),
    PageCard("try", "Try it", ":material/brush:", "try_it", "Run", needs=("torch", "torchvision")),
)


@cache
def present() -> tuple[PageCard, ...]:
    """The pages whose module and packages are installed."""
    return tuple(
        page
        for page in PAGES
        if find_spec(f"dashboard.views.{page.module}") and all(map(find_spec, page.needs))
    )
