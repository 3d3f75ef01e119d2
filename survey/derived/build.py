"""Papers with all that follows from their records."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, select

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.bulk import chunks
from survey.derived.plan import Plan
from survey.found import Found
from survey.merge import Group, Merged, combine

if TYPE_CHECKING:
    from survey.links import Link
    from survey.topics import Hit

__all__ = ["Builder", "Built"]

BATCH = 500  # papers made at once
Name = tuple[str, str]
# In the order in which they tell how central a citation is.
INTENTS = ("methodology", "result", "background")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """How a paper cites the seeds, all its records together."""

    seeds: tuple[str, ...]
    intents: tuple[str, ...]
    contexts: tuple[str, ...]  # different sentences
    central: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A paper and its rows; topics and code are None where the old ones still hold."""

    paper: Merged
    cited: Cited
    digest: str
    topics: Sequence[Hit] | None
    code: Sequence[Link] | None


class Builder:
    """Makes the papers of a plan from one state of the catalogue."""

    def __init__(self, connection: Connection, home: Home, plan: Plan) -> None:
        from survey.links import links_of
        from survey.topics import rules

        self.connection = connection
        self.plan = plan
        self._topics_of = rules(home).topics_of
        self._links_of = links_of

    def batches(self) -> Iterator[list[Built]]:
        """The papers, in the plan's order."""
        for some in chunks(self.plan.todo, BATCH):
            names = [(m.source, m.key) for group in some for m in group.members]
            found = dict(self._records(names))
            cites: dict[Name, list[Any]] = defaultdict(list)
            for row in self._rows(t.cite, names):
                cites[row["source"], row["key"]].append(row)
            yield [self._built(group, found, cites) for group in some]

    def _records(self, names: Sequence[Name]) -> Iterator[tuple[Name, Found]]:
        for row in self._rows(t.record, names):
            name = (row["source"], row["key"])
            content = {"source": name[0], "key": name[1], **json.loads(row["found"])}
            yield name, Found.from_json(content)

    def _rows(self, table: Table, names: Iterable[Name]) -> Iterator[Mapping[str, Any]]:
        by_source: dict[str, list[str]] = defaultdict(list)
        for source, key in names:
            by_source[source].append(key)
        for source, keys in sorted(by_source.items()):
            for some in chunks(keys):
                query: Select[Any] = select(table).where(table.c.source == source)
                rows = self.connection.execute(query.where(table.c.key.in_(some)))
                yield from (dict(row) for row in rows.mappings())

    def _built(
        self, group: Group, found: Mapping[Name, Found], cites: Mapping[Name, list[Any]]
    ) -> Built:
        names = [(m.source, m.key) for m in group.members]
        paper = combine(group, (found[name] for name in names))
        rows = (sorted(cites.get(name, ()), key=lambda row: row["seed"]) for name in names)
        cited = _cited([row for some in rows for row in some])
        text = _text_digest(paper, cited)
        digest = f"{self.plan.digests[group.id]}-{text}"
        if not self.plan.topics_too and self.plan.old.get(group.id, "")[17:] == text:
            return Built(paper=paper, cited=cited, digest=digest, topics=None, code=None)
        told = (paper.title, paper.abstract, paper.comment, paper.categories, cited.contexts)
        return Built(
            paper=paper,
            cited=cited,
            digest=digest,
            topics=self._topics_of(*told),
            code=self._links_of(paper.abstract, paper.comment, paper.links),
        )


def _cited(rows: Sequence[Mapping[str, Any]]) -> Cited:
    intents = {intent for row in rows for intent in json.loads(row["intents"])}
    known = [intent for intent in INTENTS if intent in intents]
    sentences = (text for row in rows for text in json.loads(row["contexts"]))
    return Cited(
        seeds=tuple(sorted({row["seed"] for row in rows})),
        intents=(*known, *sorted(intents - set(known))),
        contexts=tuple(dict.fromkeys(sentences)),
        central=any(row["influential"] for row in rows),
    )


def _text_digest(paper: Merged, cited: Cited) -> str:
    """Of what topics and code links are found in."""
    told = (paper.title, paper.abstract, paper.comment, paper.categories, cited.contexts)
    content = json.dumps([*told, paper.links]).encode()
    return hashlib.blake2b(content, digest_size=8).hexdigest()
