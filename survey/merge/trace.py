"""What merging needs to know of a record, small enough to hold all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from survey.found import Found, title_key
from survey.ids import IdKind
from survey.merge.likeness import generic
from survey.merge.places import is_preprint_doi, is_repository

__all__ = ["KINDS", "PRECEDENCE", "Trace", "order", "trace", "year_of_arxiv"]

# From the strongest evidence to the weakest.
KINDS: tuple[IdKind, ...] = ("arxiv", "doi", "s2", "openalex")
# Whose word counts first. arXiv has the authors' own; Semantic Scholar has titles and abstracts
# as printed, OpenAlex puts abstracts together from an index; a person's BibTeX comes last.
PRECEDENCE = ("arxiv", "semantic_scholar", "openalex", "huggingface", "opencitations")
LAST = ("sample", "import")
AUTHORS = 40  # enough to tell papers apart
# Works beside a paper that often have its title; a source that says nothing may mean either.
_BESIDE = {
    name.replace("-", ""): name
    for name in (
        "dataset",
        "dissertation",
        "editorial",
        "erratum",
        "paratext",
        "peer-review",
        "retraction",
        "software",
        "supplementary-materials",
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A record's name, identifiers, and what its title, authors and year tell."""

    source: str
    key: str
    arxiv: str
    doi: str
    s2: str
    openalex: str
    title: str
    title_key: int  # a hash of its letters; 0 for a title that cannot tell papers apart
    names: str  # of its authors, with line ends between: a third of the room that a tuple takes
    year: int | None
    preprint: bool
    citations: int  # -1 where the source does not say
    thing: str  # paper, dataset, dissertation …; empty where the source does not say
    content: bytes = b""  # a hash of all that the source says

    @property
    def authors(self) -> tuple[str, ...]:
        """The first AUTHORS of them."""
        return tuple(self.names.split("\n")) if self.names else ()

    @property
    def name(self) -> str:
        """As mends name it."""
        return f"{self.source}/{self.key}"

    @property
    def identifiers(self) -> tuple[str, ...]:
        """`arxiv:…`, `doi:…`: the strongest first."""
        values = zip(KINDS, (self.arxiv, self.doi, self.s2, self.openalex), strict=True)
        return tuple(f"{kind}:{value}" for kind, value in values if value)

    @property
    def published_doi(self) -> str:
        """Its DOI, unless that is a preprint's."""
        return "" if is_preprint_doi(self.doi) else self.doi


def order(source: str, key: str) -> tuple[int, str, str]:
    """Sorts records by whose word counts first."""
    if source in PRECEDENCE:
        return PRECEDENCE.index(source), source, key
    return len(PRECEDENCE) + (source in LAST), source, key


def _itself(value: Any) -> Any:
    return value


def trace(found: Found, content: bytes = b"", share: Callable[[Any], Any] = _itself) -> Trace:
    """What merging needs of a record; `share` gives the one copy of what several records have."""
    key = "" if generic(found.title) else title_key(found.title)
    return Trace(
        source=share(found.source),
        key=found.key,
        arxiv=share(found.arxiv),
        doi=share(found.doi),
        s2=found.key if found.s2 == found.key else share(found.s2),
        openalex=found.key if found.openalex == found.key else share(found.openalex),
        title=share(found.title),
        title_key=hash(key) if key else 0,
        names=share("\n".join(found.authors[:AUTHORS])),
        year=share(found.year or _year(found)),
        preprint=_is_preprint(found),
        citations=-1 if found.citations is None else share(found.citations),
        thing=_thing(found.kind),
        content=content,
    )


def _year(found: Found) -> int | None:
    if found.date:
        return int(found.date[:4])
    return year_of_arxiv(found.arxiv)


def year_of_arxiv(arxiv: str) -> int | None:
    """In which year an arXiv id was given; None for no id."""
    month = arxiv.rpartition("/")[2][:2]
    if not month:
        return None
    return int(month) + (1900 if month > "90" else 2000)


def _is_preprint(found: Found) -> bool:
    kind = found.kind.casefold()
    told = bool(found.arxiv) or "preprint" in kind or "posted-content" in kind
    return told or is_preprint_doi(found.doi) or is_repository(found.venue)


def _thing(kind: str) -> str:
    if not kind:
        return ""
    said = {part.strip().replace("-", "").replace(" ", "") for part in kind.casefold().split(",")}
    return next((_BESIDE[name] for name in sorted(said & _BESIDE.keys())), "paper")
