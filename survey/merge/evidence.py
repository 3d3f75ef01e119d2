"""What speaks for two records being of one paper, and what against it."""

from __future__ import annotations

from dataclasses import dataclass

from survey.found import surname
from survey.merge.likeness import common, likeness, same_person, same_script
from survey.merge.trace import KINDS, Trace

__all__ = ["TWO_DOIS", "Evidence", "by_id", "by_title", "contrary"]

SIMILAR = 0.5  # titles that are of one paper after it was renamed
FOREIGN = 0.2  # titles that have next to nothing in common
NEAR, FAR = 1, 3  # years between two versions; the latter between a preprint and its publication
TWO_DOIS = "two DOIs"  # how the doubt of a merge begins that is mostly right
SAME_YEAR = "title, first author, year"
SHORT = 25  # letters of a title that several papers might have


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why two records are of one paper, and why that may be wrong."""

    reason: str
    doubt: str = ""
    strength: int = 0  # 0 by hand, then KINDS in their order, then titles
    gap: int = 0  # years between the two
    shared: int = 0  # authors


def contrary(one: Trace, other: Trace) -> bool:
    """Whether titles and authors are altogether different: no identifier outweighs that.

    What is not known, or is written in another script, is not different.
    """
    if one.title_key and one.title_key == other.title_key:
        return False
    if not (one.title and other.title and one.authors and other.authors):
        return False
    if not _comparable(one, other):
        return False
    if likeness(one.title, other.title) >= SIMILAR:
        return False
    return not common(one.authors, other.authors)


def _comparable(one: Trace, other: Trace) -> bool:
    named = same_script(one.authors[0], other.authors[0])
    return named and same_script(one.title, other.title)


def by_id(one: Trace, other: Trace) -> Evidence | None:
    """The strongest identifier that both have."""
    for strength, kind in enumerate(KINDS, 1):
        value = getattr(one, kind)
        if value and value == getattr(other, kind):
            if contrary(one, other):
                return None
            return Evidence(reason=f"{kind}:{value}", doubt=_doubt(one, other), strength=strength)
    return None


def _doubt(one: Trace, other: Trace) -> str:
    if one.arxiv and other.arxiv and one.arxiv != other.arxiv:
        return f"two arXiv ids: {one.arxiv} and {other.arxiv}"
    if not one.title or not other.title or one.title_key == other.title_key != 0:
        return ""
    alike = likeness(one.title, other.title)
    if alike >= SIMILAR:
        return ""
    if not same_script(one.title, other.title):
        return "the titles are in different scripts"
    shared = common(one.authors, other.authors)
    # Papers are renamed, mostly by the same authors and not in every word.
    renamed = alike >= FOREIGN and shared * 2 >= min(len(one.authors), len(other.authors)) > 0
    return "" if renamed else f"called '{one.title}' and '{other.title}'"


def by_title(one: Trace, other: Trace) -> Evidence | None:
    """The same title, first author and year; a title alone is no evidence."""
    if not one.title_key or one.title_key != other.title_key:
        return None
    if not one.authors or not other.authors or _different_things(one, other):
        return None
    shared = common(one.authors, other.authors)
    if not _same_first(one, other, shared):
        return None
    if one.year is None or other.year is None:
        return _undated(one, other, shared)
    gap = abs(one.year - other.year)
    if gap > (FAR if one.preprint or other.preprint else NEAR):
        return None
    first, last = sorted((one.year, other.year))
    return Evidence(
        reason=f"title, first author, years {first} and {last}" if gap else SAME_YEAR,
        doubt=_title_doubt(one, other, shared, gap),
        strength=len(KINDS) + 1,
        gap=gap,
        shared=shared,
    )


def _different_things(one: Trace, other: Trace) -> bool:
    return bool(one.thing and other.thing and one.thing != other.thing)


def _same_first(one: Trace, other: Trace, shared: int) -> bool:
    first, second = one.authors[0], other.authors[0]
    if same_person(first, second):
        return True
    # `Bill` and `William` Freeman, when another author agrees as well.
    return shared > 1 and surname(first) == surname(second) != ""


def _undated(one: Trace, other: Trace, shared: int) -> Evidence | None:
    """In place of the year all authors have to agree, and there have to be several."""
    if shared < 2 or shared < max(len(one.authors), len(other.authors)):
        return None
    return Evidence(
        reason="title and all authors",
        doubt="a source gives no year",
        strength=len(KINDS) + 2,
        gap=NEAR + 1,
        shared=shared,
    )


def _title_doubt(one: Trace, other: Trace, shared: int, gap: int) -> str:
    fewest = min(len(one.authors), len(other.authors))
    if fewest > 1 and shared == 1:
        return "only the first author agrees"
    if shared == 1 and len(one.title) < SHORT:
        return "the title is short and there is one author"
    if gap >= FAR:
        return f"{gap} years between the two"
    # Mostly a paper of a conference and its longer version in a journal, or a copy.
    dois = sorted({one.published_doi, other.published_doi} - {""})
    return f"{TWO_DOIS}: {' and '.join(dois)}" if len(dois) > 1 else ""
