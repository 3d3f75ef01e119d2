"""VGG-16's second hidden layer, as torch-fidelity runs it: what `prc` looks at (1904.06991)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.features.extractor import ExtractorCard, Found
from bench.features.resize import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    like_tensorflow1,
    normalised,
)
from bench.features.states import read_state
from data.errors import AtlasError

__all__ = ["Vgg", "convolutions", "load"]

SIZE = 224
CHANNELS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)


def load(card: ExtractorCard, found: Found, device: torch.device) -> Vgg:
    """The network with the weights of `found`; AtlasError when they are another's."""
    assert found.path is not None
    try:
        return Vgg(read_state(found.path), device)
    except (KeyError, RuntimeError) as problem:
        raise AtlasError(
            f"{found.path} does not hold {card.title}: {str(problem)[:200]}",
            hint="it must have all of torchvision's keys: features.0.weight … classifier.3.bias",
        ) from problem


def convolutions(state: dict[str, Tensor]) -> nn.Sequential:
    """torchvision's `features` with the weights of a state dict; KeyError without them."""
    layers: list[nn.Module] = []
    before = 3
    for channels in CHANNELS:
        if channels:
            layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
            before = channels
        else:
            layers.append(nn.MaxPool2d(2))
    made = nn.Sequential(*layers)
    made.load_state_dict({key: state[f"features.{key}"] for key in made.state_dict()})
    return made.eval().requires_grad_(False)


class Vgg:
    """Features "fc2_relu" [N,4096] in float32."""

    def __init__(self, state: dict[str, Tensor], device: torch.device) -> None:
        hidden = [_linear(state, f"classifier.{layer}") for layer in (0, 3)]
        self.network = nn.Sequential(
            convolutions(state), nn.Flatten(), hidden[0], nn.ReLU(), hidden[1], nn.ReLU()
        ).to(device)
        self.device = device

    def __call__(self, pictures: Tensor) -> dict[str, NDArray[np.float32]]:
        """uint8 RGB [N,3,H,W] to float32 vectors."""
        with torch.inference_mode():
            made = like_tensorflow1(pictures.to(self.device), SIZE)
            found: Tensor = self.network(normalised(made, IMAGENET_MEAN, IMAGENET_DEVIATION))
        return {"fc2_relu": found.cpu().numpy()}


def _linear(state: dict[str, Tensor], name: str) -> nn.Linear:
    weight = state[f"{name}.weight"]
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.load_state_dict({"weight": weight, "bias": state[f"{name}.bias"]})
    return layer.requires_grad_(False)
