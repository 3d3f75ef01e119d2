"""Save what sources said: records, and how they cite a seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, and_, bindparam, func, select, update

from survey.catalogue import tables as t
from survey.catalogue.bulk import fill
from survey.catalogue.catalogue import meta_value, set_meta
from survey.found import Cites, Found, Row

__all__ = ["Known", "citing_keys", "count_citing", "digest_of", "known_records", "save"]

_WRITTEN = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


class Known(NamedTuple):
    """As much of a record as it takes to decide what else to ask about it."""

    source: str
    key: str
    arxiv: str
    doi: str
    titled: bool
    date: str
    citations: int


def save(connection: Connection, source: str, seed: str, rows: Iterable[Row]) -> tuple[int, int]:
    """Keep rows of one source inside a transaction; returns how many records are new and changed.

    `seed` is the cited paper, empty where the rows are metadata alone. Saving the same rows again
    changes nothing. When anything changed, meta `records` gets another value.
    """
    given = _distinct(rows)
    new, changed = _save_records(connection, source, [row.paper for row in given])
    cites = {row.paper.key: row.cites for row in given if row.cites is not None}
    cited = _save_cites(connection, source, seed, cites) if seed else 0
    if new or changed or cited:
        stamp = int(meta_value(connection, "records", "0")) + 1
        set_meta(connection, "records", str(stamp))
    return new, changed


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """One row a key: the last, with all sentences of the others."""
    found: dict[str, Row] = {}
    for row in rows:
        before = found.get(row.paper.key)
        found[row.paper.key] = row if before is None else _both(before, row)
    return list(found.values())


def _both(one: Row, other: Row) -> Row:
    if one.cites is None or other.cites is None:
        return replace(other, cites=other.cites or one.cites)
    cites = Cites(
        contexts=tuple(dict.fromkeys((*one.cites.contexts, *other.cites.contexts))),
        intents=tuple(dict.fromkeys((*one.cites.intents, *other.cites.intents))),
        influential=one.cites.influential or other.cites.influential,
    )
    return replace(other, cites=cites)


def _save_records(connection: Connection, source: str, papers: Sequence[Found]) -> tuple[int, int]:
    at = t.record.c
    before = _before(connection, (at.key, at.digest), at.source == source, [p.key for p in papers])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    new: list[tuple[str, ...]] = []
    changed: list[dict[str, str]] = []
    for paper in papers:
        text = _WRITTEN.encode(paper.to_json())
        content = {"found": text, "digest": digest_of(text), "changed": now}
        if paper.key not in before:
            new.append((source, paper.key, text, content["digest"], now, now))
        elif before[paper.key] != (content["digest"],):
            changed.append({"of": paper.key, **content})
    fill(connection, t.record, new)
    if changed:
        this = (at.source == source, at.key == bindparam("of"))
        connection.execute(update(t.record).where(*this), changed)
    return len(new), len(changed)


def _before(
    connection: Connection, columns: Sequence[Any], where: Any, keys: Sequence[str]
) -> dict[str, tuple[Any, ...]]:
    """What is kept under some keys; the first column is the key."""
    found: dict[str, tuple[Any, ...]] = {}
    for first in range(0, len(keys), 1000):
        some = keys[first : first + 1000]
        query = select(*columns).where(where, columns[0].in_(some))
        found |= {str(key): tuple(rest) for key, *rest in connection.execute(query)}
    return found


def digest_of(text: str) -> str:
    """Of a record's JSON: whether it changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _save_cites(connection: Connection, source: str, seed: str, cites: Mapping[str, Cites]) -> int:
    """Returns how many are new or changed."""
    at = t.cite.c
    here = and_(at.source == source, at.seed == seed)
    columns = (at.key, at.contexts, at.intents, at.influential)
    before = _before(connection, columns, here, list(cites))
    new: list[tuple[Any, ...]] = []
    changed: list[dict[str, Any]] = []
    for key, one in cites.items():
        values = _columns(one)
        if key not in before:
            new.append((source, key, seed, *values.values()))
        elif before[key] != tuple(values.values()):
            changed.append({"of": key, **values})
    fill(connection, t.cite, new)
    if changed:
        connection.execute(update(t.cite).where(here, at.key == bindparam("of")), changed)
    return len(new) + len(changed)


def _columns(cites: Cites) -> dict[str, Any]:
    return {
        "contexts": _WRITTEN.encode(cites.contexts) if cites.contexts else "[]",
        "intents": json.dumps(cites.intents) if cites.intents else "[]",
        "influential": int(cites.influential),
    }


def count_citing(connection: Connection, source: str, seed: str) -> int:
    """Different papers that a source lists as citing the seed."""
    here = (t.cite.c.source == source, t.cite.c.seed == seed)
    return int(
        connection.execute(select(func.count()).select_from(t.cite).where(*here)).scalar_one()
    )


def citing_keys(connection: Connection, source: str, seed: str, keys: Sequence[str]) -> set[str]:
    """Those of some keys that are known to cite the seed."""
    here = and_(t.cite.c.source == source, t.cite.c.seed == seed)
    return set(_before(connection, (t.cite.c.key,), here, keys))


def known_records(connection: Connection, source: str = "", seed: str = "") -> Iterator[Known]:
    """All records, or those of one source that cite a seed, without holding them all at once."""
    query = select(t.record.c.source, t.record.c.key, t.record.c.found)
    if seed:
        query = query.join(
            t.cite, (t.cite.c.source == t.record.c.source) & (t.cite.c.key == t.record.c.key)
        ).where(t.cite.c.seed == seed)
    if source:
        query = query.where(t.record.c.source == source)
    query = query.order_by(t.record.c.source, t.record.c.key)
    for at, key, found in connection.execute(query.execution_options(yield_per=1000)):
        yield _known(str(at), str(key), orjson.loads(found))


def _known(source: str, key: str, found: Mapping[str, Any]) -> Known:
    return Known(
        source=source,
        key=key,
        arxiv=found.get("arxiv", ""),
        doi=found.get("doi", ""),
        titled=bool(found.get("title")),
        date=found.get("date", ""),
        citations=found.get("citations", 0),
    )
