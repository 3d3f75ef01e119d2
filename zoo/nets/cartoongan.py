"""The generator of CartoonGAN (CVPR 2018, §3.1), with the keys of its published weights."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.convolutions import NarrowConv
from zoo.nets.norm import InstanceNorm
from zoo.nets.winograd import WinogradConv

__all__ = ["CartoonDiscriminator", "CartoonGenerator", "ScaledInstanceNorm"]

BLOCKS = 8
FIRST_BLOCK = 4  # the number of the first residual block in the names of the keys


class ScaledInstanceNorm(nn.Module):
    """Instance normalisation with `scale` and `shift`, eps 1e-9, as the published files have it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape."""
        return torch.group_norm(x, self.channels, self.scale, self.shift, eps=1e-9)


class CartoonGenerator(nn.Module):
    """Flat convolution, two down blocks, eight residual blocks, two up blocks. Stride 4.

    Keys number the layers: `conv02_1` halves, `conv02_2` follows, `in02_1` normalises both.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.conv01_1 = nn.Conv2d(3, width, 7)
        self.in01_1 = ScaledInstanceNorm(width)
        for number, inside in ((2, width), (3, 2 * width)):
            self._pair(f"conv{number:02}", nn.Conv2d(inside, 2 * inside, 3, 2, 1), 2 * inside)
            self.add_module(f"in{number:02}_1", ScaledInstanceNorm(2 * inside))
        for number in range(FIRST_BLOCK, FIRST_BLOCK + BLOCKS):
            for half in (1, 2):
                self.add_module(f"conv{number:02}_{half}", WinogradConv(4 * width, 4 * width, 3))
                self.add_module(f"in{number:02}_{half}", ScaledInstanceNorm(4 * width))
        for number, outside in ((1, 2 * width), (2, width)):
            doubling = nn.ConvTranspose2d(2 * outside, outside, 3, 2, 1, output_padding=1)
            self._pair(f"deconv{number:02}", doubling, outside)
            self.add_module(f"in{number + 11}_1", ScaledInstanceNorm(outside))
        self.deconv03_1 = NarrowConv(width, 3, 7)
        self.wide, self.edge = nn.ReflectionPad2d(3), nn.ReflectionPad2d(1)

    def _pair(self, name: str, resampling: nn.Module, channels: int) -> None:
        self.add_module(f"{name}_1", resampling)
        self.add_module(f"{name}_2", WinogradConv(channels, channels, 3, padding=1))

    def _run(self, name: str, x: Tensor) -> Tensor:
        y: Tensor = self.get_submodule(name)(x)
        return y

    def _resample(self, layers: str, norm: str, x: Tensor) -> Tensor:
        return F.relu_(self._run(norm, self._run(f"{layers}_2", self._run(f"{layers}_1", x))))

    def _block(self, number: int, x: Tensor) -> Tensor:
        y = x
        for half in (1, 2):
            y = self._run(f"conv{number:02}_{half}", self.edge(y))
            y = self._run(f"in{number:02}_{half}", y)
            y = F.relu_(y) if half == 1 else y
        return x + y

    def forward(self, x: Tensor) -> Tensor:
        """BGR [N,3,H,W] in -1..1 to the same; H and W multiples of 4, at least 8."""
        y = F.relu_(self.in01_1(self.conv01_1(self.wide(x))))
        y = self._resample("conv02", "in02_1", y)
        y = self._resample("conv03", "in03_1", y)
        for number in range(FIRST_BLOCK, FIRST_BLOCK + BLOCKS):
            y = self._block(number, y)
        y = self._resample("deconv01", "in12_1", y)
        y = self._resample("deconv02", "in13_1", y)
        return torch.tanh(self.deconv03_1(self.wide(y)))


class CartoonDiscriminator(nn.Module):
    """Judges patches: a flat layer, two halvings, two layers at a quarter (CVPR 2018, fig. 2).

    Norms have no parameters here, as in the other discriminators.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w2, w4, w8 = 2 * width, 4 * width, 8 * width
        self.model = nn.Sequential(
            *_judge(3, width, 1),
            *_judge(width, w2, 2),
            *_judge(w2, w4, 1, norm=True),
            *_judge(w4, w4, 2),
            *_judge(w4, w8, 1, norm=True),
            *_judge(w8, w8, 1, norm=True),
            nn.Conv2d(w8, 1, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """RGB [N,3,H,W] in -1..1 to one verdict a patch, [N,1,H/4,W/4]."""
        y: Tensor = self.model(x)
        return y


def _judge(inside: int, outside: int, stride: int, norm: bool = False) -> list[nn.Module]:
    middle = [InstanceNorm(outside)] if norm else []
    return [nn.Conv2d(inside, outside, 3, stride, padding=1), *middle, nn.LeakyReLU(0.2)]
