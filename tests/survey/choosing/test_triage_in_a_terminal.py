"""Triage in a real terminal and through a pipe: one key a paper, and no decision is ever lost."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from survey.cli import main

READY = "? help"


@pytest.fixture
def shelf(shelf: Any) -> Any:
    """Six papers; by score they come in the order of their numbers."""
    for i in range(1, 7):
        shelf.put(
            f"2001.0000{i}",
            f"Paper number {i}",
            abstract=f"Sentence about subject {i}.",
            authors=["Ada Lovelace", "Alan Turing"],
            year=2020,
            date="2020-01-01",
            venue="ICCV",
            citations=10 ** (7 - i),
            influential=3,
            topics=["unpaired"] if i == 1 else [],
            code=[f"https://github.com/a/b{i}"] if i == 1 else [],
        )
    shelf.look_up("https://github.com/a/b1", stars=1234, licence="MIT", pushed="2026-01-01")
    return shelf


def _pipe(shelf: Any, keys: str, *words: str) -> Result:
    """Triage in this process, with keys on a stream in place of standard input."""
    home = {"ATLAS_HOME": str(shelf.home.root)}
    return CliRunner(env=home).invoke(main, ["triage", *words], input=keys)


def _process(shelf: Any, keys: bytes, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Triage in a process of its own, with keys from a real pipe."""
    return subprocess.run(
        [sys.executable, "-c", "from survey.cli import main; main()", "triage"],
        input=keys,
        capture_output=True,
        timeout=60,
        env={**os.environ, "ATLAS_HOME": str(shelf.home.root), **env},
    )


def test_a_paper_is_shown_with_all_that_a_decision_needs(shelf: Any) -> None:
    shown = _pipe(shelf, "q").stdout
    for words in (
        "Paper number 1",
        "Ada Lovelace, Alan Turing",
        "2020-01-01 · ICCV · arxiv:2001.00001",
        "1,000,000 citations",
        "3 influential",
        "unpaired",
        "https://github.com/a/b1 (alive, 1,234 stars, MIT)",
        "Sentence about subject 1.",
        "points for side-project: code",
        "6 to go",
    ):
        assert words in shown


def test_keys_decide_each_paper_in_a_terminal(shelf: Any, terminal: Any) -> None:
    screen = terminal("triage")
    for key, past in (("k", "kept: Paper number 1"), ("d", "dropped: "), ("L", "set aside: ")):
        screen.wait_for(READY)
        screen.type(key)
        screen.wait_for(past)
    screen.wait_for(READY)
    screen.type("q")
    assert screen.end() == 0
    assert "1 kept · 1 dropped · 1 set aside · 3 to go" in screen.text
    assert sorted(shelf.status().values()) == ["dropped", "kept", "later"]
    assert shelf.status()["arxiv:2001.00001"] == "kept"


def test_tags_notes_and_undo_in_a_terminal(shelf: Any, terminal: Any) -> None:
    screen = terminal("triage")
    screen.wait_for(READY)
    screen.type("t")
    screen.wait_for("tag: ")
    screen.type("basee\x7fline\n")  # with a backspace
    screen.wait_for("tags   baseline")
    screen.wait_for(READY)
    screen.type("n")
    screen.wait_for("note: ")
    screen.type("größer als [bold]gedacht[/bold]\n")
    screen.wait_for("note   größer als [bold]gedacht[/bold]")
    screen.wait_for(READY)
    screen.type("k")
    screen.wait_for("Paper number 2")
    screen.wait_for(READY)
    screen.type("u")
    screen.wait_for("taken back: kept")
    screen.wait_for("Paper number 1")
    screen.wait_for(READY)
    screen.type("u")
    screen.wait_for("taken back: note")
    screen.wait_for(READY)
    screen.type("q")
    assert screen.end() == 0
    paper = "arxiv:2001.00001"
    note = "größer als [bold]gedacht[/bold]"
    assert [
        (paper, "tag", "baseline"),
        (paper, "note", note),
        (paper, "keep", ""),
        (paper, "undo", "3"),
        (paper, "undo", "2"),
    ] == shelf.events()


