"""Paired data sets out of any photographs: what they are without colour, or without all but edges.

The two tasks of pix2pix that need no labels (1611.07004, §4): colourisation and edges to photo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import BadImage, UsageProblem
from data.images import decode, encode, find_images, resize

__all__ = ["KINDS", "Pair", "derive", "edges", "grey", "plan_pairs"]

Array = NDArray[np.uint8]
Floats = NDArray[np.float64]

LOW, HIGH = 0.1, 0.2  # of the largest grey value: weak and strong edges
SPLITS = ("train",) * 8 + ("val", "test")  # by the first byte of a name's hash


def grey(picture: Array) -> Array:
    """uint8 RGB [H,W,3] to the neutral grey of the same lightness (CIE L*), as RGB.

    Lightness depends on luminance alone, so this is the sRGB value of the linear luminance.
    """
    value = picture / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    root = 1.055 * np.maximum(luminance, 1e-12) ** (1 / 2.4) - 0.055
    shown = np.where(luminance <= 0.0031308, 12.92 * luminance, root)
    return _as_rgb(np.rint(255.0 * shown).astype(np.uint8))


def edges(picture: Array, sigma: float = 1.0) -> Array:
    """uint8 RGB [H,W,3] to its edges by Canny's method (1986), black on white, as RGB.

    Gaussian of `sigma` pixels, Sobel, thinning by linear interpolation along the gradient, and
    weak edges kept where they join strong ones.
    """
    smooth = _blurred(grey(picture)[:, :, 0] / 255.0, sigma)
    across, down = _sobel(smooth), _sobel(smooth.T).T
    size = np.hypot(across, down)
    thin = _is_ridge(size, across, down)
    kept = _joined(thin & (size >= HIGH), thin & (size >= LOW))
    return _as_rgb(np.where(kept, 0, 255).astype(np.uint8))


def _as_rgb(plane: Array) -> Array:
    return np.repeat(plane[:, :, None], 3, axis=2)


def _blurred(plane: Floats, sigma: float) -> Floats:
    reach = int(np.ceil(4 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps /= taps.sum()
    for _ in range(2):  # down, then across
        padded = np.pad(plane, ((reach, reach), (0, 0)), mode="edge")
        rows = len(plane)
        plane = sum((tap * padded[i : i + rows] for i, tap in enumerate(taps)), np.zeros(1)).T
    return plane


def _sobel(plane: Floats) -> Floats:
    """The derivative across, weights 1, 2, 1 down."""
    padded = np.pad(plane, 1, mode="edge")
    slope = padded[:, 2:] - padded[:, :-2]
    return slope[:-2] + 2 * slope[1:-1] + slope[2:]


def _is_ridge(size: Floats, across: Floats, down: Floats) -> NDArray[np.bool_]:
    """Where no neighbour along the gradient is larger; never on the border."""
    largest = np.maximum(np.maximum(np.abs(across), np.abs(down)), 1e-12)
    x, y = across / largest, down / largest
    found = (size >= _sampled(size, y, x)) & (size >= _sampled(size, -y, -x))
    found[[0, -1], :] = found[:, [0, -1]] = False
    return found


def _sampled(plane: Floats, y: Floats, x: Floats) -> Floats:
    """The plane at each pixel moved by (y, x), both in -1..1, by linear interpolation."""
    height, width = plane.shape
    rows, columns = np.mgrid[:height, :width]
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    part_y, part_x = y - top, x - left

    def at(i: NDArray[np.int_], j: NDArray[np.int_]) -> Floats:
        found: Floats = plane[np.clip(rows + i, 0, height - 1), np.clip(columns + j, 0, width - 1)]
        return found

    upper = at(top, left) * (1 - part_x) + at(top, left + 1) * part_x
    lower = at(top + 1, left) * (1 - part_x) + at(top + 1, left + 1) * part_x
    mixed: Floats = upper * (1 - part_y) + lower * part_y
    return mixed


def _joined(strong: NDArray[np.bool_], weak: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The weak pixels that a path of weak ones joins to a strong one, eight neighbours each."""
    kept = strong
    while True:
        padded = np.pad(kept, 1)
        rows = padded[:-2] | padded[1:-1] | padded[2:]
        grown = (rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]) & weak
        if np.array_equal(grown, kept):
            return kept
        kept = grown


KINDS: dict[str, Callable[[Array], Array]] = {"colourise": grey, "edges": edges}


@dataclass(frozen=True, slots=True)
class Pair:
    """A photograph, and the file that it and what is derived of it go into."""

    source: Path
    target: Path


def plan_pairs(folder: Path, out: Path) -> list[Pair]:
    """A pair for each photograph in `folder` and its subfolders, under `out`/train, val and test.

    The hash of its name decides the split of a picture, so that adding some moves none of the
    others: 8, 1 and 1 of ten. Raises UsageProblem where there are none, or `out` is inside.
    """
    if not folder.is_dir():
        raise UsageProblem(f"no folder at {folder}", hint="name a folder of photographs")
    if out.resolve().is_relative_to(folder.resolve()):
        raise UsageProblem(f"{out} is inside {folder}", hint="name a folder beside it")
    found = find_images(folder, recursive=True)
    if not found:
        raise UsageProblem(f"no pictures in {folder}", hint="name a folder of photographs")
    return [Pair(path, out / _place(path.relative_to(folder))) for path in found]


def _place(name: Path) -> Path:
    number = hashlib.sha256(name.as_posix().encode()).digest()[0]
    flat = "-".join(name.parts)  # the suffix stays: a.jpg and a.png are two pictures
    return Path(SPLITS[number % len(SPLITS)]) / f"{flat}.png"


def derive(
    kind: str, pairs: Sequence[Pair], size: int, advance: Callable[[], None]
) -> list[BadImage]:
    """Write the pairs side by side, what is derived on the left: the layout of pix2pix.

    Photographs whose shorter side is over `size` are resized to that. Returns what is wrong with
    those that could not be read.
    """
    bad = []
    for pair in pairs:
        try:
            photo = _fitted(decode(pair.source), size)
        except BadImage as problem:
            bad.append(problem)
        else:
            encode(pair.target, np.concatenate([KINDS[kind](photo), photo], axis=1))
        advance()
    return bad


def _fitted(picture: Array, size: int) -> Array:
    height, width = picture.shape[:2]
    scale = size / min(height, width)
    if scale < 1:
        height, width = round(height * scale), round(width * scale)
    # A pair has to be wider than high, or it could not be told from a single picture.
    if 2 * width <= height:
        raise BadImage(f"a picture of {width}×{height} is too narrow for a pair side by side")
    return resize(picture, (height, width))
