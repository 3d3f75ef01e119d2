"""The networks of CycleGAN, pix2pix and CUT as plain functions of their weights, of one block.

For tests of arithmetic: nothing of zoo.nets is used. Keys are those of the reference projects.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["State", "patchgan", "resnet", "smooth_patchgan", "smooth_resnet", "unet"]

State = dict[str, Tensor]


def _conv(p: State, key: str, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    return F.conv2d(x, p[f"{key}.weight"], p.get(f"{key}.bias"), stride, padding)


def _turned(p: State, key: str, x: Tensor, size: int) -> Tensor:
    """A transposed convolution that doubles."""
    weight, bias = p[f"{key}.weight"], p.get(f"{key}.bias")
    return F.conv_transpose2d(x, weight, bias, 2, 1, output_padding=int(size == 3))


def _instance(x: Tensor) -> Tensor:
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) / torch.sqrt(x.var((2, 3), keepdim=True, correction=0) + 1e-5)


def _batch(p: State, key: str, x: Tensor) -> Tensor:
    mean = x.mean((0, 2, 3), keepdim=True)
    z = (x - mean) / torch.sqrt(x.var((0, 2, 3), keepdim=True, correction=0) + 1e-5)
    return z * p[f"{key}.weight"][:, None, None] + p[f"{key}.bias"][:, None, None]


def _reflected(x: Tensor, border: int) -> Tensor:
    return F.pad(x, (border,) * 4, mode="reflect")


def _block(p: State, key: str, x: Tensor) -> Tensor:
    y = F.relu(_instance(_conv(p, f"{key}.1", _reflected(x, 1))))
    return x + _instance(_conv(p, f"{key}.5", _reflected(y, 1)))


def resnet(p: State, x: Tensor) -> Tensor:
    """One block; the numbers are those of the reference's keys."""
    x = F.relu(_instance(_conv(p, "model.1", _reflected(x, 3))))
    x = F.relu(_instance(_conv(p, "model.4", x, 2, 1)))
    x = F.relu(_instance(_conv(p, "model.7", x, 2, 1)))
    x = _block(p, "model.10.conv_block", x)
    x = F.relu(_instance(_turned(p, "model.11", x, 3)))
    x = F.relu(_instance(_turned(p, "model.14", x, 3)))
    return torch.tanh(_conv(p, "model.18", _reflected(x, 3)))


def patchgan(p: State, x: Tensor) -> Tensor:
    x = F.leaky_relu(_conv(p, "model.0", x, 2, 1), 0.2)
    y = _conv(p, "model.2", x, 1, 1)
    y = _batch(p, "model.3", y) if "model.3.weight" in p else _instance(y)
    return _conv(p, "model.5", F.leaky_relu(y, 0.2), 1, 1)


def _halved(x: Tensor) -> Tensor:
    """Every second of the averages of three by 1, 2, 1, down and across."""
    taps = torch.tensor([1.0, 2.0, 1.0], dtype=x.dtype)
    kernel = (taps[:, None] * taps / 16.0).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(_reflected(x, 1), kernel, stride=2, groups=x.shape[1])


def _doubled(x: Tensor) -> Tensor:
    """Taps 1, 3, 3, 1 on every second pixel are linear interpolation."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def smooth_resnet(p: State, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """CUT's generator of one block, and what its layers 0, 4, 8 and 12 give."""
    padded = _reflected(x, 3)
    x = F.relu(_instance(_conv(p, "model.1", padded)))
    first = _conv(p, "model.4", x, 1, 1)
    second = _conv(p, "model.8", _halved(F.relu(_instance(first))), 1, 1)
    third = _block(p, "model.12.conv_block", _halved(F.relu(_instance(second))))
    x = F.relu(_instance(_conv(p, "model.14", _doubled(third), 1, 1)))
    x = F.relu(_instance(_conv(p, "model.18", _doubled(x), 1, 1)))
    made = torch.tanh(_conv(p, "model.22", _reflected(x, 3)))
    return made, [padded, first, second, third]


def smooth_patchgan(p: State, x: Tensor) -> Tensor:
    x = _halved(F.leaky_relu(_conv(p, "model.0", x, 1, 1), 0.2))
    y = F.leaky_relu(_instance(_conv(p, "model.3", x, 1, 1)), 0.2)
    return _conv(p, "model.6", y, 1, 1)


def unet(p: State, x: Tensor) -> Tensor:
    outer = "model.model.1.model"
    inner = f"{outer}.3.model"
    first = _conv(p, "model.model.0", x, 2, 1)
    second = _batch(p, f"{outer}.2", _conv(p, f"{outer}.1", F.leaky_relu(first, 0.2), 2, 1))
    third = _conv(p, f"{inner}.1", F.leaky_relu(second, 0.2), 2, 1)
    y = _batch(p, f"{inner}.4", _turned(p, f"{inner}.3", F.relu(third), 4))
    y = _turned(p, f"{outer}.5", F.relu(torch.cat([second, y], 1)), 4)
    y = torch.cat([first, _batch(p, f"{outer}.6", y)], 1)
    return torch.tanh(_turned(p, "model.model.3", F.relu(y), 4))
