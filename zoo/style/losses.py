"""Losses of style transfer on features: content, Gram, statistics, and total variation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from zoo.nets.adain import statistics

__all__ = ["content_loss", "gram", "statistics_loss", "style_loss", "total_variation"]


def gram(features: Tensor) -> Tensor:
    """Products of channels [N,C,C], averaged over the pixels of [N,C,H,W] (1508.06576, eq. 3)."""
    flat = features.flatten(2)
    flat = flat.float() if flat.dtype == torch.bfloat16 else flat
    with torch.autocast(flat.device.type, enabled=False):  # sums of thousands of products
        return torch.bmm(flat, flat.transpose(1, 2)) / flat.shape[2]


def style_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared difference of two Gram matrices [N,C,C].

    Four times E of 1508.06576, eq. 4, when both pictures have as many pixels.
    """
    return F.mse_loss(found, wanted)


def content_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared difference of features, as in 1603.08155, eq. 2."""
    return F.mse_loss(found, wanted)


def statistics_loss(found: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Distance of features from a style's mean and deviation [N,C,1,1] (1703.06868, eq. 13)."""
    own_mean, own_std = statistics(found)
    return F.mse_loss(own_mean, mean) + F.mse_loss(own_std, std)


def total_variation(images: Tensor) -> Tensor:
    """Mean squared difference of neighbours, down and across, of [N,C,H,W]."""
    down = images[..., 1:, :] - images[..., :-1, :]
    across = images[..., :, 1:] - images[..., :, :-1]
    return sum(
        (step.square().mean() for step in (down, across) if step.numel()),
        start=images.new_zeros(()),
    )
