"""How a network is run: layout and number format, chosen by device."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from data.errors import UsageProblem

__all__ = ["choose_precision", "infer", "prepare"]


def choose_precision(asked: str, device: torch.device) -> str:
    """`float32` or `bfloat16` for what was asked; `auto` is float32."""
    if asked == "auto":
        return "float32"
    if asked not in ("float32", "bfloat16"):
        raise UsageProblem(f"unknown precision '{asked}'", hint="auto, float32 or bfloat16")
    return asked


def prepare(module: nn.Module, precision: str) -> nn.Module:
    """The module in eval mode with weights laid out channels last."""
    return module.eval().to(memory_format=torch.channels_last)


def infer(module: nn.Module, images: Tensor, precision: str) -> Tensor:
    """float32 [N,3,H,W] in -1..1 through the module, without gradients."""
    images = images.contiguous(memory_format=torch.channels_last)
    reduced = torch.autocast(images.device.type, torch.bfloat16, enabled=precision == "bfloat16")
    with torch.inference_mode(), reduced:
        output: Tensor = module(images)
    return output.float()