def test_ctrl_c_ends_with_130_loses_nothing_and_leaves_the_terminal_as_it_was(
    shelf: Any, terminal: Any
) -> None:
    screen = terminal("triage")
    screen.wait_for(READY)
    screen.type("k")
    screen.wait_for("kept: ")
    screen.wait_for(READY)
    assert not termios.tcgetattr(screen.slave)[3] & termios.ECHO
    screen.type("\x03")
    assert screen.end() == 130
    assert "goes on from here" in screen.text
    assert "Traceback" not in screen.text
    assert screen.before == termios.tcgetattr(screen.slave)
    assert shelf.status() == {"arxiv:2001.00001": "kept"}


def test_ctrl_c_while_a_tag_is_typed_ends_as_well(shelf: Any, terminal: Any) -> None:
    screen = terminal("triage")
    screen.wait_for(READY)
    screen.type("t")
    screen.wait_for("tag: ")
    screen.type("half\x03")
    assert screen.end() == 130
    assert shelf.events() == []
    assert screen.before == termios.tcgetattr(screen.slave)


def test_kill_9_loses_no_key_that_was_answered(shelf: Any, terminal: Any) -> None:
    screen = terminal("triage")
    for key, past in (("k", "kept: "), ("d", "dropped: "), ("d", "dropped: ")):
        screen.wait_for(READY)
        screen.type(key)
        screen.wait_for(past)
    screen.signal(signal.SIGKILL)
    screen.end()
    assert sorted(shelf.status().values()) == ["dropped", "dropped", "kept"]
    again = terminal("triage")
    again.wait_for("1 kept · 2 dropped · 3 to go")


def test_a_plain_kill_is_an_interrupt(shelf: Any, terminal: Any) -> None:
    screen = terminal("triage")
    screen.wait_for(READY)
    screen.signal(signal.SIGTERM)
    assert screen.end() == 130
    assert screen.before == termios.tcgetattr(screen.slave)


def test_keys_typed_ahead_all_count(shelf: Any, terminal: Any) -> None:
    screen = terminal("triage")
    screen.type("kdkdq")
    assert screen.end() == 0
    assert sorted(shelf.status().values()) == ["dropped", "dropped", "kept", "kept"]


def test_arrows_and_unknown_keys_decide_nothing(shelf: Any, terminal: Any) -> None:
    screen = terminal("triage")
    screen.wait_for(READY)
    screen.type("\x1b[A\x1b[3~\x1bOP")
    screen.type("ж")
    screen.wait_for("'ж' is no key here")
    screen.wait_for(READY)
    screen.type("?")
    screen.wait_for("undo the last decision, tag or note")
    screen.type("\x04")  # Ctrl-D
    assert screen.end() == 0
    assert shelf.events() == []


def test_the_browser_opens_the_paper(shelf: Any, terminal: Any, tmp_path: Path) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{seen}"\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    screen = terminal("triage", BROWSER=str(browser))
    screen.wait_for(READY)
    screen.type("o")
    screen.wait_for("https://arxiv.org/abs/2001.00001")
    end = time.monotonic() + 10
    while not (seen.exists() and seen.read_text()) and time.monotonic() < end:
        time.sleep(0.02)
    assert seen.read_text() == "https://arxiv.org/abs/2001.00001\n"


@pytest.mark.parametrize("columns", [24, 60, 200])
def test_no_line_is_wider_than_the_terminal(shelf: Any, terminal: Any, columns: int) -> None:
    screen = terminal("triage", columns=columns, rows=30)
    screen.wait_for(READY)
    screen.type("q")
    assert screen.end() == 0
    shown = screen.text.split("Paper number 1")[0][-400:] + screen.text.split("Paper")[1]
    paper = shown.split("to go")[1].split(READY)[0]
    assert all(len(line.rstrip("\r")) <= columns for line in paper.split("\n"))


def test_a_long_abstract_leaves_the_title_on_a_small_screen(shelf: Any, terminal: Any) -> None:
    words = " ".join(f"word{i}" for i in range(600))
    best = {"venue": "ICCV", "year": 2020, "citations": 10**9, "influential": 1000}
    shelf.put("2001.00009", "The long one", abstract=words, **best)
    screen = terminal("triage", "--profile", "related-work", columns=60, rows=24)
    screen.wait_for("The long one")
    screen.wait_for("space shows all")
    screen.wait_for("k d l")
    assert len(screen.text[screen.text.index("7 to go") :].splitlines()) <= 24
    screen.type(" ")
    screen.wait_for("word599")


