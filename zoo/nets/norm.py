"""Normalisation layers by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

__all__ = ["AffineInstanceNorm", "InstanceNorm", "make_norm"]

EPS = 1e-5


class InstanceNorm(nn.Module):
    """Instance normalisation without parameters (1607.08022), eps 1e-5.

    Equal to torch.nn.InstanceNorm2d, but as a group norm with one group a channel: that keeps
    channels_last, where the stock layer copies every picture to contiguous and back.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape, every channel of every picture to mean 0, variance 1."""
        if x.is_cuda or torch.compiler.is_compiling():
            return _in_layout(x)
        if x.requires_grad and torch.is_grad_enabled() and _is_slow(x):
            y: Tensor = _Normalise.apply(x)
            return y
        # Not F.group_norm, which refuses a single value a channel: a small patch has just that.
        return torch.group_norm(x, self.channels, eps=EPS)


class AffineInstanceNorm(nn.Module):
    """Instance normalisation with a learned scale and shift a channel, eps 1e-5.

    Keys `weight` and `bias`, as torch.nn.InstanceNorm2d with affine=True has them.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to the same shape, every channel to mean `bias`, deviation |`weight`|."""
        return torch.group_norm(x, self.channels, self.weight, self.bias, eps=EPS)


def _in_layout(x: Tensor) -> Tensor:
    """The same in the layout of x, where torch's group norm would copy it to contiguous."""
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    variance, mean = torch.var_mean(wide, (2, 3), correction=0, keepdim=True)
    scale = torch.rsqrt(variance + EPS)
    return torch.addcmul((-mean * scale).to(x.dtype), x, scale.to(x.dtype))


def _is_slow(x: Tensor) -> bool:
    """Whether torch's own backward is: on a CPU, channels last, 7 to 20 times (torch 2.14)."""
    last = x.is_contiguous(memory_format=torch.channels_last)
    return x.device.type == "cpu" and last and not torch.compiler.is_compiling()


class _Normalise(torch.autograd.Function):
    """The same group norm, with a backward of a few passes over memory."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        y, mean, rstd = torch.native_group_norm(x, None, None, n, c, h * w, c, EPS)
        ctx.save_for_backward(x, mean, rstd)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> Tensor:
        # dx = (g - mean(g) - z mean(g z)) / σ with z = (x - μ) / σ, gathered as a line in x:
        # means in float32, the rest in the type of x.
        x, mean, rstd = ctx.saved_tensors
        wide = torch.float64 if x.dtype == torch.float64 else torch.float32
        mu, scale = (s.to(wide).view(*x.shape[:2], 1, 1) for s in (mean, rstd))
        gx = g * x
        mean_g = g.mean((2, 3), keepdim=True, dtype=wide)
        slope = -(scale**3) * (gx.mean((2, 3), keepdim=True, dtype=wide) - mu * mean_g)
        shift = -scale * mean_g - slope * mu
        line = torch.addcmul(shift.to(x.dtype), x, slope.to(x.dtype))
        return line.addcmul_(g, scale.to(x.dtype))


def make_norm(name: str) -> Callable[[int], nn.Module]:
    """The layer class for `instance` or `batch`; ValueError for another name."""
    layers: dict[str, Callable[[int], nn.Module]] = {
        "instance": InstanceNorm,
        "batch": nn.BatchNorm2d,
    }
    if name not in layers:
        raise ValueError(f"norm must be 'instance' or 'batch', not '{name}'")
    return layers[name]
