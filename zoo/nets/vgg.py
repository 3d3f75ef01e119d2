"""The convolutions of VGG (1409.1556) as torchvision stores them, read at named layers."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

__all__ = ["PLANS", "VggFeatures", "layer_index"]

PLANS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}  # convolutions of each of 5 blocks
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet: what the weights expect


def layer_index(plan: str, layer: str) -> int:
    """Where `conv4_2` or `relu4_2` is in torchvision's `features`; ValueError for no layer."""
    kind, _, place = layer[:4], layer[:4], layer[4:]
    block, _, number = place.partition("_")
    sizes = PLANS[plan]
    known = kind in ("conv", "relu") and block.isdigit() and number.isdigit()
    if not known or not 1 <= int(block) <= 5 or not 1 <= int(number) <= sizes[int(block) - 1]:
        raise ValueError(f"{plan} has no layer '{layer}'")
    before = sum(2 * count + 1 for count in sizes[: int(block) - 1])  # conv, ReLU each; one pool
    return before + 2 * (int(number) - 1) + (kind == "relu")


class VggFeatures(nn.Module):
    """VGG up to the layer `last`, with torchvision's keys `features.N.weight`, frozen.

    `pool` is `max` as trained, or `avg`, which 1508.06576 finds to paint better.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, plan: str = "vgg19", last: str = "relu5_1", width: int = 64, pool: str = "max"
    ) -> None:
        super().__init__()
        self.plan = plan
        layers: list[nn.Module] = []
        inside = 3
        for block, count in enumerate(PLANS[plan]):
            outside = width * min(8, 2**block)
            for _ in range(count):
                layers += [nn.Conv2d(inside, outside, 3, padding=1), nn.ReLU()]
                inside = outside
            layers.append(nn.MaxPool2d(2) if pool == "max" else nn.AvgPool2d(2))
        self.features = nn.Sequential(*layers[: layer_index(plan, last) + 1])
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(STD)[:, None, None], persistent=False)
        self.requires_grad_(False)

    def forward(self, x: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """RGB [N,3,H,W] in 0..1 to the outputs of the named layers, by name."""
        wanted = {layer_index(self.plan, layer): layer for layer in layers}
        y, found = (x - self.mean) / self.std, {}
        for index, module in enumerate(self.features):
            y = module(y)
            if index in wanted:
                found[wanted[index]] = y
                if len(found) == len(wanted):
                    break
        return found
