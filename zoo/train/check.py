"""What a recipe and a place have to be for training to start at all."""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import fields
from importlib.util import find_spec

import torch

from data.errors import UsageProblem, unknown
from zoo.architectures import Architecture, build, least_size, stride_of, takes
from zoo.recipe import Recipe
from zoo.train.loop import METHODS
from zoo.translator import pick_device

__all__ = ["check_compiler", "check_devices", "check_recipe"]

FLAGS = ("width", "blocks", "depth")  # of `zoo train`, that say how the generator is built
LEAST_DEPTH = 3


def check_recipe(model: str, recipe: Recipe) -> None:
    """UsageProblem, with the flags that help, for settings that no network can be trained with."""
    _check_numbers(recipe)
    known = takes(recipe.generator)
    strange = [name for name in recipe.generator_options if name not in known]
    if strange:
        raise UsageProblem(
            f"the {recipe.generator} generator of {model} has no --{strange[0]}",
            hint="it has " + " and ".join(f"--{name}" for name in FLAGS if name in known),
        )
    if recipe.crop > recipe.load:
        raise UsageProblem(
            f"crop {recipe.crop} is larger than load {recipe.load}",
            hint=f"--crop {recipe.load}, or --load {recipe.crop}",
        )
    _check_generator(recipe)
    _check_discriminator(recipe)
    _check_options(model, recipe)


def _check_options(model: str, recipe: Recipe) -> None:
    made = METHODS[recipe.method].options
    known = [field.name for field in fields(made)] if made is not None else []
    for name in recipe.options:
        if name not in known:
            raise unknown(f"option of {model}", name, known, f"zoo show {model} --json")


def _check_numbers(recipe: Recipe) -> None:
    if recipe.epochs + recipe.decay_epochs < 1:
        raise UsageProblem("no epoch to train", hint="--epochs 1, or --decay-epochs 1")
    if not (math.isfinite(recipe.learning_rate) and recipe.learning_rate > 0):
        raise UsageProblem(
            f"learning rate {recipe.learning_rate} is no number above 0",
            hint="--learning-rate 0.0002, as the papers have it",
        )
    if not 0 <= recipe.ema < 1:
        raise UsageProblem(f"an average of decay {recipe.ema}", hint="--ema 0.999, or 0 for none")
    if recipe.seed < 0:
        raise UsageProblem(f"seed {recipe.seed} is below 0", hint="--seed 0")


def _check_generator(recipe: Recipe) -> None:
    network = Architecture(recipe.generator, dict(recipe.generator_options))
    try:
        with torch.device("meta"):
            build(network)
    except (TypeError, ValueError) as problem:
        raise UsageProblem(f"{network} cannot be built: {problem}", hint="zoo show") from problem
    stride, least = stride_of(network), least_size(network)
    if recipe.crop >= least and recipe.crop % stride == 0:
        return
    fitting = max(least, recipe.crop // stride * stride)
    larger = f"--load {fitting} " if fitting > recipe.load else ""
    hint = f"{larger}--crop {fitting}"
    # A shallower U-Net halves less often: as often as the crop can be halved.
    depth = (recipe.crop & -recipe.crop).bit_length() - 1
    if recipe.generator == "unet" and depth >= LEAST_DEPTH:
        hint = f"--depth {depth}, or {hint}"
    raise UsageProblem(
        f"crop {recipe.crop} does not suit {network}: it takes multiples of {stride} pixels, "
        f"{least} at least",
        hint=hint,
    )


def _check_discriminator(recipe: Recipe) -> None:
    if not METHODS[recipe.method].patchgan or recipe.options.get("discriminator") == "stylegan2":
        return
    layers = recipe.discriminator_options.get("layers", 3)
    scales = recipe.discriminator_options.get("scales", 1)
    if scales > 1 and recipe.crop < 2 ** (layers + scales - 1):
        least = 2 ** (layers + scales - 1)
        raise UsageProblem(
            f"crop {recipe.crop} is too small for a discriminator of {layers} layers at {scales} "
            "scales",
            hint=f"--load {max(least, recipe.load)} --crop {least}",
        )
    if scales == 1 and recipe.crop < 3 * 2**layers:
        fewer = max(1, (recipe.crop // 3).bit_length() - 1)
        raise UsageProblem(
            f"crop {recipe.crop} is too small for a discriminator of {layers} layers",
            hint=f"--discriminator-layers {fewer}",
        )


def check_devices(accelerator: str, devices: int) -> None:
    """UsageProblem for a device that is not here, or not as often as asked."""
    kind = pick_device(accelerator).type
    here = {"cuda": torch.cuda.device_count(), "mps": 1}.get(kind, devices)
    if devices > here:
        raise UsageProblem(f"{devices} devices asked, {here} here", hint=f"--devices {here}")


def check_compiler(accelerator: str) -> None:
    """UsageProblem where torch.compile has nothing to make programs with."""
    if pick_device(accelerator).type == "cuda":
        missing = "" if find_spec("triton") else "triton"
    else:
        names = [name for name in (os.environ.get("CXX"), "g++", "clang++") if name]
        missing = "" if any(map(shutil.which, names)) else "a C++ compiler"
    if missing:
        raise UsageProblem(f"--compile needs {missing}", hint="leave --compile out")
