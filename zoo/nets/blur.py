"""Antialiased resampling by fixed binomial filters (1904.11486), as CUT uses it."""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["Blur", "BlurDown", "BlurUp"]


class Blur(nn.Module):
    """A fixed filter, one and the same for every channel, kept as the buffer `filt`."""

    TAPS: ClassVar[tuple[float, ...]]
    GAIN: ClassVar[float] = 1.0

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.register_buffer("filt", self.fresh())

    def fresh(self) -> Tensor:
        """The filter, [channels,1,taps,taps]: files of other projects may leave it out."""
        row = torch.tensor(self.TAPS)
        filt = torch.outer(row, row)
        return (filt / filt.sum() * self.GAIN)[None, None].repeat(self.channels, 1, 1, 1)


class BlurDown(Blur):
    """Halves H and W: reflect by one, 3×3 binomial filter, every second pixel."""

    TAPS = (1.0, 2.0, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,C,ceil(H/2),ceil(W/2)]."""
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(padded, self.filt.to(x.dtype), stride=2, groups=x.shape[1])


class BlurUp(Blur):
    """Doubles H and W: zeros in between, 4×4 binomial filter, edges replicated."""

    TAPS = (1.0, 3.0, 3.0, 1.0)
    GAIN = 4.0  # three of four values that the filter sees are zeros

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,C,2H,2W]."""
        padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
        doubled = F.conv_transpose2d(
            padded, self.filt.to(x.dtype), stride=2, padding=2, groups=x.shape[1]
        )
        return doubled[:, :, 1:-1, 1:-1]
