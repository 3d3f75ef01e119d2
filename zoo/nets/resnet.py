"""The ResNet generator of CycleGAN (1703.10593, §7.2) and, antialiased, of CUT (2007.15651)."""

from __future__ import annotations

from torch import Tensor, nn

from zoo.nets.blur import BlurDown, BlurUp
from zoo.nets.convolutions import NarrowConv
from zoo.nets.norm import make_norm
from zoo.nets.winograd import WinogradConv

__all__ = ["ResnetBlock", "ResnetGenerator"]


class ResnetBlock(nn.Module):
    """Two reflected 3×3 convolutions around a shortcut; no ReLU after the sum."""

    def __init__(self, channels: int, norm: str, dropout: bool) -> None:
        super().__init__()
        make, bias = make_norm(norm), norm == "instance"

        def convolution() -> list[nn.Module]:
            return [nn.ReflectionPad2d(1), WinogradConv(channels, channels, 3, bias=bias)]

        layers = [*convolution(), make(channels), nn.ReLU(inplace=True)]
        if dropout:
            layers.append(nn.Dropout(0.5))  # moves the second convolution from key 5 to 6
        self.conv_block = nn.Sequential(*layers, *convolution(), make(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape."""
        y: Tensor = self.conv_block(x)
        return x + y


def _finish(channels: int, norm: str) -> list[nn.Module]:
    return [make_norm(norm)(channels), nn.ReLU(inplace=True)]


def _down(inside: int, norm: str, smooth: bool) -> list[nn.Module]:
    outside, bias = 2 * inside, norm == "instance"
    if smooth:
        conv: nn.Module = WinogradConv(inside, outside, 3, padding=1, bias=bias)
        return [conv, *_finish(outside, norm), BlurDown(outside)]
    conv = nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=bias)
    return [conv, *_finish(outside, norm)]


def _up(inside: int, norm: str, smooth: bool) -> list[nn.Module]:
    outside, bias = inside // 2, norm == "instance"
    if smooth:
        conv = WinogradConv(inside, outside, 3, padding=1, bias=bias)
        return [BlurUp(inside), conv, *_finish(outside, norm)]
    doubling = nn.ConvTranspose2d(
        inside, outside, 3, stride=2, padding=1, output_padding=1, bias=bias
    )
    return [doubling, *_finish(outside, norm)]


class ResnetGenerator(nn.Module):
    """Two downsamplings, `blocks` residual blocks, two upsamplings.

    Batch norm has its own shift, so convolutions have a bias only with instance norm. Stride 4.
    `antialias_up` says it of the upsamplings alone, where CUT has a switch for each half.
    """

    def __init__(
        self,
        blocks: int = 9,
        norm: str = "instance",
        width: int = 64,
        antialias: bool = False,
        dropout: bool = False,
        antialias_up: bool | None = None,  # as `antialias`
    ) -> None:
        super().__init__()
        smooth_up = antialias if antialias_up is None else antialias_up
        self.model = nn.Sequential(
            nn.ReflectionPad2d(3),
            nn.Conv2d(3, width, 7, bias=norm == "instance"),
            *_finish(width, norm),
            *_down(width, norm, antialias),
            *_down(2 * width, norm, antialias),
            *(ResnetBlock(4 * width, norm, dropout) for _ in range(blocks)),
            *_up(4 * width, norm, smooth_up),
            *_up(2 * width, norm, smooth_up),
            nn.ReflectionPad2d(3),
            NarrowConv(width, 3, 7),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to the same; H and W multiples of 4, at least 8."""
        y: Tensor = self.model(x)
        return y
