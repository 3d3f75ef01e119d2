"""The networks of UNIT (1703.00848), written from the paper, and those its authors train now.

`UnitTranslator` is the paper's (§4): three convolutions and four residual blocks to a code, as many
back, leaky ReLU. Channels (64, 128, 256), kernels (7, 3, 3 and 3, 3, 1), the slope of 0.01, the
missing norms and the zeros around the pictures are as taki0112/UNIT-Tensorflow (MIT licence, 2018)
has them; the paper's own table of appendix A could not be looked up. `VaeTranslator` is UNIT in
MUNIT's layers, to which the authors moved their project in May 2018 (their issue 80) and in which
their later weights are: instance norm and ReLU throughout, no weights in common.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zoo.nets.munit import BLOCKS as VAE_BLOCKS
from zoo.nets.munit import ContentEncoder, enlarging
from zoo.nets.noise import Noise
from zoo.nets.resnet import ResnetBlock

__all__ = ["UnitDecoder", "UnitEncoder", "UnitTranslator", "VaeDecoder", "VaeTranslator"]

BLOCKS = 3  # of each network's own; one more is shared by both domains
SLOPE = 0.01


class UnitEncoder(nn.Module):
    """A picture to the mean of its code, at a quarter of the size; `shared` is its last block."""

    def __init__(self, width: int = 64, shared: nn.Module | None = None) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 7, padding=3), _leaky()]
        for inside in (width, 2 * width):
            layers += [nn.Conv2d(inside, 2 * inside, 3, stride=2, padding=1), _leaky()]
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
            layers.append(_leaky())
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, 3, 1), nn.Tanh())

    def forward(self, code: Tensor) -> Tensor:
        """[N,4·width,h,w] to [N,3,4h,4w] in -1..1."""
        y: Tensor = self.layers(code)
        return y


def _leaky() -> nn.Module:
    return nn.LeakyReLU(SLOPE, inplace=True)


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


class VaeDecoder(nn.Module):
    """MUNIT's decoder with plain instance norms in its blocks."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        blocks = (ResnetBlock(4 * width, "instance", False) for _ in range(VAE_BLOCKS))
        self.blocks = nn.Sequential(*blocks)
        self.layers = enlarging(width)

    def forward(self, code: Tensor) -> Tensor:
        """[N,4·width,h,w] to [N,3,4h,4w] in -1..1."""
        return torch.tanh(self.layers(self.blocks(code)))


class VaeTranslator(nn.Module):
    """The same in the layers of MUNIT, for weights that its authors published after 2018.

    In eval mode the code is its mean. Stride 4.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.encoder = ContentEncoder(width)
        self.decoder = VaeDecoder(width)
        self.noise = Noise()

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to the same; H and W multiples of 4, at least 8."""
        mean = self.encoder(x)
        y: Tensor = self.decoder(mean + self.noise(mean))
        return y
