"""MUNIT's and UNIT's generators in float64 torch functions, on the keys of published files.

Written down from what public error messages, the papers and reimplementations under the MIT
licence tell of them, apart from zoo.munit_layout and zoo.nets.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["State", "domain", "munit", "unit"]

State = dict[str, Tensor]

BLOCKS, STYLE = 4, 8


def _conv(x: Tensor, state: State, at: str, padding: int, stride: int = 1) -> Tensor:
    x = F.pad(x, [padding] * 4, mode="reflect")
    return F.conv2d(x, state[f"{at}.conv.weight"], state[f"{at}.conv.bias"], stride)


def _normal(x: Tensor) -> Tensor:
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) / (x.var((2, 3), unbiased=False, keepdim=True) + 1e-5).sqrt()


def _encoded(x: Tensor, state: State, at: str) -> Tensor:
    x = _normal(_conv(x, state, f"{at}.model.0", 3)).relu()
    for i in (1, 2):
        x = _normal(_conv(x, state, f"{at}.model.{i}", 1, stride=2)).relu()
    return _residuals(x, state, f"{at}.model.3")


def _residuals(x: Tensor, state: State, at: str) -> Tensor:
    for i in range(BLOCKS):
        y = _normal(_conv(x, state, f"{at}.model.{i}.model.0", 1)).relu()
        x = x + _normal(_conv(y, state, f"{at}.model.{i}.model.1", 1))
    return x


def _enlarged(x: Tensor, state: State) -> Tensor:
    for at in ("dec.model.2", "dec.model.4"):
        x = _conv(x.repeat_interleave(2, 2).repeat_interleave(2, 3), state, at, 2)
        flat = x.flatten(1)
        mean, deviation = flat.mean(1), flat.std(1, unbiased=True)
        x = (x - mean.view(-1, 1, 1, 1)) / (deviation.view(-1, 1, 1, 1) + 1e-5)
        gamma, beta = (state[f"{at}.norm.{name}"].view(1, -1, 1, 1) for name in ("gamma", "beta"))
        x = (x * gamma + beta).relu()
    return _conv(x, state, "dec.model.5", 3).tanh()


def unit(source: State, target: State, x: Tensor) -> Tensor:
    """[N,3,H,W] to the same, with the mean of the code."""
    return _enlarged(_residuals(_encoded(x, source, "enc"), target, "dec.model.0"), target)


def munit(source: State, target: State, x: Tensor, style: Tensor) -> Tensor:
    """[N,3,H,W] and a style [8] to the same."""
    for i in range(3):
        weight, bias = (target[f"mlp.model.{i}.fc.{name}"] for name in ("weight", "bias"))
        style = weight @ style + bias
        style = style.relu() if i < 2 else style
    x = _encoded(x, source, "enc_content")
    channels, taken = x.shape[1], 0

    def adapted(y: Tensor) -> Tensor:
        nonlocal taken
        shift, scale = style[taken : taken + 2 * channels].view(2, 1, channels, 1, 1)
        taken += 2 * channels
        return _normal(y) * scale + shift

    for i in range(BLOCKS):
        y = adapted(_conv(x, target, f"dec.model.0.model.{i}.model.0", 1)).relu()
        x = x + adapted(_conv(y, target, f"dec.model.0.model.{i}.model.1", 1))
    assert taken == len(style)
    return _enlarged(x, target)


def domain(seed: int, kind: str, width: int = 4, statistics: bool = False) -> State:
    """One domain's state of a published file, in float64; with those of torch 0.3 if wanted."""
    rng = torch.Generator().manual_seed(seed)
    state: State = {}
    wide = 4 * width

    def draw(*shape: int, scale: float = 1.0) -> Tensor:
        return scale * torch.randn(shape, generator=rng, dtype=torch.float64)

    def conv(at: str, inside: int, outside: int, kernel: int) -> None:
        weight = draw(outside, inside, kernel, kernel, scale=(inside * kernel**2) ** -0.5)
        state[f"{at}.conv.weight"], state[f"{at}.conv.bias"] = weight, draw(outside, scale=0.3)

    def normed(at: str, inside: int, outside: int, kernel: int) -> None:
        conv(at, inside, outside, kernel)
        if statistics:
            state[f"{at}.norm.running_mean"] = draw(outside)
            state[f"{at}.norm.running_var"] = draw(outside).square()

    def blocks(at: str) -> None:
        for i in range(BLOCKS):
            normed(f"{at}.model.{i}.model.0", wide, wide, 3)
            normed(f"{at}.model.{i}.model.1", wide, wide, 3)

    def encoder(at: str) -> None:
        normed(f"{at}.model.0", 3, width, 7)
        normed(f"{at}.model.1", width, 2 * width, 4)
        normed(f"{at}.model.2", 2 * width, wide, 4)
        blocks(f"{at}.model.3")

    if kind == "munit":
        for i, (inside, outside) in enumerate([(3, 1), (1, 2), (2, 4), (4, 4), (4, 4)]):
            kernel = 4 if i else 7
            conv(f"enc_style.model.{i}", inside * width if i else 3, outside * width, kernel)
        state["enc_style.model.6.weight"] = draw(STYLE, wide, 1, 1)
        state["enc_style.model.6.bias"] = draw(STYLE)
        encoder("enc_content")
    else:
        encoder("enc")
    blocks("dec.model.0")
    for number, inside in ((2, wide), (4, 2 * width)):
        at = f"dec.model.{number}"
        conv(at, inside, inside // 2, 5)
        state[f"{at}.norm.gamma"], state[f"{at}.norm.beta"] = draw(inside // 2), draw(inside // 2)
    conv("dec.model.5", width, 3, 7)
    if kind == "munit":
        for i, (inside, outside) in enumerate([(STYLE, wide), (wide, wide), (wide, 16 * wide)]):
            state[f"mlp.model.{i}.fc.weight"] = draw(outside, inside, scale=inside**-0.5)
            state[f"mlp.model.{i}.fc.bias"] = draw(outside)
    return state
