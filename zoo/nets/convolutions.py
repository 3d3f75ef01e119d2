"""Convolutions that give what nn.Conv2d gives, with the same keys, and cost less."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.winograd import WinogradConv

__all__ = ["DoublingConv", "NarrowConv", "UpsampledConv", "plain"]

MOST = 150_000  # values at the input's size: above that, sums take longer than the order of weights


def plain(module: nn.Module) -> nn.Module:
    """The same network with torch's own layers in place of these; changes `module`."""
    for name, child in module.named_children():
        if isinstance(child, (DoublingConv, NarrowConv, UpsampledConv, WinogradConv)):
            setattr(module, name, child.plain())
        else:
            plain(child)
    return module


def _copied(layer: nn.Conv2d) -> nn.Conv2d:
    side = layer.kernel_size[0]
    conv = nn.Conv2d(layer.in_channels, layer.out_channels, side, bias=layer.bias is not None)
    conv.load_state_dict(layer.state_dict(), assign=True)
    return conv.train(layer.training)


class NarrowConv(nn.Conv2d):
    """A convolution to few channels, such as the last one to a picture, without padding.

    Processors compute 16 channels at once, so three waste most of the work. Here every row of
    the kernel is a channel of its own, and the rows are summed where they belong: a third of
    the time on a CPU. A GPU does it in one piece.
    """

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,K,H-k+1,W-k+1] for a kernel of k×k."""
        if x.is_cuda:
            return super().forward(x)
        channels, inside, rows, columns = self.weight.shape
        spread = self.weight.permute(2, 0, 1, 3).reshape(rows * channels, inside, 1, columns)
        y = F.conv2d(x, spread)
        height = y.shape[2] - rows + 1
        y = sum(
            (part[:, :, row : row + height] for row, part in enumerate(y.split(channels, 1))),
            start=y.new_zeros(()),
        )
        return y if self.bias is None else y + self.bias[:, None, None]

    def plain(self) -> nn.Module:
        """The same of torch's own layers."""
        return _copied(self)


class UpsampledConv(nn.Conv2d):
    """A 3×3 convolution with a reflected border, of its input after nearest upsampling by 2.

    Equal neighbours meet sums of weights: a transposed 4×4 convolution does it with 4/9 of the
    multiplications and without the large tensor. Of a doubled border reflection is repetition.
    """

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] to [N,K,2H,2W]."""
        flipped = F.pad(self.weight.flip(2, 3), (1, 1, 1, 1))
        sums = F.avg_pool2d(flipped, 2, stride=1, divisor_override=1).transpose(0, 1)
        padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
        return F.conv_transpose2d(padded, sums, self.bias, stride=2, padding=3)

    def plain(self) -> nn.Module:
        """The same of torch's own layers."""
        return nn.Sequential(nn.Upsample(scale_factor=2.0), nn.ReflectionPad2d(1), _copied(self))


class DoublingConv(nn.ConvTranspose2d):
    """A transposed 4×4 convolution, stride 2, padding 1: as U-Nets double height and width.

    Without gradients on a CPU it is one product of matrices, each pixel with the whole kernel, and
    sums of what falls on the same place: oneDNN would first write many weights in another order,
    which takes longer than to use them on few pixels.
    """

    def __init__(self, inside: int, outside: int, bias: bool = True) -> None:
        super().__init__(inside, outside, 4, stride=2, padding=1, bias=bias)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """[N,C,h,w] to [N,K,2h,2w]."""
        n, inside, height, width = x.shape
        large = self.out_channels * height * width > MOST
        if large or torch.is_grad_enabled() or x.is_cuda or torch.is_autocast_enabled("cpu"):
            return super().forward(x, output_size)
        weight = self.weight.permute(0, 2, 3, 1).reshape(inside, -1)
        spread = x.permute(0, 2, 3, 1).reshape(-1, inside) @ weight
        # Row 2a + r of the kernel falls on row 2(i + a) + r of the output with its border of one.
        parts = spread.view(n, height, width, 2, 2, 2, 2, self.out_channels)
        made = spread.new_zeros(n, height + 1, 2, width + 1, 2, self.out_channels)
        for a in (0, 1):
            for b in (0, 1):
                corner = made[:, a : a + height, :, b : b + width]
                corner += parts[:, :, :, a, :, b].permute(0, 1, 3, 2, 4, 5)
        y = made.view(n, 2 * height + 2, 2 * width + 2, -1)[:, 1:-1, 1:-1]
        y = y.contiguous() if self.bias is None else y + self.bias
        return y.permute(0, 3, 1, 2)

    def plain(self) -> nn.Module:
        """The same of torch's own layers."""
        bias = self.bias is not None
        conv = nn.ConvTranspose2d(
            self.in_channels, self.out_channels, 4, stride=2, padding=1, bias=bias
        )
        conv.load_state_dict(self.state_dict(), assign=True)
        return conv.train(self.training)
