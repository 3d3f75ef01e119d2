"""Training pictures in memory, and random crops of them that a step number decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from data.datasets import ImageRef
from data.images import resize
from zoo.recipe import Recipe

__all__ = ["Pictures", "load_pictures"]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Two domains, uint8 [N,3,load,load] each; `paired` when row i of both belong together."""

    a: Tensor
    b: Tensor
    paired: bool

    def steps(self, batch: int) -> int:
        """Optimisation steps of one epoch: every picture of the larger domain at least once."""
        return -(-max(len(self.a), len(self.b)) // batch)

    def batch(self, step: int, recipe: Recipe, rank: int = 0, world: int = 1) -> tuple[Tensor, ...]:
        """The pictures of `step`: two float tensors [batch,3,crop,crop] in -1..1.

        A function of seed and step alone, so that training resumes in the middle of an epoch
        with the very pictures that it would have seen.
        """
        per_epoch = self.steps(recipe.batch * world)
        epoch, position = divmod(step, per_epoch)
        start = (position * world + rank) * recipe.batch
        rows_a = _rows(len(self.a), start, recipe, epoch, "a")
        rows_b = rows_a if self.paired else _rows(len(self.b), start, recipe, epoch, "b")
        rng = np.random.default_rng([recipe.seed, 1, step, rank])
        cut_a = _cuts(rng, recipe)
        cut_b = cut_a if self.paired else _cuts(rng, recipe)
        return _crop(self.a, rows_a, cut_a, recipe), _crop(self.b, rows_b, cut_b, recipe)


def _rows(count: int, start: int, recipe: Recipe, epoch: int, domain: str) -> list[int]:
    rng = np.random.default_rng([recipe.seed, 2, epoch, ord(domain)])
    order = rng.permutation(count)
    return [int(order[(start + i) % count]) for i in range(recipe.batch)]


def _cuts(rng: np.random.Generator, recipe: Recipe) -> list[tuple[int, int, bool]]:
    spare = recipe.load - recipe.crop + 1
    corners = rng.integers(0, spare, (recipe.batch, 2))
    flips = rng.random(recipe.batch) < 0.5
    return [
        (int(y), int(x), bool(f) and recipe.flip) for (y, x), f in zip(corners, flips, strict=True)
    ]


def _crop(
    pictures: Tensor, rows: list[int], cuts: list[tuple[int, int, bool]], recipe: Recipe
) -> Tensor:
    size = recipe.crop
    crops = []
    for row, (y, x, flip) in zip(rows, cuts, strict=True):
        crop = pictures[row, :, y : y + size, x : x + size]
        crops.append(crop.flip(-1) if flip else crop)
    return torch.stack(crops).float() / 127.5 - 1.0


def load_pictures(
    a: Sequence[ImageRef],
    b: Sequence[ImageRef],
    paired: bool,
    recipe: Recipe,
    advance: Callable[[], None],
) -> Pictures:
    """Read and resize (bicubic) both domains; `advance` is called once a picture."""
    return Pictures(_stack(a, recipe.load, advance), _stack(b, recipe.load, advance), paired)


def _stack(refs: Sequence[ImageRef], load: int, advance: Callable[[], None]) -> Tensor:
    rows = []
    for ref in refs:
        rows.append(torch.from_numpy(resize(ref.read(), (load, load)).copy()).permute(2, 0, 1))
        advance()
    return torch.stack(rows)
