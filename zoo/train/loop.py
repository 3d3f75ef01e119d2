"""The training loop, on Lightning Fabric: CPU, one GPU or several."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from zoo.recipe import Recipe
from zoo.train.adain import AdaptiveNorm
from zoo.train.cartoon import Cartoon
from zoo.train.checkpoint import Run, restore, save, sweep
from zoo.train.contrastive import Contrastive
from zoo.train.ema import Averages
from zoo.train.loader import batches
from zoo.train.method import Method
from zoo.train.munit import Munit
from zoo.train.paired import Paired
from zoo.train.perceptual import Perceptual
from zoo.train.pictures import Pictures
from zoo.train.processes import any_of, average_gradients, share_statistics
from zoo.train.spent import Meter
from zoo.train.unit import Unit
from zoo.train.unpaired import Unpaired
from zoo.train.watch import Watch, cut_log, log, note_plan

__all__ = ["CHECKPOINT", "METHODS", "Pace", "Report", "rate_factor", "train"]

CHECKPOINT = "checkpoint.pt"
LOOK = 20  # steps between two looks at losses, clock and other processes: each waits for the device
METHODS: dict[str, type[Method]] = {
    "adain": AdaptiveNorm,
    "cartoon": Cartoon,
    "contrastive": Contrastive,
    "munit": Munit,
    "paired": Paired,
    "unit": Unit,
    "perceptual": Perceptual,
    "unpaired": Unpaired,
}

Report = Callable[[int, int, dict[str, float]], None]
"""Called with steps done, steps in all and the latest losses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When a training looks up from its work; none of it changes the weights."""

    save_every: int = 0  # steps; 0 for once an epoch
    seconds: float = 0.0  # after which it stops; 0: never
    validate_every: int = 0  # steps; 0: never
    validate: Callable[[Run], dict[str, float]] | None = None  # called by the first process alone
    tell: Callable[[int, dict[str, float]], None] | None = None  # losses and scores, for plots


def train(
    recipe: Recipe,
    pictures: Pictures,
    out: Path,
    fabric: Fabric,
    question: dict[str, Any],
    report: Report,
    pace: Pace = Pace(),
) -> Run:
    """Train from the start, or on from `out`/checkpoint.pt, to the end of the recipe.

    A checkpoint is written after every epoch (or `pace.save_every` steps), at the end, when the
    time is up, and when the process is interrupted, which then raises KeyboardInterrupt. Losses
    are appended to `out`/log.jsonl. Raises AtlasError when a loss or a weight is not finite any
    more; no such checkpoint is ever written.
    """
    run = _start(recipe, out, fabric, question)
    per_epoch = pictures.steps(recipe.batch * fabric.world_size, recipe.length)
    total = per_epoch * (recipe.epochs + recipe.decay_epochs)
    if fabric.is_global_zero:
        note_plan(out, total, question)
    every = pace.save_every or per_epoch
    watch, meter = Watch(fabric.device), Meter(fabric.device, run.spent)
    with _interrupts() as interrupted, batches(pictures, recipe, fabric, run.step, total) as given:
        for a, b in given:
            _set_rate(run.method, recipe, run.step, per_epoch)
            losses = _step(run.method, a, b, fabric)
            run.averages.update()
            run.step += 1
            meter.images += len(a) * fabric.world_size
            watch.see(losses, run.step)
            looks = run.step % LOOK == 0 or run.step == total
            stop = interrupted() or bool(pace.seconds and meter.seconds > pace.seconds)
            if fabric.world_size > 1:  # all stop at the same step
                stop = looks and any_of(fabric, stop)
            if looks:
                watch.check_losses()
                report(run.step, total, _numbers(losses, run, out, fabric, pace))
            if pace.validate_every and run.step % pace.validate_every == 0:
                _validate(run, out, fabric, pace)
            if run.step % every == 0 or run.step == total or stop:
                watch.check(run.method, run.step)
                run.spent = meter.spent()
                save(out / CHECKPOINT, fabric, run, question)
            if stop and interrupted():
                raise KeyboardInterrupt
            if stop:
                break
    return run


def _start(recipe: Recipe, out: Path, fabric: Fabric, question: dict[str, Any]) -> Run:
    torch.manual_seed(recipe.seed)
    method = METHODS[recipe.method](recipe, fabric.device)
    share_statistics(fabric, method.nets.values())
    torch.manual_seed(recipe.seed + 1000 * fabric.global_rank)  # dropout differs by process
    run = Run(method=method, averages=Averages(method, recipe.ema))
    checkpoint = out / CHECKPOINT
    if checkpoint.is_file():
        restore(checkpoint, fabric, run, question)
    if recipe.compile:
        method.compile()
    if fabric.is_global_zero:
        sweep(checkpoint)
        cut_log(out, run.step)
    return run


def rate_factor(recipe: Recipe, epoch: int, step: int = 0) -> float:
    """Share of the learning rate: 1, then linearly down in the epochs of decay (1703.10593, §7.1).

    With `halve_every`, half of that after as many steps, and again (1804.04732, §5.1).
    """
    linear = 1.0 - max(0, epoch + 1 - recipe.epochs) / (recipe.decay_epochs + 1)
    halvings = step // recipe.halve_every if recipe.halve_every else 0
    return float(linear * 0.5**halvings)


def _set_rate(method: Method, recipe: Recipe, step: int, per_epoch: int) -> None:
    rate = recipe.learning_rate * rate_factor(recipe, step // per_epoch, step)
    for optimizer in method.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = rate


def _step(method: Method, a: Tensor, b: Tensor, fabric: Fabric) -> dict[str, Tensor]:
    def backward(loss: Tensor, nets: Iterable[nn.Module]) -> None:
        fabric.backward(loss)
        average_gradients(fabric, nets)

    for net in method.nets.values():
        net.train()
    # One autocast context a step: its casts of weights must not outlive an update. Within a step
    # none does, because it keeps only those of weights that are not frozen.
    with fabric.autocast():
        return method.step(a, b, backward)


def _numbers(
    losses: dict[str, Tensor], run: Run, out: Path, fabric: Fabric, pace: Pace
) -> dict[str, float]:
    numbers = {name: float(loss) for name, loss in losses.items()}
    _note(run.step, numbers, out, fabric, pace)
    return numbers


def _note(step: int, numbers: dict[str, float], out: Path, fabric: Fabric, pace: Pace) -> None:
    if fabric.is_global_zero:
        log(out, step, numbers)
        if pace.tell is not None:
            pace.tell(step, numbers)


def _validate(run: Run, out: Path, fabric: Fabric, pace: Pace) -> None:
    if pace.validate is not None and fabric.is_global_zero:
        _note(run.step, pace.validate(run), out, fabric, pace)
    if fabric.world_size > 1:
        fabric.barrier()


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and kill take effect between two steps, where a checkpoint is consistent."""
    seen: list[int] = []

    def remember(signum: int, frame: object) -> None:
        seen.append(signum)

    try:
        old = {s: signal.signal(s, remember) for s in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread
        old = {}
    try:
        yield lambda: bool(seen)
    finally:
        for signum, handler in old.items():
            signal.signal(signum, handler)
