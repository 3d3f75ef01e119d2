"""Runs: what is being measured and trained now, and what failed, as their files come."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from bench.records import Record
from dashboard.load.runs import Progress, failed, progress, recent, unreadable
from dashboard.load.trainings import Training, losses, trainings
from dashboard.navigation import link
from dashboard.plain import plain

__all__ = ["ago", "show"]

EVERY = 5  # seconds between two looks
DRAWN = 500  # points of a curve of losses
FAILURES = 20


def show() -> None:
    """Progress and failures, looked at again every few seconds."""
    st.title("Runs")
    _page()


@st.fragment(run_every=EVERY)
def _page() -> None:
    trained, measured = trainings(), progress()
    if not (trained or measured or recent() or failed()):
        st.info("Nothing runs, and nothing ran here yet. These commands start something:")
        st.code(
            "bench run --models ganilla,cyclegan,pix2pix,identity --dataset photo2toon\n"
            "zoo train cyclegan --dataset photo2toon --blocks 6 --width 16 --load 104 --crop 96",
            "bash",
            wrap_lines=True,
        )
        return
    _measuring(measured)
    _training(trained)
    _failures(failed())
    _broken()
    _recent(recent())


def _measuring(found: list[Progress]) -> None:
    if not found:
        return
    st.header("Measuring", anchor=False)
    for one in found:
        with st.container(border=True):
            state = ":material/play_arrow: running" if one.running else _stopped(one.changed)
            rate = f" · {one.a_second:.1f} pictures a second" if one.a_second else ""
            last = f" · last one {ago(one.changed)}" if one.changed else ""
            st.markdown(f"**Run {plain(one.id)}** · {state}")
            pictures = f"{one.pictures:,} picture{'s' * (one.pictures != 1)}"
            st.caption(f"{pictures} translated{rate}{last}")
            if not one.running:
                st.caption("The same `bench run` command goes on from there.")


def _stopped(changed: datetime | None) -> str:
    return ":material/pause: interrupted, or on another machine"


def _training(found: list[Training]) -> None:
    if not found:
        return
    st.header("Training", anchor=False)
    for one in found:
        with st.container(border=True):
            _one_training(one)


def _one_training(one: Training) -> None:
    if one.running:
        state = ":material/play_arrow: running"
    elif one.trained:
        state = ":material/check: finished"
    else:
        state = ":material/pause: interrupted: the same command goes on"
    st.markdown(f"**{plain(one.name)}** · {state}")
    parts = [f"step {one.step:,}"]
    if one.seconds_per_step:
        parts.append(f"{one.seconds_per_step:.3g} s a step (median)")
    if one.changed:
        parts.append(f"last change {ago(one.changed)}")
    if recipe := one.facts.get("recipe"):
        parts.append(f"{recipe.get('crop')} px crops, batch {recipe.get('batch')}")
    st.caption(plain(" · ".join(parts)))
    seen = losses(one.folder)
    if len(seen.steps) > 1:
        stride = max(1, len(seen.steps) // DRAWN)
        frame = pd.DataFrame({"step": seen.steps, **seen.values})[::stride].set_index("step")
        with st.expander("Losses", icon=":material/show_chart:"):
            st.line_chart(frame, height=260, alt=f"Losses of {one.name} by step")
    for path in one.trained:
        st.code(f"zoo translate --model {one.facts.get('model', 'MODEL')}@{path} IN OUT", "bash")


def _failures(found: list[Record]) -> None:
    if not found:
        return
    st.header("Failed", anchor=False)
    for record in found[:FAILURES]:
        error = record.error or {}
        with st.container(border=True):
            st.markdown(
                f":material/error: **{plain(record.model)}** on "
                f"{plain(str(record.spec.get('dataset')))} · {plain(_minute(record.finished))}"
            )
            st.text(f"{error.get('type')}: {error.get('message')}")
            if error.get("trace"):
                with st.expander("Where it failed"):
                    st.code(str(error["trace"]), "text", wrap_lines=True)
    st.caption("The same `bench run` command tries failed models again.")


def _broken() -> None:
    found = unreadable()
    if found:
        with st.expander(f"{len(found)} files are no records", icon=":material/broken_image:"):
            for one in found[:FAILURES]:
                st.text(f"{one.path}: {one.reason}")


def _recent(found: list[Record]) -> None:
    if not found:
        return
    st.header("Measured", anchor=False)
    rows = [
        {
            "finished": _minute(record.finished),
            "model": record.model,
            "data set": record.spec["dataset"],
            "pictures": record.scores[0]["n"] if record.scores else None,
            "img/s": record.cost.get("images_per_second"),
            "device": record.cost.get("device"),
        }
        for record in found
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        alt=f"The last {len(rows)} measured models",
        column_config={"img/s": st.column_config.NumberColumn("img/s", format="%.1f")},
    )
    link("leaderboard", "Leaderboard")


def _minute(text: str) -> str:
    """An ISO 8601 time to the minute."""
    return text[:16].replace("T", " ")


def ago(when: datetime | None) -> str:
    """How long it is since, for people: `4 s ago`."""
    if when is None:
        return ""
    seconds = max(0, round((datetime.now(UTC) - when).total_seconds()))
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
