"""Choose: five questions that end in three models, with reasons, commands and a time."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bench.leaderboard import Row, Table, cell
from dashboard.choosing import (
    DATA,
    KINDS,
    WAYS,
    Answers,
    Candidate,
    Score,
    candidates,
)
from dashboard.estimating import Estimate, bundled_speeds, estimate, speeds_of
from dashboard.load.results import boards
from dashboard.load.trainings import trainings
from dashboard.load.zoo import models
from dashboard.navigation import link
from dashboard.plain import plain
from dashboard.views.question import nonsense_noted

__all__ = ["show"]

KNOWN = ("kind", "data", "gpu", "hours", "licence", "way", "pictures")
PICTURES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
HOURS = (1, 2, 4, 8, 24, 72, 168)
LICENCES = ("any", "commercial use")


def show() -> None:
    """Ask, and answer."""
    st.title("Choose")
    st.caption("Which model should I build on? Five questions, three candidates.")
    with nonsense_noted(KNOWN):
        answers = _answers()
    found = candidates(answers, models(), _scores())
    st.header("Candidates", anchor=False)
    if not found:
        st.info("No model of the zoo does this yet.", icon=":material/search_off:")
        link("papers", "Look for a paper that does")
        return
    for place, one in enumerate(found, 1):
        _candidate(place, one, answers)


def _answers() -> Answers:
    with st.container(border=True):
        names = [kind.name for kind in KINDS]
        kind = st.selectbox("1 · What should become what?", names, key="kind", bind="query-params")
        way = _one_of("2 · What do you want to do with it?", WAYS, "way")
        left, right = st.columns(2)
        with left:
            data = st.selectbox(
                "3 · Which pictures have you?", DATA, key="data", bind="query-params"
            )
            pictures = st.selectbox(
                "How many of each kind?", PICTURES, index=2, key="pictures", bind="query-params"
            )
        with right:
            gpu = st.toggle("4 · A GPU is at hand", key="gpu", bind="query-params")
            hours = st.selectbox(
                "Hours that training may take", HOURS, index=3, key="hours", bind="query-params"
            )
        licence = _one_of("5 · What must the licence allow?", LICENCES, "licence")
    return Answers(
        kind=next(one for one in KINDS if one.name == (kind or names[0])),
        data=data or DATA[0],
        gpu=gpu,
        hours=float(hours or HOURS[3]),
        commercial=licence == LICENCES[1],
        way=way,
        pictures=int(pictures or PICTURES[2]),
    )


def _one_of(question: str, options: Sequence[str], key: str) -> str:
    chosen = st.segmented_control(
        question, options, default=options[0], required=True, key=key, bind="query-params"
    )
    return str(chosen or options[0])


def _scores() -> dict[str, Score]:
    """Each model's place in the widest table that ranks it, in words."""
    found: dict[str, tuple[tuple[int, int], Table, Row]] = {}
    for table in (table for one in boards() for table in one.tables):
        among = len(table.rows)
        for row in table.rows:
            if table.ranked_by is None or not row.rank or table.ranked_by not in row.scores:
                continue
            name = row.model.split("@")[0].split(".")[0].split(" ")[0]
            place = (-among, row.rank)
            if name not in found or place < found[name][0]:
                found[name] = place, table, row
    return {name: _score(table, row) for name, (_, table, row) in found.items()}


def _score(table: Table, row: Row) -> Score:
    column = table.ranked_by
    assert column is not None
    told = (
        f"{row.model} has {column.label} {cell(row.scores[column], column)} on "
        f"{table.question['dataset']}, rank {row.rank} of {len(table.rows)}{_speed(row)}"
    )
    return Score(told=told, rank=row.rank, among=len(table.rows))


def _speed(row: Row) -> str:
    cost = row.record.cost
    rate = cost.get("images_per_second")
    if not isinstance(rate, int | float):
        return ""
    device = cost.get("device")
    return f"; {rate:.3g} pictures a second" + (f" on {device}" if device else "")


def _candidate(place: int, one: Candidate, answers: Answers) -> None:
    card = one.model.card
    with st.container(border=True):
        st.subheader(f"{place} · {plain(card.name)}", anchor=False)
        st.caption(plain(card.title))
        lines = [f"- :material/check: {plain(text)}" for text in one.reasons]
        lines += [f"- :material/warning: **But:** {plain(text)}" for text in one.against]
        st.markdown("\n".join(lines))
        if one.commands:
            st.code("\n".join(one.commands), "bash", wrap_lines=True)
        if answers.way != WAYS[0] and card.recipe:
            _time(card.name, answers)
        with st.container(horizontal=True):
            link("models", "The model", model=card.name)
            if card.paper:
                link("paper", "Its paper", id=card.paper)


def _time(model: str, answers: Answers) -> None:
    if answers.gpu:
        st.markdown(
            ":material/timer: **Training time on a GPU: not measured.** "
            "What was measured, without one:"
        )
    speeds = [*speeds_of(trainings()), *bundled_speeds()]
    found = estimate(model, answers.pictures, answers.hours, speeds)
    if found is None:
        st.markdown(":material/timer: **Training time: not measured.**")
        return
    st.markdown(_told(found, answers))


def _told(found: Estimate, answers: Answers) -> str:
    speed = found.speed
    spread = ""
    if found.low is not None and found.high is not None:
        spread = f" (quartiles {_hours(found.low)} to {_hours(found.high)})"
    fits = "fits" if found.hours <= answers.hours else "does not fit"
    return (
        f":material/timer: **About {_hours(found.hours)}**{spread} for {speed.epochs} epochs of "
        f"{answers.pictures:,} pictures, {found.steps:,} steps, with {plain(speed.settings)}: it "
        f"{fits} into {answers.hours:g} hours, in which {found.epochs_in_time:,.1f} epochs pass. "
        f"Measured: {speed.seconds_per_step:.3g} s a step in {plain(speed.where)}. Larger crops "
        "and wider networks take longer: their time is not measured."
    )


def _hours(hours: float) -> str:
    return f"{60 * hours:.0f} minutes" if hours < 2 else f"{hours:,.1f} hours"
