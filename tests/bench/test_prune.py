"""`bench prune` finds what killed runs left, and never what a living run has."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.running import Asked, going, killed, lock_of, noted
from bench.store.prune import find_waste, remove
from data.paths import Home

CELL = Asked(id="a" * 16, model="identity", dataset="set", sources=2)
HOLD = """
import sys, time
from pathlib import Path
from bench.running import Asked, noted
from data.paths import Home
cell = Asked(id="a" * 16, model="identity", dataset="set", sources=2)
with noted([cell], Home(Path(sys.argv[1]))):
    print("begun", flush=True)
    time.sleep(600)
"""


def _prune(home: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["prune", *more, "--home", str(home)])


def _left(home: Path, host: str, began: datetime) -> Path:
    """The file of a run whose process is gone, with its lock."""
    path = home / "running" / "bench-0123456789abcdef.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"command": "bench run suite.toml", "host": host, "began": began.isoformat()}
    path.write_text(json.dumps({**told, "cells": []}))
    lock_of(path).touch()
    return path


def test_a_killed_run_is_shown_with_its_command_and_removed(tmp_path: Path) -> None:
    began = datetime(2026, 11, 1, 10, 30, tzinfo=UTC)
    path = _left(tmp_path, platform.node(), began)
    shown = " ".join(_prune(tmp_path).stdout.split())
    assert "a run of 2026-11-01 10:30 UTC that was killed" in shown
    assert path.is_file()
    assert "1 removed" in _prune(tmp_path, "--yes").stderr
    assert list(path.parent.iterdir()) == []
    assert "0 could go" in _prune(tmp_path).stderr


def test_a_living_run_of_another_process_is_left_alone_until_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        try:
            assert "0 could go" in _prune(tmp_path).stderr
            assert "0 removed" in _prune(tmp_path, "--yes").stderr
            assert len(going(Home(tmp_path))) == 1
        finally:
            process.send_signal(signal.SIGKILL)
    assert "1 could go" in _prune(tmp_path).stderr
    assert "1 removed" in _prune(tmp_path, "--yes").stderr
    assert going(Home(tmp_path)) == []


def test_a_run_that_begins_again_between_looking_and_removing_stays(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with noted([CELL], home):
        (one,) = going(home)
        content = one.path.read_bytes()
    one.path.write_bytes(content)  # as a killed run leaves it
    (waste,) = find_waste(home)
    with noted([CELL], home):
        assert remove([waste]) == []
        assert len(going(home)) == 1
    assert going(home) == []


@pytest.mark.parametrize(("days", "found"), [(1, 0), (8, 1)])
def test_a_run_of_another_machine_is_left_alone_for_a_week(
    days: int, found: int, tmp_path: Path
) -> None:
    _left(tmp_path, "another-machine", datetime.now(UTC) - timedelta(days=days))
    assert len(killed(Home(tmp_path))) == found


def test_a_torn_note_of_a_killed_writer_goes_after_a_day(tmp_path: Path) -> None:
    torn = tmp_path / "running" / ".bench-0123456789abcdef.json.x1"
    torn.parent.mkdir()
    torn.write_text("{")
    assert find_waste(Home(tmp_path)) == []
    early = time.time() - 2 * 24 * 3600
    os.utime(torn, (early, early))
    assert [waste.path for waste in find_waste(Home(tmp_path))] == [torn]
