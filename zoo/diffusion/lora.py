"""Low-rank adapters (2106.09685) merged into the weights that they adapt."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

__all__ = ["merge"]


def merge(module: nn.Module, state: Mapping[str, Tensor], scale: float) -> None:
    """Put the tensors of `state` into `module`: W + scale · B A where there is an adapter.

    Keys are those of the peft package: `NAME.base_layer.weight` replaces the weight of NAME,
    `NAME.lora_A[.ADAPTER].weight` and `lora_B` adapt it, and every other key is a parameter's own.
    Raises KeyError for a key that the module has no place for.
    """
    parameters = dict(module.named_parameters()) | dict(module.named_buffers())
    downs: dict[str, Tensor] = {}
    ups: dict[str, Tensor] = {}
    with torch.no_grad():
        for key, value in state.items():
            name, adapter, _ = key.partition(".lora_")
            if adapter:
                (downs if key[len(name) + 6] == "A" else ups)[name] = value
            else:
                parameters[key.replace(".base_layer.", ".")].copy_(value)
        for name, down in downs.items():
            weight = parameters[f"{name}.weight"]
            weight += scale * _product(ups[name], down).to(weight.dtype)


def _product(up: Tensor, down: Tensor) -> Tensor:
    """B A of a linear layer or of a convolution, where A has the kernel and B is 1×1."""
    if down.ndim == 2:
        return up @ down
    return torch.einsum("or,rihw->oihw", up.flatten(1), down)
