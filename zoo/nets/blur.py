"""Antialiased resampling by fixed binomial filters (1904.11486), as CUT uses it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["BlurDown", "BlurUp"]


def _binomial(taps: list[float], channels: int) -> Tensor:
    row = torch.tensor(taps)
    filt = torch.outer(row, row)
    return (filt / filt.sum())[None, None].repeat(channels, 1, 1, 1)


class BlurDown(nn.Module):
    """Halves H and W: reflect by one, 3×3 binomial filter, every second pixel."""

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("filt", _binomial([1.0, 2.0, 1.0], channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,C,ceil(H/2),ceil(W/2)]."""
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(padded, self.filt.to(x.dtype), stride=2, groups=x.shape[1])


class BlurUp(nn.Module):
    """Doubles H and W: zeros in between, 4×4 binomial filter, edges replicated."""

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        # Times four, because three of four values that the filter sees are zeros.
        self.register_buffer("filt", _binomial([1.0, 3.0, 3.0, 1.0], channels) * 4.0)

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,C,2H,2W]."""
        padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
        doubled = F.conv_transpose2d(
            padded, self.filt.to(x.dtype), stride=2, padding=2, groups=x.shape[1]
        )
        return doubled[:, :, 1:-1, 1:-1]
