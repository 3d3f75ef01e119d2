"""Patches of pictures: drawn by seed for training, side by side for scoring."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.images import resize

__all__ = ["all_patches", "drawn_patch"]

Array = NDArray[np.uint8]


def drawn_patch(picture: Array, patch: int, size: int, rng: np.random.Generator) -> Array:
    """A square of `patch` pixels from anywhere in uint8 [H,W,3], mirrored half of the time, at
    `size` pixels."""
    picture = _large_enough(picture, patch)
    top, left = (int(rng.integers(0, side - patch + 1)) for side in picture.shape[:2])
    found = picture[top : top + patch, left : left + patch]
    return _sized(found[:, ::-1] if rng.random() < 0.5 else found, size)


def all_patches(picture: Array, patch: int, size: int) -> Array:
    """Squares of `patch` pixels that cover uint8 [H,W,3], as uint8 [N,size,size,3]."""
    picture = _large_enough(picture, patch)
    places = [_starts(side, patch) for side in picture.shape[:2]]
    squares = [
        _sized(picture[top : top + patch, left : left + patch], size)
        for top in places[0]
        for left in places[1]
    ]
    return np.stack(squares)


def _starts(side: int, patch: int) -> list[int]:
    """As few places as cover a side, evenly apart."""
    count = -(-side // patch)
    return [round(i * (side - patch) / max(1, count - 1)) for i in range(count)]


def _large_enough(picture: Array, patch: int) -> Array:
    height, width = picture.shape[:2]
    scale = patch / min(height, width)
    if scale <= 1.0:
        return picture
    return resize(picture, (max(patch, round(height * scale)), max(patch, round(width * scale))))


def _sized(patch: Array, size: int) -> Array:
    return resize(np.ascontiguousarray(patch), (size, size))
