"""Winograd's algorithm gives the convolution and its gradients, and is used only where it gains."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.winograd import WinogradConv, _Winograd


@pytest.mark.parametrize("shape", [(1, 2, 6, 6), (2, 3, 10, 14), (1, 4, 18, 6)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_it_is_the_convolution_and_its_gradients(
    shape: tuple[int, ...], layout: torch.memory_format
) -> None:
    torch.manual_seed(0)
    x = torch.randn(*shape, dtype=torch.float64).contiguous(memory_format=layout)
    weight = torch.randn(5, shape[1], 3, 3, dtype=torch.float64)
    found: list[list[Tensor]] = []
    for convolve in (F.conv2d, _Winograd.apply):
        given, kernel = x.clone().requires_grad_(), weight.clone().requires_grad_()
        y = convolve(given, kernel)
        (y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)).sum().backward()
        assert given.grad is not None
        assert kernel.grad is not None
        found.append([y.detach(), given.grad, kernel.grad])
    for expected, ours in zip(*found, strict=True):
        torch.testing.assert_close(expected, ours, atol=1e-11, rtol=0)


def test_gradients_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 2, 6, 10, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(_Winograd.apply, (x, weight))


def _took(conv: WinogradConv, x: Tensor) -> bool:
    """Whether the other algorithm was taken: told by the graph of the output."""
    y = conv(x)
    names, waiting = set(), [y.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None:
            names.add(type(node).__name__)
            waiting += [following for following, _ in node.next_functions]
    return any("Winograd" in name for name in names)


def test_rounding_is_a_little_more_than_that_of_float32() -> None:
    torch.manual_seed(0)
    conv = WinogradConv(64, 64, 3)
    x = torch.randn(1, 64, 18, 18)
    expected = F.conv2d(x.double(), conv.weight.double(), conv.bias.double())  # type: ignore
    assert _took(conv, x)
    error = (conv(x) - expected).abs().max() / expected.abs().max()
    assert error < 1e-4


def test_it_is_taken_only_to_learn_and_where_it_gains() -> None:
    x = torch.randn(1, 64, 10, 10)
    conv = WinogradConv(64, 64, 3)
    assert _took(conv, x)
    assert not _took(conv, torch.randn(1, 64, 11, 10))  # no whole tiles
    assert not _took(WinogradConv(8, 64, 3), torch.randn(1, 8, 10, 10))  # narrow
    with torch.autocast("cpu", torch.bfloat16):
        assert not _took(conv, x)
    plain = nn.Conv2d(64, 64, 3)
    plain.load_state_dict(conv.state_dict())
    with torch.no_grad():
        assert torch.equal(plain(x), conv(x))
    assert not _took(conv.eval(), x)
    assert torch.equal(plain(x), conv(x))
