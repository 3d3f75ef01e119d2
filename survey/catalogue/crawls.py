"""How far each source was read: one row a list of citing papers, one a part of such a list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from survey.catalogue import tables as t
from survey.sources.source import Part, Step

__all__ = [
    "Reading",
    "add_parts",
    "advance",
    "asked_in_vain",
    "begin",
    "change",
    "known_seeds",
    "mark_in_vain",
    "now",
    "readings",
    "unread",
]

_KEY = ("seed", "source", "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The list of papers that cite a seed, at one source, under one name of the seed there."""

    seed: str
    source: str
    at: str
    total: int | None = None  # papers that the source counts
    since: str = ""  # papers published before this day were never asked for
    window: str = ""  # only papers published since this day are asked for again
    missing: int = 0  # papers that were counted and not given, when it was last read to its end
    started: str = ""
    finished: str = ""


def now() -> str:
    """UTC, ISO 8601, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def readings(connection: Connection, seed: str, source: str) -> list[Reading]:
    """All lists of a source for a seed."""
    query = select(t.crawl).where(t.crawl.c.seed == seed, t.crawl.c.source == source)
    rows = connection.execute(query.order_by(t.crawl.c.at)).mappings()
    return [Reading(**row) for row in rows]


def known_seeds(connection: Connection) -> list[str]:
    """Every seed that was ever fetched."""
    query = select(t.crawl.c.seed).where(t.crawl.c.seed != "").distinct()
    return sorted(str(seed) for seed in connection.execute(query).scalars())


def begin(connection: Connection, reading: Reading, parts: Sequence[Part]) -> None:
    """Start to read a list, from the beginning of each of its parts."""
    for table in (t.part, t.crawl):
        connection.execute(delete(table).where(_this(table, reading)))
    connection.execute(insert(t.crawl), [asdict(reading)])
    add_parts(connection, reading, parts)


def change(connection: Connection, reading: Reading, **values: Any) -> None:
    """Set columns of a list's row."""
    connection.execute(update(t.crawl).where(_this(t.crawl, reading)).values(**values))


def unread(connection: Connection, reading: Reading) -> list[Part]:
    """Parts that are not read to their end, in the order of reading: last name first."""
    columns = (t.part.c.name, t.part.c.state)
    query = select(*columns).where(_this(t.part, reading), t.part.c.done == 0)
    found = [Part(name=str(n), state=json.loads(s)) for n, s in connection.execute(query)]
    return sorted(found, key=lambda part: part.name, reverse=True)


def advance(connection: Connection, reading: Reading, part: Part, step: Step) -> None:
    """Save where a part's reading stands, in the transaction that saves the rows."""
    here = and_(_this(t.part, reading), t.part.c.name == part.name)
    values = {
        "state": json.dumps(step.state or {}),
        "done": int(step.state is None),
        "received": t.part.c.received + len(step.rows),
        "dropped": t.part.c.dropped + step.dropped,
    }
    connection.execute(update(t.part).where(here).values(**values))
    if step.more:
        add_parts(connection, reading, step.more)
    if step.total is not None:
        change(connection, reading, total=step.total)


def add_parts(connection: Connection, reading: Reading, parts: Iterable[Part]) -> None:
    """Parts that are to be read as well; one that is there stays where it stands."""
    have = select(t.part.c.name).where(_this(t.part, reading))
    names = set(connection.execute(have).scalars())
    key = {name: getattr(reading, name) for name in _KEY}
    rows = [
        {**key, "name": part.name, "state": json.dumps(dict(part.state))}
        for part in parts
        if part.name not in names
    ]
    if rows:
        connection.execute(insert(t.part), rows)


def _this(table: Any, reading: Reading) -> Any:
    return and_(*(table.c[name] == getattr(reading, name) for name in _KEY))


def asked_in_vain(connection: Connection, source: str) -> set[str]:
    """Ids that a describing source was asked for and does not know."""
    query = select(t.part.c.name).where(t.part.c.source == source, t.part.c.seed == "")
    return {str(name) for name in connection.execute(query).scalars()}


def mark_in_vain(connection: Connection, source: str, ids: Iterable[str]) -> None:
    """Remember ids that a describing source does not know."""
    ids = sorted(set(ids) - asked_in_vain(connection, source))
    rows = [{"seed": "", "source": source, "at": "", "name": one, "done": 1} for one in ids]
    if rows:
        connection.execute(insert(t.part), rows)
