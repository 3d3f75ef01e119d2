"""Puts derived papers into their tables, in place of those that they replace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Index, delete, select, text

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.bulk import chunks, fill, remove
from survey.catalogue.catalogue import FULL_TEXT, meta_value, set_meta
from survey.derived.build import Built
from survey.derived.plan import Plan
from survey.query import LITERAL, may_hold_literals

__all__ = ["Store"]

WHOLE = (t.member, t.alias, t.reference)  # of a paper, made anew with it
KEPT = (t.topic, t.code, t.covered)  # made anew only when its texts change
TEXT = (
    "INSERT INTO paper_text (rowid, id, title, abstract, authors, venue) VALUES (?, ?, ?, ?, ?, ?)"
)


class Store:
    """Writes a plan's papers inside a transaction: `clear`, then `add` each batch."""

    def __init__(self, connection: Connection, plan: Plan) -> None:
        self.connection = connection
        self.plan = plan
        self._indexes: list[Index] = []
        self._literal: set[int] | None = None  # None where nobody noted them so far
        self.sqlite = connection.dialect.name == "sqlite"
        if self.sqlite:
            # 32 MiB: a million small rows come in any order.
            connection.exec_driver_sql("PRAGMA cache_size = -32768")

    def clear(self) -> None:
        """Remove what is to be replaced, and what is no more."""
        stale = self.plan.stale
        everything = len(stale) == len(self.plan.old)
        # A million rows in no order are faster put into a table than into its index as well;
        # elsewhere than in SQLite that would make readers wait.
        self._indexes = list(t.reference.indexes) if everything and self.sqlite else []
        for index in self._indexes:
            index.drop(self.connection)
        noted = "[]" if everything else meta_value(self.connection, LITERAL)
        self._literal = set(json.loads(noted)) if self.sqlite and noted else None
        if self.sqlite and everything:
            self.connection.exec_driver_sql("DROP TABLE IF EXISTS paper_text")
            self.connection.execute(text(FULL_TEXT))
        elif self.sqlite:
            self._forget(stale)
        for column in (t.paper.c.id, *(table.c.paper for table in WHOLE)):
            if everything:
                self.connection.execute(delete(column.table))
            else:
                remove(self.connection, column, stale)
        for table in KEPT:
            if self.plan.old:
                remove(self.connection, table.c.paper, self.plan.gone)
            else:
                self.connection.execute(delete(table))

    def _forget(self, stale: Sequence[str]) -> None:
        """Take papers out of the full text; their places are in their rows."""
        places: list[tuple[int]] = []
        for some in chunks(stale):
            found = self.connection.execute(select(t.paper.c.place).where(t.paper.c.id.in_(some)))
            places += ((int(place),) for place in found.scalars())
        if places:
            statement = "DELETE FROM paper_text WHERE rowid = ?"
            self.connection.exec_driver_sql(statement, sorted(places))
        if self._literal is not None:
            self._literal.difference_update(place for (place,) in places)

    def finish(self) -> None:
        """Make anew what `clear` took away, and note what was found on the way."""
        for index in self._indexes:
            index.create(self.connection)
        if self._literal is not None:
            set_meta(self.connection, LITERAL, json.dumps(sorted(self._literal)))

    def add(self, batch: Sequence[Built]) -> None:
        """Insert papers with everything of theirs."""
        fill(self.connection, t.paper, [_paper(built) for built in batch])
        fill(self.connection, t.member, [row for built in batch for row in _members(built)])
        fill(self.connection, t.alias, [row for built in batch for row in _aliases(built)])
        works = [(b.paper.id, work) for b in batch for work in b.paper.references]
        fill(self.connection, t.reference, works)
        self._renew(t.topic, [(b.paper.id, b.said.topics) for b in batch if b.said])
        self._renew(t.code, [(b.paper.id, b.said.code) for b in batch if b.said])
        if self.sqlite and batch:
            texts = [_text(built) for built in batch]
            self.connection.exec_driver_sql(TEXT, texts)
            self._note_literal(texts)

    def _note_literal(self, texts: Sequence[tuple[int, str, str, str, str, str]]) -> None:
        if self._literal is not None:
            found = (place for place, _, *rest in texts if any(map(may_hold_literals, rest)))
            self._literal.update(found)

    def _renew(self, table: Any, found: Sequence[tuple[str, Sequence[Any]]]) -> None:
        old = self.plan.old
        remove(self.connection, table.c.paper, [paper for paper, _ in found if paper in old])
        names = [column.name for column in table.columns][1:]
        rows = {
            (paper, getattr(hit, names[0])): (paper, *(getattr(hit, name) for name in names))
            for paper, hits in found
            for hit in hits
        }
        fill(self.connection, table, list(rows.values()))

    def cover(self, home: Home, all_papers: bool) -> bool:
        """Match the new papers, or all, with videos; True when all were."""
        from survey.coverage import covered, videos

        if not all_papers and not self.plan.todo:
            return False
        wanted = None if all_papers else {due.group.id for due in self.plan.todo}
        if wanted is None:
            self.connection.execute(delete(t.covered))
        else:
            remove(self.connection, t.covered.c.paper, wanted)
        names = [column.name for column in t.covered.columns]
        matches = covered(self._titles(wanted), videos(home))
        fill(self.connection, t.covered, [[getattr(m, n) for n in names] for m in matches])
        return all_papers

    def _titles(self, wanted: set[str] | None) -> Iterator[tuple[str, str, str]]:
        query = select(t.paper.c.id, t.paper.c.title, t.paper.c.arxiv)
        for paper, title, arxiv in self.connection.execute(query):
            if wanted is None or paper in wanted:
                yield str(paper), str(title), str(arxiv)


_LISTS = ("authors", "venues", "categories", "links", "sources")
_COLUMNS = tuple(column.name for column in t.paper.columns)


def _paper(built: Built) -> list[Any]:
    paper, cited = built.paper, built.cited
    values: dict[str, Any] = {name: getattr(paper, name, None) for name in _COLUMNS}
    values |= {name: _json(values[name]) for name in _LISTS}
    values |= {
        "place": built.place,
        "withdrawn": int(paper.withdrawn),
        "seeds": _json(cited.seeds),
        "intents": _json(cited.intents),
        "contexts": len(cited.contexts),
        "central": int(cited.central),
        "digest": built.digest,
    }
    return [values[name] for name in _COLUMNS]


def _json(values: Sequence[str]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else "[]"


def _members(built: Built) -> list[tuple[str, ...]]:
    return [(m.source, m.key, built.paper.id, m.reason, m.doubt) for m in built.paper.members]


def _aliases(built: Built) -> list[tuple[str, str]]:
    """A paper is found by every identifier and by every record of it."""
    names = [f"{m.source}/{m.key}" for m in built.paper.members]
    return [(name, built.paper.id) for name in (*built.paper.identifiers, *names)]


def _text(built: Built) -> tuple[int, str, str, str, str, str]:
    paper = built.paper
    authors, venues = ", ".join(paper.authors), ", ".join(paper.venues)
    return built.place, paper.id, paper.title, paper.abstract, authors, venues
