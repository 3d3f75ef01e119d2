"""The U-Net generator of pix2pix (1611.07004, §6.1.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from zoo.nets.convolutions import DoublingConv
from zoo.nets.norm import make_norm

__all__ = ["UnetGenerator"]


class _Level(nn.Module):
    """One downsampling, the levels inside it, one upsampling, and the skip around them."""

    def __init__(
        self,
        outer: int,
        inner: int,
        inside: nn.Module | None,
        *,
        norm: str,
        outermost: bool = False,
        dropout: bool = False,
    ) -> None:
        super().__init__()
        make, bias = make_norm(norm), norm == "instance"
        self.outermost = outermost
        down = nn.Conv2d(3 if outermost else outer, inner, 4, stride=2, padding=1, bias=bias)
        both = inner if inside is None else 2 * inner
        up = DoublingConv(both, outer, bias=bias or outermost)
        if outermost:
            assert inside is not None
            layers = [down, inside, nn.ReLU(), up, nn.Tanh()]
        elif inside is None:
            layers = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, make(outer)]
        else:
            layers = [nn.LeakyReLU(0.2), down, make(inner), inside, nn.ReLU(), up, make(outer)]
        if dropout:
            layers.append(nn.Dropout(0.5))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.model(x)
        return y if self.outermost else torch.cat([x, y], 1)


class UnetGenerator(nn.Module):
    """`depth` halvings with skips between mirrored levels; channels double up to 8 × width.

    Dropout, the only noise of pix2pix, is in the levels of 8 × width between the innermost one
    and the last doubling. Stride 2**depth.
    """

    def __init__(
        self, depth: int = 8, norm: str = "batch", width: int = 64, dropout: bool = True
    ) -> None:
        super().__init__()
        widths = [width * min(8, 2**i) for i in range(depth)]
        level: nn.Module | None = None
        for i in range(depth - 1, 0, -1):
            wide = widths[i - 1] == widths[i]
            noisy = dropout and wide and level is not None
            level = _Level(widths[i - 1], widths[i], level, norm=norm, dropout=noisy)
        self.model = _Level(3, widths[0], level, norm=norm, outermost=True)

    def forward(self, x: Tensor) -> Tensor:
        """[N,3,H,W] in -1..1 to the same; H and W multiples of 2**depth."""
        y: Tensor = self.model(x)
        return y
