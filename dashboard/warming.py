"""Work that no click decides, done behind the first answer so that later ones need not wait.

Pages and plotly are imported, the tables of every data set are made and the papers are read, while
nobody waits.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from importlib import import_module

from dashboard.load.results import boards
from dashboard.views import present

__all__ = ["begin", "warm"]

PAUSE = 0.02  # s between two data sets, for pages that are asked for meanwhile
SWITCH = 0.0005  # s: a page waits that long for its turn, not the 5 ms that Python has
NAME = "warm-up"
TOLD_BY = "streamlit.runtime.scriptrunner_utils.script_run_context"
_begun = threading.Lock()


def begin() -> None:
    """Warm up in the background, once in a process."""
    if _begun.acquire(blocking=False):
        # Streamlit warns of threads that belong to no page; this one draws nothing.
        logging.getLogger(TOLD_BY).addFilter(lambda said: said.threadName != NAME)
        threading.Thread(target=warm, name=NAME, daemon=True).start()


def warm() -> None:
    """Import every page and what draws figures, and read every data set once."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        for card in present():
            import_module(f"dashboard.views.{card.module}")
        _figure()
        for _ in boards():
            time.sleep(PAUSE)
        _papers()
    finally:
        sys.setswitchinterval(usual)
    # What was read stays: looking for garbage in it again and again would take pages their time.
    gc.collect()
    gc.freeze()


def _papers() -> None:
    from dashboard.warming_papers import warm_papers  # pages, which the first one has no need of

    warm_papers()


def _figure() -> None:
    """One figure, as plotly imports the parts that it needs at their first use."""
    from dashboard.charts.cost import Point, scatter
    from dashboard.charts.ranks import small

    scatter([Point(model="", x=1, y=1, half=1)], ("", ""), (False, False)).to_json()
    small("", [("", 1.0, 1.0)], "").to_json()
