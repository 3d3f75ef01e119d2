"""With bfloat16 a step is the same step: every network learns, and none from stale weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from zoo.recipe import Recipe
from zoo.train.loop import METHODS

SMALL = Recipe(
    method="unpaired",
    generator="resnet",
    generator_options={"blocks": 1, "width": 8},
    discriminator_options={"width": 8, "layers": 1},
    crop=32,
    pool=0,
)
SMOOTH = {"antialias": True}
RECIPES = {
    "unpaired": SMALL,
    "paired": replace(
        SMALL,
        method="paired",
        generator="unet",
        generator_options={"depth": 3, "width": 8, "dropout": False},
    ),
    "contrastive": replace(
        SMALL,
        method="contrastive",
        generator_options={**SMALL.generator_options, **SMOOTH},
        discriminator_options={**SMALL.discriminator_options, **SMOOTH},
        options={"layers": (0, 4, 8, 12), "patches": 16},
    ),
    "unit": replace(
        SMALL,
        method="unit",
        generator="unit",
        generator_options={"width": 8},
        discriminator_options={"layers": 2, "scales": 1, "width": 8},
    ),
    "munit": replace(
        SMALL,
        method="munit",
        generator="munit",
        generator_options={"width": 8},
        discriminator_options={"layers": 2, "scales": 2, "width": 8},
    ),
}


def _step(recipe: Recipe, reduced: bool) -> tuple[dict[str, float], dict[str, Tensor]]:
    """Losses and gradients by network of one step, under the loop's own closure."""
    from lightning.fabric import Fabric

    from zoo.train.loop import _step as step

    torch.manual_seed(0)
    method: Any = METHODS[recipe.method](recipe, torch.device("cpu"))
    for net in method.nets.values():  # as large as after some training
        for parameter in net.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    a, b = torch.rand(2, 2, 3, 32, 32) * 2 - 1
    precision = "bf16-mixed" if reduced else "32-true"
    losses = step(method, a, b, Fabric(accelerator="cpu", devices=1, precision=precision))
    return {k: float(v) for k, v in losses.items()}, _gradients(method.nets.items())


def _gradients(nets: Iterable[tuple[str, nn.Module]]) -> dict[str, Tensor]:
    found = {}
    for name, net in nets:
        gradients = [p.grad for p in net.parameters() if p.grad is not None]
        assert len(gradients) == len(list(net.parameters())), f"{name} has weights without gradient"
        found[name] = torch.cat([g.flatten() for g in gradients])
    return found


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_network_learns_in_nearly_the_same_direction(name: str) -> None:
    exact, reduced = (_step(RECIPES[name], way) for way in (False, True))
    for key, value in exact[0].items():
        assert reduced[0][key] == pytest.approx(value, rel=0.1, abs=0.02), key
    for net, gradient in exact[1].items():
        found = reduced[1][net]
        assert found.dtype == torch.float32
        cosine = torch.nn.functional.cosine_similarity(gradient, found, dim=0)
        assert cosine > 0.8, net


@pytest.mark.parametrize("name", ["paired", "contrastive", "unit", "munit"])
def test_the_generator_is_judged_by_the_discriminator_after_its_step(name: str) -> None:
    still, quick = (replace(RECIPES[name], learning_rate=rate) for rate in (1e-9, 3e-2))
    before, exact, reduced = (
        _step(recipe, way)[0]["gan"]
        for recipe, way in ((still, True), (quick, False), (quick, True))
    )
    # The step moved the verdict by far more than rounding does.
    assert abs(exact - before) > 5 * abs(exact - reduced)
