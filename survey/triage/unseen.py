"""How many papers worth keeping are still among the undecided: an estimate from random draws.

Every few papers the queue shows one that was drawn at random from all undecided ones. What a
person does with these, and with these alone, says how common keepers are among papers that no
model chose: papers which the model chose are better than the rest, so counting them misleads.

A draw from N papers that is kept stands for N of them (Horvitz and Thompson), less those found
since. The interval is that of Clopper and Pearson for the share of draws that are kept, which is
never too narrow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p
from typing import Any

from survey.catalogue.events import STATUS, Event

__all__ = ["FEWEST", "Draw", "Estimate", "draws", "estimate", "interval", "stamp"]

FEWEST = 10  # draws before there is anything to say
_STAMP = re.compile(r"random 1/(?P<population>\d+) (?P<scope>\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A paper that was drawn at random, and what has become of its population since.

    `seen` and `found` count it as well: papers of the population decided since, and those of
    them that are kept.
    """

    population: int
    kept: bool
    seen: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Papers that would be kept among the undecided ones, with a 95 % interval."""

    undecided: int
    draws: int
    kept: int  # of the draws
    likely: int
    low: int
    high: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def stamp(population: int, scope: str) -> str:
    """What the decision about a drawn paper is stored with; `scope` names the filter."""
    return f"random 1/{population} {scope}"


def draws(
    events: Sequence[Event], today: Mapping[str, str], scope: str, members: Container[str]
) -> list[Draw]:
    """The draws of one scope that were decided, oldest first.

    `today` has the id that a paper of an event has now where that is another; `members` are the
    papers of the scope, decided or not. A paper that was set aside, or whose decision was taken
    back, counts neither way until it is decided.
    """
    first, status, drawn = _history(events, today)
    first = {paper: at for paper, at in first.items() if paper in members}
    decided_at = list(first.values())
    found_at = [at for paper, at in first.items() if status[paper] == "kept"]
    return [
        Draw(
            population=population,
            kept=status[paper] == "kept",
            seen=_from(decided_at, first[paper]),
            found=_from(found_at, first[paper]),
        )
        for paper, (population, of) in drawn.items()
        if of == scope and paper in first and status[paper] in ("kept", "dropped")
    ]


def estimate(made: Sequence[Draw], undecided: int) -> Estimate | None:
    """What the draws say of `undecided` papers; None for too few draws.

    Papers that came since a draw are taken to be like the others.
    """
    if len(made) < FEWEST:
        return None
    kept = sum(draw.kept for draw in made)
    found = _mean(draw.found / draw.population for draw in made)
    left = _mean((draw.population - draw.seen) / draw.population for draw in made)

    def count(share: float) -> int:
        rest = (share - found) / left if left > 0 else 0.0
        return round(undecided * min(1.0, max(0.0, rest)))

    low, high = interval(kept, len(made))
    return Estimate(
        undecided=undecided,
        draws=len(made),
        kept=kept,
        likely=count(kept / len(made)),
        low=count(low),
        high=count(high),
    )


def interval(hits: int, tries: int, doubt: float = 0.05) -> tuple[float, float]:
    """Clopper and Pearson's interval for a share: at least 1 - `doubt` of them hold it."""

    def at_most(share: float) -> float:
        return sum(_chance(i, tries, share) for i in range(hits + 1))

    def fewer(share: float) -> float:
        return sum(_chance(i, tries, share) for i in range(hits))

    low = _where(lambda share: 1 - fewer(share) >= doubt / 2) if hits else 0.0
    high = _where(lambda share: at_most(share) <= doubt / 2) if hits < tries else 1.0
    return low, high


def _history(
    events: Sequence[Event], today: Mapping[str, str]
) -> tuple[dict[str, int], dict[str, str], dict[str, tuple[int, str]]]:
    """By paper: when it was first decided, its status now, and its draw."""
    undone = {event.value for event in events if event.action == "undo"}
    first: dict[str, int] = {}
    status: dict[str, str] = {}
    drawn: dict[str, tuple[int, str]] = {}
    for event in events:
        if event.action not in STATUS or str(event.n) in undone:
            continue
        paper = today.get(event.paper, event.paper)
        status[paper] = STATUS[event.action]
        if event.action == "reset":
            first.pop(paper, None)
            drawn.pop(paper, None)
        elif first.setdefault(paper, event.n) == event.n and (at := _STAMP.match(event.value)):
            drawn[paper] = (int(at["population"]), at["scope"])
    return first, status, drawn


def _from(numbers: Sequence[int], start: int) -> int:
    return sum(number >= start for number in numbers)


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers)


def _chance(hits: int, tries: int, share: float) -> float:
    """The binomial distribution."""
    if share in (0.0, 1.0):
        return float(hits == tries * share)
    ways = lgamma(tries + 1) - lgamma(hits + 1) - lgamma(tries - hits + 1)
    return exp(ways + hits * log(share) + (tries - hits) * log1p(-share))


def _where(turns: Callable[[float], bool]) -> float:
    """The smallest share from which on `turns` is true."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if turns(middle) else (middle, high)
    return high
