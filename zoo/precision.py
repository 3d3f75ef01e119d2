"""How a network is run: layout and number format.

`float32` is float32 throughout, channels last. `bfloat16` is autocast: fastest, and off by several
grey levels in places. docs/performance.md has the measurements.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from data.errors import UsageProblem
from zoo.memory import hold

__all__ = ["choose_precision", "infer", "prepare"]


def choose_precision(asked: str) -> str:
    """`float32` or `bfloat16` for what was asked; `auto` is float32, which is exact.

    Raises UsageProblem for another word.
    """
    if asked not in ("auto", "float32", "bfloat16"):
        raise UsageProblem(f"unknown precision '{asked}'", hint="auto, float32 or bfloat16")
    return "float32" if asked == "auto" else asked


def prepare(module: nn.Module) -> nn.Module:
    """The module in eval mode, laid out channels last, ready for `infer`."""
    hold()
    return module.eval().to(memory_format=torch.channels_last)


def infer(module: nn.Module, images: Tensor, precision: str) -> Tensor:
    """float32 [N,3,H,W] in -1..1 through a prepared module, as float32, without gradients."""
    images = images.contiguous(memory_format=torch.channels_last)
    reduced = torch.autocast(images.device.type, torch.bfloat16, enabled=precision == "bfloat16")
    with torch.inference_mode(), reduced:
        output: Tensor = module(images)
    return output.float()
