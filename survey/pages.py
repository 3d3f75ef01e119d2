"""Read one source's lists of papers that cite one seed, and save each page with its cursor."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Connection

from data.errors import NetworkProblem
from survey.catalogue import crawls, records
from survey.catalogue.catalogue import Catalogue
from survey.catalogue.crawls import Reading
from survey.found import Row, iso_date
from survey.http import BadRequest, Failing, NotFound, NotStored
from survey.seeds import Task
from survey.sources.source import Part, Seed, Step
from survey.watch import Watch
from survey.wish import Wish

__all__ = ["Pages"]

# Services list papers some weeks after their date, and correct dates.
OVERLAP = timedelta(days=30)
FAILURES = 3  # parts in a row that fail before the source is left alone


class Pages:
    """The lists of one source for one seed."""

    def __init__(
        self, catalogue: Catalogue, name: str, task: Task, wish: Wish, watch: Watch
    ) -> None:
        self.catalogue, self.name, self.task = catalogue, name, task
        self.wish, self.watch = wish, watch
        self.source, self.outcome = task.card.name, task.outcome
        self._counted = 0.0  # when `outcome.papers` was brought up to date

    def read(self) -> None:
        """Read what is not read yet; the outcome tells how it went."""
        before = self._count()
        self.watch.begin(self.task.card.title, before, self._total())
        try:
            with self.catalogue.write() as connection:
                self._plan(connection)
            for reading in self._unfinished():
                again: Reading | None = reading
                while again is not None:
                    again = self._read(again)
        except NetworkProblem as problem:
            self.outcome.fail(problem)
        self.outcome.new = self._count() - before
        self.watch.at(self.outcome.papers, self._total())
        with self.catalogue.read() as connection:
            lists = crawls.readings(connection, self.name, self.source)
        self.outcome.missing = max((one.missing for one in lists if one.finished), default=0)
        self.outcome.unread = max(map(self._unread, lists), default=0)
        # Several lists overlap: what they count together says nothing.
        self.outcome.total = lists[0].total if len(lists) == 1 else None

    def _count(self) -> int:
        with self.catalogue.read() as connection:
            self.outcome.papers = records.count_citing(connection, self.source, self.name)
        self._counted = time.monotonic()
        return self.outcome.papers

    def _total(self) -> int | None:
        counted = max((seed.total or 0 for seed in self.task.seeds), default=0)
        return (
            max(counted, self.outcome.papers) if counted else None
        )  # of several lists the longest

    def _unread(self, reading: Reading) -> int:
        """At least so many papers are in a list that is not read to its end."""
        some = reading.finished or reading.window or reading.since or self.wish.since
        return 0 if some else max(0, (reading.total or 0) - self.outcome.papers)

    # --- what to read

    def _plan(self, connection: Connection) -> None:
        """Begin the lists that are not begun, and those of which only news are wanted."""
        rows = [Row(seed.paper) for seed in self.task.seeds if seed.paper.title]
        records.save(connection, self.source, "", rows)
        stored = {one.at: one for one in crawls.readings(connection, self.name, self.source)}
        for seed in self.task.seeds:
            before = stored.get(seed.at)
            covered = before is not None and _covers(before.since, self.wish.since)
            if before is None or not covered:
                self._begin(connection, seed, since=self.wish.since)
            elif self.wish.refresh:
                # What was never read to its end has no part that could be left out.
                window = self.wish.since if before.finished else ""
                self._begin_again(connection, seed, before, window)
            elif not before.finished:
                self._go_on(connection, seed, before)
            elif not self.task.resumed:
                self._begin_again(connection, seed, before, self._news(connection, before))

    def _begin(self, connection: Connection, seed: Seed, since: str) -> None:
        reading = Reading(
            seed=self.name,
            source=self.source,
            at=seed.at,
            total=seed.total,
            since=since,
            started=crawls.now(),
        )
        crawls.begin(connection, reading, self.task.reader.parts(seed, since))

    def _begin_again(
        self, connection: Connection, seed: Seed, before: Reading, window: str
    ) -> None:
        total = before.total if seed.total is None else seed.total
        reading = replace(before, total=total, window=window, started=crawls.now(), finished="")
        crawls.begin(connection, reading, self.task.reader.parts(seed, window or before.since))

    def _go_on(self, connection: Connection, seed: Seed, before: Reading) -> None:
        if seed.total is not None:
            crawls.change(connection, before, total=seed.total)
        if self.wish.since:  # first these, of what is not read yet
            crawls.add_parts(connection, before, self.task.reader.parts(seed, self.wish.since))

    def _news(self, connection: Connection, before: Reading) -> str:
        """The day since which papers may be new: a while before the newest that is known."""
        days = [one.date for one in records.known_records(connection, self.source, self.name)]
        days.append(before.started[:10])
        # Dates may lie in the future, and so may a clock that was wrong.
        newest = min(iso_date(max(days[:-1], default="")) or days[-1], days[-1])
        if not iso_date(newest):
            return ""
        return max((date.fromisoformat(newest) - OVERLAP).isoformat(), before.since)

    def _unfinished(self) -> list[Reading]:
        with self.catalogue.read() as connection:
            lists = crawls.readings(connection, self.name, self.source)
        here = {seed.at for seed in self.task.seeds}
        return [one for one in lists if not one.finished and one.at in here]

    # --- reading

    def _read(self, reading: Reading) -> Reading | None:
        """Read a list to its end; a reading that has to follow, or None."""
        seed = self._seed(reading)
        passed: set[str] = set()
        failures = 0
        while not self._enough() and (part := self._next(reading, passed)) is not None:
            problem = self._step(reading, seed, part)
            if problem is None:
                failures = 0
                continue
            self.outcome.fail(problem, pages=1)
            passed.add(part.name)
            failures += isinstance(problem, Failing)
            if failures >= FAILURES:
                return None
        self._replay(reading)
        with self.catalogue.write() as connection:
            return self._finish(connection, reading, seed)

    def _replay(self, reading: Reading) -> None:
        """Offline, the pages of later runs too, which no part of the list asks for."""
        if not self.wish.offline or self._enough() or self.wish.since:
            return
        for rows in self.task.reader.stored(self._seed(reading)):
            with self.catalogue.write() as connection:
                rows = tuple(self._within_limit(connection, rows))
                records.save(connection, self.source, self.name, rows)

    def _seed(self, reading: Reading) -> Seed:
        return next(one for one in self.task.seeds if one.at == reading.at)

    def _enough(self) -> bool:
        if self.wish.limit is not None and self._count() >= self.wish.limit:
            self.outcome.limited = True
        return self.outcome.limited

    def _next(self, reading: Reading, passed: set[str]) -> Part | None:
        with self.catalogue.read() as connection:
            parts = crawls.unread(connection, reading)
        # Of a list that reaches further back than --since, the recent parts alone.
        since = "" if reading.window else self.wish.since
        return next((p for p in parts if p.name not in passed and p.name >= since), None)

    def _step(self, reading: Reading, seed: Seed, part: Part) -> NetworkProblem | None:
        """Make a part's next request and save it; the problem where that cannot be had."""
        try:
            step = self.task.reader.step(seed, part)
        except (BadRequest, NotFound) as problem:
            return NetworkProblem(f"{self.task.card.title} refuses {part.name}: {problem}")
        except (Failing, NotStored) as problem:
            return problem
        self._save(reading, part, step)
        for note in step.notes:
            if note not in self.outcome.notes:
                self.watch.note(note)
            self.outcome.note(note)
        if time.monotonic() - self._counted > 0.5:
            self._count()
            self.watch.at(self.outcome.papers, self._total())
        return None

    def _save(self, reading: Reading, part: Part, step: Step) -> None:
        with self.catalogue.write() as connection:
            rows = self._within_limit(connection, step.rows)
            records.save(connection, self.source, self.name, rows)
            # A page of which a part is kept is asked for again when more is wanted.
            if len(rows) == len(step.rows):
                crawls.advance(connection, reading, part, step)
        self.outcome.pages += 1
        self.outcome.dropped += step.dropped

    def _within_limit(self, connection: Connection, rows: Sequence[Row]) -> Sequence[Row]:
        if self.wish.limit is None:
            return rows
        room = self.wish.limit - records.count_citing(connection, self.source, self.name)
        keys = [row.paper.key for row in rows]
        known = records.citing_keys(connection, self.source, self.name, keys)
        for at, key in enumerate(keys):
            room -= key not in known
            known.add(key)
            if room < 0:
                return rows[:at]
        return rows

    def _finish(self, connection: Connection, reading: Reading, seed: Seed) -> Reading | None:
        """Mark a list as read; where more is counted than the news bring, begin all of it again."""
        if crawls.unread(connection, reading):
            return None
        lists = crawls.readings(connection, self.name, self.source)
        reading = next(one for one in lists if one.at == reading.at)
        have = records.count_citing(connection, self.source, self.name)
        missing = 0 if reading.since else max(0, (reading.total or 0) - have)
        if reading.window and missing > reading.missing and not self.wish.since:
            more = missing - reading.missing
            self.watch.note(
                f"{self.task.card.title} counts {more} more papers than those of recent date: "
                "reading its whole list again"
            )
            self._begin_again(connection, seed, reading, window="")
            return replace(reading, window="", finished="")
        # With --since, papers that came late may be left for the next time.
        missing = min(missing, reading.missing) if reading.window else missing
        crawls.change(connection, reading, finished=crawls.now(), missing=missing)
        return None


def _covers(since: str, wanted: str) -> bool:
    """Whether a list that was read since one day holds what is wanted since another."""
    return not since or bool(wanted and since <= wanted)
