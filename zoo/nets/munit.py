"""The networks of MUNIT (1804.04732, §5.1 and its supplement), from the paper alone."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.noise import Noise
from zoo.nets.norm import InstanceNorm
from zoo.nets.resnet import ResnetBlock

__all__ = ["STYLE", "ContentEncoder", "MunitDecoder", "MunitTranslator", "StyleEncoder"]

STYLE = 8  # numbers of a style
BLOCKS = 4


def _start(width: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7)]


def _halving(inside: int, outside: int) -> list[nn.Module]:
    return [nn.ReflectionPad2d(1), nn.Conv2d(inside, outside, 4, stride=2)]


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
        self.first, self.second = nn.Conv2d(channels, channels, 3), nn.Conv2d(channels, channels, 3)
        self.pad, self.norm = nn.ReflectionPad2d(1), InstanceNorm(channels)

    def forward(self, x: Tensor, styles: Tensor) -> Tensor:
        """[N,C,h,w] and [N,4,C,1,1]: scale and shift of both norms."""
        scale1, shift1, scale2, shift2 = styles.unbind(1)
        y = F.relu(self.norm(self.first(self.pad(x))) * scale1 + shift1)
        z: Tensor = self.norm(self.second(self.pad(y))) * scale2 + shift2
        return x + z


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
        layers: list[nn.Module] = []
        for inside in (wide, 2 * width):
            layers += [nn.Upsample(scale_factor=2), nn.ReflectionPad2d(2)]
            layers += [nn.Conv2d(inside, inside // 2, 5), nn.GroupNorm(1, inside // 2), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7))

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
            style = self.noise(x.new_zeros(len(x), STYLE))
        y: Tensor = self.decode(self.content(x), style)
        return y
