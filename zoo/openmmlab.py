"""Generators as OpenMMLab's mmgeneration and mmagic save them: keys as ours, BGR as our RGB.

Their modules join a convolution and its norm (`model.0.conv.weight`, `model.0.bn.weight`), and
their configurations read pictures with blue first. With the first and the last convolution's
channels turned around, the network takes and gives red first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

__all__ = ["ORIGIN", "as_ours"]

State = Mapping[str, Tensor]
Places = Mapping[str, str]  # where a convolution or norm of theirs is in ours

ORIGIN = "OpenMMLab's layout, BGR turned to RGB"

RESNET = re.compile(r"model\.(\d{1,6})\.(?:block\.(\d)\.)?(?:conv|bn|in)\.")
UNET = re.compile(r"model\.((?:model\.1\.){0,16})model\.\d\.(?:conv|bn|in)\.")
LAST_OF_ALL = 64  # blocks and levels: a key that tells of more is damaged


def as_ours(state: State) -> dict[str, Tensor] | None:
    """The state of one generator of theirs as our networks have it; None for anything else.

    Keys that have no place in ours stay as they are, so that they are told of.
    """
    places = _resnet(state) or _unet(state)
    if places is None:
        return None
    named = {_named(key, places): value for key, value in state.items()}
    first, last = (places[key] for key in _ends(places))
    return {key: _turned(key, value, first, last) for key, value in named.items()}


def _named(key: str, places: Places) -> str:
    module, _, name = key.rpartition(".")
    return f"{places[module]}.{name}" if module in places else key


def _ends(places: Places) -> tuple[str, str]:
    """Their first and last convolution, which are the first and last entries."""
    convolutions = [module for module in places if module.endswith(".conv")]
    return convolutions[0], convolutions[-1]


def _turned(key: str, value: Tensor, first: str, last: str) -> Tensor:
    if key == f"{first}.weight" and value.ndim == 4:
        return value.flip(1)
    if key == f"{last}.bias":
        return value.flip(0)
    if key == f"{last}.weight" and value.ndim == 4:
        # A transposed convolution has its output channels second: the U-Net ends in one.
        return value.flip(1 if key.startswith("model.model.") else 0)
    return value


def _joined(theirs: str, conv: str, norm: str) -> dict[str, str]:
    return {f"{theirs}.conv": conv, f"{theirs}.bn": norm, f"{theirs}.in": norm}


def _plain(first: int, ours: Iterable[int]) -> dict[str, str]:
    """Convolutions in a row from index `first` of theirs, with their indices in ours."""
    places: dict[str, str] = {}
    for index, place in enumerate(ours, first):
        places |= _joined(f"model.{index}", f"model.{place}", f"model.{place + 1}")
    return places


def _resnet(state: State) -> dict[str, str] | None:
    """CycleGAN's generator: three convolutions, residual blocks, three convolutions."""
    found = [match for key in state if (match := RESNET.match(key))]
    blocks = [int(match[1]) for match in found if match[2]]
    if not blocks or not 3 <= max(blocks) <= LAST_OF_ALL:
        return None
    dropout = any(match[2] == "2" for match in found)
    count = max(blocks) - 2
    places = _plain(0, (1, 4, 7))
    for index in range(count):
        theirs, ours = f"model.{3 + index}.block", f"model.{10 + index}.conv_block"
        places |= _joined(f"{theirs}.0", f"{ours}.1", f"{ours}.2")
        second = (2, 6) if dropout else (1, 5)
        places |= _joined(f"{theirs}.{second[0]}", f"{ours}.{second[1]}", f"{ours}.{second[1] + 1}")
    return places | _plain(3 + count, (10 + count, 13 + count, 17 + count))


def _unet(state: State) -> dict[str, str] | None:
    """pix2pix's generator: levels in levels; the downward convolutions first, then the upward."""
    levels = [match[1].count("model") for key in state if (match := UNET.match(key))]
    depth = max(levels, default=0)
    if not depth:
        return None
    down: dict[str, str] = {}
    up: dict[str, str] = {}
    for level in range(depth + 1):
        theirs = f"model.{'model.1.' * level}model"
        ours = "model.model" if not level else f"model.model.1.{'model.3.' * (level - 1)}model"
        outermost, innermost = level == 0, level == depth
        lower, upper = 0 if outermost else 1, 3 if outermost or innermost else 5
        down |= _joined(f"{theirs}.0", f"{ours}.{lower}", f"{ours}.{lower + 1}")
        last = 1 if innermost else 2
        up = _joined(f"{theirs}.{last}", f"{ours}.{upper}", f"{ours}.{upper + 1}") | up
    return down | up
