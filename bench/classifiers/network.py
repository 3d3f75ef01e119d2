"""The classifiers' network, its training, its file, and what it names pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.classifiers.patches import all_patches, drawn_patch
from bench.classifiers.recipe import Recipe
from data.errors import AtlasError
from data.files import replacing, sha256_file
from data.images import decode

if TYPE_CHECKING:
    import torch

__all__ = ["Classifier", "load", "name", "place", "save", "train"]

ARCHITECTURES = ("resnet18", "resnet34", "resnet50")
# Mean and deviation of ImageNet's pixels, as every network of torchvision expects them.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """A network with its classes."""

    module: Any
    recipe: Recipe
    classes: tuple[str, ...]
    sha256: str = ""  # of its file


def _build(recipe: Recipe, classes: int, pretrained: Path | None) -> Any:
    """The architecture with a fresh last layer; all else from `pretrained`, if it is named."""
    import torch
    from torchvision import models  # type: ignore[import-untyped]

    if recipe.architecture not in ARCHITECTURES:
        raise AtlasError(f"no classifier is a {recipe.architecture}")
    module = getattr(models, recipe.architecture)(weights=None)
    if pretrained is not None:
        try:
            module.load_state_dict(torch.load(pretrained, weights_only=True, map_location="cpu"))
        except Exception as problem:  # a file may be anything
            raise AtlasError(
                f"{pretrained} has no weights of {recipe.architecture}",
                hint="name the file that torchvision publishes for ImageNet",
            ) from problem
    module.fc = torch.nn.Linear(module.fc.in_features, classes)
    return module


def _input(patches: NDArray[np.uint8]) -> torch.Tensor:
    import torch

    pixels = torch.from_numpy(patches).permute(0, 3, 1, 2).float() / 255.0
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, DEVIATION))
    return (pixels - mean) / deviation


def train(
    recipe: Recipe,
    pictures: dict[str, list[Path]],
    steps: int,
    seed: int,
    pretrained: Path | None,
    advance: Callable[[], None],
) -> Classifier:
    """Cross-entropy on patches that seed and step alone draw; `advance` is called after each.

    What of the recipe is the paper's and what is ours, classic/ganilla.toml says.
    """
    import torch

    torch.manual_seed(seed)
    classes = tuple(sorted(pictures))
    module = _build(recipe, len(classes), pretrained).train()
    steering = torch.optim.SGD(module.parameters(), lr=recipe.rate, momentum=recipe.momentum)
    for step in range(steps):
        rng = np.random.default_rng([seed, step])
        labels = rng.integers(0, len(classes), recipe.batch)
        chosen = [pictures[classes[label]] for label in labels]
        files = [paths[int(rng.integers(0, len(paths)))] for paths in chosen]
        patches = [drawn_patch(decode(f), recipe.patch, recipe.size, rng) for f in files]
        loss = torch.nn.functional.cross_entropy(
            module(_input(np.stack(patches))), torch.from_numpy(labels)
        )
        steering.zero_grad()
        loss.backward()
        steering.step()
        advance()
    return Classifier(module=module.eval(), recipe=recipe, classes=classes)


def save(classifier: Classifier, path: Path) -> str:
    """Write a safetensors file with recipe and classes in its head; returns its sha256."""
    from safetensors.torch import save_file

    about = {"recipe": json.dumps(asdict(classifier.recipe))}
    about["classes"] = json.dumps(classifier.classes)
    with replacing(path) as temporary:
        save_file(classifier.module.state_dict(), temporary, metadata=about)
    return sha256_file(path)


def load(path: Path) -> Classifier:
    """The classifier in a file; AtlasError where it is none of ours."""
    from safetensors import safe_open
    from safetensors.torch import load_file

    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
        recipe = Recipe(**json.loads(about["recipe"]))
        classes = tuple(json.loads(about["classes"]))
        module = _build(recipe, len(classes), None)
        module.load_state_dict(load_file(path))
    except Exception as problem:  # a file may be anything
        raise AtlasError(
            f"{path} is no classifier: {problem}", hint="bench classifier train --help"
        ) from problem
    return Classifier(
        module=module.eval(), recipe=recipe, classes=classes, sha256=sha256_file(path)
    )


def name(classifier: Classifier, pictures: Sequence[Path]) -> list[str]:
    """The class of the picture in each file."""
    return [classifier.classes[place(classifier, decode(path))] for path in pictures]


def place(classifier: Classifier, picture: NDArray[np.uint8]) -> int:
    """Which class uint8 [H,W,3] is: the highest mean probability over patches that cover it."""
    import torch

    patches = all_patches(picture, classifier.recipe.patch, classifier.recipe.size)
    device = next(classifier.module.parameters()).device
    with torch.inference_mode():
        chances = classifier.module(_input(patches).to(device)).softmax(dim=1).mean(dim=0)
    return int(chances.argmax())
