"""A crawl as it is shown on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.markup import escape
from rich.progress import Progress, TaskID

from data.console import progress, say
from survey.watch import Watch

__all__ = ["Shown"]

EVERY = 5.0  # seconds between two plain lines


class Shown(Watch):
    """Shows what is read, how fast, how long it will take, and what is waiting and why."""

    def __init__(self) -> None:
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._title = ""
        self._done, self._start, self._total = 0, 0, 0
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Shown:
        bars = progress()
        # Without a terminal the lines below say more than a bar's last state.
        self._bars = None if bars.disable else bars
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def begin(self, title: str, done: int, total: int | None, unit: str = "papers") -> None:
        """A list is about to be read, of which `done` papers are here already."""
        self._title, self._done, self._start, self._total = title, done, done, total or 0
        self._began = self._told = time.monotonic()
        if self._bars is not None:
            self._task = self._bars.add_task(title, total=total, completed=done, unit=unit)
            return
        count = f" of {total:,}" if total else ""
        say(f"{title}: {done:,}{count} {unit} here so far")

    def at(self, done: int, total: int | None) -> None:
        """A page was saved."""
        self._done, self._total = done, max(done, total or 0)
        if self._bars is not None and self._task is not None:
            self._bars.update(self._task, completed=done, total=self._total)
        elif time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            say(f"{self._title}: {self._pace()}")

    def wait(self, reason: str) -> None:
        """Something is waiting, or no longer when `reason` is empty."""
        if self._bars is not None and self._task is not None:
            text = f"{self._title} · {reason}" if reason else self._title
            self._bars.update(self._task, description=text)
        elif reason and self._bars is None:
            say(reason)

    def note(self, text: str) -> None:
        """Something that a person should know now."""
        if self._bars is not None:
            self._bars.console.print(escape(text))
        else:
            say(text)

    def _pace(self) -> str:
        took = max(1e-6, time.monotonic() - self._began)
        rate = (self._done - self._start) / took
        text = f"{self._done:,} of {self._total:,}, {rate:.0f} a second"
        if rate > 0:
            left = round((self._total - self._done) / rate)
            text += f", {left // 60}:{left % 60:02d} min left"
        return text
