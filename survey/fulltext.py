"""Full text in the two databases: FTS5 of SQLite, tsvector of PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)

from survey import tsvector
from survey.catalogue import tables as t
from survey.catalogue.meta import meta_value
from survey.catalogue.papers import ORDERS
from survey.query import LITERAL, Query, Term, around
from survey.tsvector import MARKS, WORDS, Conditions, contains, index

__all__ = ["MARKS", "Ranked", "count", "index", "keys", "ranked", "snippets"]

# Papers that are ranked by their words. Where a query finds more, its words say little, and these
# are the most cited ones: the others follow by citations.
RANKED = 2_000
FIRST, PIECE = 25, 500  # rows of which the papers are looked up at once
TEXT = table(
    "paper_text",
    *map(column, ("rowid", "id", "title", "abstract", "authors", "venue", "paper_text", "rank")),
)
# Of id, title, abstract, authors and venue: a word of the title says what a paper is about.
WEIGHTS = (0.0, 8.0, 1.0, 3.0, 1.0)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper that a query finds; `key` is its row in the index, `score` higher for better."""

    key: Any
    paper: str
    score: float


def ranked(connection: Connection, query: Query, conditions: Conditions = ()) -> Iterator[Ranked]:
    """What a query finds, best first; score 0 and by citations where there is nothing to rank by.

    `conditions` are of the table of papers, as survey.catalogue.filter.conditions has them.
    """
    if not query:
        return
    if not _sqlite(connection):
        for key, paper, score in connection.execute(tsvector.query_of(query, conditions)):
            yield Ranked(key, str(paper), float(f"{score:.4g}"))
        return
    rows, size = _rows(connection, query, conditions), FIRST
    while some := list(islice(rows, size)):
        named = select(TEXT.c.rowid, TEXT.c.id).where(TEXT.c.rowid.in_([row for row, _ in some]))
        papers = {row: str(paper) for row, paper in connection.execute(named)}
        yield from (Ranked(row, papers[row], float(f"{score:.4g}")) for row, score in some)
        size = PIECE


def keys(connection: Connection, query: Query) -> list[Any]:
    """The keys of all that a query finds, best first, without reading any paper.

    Of SQLite they are `place` of the table of papers, of PostgreSQL paper ids.
    """
    if not query:
        return []
    if not _sqlite(connection):
        return list(connection.execute(tsvector.query_of(query)).scalars())
    return [row for row, _ in _rows(connection, query, ())]


def count(connection: Connection, query: Query) -> int:
    """How many papers a query finds."""
    if not query:
        return 0
    statement = _fts5(connection, query, ()) if _sqlite(connection) else tsvector.query_of(query)
    found = statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return int(connection.execute(found).scalar() or 0)


def snippets(connection: Connection, query: Query, found: Sequence[Ranked]) -> dict[str, str]:
    """Of each paper the piece of text that was found, its words between MARKS."""
    words = [term for term in query.terms if not term.literal]
    if not words or not found:
        return _literal_snippets(connection, query, found)
    if not _sqlite(connection):
        return tsvector.snippets(connection, words, [row.paper for row in found])
    rows = {row.key: row.paper for row in found}
    # Between the first and the last row, and not row by row: a prefix is looked up each time.
    statement = select(TEXT.c.rowid, _snippet(2), _snippet(-1)).where(
        _match(" OR ".join(term.fts5 for term in words)),
        TEXT.c.rowid.between(min(rows), max(rows)),
        _each_row().in_(list(rows)),
    )
    return {
        rows[row]: next((text for text in pieces if MARKS[0] in text), pieces[0])
        for row, *pieces in connection.execute(statement)
    }


def _sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


# --- SQLite


