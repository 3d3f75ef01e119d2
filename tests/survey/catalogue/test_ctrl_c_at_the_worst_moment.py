"""Ctrl-C inside a transaction, at its commit or twice in a row ends with 130 and loses nothing."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey.cli import main

# The signal comes from the process itself, at one of the moments that it tells of.
AT = """
import os, signal, sys
from sqlalchemy import Engine, event
from survey.cli import main

moment, left = sys.argv.pop(1), int(sys.argv.pop(1))

def strike(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGINT)

event.listen(Engine, moment, strike)
main(prog_name="survey")
"""
# The signal comes while a connection closes, which SQLAlchemy would log with a traceback.
CLOSING = """
import os, signal
from sqlalchemy.engine.default import DefaultDialect
from survey.cli import main

def strike(self, connection):
    os.kill(os.getpid(), signal.SIGINT)
    connection.close()

DefaultDialect.do_close = strike
main(prog_name="survey")
"""
READY = """
import sys
from survey.cli import main
print("ready", file=sys.stderr, flush=True)
main(prog_name="survey")
"""
INTERRUPTED = "interrupted; the same command goes on from here"


def _survey(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home)])


def _whole(home: Path) -> bool:
    """Whether the sample is there after the same command, and SQLite finds nothing wrong."""
    assert _survey(home, "sample").exit_code == 0
    with closing(sqlite3.connect(home / "catalogue.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return len(_survey(home, "ls", "-q").stdout.splitlines()) == 112


@pytest.mark.parametrize("left", [1, 2, 3])
def test_at_a_commit(tmp_path: Path, left: int) -> None:
    words = ["commit", str(left), "sample", "--home", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", AT, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, INTERRUPTED in done.stderr) == (130, True), done.stderr
    assert "Traceback" not in done.stderr
    assert _whole(tmp_path)


@pytest.mark.parametrize("left", [8, 45, 70])
def test_between_two_statements(tmp_path: Path, left: int) -> None:
    words = ["before_cursor_execute", str(left), "sample", "--home", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", AT, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (130, False), done.stderr
    assert _whole(tmp_path)


def test_while_a_connection_closes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CLOSING, "sample", "--home", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (130, INTERRUPTED)
    assert "Traceback" not in done.stderr
    assert _whole(tmp_path)


def test_a_decision_is_made_or_not(tmp_path: Path) -> None:
    assert _whole(tmp_path)
    for left, moment in enumerate(("commit", "before_cursor_execute", "rollback"), 1):
        words = [moment, str(left), "keep", "1703.10593", "--home", str(tmp_path)]
        subprocess.run([sys.executable, "-c", AT, *words], capture_output=True, check=False)
        kept = _survey(tmp_path, "ls", "-q", "--status", "kept").stdout.split()
        events = _survey(tmp_path, "decisions").stdout.splitlines()
        assert bool(kept) == bool(events)
        assert len(events) <= left


def test_at_any_moment_once_or_twice(tmp_path: Path) -> None:
    chance = random.Random(20170330)
    for press in range(8):
        child = subprocess.Popen(
            [sys.executable, "-c", READY, "sample", "--home", str(tmp_path)],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stderr is not None
        assert child.stderr.readline() == "ready\n"
        for _ in range(1 + press % 2):
            time.sleep(chance.random() * 0.3)
            child.send_signal(signal.SIGINT)
        talk = child.communicate(timeout=60)[1]
        assert child.returncode in (0, 130), talk
        assert "Traceback" not in talk
        assert "Exception ignored" not in talk
    assert _whole(tmp_path)
