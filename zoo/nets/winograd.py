"""Convolutions by Winograd's minimal filtering, F(4×4, r×r) (1509.09308, §4.3).

For float32 on a CPU, where wide convolutions are nearly all of the time and oneDNN computes them in
the plain way. Rounding is that of float32 times about ten. Here is how it learns, in one piece;
zoo.nets.filtering has the way without gradients.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from zoo.nets.filtering import TILE, filtered, transforms

__all__ = ["WinogradConv"]

SEEN = TILE + 2  # inputs that the outputs of a tile need along each axis, of a 3×3 kernel
LEAST = 64  # channels: below that, moving tiles costs more than it saves
LEAST_PRODUCTS = 64 * 128 * 3**2  # a value of the output, times its channels: the same
LEAST_PIXELS = 1024  # without gradients: below that, the kernels' own transform does


class WinogradConv(nn.Conv2d):
    """nn.Conv2d of 3×3, 5×5 or 7×7, stride 1, the same keys; another algorithm where it gains."""

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,K,H+2p-k+1,W+2p-k+1] for a kernel of k×k and a border of p."""
        if self._learns(x):
            y: Tensor = _Winograd.apply(x, self.weight)
            return y if self.bias is None else y + self.bias[:, None, None]
        if self._gains(x):
            return filtered(x, self.weight, self.bias, int(self.padding[0]), self.padding_mode)
        return super().forward(x)

    def _learns(self, x: Tensor) -> bool:
        learning = self.training and torch.is_grad_enabled() and self.weight.requires_grad
        bare = self.kernel_size == (3, 3) and self.padding == (0, 0)
        whole = all(side > 2 and (side - 2) % TILE == 0 for side in x.shape[-2:])
        wide = min(self.in_channels, self.out_channels) >= LEAST
        return learning and bare and whole and wide and _exact(x)

    def _gains(self, x: Tensor) -> bool:
        height, width = x.shape[-2:]
        large = height * width >= LEAST_PIXELS and min(height, width) > self.kernel_size[0]
        products = self.in_channels * self.out_channels * self.kernel_size[0] ** 2
        wide = self.in_channels >= LEAST and products >= LEAST_PRODUCTS
        return not torch.is_grad_enabled() and large and wide and _exact(x)

    def plain(self) -> nn.Module:
        """The same of torch's own layers."""
        conv = nn.Conv2d(
            self.in_channels,
            self.out_channels,
            int(self.kernel_size[0]),
            padding=int(self.padding[0]),
            padding_mode=self.padding_mode,
            bias=self.bias is not None,
        )
        conv.load_state_dict(self.state_dict(), assign=True)
        return conv.train(self.training)


def _exact(x: Tensor) -> bool:
    if torch.compiler.is_compiling():  # it writes the plain way itself
        return False
    exact = x.dtype in (torch.float32, torch.float64) and not torch.is_autocast_enabled("cpu")
    return exact and x.device.type == "cpu"


def _inputs(x: Tensor) -> Tensor:
    """[N,C,H,W] to the transformed tiles [36,T,C]."""
    channels = x.shape[1]
    tiles = x.permute(0, 2, 3, 1).unfold(1, SEEN, TILE).unfold(2, SEEN, TILE)
    flat = tiles.permute(4, 5, 0, 1, 2, 3).reshape(SEEN * SEEN, -1)
    return (transforms(3, x.dtype)[0] @ flat).view(SEEN * SEEN, -1, channels)


def _kernels(weight: Tensor) -> Tensor:
    """[K,C,3,3] to [36,C,K]."""
    outside, inside = weight.shape[:2]
    flat = weight.permute(2, 3, 1, 0).reshape(9, -1)
    return (transforms(3, weight.dtype)[1] @ flat).view(SEEN * SEEN, inside, outside)


def _convolved(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """The convolution of the paper, and the transformed tiles of x."""
    inputs = _inputs(x)
    n, _, height, width = x.shape
    rows, columns, outside = (height - 2) // TILE, (width - 2) // TILE, weight.shape[0]
    products = torch.bmm(inputs, _kernels(weight)).view(SEEN * SEEN, -1)
    tiles = (transforms(3, x.dtype)[2] @ products).view(TILE, TILE, n, rows, columns, outside)
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
        products = (transforms(3, g.dtype)[2].T @ flat).view(SEEN * SEEN, -1, outside)
        kernels = torch.bmm(inputs.transpose(1, 2), products).view(SEEN * SEEN, -1)
        learned = (transforms(3, g.dtype)[1].T @ kernels).view(3, 3, weight.shape[1], outside)
        dx = None
        if ctx.needs_input_grad[0]:
            dx = _laid(torch.bmm(products, _kernels(weight).transpose(1, 2)), n, height, width)
        return dx, learned.permute(3, 2, 0, 1)


def _laid(tiles: Tensor, n: int, height: int, width: int) -> Tensor:
    """Gradients of transformed tiles [36,T,C] to that of the input they were cut from."""
    rows, columns, channels = height // TILE, width // TILE, tiles.shape[2]
    parts = transforms(3, tiles.dtype)[0].T @ tiles.view(SEEN * SEEN, -1)
    parts = parts.view(SEEN, SEEN, n, rows, columns, channels)
    made = tiles.new_zeros(n, height + 2, width + 2, channels)
    for i in range(SEEN):  # tiles overlap by two
        for j in range(SEEN):
            made[:, i : i + height : TILE, j : j + width : TILE] += parts[i, j]
    return made.permute(0, 3, 1, 2)