def _match(expression: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = TEXT.c.paper_text.op("MATCH", is_comparison=True)(expression)
    return found


def _snippet(place: int) -> ColumnElement[str]:
    found: ColumnElement[str] = func.snippet(TEXT.c.paper_text, place, *MARKS, "…", WORDS)
    return found


def _rows(
    connection: Connection, query: Query, conditions: Conditions
) -> Iterator[tuple[int, float]]:
    """Rows of the index with their scores, best first."""
    statement = _fts5(connection, query, conditions)
    if not _expression(query):
        yield from ((row, 0.0) for row in connection.execute(statement).scalars())
        return
    # A row is a paper's place: the first ones are those of the most cited papers.
    by_place = statement.order_by(TEXT.c.rowid)
    score = func.bm25(TEXT.c.paper_text, *WEIGHTS)
    # Ordered here: SQLite would go through all that is found before it took the first ones.
    scored = by_place.with_only_columns(TEXT.c.rowid, -score).limit(RANKED)
    first = [(int(row), float(value)) for row, value in connection.execute(scored)]
    yield from sorted(first, key=lambda found: (-found[1], found[0]))
    if len(first) == RANKED:
        others = by_place.where(TEXT.c.rowid > first[-1][0])
        yield from ((row, 0.0) for row in connection.execute(others).scalars())


def _those(listed: str) -> Select[Any]:
    """The numbers of a JSON list, which may be more than a statement takes values."""
    return select(func.json_each(listed).table_valued("value").c.value)


def _each_row() -> ColumnElement[int]:
    # The sign keeps SQLite from looking the words up, and weighing them, anew for each row.
    return literal_column("+paper_text.rowid", Integer)


def _fts5(connection: Connection, query: Query, conditions: Conditions) -> Select[Any]:
    """The rows that a query finds: of the index, or of papers where it has no word to look up."""
    others = [group for group in query.groups if any(term.literal for term in group)]
    holds = partial(_holds, connection)
    expression = _expression(query)
    if not expression:
        asked = [or_(*(holds(t.paper.c.place, term) for term in group)) for group in others]
        asked += [~holds(t.paper.c.place, term) for term in query.without]
        papers = select(t.paper.c.place).where(*conditions, *asked)
        return papers.order_by(*ORDERS["citations"])
    row = _each_row()
    asked = [or_(*(holds(row, term) for term in group)) for group in others]
    asked += [~holds(row, term) for term in query.without if term.literal]
    if conditions:
        asked.append(row.in_(select(t.paper.c.place).where(*conditions)))
    return select(TEXT.c.rowid).where(_match(expression), *asked)


def _holds(connection: Connection, row: ColumnElement[int], term: Term) -> ColumnElement[bool]:
    """That the paper in a row of the index has a term."""
    if not term.literal:
        return row.in_(select(TEXT.c.rowid).where(_match(term.fts5)))
    noted = meta_value(connection, LITERAL)  # none where an older version made the papers
    asked = [t.paper.c.place.in_(_those(noted))] if noted else []
    # In the order of an index that has the places, so that it is read and not the papers.
    papers = select(t.paper.c.place).where(*asked, contains(term)).order_by(*ORDERS["citations"])
    found = connection.execute(papers).scalars().all()
    return row.in_(_those(json.dumps(found)))


def _expression(query: Query) -> str:
    """What FTS5 looks up; empty where there is nothing but exclusions and literal terms."""
    indexed = [group for group in query.groups if not any(term.literal for term in group)]
    either = (" OR ".join(term.fts5 for term in group) for group in indexed)
    expression = " AND ".join(f"({group})" for group in either)
    never = (f" NOT {term.fts5}" for term in query.without if not term.literal)
    return f"({expression}){''.join(never)}" if expression else ""


# --- both


def _literal_snippets(
    connection: Connection, query: Query, found: Sequence[Ranked]
) -> dict[str, str]:
    places = (t.paper.c.id, t.paper.c.abstract, t.paper.c.title)
    statement = select(*places).where(t.paper.c.id.in_([row.paper for row in found]))
    return {
        str(paper): next((s for text in texts if (s := around(str(text), query.terms, MARKS))), "")
        for paper, *texts in connection.execute(statement)
    }
