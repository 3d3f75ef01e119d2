"""The generator of AnimeGANv2 (github.com/TachibanaYoshino/AnimeGANv2; AnimeGAN: ISICA 2019).

Written from the published description and the keys of the published PyTorch weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.winograd import WinogradConv

__all__ = ["AnimeGenerator", "Bilinear"]

HALVING = (0, 1, 0, 1)  # reflected columns left and right, rows above and below, before a stride


def _reflected(
    inside: int, outside: int, kernel: int, stride: int, groups: int, bias: bool
) -> tuple[nn.Module, nn.Module]:
    """A border and a convolution, in two layers as in the keys; the second may do both."""
    if stride == groups == 1 and kernel > 1:
        padding = kernel // 2
        conv = WinogradConv(
            inside, outside, kernel, padding=padding, padding_mode="reflect", bias=bias
        )
        return nn.Identity(), conv
    if kernel == 1:
        return nn.Identity(), nn.Conv2d(inside, outside, 1, bias=bias)
    border = nn.ReflectionPad2d(HALVING if stride == 2 else kernel // 2)
    return border, nn.Conv2d(inside, outside, kernel, stride, groups=groups, bias=bias)


class _ConvNorm(nn.Sequential):
    """Reflect, convolve, normalise over the whole picture (layer norm), LeakyReLU 0.2."""

    def __init__(
        self,
        inside: int,
        outside: int,
        kernel: int = 3,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        border, conv = _reflected(inside, outside, kernel, stride, groups, bias)
        super().__init__(
            border,
            conv,
            nn.GroupNorm(1, outside),
            nn.LeakyReLU(0.2, inplace=True),
        )


class _Inverted(nn.Module):
    """Widen by 1×1, filter each channel, narrow by 1×1; a shortcut where the widths agree."""

    def __init__(self, inside: int, outside: int, expansion: int) -> None:
        super().__init__()
        middle = expansion * inside
        self.shortcut = inside == outside
        self.layers = nn.Sequential(
            _ConvNorm(inside, middle, kernel=1),
            _ConvNorm(middle, middle, groups=middle, bias=True),
            nn.Conv2d(middle, outside, 1, bias=False),
            nn.GroupNorm(1, outside),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.shortcut else y


class Bilinear(nn.Module):
    """Enlargement without parameters; with `align_corners` the corner pixels stay where they are,
    so that where a pixel falls depends on the size of the whole picture."""

    def __init__(self, align_corners: bool) -> None:
        super().__init__()
        self.align_corners = align_corners

    def forward(self, x: Tensor, size: torch.Size) -> Tensor:
        """[N,C,h,w] to [N,C,*size]."""
        return F.interpolate(x, list(size), mode="bilinear", align_corners=self.align_corners)


class AnimeGenerator(nn.Module):
    """Two halvings, four inverted residual blocks, two bilinear upsamplings. Stride 4.

    `align_corners` is that of the upsampling: the published weights are run with both by the
    project that published them, with True where they are loaded by name.
    """

    def __init__(self, width: int = 32, align_corners: bool = True) -> None:
        super().__init__()
        w2, w4, w8 = 2 * width, 4 * width, 8 * width
        self.up = Bilinear(align_corners)
        self.block_a = nn.Sequential(
            _ConvNorm(3, width, 7), _ConvNorm(width, w2, stride=2), _ConvNorm(w2, w2)
        )
        self.block_b = nn.Sequential(_ConvNorm(w2, w4, stride=2), _ConvNorm(w4, w4))
        self.block_c = nn.Sequential(
            _ConvNorm(w4, w4),
            _Inverted(w4, w8, 2),
            *(_Inverted(w8, w8, 2) for _ in range(3)),
            _ConvNorm(w8, w4),
        )
        self.block_d = nn.Sequential(_ConvNorm(w4, w4), _ConvNorm(w4, w4))
        self.block_e = nn.Sequential(_ConvNorm(w4, w2), _ConvNorm(w2, w2), _ConvNorm(w2, width, 7))
        self.out_layer = nn.Sequential(nn.Conv2d(width, 3, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """RGB [N,3,H,W] in -1..1 to the same; H and W multiples of 4, at least 8."""
        half = self.block_a(x)
        y = self.block_c(self.block_b(half))
        y = self.block_d(self.up(y, half.shape[-2:]))
        y = self.block_e(self.up(y, x.shape[-2:]))
        return torch.tanh(self.out_layer(y))
