"""From a card and a data set to trained generators on disk."""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from lightning.fabric import Fabric
from rich.progress import Progress

from data.console import progress, say, warn
from data.datasets import Dataset, ImageRef
from data.errors import AtlasError
from data.files import write_text, writing
from zoo.card import Card
from zoo.recipe import Recipe
from zoo.train.board import board
from zoo.train.cache import stamps
from zoo.train.check import check_compiler, check_devices, check_recipe
from zoo.train.export import export
from zoo.train.loop import CHECKPOINT, Pace, Report, train
from zoo.train.pictures import Pictures, load_pictures
from zoo.train.summary import best_files, summary
from zoo.train.validate import Validation, find_measure, held_out
from zoo.train.watch import note_failure

__all__ = ["Place", "Trained", "train_model"]

EVERY = 30.0  # seconds between two lines about the progress where no bar is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where training runs and writes; none of it changes the result but `devices`."""

    out: Path
    accelerator: str = "auto"
    devices: int = 1  # of each machine
    nodes: int = 1  # machines, under torchrun
    save_every: int = 0  # steps; 0 for once an epoch
    seconds: float = 0.0  # after which it stops, to be gone on with; 0: never
    validate_every: int = 0  # steps; 0: never
    validate_with: str = "fid-texture"
    tensorboard: bool = False
    cache: Path | None = None  # folder for decoded pictures; None: in memory
    export: str = "last"  # or best: which files are given back


@dataclass(frozen=True, slots=True)
class Trained:
    """The exported files by direction (none but in the first process), and whether all is done."""

    files: dict[str, Path]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Set:
    """The training pictures of both domains, as they are in the data set."""

    a: list[ImageRef]
    b: list[ImageRef]
    paired: bool


def train_model(
    card: Card, recipe: Recipe, dataset: Dataset, direction: str, place: Place
) -> Trained:
    """Train `card` on the `train` split and export it.

    Run again with the same arguments it goes on from the checkpoint in `place.out`, or only
    exports when training is over. Raises UsageProblem for settings that cannot be trained with,
    AtlasError while another training works in `place.out`.
    """
    check_recipe(card.name, recipe)
    check_devices(place.accelerator, place.devices)
    if recipe.compile:
        check_compiler(place.accelerator)
    given = _given(recipe, dataset, direction)
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    with _alone(place.out), note_failure(place.out):
        fabric = _fabric(recipe, place)
        before = stamps([*given.a, *given.b])
        with progress() as bars:
            pictures, question = _read(card, recipe, dataset, direction, given, place, bars)
            pace = _pace(place, dataset, direction, recipe, {**question, "command": command})
            report = _reporter(card.name, bars, plain=_speaks(bars, fabric))
            run = train(recipe, pictures, place.out, fabric, question, report, pace)
        total = pictures.steps(recipe.batch * fabric.world_size, recipe.length)
        total *= recipe.epochs + recipe.decay_epochs
        if not fabric.is_global_zero:
            return Trained({}, run.step >= total)
        if stamps([*given.a, *given.b]) != before:
            warn(f"the pictures of '{dataset.name}' changed while this training used the old ones")
        files = export(run, place.out, question, command)
        told = summary(run, total)
        write_text(place.out / "summary.json", told.to_json())
        say(str(told))
    return Trained(best_files(run, place.out) if place.export == "best" else files, told.complete)


def _read(
    card: Card,
    recipe: Recipe,
    dataset: Dataset,
    direction: str,
    given: _Set,
    place: Place,
    bars: Progress,
) -> tuple[Pictures, dict[str, Any]]:
    sizes = 1 + (recipe.whole_in_decay and recipe.decay_epochs > 0)
    count = len(given.a) + len(given.b)
    reading = bars.add_task("read pictures", total=sizes * count, unit="img")
    found = load_pictures(
        given.a, given.b, given.paired, recipe, lambda: bars.advance(reading), place.cache
    )
    bars.update(reading, completed=sizes * count)  # those that were kept are not read
    question = {
        "model": card.name,
        "dataset": dataset.name,
        "direction": direction,
        # As data.datasets.content_digest, of those that can be read.
        "data_digest": hashlib.sha256("\n".join(sorted(found.digest)).encode()).hexdigest(),
        "skipped": found.skipped,
        "recipe": recipe.to_json(),
    }
    return found.pictures, question


def _pace(
    place: Place, dataset: Dataset, direction: str, recipe: Recipe, facts: dict[str, Any]
) -> Pace:
    validate = None
    if place.validate_every:
        validate = Validation(
            name=place.validate_with,
            measure=find_measure(place.validate_with),
            pictures=held_out(dataset, direction, recipe.crop, place.cache),
            out=place.out,
            facts=facts,
        )
    return Pace(
        save_every=place.save_every,
        seconds=place.seconds,
        validate_every=place.validate_every,
        validate=validate,
        tell=board(place.out) if place.tensorboard else None,
    )


def _fabric(recipe: Recipe, place: Place) -> Fabric:
    fabric = Fabric(
        accelerator=place.accelerator,
        devices=place.devices,
        num_nodes=place.nodes,
        strategy="ddp" if place.devices * place.nodes > 1 else "auto",
        precision=recipe.precision,
    )
    fabric.launch()
    return fabric


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold `out` for this training; AtlasError while another one does."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    first = os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))
    if first != "0":  # one of several: the first holds it
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


def _given(recipe: Recipe, dataset: Dataset, direction: str) -> _Set:
    if recipe.method == "paired":
        pairs = dataset.pairs("train", direction)
        return _Set([a for a, _ in pairs], [b for _, b in pairs], True)
    return _Set(dataset.sources("train", direction), dataset.references("train", direction), False)
