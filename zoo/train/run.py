"""From a card and a data set to trained generators on disk."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from lightning.fabric import Fabric
from rich.progress import Progress

from data.console import progress, say
from data.datasets import Dataset, ImageRef, content_digest
from data.errors import AtlasError
from data.files import writing
from zoo.card import Card
from zoo.recipe import Recipe
from zoo.train.check import check_devices, check_recipe
from zoo.train.export import export
from zoo.train.loop import CHECKPOINT, Report, train
from zoo.train.pictures import load_pictures

__all__ = ["Place", "train_model"]

EVERY = 30.0  # seconds between two lines about the progress where no bar is shown


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
    exports when training is over. Raises UsageProblem for settings that cannot be trained with,
    AtlasError while another training works in `place.out`.
    """
    check_recipe(card.name, recipe)
    check_devices(place.accelerator, place.devices)
    a, b, paired = _refs(recipe, dataset, direction)
    with _alone(place.out):
        question = {
            "model": card.name,
            "dataset": dataset.name,
            "direction": direction,
            "data_digest": content_digest([*a, *b]),
            "recipe": recipe.to_json(),
        }
        fabric = _fabric(recipe, place)
        with progress() as bars:
            reading = bars.add_task("read pictures", total=len(a) + len(b), unit="img")
            pictures = load_pictures(a, b, paired, recipe, lambda: bars.advance(reading))
            report = _reporter(card.name, bars, plain=_speaks(bars, fabric))
            method = train(recipe, pictures, place.out, fabric, question, report, place.save_every)
        if not fabric.is_global_zero:
            return {}
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        files = export(method, place.out, question, command)
    say(f"trained: {', '.join(str(f) for f in files.values())}")
    return files


def _fabric(recipe: Recipe, place: Place) -> Fabric:
    fabric = Fabric(
        accelerator=place.accelerator,
        devices=place.devices,
        strategy="ddp" if place.devices > 1 else "auto",
        precision=recipe.precision,
    )
    fabric.launch()
    return fabric


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold `out` for this training; AtlasError while another one does."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    if os.environ.get("LOCAL_RANK", "0") != "0":  # started by the process that holds it
        yield
        return
    path = out / f"{CHECKPOINT}.lock"
    guard = FileLock(path)
    try:
        guard.acquire(blocking=False)
    except Timeout as problem:
        raise AtlasError(
            f"another `zoo train` works in {out}", hint="wait for it, or choose another --out"
        ) from problem
    except OSError as problem:
        with writing(path):
            raise problem
    try:
        yield
    finally:
        guard.release()


def _speaks(bars: Progress, fabric: Fabric) -> bool:
    return fabric.is_global_zero and not bars.console.is_terminal


def _reporter(name: str, bars: Progress, *, plain: bool) -> Report:
    """Shows steps and losses; where no bar can be seen (`plain`), as a line now and then."""
    task = bars.add_task(f"train {name}", total=None, unit="it")
    began: list[tuple[float, int]] = []  # when, and at which step, of the first report
    said = 0.0

    def report(done: int, total: int, losses: dict[str, float]) -> None:
        nonlocal said
        now = time.monotonic()
        shown = " ".join(f"{loss} {value:.3f}" for loss, value in losses.items())
        bars.update(task, completed=done, total=total, description=f"{name} {shown}")
        if not began:
            began.append((now, done))
        if plain and (not said or now - said >= EVERY):
            said = now
            say(f"{name}: step {done} of {total}{_left(now, done, total, *began[0])}, {shown}")

    return report


def _left(now: float, done: int, total: int, start: float, first: int) -> str:
    """Rate and time to go, once there is something to tell them from."""
    if now <= start or done <= first:
        return ""
    rate = (done - first) / (now - start)
    return f", {rate:.1f} it/s, {(total - done) / rate / 60:.0f} min to go"


def _refs(
    recipe: Recipe, dataset: Dataset, direction: str
) -> tuple[list[ImageRef], list[ImageRef], bool]:
    if recipe.method == "paired":
        pairs = dataset.pairs("train", direction)
        return [a for a, _ in pairs], [b for _, b in pairs], True
    return dataset.sources("train", direction), dataset.references("train", direction), False
