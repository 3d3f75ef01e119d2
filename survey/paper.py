"""A paper as the catalogue has it, after records of it were merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Paper", "Status"]

Status = str  # new | kept | dropped | later


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper, preprint and published version together; empty means that no source says."""

    id: str  # its best identifier, `arxiv:1703.10593`
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    date: str = ""  # first made public, ISO 8601
    published: str = ""  # date of the version in a venue, when that is another
    venue: str = ""
    venues: tuple[str, ...] = ()
    abstract: str = ""
    arxiv: str = ""
    doi: str = ""
    s2: str = ""
    openalex: str = ""
    citations: int | None = None
    influential: int | None = None  # citations that Semantic Scholar calls influential
    kind: str = ""
    withdrawn: bool = False
    comment: str = ""
    categories: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    licence: str = ""
    sources: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()  # `arxiv:1703.10593`: those that it cites
    intents: tuple[str, ...] = ()  # how it cites them: methodology, background, result
    contexts: int = 0  # number of sentences in which it cites them
    central: bool = False  # a source calls its citation of a seed influential
    digest: str = ""
    topics: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    status: Status = "new"
    tags: tuple[str, ...] = ()
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, without what is only for bookkeeping."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "digest"}
