"""Runs show what `bench run` and `zoo train` leave, while they do it and when it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dashboard.estimating import speeds_of
from dashboard.load.held import LOCKS, held
from dashboard.load.results import boards
from dashboard.load.runs import failed, progress, recent
from dashboard.load.trainings import header, losses, trainings
from data.images import encode
from tests.dashboard.catalogues import texts
from tests.dashboard.store import page, record

RECIPE = {
    "epochs": 3,
    "decay_epochs": 2,
    "batch": 4,
    "crop": 64,
    "generator_options": {"width": 8, "norm": "batch"},
}


def _log(folder: Path, rows: int = 5, seconds: float = 10.0) -> None:
    folder.mkdir(parents=True)
    lines = [
        json.dumps({"step": 20 * n, "time": 1_000.0 + seconds * n, "G": 9.0 / n, "D": 0.5})
        for n in range(1, rows + 1)
    ]
    (folder / "log.jsonl").write_text("\n".join(lines) + '\n{"step": 9', encoding="utf-8")


def _exported(folder: Path) -> Path:
    """A file as safetensors has it: the header's length, the header, no tensors."""
    facts = json.dumps({"model": "pix2pix", "dataset": "a-street", "direction": "AtoB"})
    told = {"__metadata__": {"facts": facts, "recipe": json.dumps(RECIPE)}}
    content = json.dumps(told).encode()
    file = folder / "latest_net_G.safetensors"
    file.write_bytes(len(content).to_bytes(8, "little") + content)
    return file


def test_nothing_yet_names_the_commands_that_start_something(home: Path) -> None:
    made = page("runs")
    assert not made.exception
    assert "bench run" in made.code[0].value
    assert "zoo train" in made.code[0].value


# --- trainings


def test_a_training_is_seen_by_its_log_while_it_runs(home: Path) -> None:
    folder = home / "training" / "pix2pix-a-street-AtoB"
    _log(folder)
    found = trainings()[0]
    assert found.step == 100
    assert found.seconds_per_step == pytest.approx(0.5)  # 10 seconds for 20 steps
    assert not found.trained
    assert losses(folder).values["G"] == pytest.approx((9.0, 4.5, 3.0, 2.25, 1.8))
    made = page("runs")
    assert not made.exception
    assert "step 100" in texts(made)


def test_a_finished_training_says_what_it_made_and_how_fast_it_was(home: Path) -> None:
    folder = home / "training" / "pix2pix-a-street-AtoB"
    _log(folder)
    file = _exported(folder)
    found = trainings()[0]
    assert found.trained == (file,)
    speed = speeds_of([found])[0]
    assert (speed.model, speed.batch, speed.crop, speed.epochs) == ("pix2pix", 4, 64, 5)
    assert speed.options == {"width": 8}
    assert any(f"pix2pix@{file}" in code.value for code in page("runs").code)


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 8, b"\x05\0\0\0\0\0\0\0{oops", b"\x02\0\0\0\0\0\0\0[]", b"\x80\x02}"]
)
def test_a_header_that_is_none_says_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    assert header(file) == {}


def test_a_broken_log_does_not_break_the_page(home: Path) -> None:
    folder = home / "training" / "broken"
    folder.mkdir(parents=True)
    (folder / "log.jsonl").write_bytes(
        b'\xff\xfe nonsense\n[1]\n{"step": "x", "time": 1}\n{}\nnull\n'
    )
    made = page("runs")
    assert not made.exception
    assert trainings()[0].step == 0


# --- runs


def test_pictures_without_a_record_are_a_run_in_progress(home: Path) -> None:
    images = home / "runs" / "abc123" / "images"
    for n in range(3):
        encode(images / f"{n}.png", np.zeros((2, 2, 3), np.uint8))
        os.utime(images / f"{n}.png", (1_000 + 2 * n, 1_000 + 2 * n))
    found = progress(boards())[0]
    assert (found.id, found.pictures, found.running) == ("abc123", 3, False)
    assert found.a_second == pytest.approx(0.5)  # two more in four seconds
    assert "3 pictures translated" in texts(page("runs"))


def test_a_run_with_a_record_is_no_longer_in_progress(home: Path) -> None:
    made = record(home, "cyclegan.tiny")
    encode(home / "runs" / made.id / "images" / "0.png", np.zeros((2, 2, 3), np.uint8))
    assert made.id not in {one.id for one in progress(boards())}
    assert [made.id] == [one.id for one in recent(boards())]


def test_failures_are_shown_with_their_errors_as_text(home: Path) -> None:
    record(home, "bad", status="error")
    assert [one.model for one in failed(boards())] == ["bad"]
    made = page("runs")
    assert not made.exception
    assert [text.value for text in made.text] == ["OSError: <b>no</b> memory"]


def test_a_file_that_is_no_record_is_named(home: Path) -> None:
    record(home, "good")
    (home / "results" / "a-street" / "good" / "x.json").write_text("{")
    made = page("runs")
    assert not made.exception
    assert any("x.json" in text.value for text in made.text)


@pytest.mark.skipif(not LOCKS.is_file(), reason="only Linux tells who holds a lock")
def test_a_lock_is_seen_without_being_touched(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    assert not held(path)
    hold = (
        "import sys; from filelock import FileLock\n"
        "with FileLock(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as other:
        assert other.stdout.readline() == "held\n"
        assert held(path)
        other.stdin.close()
        other.wait(30)
    assert not held(path)
