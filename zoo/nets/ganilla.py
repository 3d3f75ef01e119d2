"""The GANILLA generator (2002.05638, §3.1), as released: nearest upsampling in the decoder.

Its two ideas can be taken out one by one, as in the ablation of the paper.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.convolutions import NarrowConv, UpsampledConv
from zoo.nets.norm import InstanceNorm

__all__ = ["GanillaGenerator"]

LAYERS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}  # blocks of each of the four layers


def _up(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class _Block(nn.Module):
    """A residual block that concatenates its shortcut and fuses both by a convolution.

    With `add` it is ResNet's own: the shortcut is added, and there is nothing to fuse.
    """

    def __init__(self, inside: int, channels: int, stride: int, add: bool) -> None:
        super().__init__()
        self.add = add
        self.conv1 = nn.Conv2d(inside, channels, 3, stride=stride, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, bias=False)
        self.norm = InstanceNorm(channels)
        self.pad = nn.ReflectionPad2d(1)
        if not add:
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
        if self.add:
            return F.relu_(y + self.shortcut(x))
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


class _Plain(nn.Module):
    """Four transposed convolutions from the coarsest scale alone, as CycleGAN's decoder has two."""

    def __init__(self, widths: tuple[int, int, int, int], out: int) -> None:
        super().__init__()
        c2, c3, c4, c5 = widths
        layers: list[nn.Module] = []
        for inside, outside in ((c5, c4), (c4, c3), (c3, c2), (c2, out)):
            layers.append(nn.ConvTranspose2d(inside, outside, 3, 2, padding=1, output_padding=1))
            layers += [InstanceNorm(outside), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, c2: Tensor, c3: Tensor, c4: Tensor, c5: Tensor) -> Tensor:
        y: Tensor = self.layers(c5)
        return y


class GanillaGenerator(nn.Module):
    """Four residual layers and a feature pyramid that carries low-level content to the end.

    Stride 16. The reference fixes the pyramid at 128 channels for width 64: twice the width.
    `shortcut="add"` and `pyramid=False` are the paper's ablations; `layers` counts as the names of
    ResNets do.
    """

    def __init__(
        self, width: int = 64, shortcut: str = "concat", pyramid: bool = True, layers: int = 18
    ) -> None:
        super().__init__()
        if shortcut not in ("concat", "add") or layers not in LAYERS:
            raise ValueError(
                f"no shortcut '{shortcut}' or no network of {layers} layers: concat, add; 18, 34"
            )
        widths = (width, 2 * width, 2 * width, 4 * width)
        self.conv1 = nn.Conv2d(3, width, 7)
        self.norm = InstanceNorm(width)
        self.wide, self.edge = nn.ReflectionPad2d(3), nn.ReflectionPad2d(1)
        self.pool = nn.MaxPool2d(3, stride=2)
        inside = width
        add = shortcut == "add"
        for i, (channels, count) in enumerate(zip(widths, LAYERS[layers], strict=True)):
            blocks = [_Block(inside, channels, 1 if i == 0 else 2, add)]
            blocks += [_Block(channels, channels, 1, add) for _ in range(count - 1)]
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
            inside = channels
        # Called fpn, as in published files, only where it is one.
        self.fpn = _Pyramid(widths, 2 * width, width) if pyramid else None
        self.plain = None if pyramid else _Plain(widths, width)
        self.conv2 = NarrowConv(width, 3, 7)

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to the same; H and W multiples of 16, at least 32."""
        y = F.relu_(self.norm(self.conv1(self.wide(x))))
        y = self.pool(self.edge(y))
        scales = []
        for i in range(1, 5):
            y = self.get_submodule(f"layer{i}")(y)
            scales.append(y)
        decode = self.fpn or self.plain
        assert decode is not None
        return torch.tanh(self.conv2(self.wide(decode(*scales))))
