"""Discriminators of UNIT and MUNIT: halving convolutions, at one or several scales."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["MultiscaleDiscriminator"]


class MultiscaleDiscriminator(nn.Module):
    """`layers` halving convolutions and one to a verdict, on the picture and halves of it.

    No norms. MUNIT has four of 4×4 at three scales, leaky ReLU 0.2 (1804.04732, appendix B.2; the
    scales as in 1711.11585), and reflects at edges; UNIT has six of 3×3 at one scale, leaky ReLU
    0.01, zeros at edges. What the papers do not say of padding, slope and the count of six is
    as taki0112's implementations under the MIT licence have it.
    """

    def __init__(
        self,
        layers: int = 4,
        scales: int = 3,
        width: int = 64,
        kernel: int = 4,
        slope: float = 0.2,
        reflect: bool = False,
    ) -> None:
        super().__init__()
        padding: Literal["reflect", "zeros"] = "reflect" if reflect else "zeros"

        def judge() -> nn.Sequential:
            model: list[nn.Module] = []
            inside = 3
            for outside in (width * 2**i for i in range(layers)):
                model.append(nn.Conv2d(inside, outside, kernel, 2, 1, padding_mode=padding))
                model.append(nn.LeakyReLU(slope))
                inside = outside
            return nn.Sequential(*model, nn.Conv2d(inside, 1, 1))

        self.scales = nn.ModuleList(judge() for _ in range(scales))

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N,3,H,W] in -1..1 to verdicts [N,1,h,w], one tensor a scale, finest first."""
        verdicts = []
        for number, judge in enumerate(self.scales):
            if number:
                x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            verdicts.append(judge(x))
        return verdicts
