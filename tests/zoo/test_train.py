"""Training follows the papers, and goes on exactly where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.fabric import Fabric
from safetensors import safe_open
from safetensors.torch import load_file

import zoo
from data.datasets import load_dataset
from data.errors import AtlasError, UsageProblem
from data.paths import Home
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.loop import Pace, rate_factor, train
from zoo.train.losses import gan_loss
from zoo.train.pictures import Pictures
from zoo.train.pool import ImagePool
from zoo.train.run import Place, train_model

TINY = Recipe(
    method="unpaired",
    generator="resnet",
    generator_options={"blocks": 1, "width": 2},
    discriminator_options={"width": 2, "layers": 1},
    epochs=2,
    decay_epochs=1,
    batch=2,
    load=24,
    crop=16,
    pool=3,
)
PAIRED = replace(
    TINY,
    method="paired",
    generator="unet",
    generator_options={"depth": 3, "width": 2, "norm": "batch", "dropout": True},
    gan="vanilla",
    pool=0,
)


def _pictures(paired: bool) -> Pictures:
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 256, (6, 3, 24, 24), generator=rng).to(torch.uint8) for _ in "ab")
    return Pictures(a, b, paired)


def _train(recipe: Recipe, out: Path, stop_at: int = 0) -> dict[str, Any]:
    def report(done: int, total: int, losses: dict[str, float]) -> None:
        pass

    class Stop(Exception):
        pass

    class Stopping(Pictures):
        def batch(self, step: int, *rest: Any, **more: Any) -> tuple[torch.Tensor, ...]:
            if stop_at and step == stop_at:
                raise Stop
            return super().batch(step, *rest, **more)

    base = _pictures(recipe.method == "paired")
    pictures = Stopping(base.a, base.b, base.paired)
    fabric = Fabric(accelerator="cpu", devices=1, precision=recipe.precision)
    out.mkdir(exist_ok=True)
    try:
        pace = Pace(save_every=2)
        run = train(recipe, pictures, out, fabric, {"recipe": recipe.to_json()}, report, pace)
    except Stop:
        return {}
    return {name: net.state_dict() for name, net in run.method.nets.items()}


@pytest.mark.parametrize("recipe", [TINY, PAIRED], ids=["unpaired", "paired"])
def test_killed_training_goes_on_to_the_very_same_weights(recipe: Recipe, tmp_path: Path) -> None:
    expected = _train(recipe, tmp_path / "whole")
    # Step 5 is after the checkpoint of step 4 and in the middle of an epoch; the pool is full.
    assert _train(recipe, tmp_path / "killed", stop_at=5) == {}
    found = _train(recipe, tmp_path / "killed")
    for net, state in expected.items():
        for key, value in state.items():
            assert torch.equal(value, found[net][key]), f"{net}.{key}"


def test_a_checkpoint_from_before_a_setting_existed_goes_on_as_its_default(tmp_path: Path) -> None:
    expected = _train(TINY, tmp_path / "whole")
    _train(TINY, tmp_path / "older", stop_at=5)
    [kept] = (path for path in (tmp_path / "older").iterdir() if path.suffix == ".pt")
    state = torch.load(kept, weights_only=True)
    del state["question"]["recipe"]["zoom"]
    torch.save(state, kept)
    found = _train(TINY, tmp_path / "older")
    for net, weights in expected.items():
        for key, value in weights.items():
            assert torch.equal(value, found[net][key]), f"{net}.{key}"


def test_other_settings_do_not_continue_a_checkpoint(tmp_path: Path) -> None:
    _train(TINY, tmp_path, stop_at=3)
    with pytest.raises(AtlasError, match=r"trained with other settings: recipe \(seed\)"):
        _train(replace(TINY, seed=1), tmp_path)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    _train(TINY, tmp_path, stop_at=3)
    checkpoint = tmp_path / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:200])
    with pytest.raises(AtlasError, match="no checkpoint that can be read"):
        _train(TINY, tmp_path)


def test_divergence_is_an_error_and_not_a_model(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="training diverged"):
        _train(replace(TINY, learning_rate=1e30), tmp_path)


def test_the_rate_falls_linearly_after_the_first_epochs() -> None:
    recipe = replace(TINY, epochs=100, decay_epochs=100)
    assert 1.0 == rate_factor(recipe, 0) == rate_factor(recipe, 99)
    assert rate_factor(recipe, 100) == 1 - 1 / 101
    assert rate_factor(recipe, 199) == 1 - 100 / 101


def test_crops_depend_on_the_step_alone_and_pairs_are_cropped_alike() -> None:
    pictures = _pictures(paired=True)
    same = Pictures(pictures.a, pictures.a, True)
    first, again = same.batch(4, TINY), same.batch(4, TINY)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[0], first[1])
    assert not torch.equal(first[0], same.batch(5, TINY)[0])
    assert first[0].shape == (2, 3, 16, 16)
    assert -1.0 <= first[0].min() < first[0].max() <= 1.0


def test_an_epoch_shows_every_picture_once() -> None:
    recipe = replace(TINY, load=16, flip=False)
    marks = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 3, 16, 16)
    pictures = Pictures(marks, marks, False)
    seen = torch.cat([pictures.batch(step, recipe)[0][:, 0, 0, 0] for step in range(3)])
    assert list(range(6)) == sorted(((seen + 1) * 127.5).round().int().tolist())


def test_processes_share_the_pictures_of_a_step() -> None:
    recipe = replace(TINY, load=16, flip=False, batch=1)
    marks = torch.arange(6, dtype=torch.uint8)[:, None, None, None].expand(6, 3, 16, 16)
    pictures = Pictures(marks, marks, False)
    shown = [pictures.batch(0, recipe, rank, 2)[0][0, 0, 0, 0].item() for rank in range(2)]
    assert shown[0] != shown[1]


def test_the_pool_fills_first_and_then_swaps_half_of_the_time() -> None:
    pool = ImagePool(2, seed=0)
    new = [torch.full((1, 3, 2, 2), float(i)) for i in range(200)]
    given = [pool.exchange(fake) for fake in new]
    assert torch.equal(new[0], given[0])
    assert torch.equal(new[1], given[1])
    kept = sum(torch.equal(a, b) for a, b in zip(new[2:], given[2:], strict=True))
    assert 70 < kept < 130
    assert torch.equal(new[5], ImagePool(0, seed=0).exchange(new[5]))


def test_losses_are_those_of_the_papers() -> None:
    verdict = torch.tensor([0.0, 2.0])
    assert gan_loss("lsgan", verdict, True) == 1.0
    assert gan_loss("lsgan", verdict, False) == 2.0
    expected = torch.log1p(torch.exp(-verdict)).mean()
    torch.testing.assert_close(expected, gan_loss("vanilla", verdict, True))


def test_what_is_trained_is_exported_and_loads_by_its_file(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    root = pictures("set", {"trainA": 4, "trainB": 4})
    data = load_dataset(str(root), Home(tmp_path))
    place = Place(out=tmp_path / "out", accelerator="cpu")
    files = train_model(card("cyclegan"), TINY, data, "AtoB", place).files
    assert list(files) == ["AtoB", "BtoA"]
    with safe_open(files["AtoB"], framework="pt") as file:
        header = file.metadata()
    assert json.loads(header["architecture"]) == {
        "kind": "resnet",
        "options": {"blocks": 1, "width": 2},
    }
    assert len(json.loads(header["facts"])["data_digest"]) == 64
    assert TINY.to_json() == json.loads(header["recipe"])
    assert {"commit", "torch"} <= set(header)
    translator = zoo.load(f"cyclegan@{files['AtoB']}", device="cpu")
    given = torch.randint(0, 256, (1, 3, 20, 20), dtype=torch.uint8)
    assert given.shape == translator(given).shape
    before = load_file(files["AtoB"])
    train_model(card("cyclegan"), TINY, data, "AtoB", place)  # over already: only exports
    assert all(torch.equal(v, load_file(files["AtoB"])[k]) for k, v in before.items())


def test_a_paired_method_needs_pairs(tmp_path: Path, pictures: Callable[..., Path]) -> None:
    data = load_dataset(str(pictures("set", {"trainA": 2, "trainB": 2})), Home(tmp_path))
    with pytest.raises(UsageProblem, match="has no pairs"):
        train_model(card("pix2pix"), PAIRED, data, "AtoB", Place(out=tmp_path / "out"))


def test_a_crop_larger_than_the_picture_is_refused(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    data = load_dataset(str(pictures("set", {"trainA": 2, "trainB": 2})), Home(tmp_path))
    recipe = replace(TINY, load=16, crop=32)
    with pytest.raises(UsageProblem, match="crop 32 is larger than load 16"):
        train_model(card("cyclegan"), recipe, data, "AtoB", Place(out=tmp_path / "out"))
