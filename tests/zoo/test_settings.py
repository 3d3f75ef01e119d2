"""Settings that cannot be trained with are refused at once, with the flags that help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from data.datasets import Dataset
from data.errors import UsageProblem
from zoo.ask import OPTIONS, recipe_of
from zoo.cli import main
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.check import check_recipe
from zoo.train.run import Trained


@pytest.fixture
def sets(pictures: Callable[..., Path]) -> dict[str, Path]:
    """A set for every method."""
    unpaired = pictures("unpaired", {"trainA": 2, "trainB": 2})
    paired = pictures("paired", {"A": 2, "B": 2})
    return {"cyclegan": unpaired, "ganilla": unpaired, "pix2pix": paired}


def _train(data: Path, model: str, out: Path, *flags: str) -> Result:
    words = ["train", model, "--dataset", str(data), "--out", str(out), *flags]
    return CliRunner().invoke(main, words)


BAD = [
    ("pix2pix", "--blocks 6", "the unet generator of pix2pix has no --blocks", "--depth"),
    ("cyclegan", "--depth 7", "the resnet generator of cyclegan has no --depth", "--blocks"),
    ("ganilla", "--blocks 6", "the ganilla generator of ganilla has no --blocks", "--width"),
    ("pix2pix", "--load 128 --crop 128", "multiples of 256 pixels", "--depth 7"),
    ("pix2pix", "--load 143 --crop 100", "multiples of 256 pixels", "--load 256 --crop 256"),
    ("pix2pix", "--load 128 --crop 96 --depth 6", "multiples of 64 pixels", "--depth 5"),
    ("cyclegan", "--load 100 --crop 98", "multiples of 4 pixels", "--crop 96"),
    ("ganilla", "--load 100 --crop 100", "multiples of 16 pixels", "--crop 96"),
    ("ganilla", "--load 16 --crop 16", "32 at least", "--load 32 --crop 32"),
    ("cyclegan", "--load 64", "crop 256 is larger than load 64", "--crop 64"),
    ("cyclegan", "--load 16 --crop 16", "too small for a discriminator", "-layers 2"),
    ("cyclegan", "--discriminator-layers 99", "too small for a discriminator", "-layers 6"),
    ("cyclegan", "--epochs 0 --decay-epochs 0", "no epoch to train", "--epochs 1"),
    ("cyclegan", "--learning-rate nan", "is no number above 0", "0.0002"),
    ("cyclegan", "--learning-rate inf", "is no number above 0", "0.0002"),
    ("cyclegan", "--learning-rate -1", "is not in the range", ""),
    ("cyclegan", "--learning-rate 0", "is not in the range", ""),
    ("cyclegan", "--seed -1", "is not in the range", ""),
    ("cyclegan", f"--seed {2**64}", "is not in the range", ""),
    ("cyclegan", "--width 99999", "is not in the range", ""),
]


@pytest.mark.parametrize(("model", "flags", "message", "help_"), BAD)
def test_settings_of_no_network_are_refused(
    model: str, flags: str, message: str, help_: str, sets: dict[str, Path], tmp_path: Path
) -> None:
    result = _train(sets[model], model, tmp_path / "out", "--device", "cpu", *flags.split())
    assert result.exit_code == 2, result.stderr
    assert message in result.stderr
    assert help_ in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_here_is_refused(
    device: str, sets: dict[str, Path], tmp_path: Path
) -> None:
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if here[device]:
        pytest.skip("this machine has one")
    result = _train(sets["cyclegan"], "cyclegan", tmp_path / "out", "--device", device)
    assert result.exit_code == 2, result.stderr
    assert f"device '{device}' is not available" in result.stderr


@pytest.mark.parametrize("where", ["file/out", "file/deeper/out"])
def test_an_output_folder_that_cannot_be_is_an_error(
    where: str, sets: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    result = _train(sets["cyclegan"], "cyclegan", tmp_path / where, "--device", "cpu")
    assert result.exit_code == 1, result.stderr
    assert "error: cannot write" in result.stderr


def test_settings_of_the_papers_and_of_the_bundled_weights_pass() -> None:
    for name in ("cyclegan", "ganilla", "pix2pix"):
        recipe = card(name).recipe
        assert recipe is not None
        check_recipe(name, recipe)
    small = recipe_of(card("pix2pix"), {"depth": 5, "width": 14, "load": 104, "crop": 96})
    check_recipe("pix2pix", small)
    with pytest.raises(UsageProblem, match="below 0"):
        check_recipe("pix2pix", replace(small, seed=-1))


def test_the_help_of_every_setting_says_what_holds_without_it() -> None:
    for name, _, text in OPTIONS:
        assert "[paper: " in text or "[default: " in text, name
    shown = CliRunner().invoke(main, ["train", "--help"]).stdout
    assert "[paper: 286]" in shown
    assert f"[paper: {Recipe(method='paired', generator='unet').epochs}]" in shown


@pytest.mark.parametrize(("given", "taken"), [([], "BtoA"), (["--direction", "AtoB"], "AtoB")])
def test_the_direction_is_the_data_sets_own_where_none_is_given(
    given: list[str], taken: str, sets: dict[str, Path], tmp_path: Path, monkeypatch: Any
) -> None:
    import data.datasets

    load = data.datasets.load_dataset
    seen: list[tuple[str, Path]] = []

    def loaded(*arguments: Any) -> Dataset:
        return replace(load(*arguments), default_direction="BtoA")

    def trained(entry: Any, recipe: Any, data: Any, direction: str, place: Any) -> Trained:
        seen.append((direction, place.out))
        return Trained({}, complete=True)

    monkeypatch.setattr("data.datasets.load_dataset", loaded)
    monkeypatch.setattr("zoo.train.run.train_model", trained)
    words = ["train", "cyclegan", "--dataset", str(sets["cyclegan"]), "--home", str(tmp_path)]
    assert CliRunner().invoke(main, [*words, *given]).exit_code == 0
    assert seen == [(taken, tmp_path / "training" / f"cyclegan-unpaired-{taken}")]
