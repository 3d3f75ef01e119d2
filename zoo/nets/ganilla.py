"""The GANILLA generator (2002.05638, §3.1), as released: nearest upsampling in the decoder."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.convolutions import NarrowConv, UpsampledConv
from zoo.nets.norm import InstanceNorm

__all__ = ["GanillaGenerator"]


def _up(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class _Block(nn.Module):
    """A residual block that concatenates its shortcut and fuses both by a convolution."""

    def __init__(self, inside: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, channels, 3, stride=stride, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, bias=False)
        self.norm = InstanceNorm(channels)
        self.pad = nn.ReflectionPad2d(1)
        self.final_conv = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(2 * channels, channels, 3, bias=False),
            InstanceNorm(channels),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or inside != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inside, channels, 1, stride=stride, bias=False), InstanceNorm(channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu_(self.norm(self.conv1(self.pad(x))))
        y = self.norm(self.conv2(self.pad(y)))
        return F.relu_(self.final_conv(torch.cat([y, self.shortcut(x)], 1)))


class _Pyramid(nn.Module):
    """Sums of all four scales from coarse to fine, without norm or activation."""

    def __init__(self, widths: tuple[int, int, int, int], inner: int, out: int) -> None:
        super().__init__()
        c2, c3, c4, c5 = widths
        self.P5_1 = nn.Conv2d(c5, inner, 1)
        self.P4_1 = nn.Conv2d(c4, inner, 1)
        self.P3_1 = nn.Conv2d(c3, inner, 1)
        self.P2_1 = nn.Conv2d(c2, inner, 1)
        self.P2_2 = UpsampledConv(inner, out, 3)

    def forward(self, c2: Tensor, c3: Tensor, c4: Tensor, c5: Tensor) -> Tensor:
        p = _up(self.P5_1(c5)) + self.P4_1(c4)
        p = _up(p) + self.P3_1(c3)
        y: Tensor = self.P2_2(_up(p) + self.P2_1(c2))
        return y


class GanillaGenerator(nn.Module):
    """Four residual layers and a feature pyramid that carries low-level content to the end.

    Stride 16. The reference fixes the pyramid at 128 channels for width 64: twice the width.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        widths = (width, 2 * width, 2 * width, 4 * width)
        self.conv1 = nn.Conv2d(3, width, 7)
        self.norm = InstanceNorm(width)
        self.wide, self.edge = nn.ReflectionPad2d(3), nn.ReflectionPad2d(1)
        self.pool = nn.MaxPool2d(3, stride=2)
        inside = width
        for i, channels in enumerate(widths):
            first = _Block(inside, channels, 1 if i == 0 else 2)
            layer = nn.Sequential(first, _Block(channels, channels, 1))
            self.add_module(f"layer{i + 1}", layer)
            inside = channels
        self.fpn = _Pyramid(widths, 2 * width, width)
        self.conv2 = NarrowConv(width, 3, 7)

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to the same; H and W multiples of 16, at least 32."""
        y = F.relu_(self.norm(self.conv1(self.wide(x))))
        y = self.pool(self.edge(y))
        scales = []
        for i in range(1, 5):
            y = self.get_submodule(f"layer{i}")(y)
            scales.append(y)
        return torch.tanh(self.conv2(self.wide(self.fpn(*scales))))
