"""Where an extractor's weights are, verified at every load.

A wrong file gives perfect scores in silence, so no file is used unchecked: it is the published
one, or, where nobody could say how to tell that, the one of the first use, or it is one that the
person named; of the latter two scores say so.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.features.extractor import ExtractorCard, Found, WeightsFile
from data.console import progress, say
from data.download import fetch
from data.errors import AtlasError, NetworkProblem, UsageProblem
from data.files import sha256_file, write_bytes, writing
from data.paths import Home
from zoo.trust import compare, recorded, trust

__all__ = [
    "content",
    "expect",
    "features_digest",
    "find",
    "here",
    "in_use",
    "published",
    "read_features",
]

Arrays = dict[str, NDArray[np.float32]]


def find(card: ExtractorCard, home: Home, folder: Path | None) -> Found:
    """The weights of `card`: named by its environment variable, in `folder` (--weights-dir),
    under the home, or downloaded to there.

    Raises AtlasError for a file that is not the published one, or not that of the first use, and
    NetworkProblem, with what to do without, when there is none and none can be had.
    """
    if card.weights is None:
        return Found(path=None, sha256=card.constant, published=True)
    weights = card.weights
    named = os.environ.get(weights.variable)
    if named:
        return _named(weights, Path(named).expanduser(), home)
    path = here(weights, home, folder)
    return _verified(weights, path, home) if path else _downloaded(card, weights, home)


def expect(card: ExtractorCard, home: Home, folder: Path | None) -> Found:
    """What `find` would give, without a download: it says what would be downloaded."""
    weights = card.weights
    if weights is None or os.environ.get(weights.variable):
        return find(card, home, folder)
    if here(weights, home, folder):
        return find(card, home, folder)
    if weights.yours:
        raise _nameless(card, weights)
    say(f"would download {weights.file}{_megabytes(weights)} for {card.name}")
    sha256 = _expected(weights) or recorded(home.weights / weights.file)
    return Found(path=None, sha256=sha256, published=True, first_use=not weights.verifiable)


def here(weights: WeightsFile, home: Home, folder: Path | None = None) -> Path | None:
    """The file that would be used, unchecked, apart from one that its variable names."""
    return next((path for path in _places(weights, home, folder) if path.is_file()), None)


def in_use(weights: WeightsFile, home: Home) -> Path | None:
    """The file that would be used, unchecked; None where there is none on this machine."""
    named = os.environ.get(weights.variable)
    path = Path(named).expanduser() if named else here(weights, home)
    return path if path is not None and path.is_file() else None


def _named(weights: WeightsFile, path: Path, home: Home) -> Found:
    if not path.is_file():
        raise UsageProblem(f"{weights.variable} names {path}, which is no file")
    found = content(weights, path)
    if not weights.verifiable and found == recorded(home.weights / weights.file):
        return Found(path=path, sha256=found, published=True, first_use=True)
    return Found(path=path, sha256=found, published=published(weights, found))


def published(weights: WeightsFile, content: str) -> bool:
    """Whether this is the content of the published file, as far as anybody could tell."""
    if expected := _expected(weights):
        return content == expected
    return weights.verifiable and content.startswith(weights.sha256_prefix)


def _megabytes(weights: WeightsFile) -> str:
    return f" ({weights.size / 1e6:.1f} MB)" if weights.size else ""


def _nameless(card: ExtractorCard, weights: WeightsFile) -> UsageProblem:
    return UsageProblem(
        f"{card.name} needs a {weights.file} of your own, and none is named",
        hint=f"{weights.variable}=FILE; how to make one: {weights.addresses[0]}",
    )


def _places(weights: WeightsFile, home: Home, folder: Path | None) -> list[Path]:
    names = [weights.file] + ([_kept(weights)] if weights.digest else [])
    return [base / name for base in (folder, home.weights) if base is not None for name in names]


def _kept(weights: WeightsFile) -> str:
    return f"{Path(weights.file).stem}.features.safetensors"


def _expected(weights: WeightsFile) -> str:
    return weights.digest or weights.sha256


def content(weights: WeightsFile, path: Path) -> str:
    """What tells a file from others: its sha256, or that of the tensors which are used of it.

    AtlasError for a file that cannot be read.
    """
    return features_digest(read_features(path)) if weights.digest else sha256_file(path)


def _verified(weights: WeightsFile, path: Path, home: Home) -> Found:
    found = content(weights, path)
    if not weights.verifiable:
        return _first_used(weights, path, found, home)
    if not published(weights, found):
        raise AtlasError(
            f"{path} is not the published {weights.file}: its content has sha256 "
            f"{found[:16]}…, not {_expected(weights)[:16]}…",
            hint=f"rm {path}; to use it all the same: {weights.variable}={path}",
        )
    return Found(path=path, sha256=found, published=True)


def _first_used(weights: WeightsFile, path: Path, found: str, home: Home) -> Found:
    """A file of which nobody gave a sha256: that of the first one is kept in the home."""
    kept = home.weights / weights.file
    hint = f"rm {path}; to trust it from now on: rm {kept}.sha256"
    compare(path, found, "", recorded(kept), hint)
    with writing(kept):
        kept.parent.mkdir(parents=True, exist_ok=True)
    trust(kept, found)
    return Found(path=path, sha256=found, published=True, first_use=True)


def _downloaded(card: ExtractorCard, weights: WeightsFile, home: Home) -> Found:
    if weights.yours:
        raise _nameless(card, weights)
    target = home.weights / weights.file
    say(f"{card.title}: {weights.file}{_megabytes(weights)}, licence {weights.licence}")
    try:
        with progress() as bars:
            total = weights.size or None
            task = bars.add_task(f"download {weights.file}", total=total, unit="B")
            fetch(
                weights.addresses,
                target,
                sha256=weights.sha256 or recorded(target) or None,
                sha256_prefix=weights.sha256_prefix or None,
                size=weights.size or None,
                report=lambda done, total: bars.update(task, completed=done, total=total),
            )
    except NetworkProblem as problem:
        raise NetworkProblem(
            f"{card.name} needs weights that are not here: {problem.message}",
            hint=f"put it into {home.weights}, or name its folder with --weights-dir, or work "
            "without: --metrics fid-texture,kid-texture,psnr,ssim",
        ) from problem
    if not weights.verifiable:
        _must_be_weights(target)
    return _verified(weights, _trimmed(weights, target), home)


def _must_be_weights(path: Path) -> None:
    """Remove a download that is no weights file at all, such as a page: it must not be trusted."""
    from bench.features.states import read_state

    try:
        read_state(path)
    except AtlasError:
        path.unlink()
        raise


def _trimmed(weights: WeightsFile, path: Path) -> Path:
    """Keep only the part that is used: of AlexNet's 244 MB, LPIPS needs 10."""
    if not weights.digest:
        return path
    from safetensors.numpy import save

    kept = path.with_name(_kept(weights))
    write_bytes(kept, save(read_features(path)))
    path.unlink()
    return kept


def read_features(path: Path) -> Arrays:
    """The tensors under `features.` of a .safetensors or torch file, as float32 by name."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.numpy import load_file

            state = load_file(path)
        else:
            import torch

            loaded = torch.load(path, map_location="cpu", weights_only=True)
            state = {key: value.numpy() for key, value in loaded.items()}
    except Exception as problem:  # readers raise what the broken byte leads to
        raise AtlasError(
            f"{path} is damaged or no weights file ({type(problem).__name__})", hint=f"rm {path}"
        ) from problem
    return {k: np.ascontiguousarray(v) for k, v in state.items() if k.startswith("features.")}


def features_digest(features: Arrays) -> str:
    """sha256 over names, shapes and values: the same whatever file they lie in."""
    total = hashlib.sha256()
    for name in sorted(features):
        total.update(f"{name}{features[name].shape}".encode())
        total.update(features[name].astype("<f4").tobytes())
    return total.hexdigest()
