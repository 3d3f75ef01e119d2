"""Features of DINO, DINOv2 and CLIP from their published files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from bench.features.extractor import ExtractorCard, Found
from bench.features.resize import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    in_float,
    in_uint8,
    normalised,
)
from bench.features.states import read_state
from bench.features.vit import Vit, from_clip
from data.errors import AtlasError

__all__ = ["Clip", "DinoStructure", "DinoV2", "load_clip", "load_dino", "load_dinov2"]

T = TypeVar("T")

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def load_dino(card: ExtractorCard, found: Found, device: torch.device) -> DinoStructure:
    """DINO's ViT-B/8; AtlasError when the file holds another network."""
    return _load(card, found, lambda state: DinoStructure(Vit(state), device))


def load_dinov2(card: ExtractorCard, found: Found, device: torch.device) -> DinoV2:
    """DINOv2's ViT-L/14; AtlasError when the file holds another network."""
    return _load(card, found, lambda state: DinoV2(Vit(state), device))


def load_clip(card: ExtractorCard, found: Found, device: torch.device) -> Clip:
    """CLIP's ViT-L/14@336; AtlasError when the file holds another network."""
    return _load(card, found, lambda state: Clip(*from_clip(state), device))


def _load(card: ExtractorCard, found: Found, make: Callable[[dict[str, Tensor]], T]) -> T:
    assert found.path is not None
    try:
        return make(read_state(found.path))
    except (KeyError, IndexError, RuntimeError, ValueError) as problem:
        raise AtlasError(
            f"{found.path} does not hold {card.title}: {str(problem)[:200]}",
            hint=f"it must have the keys of {card.weights.file if card.weights else ''}",
        ) from problem


class DinoStructure:
    """Distance of self-similarities of the last block's keys (2201.00424, eq. 4), float64 [N].

    Cosine similarities between the keys of all tokens of a picture, and the mean squared
    difference between those of two pictures; 0 for equal ones.
    """

    def __init__(self, network: Vit, device: torch.device, size: int = 224) -> None:
        self.network, self.device, self.size = network.to(device), device, size

    def __call__(self, first: Tensor, second: Tensor) -> NDArray[np.float64]:
        """uint8 RGB [N,3,H,W] twice to float64 [N]."""
        with torch.inference_mode():
            apart = self._similarities(first) - self._similarities(second)
            found: NDArray[np.float64] = apart.square().mean((1, 2)).double().cpu().numpy()
        return found

    def _similarities(self, pictures: Tensor) -> Tensor:
        scaled = in_uint8(pictures, self.size).to(self.device)
        keys = self.network.keys(normalised(scaled, IMAGENET_MEAN, IMAGENET_DEVIATION))
        directions = F.normalize(keys, dim=-1)
        return directions @ directions.transpose(1, 2)


class DinoV2:
    """Features "cls" [N,1024] in float32, of pictures of 224×224."""

    def __init__(self, network: Vit, device: torch.device, size: int = 224) -> None:
        self.network, self.device, self.size = network.to(device), device, size

    def __call__(self, pictures: Tensor) -> dict[str, NDArray[np.float32]]:
        """uint8 RGB [N,3,H,W] to float32 vectors."""
        with torch.inference_mode():
            scaled = in_float(pictures, self.size).to(self.device)
            found = self.network(normalised(scaled, IMAGENET_MEAN, IMAGENET_DEVIATION))
        return {"cls": found.cpu().numpy()}


class Clip:
    """Features "image" [N,768] in float32 of length one, as CLIP compares them with texts."""

    def __init__(
        self, tower: Vit, projection: Tensor, device: torch.device, size: int = 336
    ) -> None:
        self.tower, self.projection = tower.to(device), projection.to(device)
        self.device, self.size = device, size

    def __call__(self, pictures: Tensor) -> dict[str, NDArray[np.float32]]:
        """uint8 RGB [N,3,H,W] to float32 vectors."""
        with torch.inference_mode():
            scaled = in_float(pictures, self.size).to(self.device)
            found = self.tower(normalised(scaled, CLIP_MEAN, CLIP_DEVIATION)) @ self.projection.T
        return {"image": F.normalize(found, dim=-1).cpu().numpy()}
