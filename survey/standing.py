"""Where every paper stands by a profile: readings of all of them, turned into whole points."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from math import nan

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from survey.catalogue import tables as t
from survey.catalogue.bulk import chunks
from survey.catalogue.papers import Filter, papers
from survey.profiles import Profile
from survey.repositories import Repository
from survey.repositories import repositories as looked_up
from survey.terms import READ, STATES, Facts
from survey.zoo_models import zoo_models

__all__ = ["FULL", "Standing", "as_of", "code_of", "facts_of", "standings"]

FULL = 1000  # points of a paper that has everything
BLOCK = 10_000  # papers whose points are worked out at once
Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """Papers by a profile, the best first, equal ones by citations, then by id.

    Withdrawn papers, which have no rank, are left out.
    """

    terms: tuple[str, ...]
    ids: tuple[str, ...]
    points: NDArray[np.int16]  # [papers, terms]
    means: Numbers  # [terms, 2]: what counts for the unknown, of all papers and of those with code

    @cached_property
    def scores(self) -> NDArray[np.int64]:
        """The sums of the points, [papers]."""
        found: NDArray[np.int64] = self.points.sum(axis=1, dtype=np.int64)
        return found

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of each paper."""
        return {paper: row for row, paper in enumerate(self.ids)}

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The place of each paper, from 1."""
        return {paper: position for position, paper in enumerate(self.ids, 1)}


def as_of(connection: Connection) -> date:
    """The day on which sources were asked last; today where none was.

    Citations are those of that day, so ages are too: a score changes only with what is known.
    """
    newest = (
        select(func.max(t.crawl.c.finished)),
        select(func.max(t.crawl.c.started)),
        select(func.max(t.repository.c.checked)),
    )
    days = [str(connection.execute(query).scalar() or "")[:10] for query in newest]
    try:
        return date.fromisoformat(max(days))
    except ValueError:
        return datetime.now(UTC).date()


def standings(
    connection: Connection, profiles: Sequence[Profile], today: date | None = None
) -> list[Standing]:
    """The standing of all papers by each profile, from one reading of them."""
    found = _Readings(profiles, facts_of(connection, today or as_of(connection)))
    return [found.standing(profile) for profile in profiles]


def facts_of(connection: Connection, today: date, wanted: Filter | None = None) -> Iterator[Facts]:
    """All that terms read, of the papers that pass."""
    code, zoo = code_of(connection, wanted.ids if wanted else None), zoo_models()
    shown = select(t.covered.c.paper, func.count()).group_by(t.covered.c.paper)
    videos = {str(paper): int(count) for paper, count in connection.execute(shown)}
    for paper in papers(connection, wanted):
        yield Facts(
            paper=paper,
            today=today,
            repositories=code.get(paper.id, ()),
            videos=videos.get(paper.id, 0),
            models=tuple(zoo.get(paper.arxiv, ())) if paper.arxiv else (),
        )


def code_of(
    connection: Connection, papers: Sequence[str] | None = None
) -> dict[str, tuple[Repository, ...]]:
    """Code of every paper, or of these, that has some: what is alive first, then by stars.

    An address that was not looked up has no state.
    """
    every = select(t.code.c.paper, t.code.c.url)
    queries = [every]
    if papers is not None:
        queries = [every.where(t.code.c.paper.in_(some)) for some in chunks(papers)]
    pairs = [tuple(row) for query in queries for row in connection.execute(query)]
    known = looked_up(connection, None if papers is None else [url for _, url in pairs])
    found: dict[str, list[Repository]] = {}
    for paper, url in pairs:
        found.setdefault(str(paper), []).append(known.get(url) or Repository(url=url, state=""))
    return {paper: tuple(sorted(entries, key=_merit)) for paper, entries in found.items()}


def _merit(code: Repository) -> tuple[float, int, str]:
    return -STATES.get(code.state, 0.9), -(code.stars or 0), code.url


class _Readings:
    """Numbers of all papers, packed: there may be 100,000 of them."""

    def __init__(self, profiles: Sequence[Profile], every: Iterable[Facts]) -> None:
        self.ids: list[str] = []
        self._cited, self._coded = array("q"), array("b")
        self._values = {profile.name: array("d") for profile in profiles}
        asked = [
            (self._values[p.name], p, [READ[name].read for name in p.weights]) for p in profiles
        ]
        for facts in every:
            if facts.paper.withdrawn:
                continue
            self.ids.append(facts.paper.id)
            self._cited.append(facts.paper.citations or 0)
            self._coded.append(bool(facts.repositories))
            for values, profile, reads in asked:
                for read in reads:
                    value = read(facts, profile)
                    values.append(nan if value is None else value)

    def standing(self, profile: Profile) -> Standing:
        """Points, and the order that they make."""
        terms = [READ[name] for name in profile.weights]
        values = np.frombuffer(self._values[profile.name]).reshape(len(self.ids), len(terms))
        coded = np.frombuffer(self._coded, dtype=np.int8).astype(bool)
        means = np.column_stack([_means(values), _means(values[coded])])
        points = np.empty(values.shape, dtype=np.int16)
        for start in range(0, len(values), BLOCK):
            part = slice(start, start + BLOCK)
            # Stars of code that nobody looked up are compared with stars of code.
            compared = np.logical_and.outer(coded[part], [term.of_code for term in terms])
            usual = np.where(compared, means[:, 1], means[:, 0])
            points[part] = points_of(profile, np.where(np.isnan(values[part]), usual, values[part]))
        totals = points.sum(axis=1, dtype=np.int64).tolist()
        rows = range(len(self.ids))
        order = sorted(rows, key=lambda i: (-totals[i], -self._cited[i], self.ids[i]))
        return Standing(
            terms=tuple(profile.weights),
            ids=tuple(self.ids[i] for i in order),
            points=points[order],
            means=means,
        )


def points_of(profile: Profile, values: Numbers) -> Numbers:
    """Whole points of readings [..., terms] that are all known."""
    weights = np.array(list(profile.weights.values()))
    points: Numbers = np.rint(FULL * weights * values / weights.sum())
    return points


def _means(values: Numbers) -> Numbers:
    """Of what is known; 0 where nothing is: then the term tells no papers apart."""
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    sums = np.sum(values, axis=0, where=known)
    found: Numbers = np.divide(sums, counts, out=np.zeros(values.shape[1]), where=counts > 0)
    return found
