"""`bench run` commands that go on or were killed: each cell's state, by the files that come."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bench.records import Record
from bench.running import Asked, Going, going, lock_of
from dashboard.load.held import held
from dashboard.load.results import Board
from dashboard.load.runs import Progress, by_id, progress_of
from data.paths import find_home

__all__ = ["State", "Step", "Sweep", "sweeps"]

State = Literal["done", "failed", "measuring", "begun", "waiting"]
FRESH = timedelta(minutes=2)  # a picture this new: somebody works, on whichever machine
OLDEST = timedelta(days=7)  # of a killed run that is still told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A cell of a run: what is asked, and how far it is."""

    asked: Asked
    state: State
    now: Progress  # pictures since the run began
    error: str = ""

    @property
    def left(self) -> float | None:
        """Seconds until its last picture, at the speed so far; None where nobody can tell."""
        rate = self.now.a_second
        return max(0, self.asked.sources - self.now.pictures) / rate if rate else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A run with all of its cells, in the order of the command."""

    going: Going
    running: bool
    steps: tuple[Step, ...]

    @property
    def over(self) -> int:
        """Cells that are done or failed."""
        return sum(step.state in ("done", "failed") for step in self.steps)

    @property
    def left(self) -> float | None:
        """Seconds for all that is left, at the pictures a second since it began."""
        mine = [step for step in self.steps if not step.asked.recorded]
        over = sum(s.asked.sources for s in mine if s.state in ("done", "failed"))
        made = over + sum(s.now.pictures for s in mine if s.state == "measuring")
        took = (datetime.now(UTC) - self.going.began).total_seconds()
        every = sum(step.asked.sources for step in mine)
        return took * (every - made) / made if self.running and made else None


def sweeps(boards: Iterable[Board]) -> list[Sweep]:
    """Runs that go on, then those that were killed with something left to do."""
    records = by_id(boards)
    found = [_sweep(one, records) for one in going(find_home())]
    since = datetime.now(UTC) - OLDEST
    shown = [s for s in found if s.running or (s.over < len(s.steps) and s.going.began > since)]
    return sorted(shown, key=lambda sweep: not sweep.running)


def _sweep(one: Going, records: Mapping[str, Record]) -> Sweep:
    alive = held(lock_of(one.path))
    steps = tuple(_step(cell, one, records.get(cell.id), alive) for cell in one.cells)
    # Locks of other machines cannot be seen: there, work that comes is the only sign of life.
    elsewhere = one.host != platform.node()
    fresh = any(_fresh(step.now) for step in steps if step.state in ("measuring", "begun"))
    return Sweep(going=one, running=alive or (elsewhere and fresh), steps=steps)


def _step(cell: Asked, one: Going, record: Record | None, alive: bool) -> Step:
    folder = find_home().runs / cell.id
    now = progress_of(folder, since=one.began)
    if record is not None and (cell.recorded or _finished(record) >= one.began):
        failed = record.status != "done"
        error = record.error or {}
        text = f"{error.get('type')}: {error.get('message')}" if failed else ""
        return Step(asked=cell, state="failed" if failed else "done", now=now, error=text)
    if alive and now.running:
        return Step(asked=cell, state="measuring", now=now)
    return Step(asked=cell, state="begun" if now.pictures else "waiting", now=now)


def _finished(record: Record) -> datetime:
    try:
        when = datetime.fromisoformat(record.finished)
    except ValueError:  # of a record that somebody wrote by hand
        return datetime.min.replace(tzinfo=UTC)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _fresh(now: Progress) -> bool:
    return now.changed is not None and datetime.now(UTC) - now.changed < FRESH
