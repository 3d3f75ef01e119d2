"""The noise of pix2pix when it translates: dropout, and the statistics of the picture at hand."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["awaken", "is_noisy", "seeded"]


def is_noisy(module: nn.Module) -> bool:
    """Whether the module behaves differently in training: it has dropout or batch norm."""
    return any(isinstance(layer, nn.Dropout | nn.BatchNorm2d) for layer in module.modules())


def awaken(module: nn.Module) -> nn.Module:
    """Turn dropout on, and let batch norm use what it sees in place of what it learned.

    The module then has to be run picture by picture: as in the paper (1611.07004, §3.3), batch
    statistics are those of one picture.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Dropout):
            layer.train()
        elif isinstance(layer, nn.BatchNorm2d):
            layer.running_mean = layer.running_var = None
    return module


@contextmanager
def seeded(seed: int, picture: Tensor) -> Iterator[None]:
    """Random numbers that the seed and the content of a uint8 picture decide, and nothing else.

    So neither the batch nor the order of pictures changes an answer; the state from before comes
    back afterwards.
    """
    # 32 bits: torch's generator on the CPU looks at no more.
    start = zlib.crc32(picture.cpu().contiguous().numpy().tobytes(), seed)
    devices = [picture.device] if picture.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(start)
        yield
