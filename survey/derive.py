"""Make papers, topics, code links and the full text of what sources and people said.

Everything that is made here is a pure function of records, mends and rules: the order in which
they came does not matter, and nothing is lost by making it anew.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from data.console import progress
from data.files import lock
from data.paths import Home, find_home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue, meta_value, open_catalogue, set_meta

if TYPE_CHECKING:
    from survey.derived.build import Built
    from survey.derived.plan import Plan

__all__ = ["derive", "reading", "ready", "stale"]

VERSION = "1"  # changes when the same records make other papers
FEW = 3_000  # papers that are made before the database is locked for writing
NAME = "derived"  # in `meta`: what the derived tables were made of
Step = Callable[[str, int, int], None]


def ready(home: Home, *, read_only: bool = False) -> Catalogue:
    """The catalogue of a home with its papers up to date; UsageProblem where there is none.

    With `read_only` the papers are as they were made last.
    """
    catalogue = open_catalogue(home, create=False, read_only=read_only)
    try:
        if not read_only:
            _with_progress(catalogue)
    except BaseException:
        catalogue.close()
        raise
    return catalogue


@contextmanager
def reading(home: Home) -> Iterator[Connection]:
    """One consistent state of the papers, up to date; everything is closed afterwards."""
    catalogue = ready(home)
    try:
        with catalogue.read() as connection:
            yield connection
    finally:
        catalogue.close()


def _with_progress(catalogue: Catalogue) -> None:
    """Says what takes so long, where somebody may be waiting."""
    if not sys.stderr.isatty() or not stale(catalogue):
        derive(catalogue)
        return
    with progress() as bar:
        tasks: dict[str, Any] = {}

        def on_step(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)

        derive(catalogue, on_step)


def stale(catalogue: Catalogue) -> bool:
    """Whether records, mends, rules or videos changed since papers were made."""
    with catalogue.read() as connection:
        return meta_value(connection, NAME) != _stamp(connection, _home(catalogue))


def _quiet(name: str, done: int, total: int) -> None:
    """Tells nobody."""


def derive(catalogue: Catalogue, on_step: Step = _quiet) -> bool:
    """Bring the derived tables up to date; True when something in them changed.

    What changed appears in one transaction. `on_step(name, done, total)` is told of the progress.
    """
    if not stale(catalogue):
        return False
    home = _home(catalogue)
    # Two processes would do the same work; the second finds it done.
    alone = lock(home.root / "derive") if catalogue.path else nullcontext()
    with alone, _no_collector():
        while True:
            done = _attempt(catalogue, home, on_step)
            if done is not None:
                _give_back(catalogue)
                return done


@contextmanager
def _no_collector() -> Iterator[None]:
    """A third of the time went into looking for garbage among a million objects that stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _attempt(catalogue: Catalogue, home: Home, on_step: Step) -> bool | None:
    """One try from one state of the records; None when another process was quicker."""
    from survey.derived.build import Builder
    from survey.derived.plan import make_plan

    with catalogue.read() as reader:
        before, wanted = meta_value(reader, NAME), _stamp(reader, home)
        if before == wanted:
            return False
        plan = make_plan(reader, VERSION, _differs(before, wanted, "rules"), on_step)
        builder = Builder(reader, home, plan)
        made: Iterable[list[Built]] = builder.batches()
        if len(plan.todo) <= FEW:
            made = list(made)
        with catalogue.write() as writer:
            _one_at_a_time(writer)
            if meta_value(writer, NAME) != before:
                return None
            all_videos = _differs(before, wanted, "videos")
            changed = _store(writer, plan, _told(made, plan, on_step), home, all_videos)
            set_meta(writer, NAME, wanted)
    return changed


def _give_back(catalogue: Catalogue) -> None:
    """The connection stays open, and would keep what it read for writing quickly."""
    if catalogue.sqlite:
        with catalogue.read() as connection:
            connection.exec_driver_sql("PRAGMA cache_size = -2000")
            connection.exec_driver_sql("PRAGMA shrink_memory")


def _store(
    writer: Connection, plan: Plan, made: Iterable[list[Built]], home: Home, all_videos: bool
) -> bool:
    from survey.derived.store import Store

    store = Store(writer, plan)
    store.clear()
    for batch in made:
        store.add(batch)
    store.finish()
    covered = store.cover(home, all_videos)
    return bool(plan.todo or plan.gone or covered)


def _told(made: Iterable[list[Built]], plan: Plan, on_step: Step) -> Iterator[list[Built]]:
    done = 0
    for batch in made:
        yield batch
        done += len(batch)
        on_step("papers", done, len(plan.todo))


def _one_at_a_time(writer: Connection) -> None:
    """SQLite has one writer anyway; PostgreSQL waits here, until the other transaction ends."""
    if writer.dialect.name == "postgresql":
        writer.execute(select(func.pg_advisory_xact_lock(func.hashtext("survey.derive"))))


def _stamp(connection: Connection, home: Home) -> str:
    """What derived tables made now would be made of."""
    from survey.coverage import digest
    from survey.topics import rules

    content = {
        "version": VERSION,
        "records": meta_value(connection, "records"),
        "mends": connection.execute(select(func.max(t.mend.c.n))).scalar() or 0,
        "rules": rules(home).digest,
        "videos": digest(home),
    }
    return json.dumps(content)


def _differs(before: str, after: str, part: str) -> bool:
    was: dict[str, Any] = json.loads(before or "{}")
    return bool(was.get(part) != json.loads(after)[part])


def _home(catalogue: Catalogue) -> Home:
    if catalogue.home is not None:
        return catalogue.home
    return Home(catalogue.path.parent) if catalogue.path else find_home()
