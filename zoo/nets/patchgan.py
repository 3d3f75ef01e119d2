"""Discriminators that judge patches (1611.07004, §3.2) or single pixels (§6.1.2)."""

from __future__ import annotations

from torch import Tensor, nn

from zoo.nets.blur import BlurDown
from zoo.nets.norm import make_norm

__all__ = ["PatchDiscriminator", "PixelDiscriminator"]


class PatchDiscriminator(nn.Module):
    """4×4 convolutions, `layers` of them halving; three layers see patches of 70×70 pixels."""

    def __init__(
        self,
        channels: int = 3,
        layers: int = 3,
        norm: str = "instance",
        width: int = 64,
        antialias: bool = False,
    ) -> None:
        super().__init__()
        make, bias = make_norm(norm), norm == "instance"
        stride = 1 if antialias else 2

        def shrink(outside: int) -> list[nn.Module]:
            return [BlurDown(outside)] if antialias else []

        model: list[nn.Module] = [
            nn.Conv2d(channels, width, 4, stride=stride, padding=1),
            nn.LeakyReLU(0.2),
            *shrink(width),
        ]
        inside = width
        for i in range(1, layers + 1):
            outside, last = width * min(2**i, 8), i == layers
            step = 1 if last else stride
            model += [
                nn.Conv2d(inside, outside, 4, stride=step, padding=1, bias=bias),
                make(outside),
                nn.LeakyReLU(0.2),
                *([] if last else shrink(outside)),
            ]
            inside = outside
        model.append(nn.Conv2d(inside, 1, 4, padding=1))
        self.model = nn.Sequential(*model)

    def forward(self, x: Tensor) -> Tensor:
        """[N,channels,H,W] in -1..1 to one verdict a patch, [N,1,h,w]; 256 gives 30."""
        y: Tensor = self.model(x)
        return y


class PixelDiscriminator(nn.Module):
    """1×1 convolutions: one verdict a pixel."""

    def __init__(self, channels: int = 3, norm: str = "batch", width: int = 64) -> None:
        super().__init__()
        make, bias = make_norm(norm), norm == "instance"
        self.net = nn.Sequential(
            nn.Conv2d(channels, width, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 1, bias=bias),
            make(2 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 1, bias=bias),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[N,channels,H,W] in -1..1 to [N,1,H,W]."""
        y: Tensor = self.net(x)
        return y
