"""Decisions about papers, written as `survey triage` writes them: the only writer of a catalogue.

A `Desk` is one sitting of survey.triage over some papers, shared by all pages of this server.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st
from sqlalchemy import func, select

from dashboard.load.catalogue import Stamp, reading, writable
from dashboard.load.ranking import positions
from dashboard.mode import read_only
from data.errors import AtlasError, UsageProblem
from data.paths import find_home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue, meta_value, open_catalogue
from survey.catalogue.events import add, decisions, undo
from survey.catalogue.papers import Filter, resolve
from survey.profiles import profile
from survey.standing import Standing
from survey.triage.session import Session, open_session

__all__ = ["ACTIONS", "Desk", "closed", "decide", "desk", "take_back"]

ACTIONS = {"kept": "keep", "dropped": "drop", "later": "later", "new": "reset"}


def closed(sample: bool) -> str:
    """Why nothing can be decided here; empty where it can."""
    if read_only():
        return "This dashboard is read-only: decisions are made where it runs."
    if sample:
        return "These are the bundled papers; decisions need a catalogue of your own."
    return ""


def decide(paper: str, action: str, value: str = "") -> None:
    """Append one event; AtlasError in read-only mode and where there is no catalogue."""
    _check_open()
    with writable() as connection:
        add(connection, resolve(connection, paper), action, value)


def take_back() -> tuple[str, str]:
    """Undo the last decision, tag or note; what it was, and of which paper."""
    _check_open()
    with writable() as connection:
        last = undo(connection)
    return last.action, last.paper


def _check_open() -> None:
    if read_only():
        raise UsageProblem("this dashboard is read-only", hint="dashboard")


@dataclass(slots=True)
class Desk:
    """A sitting with the number of the last event that it knows; one thread at a time."""

    session: Session
    last: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def held(self) -> Iterator[Session]:
        """The session, with what was decided elsewhere taken in."""
        with self.lock:
            self._catch_up()
            yield self.session
            self.last = self._newest()

    def _newest(self) -> int:
        with self.session.catalogue.read() as connection:
            return int(connection.execute(select(func.max(t.event.c.n))).scalar() or 0)

    def _catch_up(self) -> None:
        if self._newest() == self.last:
            return
        queue = self.session.queue
        with self.session.catalogue.read() as connection:
            made = decisions(connection)
        for name, row in queue.rows.items():
            own = made.get(name)
            status = own.status if own else "new"
            if status != queue.status[row]:
                again = status == "new" and queue.fresh
                (queue.reopen if again else queue.decide)(name, status)
        self.session.pick = queue.pick()


def desk(profile_name: str, wanted: Filter) -> Desk:
    """The sitting for a profile and a filter, opened anew when the papers changed."""
    _check_open()
    with reading() as (connection, where):
        if where.sample:
            raise AtlasError("decisions need a catalogue of your own", hint="survey sample")
        seen = (str(find_home().root), meta_value(connection, "derived"))
        among = positions(connection, profile_name, write=True)
    asked = (seen, profile_name, wanted)
    if _OPEN and _OPEN[0] != asked:
        _desk.clear()  # two sittings over 100,000 papers would take twice the memory
    _OPEN[:] = [asked]
    return _desk(seen, profile_name, wanted, among)


_OPEN: list[tuple[Stamp, str, Filter]] = []  # the sitting that is cached


@st.cache_resource(show_spinner="Opening triage", max_entries=1, on_release=lambda d: _close(d))
def _desk(seen: Stamp, profile_name: str, wanted: Filter, _among: Standing) -> Desk:
    home = find_home()
    catalogue: Catalogue = open_catalogue(home, create=False)
    session = open_session(catalogue, profile(profile_name, home), wanted, _among)
    session.start(behind=True)
    made = Desk(session, 0)
    made.last = made._newest()
    return made


def _close(made: Desk) -> None:
    made.session.catalogue.close()
