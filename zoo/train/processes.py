"""Several processes that train as one would on the joined batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed.nn.functional as collective
from lightning.fabric import Fabric
from torch import Tensor, nn

__all__ = ["any_of", "average_gradients", "gather", "share_statistics"]


def average_gradients(fabric: Fabric, nets: Iterable[nn.Module]) -> None:
    """Replace gradients by their mean over all processes."""
    # By hand, because a GAN runs each network several times a step and freezes some in between,
    # which DistributedDataParallel's bookkeeping does not allow.
    if fabric.world_size == 1:
        return
    gradients = [p.grad for net in nets for p in net.parameters() if p.grad is not None]
    flat = torch.cat([g.flatten() for g in gradients])
    torch.distributed.all_reduce(flat)
    for g, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        g.copy_((mean / fabric.world_size).view_as(g))


def any_of(fabric: Fabric, flag: bool) -> bool:
    """Whether the flag is set in any process; all have to ask."""
    if fabric.world_size == 1:
        return flag
    seen = torch.tensor(float(flag), device=fabric.device)
    torch.distributed.all_reduce(seen)
    return bool(seen > 0)


def gather(own: dict[str, Any], fabric: Fabric) -> list[dict[str, Any]]:
    """What every process has, by rank."""
    if fabric.world_size == 1:
        return [own]
    ranks: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(ranks, own)
    return ranks


def share_statistics(fabric: Fabric, nets: Iterable[nn.Module]) -> None:
    """Let batch norms use the statistics of the pictures of all processes."""
    if fabric.world_size > 1:
        for net in nets:
            _share(net)


def _share(net: nn.Module) -> None:
    for name, child in net.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(net, name, _SharedBatchNorm(child))
        else:
            _share(child)


class _SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm over all processes, on any device: torch's SyncBatchNorm takes a GPU only."""

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__(norm.num_features, norm.eps, norm.momentum)
        self.weight, self.bias = norm.weight, norm.bias
        for name, buffer in norm.named_buffers():
            setattr(self, name, buffer)

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape."""
        if not self.training:
            return super().forward(x)
        sums = torch.stack([x.float().sum((0, 2, 3)), x.float().square().sum((0, 2, 3))])
        sums = collective.all_reduce(sums)
        count = x.numel() // x.shape[1] * torch.distributed.get_world_size()
        mean = sums[0] / count
        variance = sums[1] / count - mean.square()
        self._remember(mean.detach(), variance.detach() * count / max(1, count - 1))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        y: Tensor = x * scale.to(x.dtype)[:, None, None] + shift.to(x.dtype)[:, None, None]
        return y

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        share = self.momentum if self.momentum is not None else 0.1
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)
        self.num_batches_tracked.add_(1)
