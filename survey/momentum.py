"""How fast a paper is cited, and how centrally it cites the seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import log1p

from survey.paper import Paper

__all__ = ["Centrality", "a_month", "age_in_months", "centrality", "citations_a_month"]

MONTH = 365.25 / 12  # days
# A paper of last week with two citations is not cited eight times a month.
YOUNGEST = 3.0  # months
# What a citation is for, as Semantic Scholar says: built upon, compared with, mentioned.
INTENTS = {"methodology": 1.0, "result": 0.6, "background": 0.2}
SENTENCES = 8  # that many name the seed in a paper which is about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Centrality:
    """How much of a paper is about the seed, from 0 to 1, and what was seen of it."""

    value: float
    seen: str


def age_in_months(paper: Paper, today: date) -> float | None:
    """Months since it was first made public; of a year alone, since the middle of it.

    None when no source knows a year; 0 for a day that is still to come.
    """
    first = _first(paper, today)
    return None if first is None else max(0.0, (today - first).days / MONTH)


def citations_a_month(paper: Paper, today: date) -> float | None:
    """Citations by months of age, at least three; None when either is unknown."""
    return a_month(paper.citations, age_in_months(paper, today))


def a_month(citations: int | None, age: float | None) -> float | None:
    """Citations by months of age, at least three; None when either is unknown."""
    if age is None or citations is None:
        return None
    return citations / max(age, YOUNGEST)


def centrality(paper: Paper) -> Centrality | None:
    """The mean of what is known of influence, intent and number of sentences; None for nothing.

    A source that has no text of the paper says nothing of how it cites, so silence is unknown.
    """
    if not (paper.contexts or paper.intents or paper.central):
        return None
    known = [1.0 if paper.central else 0.0]
    seen = ["called influential" if paper.central else "not called influential"]
    weights = [INTENTS[name] for name in paper.intents if name in INTENTS]
    if weights:
        known.append(max(weights))
        seen.append("cites it for " + ", ".join(n for n in INTENTS if n in paper.intents))
    if paper.contexts:
        known.append(min(1.0, log1p(paper.contexts) / log1p(SENTENCES)))
        seen.append(f"in {paper.contexts} sentence{'s' * (paper.contexts != 1)}")
    return Centrality(value=sum(known) / len(known), seen="; ".join(seen))


def _first(paper: Paper, today: date) -> date | None:
    try:
        return date.fromisoformat(paper.date)
    except ValueError:
        pass
    if paper.year is None:
        return None
    # The year that still runs has no middle yet.
    end = min(date(paper.year, 12, 31), max(today, date(paper.year, 1, 1)))
    return date(paper.year, 1, 1) + (end - date(paper.year, 1, 1)) / 2
