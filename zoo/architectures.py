"""Which networks the zoo can build, and which options the keys of a checkpoint leave open."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from torch import Tensor, nn

from zoo.nets.ganilla import GanillaGenerator
from zoo.nets.resnet import ResnetGenerator
from zoo.nets.unet import UnetGenerator
from zoo.strides import STRIDES

__all__ = ["ARCHITECTURES", "Architecture", "Kind", "build", "least_size", "stride_of", "takes"]

State = Mapping[str, Tensor]
Options = dict[str, Any]

MOST_LEVELS = 12  # 2**12 pixels: a key that tells of more is damaged, and must not be built
MOST_BLOCKS = 64
PLAIN_START, SMOOTH_START = 10, 12  # index of the first residual block


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of network and what it was built with."""

    kind: str
    options: Options = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{k}={v}' for k, v in self.options.items())})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How to build one kind, and which options are worth trying on the keys of a file."""

    build: Callable[..., nn.Module]
    mark: re.Pattern[str]  # matches many keys of this kind and none of the others
    tries: Callable[[State], Iterable[Options]]  # most likely first; the width is left out
    published: tuple[Options, ...]  # those that the papers' projects released


def _resnets(state: State) -> Iterable[Options]:
    """Blocks from the highest index; the rest in every combination, the common ones first."""
    indices = {int(found[1]) for key in state if (found := BLOCK.match(key))}
    last = max((i for i in indices if i < SMOOTH_START + MOST_BLOCKS), default=None)
    for (down, up), norm, dropout in product(SMOOTH, ("instance", "batch"), (False, True)):
        start = SMOOTH_START if down else PLAIN_START
        for blocks in (9, 6) if last is None else (last - start + 1,):
            if blocks > 0:
                yield _resnet(blocks, norm, down, dropout, up)


def _resnet(blocks: int, norm: str, down: bool, dropout: bool, up: bool) -> Options:
    options = {"blocks": blocks, "norm": norm, "antialias": down, "dropout": dropout}
    return options if up == down else {**options, "antialias_up": up}


def _unets(state: State) -> Iterable[Options]:
    """Depth from the most deeply nested key: `model.` once for each level and once outside."""
    levels = {key.split(".").count("model") - 1 for key in state if NESTED.match(key)}
    depth = max((level for level in levels if 1 < level <= MOST_LEVELS), default=None)
    for norm, found in product(("batch", "instance"), (8, 7) if depth is None else (depth,)):
        yield {"depth": found, "norm": norm}


BLOCK = re.compile(r"model\.(\d{1,6})\.conv_block\.")
NESTED = re.compile(r"model\.model\.\d+\.")
SMOOTH = ((False, False), (True, True), (True, False), (False, True))  # down, up

ARCHITECTURES: dict[str, Kind] = {
    "resnet": Kind(
        build=ResnetGenerator,
        mark=BLOCK,
        tries=_resnets,
        published=tuple(
            {"blocks": blocks, "norm": norm, "antialias": smooth}
            for blocks, norm, smooth in product((9, 6), ("instance", "batch"), (False, True))
        ),
    ),
    "unet": Kind(
        build=UnetGenerator,
        mark=NESTED,
        tries=_unets,
        published=tuple({"depth": depth, "norm": "batch"} for depth in (8, 7)),
    ),
    "ganilla": Kind(
        build=GanillaGenerator,
        mark=re.compile(r"fpn\.P\d|layer\d\.\d\.final_conv\."),
        tries=lambda _: ({},),
        published=({},),
    ),
}


def build(architecture: Architecture) -> nn.Module:
    """A new network in training mode; KeyError for an unknown kind."""
    return ARCHITECTURES[architecture.kind].build(**architecture.options)


def takes(kind: str) -> set[str]:
    """The options that networks of this kind have."""
    return set(inspect.signature(ARCHITECTURES[kind].build).parameters)


def stride_of(architecture: Architecture) -> int:
    """Pixels that heights and widths have to be a multiple of."""
    return STRIDES[architecture.kind](architecture.options)


def least_size(architecture: Architecture) -> int:
    """The smallest height and width that the network takes."""
    # Reflection inside the networks needs two pixels at the coarsest level; the U-Net has none.
    return stride_of(architecture) * (1 if architecture.kind == "unet" else 2)
