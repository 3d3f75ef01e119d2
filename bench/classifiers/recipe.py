"""What a classifier is trained on and how: the part that the paper's code says, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.protocols.protocol import load_protocol
from data.errors import UsageProblem, unknown
from data.images import find_images

__all__ = ["KINDS", "Recipe", "labelled", "recipe_of"]

PROTOCOL = "classic/ganilla"
KINDS = ("content", "style")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One classifier; patches are squares of a picture, resized before the network sees them."""

    kind: str
    classes: int
    patch: int  # pixels of a patch in the picture
    size: int  # pixels that the network sees
    architecture: str  # of torchvision
    rate: float
    momentum: float
    batch: int


def recipe_of(kind: str) -> Recipe:
    """The recipe of the protocol classic/ganilla; UsageProblem for another kind."""
    if kind not in KINDS:
        raise unknown("classifier", kind, KINDS, "bench protocols classic/ganilla")
    fields: Mapping[str, Any] = load_protocol(PROTOCOL).classifiers[kind]
    return Recipe(kind=kind, **fields)


def labelled(folder: Path) -> dict[str, list[Path]]:
    """Pictures by class: one folder inside `folder` for each; UsageProblem where there is none."""
    found = {
        part.name: pictures
        for part in sorted(folder.iterdir())
        if part.is_dir() and (pictures := find_images(part))
    }
    if not found:
        raise UsageProblem(
            f"{folder} has no folders with pictures in them",
            hint="one folder for each class: DATA/forest/*.jpg, DATA/beach/*.jpg …",
        )
    return found
