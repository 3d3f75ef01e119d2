"""Generators as the authors of MUNIT and UNIT publish them: one file, a state for each domain.

A file `gen_*.pt`, or under the name of a data set, holds `a` and `b`. Either has the encoders and
the decoder of its domain, so that each translation takes from both: AtoB is the encoder of `a` and
the decoder of `b`. Known from error messages in public threads (NVlabs/MUNIT issues 5, 12, 24, 29,
47 and 54): the two states, `enc_content.model.N.norm.running_mean` (statistics that were never
used), blocks under `enc_content.model.3.model`, norms of the decoder that are instance norms with
scale and shift from the perceptron. From implementations under the MIT licence: of each norm's
numbers the shift comes first, and the norm after doubling divides by deviation plus 1e-5. Not
confirmed by a published file, which nobody could read here: the numbers of the decoder's layers
(0 blocks, 2 and 4 doublings, 5 the last), the name `fc` of the perceptron's layers, and UNIT's
`enc.` and `dec.`. A file with other names is refused by name, not misread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["ORIGIN", "translations"]

State = dict[str, Tensor]

ORIGIN = "MUNIT's authors' layout of two directions"
DIRECTIONS = {"AtoB": ("a", "b"), "BtoA": ("b", "a")}  # whose encoder, whose decoder
BLOCK = re.compile(r"(\d{1,2})\.model\.([01])\.conv\.(weight|bias)$")

DOWN = {"0": "1", "1": "5", "2": "9"}  # convolutions of an encoder, theirs and ours
FIRST_BLOCK = 12
UP = {"2": ("2", "3"), "4": ("7", "8"), "5": ("11", "")}  # convolution and norm of a decoder
UNUSED = ("running_mean", "running_var", "num_batches_tracked")


def translations(found: Mapping[Any, Any]) -> dict[str, State] | None:
    """Both translators of such a file as our networks have them; None for anything else.

    Keys that have no place in ours stay as they are, so that they are told of.
    """
    a, b = (_state(found.get(name)) for name in ("a", "b"))
    if a is None or b is None:
        return None
    sides = {"a": a, "b": b}
    return {
        direction: _translator(sides[source], sides[target])
        for direction, (source, target) in DIRECTIONS.items()
    }


def _state(found: Any) -> State | None:
    """A domain's tensors without unused statistics; None where they are of something else."""
    if not isinstance(found, Mapping):
        return None
    state = {k: v for k, v in found.items() if isinstance(k, str) and isinstance(v, Tensor)}
    starts = ("enc_content.model.", "enc.model."), ("dec.model.",)
    if not all(any(key.startswith(start) for key in state) for start in starts):
        return None
    return {key: value for key, value in state.items() if not key.endswith(UNUSED)}


def _translator(source: State, target: State) -> State:
    munit = any(key.startswith("enc_content.") for key in source)
    theirs, ours = ("enc_content", "content") if munit else ("enc", "encoder")
    made: State = {}
    for key, value in source.items():
        if key.startswith(f"{theirs}.model."):
            made[_encoder(key, theirs, ours)] = value
    for key, value in target.items():
        if key.startswith("dec.model."):
            made[_decoder(key, munit)] = value
        elif munit and key.startswith("mlp.model."):
            name = _perceptron(key)
            made[name] = _swapped(value, target) if name.startswith("decode.mlp.4.") else value
    return made


def _encoder(key: str, theirs: str, ours: str) -> str:
    rest = key.removeprefix(f"{theirs}.model.")
    number, _, name = rest.partition(".")
    if number in DOWN and name in ("conv.weight", "conv.bias"):
        return f"{ours}.layers.{DOWN[number]}.{name.removeprefix('conv.')}"
    block = BLOCK.match(name.removeprefix("model.")) if number == "3" else None
    return f"{ours}.layers.{_residual(block, FIRST_BLOCK)}" if block else key


def _residual(block: re.Match[str], first: int) -> str:
    return f"{first + int(block[1])}.conv_block.{(1, 5)[int(block[2])]}.{block[3]}"


def _decoder(key: str, munit: bool) -> str:
    ours = "decode" if munit else "decoder"
    number, _, name = key.removeprefix("dec.model.").partition(".")
    if number in UP:
        convolution, norm = UP[number]
        places = {"conv.weight": f"{convolution}.weight", "conv.bias": f"{convolution}.bias"}
        if norm:
            places |= {"norm.gamma": f"{norm}.weight", "norm.beta": f"{norm}.bias"}
        return f"{ours}.layers.{places[name]}" if name in places else key
    block = BLOCK.match(name.removeprefix("model.")) if number == "0" else None
    if block is None:
        return key
    if not munit:
        return f"{ours}.blocks.{_residual(block, 0)}"
    return f"{ours}.blocks.{block[1]}.{('first', 'second')[int(block[2])]}.{block[3]}"


def _perceptron(key: str) -> str:
    found = re.fullmatch(r"mlp\.model\.([012])\.fc\.(weight|bias)", key)
    return f"decode.mlp.{2 * int(found[1])}.{found[2]}" if found else key


def _swapped(value: Tensor, state: State) -> Tensor:
    """Rows for shift and scale of each norm, turned to scale and shift."""
    channels = state.get("dec.model.0.model.0.model.0.conv.bias", value.new_zeros(0)).numel()
    if not channels or value.shape[0] % (2 * channels):
        return value
    parts = value.split(channels)
    turned = [part for i in range(0, len(parts), 2) for part in (parts[i + 1], parts[i])]
    return torch.cat(turned)
