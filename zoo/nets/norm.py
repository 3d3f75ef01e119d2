"""Normalisation layers by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

__all__ = ["InstanceNorm", "make_norm"]


class InstanceNorm(nn.Module):
    """Instance normalisation without parameters (1607.08022), eps 1e-5.

    Equal to torch.nn.InstanceNorm2d, but as a group norm with one group a channel: that keeps
    channels_last, where the stock layer copies every picture to contiguous and back.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape, every channel of every picture to mean 0, variance 1."""
        # Not F.group_norm, which refuses a single value a channel: a small patch has just that.
        return torch.group_norm(x, self.channels, eps=1e-5)


def make_norm(name: str) -> Callable[[int], nn.Module]:
    """The layer class for `instance` or `batch`; ValueError for another name."""
    layers: dict[str, Callable[[int], nn.Module]] = {
        "instance": InstanceNorm,
        "batch": nn.BatchNorm2d,
    }
    if name not in layers:
        raise ValueError(f"norm must be 'instance' or 'batch', not '{name}'")
    return layers[name]
