"""The losses that the methods share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["gan_loss", "gan_losses", "patch_nce", "r1_penalty"]

ITSELF = -10.0  # a patch among its own negatives: a weight of e^(-10/τ)


def gan_loss(kind: str, verdict: Tensor, real: bool) -> Tensor:
    """How far a discriminator's output [N,1,h,w] is from `real`, as a scalar.

    `lsgan` is the squared distance (1703.10593, §4), `vanilla` the cross-entropy of logits
    (1611.07004, eq. 1).
    """
    verdict = verdict.to(torch.promote_types(verdict.dtype, torch.float32))
    target = torch.full_like(verdict, float(real))
    if kind == "lsgan":
        return F.mse_loss(verdict, target)
    return F.binary_cross_entropy_with_logits(verdict, target)


def gan_losses(kind: str, verdicts: Sequence[Tensor], real: bool) -> Tensor:
    """The sum over the verdicts of several scales."""
    return torch.stack([gan_loss(kind, verdict, real) for verdict in verdicts]).sum()


def r1_penalty(verdict: Tensor, real: Tensor) -> Tensor:
    """Half of the squared length of the gradient by the pictures, on average, as a scalar.

    `verdict` is what the discriminator gives for `real` [N,3,H,W], which requires a gradient; the
    penalty can be differentiated again (1801.04406, eq. 9 with γ = 1).
    """
    (gradient,) = torch.autograd.grad(verdict.sum(), real, create_graph=True)
    return 0.5 * gradient.float().square().sum((1, 2, 3)).mean()


def patch_nce(queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of finding each patch again among those of its own picture, as a scalar.

    `queries` and `keys` are unit vectors [N,P,C]; row i of both is one place, and no
    gradient reaches the keys (2007.15651, eq. 3 and 4).
    """
    keys = keys.detach()
    with torch.autocast(queries.device.type, enabled=False):
        positive = (queries * keys).sum(-1, keepdim=True)
        negative = queries @ keys.transpose(1, 2)
        itself = torch.eye(keys.shape[1], dtype=torch.bool, device=keys.device)
        negative = negative.masked_fill(itself, ITSELF)
        logits = torch.cat([positive, negative], 2).flatten(0, 1) / temperature
        first = torch.zeros(len(logits), dtype=torch.int64, device=logits.device)
        return F.cross_entropy(logits, first)
