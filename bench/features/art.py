"""The Inception-v3 that was trained on paintings (2207.12280, §3.2), for `artfid`."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.features.extractor import ExtractorCard, Found
from bench.features.states import read_state
from data.errors import AtlasError

__all__ = ["ArtInception", "load"]

LEAST = 75  # pixels: the network's strides leave nothing of a smaller picture


def load(card: ExtractorCard, found: Found, device: torch.device) -> ArtInception:
    """The network with the weights of `found`; AtlasError when they are another's."""
    assert found.path is not None
    try:
        return ArtInception(read_state(found.path), device)
    except (KeyError, RuntimeError) as problem:
        raise AtlasError(
            f"{found.path} does not hold {card.title}: {str(problem)[:200]}",
            hint="it must have the keys of art_inception.pth: Conv2d_1a_3x3.conv.weight …",
        ) from problem


class ArtInception:
    """Features "2048" [N,2048] in float32 of pictures as they are, in 0..1."""

    def __init__(self, state: dict[str, Tensor], device: torch.device) -> None:
        from torchvision.models.inception import Inception3  # type: ignore[import-untyped]

        network = Inception3(aux_logits=False, init_weights=False)
        network.fc = nn.Identity()  # its file has two classifiers, of artists and of styles
        network.load_state_dict({key: state[key] for key in network.state_dict()})
        self.network = network.eval().to(device, memory_format=torch.channels_last)
        self.device = device

    def __call__(self, pictures: Tensor) -> dict[str, NDArray[np.float32]]:
        """uint8 RGB [N,3,H,W] to float32 vectors; AtlasError under 75 pixels a side."""
        if min(pictures.shape[-2:]) < LEAST:
            raise AtlasError(f"artfid needs pictures of at least {LEAST}×{LEAST} pixels")
        with torch.inference_mode():
            found: Tensor = self.network(pictures.to(self.device).float() / 255.0)
        return {"2048": found.cpu().numpy()}
