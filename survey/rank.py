"""Which papers a profile puts first, and why: a score of whole points that its terms add up to."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.papers import Filter, names, papers
from survey.paper import Paper
from survey.profiles import Profile
from survey.repositories import Repository
from survey.repositories import repositories as looked_up
from survey.terms import READ, STATES, Facts
from survey.zoo_models import zoo_models

__all__ = [
    "FULL",
    "Explanation",
    "Line",
    "Ranked",
    "Standing",
    "code_of",
    "explain",
    "rank",
    "standing",
]

FULL = 1000  # points of a paper that has everything


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
    with _no_collector():
        ranked = _ranked(_Scorer(connection, profile, today or _today()))
    if wanted is None or wanted == Filter():
        return ranked
    passing = set(names(connection, wanted))
    return [entry for entry in ranked if entry.paper.id in passing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What it takes of all papers to explain one; kept, it makes the next explanation quick."""

    positions: Mapping[str, int]
    means: Sequence[tuple[float, float]]  # of each term of the profile: see _Scorer


def standing(connection: Connection, profile: Profile, today: date | None = None) -> Standing:
    """Where every paper stands by a profile, and the means that count for what is unknown."""
    with _no_collector():
        scorer = _Scorer(connection, profile, today or _today())
        places = {entry.paper.id: entry.position for entry in _ranked(scorer)}
    return Standing(positions=places, means=scorer.means)


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
    among = among or standing(connection, profile, today)
    alone = Filter(ids=(paper,))
    scorer = _Scorer(connection, profile, today or _today(), alone, among.means)
    facts = scorer.facts.get(paper)
    if facts is None:
        raise UsageProblem(f"no paper in the catalogue has the id '{paper}'", hint="survey ls")
    lines = tuple(scorer.line(i, facts) for i in range(len(scorer.terms)))
    return Explanation(
        paper=facts.paper,
        profile=profile.name,
        position=among.positions.get(paper, 0),
        among=len(among.positions),
        score=sum(line.contribution for line in lines),
        total_weight=scorer.total,
        lines=lines,
    )


def code_of(connection: Connection) -> dict[str, tuple[Repository, ...]]:
    """Code of every paper that has some: what is alive first, then by stars.

    An address that was not looked up has no state.
    """
    known = looked_up(connection)
    found: dict[str, list[Repository]] = {}
    for paper, url in connection.execute(select(t.code.c.paper, t.code.c.url)):
        found.setdefault(str(paper), []).append(known.get(url) or Repository(url=url, state=""))
    return {paper: tuple(sorted(entries, key=_merit)) for paper, entries in found.items()}


class _Scorer:
    """Readings of every paper in the catalogue, and the means that stand for unknown ones."""

    def __init__(
        self,
        connection: Connection,
        profile: Profile,
        today: date,
        wanted: Filter | None = None,
        means: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.profile = profile
        self.terms = [READ[name] for name in profile.weights]
        self.total = sum(profile.weights.values())
        self.facts = {facts.paper.id: facts for facts in _facts(connection, today, wanted)}
        self.readings = {
            key: tuple(term.read(facts, profile) for term in self.terms)
            for key, facts in self.facts.items()
        }
        self.means = means or [self._means(i) for i in range(len(self.terms))]

    def points(self, i: int, facts: Facts) -> tuple[int, float]:
        """Points of the i-th term, and how much of full marks they are."""
        term, value = self.terms[i], self.readings[facts.paper.id][i]
        if value is None:
            # Stars of code that nobody looked up are compared with stars of code.
            value = self.means[i][int(term.of_code and bool(facts.repositories))]
        return round(FULL * self.profile.weights[term.name] * value / self.total), value

    def line(self, i: int, facts: Facts) -> Line:
        """The term in words and numbers."""
        contribution, value = self.points(i, facts)
        term, known = self.terms[i], self.readings[facts.paper.id][i] is not None
        of_no_code = term.of_code and not facts.repositories
        missing = READ["code"].missing if of_no_code else term.missing
        return Line(
            term=term.name,
            raw=term.told(facts) if known else f"unknown: {missing}",
            known=known,
            normalised=value,
            weight=self.profile.weights[term.name],
            contribution=contribution,
        )

    def _means(self, i: int) -> tuple[float, float]:
        """The mean of what is known: of all papers, and of those with code."""
        known = [
            (facts, value)
            for key, facts in self.facts.items()
            if (value := self.readings[key][i]) is not None and not facts.paper.withdrawn
        ]
        return _mean(v for _, v in known), _mean(v for f, v in known if f.repositories)


def _ranked(scorer: _Scorer) -> list[Ranked]:
    scored = []
    for facts in scorer.facts.values():
        if not facts.paper.withdrawn:
            points = {term.name: scorer.points(i, facts)[0] for i, term in enumerate(scorer.terms)}
            scored.append((sum(points.values()), points, facts.paper))
    scored.sort(key=lambda entry: (-entry[0], -(entry[2].citations or 0), entry[2].id))
    return [
        Ranked(position=position, paper=paper, score=score, points=points)
        for position, (score, points, paper) in enumerate(scored, 1)
    ]


def _mean(values: Iterable[float]) -> float:
    """0 where nothing is known: then the term tells no papers apart."""
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0


def _facts(connection: Connection, today: date, wanted: Filter | None) -> Iterable[Facts]:
    code, zoo = code_of(connection), zoo_models()
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


def _merit(code: Repository) -> tuple[float, int, str]:
    return -STATES.get(code.state, 0.9), -(code.stars or 0), code.url


@contextmanager
def _no_collector() -> Iterator[None]:
    """Half of the time went into looking for garbage among 30,000 papers that all stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _today() -> date:
    return datetime.now(UTC).date()
