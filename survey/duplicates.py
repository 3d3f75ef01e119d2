"""Papers with titles so alike that they may be one."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from survey.found import surname, title_key
from survey.merge.likeness import common, generic, likeness, words

__all__ = ["Entry", "near_duplicates"]

ALIKE = 0.8  # likeness of titles
MISPELT = 0.75  # likeness of the one word in which they differ
YEARS = 5  # further apart, papers of one title are not versions of one
CROWD = 40  # papers alike, from which on that says nothing
# What may be all that tells two papers apart: numbers, years, parts of a series.
_SERIES = re.compile(
    r"\d+(?:st|nd|rd|th|d)?|[ivx]+|[a-z]|one|two|three|first|second|third|part|supplement\w*"
    r"|erratum|corrigendum|correction|reply|comments?|appendix"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A paper as far as duplicates show in it."""

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None = None
    arxiv: str = ""
    doi: str = ""


def near_duplicates(entries: Sequence[Entry]) -> list[tuple[Entry, Entry, str]]:
    """Pairs that may be one paper, and why; the most alike first."""
    keys = {e.id: "" if generic(e.title) else title_key(e.title) for e in entries}
    titled = [entry for entry in entries if keys[entry.id]]
    found = []
    for one, other in _candidates(titled, keys):
        if why := _why(one, other, keys[one.id] == keys[other.id]):
            found.append((one, other, why))
    return sorted(found, key=lambda pair: (-likeness(pair[0].title, pair[1].title), pair[0].id))


def _candidates(entries: Sequence[Entry], keys: Mapping[str, str]) -> Iterator[tuple[Entry, Entry]]:
    """Pairs that have a trace of their titles in common, each once."""
    places: dict[int, list[int]] = defaultdict(list)
    for i, entry in enumerate(entries):
        for trace in _traces(entry.title, keys[entry.id]):
            places[trace].append(i)
    seen: set[tuple[int, int]] = set()
    for alike in places.values():
        if len(alike) > 1:
            for part in _small(alike, entries):
                seen.update(combinations(part, 2))
    for i, j in sorted(seen):
        yield entries[i], entries[j]


def _traces(title: str, key: str) -> set[int]:
    """The title's letters, its words, all words but one, and what is on either side of a colon.

    So titles meet that differ in a word, or of which one has a subtitle or a name more.
    """
    own = words(title)
    values = {word: hash(word) for word in own}
    whole = sum(values.values())
    traces = {hash(key), whole, *(whole - value for value in values.values() if len(own) > 3)}
    for side in re.split(r"[:–—]", title) if len(own) > 4 else ():
        if len(part := words(side)) > 2:
            traces.add(sum(map(hash, part)))
    return traces


def _small(alike: Sequence[int], entries: Sequence[Entry]) -> Iterator[Sequence[int]]:
    """The papers, or where there are many of them, those of each author."""
    if len(alike) <= CROWD:
        yield alike
        return
    by_author: dict[str, list[int]] = defaultdict(list)
    for i in alike:
        for name in {surname(author) for author in entries[i].authors}:
            by_author[name].append(i)
    yield from (part for part in by_author.values() if 1 < len(part) <= CROWD)


def _why(one: Entry, other: Entry, same: bool) -> str:
    """What speaks for one paper; empty when that is not enough or something speaks against it."""
    if not same and not _alike(one.title, other.title):
        return ""
    if one.year and other.year and abs(one.year - other.year) > YEARS:
        return ""
    title = "the same title" if same else "titles alike"
    if shared := common(one.authors, other.authors):
        authors = "an author" if shared == 1 else f"{shared} authors"
        return f"{title}, {authors} in common{_differing(one, other)}"
    if same and not (one.authors and other.authors):
        return f"{title}, and no source names the authors of one"
    return ""


def _alike(one: str, other: str) -> bool:
    first, second = words(one) - words(other), words(other) - words(one)
    apart = first | second
    if apart and all(_SERIES.fullmatch(word) for word in apart):
        return False
    if len(first) == len(second) == 1:
        (a,), (b,) = first, second
        if a.endswith(b) or b.endswith(a):  # supervised, unsupervised
            return False
        return likeness(one, other) >= ALIKE or _mispelt(a, b)
    return likeness(one, other) >= ALIKE


def _mispelt(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one, other).ratio() >= MISPELT


def _differing(one: Entry, other: Entry) -> str:
    kinds = (("arXiv ids", one.arxiv, other.arxiv), ("DOIs", one.doi, other.doi))
    differ = [name for name, a, b in kinds if a and b and a != b]
    return f"; but different {' and '.join(differ)}" if differ else ""
