"""From a card and a data set to trained generators on disk."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from lightning.fabric import Fabric

from data.console import progress, say
from data.datasets import Dataset, ImageRef, content_digest
from zoo.card import Card
from zoo.recipe import Recipe
from zoo.train.export import export
from zoo.train.loop import train
from zoo.train.pictures import load_pictures

__all__ = ["Place", "train_model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where training runs and writes; none of it changes the result but `devices`."""

    out: Path
    accelerator: str = "auto"
    devices: int = 1
    save_every: int = 0  # steps; 0 for once an epoch


def train_model(
    card: Card, recipe: Recipe, dataset: Dataset, direction: str, place: Place
) -> dict[str, Path]:
    """Train `card` on the `train` split and export it; returns the files by direction.

    Run again with the same arguments it goes on from the checkpoint in `place.out`, or only
    exports when training is over.
    """
    a, b, paired = _refs(recipe, dataset, direction)
    question = {
        "model": card.name,
        "dataset": dataset.name,
        "direction": direction,
        "data_digest": content_digest([*a, *b]),
        "recipe": recipe.to_json(),
    }
    fabric = Fabric(
        accelerator=place.accelerator,
        devices=place.devices,
        strategy="ddp" if place.devices > 1 else "auto",
        precision=recipe.precision,
    )
    fabric.launch()
    place.out.mkdir(parents=True, exist_ok=True)
    with progress() as bars:
        reading = bars.add_task("read pictures", total=len(a) + len(b), unit="img")
        pictures = load_pictures(a, b, paired, recipe, lambda: bars.advance(reading))
        task = bars.add_task(f"train {card.name}", total=None, unit="it")

        def report(done: int, total: int, losses: dict[str, float]) -> None:
            shown = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
            bars.update(task, completed=done, total=total, description=f"{card.name} {shown}")

        method = train(recipe, pictures, place.out, fabric, question, report, place.save_every)
    if not fabric.is_global_zero:
        return {}
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    files = export(method, place.out, question, command)
    say(f"trained: {', '.join(str(f) for f in files.values())}")
    return files


def _refs(
    recipe: Recipe, dataset: Dataset, direction: str
) -> tuple[list[ImageRef], list[ImageRef], bool]:
    if recipe.method == "paired":
        pairs = dataset.pairs("train", direction)
        return [a for a, _ in pairs], [b for _, b in pairs], True
    return dataset.sources("train", direction), dataset.references("train", direction), False
