"""What `zoo train` may validate with, through the entry-point group `i2i_atlas.validators`.

Functions of outputs and references, uint8 RGB [N,3,H,W] each, to one number: less is better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from bench.features.extractor import Extractor, extractor_card, load
from bench.metrics.fid import frechet_distance

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["fid", "fid_texture"]


def fid_texture(outputs: Tensor, references: Tensor) -> float:
    """The metric `fid-texture`: Fréchet distance of filter-bank features, without a download."""
    return _distance("texture", "texture", outputs, references)


def fid(outputs: Tensor, references: Tensor) -> float:
    """The metric `fid`: of Inception features, whose weights are fetched on first use."""
    return _distance("inception", "2048", outputs, references)


def _distance(extractor: str, layer: str, outputs: Tensor, references: Tensor) -> float:
    import numpy as np
    import torch

    from bench.features.weights import find
    from data.paths import find_home

    card = extractor_card(extractor)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = cast("Extractor", load(card, find(card, find_home(), None), device))
    features = [
        np.concatenate([network(part)[layer] for part in side.split(16)])
        for side in (outputs, references)
    ]
    return frechet_distance(features[0], features[1])
