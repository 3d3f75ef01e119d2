"""Blind votes: two pictures without names, one question, and what all answers say together."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from bench.leaderboard import Row, Table
from dashboard.frame import facts
from dashboard.load import Board, picture, picture_address, pictures_of
from dashboard.load.shots import Shot, shots
from dashboard.load.votes import votes
from dashboard.mode import read_only
from dashboard.parts.narrow import either
from dashboard.parts.viewer import Pane, viewer
from dashboard.standings import standings
from dashboard.table_files import as_csv
from dashboard.views.details import command
from dashboard.views.leaderboard_narrow import linked
from dashboard.views.question import ask, nonsense_noted
from dashboard.votes import Choice, Pair, Vote, cast, pairs
from data.errors import AtlasError

__all__ = ["show"]

KNOWN = "dataset direction protocol"
MOST = 40  # models, the best ones
TRIES = 10  # pairs that are looked at for pictures
BUTTONS: tuple[tuple[Choice, str, str], ...] = (
    ("left", "Left is better", "Left"),
    ("tie", "I cannot tell", "Down"),
    ("right", "Right is better", "Right"),
)


def show() -> None:
    """Ask which of two is better, keep the answer, show the standings."""
    st.title("Blind vote")
    with nonsense_noted(KNOWN.split()):
        found = ask()
    if found is None:
        return
    board, table = found
    cast_so_far = _of(table, votes(str(table.question["dataset"]))[0])
    if read_only():
        st.info("Voting is switched off on this server.", icon=":material/lock:")
    else:
        _ask_one(board, table, cast_so_far)
    _standings(table, cast_so_far)


def _of(table: Table, found: Sequence[Vote]) -> list[Vote]:
    """Votes on what this table shows: other weights or another question are another vote."""
    here = {row.record.id for row in table.rows}
    return [vote for vote in found if {vote.left_record, vote.right_record} <= here]


def _ask_one(board: Board, table: Table, cast_so_far: Sequence[Vote]) -> None:
    pair = _held(table) or _drawn(board, table, cast_so_far)
    shot = None if pair is None else _shot(board, table, pair)
    if pair is None or shot is None:
        _say_what_is_missing(table)
        return
    st.caption(
        "Which of the two is the better translation of the last picture? Names are shown when you "
        "have answered. Arrow keys: left, right, down for neither."
    )
    _look(shot, pair)
    with st.container(horizontal=True, horizontal_alignment="center"):
        for choice, title, key in BUTTONS:
            st.button(
                title,
                key=f"vote-{choice}",
                shortcut=key,
                on_click=_answer,
                args=(table, pair, choice),
            )
    _say_last()


def _say_what_is_missing(table: Table) -> None:
    st.info(
        "A vote needs the pictures of two models on this machine.", icon=":material/hide_image:"
    )
    models = [row.model.split(" ")[0] for row in table.rows if facts(row)["task"] != "baseline"]
    if len(models) > 1:
        st.text("This command makes them, where the data set is at hand:")
        st.code(command(table, ",".join(models[:2])) + " --force", "bash", wrap_lines=True)


def _held(table: Table) -> Pair | None:
    """The pair that is asked, until it is answered or another table is looked at."""
    about, pair = st.session_state.get("pair", ("", {}))
    return Pair(**pair) if about == str(table.question) else None


def _drawn(board: Board, table: Table, cast_so_far: Sequence[Vote]) -> Pair | None:
    """A new pair of which this machine has a picture; None where it has not."""
    # The untranslated source would be known at once.
    rows = [row for row in table.rows if facts(row)["task"] != "baseline"][:MOST]
    models = [row.model for row in rows if _has_pictures(board, row)]
    chance = random.Random(secrets.randbits(64))
    for left, right in pairs(models, cast_so_far, chance)[:TRIES]:
        found = [shot for shot in shots(board, table, (left, right)) if _both(shot, left, right)]
        if found:
            pair = Pair(picture=chance.choice(found).id, left=left, right=right)
            st.session_state["pair"] = (str(table.question), asdict(pair))
            return pair
    return None


def _has_pictures(board: Board, row: Row) -> bool:
    return any(picture(entry.get("output")) for entry in pictures_of(board, row.record.id))


def _both(shot: Shot, left: str, right: str) -> bool:
    return shot.here and all(picture(shot.outputs.get(name)) for name in (left, right))


def _shot(board: Board, table: Table, pair: Pair) -> Shot | None:
    found = shots(board, table, (pair.left, pair.right))
    return next((shot for shot in found if shot.id == pair.picture), None)


def _look(shot: Shot, pair: Pair) -> None:
    shown = [
        ("Left", shot.outputs.get(pair.left)),
        ("Right", shot.outputs.get(pair.right)),
        ("What was to be translated", shot.source),
    ]
    viewer(
        [Pane(src=picture_address(file), name=name, alt=name) for name, file in shown],
        key="blind",
        steps=False,
    )


def _answer(table: Table, pair: Pair, choice: Choice) -> None:
    """Keep an answer, and say what was compared."""
    records = {row.model: row.record.id for row in table.rows}
    voter = st.session_state.setdefault("voter", secrets.token_hex(8))
    vote = Vote(
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        voter=voter,
        dataset=str(table.question["dataset"]),
        picture=pair.picture,
        left=pair.left,
        right=pair.right,
        left_record=records[pair.left],
        right_record=records[pair.right],
        choice=choice,
    )
    try:
        cast(vote)
    except AtlasError as problem:
        st.session_state["last"] = ("error", f"The vote was not kept: {problem.message}")
        return
    st.session_state["last"] = ("kept", f"Kept. Left was {pair.left}, right was {pair.right}.")
    st.session_state.pop("pair", None)


def _say_last() -> None:
    kind, said = st.session_state.pop("last", ("", ""))
    if kind == "error":
        st.error("The disk cannot be written.", icon=":material/error:")
    if said:
        st.text(said)


def _standings(table: Table, cast_so_far: Sequence[Vote]) -> None:
    st.header("Standings")
    dataset = str(table.question["dataset"])
    damaged = votes(dataset)[1]
    if damaged:
        st.warning(f"{damaged} damaged lines of the votes' file are left out.")
    if not cast_so_far:
        st.info("Nobody has voted on these models yet.", icon=":material/how_to_vote:")
        return
    found = standings(cast_so_far)
    made = pd.DataFrame([asdict(standing) for standing in found])
    titles = ["model", "votes", "share", "elo"]
    rows = [
        [
            linked(one.model),
            str(one.votes),
            f"{100 * one.share:.0f} % ({100 * one.share_low:.0f}–{100 * one.share_high:.0f})",
            f"{one.elo:.0f} ({one.elo_low:.0f}–{one.elo_high:.0f})",
        ]
        for one in found
    ]
    either("standings", titles, rows, lambda: _all_columns(made, len(cast_so_far)))
    st.caption(
        f"{len(cast_so_far)} votes. Shares count a tie as half, with Wilson's 95 % interval; elo "
        "is Bradley and Terry's strength, 1000 on average, with a bootstrap interval over votes. "
        "Votes are a matter of taste and enter no other table."
    )
    lines = "".join(json.dumps(asdict(vote), ensure_ascii=False) + "\n" for vote in cast_so_far)
    with st.container(horizontal=True):
        for title, content, name in (
            ("Votes (JSON lines)", lines.encode(), f"{dataset}-votes.jsonl"),
            ("Standings (CSV)", as_csv(made), f"{dataset}-standings.csv"),
        ):
            st.download_button(title, content, name, icon=":material/download:", on_click="ignore")


def _all_columns(made: pd.DataFrame, votes: int) -> None:
    percent = st.column_config.NumberColumn(format="percent")
    number = st.column_config.NumberColumn(format="%.0f")
    st.dataframe(
        made,
        hide_index=True,
        alt=f"Standings of {len(made)} models after {votes} votes",
        column_config={
            **dict.fromkeys(("share", "share_low", "share_high"), percent),
            **dict.fromkeys(("elo", "elo_low", "elo_high"), number),
        },
    )
