"""Which record's word is taken for each field of a paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from survey.found import Found
from survey.merge.explain import Group
from survey.merge.likeness import common
from survey.merge.merged import Merged
from survey.merge.places import is_preprint_doi, is_repository
from survey.merge.trace import order, year_of_arxiv

__all__ = ["combine"]

MONTH = timedelta(days=31)
ERROR = timedelta(days=3 * 366)  # so long before its preprint nothing is published


def combine(group: Group, records: Iterable[Found]) -> Merged:
    """The paper of a group, from all its records.

    Texts are of the first source that has one, in the order of survey.merge.trace; counts are the
    highest; lists are all that is said.
    """
    found = sorted(records, key=lambda f: order(f.source, f.key))
    published = sorted(found, key=lambda f: not _published(f))
    first = _date(found)
    arxiv, doi, s2, openalex = _ids(group, found)
    return Merged(
        id=group.id,
        members=group.members,
        identifiers=group.identifiers,
        title=_first(f.title for f in found),
        authors=_authors([f.authors for f in found if f.authors]),
        year=_year(found, first),
        date=first,
        published=_published_on(found, first),
        venue=_first(f.venue for f in published if not is_repository(f.venue)),
        venues=tuple(_venues(found)),
        abstract=_first(f.abstract for f in found),
        arxiv=arxiv,
        doi=doi,
        s2=s2,
        openalex=openalex,
        citations=_most(f.citations for f in found),
        influential=_most(f.influential for f in found),
        kind=_first(f.kind for f in published),
        withdrawn=any(f.withdrawn for f in found),
        comment=_first(f.comment for f in found),
        categories=_first_list(f.categories for f in found),
        links=tuple(dict.fromkeys(link for f in found for link in f.links)),
        licence=_first(f.licence for f in found),
        sources=tuple(sorted({f.source for f in found})),
        references=tuple(sorted({work for f in found for work in f.references})),
    )


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _first_list(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return next((values for values in lists if values), ())


def _most(counts: Iterable[int | None]) -> int | None:
    return max((count for count in counts if count is not None), default=None)


def _published(found: Found) -> bool:
    """Whether a record knows of a publication, be it of the preprint as well."""
    doi = bool(found.doi) and not is_preprint_doi(found.doi)
    return doi or bool(found.venue and not is_repository(found.venue))


def _is_preprint(found: Found) -> bool:
    named = bool(found.arxiv) or is_preprint_doi(found.doi) or "preprint" in found.kind.casefold()
    return named or is_repository(found.venue)


# --- identifiers


def _ids(group: Group, found: Sequence[Found]) -> tuple[str, str, str, str]:
    """The paper's arXiv id, DOI and ids at Semantic Scholar and OpenAlex."""
    named, _, name = group.id.partition(":")
    own: dict[str, list[str]] = {}
    for identifier in group.identifiers:
        kind, _, value = identifier.partition(":")
        own.setdefault(kind, []).append(value)
    arxiv = name if named == "arxiv" else ""
    doi = name if named == "doi" else _doi(own.get("doi", ()), found)
    return arxiv, doi, _cited(own, "s2", found), _cited(own, "openalex", found)


def _doi(own: Iterable[str], found: Sequence[Found]) -> str:
    """A publication's before a preprint's, then what most records say."""
    said = Counter(f.doi for f in found)
    return min(own, key=lambda doi: (is_preprint_doi(doi), -said[doi], doi), default="")


def _cited(own: dict[str, list[str]], kind: str, found: Sequence[Found]) -> str:
    """Of several records of one source the most cited one's."""
    held: Any = {}
    for f in found:
        value = getattr(f, kind)
        held[value] = max(held.get(value, -1), -1 if f.citations is None else f.citations)
    return min(own.get(kind, ()), key=lambda value: (-held[value], value), default="")


# --- days


def _date(found: Sequence[Found]) -> str:
    """The earliest plausible day.

    1 January often stands for a year alone: it does not count beside another day of that year.
    arXiv's own day holds against one within the month before, and what is years before the
    preprint is an error.
    """
    days = _exact({f.date for f in found if f.date})
    own = min((f.date for f in found if f.source == "arxiv" and f.date), default="")
    if own:
        arrived = _day(own)
        days = {own} | {day for day in days if day > own or _well_before(day, arrived)}
    return min(days, default="")


def _well_before(day: str, arrived: date) -> bool:
    """Whether a publication can have preceded the preprint by this."""
    before = arrived - _day(day)
    return MONTH < before < ERROR


def _exact(days: set[str]) -> set[str]:
    known = {day[:4] for day in days if day[4:] != "-01-01"}
    return {day for day in days if day[4:] != "-01-01" or day[:4] not in known}


def _day(text: str) -> date:
    """A month may have fewer days than a source thinks."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date(int(text[:4]), int(text[5:7]), 28)


def _published_on(found: Sequence[Found], first: str) -> str:
    """The day of the version in a venue; empty when no other version was public before."""
    if not first or not any(_is_preprint(f) for f in found):
        return ""
    days = {f.date for f in found if f.date > first and _published(f) and _is_later(f, first)}
    return min(_exact(days | {first}) - {first}, default="")


def _is_later(found: Found, first: str) -> bool:
    # A record of both versions mostly has the preprint's day, give or take a time zone.
    return not _is_preprint(found) or _day(found.date) - _day(first) > MONTH


def _year(found: Sequence[Found], first: str) -> int | None:
    if first:
        return int(first[:4])
    years = [f.year for f in found if f.year] or [
        year for f in found if (year := year_of_arxiv(f.arxiv))
    ]
    return min(years, default=None)


# --- lists


def _authors(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest list that has most of the first one's authors: sources cut long lists."""
    if not lists:
        return ()
    longest = lists[0]
    for other in lists[1:]:
        if len(other) > len(longest) and 2 * common(lists[0], other) >= len(lists[0]):
            longest = other
    return longest


def _venues(found: Sequence[Found]) -> Iterator[str]:
    """Every place, in the first spelling; arXiv has many and is called arXiv."""
    seen: set[str] = set()
    for f in found:
        folded = f.venue.casefold()
        place = "arXiv" if folded.startswith("arxiv") or folded == "corr" else f.venue
        if place and place.casefold() not in seen:
            seen.add(place.casefold())
            yield place
