"""The stride of every kind of network, known without torch: sizes are padded to a multiple."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["STRIDES"]

Options = Mapping[str, Any]


def _constant(stride: int) -> Callable[[Options], int]:
    return lambda _: stride


STRIDES: dict[str, Callable[[Options], int]] = {
    "resnet": _constant(4),
    "unet": lambda options: int(2 ** options.get("depth", 8)),
    "ganilla": _constant(16),
}
"""Kind of zoo.architectures -> pixels that heights and widths have to be a multiple of."""
