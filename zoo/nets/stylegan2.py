"""The networks of SinCUT: StyleGAN2's layers as an image translator and a discriminator of crops.

Arithmetic from StyleGAN2 (1912.04958, §2 and §3.1; equalised rates from 1710.10196, §4.1), what
is put together from CUT's single-image translation (2007.15651, appendix): one halving, six
residual blocks, one doubling. There is no mapping network and no style: modulation is by ones,
which leaves the demodulation (eq. 3). Keys, order and channels are those of the published
networks for crops of 64 pixels. Two things differ from the paper's StyleGAN2 as they do there:
the discriminator has no minibatch deviation, and the last layer is a leaky ReLU, so that values
are not held to -1..1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.noise import Noise

__all__ = ["EqualConv", "EqualLinear", "StyleDiscriminator", "StyleGenerator"]

TAPS = (1.0, 3.0, 3.0, 1.0)
SLOPE = 0.2
GAIN = math.sqrt(2.0)  # of an activation: keeps the variance that its slope takes away
MOST = 384  # channels of the discriminator


class EqualConv(nn.Module):
    """A convolution whose weights are kept at N(0, 1) and scaled by 1/√fan-in where they are used.

    So every layer learns at one rate (1710.10196, §4.1). No bias: the activation has it.
    """

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside, kernel, kernel))
        self.scale = 1 / math.sqrt(inside * kernel**2)
        self.stride, self.padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        """[N,inside,H,W] to [N,outside,h,w]."""
        return F.conv2d(x, self.weight * self.scale, stride=self.stride, padding=self.padding)


class EqualLinear(nn.Module):
    """The same for vectors, with a bias of its own; `active` puts the activation after it."""

    def __init__(self, inside: int, outside: int, active: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside))
        self.bias = nn.Parameter(torch.zeros(outside))
        self.scale, self.active = 1 / math.sqrt(inside), active

    def forward(self, x: Tensor) -> Tensor:
        """[N,inside] to [N,outside]."""
        y = F.linear(x, self.weight * self.scale, self.bias)
        return F.leaky_relu(y, SLOPE) * GAIN if self.active else y


class _Active(nn.Module):
    """A bias a channel and a leaky ReLU with a gain of √2."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape."""
        return F.leaky_relu(x + self.bias, SLOPE) * GAIN


class _Blur(nn.Module):
    """A 4×4 binomial filter over a picture with `before` and `after` zeros at each edge."""

    kernel: Tensor

    def __init__(self, channels: int, before: int, after: int, gain: float = 1.0) -> None:
        super().__init__()
        taps = torch.tensor(TAPS)
        kernel = torch.outer(taps, taps)
        self.register_buffer("kernel", kernel / kernel.sum() * gain)
        self.channels, self.edges = channels, (before, after, before, after)

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,C,H+before+after-3,…]."""
        kernel = self.kernel.to(x.dtype).expand(self.channels, 1, -1, -1)
        return F.conv2d(F.pad(x, self.edges), kernel, groups=self.channels)


def _layer(inside: int, outside: int, kernel: int, halve: bool = False) -> nn.Sequential:
    """A convolution and its activation; to halve, it is blurred first and every second pixel."""
    if halve:
        edge = kernel // 2 + 1
        blurred = EqualConv(inside, outside, kernel, stride=2, padding=0)
        return nn.Sequential(_Blur(inside, edge, edge), blurred, _Active(outside))
    plain = EqualConv(inside, outside, kernel, stride=1, padding=kernel // 2)
    return nn.Sequential(plain, _Active(outside))


class _Residual(nn.Module):
    """Two convolutions around a shortcut, their sum over √2 (1912.04958, §4.1)."""

    def __init__(self, inside: int, outside: int, halve: bool) -> None:
        super().__init__()
        self.conv1 = _layer(inside, inside, 3)
        self.conv2 = _layer(inside, outside, 3, halve)
        self.skip: nn.Module = nn.Identity()
        if halve:
            straight = EqualConv(inside, outside, 1, stride=2, padding=0)
            self.skip = nn.Sequential(_Blur(inside, 1, 1), straight)

    def forward(self, x: Tensor) -> Tensor:
        """[N,inside,H,W] to [N,outside,H,W], or to half of that."""
        y: Tensor = self.conv2(self.conv1(x)) + self.skip(x)
        return y / GAIN


class _Doubling(nn.Module):
    """A transposed convolution with demodulated weights, and a blur over what it made.

    Every output channel's weights have length 1 (1912.04958, eq. 3, with modulation by ones).
    """

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        # Published files have an axis of length 1 before these; see zoo.layouts.
        self.weight = nn.Parameter(torch.randn(outside, inside, 3, 3))
        self.blur = _Blur(outside, 1, 1, gain=4.0)  # three of four pixels were zeros
        self.scale = 1 / math.sqrt(inside * 9)

    def forward(self, x: Tensor) -> Tensor:
        """[N,inside,H,W] to [N,outside,2H,2W]."""
        weight = self.weight * self.scale
        weight = weight * torch.rsqrt(weight.square().sum((1, 2, 3), keepdim=True) + 1e-8)
        y: Tensor = self.blur(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2))
        return y


class _Injection(nn.Module):
    """Noise of one channel, as strong as learned; its mean, none, in eval mode."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.drawn = Noise()

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape."""
        y: Tensor = x + self.weight * self.drawn(x[:, :1])
        return y


class _Styled(nn.Module):
    """StyleGAN2's layer that doubles: convolution, noise, activation (1912.04958, figure 2c)."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv = _Doubling(inside, outside)
        self.noise = _Injection()
        self.activate = _Active(outside)

    def forward(self, x: Tensor) -> Tensor:
        """[N,inside,H,W] to [N,outside,2H,2W]."""
        y: Tensor = self.activate(self.noise(self.conv(x)))
        return y


