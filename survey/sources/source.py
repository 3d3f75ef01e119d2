"""What a source is: it lists the papers that cite a seed, part by part and page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeVar

from data.console import warn
from data.errors import unknown
from survey.catalogue.records import Known
from survey.found import Found, Row
from survey.ids import PaperId
from survey.settings import Settings

__all__ = [
    "Citing",
    "Describing",
    "Part",
    "Seed",
    "SourceCard",
    "Step",
    "inner",
    "known_sources",
    "read_all",
    "sources",
    "undescribed",
]

T = TypeVar("T")
SHORT = {"s2": "semantic_scholar", "hf": "huggingface"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """The cited paper as one source knows it."""

    at: str  # what the source's requests name it by
    paper: Found
    total: int | None = None  # citing papers that the source counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a source's list that is read on its own; `state` is where to go on.

    Parts are read in the order of their names, the last first.
    """

    name: str
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one request gave, and what is next."""

    rows: tuple[Row, ...] = ()
    state: Mapping[str, Any] | None = None  # None: this part is read to its end
    more: tuple[Part, ...] = ()  # parts that take this one's place
    total: int | None = None  # rows that the source counts in this part
    dropped: int = 0  # rows that name no paper
    notes: tuple[str, ...] = ()


class Citing(Protocol):
    """A source that knows who cites whom."""

    def find(self, seed: PaperId, known: Sequence[PaperId], like: Found | None) -> list[Seed]:
        """The seed as this source has it: one record or several; none when it is unknown.

        `known` are other ids of it, `like` is its record in another source.
        """

    def parts(self, seed: Seed, since: str) -> list[Part]:
        """The parts that together hold the papers published since a day (all when empty)."""

    def step(self, seed: Seed, part: Part) -> Step:
        """Make the part's next request."""

    def stored(self, seed: Seed) -> Iterator[tuple[Row, ...]]:
        """The rows of all pages of the seed's list that are stored, the oldest page first."""


class Describing(Protocol):
    """A source that describes papers whose ids are known."""

    batch: int  # ids a request

    def wanted(self, known: Iterable[Known]) -> list[str]:
        """The ids that it could describe and that no record of its own describes yet."""

    def describe(self, ids: Sequence[str]) -> list[Found]:
        """What it knows of some of them; those that it does not know are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCard:
    """A source by name; `citing` and `describing` make its readers."""

    name: str
    title: str
    gives: str  # in a few words
    usual: bool  # asked when no --source is given
    citing: Callable[[Settings], Citing] | None = None
    describing: Callable[[Settings], Describing] | None = None


def inner(value: Any, *names: str) -> Any:
    """`value[name][name]…` of JSON; None where one of them is missing or within no object."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def read_all(parse: Callable[[Any], T | None], rows: Iterable[Any]) -> tuple[tuple[T, ...], int]:
    """What `parse` makes of rows, and how many of them name no paper or have another shape."""
    read: list[T] = []
    dropped = 0
    for row in rows:
        try:
            one = parse(row)
        except (AttributeError, KeyError, TypeError, ValueError):
            one = None
        if one is None:
            dropped += 1
        else:
            read.append(one)
    return tuple(read), dropped


def undescribed(name: str, known: Iterable[Known]) -> list[str]:
    """arXiv ids that records name and that source `name` has no record of, most cited first."""
    cited: dict[str, int] = {}
    described: set[str] = set()
    for record in known:
        if record.source == name:
            described.add(record.key)
        elif record.arxiv:
            cited[record.arxiv] = max(cited.get(record.arxiv, 0), record.citations)
    return sorted(cited.keys() - described, key=lambda one: (-cited[one], one))


def known_sources() -> dict[str, SourceCard]:
    """All sources by name, those of other packages too."""
    known: dict[str, SourceCard] = {}
    for point in sorted(entry_points(group="i2i_atlas.sources"), key=lambda p: p.name):
        try:
            card: SourceCard = point.load()
        except Exception as problem:  # a plug-in of another package must not stop the rest
            warn(f"source '{point.name}' cannot be loaded: {problem}")
            continue
        known[card.name] = card
    return known


def sources(names: Sequence[str] = ()) -> list[SourceCard]:
    """The sources called `names`, or the usual ones; UsageProblem for an unknown name.

    Dashes, spaces and case do not matter, and `s2` is short for Semantic Scholar.
    """
    known = known_sources()
    by_letters = {_letters(name): card for name, card in known.items()}
    by_letters |= {short: known[name] for short, name in SHORT.items() if name in known}
    chosen: dict[str, SourceCard] = {}
    for name in names:
        card = by_letters.get(_letters(name))
        if card is None:
            raise unknown("source", name, known, "survey sources")
        chosen[card.name] = card
    cards = list(chosen.values()) or [card for card in known.values() if card.usual]
    # Semantic Scholar first: it knows the seed's other ids; describing ones come last.
    return sorted(cards, key=lambda c: (c.citing is None, c.name != "semantic_scholar", c.name))


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
