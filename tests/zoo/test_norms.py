"""The instance norm's own backward, for training on a CPU, is that of torch."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from zoo.nets.norm import InstanceNorm, _in_layout


def _channels_last(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    x = torch.randn(*shape, dtype=dtype) * 3 + 1
    return x.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("shape", [(2, 3, 5, 7), (1, 8, 6, 6), (3, 4, 1, 2)])
def test_gradients_are_those_of_torch(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x, weights = _channels_last(*shape).requires_grad_(), _channels_last(*shape)
    # Contiguous: given a gradient in channels last, torch 2.14's layer gives a wrong one back.
    y = x.detach().contiguous().requires_grad_()
    ours, theirs = InstanceNorm(shape[1])(x), nn.InstanceNorm2d(shape[1])(y)
    assert "Normalise" in type(ours.grad_fn).__name__  # the path that is tested
    assert ours.is_contiguous(memory_format=torch.channels_last)
    (ours * weights).sum().backward()
    (theirs * weights.contiguous()).sum().backward()
    torch.testing.assert_close(theirs, ours, atol=1e-10, rtol=0)
    torch.testing.assert_close(y.grad, x.grad, atol=1e-9, rtol=0)
    assert x.grad is not None
    assert x.grad.is_contiguous(memory_format=torch.channels_last)


def test_gradients_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    x = _channels_last(1, 2, 3, 3).requires_grad_()
    assert torch.autograd.gradcheck(InstanceNorm(2), (x,))


def test_a_single_value_has_no_gradient() -> None:
    x = _channels_last(2, 3, 1, 1).requires_grad_()
    InstanceNorm(3)(x).sum().backward()
    torch.testing.assert_close(torch.zeros_like(x), x.grad)


def test_bfloat16_is_as_near_as_bfloat16_can_be() -> None:
    torch.manual_seed(0)
    exact = _channels_last(2, 8, 16, 16, dtype=torch.float32).bfloat16().float().requires_grad_()
    weights = _channels_last(2, 8, 16, 16, dtype=torch.float32).bfloat16()
    rounded = exact.detach().bfloat16().requires_grad_()
    (InstanceNorm(8)(exact) * weights.float()).sum().backward()
    (InstanceNorm(8)(rounded) * weights).sum().backward()
    assert exact.grad is not None
    assert rounded.grad is not None
    error = (exact.grad - rounded.grad.float()).abs().max() / exact.grad.abs().max()
    assert error < 2**-6  # four roundings of 2**-8


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_on_a_gpu_the_layout_is_kept_and_the_values_are_the_same(
    layout: torch.memory_format,
) -> None:
    torch.manual_seed(0)
    x = (3 * torch.randn(2, 4, 5, 7, dtype=torch.float64) + 2).contiguous(memory_format=layout)
    found = _in_layout(x)
    torch.testing.assert_close(F.instance_norm(x), found)
    assert found.stride() == x.stride()
