"""VGG with torchvision's weights: named by the environment, under the home, or downloaded."""

from __future__ import annotations

import os
from pathlib import Path

from data.errors import AtlasError, UsageProblem
from data.paths import Home
from zoo.card import Weights
from zoo.models.vgg import VGG16, VGG19
from zoo.nets.vgg import VggFeatures
from zoo.parts import fill
from zoo.states import read_tensors
from zoo.weights import obtain

__all__ = ["loss_network", "named_or_obtained", "vgg_of"]


def loss_network(plan: str, last: str, home: Home | None = None) -> VggFeatures:
    """`vgg16` or `vgg19` up to the layer `last`; ATLAS_VGG16 and ATLAS_VGG19 name files."""
    weights = {"vgg16": VGG16, "vgg19": VGG19}[plan]
    return vgg_of(named_or_obtained(f"ATLAS_{plan.upper()}", weights, home), plan, last)


def named_or_obtained(
    variable: str, weights: Weights, home: Home | None, model: str = "gatys"
) -> Path:
    """The file that an environment variable names, or that of the card, obtained where missing."""
    named = os.environ.get(variable)
    if not named:
        return obtain(model, weights, home)[0]
    path = Path(named).expanduser()
    if not path.is_file():
        kept = path.with_suffix(".safetensors")  # where a download of ours was named
        hint = f"it is kept as safetensors now: {variable}={kept}" if kept.is_file() else None
        raise UsageProblem(f"{variable} names {path}, which is no file", hint=hint)
    return path


def vgg_of(file: Path, plan: str, last: str, pool: str = "max") -> VggFeatures:
    """The network of a file of torchvision's layout, as wide as the file has it."""
    first = read_tensors(file).get("features.0.weight")
    what = f"{plan.replace('vgg', 'VGG-')} of torchvision"
    if first is None or first.ndim != 4 or not len(first):
        raise AtlasError(f"{file} is no {what}", hint="zoo show gatys")
    made = VggFeatures(plan, last=last, width=len(first), pool=pool)
    fill(made, file, what)
    return made
