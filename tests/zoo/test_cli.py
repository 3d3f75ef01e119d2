"""The zoo command: lists, translates files and folders, trains, and never shows a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from zoo.cli import main


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_ls_lists_every_model_as_json_lines() -> None:
    rows = [json.loads(line) for line in _run("ls", "--json").stdout.splitlines()]
    models = {row["name"].split(".")[0] for row in rows}
    assert {"cyclegan", "ganilla", "identity", "pix2pix"} <= models
    narrowed = [json.loads(line) for line in _run("ls", "pix2pix.*", "--json").stdout.splitlines()]
    names = [row["name"] for row in narrowed]
    assert names[0] == "pix2pix.photo2toon"  # the bundled one is what the bare name means
    assert "pix2pix.day2night" in names
    assert all(name.startswith("pix2pix.") for name in names)


def test_show_says_paper_licence_and_weights() -> None:
    shown = _run("show", "pix2pix").stdout
    for part in ("arXiv 1611.07004", "BSD-2-Clause", "sha256", "zoo train pix2pix"):
        assert part in shown
    assert json.loads(_run("show", "pix2pix", "--json").stdout)["paper"] == "1611.07004"


def test_an_unknown_model_offers_the_nearest_and_exits_2() -> None:
    result = _run("show", "gannilla")
    assert result.exit_code == 2
    assert "did you mean 'ganilla'" in result.stderr


def test_a_folder_keeps_names_and_skips_what_cannot_be_read(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    folder = pictures("in", {"": 0, "sub": 1}, size=9)
    Image.new("RGB", (5, 4)).save(folder / "photo.jpg")
    Image.new("RGB", (5, 4)).save(folder / "photo.png")
    (folder / "broken.png").write_text("no picture")
    result = _run("translate", "--model", "identity", folder, tmp_path / "out")
    made = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.png"))
    assert made == ["photo.jpg.png", "photo.png.png", "sub/0.png"]
    assert result.exit_code == 3
    assert "skipped: " in result.stderr
    assert "broken.png cannot be read as a picture" in result.stderr
    assert "3 of 4 pictures translated" in result.stderr


def test_a_file_goes_to_a_file(tmp_path: Path) -> None:
    Image.new("RGB", (33, 21), (9, 8, 7)).save(tmp_path / "in.png")
    result = _run("translate", "--model", "identity", tmp_path / "in.png", tmp_path / "o.png")
    assert result.exit_code == 0
    with Image.open(tmp_path / "o.png") as made:
        assert (made.size, made.getpixel((0, 0))) == ((33, 21), (9, 8, 7))


@pytest.mark.parametrize("source", ["nothing-here", "empty"])
def test_nothing_to_translate_is_a_usage_problem(tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    result = _run("translate", "--model", "identity", tmp_path / source, tmp_path / "out")
    assert result.exit_code == 2
    assert "error:" in result.stderr


def test_only_broken_pictures_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("no")
    result = _run("translate", "--model", "identity", tmp_path / "x.png", tmp_path / "out")
    assert result.exit_code == 1


def test_a_baseline_cannot_be_trained() -> None:
    result = _run("train", "identity", "--dataset", "photo2toon")
    assert result.exit_code == 2
    assert "cannot be trained" in result.stderr


def test_a_killed_training_says_how_to_go_on_and_does(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    root = pictures("set", {"trainA": 4, "trainB": 4})
    zoo = Path(sys.executable).with_name("zoo")
    tiny = "--load 24 --crop 16 --width 2 --blocks 1 --device cpu"
    tiny += " --discriminator-width 2 --discriminator-layers 1"
    command = [str(zoo), "train", "cyclegan", "--dataset", str(root), *tiny.split()]
    command += ["--epochs", "400", "--decay-epochs", "0", "--out", str(tmp_path / "out")]
    environment = {**os.environ, "ATLAS_HOME": str(tmp_path / "home")}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "out" / "log.jsonl"
    deadline = time.monotonic() + 60
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    running.send_signal(signal.SIGTERM)
    talk = running.communicate(timeout=60)[1]
    assert running.returncode == 130, talk
    assert "the same command goes on from here" in talk
    import torch

    step = torch.load(tmp_path / "out" / "checkpoint.pt", weights_only=True)["step"]
    assert step >= json.loads(log.read_text().splitlines()[-1])["step"]


def test_listing_imports_no_torch() -> None:
    code = "import sys, zoo.cli, zoo.registry; zoo.registry.names(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_path_prints_where_weights_are(tmp_path: Path) -> None:
    assert f"{tmp_path / 'weights'}\n" == _run("path", "--home", tmp_path).stdout


def test_a_model_that_gives_nan_is_an_error_and_not_a_traceback(tmp_path: Path) -> None:
    import torch

    from zoo.architectures import Architecture, build

    state = build(Architecture("resnet", {"blocks": 1, "width": 2})).state_dict()
    state["model.1.weight"].fill_(float("nan"))
    torch.save(state, tmp_path / "nan.pth")
    Image.new("RGB", (16, 16)).save(tmp_path / "x.png")
    model = f"cyclegan@{tmp_path / 'nan.pth'}"
    result = _run("translate", "--model", model, tmp_path / "x.png", tmp_path / "y.png")
    assert result.exit_code == 1
    assert "gave NaN or infinity" in result.stderr


def test_two_processes_train_one_model(tmp_path: Path, pictures: Callable[..., Path]) -> None:
    root = pictures("set", {"trainA": 8, "trainB": 8})
    zoo = Path(sys.executable).with_name("zoo")
    tiny = "--load 24 --crop 16 --width 2 --blocks 1 --device cpu"
    tiny += " --discriminator-width 2 --discriminator-layers 1"
    command = [str(zoo), "train", "cyclegan", "--dataset", str(root), *tiny.split()]
    command += ["--epochs", "2", "--decay-epochs", "1", "--devices", "2"]
    command += ["--out", str(tmp_path / "out")]
    environment = {**os.environ, "ATLAS_HOME": str(tmp_path / "home"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    import torch

    state = torch.load(tmp_path / "out" / "checkpoint.pt", weights_only=True)
    assert len(state["ranks"]) == 2
    assert state["step"] == 3 * 4  # eight pictures by two processes: four steps an epoch
    assert (tmp_path / "out" / "latest_net_G_A.safetensors").is_file()
