"""Full text in the two databases: FTS5 of SQLite, tsvector of PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
)

from survey.catalogue import tables as t
from survey.query import Query, Term

__all__ = ["MARKS", "Ranked", "count", "index", "ranked", "snippets"]

MARKS = ("«", "»")  # around the words that were found
WORDS = 24  # of a snippet
TEXT = table(
    "paper_text",
    *map(column, ("rowid", "id", "title", "abstract", "authors", "venue", "paper_text", "rank")),
)
# Weights of id, title, abstract, authors and venue: a word of the title says what a paper is about.
BM25 = "bm25(0.0, 8.0, 1.0, 3.0, 1.0)"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A paper that a query finds; `key` is its row in the index, `score` higher for better."""

    key: Any
    paper: str
    score: float


def ranked(connection: Connection, query: Query) -> Iterator[Ranked]:
    """What a query finds, best first; by citations where it has no word to rank by."""
    if not query:
        return
    statement = _fts5(query) if _sqlite(connection) else _postgres(query)
    for key, paper, score in connection.execute(statement):
        yield Ranked(key, str(paper), float(f"{score:.4g}"))


def count(connection: Connection, query: Query) -> int:
    """How many papers a query finds."""
    if not query:
        return 0
    statement = _fts5(query) if _sqlite(connection) else _postgres(query)
    found = statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return int(connection.execute(found).scalar() or 0)


def snippets(connection: Connection, query: Query, found: Sequence[Ranked]) -> dict[str, str]:
    """Of each paper the piece of text that was found, its words between MARKS."""
    words = [term for term in query.terms if not term.literal]
    if not words or not found:
        return _literal_snippets(connection, query, found)
    if not _sqlite(connection):
        return _postgres_snippets(connection, words, [row.paper for row in found])
    wanted = " OR ".join(term.fts5 for term in words)
    pieces = [_snippet(2), _snippet(-1)]
    made: dict[str, str] = {}
    for row in found:
        statement = select(*pieces).where(_match(wanted), TEXT.c.rowid == row.key)
        for piece in connection.execute(statement).all():
            made[row.paper] = next((text for text in piece if MARKS[0] in text), piece[0])
    return made


def _sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


# --- SQLite


