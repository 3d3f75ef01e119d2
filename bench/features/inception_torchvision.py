"""torchvision's Inception-v3, trained on ImageNet: what StarGAN v2 measures with."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.features.extractor import ExtractorCard, Found
from bench.features.resize import IMAGENET_DEVIATION, IMAGENET_MEAN, in_uint8, normalised
from bench.features.states import read_state
from data.errors import AtlasError

__all__ = ["TorchvisionInception", "load"]

SIZE = 299  # pixels a side


def load(card: ExtractorCard, found: Found, device: torch.device) -> TorchvisionInception:
    """The network with the weights of `found`; AtlasError when they are another's."""
    assert found.path is not None
    try:
        return TorchvisionInception(read_state(found.path), device)
    except (KeyError, RuntimeError) as problem:
        raise AtlasError(
            f"{found.path} does not hold {card.title}: {str(problem)[:200]}",
            hint="it must have torchvision's keys: Conv2d_1a_3x3.conv.weight …",
        ) from problem


class TorchvisionInception:
    """Features "2048" [N,2048] after the last pooling, of pictures with ImageNet's mean and
    deviation: the second scaling that torchvision has for weights of TensorFlow is left out."""

    def __init__(self, state: dict[str, Tensor], device: torch.device) -> None:
        from torchvision.models import Inception3  # type: ignore[import-untyped]

        network = Inception3(aux_logits=False, transform_input=False, init_weights=False)
        network.fc = nn.Identity()
        network.load_state_dict({key: state[key] for key in network.state_dict()})
        self.network = network.eval().to(device, memory_format=torch.channels_last)
        self.device = device

    def __call__(self, pictures: Tensor) -> dict[str, NDArray[np.float32]]:
        """uint8 RGB [N,3,H,W] to float32 vectors."""
        with torch.inference_mode():
            sized = in_uint8(pictures, SIZE).to(self.device)
            given = normalised(sized, IMAGENET_MEAN, IMAGENET_DEVIATION)
            found = self.network(given.contiguous(memory_format=torch.channels_last))
        return {"2048": found.float().cpu().numpy()}
