"""Cartoons without their edges: what CartoonGAN's discriminator must not take for a cartoon."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["edges", "smooth_edges"]

GREY = (0.299, 0.587, 0.114)
LOW, HIGH = 100 / 255, 200 / 255  # of the gradient, Sobel, |x| + |y|; white is 1
STEPS = ((0, 1), (1, 1), (1, 0), (1, -1))  # along the gradient, by its direction in eighths


def edges(images: Tensor) -> Tensor:
    """Edges of [N,3,H,W] in -1..1 by Canny's method (1986), as bool [N,1,H,W].

    Where the gradient is largest along its own direction and either high, or not low and
    connected to where it is high.
    """
    weights = torch.tensor(GREY, dtype=images.dtype, device=images.device)[:, None, None]
    grey = ((images + 1) / 2 * weights).sum(1, keepdim=True)
    sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).to(grey)
    padded = F.pad(grey, (1, 1, 1, 1), mode="replicate")
    across = F.conv2d(padded, sobel[None, None])
    down = F.conv2d(padded, sobel.T[None, None])
    strength = across.abs() + down.abs()
    thin = _largest(strength, across, down)
    strong, weak = thin & (strength > HIGH), thin & (strength > LOW)
    return _connected(strong, weak)


def _largest(strength: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Where no neighbour along the gradient is stronger; of two equal ones the first."""
    eighth = torch.round(torch.atan2(down, across) / (torch.pi / 4)).long() % 4
    around = F.pad(strength, (1, 1, 1, 1))
    height, width = strength.shape[-2:]
    found = torch.zeros_like(strength, dtype=torch.bool)
    for direction, (dy, dx) in enumerate(STEPS):
        after = around[..., 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        before = around[..., 1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]
        found |= (eighth == direction) & (strength >= after) & (strength > before)
    return found


def _connected(strong: Tensor, weak: Tensor) -> Tensor:
    """The weak pixels that touch strong ones, in one step or many."""
    while True:
        grown = weak & (F.max_pool2d(strong.float(), 3, stride=1, padding=1) > 0)
        if torch.equal(grown | strong, strong):
            return strong
        strong = strong | grown


def smooth_edges(images: Tensor) -> Tensor:
    """[N,3,H,W] blurred by a 5×5 Gaussian near edges (within two pixels), and as it was elsewhere.

    CartoonGAN (CVPR 2018), §3.2.1.
    """
    near = F.max_pool2d(edges(images).float(), 5, stride=1, padding=2) > 0
    row = torch.tensor([1.0, 4, 6, 4, 1]).to(images) / 16
    kernel = torch.outer(row, row)[None, None].repeat(3, 1, 1, 1)
    blurred = F.conv2d(F.pad(images, (2, 2, 2, 2), mode="reflect"), kernel, groups=3)
    return torch.where(near, blurred, images)
