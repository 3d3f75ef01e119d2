"""3×3 convolutions by Winograd's minimal filtering, F(4×4, 3×3) (1509.09308, §4.3).

A quarter of the multiplications: four by four outputs take 36 in place of 144. For float32 on a
CPU, where the residual blocks of a generator are nearly all of the time and oneDNN computes them in
the plain way. Rounding is that of float32 times about ten.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

__all__ = ["WinogradConv"]

TILE, SEEN = 4, 6  # outputs of a tile along each axis, and the inputs that they need
LEAST = 64  # channels: below that, moving tiles costs more than it saves
LEAST_STILL = 128  # the same without gradients, where the plain way is one call

# Of §4.3: B transforms inputs, G kernels, and A what comes out of their products.
B = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
G = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
A = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


class WinogradConv(nn.Conv2d):
    """nn.Conv2d of 3×3 without padding, the same keys; another algorithm where it is faster."""

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,K,H-2,W-2]."""
        if not self._gains(x):
            return super().forward(x)
        learns = torch.is_grad_enabled()
        y: Tensor = _Winograd.apply(x, self.weight) if learns else _convolved(x, self.weight)[0]
        return y if self.bias is None else y + self.bias[:, None, None]

    def _gains(self, x: Tensor) -> bool:
        learning = self.training and torch.is_grad_enabled() and self.weight.requires_grad
        least = LEAST if learning else LEAST_STILL
        known = learning or not torch.is_grad_enabled()
        exact = x.dtype in (torch.float32, torch.float64) and not torch.is_autocast_enabled("cpu")
        whole = all(side > 2 and (side - 2) % TILE == 0 for side in x.shape[-2:])
        wide = min(self.in_channels, self.out_channels) >= least
        return known and exact and whole and wide and x.device.type == "cpu"

    def plain(self) -> nn.Module:
        """The same of torch's own layers."""
        bias = self.bias is not None
        conv = nn.Conv2d(self.in_channels, self.out_channels, 3, bias=bias)
        conv.load_state_dict(self.state_dict(), assign=True)
        return conv.train(self.training)


@cache
def _square(rows: tuple[tuple[float, ...], ...], dtype: torch.dtype) -> Tensor:
    """The transform of both axes at once, on flattened tiles."""
    matrix = torch.tensor(rows, dtype=torch.float64)
    return torch.kron(matrix, matrix).to(dtype)


def _inputs(x: Tensor) -> Tensor:
    """[N,C,H,W] to the transformed tiles [36,T,C]."""
    channels = x.shape[1]
    tiles = x.permute(0, 2, 3, 1).unfold(1, SEEN, TILE).unfold(2, SEEN, TILE)
    flat = tiles.permute(4, 5, 0, 1, 2, 3).reshape(SEEN * SEEN, -1)
    return (_square(B, x.dtype) @ flat).view(SEEN * SEEN, -1, channels)


def _kernels(weight: Tensor) -> Tensor:
    """[K,C,3,3] to [36,C,K]."""
    outside, inside = weight.shape[:2]
    flat = weight.permute(2, 3, 1, 0).reshape(9, -1)
    return (_square(G, weight.dtype) @ flat).view(SEEN * SEEN, inside, outside)


def _convolved(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """The convolution of the paper, and the transformed tiles of x."""
    inputs = _inputs(x)
    n, _, height, width = x.shape
    rows, columns, outside = (height - 2) // TILE, (width - 2) // TILE, weight.shape[0]
    products = torch.bmm(inputs, _kernels(weight)).view(SEEN * SEEN, -1)
    tiles = (_square(A, x.dtype) @ products).view(TILE, TILE, n, rows, columns, outside)
    y = tiles.permute(2, 3, 0, 4, 1, 5).reshape(n, height - 2, width - 2, outside)
    return y.permute(0, 3, 1, 2), inputs


class _Winograd(torch.autograd.Function):
    """Forward as in the paper; backward by the transposes of the same three transforms."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        y, inputs = _convolved(x, weight)
        ctx.save_for_backward(inputs, weight)  # twice the size of x, and a tenth of the time less
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor]:
        inputs, weight = ctx.saved_tensors
        n, outside, height, width = g.shape
        tiles = g.permute(0, 2, 3, 1).unfold(1, TILE, TILE).unfold(2, TILE, TILE)
        flat = tiles.permute(4, 5, 0, 1, 2, 3).reshape(TILE * TILE, -1)
        products = (_square(A, g.dtype).T @ flat).view(SEEN * SEEN, -1, outside)
        kernels = torch.bmm(inputs.transpose(1, 2), products).view(SEEN * SEEN, -1)
        learned = (_square(G, g.dtype).T @ kernels).view(3, 3, weight.shape[1], outside)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = _laid(torch.bmm(products, _kernels(weight).transpose(1, 2)), n, height, width)
        return dx, learned.permute(3, 2, 0, 1)


def _laid(tiles: Tensor, n: int, height: int, width: int) -> Tensor:
    """Gradients of transformed tiles [36,T,C] to that of the input they were cut from."""
    rows, columns, channels = height // TILE, width // TILE, tiles.shape[2]
    parts = _square(B, tiles.dtype).T @ tiles.view(SEEN * SEEN, -1)
    parts = parts.view(SEEN, SEEN, n, rows, columns, channels)
    made = tiles.new_zeros(n, height + 2, width + 2, channels)
    for i in range(SEEN):  # tiles overlap by two
        for j in range(SEEN):
            made[:, i : i + height : TILE, j : j + width : TILE] += parts[i, j]
    return made.permute(0, 3, 1, 2)
