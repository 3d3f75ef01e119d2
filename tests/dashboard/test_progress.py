"""What goes on is told as it goes on: real `bench run` and `zoo train`, one of them killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import dashboard.load.sweeps
from bench.running import Asked, going, noted
from dashboard.load.held import LOCKS
from dashboard.load.results import boards
from dashboard.load.sweeps import Sweep, sweeps
from dashboard.load.trainings import Training, trainings
from data.images import encode
from data.paths import Home
from tests.dashboard.catalogues import texts
from tests.dashboard.store import page, record

pytestmark = pytest.mark.timeout(180)
linux = pytest.mark.skipif(not LOCKS.is_file(), reason="only Linux tells who holds a lock")
LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)


def _pictures(root: Path, size: int, **folders: int) -> Path:
    """Folders of noise, by their names."""
    noise = np.random.default_rng(0)
    for name, count in folders.items():
        for n in range(count):
            made = noise.integers(0, 255, (size, size, 3), dtype=np.uint8)
            encode(root / name / f"{n}.png", made)
    return root


def _until(look: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


@contextmanager
def _running(*command: str) -> Iterator[subprocess.Popen[str]]:
    tool = str(Path(sys.executable).with_name(command[0]))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([tool, *command[1:]], **pipes) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def _slow(file: Path, *, broken: bool = False) -> str:
    """A generator that takes its time, or one that gives no numbers, by the name it is run by."""
    import torch

    from zoo.architectures import Architecture, build

    torch.manual_seed(0)
    state = build(Architecture("resnet", {"blocks": 6, "width": 24})).state_dict()
    if broken:
        state["model.1.bias"] = torch.full_like(state["model.1.bias"], 1e38) * 10
    torch.save(state, file)
    return f"cyclegan@{file}"


@linux
def test_a_bench_is_told_cell_by_cell_and_killed_it_is_stopped(home: Path, tmp_path: Path) -> None:
    data = _pictures(_pictures(tmp_path / "set", 160, testA=30), 160, testB=3)
    models = f"{_slow(tmp_path / 'bad.pth', broken=True)},{_slow(tmp_path / 'slow.pth')},identity"
    command = ["bench", "run", "--models", models, "--dataset", str(data)]
    command += ["--metrics", "kid-texture", "--batch", "1", "--device", "cpu"]

    def states() -> list[str]:
        return [step.state for sweep in sweeps(boards()) for step in sweep.steps]

    with _running(*command) as process:
        _until(lambda: states() == ["failed", "measuring", "waiting"])
        _until(lambda: sweeps(boards())[0].steps[1].now.pictures > 2)
        (seen,) = sweeps(boards())
        assert seen.running
        assert [step.asked.sources for step in seen.steps] == [30, 30, 30]
        assert "no finite number" in seen.steps[0].error or "NaN" in seen.steps[0].error
        assert seen.left is not None
        shown = texts(page("runs"))
        assert "Cell 2 of 3" in shown
        assert "of 30 pictures translated" in shown
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    (seen,) = sweeps(boards())
    assert (seen.running, seen.steps[1].state, seen.left) == (False, "begun", None)
    shown = page("runs")
    assert "stopped" in texts(shown)
    assert any(code.value.startswith("bench run --models") for code in shown.code)
    with _running(*command) as process:  # the same command again
        _until(lambda: sweeps(boards())[0].running)
        assert len(sweeps(boards())) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert sweeps(boards()) == []
    assert list((home / "running").iterdir()) == []


@linux
def test_a_training_is_told_with_its_steps_and_killed_it_is_stopped(
    home: Path, tmp_path: Path
) -> None:
    data = _pictures(tmp_path / "set", 32, trainA=4, trainB=4)
    options = {"epochs": 500, "decay-epochs": 0, "save-every": 20, "load": 32, "crop": 32}
    options |= {"blocks": 1, "width": 8, "discriminator-width": 8}
    command = ["zoo", "train", "cyclegan", "--dataset", str(data), "--device", "cpu"]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]

    def now() -> Training | None:
        return next(iter(trainings()), None)

    with _running(*command) as process:
        _until(lambda: bool((one := now()) and one.left is not None and one.saved))
        one = now()
        assert one is not None
        assert (one.running, one.total, one.finished) == (True, 2000, False)  # 4 steps an epoch
        assert f"step {one.step:,} of 2,000" in texts(page("runs")) or now() != one
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    one = now()
    assert one is not None
    assert (one.running, one.finished, one.left) == (False, False, None)
    assert "stopped" in texts(page("runs"))


# --- what the files say


def _asked(name: str, *, recorded: bool = False) -> Asked:
    return Asked(id=f"{name}-a-street-id", model=name, dataset="a", sources=4, recorded=recorded)


def _left(home: Path, *cells: Asked, began: datetime, host: str = "") -> None:
    """The file of a run that was killed then, or goes on elsewhere."""
    for old in (home / "running").glob("*.json"):
        old.unlink()
    with noted(cells, Home(home)):
        (file,) = (home / "running").glob("*.json")
        told = json.loads(file.read_text())
    told |= {"began": began.isoformat()} | ({"host": host} if host else {})
    file.write_text(json.dumps(told))


def _only() -> Sweep:
    (found,) = sweeps(boards())
    return found


def test_a_run_tells_of_itself_for_as_long_as_it_lasts(home: Path) -> None:
    with noted([_asked("one")], Home(home)):
        assert [cell.model for cell in going(Home(home))[0].cells] == ["one"]
        with noted([_asked("one")], Home(home)):  # another process with the same cells
            pass
        assert len(going(Home(home))) == 1
    assert going(Home(home)) == []
    with pytest.raises(KeyboardInterrupt), noted([_asked("one")], Home(home)):
        raise KeyboardInterrupt
    assert going(Home(home)) == []


def test_a_home_that_cannot_be_written_is_no_reason_not_to_measure(tmp_path: Path) -> None:
    (tmp_path / "running").write_text("a file, where the folder would be")
    with noted([_asked("one")], Home(tmp_path)):
        assert going(Home(tmp_path)) == []


def test_earlier_failures_wait_to_be_tried_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(home, "bad", status="error")  # 23 November 2026, 10:01
    record(home, "done")
    monkeypatch.setattr(dashboard.load.sweeps, "OLDEST", timedelta(days=9_999))
    cells = (_asked("bad"), _asked("done", recorded=True), _asked("new"))
    _left(home, *cells, began=datetime(2026, 11, 23, 11, tzinfo=UTC))
    assert [step.state for step in _only().steps] == ["waiting", "done", "waiting"]
    _left(home, *cells, began=datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert [step.state for step in _only().steps] == ["failed", "done", "waiting"]
    assert _only().steps[0].error == "OSError: <b>no</b> memory"


def test_on_another_machine_new_pictures_are_the_sign_of_life(home: Path) -> None:
    _left(home, _asked("far"), began=datetime.now(UTC) - timedelta(minutes=9), host="far-away")
    assert not _only().running
    picture = home / "runs" / _asked("far").id / "images" / "0.png"
    encode(picture, np.zeros((2, 2, 3), np.uint8))
    assert _only().running
    assert "far\\-away" in texts(page("runs")) or "far-away" in texts(page("runs"))
    old = time.time() - 300
    os.utime(picture, (old, old))
    assert not _only().running


def test_a_killed_run_is_forgotten_when_it_is_old_or_nothing_is_left(home: Path) -> None:
    _left(home, _asked("one"), began=LONG_AGO)
    assert sweeps(boards()) == []
    record(home, "two")
    _left(home, _asked("two", recorded=True), began=datetime.now(UTC))
    assert sweeps(boards()) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 3}', "\xff", '{"began": []}'])
def test_a_file_of_a_run_that_is_broken_is_left_out(home: Path, content: str) -> None:
    (home / "running").mkdir()
    (home / "running" / "bench-x.json").write_text(content, encoding="latin-1")
    assert sweeps(boards()) == []
    assert not page("runs").exception


def test_a_training_that_failed_says_why(home: Path) -> None:
    folder = home / "training" / "cyclegan-a-AtoB"
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text('{"total": 300, "model": "cyclegan"}')
    (folder / "failure.json").write_text('{"type": "AtlasError", "message": "<b>diverged</b>"}')
    (one,) = trainings()
    assert (one.total, one.finished) == (300, False)
    shown = page("runs")
    assert [text.value for text in shown.text] == ["AtlasError: <b>diverged</b>"]
    assert "failed" in texts(shown)
    (folder / "plan.json").write_text('{"total": "many", "recipe": 3}')
    (folder / "failure.json").write_text("[")
    assert not page("runs").exception


def test_a_training_keeps_the_error_that_ended_it_until_the_next_try(home: Path) -> None:
    from data.errors import AtlasError
    from zoo.train.watch import note_failure, note_plan

    folder = home / "training" / "cut-a-AtoB"
    folder.mkdir(parents=True)
    note_plan(folder, 30, {"model": "cut"})
    with pytest.raises(AtlasError), note_failure(folder):
        raise AtlasError("training diverged at step 3")
    (one,) = trainings()
    assert (one.total, one.error) == (30, "AtlasError: training diverged at step 3")
    with pytest.raises(KeyboardInterrupt), note_failure(folder):
        raise KeyboardInterrupt
    assert trainings()[0].error == ""
