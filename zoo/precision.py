"""How a network is run: layout and number format, by device and architecture.

`float32` is float32 throughout, channels last. `bfloat16` is autocast: fastest, and off by
several grey levels in places. `mixed`, the default for wide ResNet generators and CartoonGAN on
processors that multiply bfloat16 in hardware, keeps every tensor in float32 and lets only the
convolutions of the residual blocks after the second multiply in bfloat16: they are most of the
work, and their rounding enters a sum that later layers smooth. Where zoo.nets.winograd takes such a
convolution (whole tiles: sides of the picture that are multiples of 16) it is as fast in float32,
and stays that. docs/performance.md has the measurements.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from data.errors import UsageProblem
from zoo.architectures import Architecture
from zoo.nets.cartoongan import CartoonGenerator
from zoo.nets.resnet import ResnetBlock

__all__ = ["choose_precision", "infer", "prepare"]

EXACT_BLOCKS = 2  # rounding in the first ones passes through all the others
LEAST_WIDTH = 48  # narrower networks gain nothing


def choose_precision(asked: str, device: torch.device, architecture: Architecture) -> str:
    """`float32`, `bfloat16` or `mixed` for what was asked; `auto` is the best that is exact to
    one grey level in 99 of 100 pixels. UsageProblem for another word."""
    if asked not in ("auto", "float32", "bfloat16"):
        raise UsageProblem(f"unknown precision '{asked}'", hint="auto, float32 or bfloat16")
    if asked != "auto":
        return asked
    wide = architecture.options.get("width", 0) >= LEAST_WIDTH
    suits = architecture.kind in ("resnet", "cartoongan") and wide and device.type == "cpu"
    return "mixed" if suits and _multiplies_bfloat16() else "float32"


def _multiplies_bfloat16() -> bool:
    # The first is how oneDNN is told (torch 2.9), the second whether the processor can.
    settable = _convolutions() is not None
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return settable and bool(supported())


def prepare(module: nn.Module, precision: str) -> nn.Module:
    """The module in eval mode, laid out channels last, ready for `infer` at that precision."""
    module = module.eval().to(memory_format=torch.channels_last)
    if precision == "mixed":
        for block in _blocks(module)[EXACT_BLOCKS:]:
            for layer in block:
                layer.register_forward_pre_hook(_reduced)
                layer.register_forward_hook(_exact, always_call=True)
    return module


def _blocks(module: nn.Module) -> list[list[nn.Module]]:
    """The convolutions of every residual block, in order."""
    if isinstance(module, CartoonGenerator):
        return module.blocks()
    blocks = [block for block in module.modules() if isinstance(block, ResnetBlock)]
    return [
        [layer for layer in block.modules() if isinstance(layer, nn.Conv2d)] for block in blocks
    ]


def _reduced(*_: Any) -> None:
    _convolutions().fp32_precision = "bf16"


def _exact(*_: Any) -> None:
    _convolutions().fp32_precision = "none"


def _convolutions() -> Any:
    return getattr(torch.backends.mkldnn, "conv", None)


def infer(module: nn.Module, images: Tensor, precision: str) -> Tensor:
    """float32 [N,3,H,W] in -1..1 through a prepared module, as float32, without gradients."""
    images = images.contiguous(memory_format=torch.channels_last)
    reduced = torch.autocast(images.device.type, torch.bfloat16, enabled=precision == "bfloat16")
    with torch.inference_mode(), reduced:
        output: Tensor = module(images)
    return output.float()
