"""Style pictures as tensors of the size that a model wants."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.images import resize

__all__ = ["fitting", "to_tensor"]


def to_tensor(picture: NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """uint8 RGB [H,W,3] as float [1,3,H,W] in 0..1."""
    return torch.from_numpy(picture.copy()).to(device).permute(2, 0, 1)[None].float() / 255


def fitting(
    picture: NDArray[np.uint8], side: int, *, shorter: bool, least: int
) -> NDArray[np.uint8]:
    """Resized so that its shorter or longer side is `side` pixels, each at least `least`."""
    height, width = picture.shape[:2]
    factor = side / (min(height, width) if shorter else max(height, width))
    size = (max(least, round(height * factor)), max(least, round(width * factor)))
    return resize(picture, size)
