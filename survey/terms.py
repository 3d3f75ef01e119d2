"""The terms of a score: what each reads off a paper, and when that is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import log1p

from survey.momentum import age_in_months, centrality, citations_a_month
from survey.paper import Paper
from survey.profiles import Profile, Scales
from survey.repositories import Repository

__all__ = ["READ", "STATES", "Facts", "Term"]

STATES = {"alive": 1.0, "archived": 0.5, "gone": 0.0, "blocked": 0.0}
_OVERVIEW = re.compile(r"\b(?:survey|review|overview|taxonomy|roadmap|tutorial)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that terms read."""

    paper: Paper
    today: date
    repositories: tuple[Repository, ...] = ()  # the best first; no state until looked up
    videos: int = 0
    models: tuple[str, ...] = ()  # that run it in the zoo

    @property
    def best(self) -> Repository | None:
        """The repository that counts."""
        return self.repositories[0] if self.repositories else None


# A reading is how much of full marks a paper has, from 0 to 1; None says that it is unknown.
Reading = Callable[[Facts, Profile], float | None]
Telling = Callable[[Facts], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term: `told` gives the raw value in words, empty when unknown, `missing` says why."""

    name: str
    read: Reading
    told: Telling
    missing: str
    of_code: bool = False  # only papers with code can be compared


def grown(count: float | None, full: float) -> float | None:
    """A count by its logarithm, 1 from `full` on."""
    return None if count is None else min(1.0, log1p(count) / log1p(full))


def _momentum(facts: Facts, profile: Profile) -> float | None:
    monthly = citations_a_month(facts.paper, facts.today)
    return grown(monthly, profile.scales.citations_a_month)


def _momentum_told(facts: Facts) -> str:
    monthly = citations_a_month(facts.paper, facts.today)
    return "" if monthly is None else f"{monthly:.2f} citations a month"


def _centrality(facts: Facts, profile: Profile) -> float | None:
    found = centrality(facts.paper)
    return None if found is None else found.value


def _centrality_told(facts: Facts) -> str:
    found = centrality(facts.paper)
    return found.seen if found else ""


def _recency(facts: Facts, profile: Profile) -> float | None:
    months = age_in_months(facts.paper, facts.today)
    return None if months is None else _halved(months / 12, profile.scales.paper)


def _recency_told(facts: Facts) -> str:
    if age_in_months(facts.paper, facts.today) is None:
        return ""
    return facts.paper.date or str(facts.paper.year)


def _halved(years: float, half_life: float) -> float:
    return float(0.5 ** (max(0.0, years) / half_life))


def _venue(facts: Facts, profile: Profile) -> float | None:
    if not facts.paper.venue:
        return profile.scales.preprint if facts.paper.arxiv else None
    return _worth(facts.paper.venue.lower(), profile.scales)


def _worth(name: str, scales: Scales) -> float:
    return min((v for part, v in scales.venues.items() if part in name), default=scales.other_venue)


def _venue_told(facts: Facts) -> str:
    return facts.paper.venue or ("preprint" if facts.paper.arxiv else "")


def _overview(facts: Facts, profile: Profile) -> float | None:
    return float(_overview_told(facts) != "no") if facts.paper.title else None


def _overview_told(facts: Facts) -> str:
    if found := _OVERVIEW.search(facts.paper.title):
        return f"its title says {found.group(0)}"
    return "its topic is review" if "review" in facts.paper.topics else "no"


def _code(facts: Facts, profile: Profile) -> float | None:
    if facts.best is not None:
        return STATES.get(facts.best.state, 1.0)
    return 0.0 if facts.paper.abstract else None


def _code_told(facts: Facts) -> str:
    if facts.best is None:
        return "none named" if facts.paper.abstract else ""
    return f"{facts.best.url} ({facts.best.state or 'not looked up'})"


def _of_repository(
    read: Callable[[Repository, Facts, Profile], float | None],
) -> Reading:
    """What a repository is asked; 0 where there surely is none, unknown until it is looked up."""

    def reading(facts: Facts, profile: Profile) -> float | None:
        if facts.best is None:
            return 0.0 if facts.paper.abstract else None
        if facts.best.state in ("gone", "blocked"):
            return 0.0
        return read(facts.best, facts, profile) if facts.best.state else None

    return reading


def _of_repository_told(tell: Callable[[Repository], str]) -> Telling:
    def telling(facts: Facts) -> str:
        if facts.best is None:
            return "no code named" if facts.paper.abstract else ""
        if facts.best.state in ("gone", "blocked"):
            return f"its code is {facts.best.state}"
        return tell(facts.best) if facts.best.state else ""

    return telling


def _licence(code: Repository, facts: Facts, profile: Profile) -> float | None:
    if not code.licence:
        return 0.0
    return profile.scales.licences.get(_spdx(code.licence), profile.scales.other_licence)


def _spdx(name: str) -> str:
    return re.sub(r"-(?:only|or-later)$", "", name.lower())


def _upkeep(code: Repository, facts: Facts, profile: Profile) -> float | None:
    pushed = _day(code.pushed)
    if pushed is None:
        return None
    return _halved((facts.today - pushed).days / 365.25, profile.scales.repository)


def _stars(code: Repository, facts: Facts, profile: Profile) -> float | None:
    return grown(code.stars, profile.scales.stars)


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _topics(facts: Facts, profile: Profile) -> float | None:
    if not facts.paper.topics and not facts.paper.abstract:
        return None
    wanted = [profile.topics[name] for name in facts.paper.topics if name in profile.topics]
    return max(wanted, default=0.0) / max(profile.topics.values())


def _topics_told(facts: Facts) -> str:
    return ", ".join(facts.paper.topics) or ("none found" if facts.paper.abstract else "")


def _count(value: int | None, noun: str) -> str:
    return "" if value is None else f"{value} {noun}{'s' * (value != 1)}"


_LIST = (
    Term(
        name="momentum",
        read=_momentum,
        told=_momentum_told,
        missing="no source has its citations or its year",
    ),
    Term(
        name="influence",
        read=lambda f, p: grown(f.paper.influential, p.scales.influential),
        told=lambda f: _count(f.paper.influential, "influential citation"),
        missing="Semantic Scholar does not say",
    ),
    Term(
        name="centrality",
        read=_centrality,
        told=_centrality_told,
        missing="no source has the sentences that cite the seed",
    ),
    Term(
        name="citations",
        read=lambda f, p: grown(f.paper.citations, p.scales.citations),
        told=lambda f: _count(f.paper.citations, "citation"),
        missing="no source says",
    ),
    Term(name="recency", read=_recency, told=_recency_told, missing="no source has a year"),
    Term(name="venue", read=_venue, told=_venue_told, missing="no source names one"),
    Term(name="overview", read=_overview, told=_overview_told, missing="it has no title"),
    Term(
        name="code",
        read=_code,
        told=_code_told,
        missing="no link is known, and no abstract to look for one in",
    ),
    Term(
        name="licence",
        read=_of_repository(_licence),
        told=_of_repository_told(lambda code: code.licence or "none: all rights reserved"),
        missing="survey code asks GitHub for it",
        of_code=True,
    ),
    Term(
        name="upkeep",
        read=_of_repository(_upkeep),
        told=_of_repository_told(
            lambda code: f"last change {code.pushed[:10]}" if code.pushed else ""
        ),
        missing="survey code asks GitHub for it",
        of_code=True,
    ),
    Term(
        name="stars",
        read=_of_repository(_stars),
        told=_of_repository_told(lambda code: _count(code.stars, "star")),
        missing="survey code asks GitHub for it",
        of_code=True,
    ),
    Term(
        name="zoo",
        read=lambda f, _: float(bool(f.models)),
        told=lambda f: ", ".join(f.models) or "no model runs it",
        missing="",
    ),
    Term(
        name="coverage",
        read=lambda f, _: float(bool(f.videos)),
        told=lambda f: _count(f.videos, "video") if f.videos else "no video known",
        missing="",
    ),
    Term(
        name="topics",
        read=_topics,
        told=_topics_told,
        missing="no abstract to look for topics in",
    ),
)
READ: Mapping[str, Term] = {term.name: term for term in _LIST}
