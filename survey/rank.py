"""Which papers a profile puts first, and why: a score of whole points that its terms add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection

from data.errors import UsageProblem
from survey.catalogue.bulk import chunks
from survey.catalogue.papers import Filter, chosen, names
from survey.paper import Paper
from survey.profiles import Profile
from survey.standing import FULL, Standing, as_of, facts_of, points_of, standings
from survey.terms import READ, Facts

__all__ = ["FULL", "Explanation", "Line", "Ranked", "explain", "passing", "rank", "ranked"]

PIECE = 500  # papers read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A paper with its score; `points` by term add up to it exactly."""

    position: int  # from 1, among all papers of the catalogue that are not withdrawn
    paper: Paper
    score: int
    points: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """The paper's JSON with its place."""
        own = {"position": self.position, "score": self.score, "points": dict(self.points)}
        return {**own, **self.paper.to_json()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One term of a score; an unknown one counts as the mean of the papers where it is known."""

    term: str
    raw: str  # in words; why it is unknown where it is
    known: bool
    normalised: float  # 0 to 1
    weight: float  # as in the profile
    contribution: int  # points


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A score, term by term; `position` is 0 for a withdrawn paper, which is not ranked."""

    paper: Paper
    profile: str
    position: int
    among: int
    score: int
    total_weight: float
    lines: tuple[Line, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "id": self.paper.id,
            "title": self.paper.title,
            "profile": self.profile,
            "position": self.position or None,
            "among": self.among,
            "score": self.score,
            "full": FULL,
            "total_weight": self.total_weight,
            "withdrawn": self.paper.withdrawn,
            "terms": [
                {name: getattr(line, name) for name in line.__dataclass_fields__}
                for line in self.lines
            ],
        }


def rank(
    connection: Connection,
    profile: Profile,
    wanted: Filter | None = None,
    today: date | None = None,
) -> list[Ranked]:
    """The papers that pass, best first; equal scores by citations, then by id.

    Scores do not depend on the filter. Withdrawn papers are left out.
    """
    (among,) = standings(connection, [profile], today)
    return list(ranked(connection, among, passing(connection, among, wanted)))


def passing(connection: Connection, among: Standing, wanted: Filter | None = None) -> list[int]:
    """Rows of a standing whose papers pass, in its order."""
    if wanted is None or wanted == Filter():
        return list(range(len(among.ids)))
    allowed = set(names(connection, wanted))
    return [row for row, paper in enumerate(among.ids) if paper in allowed]


def ranked(connection: Connection, among: Standing, rows: Sequence[int]) -> Iterator[Ranked]:
    """The papers of some rows of a standing; read as they are asked for."""
    for some in chunks(rows, PIECE):
        found = chosen(connection, [among.ids[row] for row in some])
        for row, paper in zip(some, found, strict=True):
            points = dict(zip(among.terms, map(int, among.points[row]), strict=True))
            yield Ranked(position=row + 1, paper=paper, score=int(among.scores[row]), points=points)


def explain(
    connection: Connection,
    profile: Profile,
    paper: str,
    today: date | None = None,
    among: Standing | None = None,
) -> Explanation:
    """The score of one paper of the catalogue, by its id, term by term.

    `among` is the standing of the same papers, where it is known already.
    """
    today = today or as_of(connection)
    among = among or standings(connection, [profile], today)[0]
    facts = next(facts_of(connection, today, Filter(ids=(paper,))), None)
    if facts is None:
        raise UsageProblem(f"no paper in the catalogue has the id '{paper}'", hint="survey ls")
    lines = tuple(_lines(profile, facts, among))
    return Explanation(
        paper=facts.paper,
        profile=profile.name,
        position=among.positions.get(paper, 0),
        among=len(among.ids),
        score=sum(line.contribution for line in lines),
        total_weight=sum(profile.weights.values()),
        lines=lines,
    )


def _lines(profile: Profile, facts: Facts, among: Standing) -> Iterator[Line]:
    """Every term in words and numbers."""
    terms = [READ[name] for name in profile.weights]
    readings = [term.read(facts, profile) for term in terms]
    values = [
        float(among.means[i, int(term.of_code and bool(facts.repositories))])
        if reading is None
        else reading
        for i, (term, reading) in enumerate(zip(terms, readings, strict=True))
    ]
    points = points_of(profile, np.array(values))
    for term, reading, value, own in zip(terms, readings, values, points, strict=True):
        of_no_code = term.of_code and not facts.repositories
        missing = READ["code"].missing if of_no_code else term.missing
        known = reading is not None
        yield Line(
            term=term.name,
            raw=term.told(facts) if known else f"unknown: {missing}",
            known=known,
            normalised=value,
            weight=profile.weights[term.name],
            contribution=int(own),
        )
