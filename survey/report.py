"""What a fetch found: by source, together, and what could not be had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, func, select

from data.errors import NetworkProblem
from survey.catalogue import tables as t

__all__ = ["Outcome", "Report", "count_papers", "overlap"]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """One source in one run, for one seed; `seed` is empty for a source that describes papers."""

    source: str
    title: str
    seed: str = ""
    total: int | None = None  # papers that the source counts
    papers: int = 0  # papers that it gave, in all runs
    new: int = 0  # of them in this run
    missing: int = 0  # papers that it counts and did not give
    unread: int = 0  # at least so many are in lists that are not read to their end
    pages: int = 0  # answers in this run
    failed: int = 0  # pages that could not be had
    dropped: int = 0  # rows that name no paper
    unknown: bool = False  # it does not know the seed
    limited: bool = False  # --limit ended it
    notes: list[str] = field(default_factory=list)
    problem: NetworkProblem | None = None  # the first

    @property
    def in_vain(self) -> bool:
        """Whether something could not be had."""
        return self.problem is not None or self.failed > 0

    def fail(self, problem: NetworkProblem, pages: int = 0) -> None:
        """Note a problem, and pages that it cost."""
        self.failed += pages
        self.problem = self.problem or problem

    def note(self, text: str) -> None:
        """Note something that a person should know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def to_json(self) -> dict[str, Any]:
        """As one object of `survey fetch --json`."""
        names = ("source", "seed", "total", "papers", "new", "missing", "unread", "pages", "failed")
        content = {name: getattr(self, name) for name in (*names, "dropped", "unknown", "limited")}
        problem = self.problem.message if self.problem else ""
        return {**content, "notes": list(self.notes), "problem": problem}


@dataclass(slots=True, kw_only=True)
class Report:
    """All that one run did."""

    seeds: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def unknown(self) -> list[str]:
        """Seeds that no source knows, though all of them answered."""
        return [seed for seed in self.seeds if self._unknown(seed)]

    def _unknown(self, seed: str) -> bool:
        about = [one for one in self.outcomes if one.seed == seed]
        return bool(about) and all(one.unknown and not one.in_vain for one in about)

    @property
    def exit_code(self) -> int:
        """0 all was had, 3 some of it, 4 nothing could be reached, 2 no source knows the seeds."""
        well = [one for one in self.outcomes if one.pages or not (one.in_vain or one.unknown)]
        if any(one.in_vain for one in self.outcomes):
            return 3 if well else 4
        if self.unknown:
            return 3 if len(self.unknown) < len(self.seeds) else 2
        return 0


def count_papers(connection: Connection, seeds: Sequence[str]) -> int:
    """How many papers cite the seeds."""
    query = _citing(seeds, func.count(t.member.c.paper.distinct()))
    return int(connection.execute(query).scalar_one())


def overlap(connection: Connection, seeds: Sequence[str]) -> Counter[tuple[str, ...]]:
    """How many papers cite the seeds according to just these sources, for each set of sources."""
    listed: dict[str, set[str]] = {}
    query = _citing(seeds, t.member.c.paper, t.cite.c.source).distinct()
    for paper, source in connection.execute(query):
        listed.setdefault(str(paper), set()).add(str(source))
    return Counter(tuple(sorted(names)) for names in listed.values())


def _citing(seeds: Sequence[str], *columns: Any) -> Select[Any]:
    same = (t.cite.c.source == t.member.c.source) & (t.cite.c.key == t.member.c.key)
    made: Select[Any] = select(*columns)
    return made.select_from(t.member).join(t.cite, same).where(t.cite.c.seed.in_(list(seeds)))
