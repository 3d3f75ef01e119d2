"""The image transformation network of fast neural style (1603.08155, §3.1 and supplement)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from zoo.nets.convolutions import NarrowConv, UpsampledConv
from zoo.nets.norm import AffineInstanceNorm
from zoo.nets.winograd import WinogradConv

__all__ = ["TransformerNet"]

BLOCKS = 5


class _Reflected(nn.Module):
    """A convolution behind a reflected border; `conv2d` is its name in published files."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.pad = nn.ReflectionPad2d(conv.kernel_size[0] // 2)
        self.conv2d = conv

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2d(self.pad(x))
        return y


class _Upsampled(nn.Module):
    """Nearest upsampling by 2 and a reflected 3×3 convolution, in one."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv2d = UpsampledConv(inside, outside, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2d(x)
        return y


class _Block(nn.Module):
    """Two 3×3 convolutions around a shortcut; no ReLU after the sum (supplement, fig. 1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _Reflected(WinogradConv(channels, channels, 3))
        self.in1 = AffineInstanceNorm(channels)
        self.conv2 = _Reflected(WinogradConv(channels, channels, 3))
        self.in2 = AffineInstanceNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.in2(self.conv2(F.relu_(self.in1(self.conv1(x)))))
        return x + y


class TransformerNet(nn.Module):
    """Two halvings, five residual blocks, two doublings; nothing bounds its output.

    As published with instance norm (1607.08022), reflection and nearest upsampling in place of
    the paper's batch norm, zeros and fractional strides. Stride 4.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.conv1 = _Reflected(nn.Conv2d(3, width, 9))
        self.in1 = AffineInstanceNorm(width)
        self.conv2 = _Reflected(nn.Conv2d(width, 2 * width, 3, stride=2))
        self.in2 = AffineInstanceNorm(2 * width)
        self.conv3 = _Reflected(nn.Conv2d(2 * width, 4 * width, 3, stride=2))
        self.in3 = AffineInstanceNorm(4 * width)
        for i in range(BLOCKS):
            self.add_module(f"res{i + 1}", _Block(4 * width))
        self.deconv1 = _Upsampled(4 * width, 2 * width)
        self.in4 = AffineInstanceNorm(2 * width)
        self.deconv2 = _Upsampled(2 * width, width)
        self.in5 = AffineInstanceNorm(width)
        self.deconv3 = _Reflected(NarrowConv(width, 3, 9))

    def forward(self, x: Tensor) -> Tensor:
        """RGB [N,3,H,W] in 0..255 to about that; H and W multiples of 4, at least 8."""
        y = F.relu_(self.in1(self.conv1(x)))
        y = F.relu_(self.in2(self.conv2(y)))
        y = F.relu_(self.in3(self.conv3(y)))
        for i in range(BLOCKS):
            y = self.get_submodule(f"res{i + 1}")(y)
        y = F.relu_(self.in4(self.deconv1(y)))
        y = F.relu_(self.in5(self.deconv2(y)))
        painted: Tensor = self.deconv3(y)
        return painted
