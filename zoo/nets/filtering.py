"""Convolutions without gradients by minimal filtering, strip by strip of what the cache holds.

Winograd's F(4×4, r×r) (1509.09308, §4) takes a quarter to a sixth of the multiplications, but moves
two to four times the numbers: that pays only while they stay in the cache of a processor.
"""

from __future__ import annotations

from functools import cache
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["CUTS", "TILE", "filtered", "transforms"]

TILE = 4  # outputs of a tile along each axis
CUTS = {3: (3, 1), 5: (5, 1), 7: (4, 2)}  # kernel -> side of its parts, and how many along an axis
POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)  # where polynomials are evaluated; infinity besides
IN_CACHE = 700_000  # values of a strip's transformed tiles, for each thread


@cache
def transforms(side: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """B, G and A of F(4×4, side×side): of inputs, kernels and products, for flattened tiles.

    The output of a tile d for a kernel g is A ((G g) · (B d)). A and G evaluate polynomials, and B
    is the transpose of what interpolates them: products of (x - p), over all points p but one.
    """
    points = POINTS[: TILE + side - 2]
    rows_a, rows_b, rows_g = [], [], []
    for p in points:
        others = [q for q in points if q != p]
        scale = prod(p - q for q in others)
        rows_b.append([*_polynomial(others), 0.0])
        rows_g.append([p**i / scale for i in range(side)])
        rows_a.append([p**i for i in range(TILE)])
    rows_b.append(_polynomial(points))
    rows_g.append([0.0] * (side - 1) + [1.0])
    rows_a.append([0.0] * (TILE - 1) + [1.0])
    square = [torch.tensor(rows, dtype=torch.float64) for rows in (rows_b, rows_g, rows_a)]
    b, g, a = (torch.kron(matrix, matrix).to(dtype) for matrix in square)
    return b, g, a.T.contiguous()


def _polynomial(roots: list[float] | tuple[float, ...]) -> list[float]:
    """Coefficients, lowest first, of the product of (x - r)."""
    made = [1.0]
    for r in roots:
        made = [low - r * high for low, high in zip([0.0, *made], [*made, 0.0], strict=True)]
    return made


def filtered(x: Tensor, weight: Tensor, bias: Tensor | None, border: int, mode: str) -> Tensor:
    """[N,C,H,W] to the convolution with [K,C,k,k], k of CUTS, behind a border (zeros, reflect)."""
    kernel = weight.shape[2]
    side, count = CUTS[kernel]
    kernels = _kernels(weight)
    height, width = (length + 2 * border - kernel + 1 for length in x.shape[-2:])
    rows, columns = -(-height // TILE), -(-width // TILE)
    y = x.new_empty(len(x), TILE * rows, TILE * columns, len(weight))
    many = kernels.shape[1] * (columns + count - 1) * max(weight.shape[:2])
    step = max(1, IN_CACHE * torch.get_num_threads() // many)
    for picture, made in zip(x.split(1), y, strict=True):
        for top in range(0, rows, step):
            span = range(TILE * top, TILE * min(rows, top + step))
            strip = _strip(picture, span, kernel, border, mode, TILE * columns)
            _fill(made[span.start : span.stop], strip, kernels, side, bias)
    whole: Tensor = y[:, :height, :width].contiguous()
    return whole.permute(0, 3, 1, 2)


def _kernels(weight: Tensor) -> Tensor:
    """[K,C,k,k] to [P,S,C,K]: its P parts, each at S points; zeros fill the last parts."""
    outside, inside, kernel, _ = weight.shape
    side, count = CUTS[kernel]
    more = side * count - kernel
    whole = F.pad(weight, (0, more, 0, more)) if more else weight
    parts = whole.unflatten(3, (count, side)).unflatten(2, (count, side))
    flat = parts.permute(2, 4, 3, 5, 1, 0).reshape(count * count, side * side, -1)
    made: Tensor = transforms(side, weight.dtype)[1] @ flat
    return made.view(count * count, -1, inside, outside)


def _strip(x: Tensor, span: range, kernel: int, border: int, mode: str, columns: int) -> Tensor:
    """What the output rows `span` see of a picture, with its border, and zeros for whole tiles."""
    height = x.shape[2]
    side, count = CUTS[kernel]
    above, below = span.start - border, span.stop + kernel - 1 - border
    ends = (max(0, -above), min(border, max(0, below - height)))
    strip = x[:, :, max(0, above) : min(height, below)]
    if border:
        kind = "constant" if mode == "zeros" else mode
        strip = F.pad(strip, (border, border, *ends), mode=kind)
    more = side * count - kernel
    right = columns + kernel - 1 + more - strip.shape[3]
    lower = len(span) + kernel - 1 + more - strip.shape[2]
    return F.pad(strip, (0, right, 0, lower)) if right or lower else strip


def _fill(made: Tensor, strip: Tensor, kernels: Tensor, side: int, bias: Tensor | None) -> None:
    """Write the output rows [h,w,K] of a strip [1,C,h',w']."""
    seen = TILE + side - 1
    points, inside, outside = kernels.shape[1:]
    b, _, a = transforms(side, strip.dtype)
    tiles = strip[0].permute(1, 2, 0).unfold(0, seen, TILE).unfold(1, seen, TILE)
    inputs = (b @ tiles.permute(3, 4, 0, 1, 2).reshape(points, -1)).view(points, -1, inside)
    rows, columns, pitch = made.shape[0] // TILE, made.shape[1] // TILE, tiles.shape[1]
    products = _products(inputs, kernels, rows * pitch, pitch, pitch - columns + 1)
    out = strip.new_empty(TILE * TILE, rows * pitch * outside)
    torch.mm(a, products.view(points, -1), out=out[:, : products[0].numel()])
    tiled = out.view(TILE, TILE, rows, pitch, outside)[:, :, :, :columns]
    if bias is not None:
        tiled += bias
    made.view(rows, TILE, columns, TILE, outside).copy_(tiled.permute(2, 0, 3, 1, 4))


def _products(inputs: Tensor, kernels: Tensor, tiles: int, pitch: int, count: int) -> Tensor:
    """[S,T,C] to sums [S,tiles,K] over channels and parts of the kernel, `count` along an axis.

    Tiles lie in rows of `pitch`, so that a part sees all of them from some number on. What comes
    out for the last ones of a row is of no use, so the very last are left out.
    """
    used = tiles - count + 1
    made = torch.bmm(inputs[:, :used], kernels[0])
    for number, part in enumerate(kernels[1:], 1):
        first = number // count * pitch + number % count
        made.baddbmm_(inputs[:, first : first + used], part)
    return made
