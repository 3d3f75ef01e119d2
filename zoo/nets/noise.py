"""Gaussian noise as a layer: drawn in training mode, its mean in eval mode."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Noise"]


class Noise(nn.Module):
    """N(0, 1) in the shape of what it is given; zeros in eval mode, so that answers repeat."""

    def forward(self, like: Tensor) -> Tensor:
        """Any shape to the same."""
        return torch.randn_like(like) if self.training else torch.zeros_like(like)
