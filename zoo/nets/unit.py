"""The networks of UNIT (1703.00848, §3 and its supplement), from the paper alone."""

from __future__ import annotations

from torch import Tensor, nn

from zoo.nets.noise import Noise
from zoo.nets.norm import InstanceNorm
from zoo.nets.resnet import ResnetBlock

__all__ = ["UnitDecoder", "UnitEncoder", "UnitTranslator"]

BLOCKS = 3  # of each network's own; one more is shared by both domains


class UnitEncoder(nn.Module):
    """A picture to the mean of its code, at a quarter of the size; `shared` is its last block."""

    def __init__(self, width: int = 64, shared: nn.Module | None = None) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7)]
        layers += [InstanceNorm(width), nn.LeakyReLU(0.01, inplace=True)]
        for inside in (width, 2 * width):
            layers.append(nn.Conv2d(inside, 2 * inside, 3, stride=2, padding=1))
            layers += [InstanceNorm(2 * inside), nn.LeakyReLU(0.01, inplace=True)]
        layers += [ResnetBlock(4 * width, "instance", False) for _ in range(BLOCKS)]
        layers.append(shared or ResnetBlock(4 * width, "instance", False))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to [N,4·width,H/4,W/4]; H and W multiples of 4."""
        y: Tensor = self.layers(x)
        return y


class UnitDecoder(nn.Module):
    """A code to a picture; `shared` is its first block."""

    def __init__(self, width: int = 64, shared: nn.Module | None = None) -> None:
        super().__init__()
        layers: list[nn.Module] = [shared or ResnetBlock(4 * width, "instance", False)]
        layers += [ResnetBlock(4 * width, "instance", False) for _ in range(BLOCKS)]
        for inside in (4 * width, 2 * width):
            half = inside // 2
            layers.append(nn.ConvTranspose2d(inside, half, 3, 2, padding=1, output_padding=1))
            layers += [InstanceNorm(half), nn.LeakyReLU(0.01, inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 3, 1), nn.Tanh())

    def forward(self, code: Tensor) -> Tensor:
        """[N,4·width,h,w] to [N,3,4h,4w] in -1..1."""
        y: Tensor = self.layers(code)
        return y


class UnitTranslator(nn.Module):
    """The encoder of one domain and the decoder of the other, with the noise of the code between.

    In eval mode the code is its mean. Stride 4.
    """

    def __init__(
        self,
        width: int = 64,
        encode: UnitEncoder | None = None,
        decode: UnitDecoder | None = None,
    ) -> None:
        super().__init__()
        self.encode = encode or UnitEncoder(width)
        self.decode = decode or UnitDecoder(width)
        self.noise = Noise()

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to the same; H and W multiples of 4, at least 8."""
        mean = self.encode(x)
        y: Tensor = self.decode(mean + self.noise(mean))
        return y
