"""Discriminators of UNIT and MUNIT: halving convolutions, at one or several scales."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["MultiscaleDiscriminator"]


class MultiscaleDiscriminator(nn.Module):
    """`layers` halving convolutions and one to a verdict, on the picture and halves of it.

    Leaky ReLU 0.2, no norms (1804.04732, §B.2). Three scales of 4×4 are MUNIT's (as in
    1711.11585); one of 3×3 is UNIT's.
    """

    def __init__(self, layers: int = 4, scales: int = 3, width: int = 64, kernel: int = 4) -> None:
        super().__init__()
        self.scales = nn.ModuleList(_judge(layers, width, kernel) for _ in range(scales))

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N,3,H,W] in -1..1 to verdicts [N,1,h,w], one tensor a scale, finest first."""
        verdicts = []
        for number, judge in enumerate(self.scales):
            if number:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            verdicts.append(judge(x))
        return verdicts


def _judge(layers: int, width: int, kernel: int) -> nn.Sequential:
    model: list[nn.Module] = []
    inside = 3
    for i in range(layers):
        outside = width * 2**i
        model += [nn.Conv2d(inside, outside, kernel, stride=2, padding=1), nn.LeakyReLU(0.2)]
        inside = outside
    return nn.Sequential(*model, nn.Conv2d(inside, 1, 1))
