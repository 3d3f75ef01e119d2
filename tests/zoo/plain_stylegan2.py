"""SinCUT's networks in float64 numpy, from the formulas of 1912.04958 and the published keys."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["State", "generator_state", "judge", "judge_state", "translate"]

Array = NDArray[np.float64]
State = Mapping[str, Array]

ROOT = np.sqrt(2.0)
TAPS = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64


def _correlate(x: Array, w: Array, padding: int = 0, stride: int = 1) -> Array:
    """[N,I,H,W] with [O,I,k,k]."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    seen = sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nihwkl,oikl->nohw", seen, w)


def _blur(x: Array, padding: int, gain: float = 1.0) -> Array:
    n, c, h, w = x.shape
    one = _correlate(x.reshape(n * c, 1, h, w), gain * TAPS[None, None], padding)
    return one.reshape(n, c, *one.shape[2:])


def _convolved(x: Array, w: Array, padding: int = 0, stride: int = 1) -> Array:
    return _correlate(x, w / np.sqrt(w[0].size), padding, stride)


def _active(x: Array, bias: Array) -> Array:
    y = x + bias.reshape(1, -1, *[1] * (x.ndim - 2))
    return np.where(y > 0, y, 0.2 * y) * ROOT


def _residual(x: Array, state: State, at: str) -> Array:
    y = _active(_convolved(x, state[f"{at}.conv1.0.weight"], 1), state[f"{at}.conv1.1.bias"])
    if f"{at}.skip.1.weight" not in state:
        y = _active(_convolved(y, state[f"{at}.conv2.0.weight"], 1), state[f"{at}.conv2.1.bias"])
        return (x + y) / ROOT
    y = _convolved(_blur(y, 2), state[f"{at}.conv2.1.weight"], stride=2)
    y = _active(y, state[f"{at}.conv2.2.bias"])
    return (y + _convolved(_blur(x, 1), state[f"{at}.skip.1.weight"], stride=2)) / ROOT


def _doubled(x: Array, state: State, at: str) -> Array:
    """A transposed convolution as a convolution of the picture with zeros in between."""
    w = state[f"{at}.conv.weight"][0]
    w = w / np.sqrt((w**2).sum((1, 2, 3), keepdims=True) + 1e-8 * w[0].size)
    n, c, height, width = x.shape
    wide = np.zeros((n, c, 2 * height - 1, 2 * width - 1))
    wide[:, :, ::2, ::2] = x
    y = _blur(_correlate(wide, w[:, :, ::-1, ::-1], 2), 1, gain=4.0)
    return _active(y, state[f"{at}.activate.bias"])


def translate(state: State, x: Array, blocks: int) -> Array:
    """[N,3,H,W] to the same, without noise."""
    each = blocks // 2
    y = _convolved(x, state["encoder.convs.1.0.weight"])
    y = _active(y, state["encoder.convs.1.1.bias"])
    for i in range(each + 1):
        y = _residual(y, state, f"encoder.convs.{2 + i}")
    for i in range(each):
        y = _residual(y, state, f"decoder.convs.{i}")
    y = _doubled(y, state, f"decoder.convs.{each}")
    last = f"decoder.convs.{each + 1}"
    return _active(_convolved(y, state[f"{last}.0.weight"]), state[f"{last}.1.bias"])


def judge(state: State, x: Array, halvings: int) -> Array:
    """[N,3,size,size] to [N,1]."""
    y = _active(_convolved(x, state["convs.0.0.weight"]), state["convs.0.1.bias"])
    for i in range(halvings):
        y = _residual(y, state, f"convs.{1 + i}")
    y = _active(_convolved(y, state["final_conv.0.weight"], 1), state["final_conv.1.bias"])
    flat = y.reshape(len(y), -1)
    w = state["final_linear.0.weight"]
    y = _active(flat @ w.T / np.sqrt(w.shape[1]), state["final_linear.0.bias"])
    w = state["final_linear.1.weight"]
    return y @ w.T / np.sqrt(w.shape[1]) + state["final_linear.1.bias"]


class _Drawn(dict[str, Array]):
    """A state with random numbers, in the shapes of the published files."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rng = np.random.default_rng(seed)

    def weight(self, key: str, *shape: int) -> None:
        self[key] = self.rng.standard_normal(shape)

    def bias(self, key: str, channels: int) -> None:
        self[key] = 0.3 * self.rng.standard_normal((1, channels, 1, 1))

    def residual(self, at: str, inside: int, outside: int, halve: bool) -> None:
        self.weight(f"{at}.conv1.0.weight", inside, inside, 3, 3)
        self.bias(f"{at}.conv1.1.bias", inside)
        shift = int(halve)
        if halve:
            self[f"{at}.conv2.0.kernel"] = self[f"{at}.skip.0.kernel"] = TAPS
            self.weight(f"{at}.skip.1.weight", outside, inside, 1, 1)
        self.weight(f"{at}.conv2.{shift}.weight", outside, inside, 3, 3)
        self.bias(f"{at}.conv2.{shift + 1}.bias", outside)


def generator_state(seed: int, width: int, blocks: int) -> dict[str, Array]:
    """As CUT's project saves `latest_net_G.pth` of SinCUT."""
    state, thin, wide = _Drawn(seed), 8 * width, 16 * width
    state.weight("encoder.convs.1.0.weight", thin, 3, 1, 1)
    state.bias("encoder.convs.1.1.bias", thin)
    state.residual("encoder.convs.2", thin, wide, halve=True)
    for i in range(blocks // 2):
        state.residual(f"encoder.convs.{3 + i}", wide, wide, halve=False)
        state.residual(f"decoder.convs.{i}", wide, wide, halve=False)
    at = f"decoder.convs.{blocks // 2}"
    state.weight(f"{at}.conv.weight", 1, thin, wide, 3, 3)
    state[f"{at}.conv.blur.kernel"] = 4 * TAPS
    state[f"{at}.noise.weight"] = np.array([0.4])
    state.bias(f"{at}.activate.bias", thin)
    at = f"decoder.convs.{blocks // 2 + 1}"
    state.weight(f"{at}.0.weight", 3, thin, 1, 1)
    state.bias(f"{at}.1.bias", 3)
    return dict(state)


def judge_state(seed: int, channels: list[int]) -> dict[str, Array]:
    """A discriminator with these channels at its sizes, the last at 4×4."""
    state = _Drawn(seed)
    state.weight("convs.0.0.weight", channels[0], 3, 1, 1)
    state.bias("convs.0.1.bias", channels[0])
    for i, (inside, outside) in enumerate(pairwise(channels)):
        state.residual(f"convs.{1 + i}", inside, outside, halve=True)
    last = channels[-1]
    state.weight("final_conv.0.weight", last, last, 3, 3)
    state.bias("final_conv.1.bias", last)
    state.weight("final_linear.0.weight", last, 16 * last)
    state["final_linear.0.bias"] = 0.3 * state.rng.standard_normal(last)
    state.weight("final_linear.1.weight", 1, last)
    state["final_linear.1.bias"] = 0.3 * state.rng.standard_normal(1)
    return dict(state)
