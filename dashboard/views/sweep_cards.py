"""A `bench run` command that goes on or was killed: its cells, how far they are, their errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import streamlit as st

from dashboard.load.sweeps import State, Step, Sweep
from dashboard.plain import plain

__all__ = ["RUNNING", "STOPPED", "ago", "span", "sweep_card"]

RUNNING = ":material/play_arrow: running"
STOPPED = ":material/pause: stopped"
UNITS = ((86400, "days"), (3600, "hours"), (60, "min"))
MOST = 20  # cells of a kind that are told one by one


def sweep_card(sweep: Sweep) -> None:
    """How many cells are done, the one at hand, failures with their errors, and what is left."""
    place = f" on {plain(sweep.going.host)}" if sweep.going.host else ""
    state = RUNNING if sweep.running else STOPPED
    st.markdown(f"**Cell {min(sweep.over + 1, len(sweep.steps))} of {len(sweep.steps)}** · {state}")
    left = f" · about {span(sweep.left)} left" if sweep.left is not None else ""
    st.caption(f"{_counted(sweep)}{left} · began {ago(sweep.going.began)}{place}")
    busy = [s for s in sweep.steps if s.state == ("measuring" if sweep.running else "begun")]
    for step in busy[:MOST]:
        st.markdown(f":material/brush: {plain(step.asked.model)} on {plain(step.asked.dataset)}")
        st.caption(" · ".join(_pictures(step, sweep.running)))
    for step in [s for s in sweep.steps if s.state == "failed"][:MOST]:
        st.markdown(f":material/error: {plain(step.asked.model)} failed")
        st.text(step.error)
    if not sweep.running:
        st.caption("The same command goes on from there:")
        st.code(sweep.going.command, "bash", wrap_lines=True)


def _counted(sweep: Sweep) -> str:
    """`5 done, 1 failed, 1 measuring, 1 waiting`."""
    order: tuple[State, ...] = ("done", "failed", "measuring", "begun", "waiting")
    found = Counter(step.state for step in sweep.steps)
    return ", ".join(f"{found[state]} {state}" for state in order if found[state])


def _pictures(step: Step, running: bool) -> Iterator[str]:
    yield f"{step.now.pictures:,} of {step.asked.sources:,} pictures translated"
    if step.now.a_second:
        yield f"{step.now.a_second:.1f} a second"
    if running and step.now.pictures >= step.asked.sources:
        yield "now being scored"
    elif running and step.left is not None:
        yield f"about {span(step.left)} of translating left"
    if step.now.changed:
        yield f"last one {ago(step.now.changed)}"


def span(seconds: float) -> str:
    """A time for people: `4 s`, `12 min`."""
    for size, unit in UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def ago(when: datetime) -> str:
    """How long it is since, for people: `4 s ago`."""
    return f"{span(max(0.0, (datetime.now(UTC) - when).total_seconds()))} ago"
