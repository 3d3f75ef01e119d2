"""Batches made ahead in a thread, so that the device does not wait for crops."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import torch
from lightning.fabric import Fabric
from torch import Tensor

from zoo.recipe import Recipe
from zoo.train.pictures import Pictures

__all__ = ["batches"]

AHEAD = 2  # batches that wait


@contextmanager
def batches(
    pictures: Pictures, recipe: Recipe, fabric: Fabric, start: int, stop: int
) -> Iterator[Iterator[tuple[Tensor, Tensor]]]:
    """The batches of the steps `start` to `stop` on the device, channels last, in order.

    An error in making one is raised where it would have been given.
    """
    pinned = fabric.device.type == "cuda"

    def make(step: int) -> tuple[Tensor, ...]:
        made = pictures.batch(step, recipe, fabric.global_rank, fabric.world_size)
        # Laid out here: on the device it would be one more pass at each step.
        laid = tuple(part.contiguous(memory_format=torch.channels_last) for part in made)
        return tuple(part.pin_memory() for part in laid) if pinned else laid

    with ThreadPoolExecutor(1) as worker:
        yield _given(worker, make, fabric.device, range(start, stop))


def _given(
    worker: ThreadPoolExecutor,
    make: Callable[[int], tuple[Tensor, ...]],
    device: torch.device,
    steps: range,
) -> Iterator[tuple[Tensor, Tensor]]:
    waiting: deque[Future[tuple[Tensor, ...]]] = deque()
    try:
        for step in steps:
            waiting.append(worker.submit(make, step))
            if len(waiting) > AHEAD:
                yield _on(device, waiting.popleft())
        while waiting:
            yield _on(device, waiting.popleft())
    finally:
        for future in waiting:
            future.cancel()


def _on(device: torch.device, future: Future[tuple[Tensor, ...]]) -> tuple[Tensor, Tensor]:
    a, b = (part.to(device, non_blocking=True) for part in future.result())
    return a, b
