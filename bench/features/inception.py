"""Inception-v3 of 2015 through torch-fidelity: what `fid`, `kid` and `isc` mean.

With another resize of the pictures it is what `fid-clean` and `kid-clean` mean.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from bench.features.extractor import ExtractorCard, Found
from bench.features.resize import in_float, like_tensorflow1
from data.errors import AtlasError

__all__ = ["Inception", "load"]

LAYERS = ("2048", "logits_unbiased")
SIZE = 299  # pixels a side


def load(card: ExtractorCard, found: Found, device: torch.device) -> Inception:
    """The network with the weights of `found`; AtlasError when they are no Inception."""
    assert found.path is not None
    try:
        state = torch.load(found.path, map_location="cpu", weights_only=True)
        return Inception(state, device, clean=card.name.endswith("-clean"))
    except Exception as problem:  # torch raises what the broken byte leads to
        raise AtlasError(
            f"{found.path} does not hold Inception's weights ({type(problem).__name__})",
            hint="it must have the format of weights-inception-2015-12-05-6726825d.pth",
        ) from problem


class Inception:
    """Features "2048" [N,2048] and "logits_unbiased" [N,1008], in float32.

    `clean` resizes each channel by Pillow's bicubic filter in float in place of TensorFlow 1.
    """

    def __init__(
        self, state: dict[str, Tensor], device: torch.device, *, clean: bool = False
    ) -> None:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

        # The package unpickles whatever file it is given. Ours was read with weights_only, so
        # it gets a copy of those tensors and never the file.
        copy = io.BytesIO()
        torch.save(state, copy)
        copy.seek(0)
        network = FeatureExtractorInceptionV3(
            "inception-v3-compat", list(LAYERS), feature_extractor_weights_path=copy
        )
        _fold(network)
        network.to(device, memory_format=torch.channels_last)
        # Its layers stand in the order in which they run, the classifier last.
        self.trunk = nn.Sequential(*list(network.children())[:-1])
        self.classifier: Tensor = network.fc.weight
        self.clean = clean
        self.device = device

    def __call__(self, pictures: Tensor) -> dict[str, NDArray[np.float32]]:
        """uint8 RGB [N,3,H,W] to float32 vectors by layer."""
        with torch.inference_mode():
            scaled = (self._resized(pictures) - 128) / 128
            vectors = self.trunk(scaled.contiguous(memory_format=torch.channels_last)).flatten(1)
            found = vectors, vectors @ self.classifier.T
        return {name: layer.cpu().numpy() for name, layer in zip(LAYERS, found, strict=True)}

    def _resized(self, pictures: Tensor) -> Tensor:
        if self.clean:
            return in_float(pictures, SIZE).to(self.device)
        return like_tensorflow1(pictures.to(self.device), SIZE)


def _fold(network: nn.Module) -> None:
    """Fold every batch norm into the convolution before it: the same sum in one pass."""
    for block in network.modules():
        convolution, norm = getattr(block, "conv", None), getattr(block, "bn", None)
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            block.conv = fuse_conv_bn_eval(convolution, norm)
            block.bn = nn.Identity()
