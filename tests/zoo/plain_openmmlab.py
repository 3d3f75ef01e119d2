"""OpenMMLab's networks as plain functions of their weights, in float64, and their checkpoints.

For tests of arithmetic: nothing of zoo is used. Keys, shapes and order are those of mmgeneration:
three channels are blue, green and red.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["State", "judge", "resnet", "resnet_state", "unet", "unet_state"]

State = dict[str, Tensor]
WIDTH = 4


def draw(shapes: dict[str, tuple[int, ...]], seed: int) -> State:
    rng = np.random.default_rng(seed)
    return {
        key: torch.from_numpy(rng.normal(0, 0.2, shape)).float() for key, shape in shapes.items()
    }


def resnet_state(seed: int, dropout: bool = False) -> State:
    """Two blocks, by the shapes of their program: three channels are blue, green, red."""
    w2, w4 = 2 * WIDTH, 4 * WIDTH
    convs: dict[str, tuple[int, ...]] = {
        "0.conv": (WIDTH, 3, 7, 7),
        "1.conv": (w2, WIDTH, 3, 3),
        "2.conv": (w4, w2, 3, 3),
        "5.conv": (w4, w2, 3, 3),  # transposed: input channels first
        "6.conv": (w2, WIDTH, 3, 3),
        "7.conv": (3, WIDTH, 7, 7),
    }
    for block in (3, 4):
        for index in (0, 2) if dropout else (0, 1):
            convs[f"{block}.block.{index}.conv"] = (w4, w4, 3, 3)
    shapes: dict[str, tuple[int, ...]] = {}
    for key, shape in convs.items():
        out = shape[1] if key in ("5.conv", "6.conv") else shape[0]
        shapes |= {f"model.{key}.weight": shape, f"model.{key}.bias": (out,)}
    return draw(shapes, seed)


def _instance(x: Tensor) -> Tensor:
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) / torch.sqrt(x.var((2, 3), keepdim=True, correction=0) + 1e-5)


def resnet(state: State, x: Tensor) -> Tensor:
    """BGR [N,3,H,W] to BGR, as the program of OpenMMLab runs it, in float64."""
    p = {key: value.double() for key, value in state.items()}
    second = 2 if "model.3.block.2.conv.weight" in p else 1

    def conv(key: str, x: Tensor, border: int = 0, **how: int) -> Tensor:
        x = F.pad(x, (border,) * 4, mode="reflect") if border else x
        return F.conv2d(x, p[f"model.{key}.conv.weight"], p[f"model.{key}.conv.bias"], **how)

    def up(key: str, x: Tensor) -> Tensor:
        weight, bias = p[f"model.{key}.conv.weight"], p[f"model.{key}.conv.bias"]
        return F.conv_transpose2d(x, weight, bias, 2, 1, output_padding=1)

    x = F.relu(_instance(conv("0", x, 3)))
    for key in ("1", "2"):
        x = F.relu(_instance(conv(key, x, stride=2, padding=1)))
    for block in ("3", "4"):
        y = F.relu(_instance(conv(f"{block}.block.0", x, 1)))
        x = x + _instance(conv(f"{block}.block.{second}", y, 1))
    for key in ("5", "6"):
        x = F.relu(_instance(up(key, x)))
    return torch.tanh(conv("7", x, 3))


def unet_state(seed: int) -> State:
    """Five levels."""
    widths = [3, WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH, 8 * WIDTH]
    shapes: dict[str, tuple[int, ...]] = {}
    for level in range(5):
        key = f"model.{'model.1.' * level}model"
        outer, inner, last = widths[level], widths[level + 1], level == 4
        up = 1 if last else 2
        shapes[f"{key}.0.conv.weight"] = (inner, outer, 4, 4)
        shapes[f"{key}.{up}.conv.weight"] = (inner if last else 2 * inner, outer, 4, 4)
        norms = {f"{key}.{up}.bn": outer} if level else {}
        norms |= {f"{key}.0.bn": inner} if 0 < level < 4 else {}
        for norm, channels in norms.items():
            for name in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"{norm}.{name}"] = (channels,)
    shapes["model.model.2.conv.bias"] = (3,)
    state = draw(shapes, seed)
    made = {k: v.abs() + 0.5 if k.endswith("running_var") else v for k, v in state.items()}
    counters = {k: torch.tensor(7) for k in _counters(made)}
    return made | counters


def _counters(state: State) -> list[str]:
    end = "running_var"
    return [k.removesuffix(end) + "num_batches_tracked" for k in state if k.endswith(end)]


def unet(state: State, x: Tensor) -> Tensor:
    """BGR [N,3,H,W] to BGR in float64, with the running statistics."""
    p = {key: value.double() for key, value in state.items()}

    def norm(key: str, x: Tensor) -> Tensor:
        mean, var = p[f"{key}.running_mean"], p[f"{key}.running_var"]
        return F.batch_norm(x, mean, var, p[f"{key}.weight"], p[f"{key}.bias"])

    def level(n: int, x: Tensor) -> Tensor:
        key = f"model.{'model.1.' * n}model"
        y = F.conv2d(F.leaky_relu(x, 0.2), p[f"{key}.0.conv.weight"], None, 2, 1)
        if n < 4:
            y = level(n + 1, norm(f"{key}.0.bn", y))
        last = 1 if n == 4 else 2
        y = F.conv_transpose2d(F.relu(y), p[f"{key}.{last}.conv.weight"], None, 2, 1)
        return torch.cat([x, norm(f"{key}.{last}.bn", y)], 1)

    first = F.conv2d(x, p["model.model.0.conv.weight"], None, 2, 1)
    y = F.relu(level(1, first))
    last = "model.model.2.conv"
    return torch.tanh(F.conv_transpose2d(y, p[f"{last}.weight"], p[f"{last}.bias"], 2, 1))


def judge(seed: int) -> State:
    return draw(
        {
            "model.0.conv.weight": (WIDTH, 3, 4, 4),
            "model.0.conv.bias": (WIDTH,),
            "model.4.weight": (1, WIDTH, 4, 4),
            "model.4.bias": (1,),
        },
        seed,
    )
