"""The losses that the methods share."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["gan_loss"]


def gan_loss(kind: str, verdict: Tensor, real: bool) -> Tensor:
    """How far a discriminator's output [N,1,h,w] is from `real`, as a scalar.

    `lsgan` is the squared distance (1703.10593, §4), `vanilla` the cross-entropy of logits
    (1611.07004, eq. 1).
    """
    target = torch.full_like(verdict, float(real), dtype=torch.float32)
    if kind == "lsgan":
        return F.mse_loss(verdict.float(), target)
    return F.binary_cross_entropy_with_logits(verdict.float(), target)
