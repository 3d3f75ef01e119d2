"""DISTS (2004.07728): similarity of structure and of texture in VGG-16's layers."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from bench.features.extractor import ExtractorCard, Found
from bench.features.resize import IMAGENET_DEVIATION, IMAGENET_MEAN, normalised
from bench.features.states import read_state
from bench.features.vgg import convolutions
from data.errors import AtlasError

__all__ = ["Dists", "load", "read_importance"]

CHANNELS = (3, 64, 128, 256, 512, 512)  # of the picture, then of the last layer of each stage
STAGES = ((0, 4), (5, 9), (10, 16), (17, 23), (24, 30))  # of VGG's layers; a pooling between two
SMALL = 1e-6  # keeps both ratios finite (eq. 5 and 6)
# Of weights.pt in version 0.1 of the authors' package: α and β, one of each a channel.
IMPORTANCE = "f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218"


def load(card: ExtractorCard, found: Found, device: torch.device) -> Dists:
    """The distance with VGG's weights of `found`; AtlasError when they are another's."""
    assert found.path is not None
    try:
        return Dists(read_state(found.path), *read_importance(), device)
    except (KeyError, RuntimeError) as problem:
        raise AtlasError(
            f"{found.path} does not hold VGG-16's features: {str(problem)[:200]}",
            hint="it must have torchvision's keys: features.0.weight …",
        ) from problem


def read_importance() -> tuple[Tensor, Tensor]:
    """α and β, float32 [1475] each, from the authors' package, of which no code is run."""
    package = find_spec("DISTS_pytorch")
    if package is None or package.origin is None:
        raise AtlasError("dists needs DISTS's trained weights", hint="pip install DISTS-pytorch")
    path = Path(package.origin).parent / "weights.pt"
    if hashlib.sha256(path.read_bytes()).hexdigest() != IMPORTANCE:
        raise AtlasError(
            f"{path} is not that of version 0.1", hint="pip install DISTS-pytorch==0.1"
        )
    state = read_state(path)
    return state["alpha"].flatten(), state["beta"].flatten()


class Dists:
    """The distance between pictures, float64 [N]; 0 for equal ones, at most about 1."""

    def __init__(
        self, state: dict[str, Tensor], alpha: Tensor, beta: Tensor, device: torch.device
    ) -> None:
        layers = list(convolutions(state).to(device))
        self.stages = [torch.nn.Sequential(*layers[a:b]) for a, b in STAGES]
        total = alpha.sum() + beta.sum()
        self.alpha = (alpha / total).to(device).split(CHANNELS)
        self.beta = (beta / total).to(device).split(CHANNELS)
        window = torch.from_numpy(np.hanning(5)[1:-1]).float()  # ‖.‖₂ pooling (eq. 2)
        self.window = (torch.outer(window, window) / window.sum() ** 2).to(device)
        self.device = device

    def __call__(self, first: Tensor, second: Tensor) -> NDArray[np.float64]:
        """uint8 RGB [N,3,H,W] twice to float64 [N]."""
        with torch.inference_mode():
            pairs = zip(self._layers(first), self._layers(second), strict=True)
            parts = [self._similarity(i, x, y) for i, (x, y) in enumerate(pairs)]
            found: NDArray[np.float64] = (1.0 - torch.stack(parts).sum(0)).double().cpu().numpy()
        return found

    def _layers(self, pictures: Tensor) -> list[Tensor]:
        whole = pictures.to(self.device).float()
        h = normalised(whole, IMAGENET_MEAN, IMAGENET_DEVIATION)
        found = [whole / 255.0]
        for i, stage in enumerate(self.stages):
            h = stage(self._pooled(h) if i else h)
            found.append(h)
        return found

    def _pooled(self, h: Tensor) -> Tensor:
        channels = h.shape[1]
        window = self.window.expand(channels, 1, -1, -1)
        return (F.conv2d(h**2, window, stride=2, padding=1, groups=channels) + 1e-12).sqrt()

    def _similarity(self, i: int, x: Tensor, y: Tensor) -> Tensor:
        """Weighted sums over channels of texture (means) and structure (covariances)."""
        mean_x, mean_y = x.mean((2, 3)), y.mean((2, 3))
        var_x, var_y = x.var((2, 3), correction=0), y.var((2, 3), correction=0)
        both = (x * y).mean((2, 3)) - mean_x * mean_y
        texture = (2 * mean_x * mean_y + SMALL) / (mean_x**2 + mean_y**2 + SMALL)
        structure = (2 * both + SMALL) / (var_x + var_y + SMALL)
        found: Tensor = (self.alpha[i] * texture + self.beta[i] * structure).sum(1)
        return found
