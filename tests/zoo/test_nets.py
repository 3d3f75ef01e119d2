"""The networks equal the reference implementations, whose outputs golden.json holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from zoo.nets.blur import BlurDown, BlurUp
from zoo.nets.init import init_normal, init_xavier
from zoo.nets.norm import InstanceNorm, make_norm
from zoo.nets.unet import UnetGenerator

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())


def test_keys_shapes_and_outputs_are_those_of_the_reference(network: str, tools: Any) -> None:
    make, shape, parameters = tools.networks[network]
    module = tools.seeded(make())
    golden = GOLDEN[network]
    assert golden["keys"] == {k: list(v.shape) for k, v in module.state_dict().items()}
    assert parameters == sum(p.numel() for p in module.parameters())
    output = tools.answer(module, shape)
    assert golden["shape"] == list(output.shape)
    assert golden["values"] == pytest.approx(tools.sample(output), abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (5, 7)])
def test_instance_norm_equals_torchs(size: tuple[int, int]) -> None:
    x = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    ours = InstanceNorm(3)(x)
    ours.square().sum().backward()
    if size == (1, 1):  # where torch's raises in training: the mean of one value is that value
        torch.testing.assert_close(torch.zeros_like(x), ours)
        return
    theirs = nn.InstanceNorm2d(3).double()(y)
    theirs.square().sum().backward()
    torch.testing.assert_close(theirs, ours, atol=1e-12, rtol=0)
    torch.testing.assert_close(y.grad, x.grad, atol=1e-10, rtol=0)


def test_instance_norm_keeps_channels_last() -> None:
    x = torch.randn(2, 8, 6, 6).contiguous(memory_format=torch.channels_last)
    assert InstanceNorm(8)(x).is_contiguous(memory_format=torch.channels_last)


def test_an_unknown_norm_is_refused() -> None:
    with pytest.raises(ValueError, match="'layer'"):
        make_norm("layer")


def test_blurs_keep_a_flat_picture_flat() -> None:
    flat = torch.full((1, 2, 8, 8), 0.5)
    torch.testing.assert_close(torch.full((1, 2, 4, 4), 0.5), BlurDown(2)(flat))
    torch.testing.assert_close(torch.full((1, 2, 16, 16), 0.5), BlurUp(2)(flat))


def test_dropout_is_in_the_three_middle_levels_of_the_unet() -> None:
    dropouts = [m for m in UnetGenerator(width=4).modules() if isinstance(m, nn.Dropout)]
    assert len(dropouts) == 3
    assert not [m for m in UnetGenerator(dropout=False).modules() if isinstance(m, nn.Dropout)]


def test_a_unet_trains_on_pictures_of_its_own_stride() -> None:
    net = UnetGenerator(depth=5, norm="instance", width=2)
    assert net(torch.randn(2, 3, 32, 32)).shape == (2, 3, 32, 32)


@pytest.mark.parametrize("init", [init_normal, init_xavier])
def test_initialisation_sets_every_bias_to_zero(init: Any) -> None:
    torch.manual_seed(0)
    net = UnetGenerator(depth=5, width=8)
    init(net)
    state = net.state_dict()
    assert all(not v.any() for k, v in state.items() if k.endswith("bias") and "running" not in k)
    assert 0.001 < state["model.model.1.model.1.weight"].std() < 0.03
