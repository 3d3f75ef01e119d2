"""The words of `zoo train` as a recipe, before torch is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import click

from data.errors import UsageProblem
from zoo.card import Card
from zoo.recipe import Recipe

__all__ = ["recipe_of", "recipe_options"]

PAPER = Recipe(method="unpaired", generator="resnet")  # for its defaults
LARGEST_SEED = 2**32 - 1

OPTIONS: tuple[tuple[str, click.ParamType[Any], str], ...] = (
    ("epochs", click.IntRange(0), f"Epochs at the full learning rate. [paper: {PAPER.epochs}]"),
    (
        "decay-epochs",
        click.IntRange(0),
        f"Epochs after them, the rate falling linearly to zero. [paper: {PAPER.decay_epochs}]",
    ),
    ("batch", click.IntRange(1), f"Pictures a step and device. [paper: {PAPER.batch}]"),
    (
        "load",
        click.IntRange(16),
        f"Resize pictures to this square, in pixels. [paper: {PAPER.load}]",
    ),
    (
        "crop",
        click.IntRange(16),
        f"Crop at random to this square, in pixels. [paper: {PAPER.crop}]",
    ),
    ("width", click.IntRange(1, 1024), "Channels of the generator's first layer. [paper: 64]"),
    ("blocks", click.IntRange(1, 64), "Residual blocks, of a ResNet generator only. [paper: 9]"),
    ("depth", click.IntRange(3, 12), "Downsamplings, of a U-Net generator only. [paper: 8]"),
    (
        "discriminator-width",
        click.IntRange(1, 1024),
        "Channels of the discriminator's first layer. [paper: 64]",
    ),
    (
        "discriminator-layers",
        click.IntRange(1),
        "Layers of the discriminator that halve; 3 judge patches of 70×70 pixels. [paper: 3]",
    ),
    (
        "learning-rate",
        click.FloatRange(0, min_open=True),
        f"Of Adam, both networks. [paper: {PAPER.learning_rate}]",
    ),
    (
        "seed",
        click.IntRange(0, LARGEST_SEED),
        f"Decides weights, crops and order. [default: {PAPER.seed}]",
    ),
    (
        "precision",
        click.Choice(["32-true", "bf16-mixed"]),
        f"Number format of the computation. [default: {PAPER.precision}]",
    ),
)


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that change a recipe; one that is not given leaves it as the paper has it."""
    for name, kind, text in reversed(OPTIONS):
        command = click.option(f"--{name}", type=kind, help=text)(command)
    return command


def recipe_of(card: Card, options: Mapping[str, Any]) -> Recipe:
    """The card's recipe with what was given put in; UsageProblem for a card without one."""
    if card.recipe is None:
        raise UsageProblem(f"'{card.name}' cannot be trained", hint="zoo ls")
    given = {key: value for key, value in options.items() if value is not None}
    generator = dict(card.recipe.generator_options)
    generator |= {key: given.pop(key) for key in ("width", "blocks", "depth") if key in given}
    discriminator = dict(card.recipe.discriminator_options)
    for key in ("width", "layers"):
        if f"discriminator_{key}" in given:
            discriminator[key] = given.pop(f"discriminator_{key}")
    return replace(
        card.recipe, generator_options=generator, discriminator_options=discriminator, **given
    )
