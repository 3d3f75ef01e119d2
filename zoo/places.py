"""Where the files of some weights are: as they are kept, and as their publisher gives them."""

from __future__ import annotations

from pathlib import Path

from data.paths import Home
from zoo.card import Weights
from zoo.models.bundled import FOLDER

__all__ = ["download_of", "former", "here", "place"]


def place(model: str, weights: Weights, home: Home) -> Path:
    """The safetensors file that is used: beside the package where the weights are bundled, else
    under the home's folder of the model.

    Of an archive or a file with more in it, the part that is kept.
    """
    if weights.bundled:
        return FOLDER / weights.file
    return home.weights / model / _kept(weights)


def download_of(model: str, weights: Weights, home: Home) -> Path:
    """Where the publisher's file or archive is, from its download until its tensors are kept."""
    return home.weights / model / weights.file


def former(model: str, weights: Weights, home: Home) -> Path:
    """The file that the kept one is made of: the download, or what was taken out of the archive.

    Versions up to 0.4 left it there and read it at every use.
    """
    return home.weights / model / _former(weights)


def here(model: str, weights: Weights, home: Home) -> Path | None:
    """The first of these files that is on this machine; None where a download is needed."""
    found = [place(model, weights, home)]
    if not weights.bundled:
        found += [former(model, weights, home), download_of(model, weights, home)]
    return next((path for path in found if path.is_file()), None)


def _kept(weights: Weights) -> str:
    if weights.keep:
        return f"{Path(weights.file).stem}.{weights.keep.strip('.')}.safetensors"
    return f"{Path(_former(weights)).stem}.safetensors"


def _former(weights: Weights) -> str:
    if weights.member:
        return "-".join(Path(weights.member).parts)  # a folder tells several of one name apart
    return weights.file
