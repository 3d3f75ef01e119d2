"""Models and data sets: what there is, what of it is on this machine, and how big it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from data.datasets import DatasetCard, list_datasets
from data.paths import Home, find_home
from zoo.card import Card, Weights
from zoo.places import here
from zoo.registry import cards

__all__ = ["Data", "Model", "Stored", "commercial", "data_sets", "models"]

FREE = ("mit", "bsd", "apache", "cc0", "isc", "unlicense", "public domain", "cc-by-4", "cc by 4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Weights of a model, and whether all their files are on this machine."""

    weights: Weights
    here: bool
    bytes: int  # on this machine, 0 where they are not; else what the card says


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A card with its weights as they are here."""

    card: Card
    stored: tuple[Stored, ...]

    @property
    def runs_now(self) -> bool:
        """Whether it can translate without a download."""
        return self.card.weightless or any(one.here for one in self.stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A data set's card, and where it is on this machine."""

    card: DatasetCard
    folder: Path | None
    bytes: int
    pictures: int


def models() -> list[Model]:
    """Every model of the zoo, by name."""
    home = find_home()
    return [
        Model(card=card, stored=tuple(_stored(name, w, home) for w in card.weights))
        for name, card in sorted(cards().items())
    ]


def _stored(model: str, weights: Weights, home: Home) -> Stored:
    files = list(_files(model, weights, home))
    found = [path for path in files if path is not None]
    whole = bool(files) and len(found) == len(files)
    size = sum(path.stat().st_size for path in found) if whole else 0
    return Stored(weights=weights, here=whole, bytes=size)


def _files(model: str, weights: Weights, home: Home) -> Iterator[Path | None]:
    """Where zoo.weights keeps them; None for those that are not on this machine."""
    if weights.file:
        yield here(model, weights, home)
    for part in weights.parts:
        yield from _files(model, part, home)


def data_sets() -> list[Data]:
    """Every data set with a card, by name."""
    home = find_home()
    found = []
    for name, card in list_datasets().items():
        folder = card.folder or home.datasets / name
        here = folder.is_dir()
        size, pictures = _sized(str(folder), folder.stat().st_mtime_ns) if here else (0, 0)
        found.append(
            Data(card=card, folder=folder if here else None, bytes=size, pictures=pictures)
        )
    return found


@st.cache_data(show_spinner="Counting pictures", max_entries=64)
def _sized(folder: str, changed: int) -> tuple[int, int]:
    """Bytes and pictures under a folder."""
    from data.images import is_image

    size = pictures = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            try:
                size += path.stat().st_size
            except OSError:
                continue
            pictures += is_image(path)
    return size, pictures


def commercial(licence: str) -> bool:
    """Whether a licence surely allows commercial use: one of the permissive ones by its name."""
    told = licence.lower()
    limited = ("non-commercial", "noncommercial", "research", "academic", "-nc")
    return told.startswith(FREE) and not any(word in told for word in limited)