def _match(expression: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = TEXT.c.paper_text.op("MATCH", is_comparison=True)(expression)
    return found


def _snippet(place: int) -> ColumnElement[str]:
    found: ColumnElement[str] = func.snippet(TEXT.c.paper_text, place, *MARKS, "…", WORDS)
    return found


def _fts5(query: Query) -> Select[Any]:
    indexed = [group for group in query.groups if not any(term.literal for term in group)]
    others = [group for group in query.groups if any(term.literal for term in group)]
    conditions = [_either(group) for group in others]
    conditions += [~_holds(term) for term in query.without]
    if not indexed:
        zero: ColumnElement[float] = literal_column("0.0")
        statement = select(TEXT.c.rowid, TEXT.c.id, zero).where(*conditions)
        statement = statement.join_from(TEXT, t.paper, t.paper.c.id == TEXT.c.id)
        return statement.order_by(func.coalesce(t.paper.c.citations, -1).desc(), TEXT.c.id)
    either = (" OR ".join(term.fts5 for term in group) for group in indexed)
    expression = " AND ".join(f"({group})" for group in either)
    by = TEXT.c.rank.op("MATCH", is_comparison=True)(BM25)
    # `ORDER BY rank` and nothing more: FTS5 then sorts by itself and reads rows as they are asked.
    statement = select(TEXT.c.rowid, TEXT.c.id, -TEXT.c.rank)
    return statement.where(_match(expression), by, *conditions).order_by(TEXT.c.rank)


def _either(group: Iterable[Term]) -> ColumnElement[bool]:
    return or_(*(_holds(term) for term in group))


def _holds(term: Term) -> ColumnElement[bool]:
    if term.literal:
        return _contains(term, (TEXT.c.title, TEXT.c.abstract, TEXT.c.authors, TEXT.c.venue))
    inner = select(TEXT.c.rowid).where(_match(term.fts5))
    return TEXT.c.rowid.in_(inner)


def _contains(term: Term, places: Iterable[ColumnElement[Any]]) -> ColumnElement[bool]:
    wanted = term.text.lower()
    return or_(*(func.lower(place).contains(wanted, autoescape=True) for place in places))


# --- PostgreSQL

ENGLISH: ColumnElement[Any] = literal_column("'english'::regconfig")
_PLACES: Mapping[str, ColumnElement[Any]] = {
    "A": t.paper.c.title,
    "B": t.paper.c.authors,
    "C": t.paper.c.venues,
    "D": t.paper.c.abstract,
}


def _vector() -> ColumnElement[Any]:
    parts: list[ColumnElement[Any]] = [
        func.setweight(func.to_tsvector(ENGLISH, place), literal_column(f"'{weight}'::\"char\""))
        for weight, place in _PLACES.items()
    ]
    return _joined("||", parts)


def _joined(operator: str, parts: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    # In halves: a chain of a hundred would be as deep as it is long.
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    first, second = _joined(operator, parts[:middle]), _joined(operator, parts[middle:])
    both: ColumnElement[Any] = first.op(operator)(second)
    return both


def index(connection: Connection) -> None:
    """Make the index that PostgreSQL's search uses, where it is missing; FTS5 is one itself."""
    if not _sqlite(connection):
        made = _vector().compile(connection.engine, compile_kwargs={"literal_binds": True})
        connection.execute(
            text(f"CREATE INDEX IF NOT EXISTS paper_words ON paper USING gin (({made}))")
        )


def _tsquery(term: Term) -> ColumnElement[Any]:
    if not term.prefix:
        return func.websearch_to_tsquery(ENGLISH, '"' + term.text.replace('"', " ") + '"')
    words = re.findall(r"\w+", term.text)
    return func.to_tsquery(ENGLISH, " <-> ".join(f"'{word}'" for word in words) + ":*")


def _any_of(terms: Iterable[Term]) -> ColumnElement[Any]:
    return _joined("||", [_tsquery(term) for term in terms])


def _postgres(query: Query) -> Select[Any]:
    words, conditions = [], []
    for group in query.groups:
        if any(term.literal for term in group):
            conditions.append(or_(*map(_matches, group)))
        else:
            words.append(_any_of(group))
    conditions += [~_matches(term) for term in query.without]
    score: ColumnElement[float] = literal_column("0.0")
    if words:
        wanted = _joined("&&", words)
        conditions.append(_vector().op("@@", is_comparison=True)(wanted))
        score = func.ts_rank_cd(_vector(), wanted)
    statement = select(t.paper.c.id, t.paper.c.id, score.label("score")).where(*conditions)
    cited = func.coalesce(t.paper.c.citations, -1)
    return statement.order_by(literal_column("score").desc(), cited.desc(), t.paper.c.id)


def _matches(term: Term) -> ColumnElement[bool]:
    if term.literal:
        return _contains(term, _PLACES.values())
    found: ColumnElement[bool] = _vector().op("@@", is_comparison=True)(_tsquery(term))
    return found


def _postgres_snippets(
    connection: Connection, words: Sequence[Term], ids: Sequence[str]
) -> dict[str, str]:
    options = f'StartSel="{MARKS[0]}", StopSel="{MARKS[1]}", MaxWords={WORDS}, MinWords=8'
    headline = [
        func.ts_headline(ENGLISH, place, _any_of(words), options)
        for place in (t.paper.c.abstract, t.paper.c.title, t.paper.c.authors)
    ]
    statement = select(t.paper.c.id, *headline).where(t.paper.c.id.in_(ids))
    return {
        str(paper): next((text for text in pieces if MARKS[0] in text), pieces[0])
        for paper, *pieces in connection.execute(statement)
    }


# --- both


def _literal_snippets(
    connection: Connection, query: Query, found: Sequence[Ranked]
) -> dict[str, str]:
    places = (t.paper.c.id, t.paper.c.abstract, t.paper.c.title)
    statement = select(*places).where(t.paper.c.id.in_([row.paper for row in found]))
    return {
        str(paper): next((s for text in texts if (s := _around(str(text), query))), "")
        for paper, *texts in connection.execute(statement)
    }


def _around(text: str, query: Query) -> str:
    for term in query.terms:
        at = text.lower().find(term.text.lower())
        if at >= 0:
            end = at + len(term.text)
            before, after = text[max(0, at - 60) : at], text[end : end + 60]
            return f"…{before}{MARKS[0]}{text[at:end]}{MARKS[1]}{after}…"
    return ""
