"""Convolutions that give what nn.Conv2d gives, with the same keys, and cost less."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.winograd import WinogradConv

__all__ = ["NarrowConv", "UpsampledConv", "plain"]


def plain(module: nn.Module) -> nn.Module:
    """The same network with torch's own layers in place of these; changes `module`."""
    for name, child in module.named_children():
        if isinstance(child, (NarrowConv, UpsampledConv, WinogradConv)):
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