def test_no_colour_is_used_where_none_is_wanted(shelf: Any, terminal: Any) -> None:
    plain, coloured = terminal("triage", NO_COLOR="1"), terminal("triage")
    for screen in (plain, coloured):
        screen.wait_for(READY)
    colour = re.compile(r"\x1b\[(?:\d+;)*3[0-7]m")
    assert not colour.search(plain.raw)
    assert colour.search(coloured.raw)


def test_text_from_outside_moves_no_cursor_and_is_no_markup(shelf: Any, terminal: Any) -> None:
    evil = "Evil \x1b[2J\x1b]0;owned\x07 \u202egnp.exe [red]x[/red] \x9b31m\r\n\x08"
    shelf.put(
        "2001.00009",
        evil,
        abstract=evil,
        authors=[evil],
        venue=evil,
        citations=10**9,
        influential=1000,
    )
    screen = terminal("triage", "--profile", "related-work", NO_COLOR="1", TERM="dumb")
    screen.wait_for("Evil")
    screen.wait_for(READY)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", screen.raw)
    assert "[red]x[/red]" in screen.text


def test_a_pipe_is_read_as_if_somebody_typed(shelf: Any) -> None:
    done = _process(shelf, b"k\nd\r\nt\nbaseline\nnread this\nk")
    assert done.returncode == 0
    assert "2 kept · 1 dropped · 3 to go" in done.stderr.decode()
    assert b"\x1b" not in done.stdout
    third = shelf.events()[2][0]
    assert [(third, "tag", "baseline"), (third, "note", "read this"), (third, "keep", "")] == (
        shelf.events()[2:]
    )


def test_the_same_tag_again_takes_it_off(shelf: Any) -> None:
    _pipe(shelf, "tone\nttwo\ntone\n")
    assert [action for _, action, _ in shelf.events()] == ["tag", "tag", "untag"]


def test_nothing_to_undo_is_said_and_triage_goes_on(shelf: Any) -> None:
    done = _pipe(shelf, "uk")
    assert "there is nothing to undo" in done.stdout
    assert list(shelf.status().values()) == ["kept"]


def test_undo_reaches_decisions_of_earlier_sittings(shelf: Any) -> None:
    _pipe(shelf, "kdl")
    decided = shelf.events()[2][0]
    done = _pipe(shelf, "uk")
    assert f"taken back: set aside ({decided})" in done.stdout
    assert shelf.status()[decided] == "kept"


def test_all_papers_decided_is_the_end(shelf: Any) -> None:
    done = _pipe(shelf, "kdlkdlkkkkkk")
    assert done.exit_code == 0
    assert "0 to go" in done.stderr
    assert "survey triage --status later" in done.stderr
    assert len(shelf.events()) == 6
    assert "2 decided now" in _pipe(shelf, "kk", "--status", "later").stderr


def test_an_empty_catalogue_and_a_missing_one_are_told(tmp_path: Path, shelf: Any) -> None:
    assert "0 to go" in _pipe(shelf, "k", "--year", "1990").stderr
    missing = _pipe(shelf, "k", "--home", str(tmp_path / "none"))
    assert (missing.exit_code, "survey fetch" in missing.stderr) == (2, True)


def test_random_draws_are_recorded_and_make_an_estimate(shelf: Any) -> None:
    for i in range(100):
        shelf.put(f"2002.{i:05d}", f"Of many {i}", abstract="Some words.", citations=1, year=2019)
    _pipe(shelf, "k" + "d" * 69)
    drawn = [value for _, _, value in shelf.events() if value.startswith("random 1/")]
    assert len(drawn) == 14
    assert drawn[0] == "random 1/102 all"
    told = json.loads(_pipe(shelf, "", "--json").stdout)
    assert (told["new"], told["kept"], told["dropped"]) == (36, 1, 69)
    assert tuple(told["estimate"][name] for name in ("draws", "kept", "likely")) == (14, 0, 0)
    assert 0 < told["estimate"]["high"] <= 36
    assert "more worth keeping (0 to" in _pipe(shelf, "q").stdout


def test_without_scikit_learn_papers_come_by_score_and_a_note_says_why(
    shelf: Any, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['sklearn'] = None\n")
    done = _process(shelf, b"kdkd", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0
    assert b"pip install 'i2i-atlas[survey]'" in done.stderr
    assert [f"arxiv:2001.0000{i}" for i in range(1, 5)] == [paper for paper, *_ in shelf.events()]
