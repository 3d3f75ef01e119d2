"""Full text of PostgreSQL: tsvector, ts_rank_cd and ts_headline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    func,
    literal_column,
    or_,
    select,
    text,
)

from survey.catalogue import tables as t
from survey.catalogue.papers import ORDERS
from survey.query import Query, Term

__all__ = ["MARKS", "WORDS", "Conditions", "contains", "index", "query_of", "snippets"]

MARKS = ("«", "»")  # around the words that were found
WORDS = 24  # of a snippet
Conditions = Sequence[ColumnElement[bool]]  # of the table of papers
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
    if connection.dialect.name != "sqlite":
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


def query_of(query: Query, given: Conditions = ()) -> Select[Any]:
    """Paper ids, twice, and scores of what a query finds, best first."""
    words, conditions = [], [*given]
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
    return statement.order_by(literal_column("score").desc(), *ORDERS["citations"])


def _matches(term: Term) -> ColumnElement[bool]:
    if term.literal:
        return contains(term)
    found: ColumnElement[bool] = _vector().op("@@", is_comparison=True)(_tsquery(term))
    return found


def snippets(connection: Connection, words: Sequence[Term], ids: Sequence[str]) -> dict[str, str]:
    """Of each paper the piece of text that has the words, between MARKS."""
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


def contains(term: Term) -> ColumnElement[bool]:
    """That a paper has a term letter by letter; in any database."""
    wanted, places = term.text.lower(), _PLACES.values()
    return or_(*(func.lower(place).contains(wanted, autoescape=True) for place in places))
