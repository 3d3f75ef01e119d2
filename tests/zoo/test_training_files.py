"""What training leaves on disk is whole, finite and of one training."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.fabric import Fabric

import zoo.train.run
from data.datasets import Dataset, load_dataset
from data.errors import AtlasError, StorageProblem
from data.paths import Home
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.loop import Pace, train
from zoo.train.pictures import Pictures
from zoo.train.run import Place, train_model
from zoo.train.watch import Watch, cut_log, log

TINY = Recipe(
    method="unpaired",
    generator="resnet",
    generator_options={"blocks": 1, "width": 2},
    discriminator_options={"width": 2, "layers": 1},
    epochs=2,
    decay_epochs=1,
    load=24,
    crop=16,
    pool=3,
)


def _pictures(count: int = 6) -> Pictures:
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 256, (count, 3, 24, 24), generator=rng).to(torch.uint8) for _ in "ab")
    return Pictures(a, b, False)


def _train(recipe: Recipe, out: Path, pictures: Pictures | None = None, every: int = 0) -> None:
    fabric = Fabric(accelerator="cpu", devices=1)
    out.mkdir(exist_ok=True)
    question = {"recipe": recipe.to_json()}
    train(
        recipe,
        pictures or _pictures(),
        out,
        fabric,
        question,
        lambda *_: None,
        Pace(save_every=every),
    )


def _steps(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


class _Poisoned(Pictures):
    """Gives NaN at step 8, counted from 1."""

    def batch(self, step: int, *rest: Any, **more: Any) -> tuple[torch.Tensor, ...]:
        a, b = super().batch(step, *rest, **more)
        return (a * float("nan"), b) if step == 7 else (a, b)


def test_divergence_is_told_with_its_step_and_keeps_the_good_checkpoint(tmp_path: Path) -> None:
    base = _pictures()
    # Step 9 is when the next checkpoint is due; losses are only looked at every 20 steps.
    with pytest.raises(AtlasError, match="training diverged at step 8:"):
        _train(TINY, tmp_path, _Poisoned(base.a, base.b, False), every=3)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["step"] == 6
    for net in state["nets"].values():
        assert all(bool(value.isfinite().all()) for value in net.values())


def test_weights_that_became_nan_in_the_last_step_are_noticed() -> None:
    from zoo.train.unpaired import Unpaired

    method = Unpaired(TINY, torch.device("cpu"))
    watch = Watch(torch.device("cpu"))
    watch.see({"G": torch.tensor(1.0)}, 5)
    watch.check(method, 5)
    with torch.no_grad():
        next(method.g_ba.parameters())[0, 0, 0, 0] = float("inf")
    with pytest.raises(AtlasError, match="at step 5:"):
        watch.check(method, 5)


def test_the_first_bad_step_is_the_one_that_is_told() -> None:
    watch = Watch(torch.device("cpu"))
    for step, value in enumerate([1.0, float("inf"), 1.0, float("nan")], start=1):
        watch.see({"G": torch.tensor(1.0), "D": torch.tensor(value)}, step)
    with pytest.raises(AtlasError, match="at step 2:"):
        watch.check_losses()


def test_the_log_has_every_step_once_after_a_kill(tmp_path: Path) -> None:
    class Killed(Pictures):
        def batch(self, step: int, *rest: Any, **more: Any) -> tuple[torch.Tensor, ...]:
            if step == 70:
                raise RuntimeError("killed")
            return super().batch(step, *rest, **more)

    recipe, base = replace(TINY, epochs=20), _pictures()
    with pytest.raises(RuntimeError, match="killed"):
        _train(recipe, tmp_path, Killed(base.a, base.b, False), every=50)
    path = tmp_path / "log.jsonl"
    assert _steps(path) == [20, 40, 60]
    path.write_text(path.read_text() + '{"step": 64, "ti')  # the line that the kill cut short
    _train(recipe, tmp_path, every=50)
    assert _steps(path) == [20, 40, 60, 80, 100, 120, 126]


def test_a_log_without_a_checkpoint_begins_anew(tmp_path: Path) -> None:
    log(tmp_path, 20, {"G": 1.0})
    log(tmp_path, 40, {"G": 1.0})
    cut_log(tmp_path, 20)
    assert _steps(tmp_path / "log.jsonl") == [20]
    cut_log(tmp_path, 0)
    assert _steps(tmp_path / "log.jsonl") == []


def test_a_log_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(StorageProblem, match=r"cannot write .*log\.jsonl"):
        _train(TINY, tmp_path)


def test_a_full_disk_is_a_clear_error_and_keeps_the_good_checkpoint(tmp_path: Path) -> None:
    # The quota of this process stands for the disk: the system refuses the write just so.
    code = f"""
