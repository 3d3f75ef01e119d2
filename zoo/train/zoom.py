"""Crops of pictures that are shrunk anew at every step, as SinCUT trains on one large picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from zoo.recipe import Recipe

__all__ = ["zoomed"]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a domain's pictures are shrunk at one step, and which crops of them are taken."""

    size: tuple[int, int]  # height and width of the shrunk picture
    corners: list[tuple[int, int]]  # top and left of every crop
    flips: list[bool]


def zoomed(
    pictures: Tensor, rows: Sequence[int], own: slice, recipe: Recipe, seed: Sequence[int]
) -> Tensor:
    """The crops `own` of a batch, one of each of `rows`, float [n,3,crop,crop] in -1..1.

    `pictures` are uint8 [N,3,H,W]. Height and width are shrunk by two factors from 1/zoom to 1
    that the whole batch has in common, to no less than a crop. Crops lie on a grid that is shifted
    at random, in other cells of it as long as there are any, so that patches to tell apart are not
    of the same place (as CUT's project does for 2007.15651, §4.4).
    """
    plan = _plan(len(rows), pictures.shape[-2:], recipe, np.random.default_rng(list(seed)))
    shrunk = {row: _shrunk(pictures[row], plan.size) for row in {*rows[own]}}
    crops = []
    chosen = zip(rows[own], plan.corners[own], plan.flips[own], strict=True)
    for row, (top, left), flip in chosen:
        crop = shrunk[row][:, top : top + recipe.crop, left : left + recipe.crop]
        crops.append(crop.flip(-1) if flip else crop)
    return torch.stack(crops).float() / 127.5 - 1.0


def _plan(count: int, sides: Sequence[int], recipe: Recipe, rng: np.random.Generator) -> _Plan:
    factors = rng.uniform(1 / recipe.zoom, 1.0, 2)
    height, width = (
        max(recipe.crop, round(side * factor)) for side, factor in zip(sides, factors, strict=True)
    )
    down, across = height // recipe.crop, width // recipe.crop
    shifts = rng.integers(0, (height % recipe.crop + 1, width % recipe.crop + 1), (count, 2))
    cells = rng.permutation(down * across)
    corners = [
        (int(y) + int(cell) // across * recipe.crop, int(x) + int(cell) % across * recipe.crop)
        for (y, x), cell in zip(shifts, np.resize(cells, count), strict=True)
    ]
    flips = [bool(flip) and recipe.flip for flip in rng.random(count) < 0.5]
    return _Plan((height, width), corners, flips)


def _shrunk(picture: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(picture.shape[-2:]) == size:
        return picture
    return F.interpolate(picture[None], size, mode="bilinear", antialias=True)[0]
