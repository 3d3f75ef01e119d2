"""Pictures larger than memory: tile by tile, with the statistics of the whole picture.

Instance norm makes every pixel depend on all others, so tiles that are normalised one by one show
seams. Here every norm layer is measured over all tiles before any tile goes past it: one round of
tiles for each norm layer, the last one giving the picture. That costs about half the number of
norm layers times the work of the whole picture, and no more memory than a tile. Beside its own
pixels a tile sees as many around it as the network looks at, so the result is that of the whole
picture but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from zoo.nets.adain import AdaptiveNorm
from zoo.nets.animegan import Bilinear
from zoo.nets.cartoongan import ScaledInstanceNorm
from zoo.nets.norm import AffineInstanceNorm, InstanceNorm

__all__ = ["Tile", "cut", "rounds", "run_tiles"]

Norm = (
    AdaptiveNorm,
    AffineInstanceNorm,
    InstanceNorm,
    ScaledInstanceNorm,
    nn.GroupNorm,
    nn.InstanceNorm2d,
)
Run = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Tile:
    """Rows and columns that a tile answers for, and those that the network sees for it."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    seen_rows: tuple[int, int]
    seen_columns: tuple[int, int]

    def of(self, picture: Tensor) -> Tensor:
        """[…,H,W] to what the network sees."""
        (top, bottom), (left, right) = self.seen_rows, self.seen_columns
        return picture[..., top:bottom, left:right]

    def core(self, seen: Tensor) -> Tensor:
        """The part that the tile answers for, of a tensor at any scale over what was seen."""
        vertical = _inside(self.rows, self.seen_rows, seen.shape[-2])
        return seen[..., vertical, _inside(self.columns, self.seen_columns, seen.shape[-1])]


def _inside(own: tuple[int, int], seen: tuple[int, int], size: int) -> slice:
    scale = size / (seen[1] - seen[0])
    return slice(round((own[0] - seen[0]) * scale), round((own[1] - seen[0]) * scale))


