"""LPIPS through the lpips package, on backbones of which only the `features` are needed."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.features.extractor import ExtractorCard, Found
from bench.features.weights import read_features
from data.errors import AtlasError

__all__ = ["Lpips", "load"]

LEAST = 32  # pixels: AlexNet's poolings leave nothing of a smaller picture


def load(card: ExtractorCard, found: Found, device: torch.device) -> Lpips:
    """The distance with the backbone of `found`; AtlasError when it is another network."""
    assert found.path is not None
    features = {k: torch.from_numpy(v) for k, v in read_features(found.path).items()}
    try:
        return Lpips(card.name.removeprefix("lpips-"), features, device)
    except (KeyError, RuntimeError) as problem:
        raise AtlasError(
            f"{found.path} does not hold the features of {card.title}: {problem}",
            hint="it must have torchvision's keys: features.0.weight …",
        ) from problem


class Lpips:
    """The distance between pictures, float64 [N]; 0 for equal ones."""

    def __init__(self, net: str, features: dict[str, Tensor], device: torch.device) -> None:
        import lpips

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package uses torchvision's deprecated keyword
            self.network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
        # Its slices keep torchvision's layer numbers: `slice2.3.weight` is `features.3.weight`.
        trunk = self.network.net.state_dict()
        self.network.net.load_state_dict(
            {key: features["features." + key.split(".", 1)[1]] for key in trunk}
        )
        self.network.eval().to(device)
        self.device = device

    def __call__(self, first: Tensor, second: Tensor) -> NDArray[np.float64]:
        """uint8 RGB [N,3,H,W] twice; AtlasError under 32 pixels a side."""
        if min(first.shape[-2:]) < LEAST:
            raise AtlasError(f"lpips needs pictures of at least {LEAST}×{LEAST} pixels")
        with torch.inference_mode():
            a, b = (self._scaled(pictures) for pictures in (first, second))
            found: Tensor = self.network(a, b).flatten().double().cpu()
        return np.asarray(found.numpy(), dtype=np.float64)

    def _scaled(self, pictures: Tensor) -> Tensor:
        return pictures.to(self.device).float() / 127.5 - 1.0
