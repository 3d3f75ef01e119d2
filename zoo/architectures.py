"""Which networks the zoo can build, and how to tell one from the keys of a checkpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from zoo.nets.ganilla import GanillaGenerator
from zoo.nets.resnet import ResnetGenerator
from zoo.nets.unet import UnetGenerator

__all__ = ["ARCHITECTURES", "Architecture", "Kind", "build", "guess", "stride_of"]

State = Mapping[str, Tensor]
Options = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of network and what it was built with."""

    kind: str
    options: Options = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{k}={v}' for k, v in self.options.items())})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How to build one kind, read its options off a state-dict, and what sizes it takes."""

    build: Callable[..., nn.Module]
    read: Callable[[State], Options | None]  # None: these keys are of another kind
    stride: Callable[[Options], int]


def _read_resnet(state: State) -> Options | None:
    first = state.get("model.1.weight")
    blocks = {k.split(".")[1] for k in state if re.match(r"model\.\d+\.conv_block\.", k)}
    if first is None or first.ndim != 4 or not blocks:
        return None
    return {
        "blocks": len(blocks),
        "norm": "instance" if "model.1.bias" in state else "batch",
        "width": int(first.shape[0]),
        "antialias": any(k.endswith(".filt") for k in state),
        # Dropout moves the second convolution to 6, where batch norm has a vector without it.
        "dropout": any(k.endswith("conv_block.6.weight") and v.ndim == 4 for k, v in state.items()),
    }


def _read_unet(state: State) -> Options | None:
    first = state.get("model.model.0.weight")
    if first is None or first.ndim != 4:
        return None
    # Outermost: 0 down, 3 up; every other level: 1 down and, further in, the next level.
    depth, prefix = 1, "model.model.1.model"
    while f"{prefix}.1.weight" in state:
        depth, prefix = depth + 1, f"{prefix}.3.model"
    norm = "instance" if "model.model.1.model.1.bias" in state else "batch"
    return {"depth": depth, "norm": norm, "width": int(first.shape[0])}


def _read_ganilla(state: State) -> Options | None:
    first = state.get("conv1.weight")
    if first is None or not any(k.startswith("fpn.") for k in state):
        return None
    return {"width": int(first.shape[0])}


def _constant(stride: int) -> Callable[[Options], int]:
    return lambda _: stride


ARCHITECTURES: dict[str, Kind] = {
    "resnet": Kind(build=ResnetGenerator, read=_read_resnet, stride=_constant(4)),
    "unet": Kind(
        build=UnetGenerator, read=_read_unet, stride=lambda options: 2 ** options.get("depth", 8)
    ),
    "ganilla": Kind(build=GanillaGenerator, read=_read_ganilla, stride=_constant(16)),
}


def build(architecture: Architecture) -> nn.Module:
    """A new network in training mode; KeyError for an unknown kind."""
    return ARCHITECTURES[architecture.kind].build(**architecture.options)


def stride_of(architecture: Architecture) -> int:
    """Pixels that heights and widths have to be a multiple of."""
    return ARCHITECTURES[architecture.kind].stride(architecture.options)


def guess(state: State) -> list[Architecture]:
    """The architectures whose marks are in the keys: none, or nearly always one."""
    found = ((name, kind.read(state)) for name, kind in ARCHITECTURES.items())
    return [Architecture(name, options) for name, options in found if options is not None]
