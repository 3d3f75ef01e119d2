"""Colour and texture statistics of a fixed filter bank: needs no weights, so no download.

Stands in for Inception where there are none; its distances bear names of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from bench.features.bank import CONSTANTS
from bench.features.extractor import ExtractorCard, Found

__all__ = ["TextureBank", "load"]


def load(card: ExtractorCard, found: Found, device: torch.device) -> TextureBank:
    """The bank on `device`."""
    return TextureBank(device)


class TextureBank:
    """54 numbers a picture, compressed so that no single one rules a distance.

    Mean and deviation of three opponent colours (6); mean and deviation of the size of oriented
    derivatives of luminance at four scales (32); the same of chroma's Laplacian (16), both under
    a square root. Gaussian derivative filters as in
    steerable pyramids (Freeman and Adelson 1991); energies as in texture analysis
    (Portilla and Simoncelli 2000).
    """

    def __init__(self, device: torch.device) -> None:
        constants: dict[str, Any] = CONSTANTS
        self.device = device
        self.opponent = torch.tensor(constants["opponent"], device=device)
        self.gain = float(constants["gain"])
        self.banks = [
            _filters(sigma, constants["orientations"], constants["radius"]).to(device)
            for sigma in constants["sigmas"]
        ]

    def __call__(self, pictures: Tensor) -> dict[str, NDArray[np.float32]]:
        """uint8 RGB [N,3,H,W] of any size to {"texture": float32 [N,54]}."""
        with torch.inference_mode():
            rgb = pictures.to(self.device).float() / 255.0
            colours = torch.einsum("oc,nchw->nohw", self.opponent, rgb)
            parts = [colours.mean((2, 3)), colours.std((2, 3), correction=0)]
            for bank in self.banks:
                parts += self._energies(colours, bank)
            return {"texture": torch.cat(parts, 1).float().cpu().numpy()}

    def _energies(self, colours: Tensor, bank: Tensor) -> list[Tensor]:
        reach = bank.shape[-1] // 2
        padded = F.pad(colours, (reach,) * 4, mode="replicate")
        oriented = F.conv2d(padded[:, :1], bank[:-1]).abs()
        chroma = padded[:, 1:].flatten(0, 1)[:, None]
        spots = F.conv2d(chroma, bank[-1:]).abs().unflatten(0, (len(colours), 2)).squeeze(2)
        energies = torch.cat([oriented, spots], 1)
        found = energies.mean((2, 3)), energies.std((2, 3), correction=0)
        return [self.gain * part.sqrt() for part in found]


def _filters(sigma: float, orientations: list[float], radius: float) -> Tensor:
    """First derivatives of a Gaussian along each orientation, then its Laplacian: [K,1,S,S]."""
    reach = int(np.ceil(radius * sigma))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    gauss = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    gauss /= gauss.sum()
    turned = [np.cos(np.deg2rad(o)) * x + np.sin(np.deg2rad(o)) * y for o in orientations]
    bank = [-along / sigma * gauss for along in turned]
    laplacian = ((x**2 + y**2) / sigma**2 - 2.0) * gauss
    bank.append(laplacian - laplacian.mean())
    return torch.from_numpy(np.stack(bank)[:, None]).float()
