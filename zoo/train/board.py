"""Losses and scores for TensorBoard, an optional extra."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from data.errors import AtlasError

__all__ = ["board"]


def board(out: Path) -> Callable[[int, dict[str, float]], None]:
    """A function that writes the numbers of a step to `out`/tensorboard.

    Raises AtlasError without the extra.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of TensorBoard's own imports
            from torch.utils.tensorboard import SummaryWriter
    except ImportError as problem:
        raise AtlasError(
            "tensorboard is not installed", hint="pip install 'i2i-atlas[tensorboard]'"
        ) from problem
    writer = SummaryWriter(str(out / "tensorboard"))

    def tell(step: int, numbers: dict[str, float]) -> None:
        for name, value in numbers.items():
            writer.add_scalar(name.replace(" ", "/"), value, step)
        writer.flush()

    return tell
