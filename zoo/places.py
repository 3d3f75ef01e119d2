"""Where the file of some weights is kept, once it is here."""

from __future__ import annotations

from pathlib import Path

from data.paths import Home
from zoo.card import Weights
from zoo.models.bundled import FOLDER

__all__ = ["place"]


def place(model: str, weights: Weights, home: Home) -> Path:
    """Beside the package where they are bundled, else under the home's folder of the model.

    Of an archive or a file with more in it, the part that is kept.
    """
    if weights.bundled:
        return FOLDER / weights.file
    return home.weights / model / _name(weights)


def _name(weights: Weights) -> str:
    if weights.member:
        return "-".join(Path(weights.member).parts)  # a folder tells several of one name apart
    if weights.keep:
        return f"{Path(weights.file).stem}.{weights.keep.strip('.')}.safetensors"
    return weights.file