def cut(height: int, width: int, size: int, halo: int, stride: int) -> list[Tile]:
    """Tiles of up to `size` pixels a side that cover a picture, each seen with `halo` around it.

    Size and halo are rounded to the stride, so that strided layers fall on the same pixels.
    """
    size, halo = max(stride, size // stride * stride), -(-halo // stride) * stride

    def spans(whole: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        starts = range(0, whole, size)
        return [
            ((s, min(whole, s + size)), (max(0, s - halo), min(whole, s + size + halo)))
            for s in starts
        ]

    return [
        Tile(rows, columns, seen_rows, seen_columns)
        for rows, seen_rows in spans(height)
        for columns, seen_columns in spans(width)
    ]


def rounds(module: nn.Module, run: Run, small: Tensor) -> int:
    """How often every tile is run, told by how often a `small` picture is normalised."""
    calls = 1

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    with _hooked(module, count, Norm):
        run(small)
    return calls


def run_tiles(
    module: nn.Module, run: Run, picture: Tensor, tiles: list[Tile], report: Callable[[], None]
) -> Tensor:
    """uint8 [1,3,H,W] by `run`, which calls `module` on what a tile sees and gives 0 to 255.

    `report` is called after each tile of each round. Returns uint8 [1,3,H,W]; raises
    FloatingPointError when the network gives NaN or infinity.
    """
    made = torch.empty_like(picture)
    whole = _Whole(tuple(picture.shape[-2:]))
    with _measured(module, whole), _placed(module, whole):
        while True:
            for tile in tiles:
                whole.begin(tile)
                try:
                    output = tile.core(run(tile.of(picture)))
                except _Measured:
                    continue
                else:
                    _keep(tile, output, made)
                finally:
                    report()
            if not whole.settle():
                return made


def _keep(tile: Tile, output: Tensor, made: Tensor) -> None:
    if not bool(torch.isfinite(output).all()):
        raise FloatingPointError("the network gave NaN or infinity")
    rows, columns = slice(*tile.rows), slice(*tile.columns)
    made[..., rows, columns] = output.round().clamp(0, 255).to(torch.uint8).to(made.device)


class _Measured(Exception):
    """A tile reached a layer whose statistics are not known yet."""


@dataclass(frozen=True, slots=True)
class _Statistics:
    """Of the whole picture at one layer: mean and variance [C,1,1], over so many pixels."""

    mean: Tensor
    variance: Tensor
    pixels: int


class _Whole:
    """Statistics of the whole picture, in the order in which layers ask for them.

    By order, not by layer: GANILLA's blocks use one layer twice.
    """

    def __init__(self, size: tuple[int, ...]) -> None:
        self.size = size  # height and width
        self.known: list[_Statistics] = []
        self.groups = 0
        self.total: Tensor | float = 0.0
        self.squares: Tensor | float = 0.0
        self.count = 0

    def begin(self, tile: Tile) -> None:
        """A tile starts at the first layer."""
        self.tile, self.asked = tile, iter(self.known)

    def of_next(self, x: Tensor, groups: int) -> _Statistics:
        """For the layer that x [1,C,H,W] enters; the channels of a group have them in common.

        Raises _Measured for the first layer without: x is then counted, its own pixels alone.
        """
        found = next(self.asked, None)
        if found is not None:
            return found
        own = self.tile.core(x).float()
        self.groups = groups
        self.total = self.total + own.sum((0, 2, 3), dtype=torch.float64)
        self.squares = self.squares + own.square().sum((0, 2, 3), dtype=torch.float64)
        self.count += own.shape[2] * own.shape[3]
        raise _Measured

    def settle(self) -> bool:
        """Make statistics of what was counted; whether anything was."""
        if not self.count:
            return False
        mean, squares = (self._shared(torch.as_tensor(s)) for s in (self.total, self.squares))
        variance = (squares - mean.square()).clamp_min(0)
        self.known.append(_Statistics(mean, variance, self.count))
        self.total, self.squares, self.count = 0.0, 0.0, 0
        return True

    def _shared(self, sums: Tensor) -> Tensor:
        """Sums [C] over the pixels to the means of their groups [C,1,1]."""
        means = (sums / self.count).view(self.groups, -1)
        return means.mean(1, keepdim=True).expand_as(means).reshape(-1, 1, 1)


@contextmanager
def _hooked(
    module: nn.Module, hook: Callable[..., Tensor | None], kinds: tuple[type[nn.Module], ...]
) -> Iterator[None]:
    layers = [layer for layer in module.modules() if isinstance(layer, kinds)]
    handles = [layer.register_forward_hook(hook) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _measured(module: nn.Module, whole: _Whole) -> AbstractContextManager[None]:
    """Norm layers work with the whole picture's statistics, or end the run of a tile."""

    def hook(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        x = inputs[0]
        found = whole.of_next(
            x, layer.num_groups if isinstance(layer, nn.GroupNorm) else x.shape[1]
        )
        variance = found.variance
        if isinstance(layer, AdaptiveNorm):  # unbiased, as published
            variance = variance * (found.pixels / max(1, found.pixels - 1))
        eps = 1e-9 if isinstance(layer, ScaledInstanceNorm) else getattr(layer, "eps", 1e-5)
        scale = (variance + float(eps)).rsqrt()
        y = (x - found.mean.to(x.dtype)) * scale.to(x.dtype)
        return _moved(layer, y, inputs[1:])

    return _hooked(module, hook, Norm)


def _moved(layer: nn.Module, y: Tensor, style: tuple[Tensor, ...]) -> Tensor:
    """What is of mean 0 and variance 1 with the layer's own, or its style's, scale and shift."""
    if isinstance(layer, AdaptiveNorm):
        mean, deviation = style
        return y * deviation + mean
    if isinstance(layer, ScaledInstanceNorm):
        return y * layer.scale[:, None, None] + layer.shift[:, None, None]
    weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
    if weight is None or bias is None:
        return y
    made: Tensor = y * weight[:, None, None] + bias[:, None, None]
    return made


def _placed(module: nn.Module, whole: _Whole) -> AbstractContextManager[None]:
    """Enlargements take their pixels from where they are in the whole picture."""

    def hook(layer: Bilinear, inputs: tuple[Tensor, torch.Size], output: Tensor) -> Tensor | None:
        if not layer.align_corners:
            return None
        x, size = inputs
        for axis, seen, length in zip(
            (-2, -1), (whole.tile.seen_rows, whole.tile.seen_columns), whole.size, strict=True
        ):
            x = _enlarged(x, axis, size[axis], seen, length)
        return x

    return _hooked(module, hook, (Bilinear,))


def _enlarged(x: Tensor, axis: int, size: int, seen: tuple[int, int], length: int) -> Tensor:
    """One axis of what was seen of `length` pixels, linearly to `size`, the corners kept."""
    given, wanted = (n / (seen[1] - seen[0]) for n in (x.shape[axis], size))
    step = (round(length * given) - 1) / max(1, round(length * wanted) - 1)
    places = (round(seen[0] * wanted) + torch.arange(size, dtype=torch.float64)) * step
    places = (places - round(seen[0] * given)).clamp(0, x.shape[axis] - 1).to(x.device)
    low = places.long()
    high = (low + 1).clamp_max(x.shape[axis] - 1)
    shape = (-1, 1) if axis == -2 else (-1,)
    share = (places - low).to(x.dtype).view(shape)
    return torch.lerp(x.index_select(axis, low), x.index_select(axis, high), share)
