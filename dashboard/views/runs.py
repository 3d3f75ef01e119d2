"""Runs: what is being measured and trained now, and what failed, as their files come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import streamlit as st

from bench.records import Record
from dashboard.charts.losses import curves
from dashboard.load.results import Unreadable, boards
from dashboard.load.runs import Progress, failed, progress, recent, unreadable
from dashboard.load.sweeps import Sweep, sweeps
from dashboard.load.trainings import Training, losses, trainings
from dashboard.navigation import link
from dashboard.parts.narrow import either
from dashboard.plain import plain
from dashboard.views.leaderboard_narrow import linked
from dashboard.views.sweep_cards import RUNNING, STOPPED, ago, span, sweep_card

__all__ = ["show"]

EVERY = 5  # seconds between two looks
DRAWN = 500  # points of a curve of losses
FAILURES = 20


def show() -> None:
    """Progress and failures, looked at again every few seconds."""
    st.title("Runs")
    _page()


@st.fragment(run_every=EVERY)
def _page() -> None:
    # One look at the records for all that follows: they may be many.
    seen = list(boards())
    trained, commands = trainings(), sweeps(seen)
    told = {step.asked.id for sweep in commands for step in sweep.steps}
    measured = [one for one in progress(seen) if one.id not in told]
    done, bad = recent(seen), failed(seen)
    if not (trained or commands or measured or done or bad):
        st.info("Nothing runs, and nothing ran here yet. These commands start something:")
        st.code(
            "bench run --models ganilla,cyclegan,pix2pix,identity --dataset photo2toon\n"
            "zoo train cyclegan --dataset photo2toon --blocks 6 --width 16 --load 104 --crop 96",
            "bash",
            wrap_lines=True,
        )
        return
    _measuring(commands, measured)
    _training(trained)
    _failures(bad)
    _broken(unreadable(seen))
    _recent(done)


def _measuring(commands: list[Sweep], found: list[Progress]) -> None:
    if not (commands or found):
        return
    st.header("Measuring", anchor=False)
    for sweep in commands:
        with st.container(border=True):
            sweep_card(sweep)
    for one in found:
        with st.container(border=True):
            state = RUNNING if one.running else STOPPED
            rate = f" · {one.a_second:.1f} pictures a second" if one.a_second else ""
            last = f" · last one {ago(one.changed)}" if one.changed else ""
            st.markdown(f"**Run {plain(one.id)}** · {state}")
            pictures = f"{one.pictures:,} picture{'s' * (one.pictures != 1)}"
            st.caption(f"{pictures} translated{rate}{last}")
            if not one.running:
                st.caption("The same `bench run` command goes on from there.")


def _training(found: list[Training]) -> None:
    if not found:
        return
    st.header("Training", anchor=False)
    for one in found:
        with st.container(border=True):
            _one_training(one)


def _one_training(one: Training) -> None:
    st.markdown(f"**{plain(one.name)}** · {_state(one)}")
    st.caption(plain(" · ".join(_facts(one))))
    if one.error and not one.running:
        st.text(one.error)
    seen = losses(one.folder)
    if len(seen.steps) > 1:
        stride = max(1, len(seen.steps) // DRAWN)
        drawn = {name: values[::stride] for name, values in seen.values.items()}
        with st.expander("Losses", icon=":material/show_chart:"):
            st.plotly_chart(
                curves(seen.steps[::stride], drawn),
                key=f"losses-{one.name}",
                config={"displayModeBar": False},
                alt=f"Losses of {one.name} by step",
            )
    for path in one.trained:
        st.code(f"zoo translate --model {one.facts.get('model', 'MODEL')}@{path} IN OUT", "bash")


def _state(one: Training) -> str:
    if one.running:
        return RUNNING
    if one.finished:
        return ":material/check: finished"
    return ":material/error: failed" if one.error else STOPPED


def _facts(one: Training) -> Iterator[str]:
    yield f"step {one.step:,}" + (f" of {one.total:,}" if one.total else "")
    if one.seconds_per_step:
        yield f"{one.seconds_per_step:.3g} s a step (median)"
    if one.left is not None:
        yield f"about {span(one.left)} left"
    if one.saved:
        yield f"checkpoint {ago(one.saved)}"
    if one.changed:
        yield f"last change {ago(one.changed)}"
    recipe = one.facts.get("recipe")
    if isinstance(recipe, dict):
        yield f"{recipe.get('crop')} px crops, batch {recipe.get('batch')}"


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


def _broken(found: list[Unreadable]) -> None:
    if found:
        with st.expander(f"{len(found)} files are no records", icon=":material/broken_image:"):
            for one in found[:FAILURES]:
                st.text(f"{one.path}: {one.reason}")


def _recent(found: list[Record]) -> None:
    if not found:
        return
    st.header("Measured", anchor=False)
    rows: list[dict[str, Any]] = [
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
    titles = ["finished", "model", "data set"]
    shown = [
        [plain(row["finished"]), linked(row["model"]), plain(str(row["data set"]))] for row in rows
    ]
    either("measured", titles, shown, lambda: _all_columns(rows))
    link("leaderboard", "Leaderboard")


def _all_columns(rows: list[dict[str, Any]]) -> None:
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        alt=f"The last {len(rows)} measured models",
        column_config={"img/s": st.column_config.NumberColumn("img/s", format="%.1f")},
    )


def _minute(text: str) -> str:
    """An ISO 8601 time to the minute."""
    return text[:16].replace("T", " ")
