"""Find a seed in every source, and the one name that the catalogue has for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from data.errors import NetworkProblem, UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue
from survey.catalogue.crawls import Reading, readings
from survey.catalogue.records import count_citing
from survey.found import Found
from survey.ids import PaperId, parse_id
from survey.report import Outcome
from survey.settings import Settings
from survey.sources.source import Citing, Seed, SourceCard
from survey.wish import Wish

__all__ = ["Task", "find_seeds"]

_RANK = {"arxiv": 0, "doi": 1, "s2": 2, "openalex": 3}


@dataclass(slots=True, kw_only=True)
class Task:
    """One source to be read for one seed."""

    card: SourceCard
    reader: Citing
    outcome: Outcome
    seeds: list[Seed] = field(default_factory=list)
    resumed: bool = False  # goes on with what was begun; the source is not asked for the seed


def find_seeds(
    catalogue: Catalogue, settings: Callable[[], Settings], given: PaperId, wish: Wish
) -> tuple[str, list[Task]]:
    """The seed's best identifier, and a task for each source that lists citing papers.

    A source that was begun is not asked again; one that knows only another source's id of the
    seed is asked twice.
    """
    with catalogue.read() as connection:
        name = _name(connection, given)
        known = _ids(connection, name)
        tasks = [
            _task(connection, card, card.citing(settings()), name, wish)
            for card in wish.cards
            if card.citing is not None
        ]
    for _ in range(2):
        before = len(known)
        for task in tasks:
            if not task.seeds and task.outcome.problem is None and not task.resumed:
                _find(task, given, known, _first(tasks))
        if len(known) == before:
            break
    name = _best(name, known)
    for task in tasks:
        task.outcome.seed = name
        task.outcome.unknown = not (task.seeds or task.resumed or task.outcome.problem)
    return name, tasks


def _name(connection: Connection, given: PaperId) -> str:
    """What the catalogue calls it; `given` itself where the catalogue does not know it."""
    if given.kind == "arxiv":
        return str(given)
    query = select(t.alias.c.paper).where(t.alias.c.identifier == str(given))
    name = str(connection.execute(query).scalar() or given)
    return name if name.partition(":")[0] in _RANK else str(given)


def _ids(connection: Connection, name: str) -> list[PaperId]:
    """Other identifiers of the same paper."""
    this = select(t.alias.c.paper).where(t.alias.c.identifier == name).scalar_subquery()
    query = select(t.alias.c.identifier).where(t.alias.c.paper == this)
    found: list[PaperId] = []
    for identifier in sorted(str(one) for one in connection.execute(query).scalars()):
        try:
            found.append(parse_id(identifier))
        except UsageProblem:
            continue  # `source/key`
    return found


def _task(connection: Connection, card: SourceCard, reader: Citing, name: str, wish: Wish) -> Task:
    outcome = Outcome(source=card.name, title=card.title, seed=name)
    task = Task(card=card, reader=reader, outcome=outcome)
    stored = [] if wish.refresh else readings(connection, name, card.name)
    if not stored:
        return task
    enough = wish.limit is not None and count_citing(connection, card.name, name) >= wish.limit
    if wish.offline or enough or any(not reading.finished for reading in stored):
        task.resumed = True
        task.seeds = [_stored(connection, reading) for reading in stored]
    return task


def _stored(connection: Connection, reading: Reading) -> Seed:
    """The seed as the source described it when its list was begun."""
    query = select(t.record.c.found).where(
        t.record.c.source == reading.source, t.record.c.key == reading.at
    )
    found = connection.execute(query).scalar()
    paper = Found(source=reading.source, key=reading.at)
    if found is not None:
        paper = Found.from_json(json.loads(found))
    return Seed(at=reading.at, paper=paper, total=reading.total)


def _find(task: Task, given: PaperId, known: list[PaperId], like: Found | None) -> None:
    try:
        task.seeds = task.reader.find(given, known, like)
    except NetworkProblem as problem:
        task.outcome.fail(problem)
    for seed in task.seeds:
        known += [one for one in seed.paper.ids if one not in known]


def _first(tasks: Iterable[Task]) -> Found | None:
    """The seed as the first source that knows its title describes it."""
    papers = (seed.paper for task in tasks for seed in task.seeds)
    return next((paper for paper in papers if paper.title), None)


def _best(name: str, known: Iterable[PaperId]) -> str:
    best = parse_id(name)
    for one in known:
        if _RANK[one.kind] < _RANK[best.kind]:
            best = one
    return str(best)
