"""Papers with all that follows from their records."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.bulk import chunks
from survey.derived.plan import Plan
from survey.derived.texts import Asked, Said, Text, read_all
from survey.found import Found
from survey.merge import Group, Merged, combine

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
    """A paper with what goes into its rows."""

    paper: Merged
    cited: Cited
    digest: str
    said: Said | None = None  # None where what its text said before still holds


Draft = tuple[Built, Text | None]


class Builder:
    """Makes the papers of a plan from one state of the catalogue."""

    def __init__(self, connection: Connection, home: Home, plan: Plan) -> None:
        self.connection = connection
        self.home = home
        self.plan = plan

    def batches(self) -> Iterator[list[Built]]:
        """The papers, in the plan's order."""
        asked = map(self._drafts, chunks(self.plan.todo, BATCH))
        for drafts, found in read_all(self.home, asked, len(self.plan.todo)):
            said = iter(found)
            yield [
                built if text is None else replace(built, said=next(said)) for built, text in drafts
            ]

    def _drafts(self, groups: Sequence[Group]) -> Asked[list[Draft]]:
        """Papers, and the texts of those whose topics and code have to be found."""
        names = [(m.source, m.key) for group in groups for m in group.members]
        found = dict(self._records(names))
        cites: dict[Name, list[Any]] = defaultdict(list)
        for row in self._rows(t.cite, names):
            cites[row["source"], row["key"]].append(row)
        drafts = [self._draft(group, found, cites) for group in groups]
        return Asked(drafts, [text for _, text in drafts if text is not None])

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

    def _draft(
        self, group: Group, found: Mapping[Name, Found], cites: Mapping[Name, list[Any]]
    ) -> Draft:
        names = [(m.source, m.key) for m in group.members]
        paper = combine(group, (found[name] for name in names))
        rows = (sorted(cites.get(name, ()), key=lambda row: row["seed"]) for name in names)
        cited = _cited([row for some in rows for row in some])
        text = _text(paper, cited)
        digest = f"{self.plan.digests[group.id]}-{_digest(text)}"
        known = self.plan.old.get(group.id, "")[16:] == digest[16:] and not self.plan.topics_too
        built = Built(paper=paper, cited=cited, digest=digest)
        return built, None if known else text


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


def _text(paper: Merged, cited: Cited) -> Text:
    return Text(
        title=paper.title,
        abstract=paper.abstract,
        comment=paper.comment,
        categories=paper.categories,
        contexts=cited.contexts,
        links=paper.links,
    )


def _digest(text: Text) -> str:
    return hashlib.blake2b(json.dumps(text.values).encode(), digest_size=8).hexdigest()
