"""Votes are blind, kept as lines, counted with intervals, and refused where nothing may change."""

from __future__ import annotations

import errno
import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dashboard.votes
from dashboard.load.votes import votes
from dashboard.standings import standings, strengths, wilson
from dashboard.votes import Vote, cast, file_of, pairs, parse
from data.errors import StorageProblem, UsageProblem
from tests.dashboard.store import page, record


def _vote(left: str, right: str, choice: Any, **more: str) -> Vote:
    plain = {"time": "2026-11-23T10:00:00+00:00", "voter": "v", "dataset": "a-street"}
    plain |= {"picture": "p", "left_record": "1", "right_record": "2"} | more
    return Vote(left=left, right=right, choice=choice, **plain)


def _two(home: Path) -> None:
    record(home, "alpha", 0.01, own={"p": 0.9, "q": 0.2})
    record(home, "beta", 0.02, own={"p": 0.8, "q": 0.6})


def test_a_vote_is_kept_and_the_names_are_shown_only_then(home: Path) -> None:
    _two(home)
    shown = page("vote")
    assert not shown.exception
    assert not any("alpha" in element.value for element in (*shown.text, *shown.caption))
    shown.button(key="vote-left").click().run()
    assert not shown.exception
    lines = file_of("a-street").read_text().splitlines()
    assert len(lines) == 1
    kept = json.loads(lines[0])
    assert kept["choice"] == "left"
    assert {"alpha", "beta"} == {kept["left"], kept["right"]}
    assert f"{kept['left']}-a-street-id" == kept["left_record"]
    assert any(kept["left"] in text.value for text in shown.text)
    assert len(shown.dataframe[0].value) == 2
    shown.button(key="vote-tie").click().run()
    assert len(file_of("a-street").read_text().splitlines()) == 2


def test_two_models_with_pictures_are_found_among_many_without(home: Path) -> None:
    for k in range(30):
        record(home, f"model-{k:02}", 0.001 * (k + 1), own={})
    _two(home)
    shown = page("vote")
    assert {"Left is better", "Right is better"} <= {button.label for button in shown.button}
    pair = shown.session_state["pair"][1]
    assert {pair["left"], pair["right"]} == {"alpha", "beta"}


def test_the_untranslated_source_is_no_candidate(home: Path) -> None:
    record(home, "alpha", 0.01)
    record(home, "identity", 0.5, card={"task": "baseline"})
    shown = page("vote")
    assert not shown.button
    assert any("two models" in info.value for info in shown.info)


def test_read_only_shows_standings_and_no_button(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two(home)
    records = {"left_record": "alpha-a-street-id", "right_record": "beta-a-street-id"}
    cast(_vote("alpha", "beta", "left", **records))
    monkeypatch.setenv("ATLAS_READ_ONLY", "1")
    shown = page("vote")
    assert not shown.button
    assert any("switched off" in info.value for info in shown.info)
    assert list(shown.dataframe[0].value["model"]) == ["alpha", "beta"]


def test_votes_on_other_weights_are_not_counted_here(home: Path) -> None:
    _two(home)
    cast(_vote("alpha", "beta", "left"))
    assert any("Nobody has voted" in info.value for info in page("vote").info)


def test_a_disk_that_cannot_be_written_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _two(home)

    def refuse(*args: Any) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    shown = page("vote")
    monkeypatch.setattr(dashboard.votes.os, "open", refuse)
    with pytest.raises(StorageProblem, match="cannot write"):
        cast(_vote("alpha", "beta", "left"))
    shown.button(key="vote-right").click().run()
    assert not shown.exception
    assert [error.value for error in shown.error] == ["The disk cannot be written."]


def test_lines_that_are_damaged_are_counted_and_left_out(home: Path) -> None:
    good = _vote("a", "b", "tie")
    cast(good)
    path = file_of("a-street")
    bad = ["{", "[]", "7", json.dumps({"choice": "left"}), "\udcff"]
    with path.open("a", errors="surrogateescape") as file:
        file.write("\n".join(bad) + "\n")
    cast(good)
    assert ([good, good], 5) == votes("a-street")
    assert votes("another") == ([], 0)


def test_a_vote_is_one_of_three(home: Path) -> None:
    with pytest.raises(UsageProblem):
        cast(_vote("a", "b", "both"))
    assert parse(json.dumps({"choice": "both"})) is None


def test_the_file_of_a_data_set_stays_in_its_folder(home: Path) -> None:
    for name in ("../../x", "/etc/passwd", "..", ""):
        assert file_of(name).parent == home / "votes"


def test_pairs_are_asked_equally_often_and_on_both_sides() -> None:
    chance, cast_so_far = random.Random(1), list[Vote]()
    for _ in range(30):
        left, right = pairs(["a", "b", "c"], cast_so_far, chance)[0]
        cast_so_far.append(_vote(left, right, "tie"))
    asked = [tuple(sorted((v.left, v.right))) for v in cast_so_far]
    assert {asked.count(two) for two in asked} == {10}
    assert 5 < sum(v.left < v.right for v in cast_so_far) < 25
    assert pairs(["a"], [], chance) == []


def test_wilsons_interval_is_that_of_the_formula() -> None:
    # 8 of 10 with z = 1.96, by the formula in exact arithmetic.
    z2 = 1.96**2
    centre = (8 + z2 / 2) / (10 + z2)
    half = 1.96 / (10 + z2) * (8 * 2 / 10 + z2 / 4) ** 0.5
    assert (centre - half, centre + half) == pytest.approx(wilson(8, 10))
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == pytest.approx(1.0)


def test_strengths_are_those_of_two_models_in_closed_form() -> None:
    # Of two, strength ratio = wins ratio; a quarter of a game is added to each side.
    elo = strengths(np.array([[0.0, 30.0], [10.0, 0.0]]))
    assert 400 * np.log10(30.25 / 10.25) == pytest.approx(elo[0] - elo[1])
    assert pytest.approx(elo.mean()) == 1000


def test_standings_order_models_and_hold_their_own_estimates() -> None:
    cast_so_far = [_vote("a", "b", "left")] * 12 + [_vote("b", "a", "left")] * 3
    cast_so_far += [_vote("b", "c", "left")] * 9 + [_vote("b", "c", "tie")] * 2
    found = standings(cast_so_far)
    assert [standing.model for standing in found] == ["a", "b", "c"]
    first = found[0]
    assert (first.votes, first.share) == (15, 0.8)
    for standing in found:
        assert standing.elo_low <= standing.elo <= standing.elo_high
        assert standing.share_low <= standing.share <= standing.share_high
    assert standings([]) == []
