"""Validation scores the generators, keeps the best ones, and changes nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from safetensors import safe_open
from safetensors.torch import load_file

from data.datasets import Dataset, load_dataset
from data.errors import UsageProblem
from data.paths import Home
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.checkpoint import Run
from zoo.train.loop import Pace, train
from zoo.train.pictures import Pictures
from zoo.train.run import Place, train_model
from zoo.train.validate import Validation, find_measure

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


@pytest.fixture
def dataset(tmp_path: Path, pictures: Callable[..., Path]) -> Dataset:
    """A small unpaired set with a test split."""
    counts = {"trainA": 3, "trainB": 3, "testA": 4, "testB": 4}
    return load_dataset(str(pictures("set", counts)), Home(tmp_path))


def _pictures(count: int = 6) -> Pictures:
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 256, (count, 3, 24, 24), generator=rng).to(torch.uint8) for _ in "ab")
    return Pictures(a, b, False)


def _train(recipe: Recipe, out: Path, pace: Pace | None = None) -> Run:
    fabric = Fabric(accelerator="cpu", devices=1, precision=recipe.precision)
    out.mkdir(exist_ok=True)
    question = {"recipe": recipe.to_json()}
    return train(recipe, _pictures(), out, fabric, question, lambda *_: None, pace or Pace())


def test_the_best_generators_are_kept_beside_the_last(tmp_path: Path) -> None:
    scores = iter([3.0, 9.0, 1.0, 9.0, 2.0, 9.0])  # AtoB and BtoA in turn, at steps 6, 12 and 18

    def measure(outputs: torch.Tensor, references: torch.Tensor) -> float:
        assert outputs.dtype == references.dtype == torch.uint8
        assert outputs.shape == (4, 3, 16, 16)
        return next(scores)

    some = torch.randint(0, 256, (4, 3, 16, 16)).to(torch.uint8)
    validation = Validation(
        name="mine",
        measure=measure,
        pictures={"AtoB": (some, some), "BtoA": (some, some)},
        out=tmp_path,
        facts={"model": "cyclegan"},
    )
    kept: dict[int, dict[str, torch.Tensor]] = {}

    def validate(run: Run) -> dict[str, float]:
        kept[run.step] = {k: v.clone() for k, v in run.averages.net("G_A").state_dict().items()}
        return validation(run)

    run = _train(TINY, tmp_path, Pace(validate_every=6, validate=validate))
    assert run.notes["best"]["AtoB"] == {"measure": "mine", "value": 1.0, "step": 12}
    assert run.notes["best"]["BtoA"] == {"measure": "mine", "value": 9.0, "step": 6}
    best = load_file(tmp_path / "best_net_G_A.safetensors")
    assert all(torch.equal(value, best[key]) for key, value in kept[12].items())
    with safe_open(tmp_path / "best_net_G_A.safetensors", framework="pt") as file:
        facts = json.loads(file.metadata()["facts"])
    assert (facts["which"], facts["step"], facts["direction"]) == ("best", 12, "AtoB")
    sheets = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert sheets[:2] == ["00000006-AtoB.png", "00000006-BtoA.png"]
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["mine AtoB"] for line in lines if "mine AtoB" in line] == [3.0, 1.0, 2.0]


def test_validation_leaves_the_training_as_it_is(dataset: Dataset, tmp_path: Path) -> None:
    files = []
    for every in (0, 2):
        place = Place(out=tmp_path / f"{every}", accelerator="cpu", validate_every=every)
        files.append(train_model(card("cyclegan"), TINY, dataset, "AtoB", place).files["AtoB"])
    plain, validated = map(load_file, files)
    assert all(torch.equal(value, validated[key]) for key, value in plain.items())
    with safe_open(files[1], framework="pt") as file:
        facts = json.loads(file.metadata()["facts"])
    assert (facts["which"], facts["step"]) == ("last", 9)
    assert facts["best"]["AtoB"]["measure"] == "fid-texture"


def test_the_best_can_be_what_is_given_back(dataset: Dataset, tmp_path: Path) -> None:
    place = Place(out=tmp_path / "out", accelerator="cpu", validate_every=4, export="best")
    files = train_model(card("cyclegan"), TINY, dataset, "AtoB", place).files
    assert [file.name for file in files.values()] == [
        "best_net_G_A.safetensors",
        "best_net_G_B.safetensors",
    ]
    nothing = Place(out=tmp_path / "other", accelerator="cpu", export="best")
    with pytest.raises(UsageProblem, match="no validation has made") as problem:
        train_model(card("cyclegan"), TINY, dataset, "AtoB", nothing)
    assert "--validate-every" in str(problem.value.hint)


def test_validation_needs_a_split_and_a_known_measure(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    data = load_dataset(str(pictures("bare", {"trainA": 2, "trainB": 2})), Home(tmp_path))
    place = Place(out=tmp_path / "out", accelerator="cpu", validate_every=1)
    with pytest.raises(UsageProblem, match="neither a val nor a test split"):
        train_model(card("cyclegan"), TINY, data, "AtoB", place)
    with pytest.raises(UsageProblem, match="did you mean 'fid-texture'"):
        find_measure("fid-textures")


def test_fid_texture_is_that_of_bench() -> None:
    rng = np.random.default_rng(0)
    same = torch.from_numpy(rng.integers(0, 256, (6, 3, 32, 32), dtype=np.uint8))
    dark = (same / 2).to(torch.uint8)
    measure = find_measure("fid-texture")
    assert measure(same, same) == pytest.approx(0.0, abs=1e-6)
    assert measure(dark, same) > 0.1
