"""Extractors on fewer pictures at a time where the memory does not suffice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from data.errors import AtlasError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["halved"]


@contextmanager
def _exact() -> Iterator[None]:
    """Convolutions and products in float32 by fixed algorithms, whoever asked for what before.

    cuDNN would take TF32 unasked, with 10 bits of 23; autocast would take fewer.
    """
    import torch
    from torch.backends import cudnn

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with (
            cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
            torch.autocast("cuda", enabled=False),
            torch.autocast("cpu", enabled=False),
        ):
            yield
    finally:
        torch.set_float32_matmul_precision(before)


def halved(name: str, run: Callable[..., Any], *pictures: Tensor) -> Any:
    """run(*pictures), in two halves where memory runs out, and these in halves again.

    Gives what `run` gives: an array of a row a picture, or such arrays by name. AtlasError where
    a single picture is too large.
    """
    from zoo.memory import is_shortage

    count = len(pictures[0])
    try:
        with _exact():
            return run(*pictures)
    except (MemoryError, RuntimeError) as problem:
        if not is_shortage(problem):
            raise
        if count == 1:
            height, width = pictures[0].shape[-2:]
            raise AtlasError(
                f"the memory does not suffice for {name} of one picture of {width}×{height}",
                hint="measure smaller pictures (--size 256), or elsewhere (--device cpu)",
            ) from problem
    # Outside of the handler, whose traceback would keep what was allocated.
    middle = count // 2
    parts = [
        halved(name, run, *(p[:middle] for p in pictures)),
        halved(name, run, *(p[middle:] for p in pictures)),
    ]
    if isinstance(parts[0], dict):
        return {layer: np.concatenate([part[layer] for part in parts]) for layer in parts[0]}
    return np.concatenate(parts)
