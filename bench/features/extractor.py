"""What an extractor is: a card that costs nothing, and the loaded network or filter bank."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from data.console import warn
from data.errors import unknown

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = [
    "GROUP",
    "Extractor",
    "ExtractorCard",
    "Found",
    "PairExtractor",
    "WeightsFile",
    "extractor_card",
    "extractor_cards",
    "load",
]

GROUP = "i2i_atlas.extractors"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """The published file of an extractor's weights.

    With none of the three hashes nothing tells it from another: then the first file is trusted,
    its sha256 is kept in the home, and from then on another file is refused.
    """

    file: str
    addresses: tuple[str, ...]
    variable: str  # environment variable that names another file
    licence: str = ""
    size: int = 0  # bytes; 0 where it is not known to the byte
    sha256: str = ""  # of the file, where the whole file is used
    sha256_prefix: str = ""  # where the publisher gives only this, in the file's name
    digest: str = ""  # of the tensors under `features.`, where only they are used
    yours: bool = False  # nobody publishes one: a person makes it

    @property
    def verifiable(self) -> bool:
        """Whether anything is known that tells the published file from another."""
        return bool(self.sha256 or self.sha256_prefix or self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractorCard:
    """An extractor before torch is imported. Its version changes whenever its numbers would."""

    name: str
    title: str
    version: int
    resize: str  # what happens to pictures before the network sees them
    loader: str  # "module:function" called with (card, found, device)
    weights: WeightsFile | None = None
    constant: str = ""  # hash of what stands in for weights where there are none
    pairs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Verified weights, or those that the person named instead.

    `published` where they are the publisher's; `first_use` where only their first use says so.
    """

    path: Path | None
    sha256: str
    published: bool
    first_use: bool = False

    def key(self, card: ExtractorCard) -> str:
        """Identifies every number that the extractor gives: name, version, weights, policy."""
        return f"{card.name}/{card.version}/{self.sha256}/float32/{card.resize}"


class Extractor(Protocol):
    """Vectors from pictures."""

    def __call__(self, pictures: Tensor) -> Mapping[str, NDArray[np.float32]]:
        """uint8 RGB [N,3,H,W] to float32 [N,d] for each layer."""


class PairExtractor(Protocol):
    """One number from two pictures."""

    def __call__(self, first: Tensor, second: Tensor) -> NDArray[np.float64]:
        """uint8 RGB [N,3,H,W] twice to float64 [N]."""


@cache
def extractor_cards() -> dict[str, ExtractorCard]:
    """Every registered extractor by name; a plug-in that fails to load is told and left out."""
    found: dict[str, ExtractorCard] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            found[point.name] = point.load()
        except Exception as problem:  # a plug-in may fail in any way
            warn(f"extractor plug-in '{point.name}' ({point.value}) failed to load: {problem}")
    return found


def extractor_card(name: str) -> ExtractorCard:
    """The card called `name`; UsageProblem with near matches where there is none."""
    if name not in extractor_cards():
        raise unknown("extractor", name, extractor_cards(), "bench metrics")
    return extractor_cards()[name]


def load(card: ExtractorCard, found: Found, device: torch.device) -> Extractor | PairExtractor:
    """The extractor, ready on `device`."""
    module, _, function = card.loader.partition(":")
    loaded: Extractor | PairExtractor = getattr(importlib.import_module(module), function)(
        card, found, device
    )
    return loaded
