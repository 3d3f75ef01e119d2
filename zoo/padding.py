"""Pictures of any size for networks that halve them: continued to a multiple of the stride."""

from __future__ import annotations

import torch
from torch import Tensor

from zoo.architectures import Architecture, least_size, stride_of

__all__ = ["extend", "fit"]


def fit(size: int, architecture: Architecture) -> int:
    """The least size that the network takes of at least `size` pixels."""
    stride = stride_of(architecture)
    return max(least_size(architecture), -(-size // stride) * stride)


def extend(images: Tensor, architecture: Architecture) -> Tensor:
    """[N,C,H,W] continued by reflection, below and to the right, to a size the network takes."""
    for axis in (-2, -1):
        size = images.shape[axis]
        wanted = fit(size, architecture)
        if wanted > size:
            images = images.index_select(axis, _reflection(size, wanted, images.device))
    return images


def _reflection(size: int, wanted: int, device: torch.device) -> Tensor:
    """Indices 0..size-1 continued by reflection without repeating the edge, as often as needed."""
    period = max(1, 2 * (size - 1))
    folded = torch.arange(wanted, device=device) % period
    return torch.where(folded < size, folded, period - folded)
