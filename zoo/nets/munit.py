"""The networks of MUNIT (1804.04732, §5.1 and appendix B.2), written from the paper.

c7s1-64, d128, d256 and four R256 to a content; c7s1-64, d128, three d256, mean and fc8 to a style;
four R256, u128, u64 and c7s1-3 to a picture.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.convolutions import NarrowConv
from zoo.nets.noise import Noise
from zoo.nets.norm import InstanceNorm
from zoo.nets.resnet import ResnetBlock
from zoo.nets.winograd import WinogradConv

__all__ = [
    "BLOCKS",
    "STYLE",
    "ContentEncoder",
    "MunitDecoder",
    "MunitTranslator",
    "PictureNorm",
    "StyleEncoder",
    "enlarging",
]

STYLE = 8  # numbers of a style
BLOCKS = 4


def _start(width: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7)]


def _halving(inside: int, outside: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(1), nn.Conv2d(inside, outside, 4, stride=2)]


class PictureNorm(nn.GroupNorm):
    """Layer norm over all values of a picture (1607.06450), with a scale and shift a channel.

    As published it divides by the unbiased deviation plus 1e-5, and its scales start at random
    between 0 and 1.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(1, channels)
        nn.init.uniform_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape."""
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        weight, bias = self.weight[:, None, None], self.bias[:, None, None]
        if torch.onnx.is_in_onnx_export():  # it has no name for the group norm below
            deviation, mean = torch.std_mean(wide, (1, 2, 3), keepdim=True)
            return (wide - mean) / (deviation + self.eps) * weight + bias
        n, c, h, w = wide.shape
        y, _, rstd = torch.native_group_norm(wide, None, None, n, c, h * w, 1, 1e-12)
        # From σ to √(N/(N-1)) σ + 1e-5: a factor near 1, through which no gradient goes.
        values = c * h * w
        share = 1 / ((values / max(1, values - 1)) ** 0.5 + self.eps * rstd.view(n, 1, 1, 1))
        return torch.addcmul(bias, y, share * weight).to(x.dtype)


class ContentEncoder(nn.Module):
    """What a picture shows, with instance norm, so without the colours and contrast of a style."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        layers = [*_start(width), InstanceNorm(width), nn.ReLU(inplace=True)]
        for inside in (width, 2 * width):
            layers += [*_halving(inside, 2 * inside), InstanceNorm(2 * inside)]
            layers.append(nn.ReLU(inplace=True))
        layers += [ResnetBlock(4 * width, "instance", False) for _ in range(BLOCKS)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to [N,4·width,H/4,W/4]; H and W multiples of 4."""
        y: Tensor = self.layers(x)
        return y


class StyleEncoder(nn.Module):
    """The style of a whole picture; no norm, which would take away what it looks for."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        layers = [*_start(width), nn.ReLU(inplace=True)]
        inside = width
        for outside in (2 * width, 4 * width, 4 * width, 4 * width):
            layers += [*_halving(inside, outside), nn.ReLU(inplace=True)]
            inside = outside
        self.layers = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Conv2d(inside, STYLE, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to [N,8]; H and W at least 32."""
        return torch.flatten(self.layers(x), 1)


class _StyledBlock(nn.Module):
    """A residual block whose norms take mean and deviation from the style (1703.06868)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (WinogradConv(channels, channels, 3) for _ in range(2))
        self.pad, self.norm = nn.ReflectionPad2d(1), InstanceNorm(channels)

    def forward(self, x: Tensor, styles: Tensor) -> Tensor:
        """[N,C,h,w] and [N,4,C,1,1]: scale and shift of both norms."""
        scale1, shift1, scale2, shift2 = styles.unbind(1)
        y = F.relu(self.norm(self.first(self.pad(x))) * scale1 + shift1)
        z: Tensor = self.norm(self.second(self.pad(y))) * scale2 + shift2
        return x + z


def enlarging(width: int) -> nn.Sequential:
    """[N,4·width,h,w] to [N,3,4h,4w] before tanh: two doublings and a 7×7 convolution."""
    layers: list[nn.Module] = []
    for inside in (4 * width, 2 * width):
        conv = WinogradConv(inside, inside // 2, 5, padding=2, padding_mode="reflect")
        layers += [nn.Upsample(scale_factor=2), nn.Identity(), conv]
        layers += [PictureNorm(inside // 2), nn.ReLU()]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), NarrowConv(width, 3, 7))


class MunitDecoder(nn.Module):
    """Content and style to a picture; a perceptron turns the style into the blocks' norms."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        wide = 4 * width
        self.mlp = nn.Sequential(
            nn.Linear(STYLE, wide),
            nn.ReLU(),
            nn.Linear(wide, wide),
            nn.ReLU(),
            nn.Linear(wide, BLOCKS * 4 * wide),
        )
        self.blocks = nn.ModuleList(_StyledBlock(wide) for _ in range(BLOCKS))
        self.layers = enlarging(width)

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """[N,4·width,h,w] and [N,8] to [N,3,4h,4w] in -1..1."""
        n, channels = content.shape[:2]
        styles = self.mlp(style).view(n, BLOCKS, 4, channels, 1, 1)
        for number, block in enumerate(self.blocks):
            content = block(content, styles[:, number])
        return torch.tanh(self.layers(content))


class MunitTranslator(nn.Module):
    """The content of one domain in a style of the other.

    Where no style is given it is drawn from the prior; in eval mode it is the prior's mean, so
    that answers repeat. Stride 4.
    """

    def __init__(
        self,
        width: int = 64,
        content: ContentEncoder | None = None,
        decode: MunitDecoder | None = None,
    ) -> None:
        super().__init__()
        self.content = content or ContentEncoder(width)
        self.decode = decode or MunitDecoder(width)
        self.noise = Noise()

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        """[N,3,H,W] in -1..1 to the same; H and W multiples of 4, at least 8."""
        if style is None:
            style = self.noise(x.new_zeros(x.shape[0], STYLE))
        y: Tensor = self.decode(self.content(x), style)
        return y