import resource, signal, sys, torch
from pathlib import Path
from lightning.fabric import Fabric
from data.errors import StorageProblem
from zoo.recipe import Recipe
from zoo.train.checkpoint import Run, save
from zoo.train.ema import Averages
from zoo.train.unpaired import Unpaired
recipe = Recipe(method="unpaired", generator="resnet",
                generator_options={{"blocks": 1, "width": 8}},
                discriminator_options={{"width": 2, "layers": 1}})
fabric = Fabric(accelerator="cpu", devices=1)
method = Unpaired(recipe, fabric.device)
path = Path({str(tmp_path / "checkpoint.pt")!r})
run = Run(method=method, averages=Averages(method, 0.0), step=1)
save(path, fabric, run, {{}})
run.step = 2
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for limit in (1, 5_000, 100_000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        save(path, fabric, run, {{}})
    except StorageProblem as problem:
        print(problem.message)
print(torch.load(path, weights_only=True)["step"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    message = f"no space left to write {tmp_path / 'checkpoint.pt'}"
    assert done.stdout.splitlines() == [message] * 3 + ["1"], done.stderr
    assert [tmp_path / "checkpoint.pt"] == list(tmp_path.iterdir())


def test_an_epoch_leaves_no_picture_out() -> None:
    marks = torch.arange(7, dtype=torch.uint8)[:, None, None, None].expand(7, 3, 16, 16)
    pictures = Pictures(marks, marks[:5], False)
    recipe = replace(TINY, load=16, flip=False, batch=3)
    assert [pictures.steps(batch) for batch in (1, 2, 3, 100)] == [7, 4, 3, 1]
    for domain, count in enumerate((7, 5)):
        shown = [pictures.batch(step, recipe)[domain][:, 0, 0, 0] for step in range(3)]
        seen = ((torch.cat(shown) + 1) * 127.5).round().int().tolist()
        assert set(range(count)) == set(seen)


@pytest.fixture
def dataset(tmp_path: Path, pictures: Callable[..., Path]) -> Dataset:
    """A small unpaired set."""
    return load_dataset(str(pictures("set", {"trainA": 2, "trainB": 2})), Home(tmp_path))


def test_two_trainings_never_share_a_folder(dataset: Dataset, tmp_path: Path) -> None:
    zoo_command = Path(sys.executable).with_name("zoo")
    tiny = "--load 24 --crop 16 --width 2 --blocks 1 --device cpu --epochs 9999"
    tiny += " --discriminator-width 2 --discriminator-layers 1"
    command = [str(zoo_command), "train", "cyclegan", "--dataset", str(dataset.root)]
    command += ["--out", str(tmp_path / "out"), *tiny.split()]
    environment = {**os.environ, "ATLAS_HOME": str(tmp_path / "home")}
    place = Place(out=tmp_path / "out", accelerator="cpu")
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "out" / "log.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        with pytest.raises(AtlasError, match="another `zoo train` works in") as problem:
            train_model(card("cyclegan"), TINY, dataset, "AtoB", place)
        assert "--out" in str(problem.value.hint)
    finally:
        running.send_signal(signal.SIGKILL)
        talk = running.communicate()[1]
    assert "cyclegan: step 20 of " in talk  # told where stderr is no terminal
    # The lock died with its process.
    (tmp_path / "out" / "checkpoint.pt").unlink(missing_ok=True)
    assert train_model(card("cyclegan"), TINY, dataset, "AtoB", place).files


def test_progress_is_told_line_by_line_where_no_bar_is_seen(
    dataset: Dataset,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zoo.train.run, "EVERY", 0.0)
    place = Place(out=tmp_path / "out", accelerator="cpu")
    train_model(card("cyclegan"), replace(TINY, epochs=40), dataset, "AtoB", place)
    lines = [line for line in capsys.readouterr().err.splitlines() if ": step " in line]
    assert [line.split(",")[0] for line in lines] == [
        f"cyclegan: step {step} of 82" for step in (20, 40, 60, 80, 82)
    ]
    assert "it/s" in lines[-1]
    assert "min to go" in lines[-1]
    assert "cycle " in lines[-1]
