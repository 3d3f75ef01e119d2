"""Papers with all that follows from their records."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Connection, select

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.bulk import chunks
from survey.derived.plan import Due, Plan
from survey.derived.texts import Asked, Said, Text, read_all
from survey.found import Found
from survey.merge import Merged, combine

__all__ = ["Builder", "Built"]

BATCH = 500  # papers made at once
Name = tuple[str, str]
NONE = "[]"  # as an empty list is kept
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

    place: int
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

    def _drafts(self, due: Sequence[Due]) -> Asked[list[Draft]]:
        """Papers, and the texts of those whose topics and code have to be found."""
        keys: dict[str, list[str]] = defaultdict(list)
        for one in due:
            for member in one.group.members:
                keys[member.source].append(member.key)
        found = dict(self._records(keys))
        cites: dict[Name, list[tuple[Any, ...]]] = defaultdict(list)
        columns = (t.cite.c.seed, t.cite.c.intents, t.cite.c.contexts, t.cite.c.influential)
        for name, *how in self._rows(t.cite.c.key, columns, keys):
            cites[name].append(tuple(how))
        drafts = [self._draft(one, found, cites) for one in due]
        return Asked(drafts, [text for _, text in drafts if text is not None])

    def _records(self, keys: Mapping[str, Sequence[str]]) -> Iterator[tuple[Name, Found]]:
        for name, told in self._rows(t.record.c.key, (t.record.c.found,), keys):
            content = {"source": name[0], "key": name[1], **orjson.loads(told)}
            yield name, Found.from_json(content)

    def _rows(
        self, key: Any, columns: Sequence[Any], keys: Mapping[str, Sequence[str]]
    ) -> Iterator[tuple[Any, ...]]:
        """The columns after the name of the record that they are of."""
        for source, names in sorted(keys.items()):
            for some in chunks(names):
                query = select(key, *columns).where(key.table.c.source == source, key.in_(some))
                for name, *rest in self.connection.execute(query):
                    yield ((source, str(name)), *rest)

    def _draft(
        self, due: Due, found: Mapping[Name, Found], cites: Mapping[Name, list[tuple[Any, ...]]]
    ) -> Draft:
        names = [(m.source, m.key) for m in due.group.members]
        paper = combine(due.group, (found[name] for name in names))
        cited = _cited([row for name in names for row in sorted(cites.get(name, ()))])
        text = _text(paper, cited)
        digest = f"{due.digest}-{_digest(text)}"
        known = self.plan.old.get(paper.id, "")[16:] == digest[16:] and not self.plan.topics_too
        built = Built(place=due.place, paper=paper, cited=cited, digest=digest)
        return built, None if known else text


def _cited(rows: Sequence[Sequence[Any]]) -> Cited:
    """Of rows with seed, intents, sentences (JSON) and whether a source calls it influential."""
    intents = {intent for _, told, _, _ in rows if told != NONE for intent in orjson.loads(told)}
    known = [intent for intent in INTENTS if intent in intents]
    sentences = (text for _, _, told, _ in rows if told != NONE for text in orjson.loads(told))
    return Cited(
        seeds=tuple(sorted({row[0] for row in rows})),
        intents=(*known, *sorted(intents - set(known))),
        contexts=tuple(dict.fromkeys(sentences)),
        central=any(row[3] for row in rows),
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
