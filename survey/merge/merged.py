"""What merging takes and gives: mends by hand, and papers with their records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["APART", "Member", "Mend", "Merged"]

# How the doubt of a record begins that shares an identifier with another paper.
APART = "kept apart from another paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What a person says of two records: `join` or `split`; of contrary ones the later holds.

    Each side is the name of a record, `source/key`, or an identifier, `doi:…`.
    """

    n: int
    action: Literal["join", "split"]
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A record of a paper: why it is one, and why that may be wrong."""

    source: str
    key: str
    reason: str = ""
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A paper made of records; the fields are those of survey.paper.Paper."""

    id: str
    members: tuple[Member, ...]
    identifiers: tuple[str, ...]  # `doi:…`, of no other paper
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    date: str = ""
    published: str = ""
    venue: str = ""
    venues: tuple[str, ...] = ()
    abstract: str = ""
    arxiv: str = ""
    doi: str = ""
    s2: str = ""
    openalex: str = ""
    citations: int | None = None
    influential: int | None = None
    kind: str = ""
    withdrawn: bool = False
    comment: str = ""
    categories: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    licence: str = ""
    sources: tuple[str, ...] = ()
    references: tuple[int, ...] = ()  # OpenAlex numbers of the works that it cites
