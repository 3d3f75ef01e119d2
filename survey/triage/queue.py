"""Which paper a person should look at next, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from survey.catalogue.papers import Filter
from survey.paper import Paper, Status
from survey.standing import FULL, Standing
from survey.triage.learner import Learner
from survey.triage.unseen import stamp

__all__ = ["Kind", "Pick", "Queue", "scope_of"]

Kind = Literal["profile", "best", "random", "unsure", "again"]
# Of ten papers two are drawn at random, for the estimate and against a model that only confirms
# itself; one is the one that the model is least sure of; the rest are its best guesses.
RANDOM = (4, 9)
UNSURE = (7,)
# Decisions after which the model weighs as much as the profile, then more.
TRUST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """The next paper; `stamp` is stored with the decision about it."""

    row: int
    paper: Paper
    kind: Kind
    why: str
    stamp: str = ""


class Queue:
    """Papers in the order of a profile, re-ordered by what was decided about some of them.

    `among` has all papers, decided or not, and `decided` the status of those that are; `passing`
    are the ids among which to pick, and `read` reads a paper by its id.
    """

    def __init__(
        self,
        among: Standing,
        profile: str,
        passing: Container[str],
        read: Callable[[str], Paper],
        decided: Mapping[str, Status],
        scope: str = "all",
        status: Sequence[str] = ("new",),
    ) -> None:
        self.among = among
        self.read = read
        self.profile = profile
        self.passing = passing
        self.scope = scope
        self.fresh = tuple(status) == ("new",)  # else a second look at papers that were decided
        self.rows = among.rows
        self.status: list[Status] = ["new"] * len(among.ids)
        for paper, own in decided.items():
            if paper in self.rows:
                self.status[self.rows[paper]] = own
        self.open = np.array([own in status for own in self.status], dtype=bool)
        self.open &= np.fromiter((paper in passing for paper in among.ids), bool, len(among.ids))
        self.learner: Learner | None = None
        self._scores = _standard(among.scores.astype(np.float64))
        self._odds: NDArray[np.float64] | None = None

    @property
    def left(self) -> int:
        """Papers that can still be picked."""
        return int(self.open.sum())

    def count(self, status: str) -> int:
        """Papers of the whole catalogue with a status."""
        return self.status.count(status)

    def decide(self, paper: str, status: str) -> None:
        """Take note of a decision; the paper is not picked again."""
        self._set(paper, status, shown=False)

    def reopen(self, paper: str, status: str) -> None:
        """Take note that a decision was taken back; the paper can be picked again."""
        self._set(paper, status, shown=True)

    def _set(self, paper: str, status: str, *, shown: bool) -> None:
        if (row := self.rows.get(paper)) is not None:
            self.status[row] = status
            self.open[row] = shown and paper in self.passing
            self._odds = None

    def pick(self) -> Pick | None:
        """The next paper; the same one until something is decided. None when all were shown."""
        candidates = np.flatnonzero(self.open)
        if not len(candidates):
            return None
        odds = self._learnt()
        if odds is None:
            return self._by_profile(int(candidates[0]))
        turn = len(self.status) - self.count("new")
        if turn % 10 in RANDOM and self.fresh:
            return self._at_random(candidates, turn)
        if turn % 10 in UNSURE:
            return self._least_sure(candidates, odds)
        return self._best(candidates, odds)

    def again(self, paper: str, mark: str) -> Pick | None:
        """The pick for a paper whose decision was just taken back; None for one not ranked."""
        row = self.rows.get(paper)
        return None if row is None else self._pick(row, "again", "taken back just now", mark)

    def _learnt(self) -> NDArray[np.float64] | None:
        """Log odds of every paper; None before there is one kept and one dropped paper."""
        kept = [row for row, status in enumerate(self.status) if status == "kept"]
        dropped = [row for row, status in enumerate(self.status) if status == "dropped"]
        if self.learner is None or not self.learner.able or not kept or not dropped:
            return None
        if self._odds is None:
            self._odds = self.learner.fit(kept, dropped)
        return self._odds

    def _by_profile(self, row: int) -> Pick:
        own = zip(self.among.terms, map(int, self.among.points[row]), strict=True)
        points = sorted(own, key=lambda item: (-item[1], item[0]))
        best = ", ".join(f"{name} {value}" for name, value in points[:3] if value)
        why = f"{self._score(row)} for {self.profile}" + (f": {best}" if best else "")
        return self._pick(row, "profile", why)

    def _best(self, candidates: NDArray[np.intp], odds: NDArray[np.float64]) -> Pick:
        # With few decisions the odds say little; scales are made alike before they are added.
        share = TRUST / (TRUST + self.count("kept") + self.count("dropped"))
        value = (1 - share) * _standard(odds) + share * self._scores
        row = int(candidates[np.argmax(value[candidates])])
        assert self.learner is not None
        words = ", ".join(self.learner.because(row))
        why = f"like what you keep ({words})" if words else "like what you keep"
        return self._pick(row, "best", f"{why}; {self._score(row)}")

    def _least_sure(self, candidates: NDArray[np.intp], odds: NDArray[np.float64]) -> Pick:
        row = int(candidates[np.argmin(np.abs(odds[candidates]))])
        return self._pick(row, "unsure", "the model can least tell whether you would keep it")

    def _at_random(self, candidates: NDArray[np.intp], turn: int) -> Pick:
        # Seeded by the state: who stops here sees the same paper next time.
        chance = np.random.default_rng([turn, len(candidates)])
        row = int(chance.choice(candidates))
        why = f"drawn at random from {len(candidates):,}, for the estimate of what is left"
        return self._pick(row, "random", why, stamp(len(candidates), self.scope))

    def _pick(self, row: int, kind: Kind, why: str, mark: str = "") -> Pick:
        return Pick(row=row, paper=self.read(self.among.ids[row]), kind=kind, why=why, stamp=mark)

    def _score(self, row: int) -> str:
        return f"{self.among.scores[row]} of {FULL} points"


def scope_of(wanted: Filter) -> str:
    """A name for the papers that a filter lets through, whatever was decided about them."""
    wanted = replace(wanted, status=())
    if wanted == Filter():
        return "all"
    return hashlib.sha256(repr(wanted).encode()).hexdigest()[:8]


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean 0 and deviation 1."""
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread else np.zeros_like(values)
