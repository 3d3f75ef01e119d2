"""A catalogue that another process writes to is waited for, and never in silence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from data.errors import AtlasError
from data.paths import Home
from survey.catalogue import problems
from survey.catalogue.catalogue import open_catalogue, set_meta
from survey.cli import main

HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("PRAGMA locking_mode = " + sys.argv[2])
held.execute("BEGIN IMMEDIATE")
held.execute("INSERT INTO meta VALUES ('held', '1')")
print("held", flush=True)
sys.stdin.readline()
held.execute("COMMIT")
"""
Hold = Callable[..., subprocess.Popen[str]]
WAITING = "another process is writing to"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    assert CliRunner().invoke(main, ["sample", "--home", str(home.root)]).exit_code == 0
    assert CliRunner().invoke(main, ["stats", "--home", str(home.root)]).exit_code == 0
    return home


@pytest.fixture
def hold(home: Home) -> Iterator[Hold]:
    """Another process in the middle of a transaction, until it gets a line."""
    running: list[subprocess.Popen[str]] = []

    def start(mode: str = "NORMAL") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(home.catalogue), mode]
        pipe = subprocess.PIPE
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        running.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        return child

    yield start
    for child in running:
        child.kill()
        child.communicate()


def _survey(home: Home, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from survey.cli import main; main()", *words]
    return subprocess.Popen(
        [*command, "--home", str(home.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _until(child: subprocess.Popen[str], words: str) -> None:
    """Read what it says up to some words."""
    assert child.stderr is not None
    assert any(words in line for line in child.stderr), f"it never said '{words}'"


def test_readers_do_not_notice(home: Home, hold: Hold) -> None:
    hold()
    for words in (["ls", "-q"], ["stats", "--json"], ["search", "cyclegan", "--json"]):
        result = CliRunner().invoke(main, [*words, "--home", str(home.root)])
        assert (result.exit_code, WAITING in result.stderr) == (0, False), result.stderr
        assert result.stdout


def test_a_writer_says_that_it_waits_and_goes_on_when_it_can(home: Home, hold: Hold) -> None:
    other = hold()
    child = _survey(home, "keep", "1703.10593")
    _until(child, f"{WAITING} {home.catalogue}: waiting for it")
    assert child.poll() is None
    other.communicate("\n")
    talk = child.communicate(timeout=20)[1]
    assert (child.returncode, "kept: arxiv:1703.10593" in talk) == (0, True), talk
    catalogue = open_catalogue(home)
    assert catalogue.value("held") == "1"
    catalogue.close()


@pytest.mark.parametrize("mode", ["NORMAL", "EXCLUSIVE"])
def test_patience_ends_with_the_way_to_find_the_other(
    home: Home, hold: Hold, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(problems, "PATIENCE", 0.2)
    hold(mode)
    result = CliRunner().invoke(main, ["keep", "1703.10593", "--home", str(home.root)])
    assert result.exit_code == 1, result.stderr
    assert f"error: another process holds {home.catalogue}" in result.stderr
    assert f"fuser -v {home.catalogue}" in result.stderr


def test_ctrl_c_is_heard_while_waiting(home: Home, hold: Hold) -> None:
    hold()
    child = _survey(home, "drop", "1703.10593")
    _until(child, WAITING)
    began = time.monotonic()
    child.send_signal(signal.SIGINT)
    talk = child.communicate(timeout=30)[1]
    assert (child.returncode, "interrupted" in talk) == (130, True), talk
    assert time.monotonic() - began < problems.PATIENCE / 4


def test_a_process_that_died_holding_it_leaves_no_lock(home: Home, hold: Hold) -> None:
    os.kill(hold().pid, signal.SIGKILL)
    result = CliRunner().invoke(main, ["keep", "1703.10593", "--home", str(home.root)])
    assert result.exit_code == 0, result.stderr
    catalogue = open_catalogue(home)
    assert catalogue.value("held") == ""  # its transaction is undone
    catalogue.close()


def test_a_mistake_in_a_transaction_undoes_all_of_it(home: Home) -> None:
    catalogue = open_catalogue(home)
    with pytest.raises(AtlasError, match="no"), catalogue.write() as connection:
        set_meta(connection, "half", "1")
        raise AtlasError("no")
    assert catalogue.value("half") == ""
    catalogue.close()
