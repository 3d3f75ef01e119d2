"""Convolutions by minimal filtering are convolutions, at every size, kernel and border."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets import filtering
from zoo.nets.filtering import CUTS, TILE, filtered, transforms
from zoo.nets.winograd import WinogradConv


def _plain(x: Tensor, conv: nn.Conv2d, border: int, mode: str) -> Tensor:
    kind = "constant" if mode == "zeros" else mode
    seen = F.pad(x, (border,) * 4, mode=kind) if border else x
    return F.conv2d(seen, conv.weight, conv.bias)


@pytest.mark.parametrize("side", sorted({side for side, _ in CUTS.values()}))
def test_transforms_give_the_convolution_of_one_tile(side: int) -> None:
    torch.manual_seed(0)
    seen = TILE + side - 1
    tile = torch.randn(seen, seen, dtype=torch.float64)
    kernel = torch.randn(side, side, dtype=torch.float64)
    b, g, a = transforms(side, torch.float64)
    found = (a @ ((g @ kernel.flatten()) * (b @ tile.flatten()))).view(TILE, TILE)
    torch.testing.assert_close(found, F.conv2d(tile[None, None], kernel[None, None])[0, 0])


@pytest.mark.parametrize("in_cache", [1, 3_000, 1_000_000])  # one row of tiles a strip, some, all
@pytest.mark.parametrize("mode", ["zeros", "reflect"])
@pytest.mark.parametrize("size", [(16, 20), (13, 18), (9, 31)])  # whole tiles, and not
@pytest.mark.parametrize(("kernel", "same"), [(k, s) for k in CUTS for s in (False, True)])
def test_it_is_the_plain_convolution(
    kernel: int,
    same: bool,
    size: tuple[int, int],
    mode: str,
    in_cache: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filtering, "IN_CACHE", in_cache)
    torch.manual_seed(0)
    conv = nn.Conv2d(5, 4, kernel).double()
    x = torch.randn(2, 5, *size, dtype=torch.float64)
    border = kernel // 2 if same else 0
    with torch.no_grad():
        expected = _plain(x, conv, border, mode)
        for given in (x, x.contiguous(memory_format=torch.channels_last)):
            found = filtered(given, conv.weight, conv.bias, border, mode)
            torch.testing.assert_close(found, expected)
            assert found.is_contiguous(memory_format=torch.channels_last)
        without = filtered(x, conv.weight, None, border, mode) + conv.bias[:, None, None]  # type: ignore[index]
        torch.testing.assert_close(without, expected)


@pytest.mark.parametrize(("kernel", "channels"), [(3, (64, 128)), (5, (64, 64)), (7, (64, 32))])
def test_rounding_is_a_little_more_than_that_of_float32(
    kernel: int, channels: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    conv = WinogradConv(*channels, kernel, padding=kernel // 2, padding_mode="reflect").eval()
    x = torch.randn(1, channels[0], 36, 33)
    with torch.no_grad():
        assert conv._gains(x)
        exact = conv.plain().double()(x.double())
        assert (conv(x) - exact).abs().max() < 1e-4 * exact.std()


def _narrow(conv: WinogradConv, x: Tensor) -> bool:
    return WinogradConv(8, 128, 3).eval()._gains(x[:, :8])


def _learning(conv: WinogradConv, x: Tensor) -> bool:
    with torch.enable_grad():
        return conv._gains(x)


def _reduced(conv: WinogradConv, x: Tensor) -> bool:
    with torch.autocast("cpu", torch.bfloat16):
        return conv._gains(x)


@pytest.mark.parametrize(
    ("case", "taken"),
    [
        (lambda conv, x: conv._gains(x), True),
        (lambda conv, x: conv._gains(x[..., :16, :16]), False),  # few pixels
        (lambda conv, x: conv._gains(x[..., :2, :].repeat(1, 1, 1, 30)), False),  # less than a tile
        (_narrow, False),
        (_learning, False),
        (_reduced, False),
    ],
)
@torch.no_grad()
def test_it_is_taken_where_it_gains(
    case: Callable[[WinogradConv, Tensor], bool], taken: bool
) -> None:
    conv = WinogradConv(64, 128, 3, padding=1).eval()
    assert case(conv, torch.randn(1, 64, 32, 32)) == taken
