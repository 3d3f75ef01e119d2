"""The ResNet generator of CycleGAN (1703.10593, §7.2) and, antialiased, of CUT (2007.15651)."""

from __future__ import annotations

from torch import Tensor, nn

from zoo.nets.blur import BlurDown, BlurUp
from zoo.nets.norm import make_norm

__all__ = ["ResnetBlock", "ResnetGenerator"]


class ResnetBlock(nn.Module):
    """Two reflected 3×3 convolutions around a shortcut; no ReLU after the sum."""

    def __init__(self, channels: int, norm: str, dropout: bool) -> None:
        super().__init__()
        make, bias = make_norm(norm), norm == "instance"

        def convolution() -> list[nn.Module]:
            return [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=bias)]

        layers = [*convolution(), make(channels), nn.ReLU()]
        if dropout:
            layers.append(nn.Dropout(0.5))  # moves the second convolution from key 5 to 6
        self.conv_block = nn.Sequential(*layers, *convolution(), make(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape."""
        y: Tensor = self.conv_block(x)
        return x + y


class ResnetGenerator(nn.Module):
    """Two downsamplings, `blocks` residual blocks, two upsamplings.

    Batch norm has its own shift, so convolutions have a bias only with instance norm. Stride 4.
    """

    def __init__(
        self,
        blocks: int = 9,
        norm: str = "instance",
        width: int = 64,
        antialias: bool = False,
        dropout: bool = False,
    ) -> None:
        super().__init__()
        make, bias = make_norm(norm), norm == "instance"

        def finish(channels: int) -> list[nn.Module]:
            return [make(channels), nn.ReLU()]

        def down(inside: int) -> list[nn.Module]:
            stride = 1 if antialias else 2
            conv = nn.Conv2d(inside, 2 * inside, 3, stride=stride, padding=1, bias=bias)
            return [conv, *finish(2 * inside), *([BlurDown(2 * inside)] if antialias else [])]

        def up(inside: int) -> list[nn.Module]:
            half = inside // 2
            if antialias:
                conv: nn.Module = nn.Conv2d(inside, half, 3, padding=1, bias=bias)
                return [BlurUp(inside), conv, *finish(half)]
            conv = nn.ConvTranspose2d(
                inside, half, 3, stride=2, padding=1, output_padding=1, bias=bias
            )
            return [conv, *finish(half)]

        self.model = nn.Sequential(
            nn.ReflectionPad2d(3),
            nn.Conv2d(3, width, 7, bias=bias),
            *finish(width),
            *down(width),
            *down(2 * width),
            *(ResnetBlock(4 * width, norm, dropout) for _ in range(blocks)),
            *up(4 * width),
            *up(2 * width),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, 3, 7),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to the same; H and W multiples of 4, at least 8."""
        y: Tensor = self.model(x)
        return y
