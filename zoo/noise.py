"""The noise of networks that translate: dropout, the picture's own statistics, drawn codes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from zoo.nets.noise import Noise

__all__ = ["awaken", "is_noisy", "seed_of", "seeded"]


def is_noisy(module: nn.Module) -> bool:
    """Whether the module behaves differently in training: it has dropout, batch norm or noise."""
    return any(isinstance(layer, nn.Dropout | nn.BatchNorm2d | Noise) for layer in module.modules())


def awaken(module: nn.Module) -> nn.Module:
    """Turn dropout and noise on, and let batch norm use what it sees in place of what it learned.

    The module then has to be run picture by picture: as in the paper (1611.07004, §3.3), batch
    statistics are those of one picture.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Dropout | Noise):
            layer.train()
        elif isinstance(layer, nn.BatchNorm2d):
            layer.running_mean = layer.running_var = None
    return module


def seed_of(seed: int, picture: Tensor) -> int:
    """A seed for one uint8 picture: 32 bits, torch's generator on the CPU looks at no more."""
    return zlib.crc32(picture.cpu().contiguous().numpy().tobytes(), seed)


@contextmanager
def seeded(seed: int, picture: Tensor) -> Iterator[None]:
    """Random numbers that the seed and the content of a uint8 picture decide, and nothing else.

    So neither the batch nor the order of pictures changes an answer; the state from before comes
    back afterwards.
    """
    start = seed_of(seed, picture)
    devices = [picture.device] if picture.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(start)
        yield
