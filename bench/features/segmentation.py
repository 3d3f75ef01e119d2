"""Confusion of a segmentation network on outputs, with label maps by colour as the truth."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.features.extractor import ExtractorCard, Found
from bench.features.resize import IMAGENET_DEVIATION, IMAGENET_MEAN, normalised
from bench.features.states import read_state
from data.console import say
from data.download import fetch
from data.errors import AtlasError
from data.files import sha256_file

__all__ = ["Segmentation", "SegmentationCard", "load"]

# JPEG moves colours of label maps: of those of CMP Facades 71 to 100 % of the pixels are within
# 48 of a class's colour, of its photographs under 1 %.
NEAR, SHARE = 48.0, 0.5
EXAMPLE = "docs/metrics.md has one"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentationCard:
    """A network and what its classes look like in a label map; a TOML file."""

    network: str  # torchvision's name: fcn_resnet50, deeplabv3_resnet50, lraspp_mobilenet_v3_large
    weights: Path  # a state dict; in the file relative to it
    sha256: str  # of the weights
    classes: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]  # RGB of each class in label maps
    address: str = ""  # where the weights are downloaded from, if they are not there
    mean: tuple[float, ...] = IMAGENET_MEAN
    deviation: tuple[float, ...] = IMAGENET_DEVIATION

    @classmethod
    def from_toml(cls, path: Path) -> SegmentationCard:
        """Read a card; AtlasError where it is not one."""
        try:
            fields: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
            fields["weights"] = path.parent / fields["weights"]
            fields["colours"] = tuple(tuple(colour) for colour in fields["colours"])
            fields |= {k: tuple(fields[k]) for k in ("classes", "mean", "deviation") if k in fields}
            card = cls(**fields)
            if len(card.classes) != len(card.colours) or any(len(c) != 3 for c in card.colours):
                raise ValueError("every class needs one colour of three numbers")
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise AtlasError(
                f"{path} is no card of a segmentation network: {problem}", hint=EXAMPLE
            ) from problem
        return card


def load(card: ExtractorCard, found: Found, device: torch.device) -> Segmentation:
    """The network of the card that `found` names, downloaded if it has to be.

    AtlasError when its weights are others, NetworkProblem when they cannot be had.
    """
    assert found.path is not None
    asked = SegmentationCard.from_toml(found.path)
    if asked.address and not asked.weights.is_file():
        say(f"{found.path}: downloads {asked.address}")
        fetch((asked.address,), asked.weights, sha256=asked.sha256)
    if not asked.weights.is_file() or sha256_file(asked.weights) != asked.sha256:
        raise AtlasError(
            f"{asked.weights} is not the file that {found.path} means (sha256 {asked.sha256[:16]}…)"
        )
    return Segmentation(asked, _network(asked), device)


def _network(asked: SegmentationCard) -> nn.Module:
    from torchvision.models import get_model  # type: ignore[import-untyped]

    try:
        network: nn.Module = get_model(
            asked.network, weights=None, weights_backbone=None, num_classes=len(asked.classes)
        )
        state = read_state(asked.weights)
        network.load_state_dict({key: state[key] for key in network.state_dict()})
    except (ValueError, KeyError, RuntimeError, TypeError) as problem:
        raise AtlasError(
            f"{asked.weights} does not hold a {asked.network} of {len(asked.classes)} classes: "
            f"{str(problem)[:200]}",
            hint=EXAMPLE,
        ) from problem
    return network


class Segmentation:
    """Counts of pixels by true and found class, float64 [N,K,K]."""

    def __init__(self, card: SegmentationCard, network: nn.Module, device: torch.device) -> None:
        self.card = card
        self.network = network.eval().to(device)
        self.colours = torch.tensor(card.colours, device=device).float()
        self.device = device

    def __call__(self, first: Tensor, second: Tensor) -> NDArray[np.float64]:
        """Outputs and label maps, uint8 RGB [N,3,H,W]: a pixel's class is the nearest colour's.

        AtlasError where fewer than half of the pixels are near the colour of any class: these are
        no label maps.
        """
        with torch.inference_mode():
            scaled = first.to(self.device).float()
            given = normalised(scaled, self.card.mean, self.card.deviation)
            found = self.network(given)["out"].argmax(1)
            truth = self._classes(second.to(self.device).float())
        classes = len(self.card.classes)
        rows = (truth * classes + found).flatten(1).cpu()
        counts = [torch.bincount(row, minlength=classes**2) for row in rows]
        made: NDArray[np.float64] = torch.stack(counts).view(-1, classes, classes).double().numpy()
        return made

    def _classes(self, maps: Tensor) -> Tensor:
        apart = [(maps - c.view(1, 3, 1, 1)).square().sum(1) for c in self.colours]
        nearest, classes = torch.stack(apart).min(0)
        share = float((nearest <= NEAR**2).float().mean())
        if share < SHARE:
            raise AtlasError(
                "it does not apply: the sources are no label maps in the colours of the card "
                f"({share:.0%} of their pixels are near one)",
                hint="--direction BtoA, if the label maps are the other domain",
            )
        return classes
