"""Where the file of some weights is: bundled, under the home, or downloaded; always verified."""

from __future__ import annotations

from pathlib import Path

from data.console import progress
from data.download import fetch
from data.errors import AtlasError, UsageProblem
from data.files import sha256_file
from data.paths import Home
from zoo.card import Weights
from zoo.models.bundled import FOLDER
from zoo.registry import Choice

__all__ = ["locate"]


def locate(choice: Choice, home: Home) -> tuple[Path, str]:
    """The file of `choice` and its sha256, which for registered weights is the card's.

    Raises AtlasError when a file does not have the card's sha256, NetworkProblem when it
    cannot be downloaded.
    """
    if choice.file is not None:
        return choice.file, _sha256(choice.file)
    assert choice.weights is not None
    weights = choice.weights
    path = FOLDER / weights.file if weights.bundled else _kept(choice.card.name, weights, home)
    restore = "install i2i-atlas again, or in a clone: git checkout zoo/bundled"
    if not path.is_file():
        raise AtlasError(f"the bundled weights {path} are missing", hint=restore)
    found = _sha256(path)
    if found != weights.sha256:
        raise AtlasError(
            f"{path} is not the published file: sha256 {found[:16]}…, not {weights.sha256[:16]}…",
            hint=restore if weights.bundled else f"rm {path}",
        )
    return path, found


def _sha256(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as problem:
        raise AtlasError(f"{path} cannot be read: {problem.strerror or problem}") from problem


def _kept(model: str, weights: Weights, home: Home) -> Path:
    path = home.weights / model / weights.file
    if path.is_file():
        return path
    if not weights.addresses:
        raise UsageProblem(f"{path} is missing and has no address", hint="zoo show " + model)
    with progress() as bars:
        task = bars.add_task(f"download {weights.file}", total=weights.size, unit="B")
        return fetch(
            weights.addresses,
            path,
            sha256=weights.sha256,
            size=weights.size,
            report=lambda done, total: bars.update(task, completed=done, total=total),
        )
