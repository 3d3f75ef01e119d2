"""The cheaper convolutions give what torch's own give, forwards and backwards."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.convolutions import MOST, DoublingConv, NarrowConv, UpsampledConv
from zoo.nets.winograd import WinogradConv


def _upsampled(x: Tensor, conv: nn.Conv2d) -> Tensor:
    doubled = F.interpolate(x, scale_factor=2.0, mode="nearest")
    return F.conv2d(F.pad(doubled, (1, 1, 1, 1), mode="reflect"), conv.weight, conv.bias)


def _narrow(x: Tensor, conv: nn.Conv2d) -> Tensor:
    return F.conv2d(x, conv.weight, conv.bias)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("layer", "kernel", "plain", "size"),
    [
        (UpsampledConv, 3, _upsampled, (5, 9)),
        (UpsampledConv, 3, _upsampled, (1, 1)),
        (NarrowConv, 7, _narrow, (12, 9)),
        (NarrowConv, 7, _narrow, (7, 7)),
    ],
)
def test_equal_to_the_plain_one(
    layer: type[nn.Conv2d],
    kernel: int,
    plain: object,
    size: tuple[int, int],
    bias: bool,
) -> None:
    torch.manual_seed(0)
    conv = layer(4, 3, kernel, bias=bias).double()
    x = torch.randn(2, 4, *size, dtype=torch.float64, requires_grad=True)
    parts = [x, *conv.parameters()]
    expected, found = plain(x, conv), conv(x)  # type: ignore[operator]
    torch.testing.assert_close(conv.plain()(x), expected)
    torch.testing.assert_close(found, expected)
    pull = torch.randn_like(expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, parts, pull), torch.autograd.grad(expected, parts, pull)
    )


@pytest.mark.parametrize("gradients", [True, False])
@pytest.mark.parametrize("size", [(18, 34), (17, 18)])  # whole tiles, and not
def test_winograd_is_the_plain_convolution_when_it_translates(
    size: tuple[int, int], gradients: bool
) -> None:
    torch.manual_seed(0)
    conv = WinogradConv(128, 128, 3).double().eval()
    x = torch.randn(2, 128, *size, dtype=torch.float64)
    with torch.set_grad_enabled(gradients):
        torch.testing.assert_close(conv(x), conv.plain()(x))
        assert type(conv.plain()) is nn.Conv2d


def test_winograd_in_float32_keeps_five_digits() -> None:
    torch.manual_seed(0)
    conv = WinogradConv(256, 256, 3).eval()
    x = torch.randn(1, 256, 34, 34)
    with torch.no_grad():
        assert conv._gains(x)  # the path that is measured, not the plain one
        expected = conv.plain().double()(x.double())
        assert (conv(x) - expected).abs().max() < 1e-4 * expected.std()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (3, 5)])
def test_doubling_is_the_transposed_convolution(size: tuple[int, int], bias: bool) -> None:
    torch.manual_seed(0)
    conv = DoublingConv(6, 4, bias=bias).double()
    x = torch.randn(2, 6, *size, dtype=torch.float64)
    expected = F.conv_transpose2d(x, conv.weight, conv.bias, stride=2, padding=1)
    torch.testing.assert_close(conv(x), expected)  # as it learns
    with torch.no_grad():
        for given in (x, x.contiguous(memory_format=torch.channels_last)):
            torch.testing.assert_close(conv(given), expected)
        torch.testing.assert_close(conv.plain()(x), expected)
    assert type(conv.plain()) is nn.ConvTranspose2d


def test_doubling_of_many_values_is_left_to_torch() -> None:
    conv = DoublingConv(2, 3).double()
    side = int((MOST / 3) ** 0.5) + 1
    x = torch.randn(1, 2, side, side, dtype=torch.float64)
    with torch.no_grad():
        assert torch.equal(conv(x), conv.plain()(x))
