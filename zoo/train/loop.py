"""The training loop, on Lightning Fabric: CPU, one GPU or several."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn

from zoo.recipe import Recipe
from zoo.train.checkpoint import restore, save
from zoo.train.method import Method
from zoo.train.paired import Paired
from zoo.train.pictures import Pictures
from zoo.train.unpaired import Unpaired
from zoo.train.watch import Watch, cut_log, log

__all__ = ["CHECKPOINT", "Report", "rate_factor", "train"]

CHECKPOINT = "checkpoint.pt"
METHODS: dict[str, type[Paired] | type[Unpaired]] = {"paired": Paired, "unpaired": Unpaired}

Report = Callable[[int, int, dict[str, float]], None]
"""Called with steps done, steps in all and the latest losses."""


def train(
    recipe: Recipe,
    pictures: Pictures,
    out: Path,
    fabric: Fabric,
    question: dict[str, Any],
    report: Report,
    save_every: int = 0,
) -> Method:
    """Train from the start, or on from `out`/checkpoint.pt, to the end of the recipe.

    A checkpoint is written after every epoch (or `save_every` steps), at the end, and when the
    process is interrupted, which then raises KeyboardInterrupt. Losses are appended to
    `out`/log.jsonl. Raises AtlasError when a loss or a weight is not finite any more; no such
    checkpoint is ever written.
    """
    torch.manual_seed(recipe.seed)
    method = METHODS[recipe.method](recipe, fabric.device)
    torch.manual_seed(recipe.seed + 1000 * fabric.global_rank)  # dropout differs by process
    start = _resume(out, fabric, method, question)
    per_epoch = pictures.steps(recipe.batch * fabric.world_size)
    total = per_epoch * (recipe.epochs + recipe.decay_epochs)
    every = save_every or per_epoch
    watch = Watch(fabric.device)
    with _interrupts() as interrupted:
        for step in range(start, total):
            _set_rate(method, recipe, step // per_epoch)
            losses = _step(method, pictures, recipe, fabric, step)
            done = step + 1
            watch.see(losses, done)
            if done % 20 == 0 or done == total:
                watch.check_losses()
                report(done, total, _numbers(losses, done, out, fabric))
            stop = interrupted()
            if done % every == 0 or done == total or stop:
                watch.check(method, done)
                save(out / CHECKPOINT, fabric, method, done, question)
            if stop:
                raise KeyboardInterrupt
    return method


def _resume(out: Path, fabric: Fabric, method: Method, question: dict[str, Any]) -> int:
    checkpoint = out / CHECKPOINT
    start = restore(checkpoint, fabric, method, question) if checkpoint.is_file() else 0
    if fabric.is_global_zero:
        cut_log(out, start)
    return start


def rate_factor(recipe: Recipe, epoch: int) -> float:
    """Share of the learning rate in `epoch`: 1, then linearly down (1703.10593, §7.1)."""
    return 1.0 - max(0, epoch + 1 - recipe.epochs) / (recipe.decay_epochs + 1)


def _set_rate(method: Method, recipe: Recipe, epoch: int) -> None:
    for optimizer in method.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * rate_factor(recipe, epoch)


def _step(
    method: Method, pictures: Pictures, recipe: Recipe, fabric: Fabric, step: int
) -> dict[str, Tensor]:
    batch = pictures.batch(step, recipe, fabric.global_rank, fabric.world_size)
    a, b = (part.to(fabric.device, memory_format=torch.channels_last) for part in batch)

    def backward(loss: Tensor, nets: Iterable[nn.Module]) -> None:
        fabric.backward(loss)
        _average_gradients(fabric, nets)

    for net in method.nets.values():
        net.train()
    # One autocast context a step: its cache of cast weights must not outlive an update.
    with fabric.autocast():
        return method.step(a, b, backward)


def _average_gradients(fabric: Fabric, nets: Iterable[nn.Module]) -> None:
    # By hand, because a GAN runs each network several times a step and freezes some in between,
    # which DistributedDataParallel's bookkeeping does not allow.
    if fabric.world_size == 1:
        return
    gradients = [p.grad for net in nets for p in net.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    torch.distributed.all_reduce(flat)
    for g, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        g.copy_((mean / fabric.world_size).view_as(g))


def _numbers(losses: dict[str, Tensor], done: int, out: Path, fabric: Fabric) -> dict[str, float]:
    numbers = {name: float(loss) for name, loss in losses.items()}
    if fabric.is_global_zero:
        log(out, done, numbers)
    return numbers


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