class _Stack(nn.Module):
    """Layers in a row under the key `convs`."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.convs = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Through all of them."""
        y: Tensor = self.convs(x)
        return y


class StyleGenerator(nn.Module):
    """A halving, `blocks` residual blocks at 16·width channels, a doubling to 8·width.

    The first of the layers does nothing, so that their numbers are those of the paper's project:
    layer 0 is the picture itself. Noise is drawn in training mode alone. Stride 2.
    """

    def __init__(self, width: int = 10, blocks: int = 6) -> None:
        super().__init__()
        if blocks < 2 or blocks % 2:
            raise ValueError(f"blocks must be even, half of them for each side, not {blocks}")
        thin, wide = 8 * width, 16 * width

        def residuals() -> Iterator[nn.Module]:
            return (_Residual(wide, wide, halve=False) for _ in range(blocks // 2))

        down = [nn.Identity(), _layer(3, thin, 1), _Residual(thin, wide, halve=True)]
        self.encoder = _Stack([*down, *residuals()])
        self.decoder = _Stack([*residuals(), _Styled(wide, thin), _layer(thin, 3, 1)])

    def layers(self) -> list[nn.Module]:
        """Encoder and decoder as one row."""
        return [*self.encoder.convs, *self.decoder.convs]

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to the same, of any range; H and W multiples of 2, at least 4."""
        y: Tensor = self.decoder(self.encoder(x))
        return y


class StyleDiscriminator(nn.Module):
    """Residual blocks that halve a crop of `size` pixels down to 4, and one verdict on it all.

    Channels double at each halving from 256·width/size up to 384.
    """

    def __init__(self, size: int = 64, width: int = 8) -> None:
        super().__init__()
        if size < 8 or size & (size - 1):
            raise ValueError(f"its crops must be 8, 16, 32 … pixels a side, not {size}")
        self.size = size
        sizes = [size >> i for i in range(size.bit_length() - 2)]  # size … 4
        channels = [max(1, min(MOST, 256 * width // side)) for side in sizes]
        halvings = [_Residual(inside, out, halve=True) for inside, out in pairwise(channels)]
        last = channels[-1]
        self.convs = nn.Sequential(_layer(3, channels[0], 1), *halvings)
        self.final_conv = _layer(last, last, 3)
        self.final_linear = nn.Sequential(
            EqualLinear(last * 16, last, active=True), EqualLinear(last, 1, active=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,size,size] in -1..1 to logits [N,1]."""
        y: Tensor = self.final_linear(self.final_conv(self.convs(x)).flatten(1))
        return y
