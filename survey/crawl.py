"""Bring the catalogue up to date with what every source says of who cites some seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from survey.catalogue.catalogue import Catalogue
from survey.describe import describe
from survey.http import Budget
from survey.ids import PaperId
from survey.pages import Pages
from survey.report import Report
from survey.seeds import find_seeds
from survey.settings import Settings
from survey.watch import Watch
from survey.wish import Wish

__all__ = ["crawl"]


def crawl(
    catalogue: Catalogue,
    settings: Settings,
    seeds: Sequence[PaperId],
    wish: Wish,
    watch: Watch | None = None,
) -> Report:
    """Read what there is, and what is new since the last time, page by page.

    A source that fails does not stop the others. Every page is saved with its cursor: wherever
    this ends, the next call goes on from there and comes to the same catalogue.
    """
    report, watch = Report(), watch or Watch()
    # A source that makes us wait uses up its own patience, not that of the others.
    share = settings.budget.seconds / max(1, len(wish.cards))
    for given in seeds:
        name, tasks = find_seeds(
            catalogue, lambda: replace(settings, budget=Budget(seconds=share)), given, wish
        )
        if name in report.seeds:
            continue
        report.seeds.append(name)
        report.outcomes += [task.outcome for task in tasks]
        for task in tasks:
            Pages(catalogue, name, task, wish, watch).read()
    for card in wish.cards:
        if card.describing is not None:
            apart = replace(settings, budget=Budget(seconds=share))
            outcome = describe(catalogue, card, card.describing(apart), wish, watch)
            report.outcomes += [outcome] if outcome else []
    return report
