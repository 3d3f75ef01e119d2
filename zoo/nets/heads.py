"""The projection heads of CUT: features of patches as unit vectors (2007.15651, §3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from zoo.nets.stylegan2 import StyleGenerator

__all__ = ["PatchHeads", "channels_of", "encode", "layers_of"]


class PatchHeads(nn.Module):
    """A two-layer perceptron for each layer of the encoder, all there from the start.

    The authors' project makes them when it sees the first batch; the keys are the same,
    `mlp_i.0` and `mlp_i.2`.
    """

    def __init__(self, channels: Sequence[int], width: int = 256) -> None:
        super().__init__()
        for i, inside in enumerate(channels):
            head = nn.Sequential(nn.Linear(inside, width), nn.ReLU(), nn.Linear(width, width))
            self.add_module(f"mlp_{i}", head)

    def forward(self, features: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """[N,C,H,W] a layer and the numbers [P] of its places to unit vectors [N,P,width]."""
        heads = zip(self.children(), features, places, strict=True)
        return [_unit(head(x.flatten(2)[:, :, where].transpose(1, 2))) for head, x, where in heads]


def _unit(x: Tensor) -> Tensor:
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    length: Tensor = x.norm(dim=-1, keepdim=True)
    return x / (length + 1e-7)


def encode(layers: Iterable[nn.Module], x: Tensor, wanted: Sequence[int]) -> list[Tensor]:
    """What the layers numbered `wanted` (rising) give for `x`; nothing after the last is run."""
    found: list[Tensor] = []
    for number, layer in enumerate(layers):
        x = layer(x)
        if number in wanted:
            found.append(x)
        if len(found) == len(wanted):
            break
    return found


def layers_of(generator: nn.Module) -> list[nn.Module]:
    """The layers of a generator in a row, whose numbers recipes name."""
    if isinstance(generator, StyleGenerator):
        return generator.layers()
    return list(generator.get_submodule("model").children())


def channels_of(generator: nn.Module, wanted: Sequence[int]) -> list[int]:
    """Channels of these layers of a generator; it must not be on a device yet."""
    with torch.no_grad():
        found = encode(layers_of(generator), torch.zeros(1, 3, 32, 32), wanted)
    return [x.shape[1] for x in found]
