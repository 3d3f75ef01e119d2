"""Work that no click decides, done before anybody is served so that no page need wait for it.

Pages and plotly are imported, the tables of every data set are made and the papers are read. What
is left when the first page is asked for goes on step by step, between pages.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

from dashboard.load.results import boards
from dashboard.views import present

__all__ = ["asked", "begin", "give_way", "warm"]

QUIET = 0.25  # s without a page before a step: who has just seen one may click at once
PATIENCE = 20  # s that a step gives way: where somebody always looks it must be done as well
SWITCH = 0.0005  # s: a page waits that long for its turn, not the 5 ms that Python has
NAME = "warm-up"
TOLD_BY = "streamlit.runtime.scriptrunner_utils.script_run_context"


class _Pages:
    """How many pages are being made, and when the last one was ready."""

    def __init__(self) -> None:
        self._lock, self._open, self._ready = threading.Lock(), 0, 0.0

    @contextmanager
    def making(self) -> Iterator[None]:
        """A page is being made within."""
        with self._lock:
            self._open += 1
        try:
            yield
        finally:
            with self._lock:
                self._open, self._ready = self._open - 1, time.monotonic()

    def give_way(self) -> None:
        """Wait until none is, and none was ready just now; not for ever."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if not self._open and time.monotonic() - self._ready > QUIET:
                return
            time.sleep(0.02)


_pages = _Pages()
asked, give_way = _pages.making, _pages.give_way


def begin() -> threading.Event:
    """Warm up in the background; the event is set at the end, also of one that failed."""
    done = threading.Event()

    def work() -> None:
        try:
            warm()
        finally:
            done.set()

    # Streamlit warns of threads that belong to no page; this one draws nothing.
    logging.getLogger(TOLD_BY).addFilter(lambda said: said.threadName != NAME)
    threading.Thread(target=work, name=NAME, daemon=True).start()
    return done


def warm() -> None:
    """Import every page and what draws figures, and read every data set and the papers once."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        _imports()
        give_way()
        for _ in boards():
            give_way()
        _papers()
    finally:
        sys.setswitchinterval(usual)
    # What was read stays: looking for garbage in it again and again would take pages their time.
    gc.collect()
    gc.freeze()


def _imports() -> None:
    for card in present():
        import_module(f"dashboard.views.{card.module}")
    _figure()
    with suppress(ImportError):  # triage needs it
        import_module("scipy.sparse")


def _papers() -> None:
    from dashboard.warming_papers import warm_papers  # pages: imported here, not at the start

    warm_papers(give_way)


def _figure() -> None:
    """One figure, as plotly imports the parts that it needs at their first use."""
    from dashboard.charts.cost import Point, scatter
    from dashboard.charts.ranks import small

    scatter([Point(model="", x=1, y=1, half=1)], ("", ""), (False, False)).to_json()
    small("", [("", 1.0, 1.0)], "").to_json()
