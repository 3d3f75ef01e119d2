"""What the pages of papers read of all papers, read before somebody opens them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from dashboard.load.catalogue import reading
from dashboard.load.decide import closed, desk
from dashboard.load.papers import Asked, facets, find
from dashboard.load.shortlist import kept
from dashboard.views.paper_charts import figure
from data.errors import AtlasError
from data.paths import find_home
from survey.catalogue.papers import Filter
from survey.profiles import DEFAULT
from survey.triage.words import NAME

__all__ = ["warm_papers"]


def warm_papers(before: Callable[[], None] = lambda: None) -> None:
    """Read the papers, draw the charts of all of them, and open triage where it was begun.

    `before` is called before each step.
    """
    with suppress(AtlasError):  # the page that needs it says what is wrong
        for step in _steps():
            before()
            step()


def _steps() -> Iterator[Callable[[], object]]:
    yield facets
    yield lambda: find(Asked())
    yield kept
    yield lambda: figure("Momentum", Asked())
    yield lambda: figure("Citation map", Asked())
    if _triaged():
        yield lambda: desk(DEFAULT, Filter())


def _triaged() -> bool:
    """Whether somebody decides here and the words of the papers are kept: else that takes long."""
    with reading() as (_, where):
        sample = where.sample
    return not closed(sample) and (find_home().root / "triage" / NAME).is_file()
