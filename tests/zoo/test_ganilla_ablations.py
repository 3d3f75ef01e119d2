"""GANILLA without each of its ideas, recognised by its keys and trained by a file of settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import zoo
from data.errors import UsageProblem
from zoo.architectures import Architecture, build, takes
from zoo.ask import recipe_of
from zoo.nets.ganilla import GanillaGenerator
from zoo.registry import card
from zoo.train.check import check_recipe

VARIANTS = [
    {"shortcut": "add"},
    {"pyramid": False},
    {"shortcut": "add", "pyramid": False},
    {"layers": 34},
]


def _count(**options: object) -> int:
    return sum(p.numel() for p in GanillaGenerator(**options).parameters())


def test_parameters_are_those_of_the_published_networks_less_what_is_taken_out() -> None:
    assert _count() == 7_228_419
    assert _count(layers=34) == 13_274_115
    # The fusing convolutions, 9·2c·c for both blocks of each layer of c channels.
    fusing = sum(2 * 18 * c * c for c in (64, 128, 128, 256))
    assert _count(shortcut="add") == 7_228_419 - fusing
    # The pyramid has 148,032; transposed convolutions 9·in·out + out.
    plain = sum(9 * a * b + b for a, b in ((256, 128), (128, 128), (128, 64), (64, 64)))
    assert _count(pyramid=False) == 7_228_419 - 148_032 + plain


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_a_variant_is_recognised_by_its_keys(options: dict[str, object], tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = build(Architecture("ganilla", {"width": 4, **options})).eval()
    torch.save(net.state_dict(), tmp_path / "net.pth")
    translator = zoo.load(f"ganilla@{tmp_path / 'net.pth'}", device="cpu", precision="float32")
    assert translator.architecture == Architecture("ganilla", {**options, "width": 4})
    x = torch.rand(1, 3, 32, 48) * 2 - 1
    with torch.no_grad():
        # In float64: a norm over six values of a small network magnifies what is rounded.
        found = translator.module.double()(x.double())
        torch.testing.assert_close(net.double()(x.double()), found)


def test_a_file_of_settings_trains_an_ablation(tmp_path: Path) -> None:
    (tmp_path / "add.toml").write_text('[generator]\nshortcut = "add"\npyramid = false\n')
    recipe = recipe_of(card("ganilla"), {}, tmp_path / "add.toml")
    assert recipe.generator_options == {"shortcut": "add", "pyramid": False}
    check_recipe("ganilla", replace(recipe, generator_options={"width": 4}))
    assert {"shortcut", "pyramid", "layers"} <= takes("ganilla")


def test_another_variant_is_refused() -> None:
    recipe = card("ganilla").recipe
    assert recipe is not None
    with pytest.raises(UsageProblem, match="no shortcut 'multiply'"):
        check_recipe("ganilla", replace(recipe, generator_options={"shortcut": "multiply"}))
    with pytest.raises(ValueError, match="concat, add"):
        GanillaGenerator(shortcut="multiply")
