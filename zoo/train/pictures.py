"""Training pictures, and random crops of them that a step number decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from data.console import warn
from data.datasets import ImageRef
from data.errors import AtlasError, UsageProblem
from zoo.recipe import Recipe
from zoo.train.cache import Kept, keep
from zoo.train.zoom import zoomed

__all__ = ["Pictures", "Read", "load_pictures"]

MOST_BAD = 0.1  # of the pictures: more than that is a mistake, and not bad luck
NAMED = 5  # unreadable pictures that are named; the others are counted

Cut = tuple[int, int, bool]  # top, left, flipped


@dataclass(frozen=True, slots=True)
class Pictures:
    """Two domains, uint8 [N,3,H,W] each; `paired` when row i of both belong together."""

    a: Tensor
    b: Tensor
    paired: bool
    whole: tuple[Tensor, Tensor] | None = None  # at the crop's size, for the epochs of decay
    rows: tuple[list[int], list[int]] | None = None  # those that are used; None for all

    def steps(self, batch: int, length: int = 0) -> int:
        """Optimisation steps of one epoch: every picture of the larger domain at least once.

        With a `length`, that many pictures, as often as it takes.
        """
        return -(-(length or max(len(self._rows(0)), len(self._rows(1)))) // batch)

    def batch(self, step: int, recipe: Recipe, rank: int = 0, world: int = 1) -> tuple[Tensor, ...]:
        """The pictures of `step`: two float tensors [batch,3,crop,crop] in -1..1.

        A function of seed and step alone, so that training resumes in the middle of an epoch
        with the very pictures that it would have seen. What `world` processes see is what one
        would see in a batch of all of theirs.
        """
        together = recipe.batch * world
        epoch, position = divmod(step, self.steps(together, recipe.length))
        whole = self.whole if epoch >= recipe.epochs else None
        a, b = whole or (self.a, self.b)
        own = slice(rank * recipe.batch, (rank + 1) * recipe.batch)
        rows_a = _order(self._rows(0), position * together, together, recipe, epoch, "a")
        rows_b = _order(self._rows(1), position * together, together, recipe, epoch, "b")
        rows_b = rows_a if self.paired else rows_b
        if recipe.zoom > 1:
            seed = (recipe.seed, 3, step)
            other = 0 if self.paired else 1
            return (
                zoomed(a, rows_a, own, recipe, (*seed, 0)),
                zoomed(b, rows_b, own, recipe, (*seed, other)),
            )
        rng = np.random.default_rng([recipe.seed, 1, step, 0])
        cuts_a = _cuts(rng, recipe, together, a.shape)
        cuts_b = cuts_a if self.paired else _cuts(rng, recipe, together, b.shape)
        return (
            _crop(a, rows_a[own], cuts_a[own], recipe),
            _crop(b, rows_b[own], cuts_b[own], recipe),
        )

    def _rows(self, domain: int) -> Sequence[int]:
        if self.rows is not None:
            return self.rows[domain]
        return range(len((self.a, self.b)[domain]))


def _order(
    rows: Sequence[int], start: int, count: int, recipe: Recipe, epoch: int, domain: str
) -> list[int]:
    rng = np.random.default_rng([recipe.seed, 2, epoch, ord(domain)])
    order = rng.permutation(len(rows))
    return [rows[int(order[(start + i) % len(rows)])] for i in range(count)]


def _cuts(rng: np.random.Generator, recipe: Recipe, count: int, shape: torch.Size) -> list[Cut]:
    spare = [side - recipe.crop + 1 for side in shape[-2:]]
    corners = rng.integers(0, spare[0] if spare[0] == spare[1] else spare, (count, 2))
    flips = rng.random(count) < 0.5
    return [
        (int(y), int(x), bool(f) and recipe.flip) for (y, x), f in zip(corners, flips, strict=True)
    ]


def _crop(pictures: Tensor, rows: list[int], cuts: list[Cut], recipe: Recipe) -> Tensor:
    size = recipe.crop
    crops = []
    for row, (y, x, flip) in zip(rows, cuts, strict=True):
        crop = pictures[row, :, y : y + size, x : x + size]
        crops.append(crop.flip(-1) if flip else crop)
    return torch.stack(crops).float() / 127.5 - 1.0


@dataclass(frozen=True, slots=True)
class Read:
    """Pictures to train on, the digest of those that could be read, and how many could not."""

    pictures: Pictures
    digest: list[str]  # of every readable picture
    skipped: int


def load_pictures(
    a: Sequence[ImageRef],
    b: Sequence[ImageRef],
    paired: bool,
    recipe: Recipe,
    advance: Callable[[], None],
    cache: Path | None = None,
) -> Read:
    """Read and resize both domains; `advance` is called once a picture and size.

    Unreadable pictures are named, counted and left out, with their partner where there are
    pairs. Raises AtlasError where more than one in ten is.
    """
    square, load = recipe.resize == "square", 0 if recipe.resize == "none" else recipe.load
    kept = [keep(refs, load, square, cache, advance) for refs in (a, b)]
    rows = _readable(kept, paired)
    for side, refs in enumerate((a, b)):
        _tell(refs, kept[side])
    _check_sides(kept, recipe)
    whole = None
    if recipe.whole_in_decay and recipe.decay_epochs:
        small = [keep(refs, recipe.crop, square, cache, advance).pixels for refs in (a, b)]
        whole = (_tensor(small[0]), _tensor(small[1]))
    pictures = Pictures(_tensor(kept[0].pixels), _tensor(kept[1].pixels), paired, whole, rows)
    digests = [kept[side].digests[row] for side in range(2) for row in rows[side]]
    return Read(pictures, digests, sum(len(one.bad) for one in kept))


def _check_sides(kept: Sequence[Kept], recipe: Recipe) -> None:
    least = min(min(one.pixels.shape[1:3]) for one in kept)
    if least < recipe.crop and recipe.zoom <= 1:
        raise UsageProblem(
            f"a picture is {least} pixels high or wide, and crops are {recipe.crop}",
            hint=f"--crop {max(16, least // 16 * 16)}",
        )


def _tensor(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def _readable(kept: Sequence[Kept], paired: bool) -> tuple[list[int], list[int]]:
    bad = [set(one.bad) for one in kept]
    if paired:
        bad = [bad[0] | bad[1]] * 2
    a, b = (
        [row for row in range(len(one.digests)) if row not in out]
        for one, out in zip(kept, bad, strict=True)
    )
    return a, b


def _tell(refs: Sequence[ImageRef], kept: Kept) -> None:
    if not kept.bad:
        return
    for row in list(kept.bad)[:NAMED]:
        warn(f"skipped: {kept.bad[row]}")
    count = f"{len(kept.bad)} of {len(refs)} training pictures in {refs[0].path.parent}"
    if len(kept.bad) > max(1, MOST_BAD * len(refs)) or len(kept.bad) == len(refs):
        raise AtlasError(f"{count} cannot be read", hint="fetch or copy them again")
    warn(f"{count} cannot be read: left out")
