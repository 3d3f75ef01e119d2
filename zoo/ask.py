"""The words of `zoo train` as a recipe, before torch is imported."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click

from data.errors import UsageProblem, unknown
from zoo.card import Card
from zoo.recipe import Recipe

__all__ = ["Duration", "recipe_of", "recipe_options"]

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
        "ema",
        click.FloatRange(0, 1, max_open=True),
        "Export the average of the generators over the steps, with this decay. [paper: 0, none]",
    ),
    (
        "seed",
        click.IntRange(0, LARGEST_SEED),
        f"Decides weights, crops and order. [default: {PAPER.seed}]",
    ),
    (
        "precision",
        click.Choice(["32-true", "bf16-mixed"]),
        "Number format of the computation; weights stay float32, and bfloat16 needs no scaling of "
        f"losses. [default: {PAPER.precision}]",
    ),
)
FLAGS = {name.replace("-", "_"): kind for name, kind, _ in OPTIONS}
GENERATOR = ("width", "blocks", "depth")
DISCRIMINATOR = {"discriminator_width": "width", "discriminator_layers": "layers"}
TABLES = {
    "generator": "generator_options",
    "discriminator": "discriminator_options",
    "options": "options",
}


class Duration(click.ParamType[float]):
    """A length of time in seconds: `90s`, `45m`, `1.5h`, or minutes where no unit is given."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Seconds of a text such as `45m`."""
        if isinstance(value, int | float):
            return float(value)
        unit = {"s": 1, "m": 60, "h": 3600}.get(value[-1:], 0)
        try:
            seconds = float(value[:-1] if unit else value) * (unit or 60)
        except ValueError:
            seconds = -1.0
        if not 0 < seconds < float("inf"):
            self.fail(f"'{value}' is no length of time: 90s, 45m or 1.5h", param, ctx)
        return seconds


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The flags that change a recipe; one that is not given leaves it as the paper has it."""
    command = click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="TOML file of the same settings, and of all others of a recipe; flags go before it.",
    )(command)
    for name, kind, text in reversed(OPTIONS):
        command = click.option(f"--{name}", type=kind, help=text)(command)
    return command


def recipe_of(card: Card, options: Mapping[str, Any], config: Path | None = None) -> Recipe:
    """The card's recipe with what the file says put in, and over that what was given.

    Raises UsageProblem for a card without a recipe, and for a file with settings that a recipe
    does not have or with values of another kind.
    """
    if card.recipe is None:
        raise UsageProblem(f"'{card.name}' cannot be trained", hint="zoo ls")
    recipe = card.recipe if config is None else _configured(card.recipe, config)
    return _changed(recipe, {k: v for k, v in options.items() if v is not None})


def _changed(recipe: Recipe, given: dict[str, Any]) -> Recipe:
    generator, discriminator = dict(recipe.generator_options), dict(recipe.discriminator_options)
    generator |= {key: given.pop(key) for key in GENERATOR if key in given}
    discriminator |= {own: given.pop(key) for key, own in DISCRIMINATOR.items() if key in given}
    return replace(
        recipe, generator_options=generator, discriminator_options=discriminator, **given
    )


def _configured(recipe: Recipe, path: Path) -> Recipe:
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise UsageProblem(
            f"{path} cannot be read as TOML: {problem}", hint="TOML 1.0"
        ) from problem
    told = {key.replace("-", "_"): value for key, value in told.items()}
    for table, name in TABLES.items():
        inside = told.pop(table, {}) if isinstance(told.get(table, {}), dict) else None
        if inside is None:
            raise UsageProblem(f"{table} in {path} is no table", hint=f"[{table}]")
        joined: dict[str, Any] = {name: {**getattr(recipe, name), **inside}}
        recipe = replace(recipe, **joined)
    plain = {f.name: type(getattr(recipe, f.name)) for f in fields(recipe)}
    known = [k for k in {**plain, **FLAGS} if k not in (*TABLES.values(), "method")]
    for key, value in told.items():
        if key not in known:
            raise unknown(f"setting in {path}", key, known, "zoo train --help")
        told[key] = _value(path, key, value, plain)
    return _changed(recipe, told)


def _value(path: Path, key: str, value: Any, plain: Mapping[str, type]) -> Any:
    wanted = plain.get(key)
    wrong = wanted is not None and not isinstance(
        value, (int, float) if wanted is float else wanted
    )
    if wrong or (isinstance(value, bool) and wanted is not bool):
        kind = wanted.__name__ if wanted else "number"
        raise UsageProblem(f"{key} in {path} is {value!r}, no {kind}", hint="zoo train --help")
    if key not in FLAGS:
        return value
    try:
        return FLAGS[key].convert(value, None, None)
    except click.BadParameter as problem:
        message = f"{key} in {path}: {problem.message}"
        raise UsageProblem(message, hint="zoo train --help") from problem
