"""The catalogue in numbers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from survey.catalogue import tables as t
from survey.catalogue.events import decisions

__all__ = ["Numbers", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Counts of papers, after merging, unless said otherwise."""

    papers: int
    records: int  # what sources said, before merging
    citing: int  # papers that cite a seed
    citations: int  # pairs of a paper and a seed that it cites
    with_arxiv: int
    with_doi: int
    with_abstract: int
    with_code: int
    with_topics: int
    covered: int
    withdrawn: int
    by_source: dict[str, int]
    by_year: dict[str, int]  # `unknown` for those without
    by_topic: dict[str, int]
    by_status: dict[str, int]
    by_seed: dict[str, int]
    overlap: dict[str, int]  # known to just these sources: `openalex+semantic_scholar`

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def count(connection: Connection) -> Numbers:
    """Count everything."""
    at = t.paper.c
    papers, arxiv, doi, abstract, withdrawn = _having(connection)
    sets = _groups(connection, at.sources)
    seeds = _groups(connection, at.seeds)
    return Numbers(
        papers=papers,
        records=_one(connection, func.count(t.record.c.key)),
        citing=sum(n for names, n in seeds.items() if names != "[]"),
        citations=sum(n * len(json.loads(names)) for names, n in seeds.items()),
        with_arxiv=arxiv,
        with_doi=doi,
        with_abstract=abstract,
        with_code=_one(connection, func.count(t.code.c.paper.distinct())),
        with_topics=_one(connection, func.count(t.topic.c.paper.distinct())),
        covered=_one(connection, func.count(t.covered.c.paper.distinct())),
        withdrawn=withdrawn,
        by_source=_each(sets),
        by_year=_years(_groups(connection, at.year)),
        by_topic=_by_size(_groups(connection, t.topic.c.topic)),
        by_status=_statuses(connection, papers),
        by_seed=_each(seeds),
        overlap=_by_size({"+".join(json.loads(names)): n for names, n in sets.items()}),
    )


def _having(connection: Connection) -> list[int]:
    """All papers, and those with arXiv id, DOI and abstract, and withdrawn: in one look at each."""
    at = t.paper.c
    each = (at.arxiv != "", at.doi != "", at.abstract != "", at.withdrawn != 0)
    counts = (func.count(case((condition, 1))) for condition in each)
    row = connection.execute(select(func.count(at.id), *counts)).one()
    return [int(number) for number in row]


def _one(connection: Connection, what: Any) -> int:
    return int(connection.execute(select(what)).scalar_one())


def _groups(connection: Connection, column: Any) -> dict[Any, int]:
    rows = connection.execute(select(column, func.count()).group_by(column))
    return {value: int(number) for value, number in rows}


def _each(lists: dict[Any, int]) -> dict[str, int]:
    """How often each member of lists occurs, from the number of each list in JSON."""
    found: Counter[str] = Counter()
    for names, number in lists.items():
        for name in json.loads(names):
            found[name] += number
    return _by_size(found)


def _by_size(numbers: dict[str, int]) -> dict[str, int]:
    return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))


def _years(numbers: dict[Any, int]) -> dict[str, int]:
    known = {str(year): numbers[year] for year in sorted(y for y in numbers if y is not None)}
    return known | ({"unknown": numbers[None]} if None in numbers else {})


def _statuses(connection: Connection, papers: int) -> dict[str, int]:
    """Decisions about papers that the catalogue has; those without are new."""
    decided = {name: own.status for name, own in decisions(connection).items()}
    made = Counter(decided[name] for name in _among(connection, decided))
    made["new"] += papers - made.total()
    return {name: made[name] for name in ("new", "kept", "later", "dropped")}


def _among(connection: Connection, names: Iterable[str]) -> list[str]:
    wanted = set(names)
    if not wanted:
        return []
    return [n for n in map(str, connection.execute(select(t.paper.c.id)).scalars()) if n in wanted]
