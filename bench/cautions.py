"""What a reader of scores has to know about the pictures that they are of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from bench.pictures import Picture, PictureSet, reader
from bench.resampling import enlargement
from bench.sharpness import bandwidth
from data.datasets import ImageRef
from data.errors import BadImage
from data.images import digest

__all__ = ["cautions", "factor_of", "is_lossy"]

SHOWN = 3  # names in a warning
THREADS = 4
SAMPLE = 64  # pictures of a role whose spectrum is looked at
SOFT = 0.75  # share of the frequencies under which a picture was enlarged by 4/3 or more


def cautions(pictures: PictureSet) -> list[str]:
    """Warnings on lossy files, enlarged or blurred pictures, duplicates, leaks from training.

    Equal means equal pixel by pixel after decoding (and resizing, where that was asked).
    """
    found = []
    roles = {"source": pictures.sources, "reference": pictures.references}
    for role, chosen in roles.items():
        found += _lossy(role, chosen) + _enlarged(role, chosen, pictures.size)
        found += _soft(role, chosen, pictures.size)
        found += _duplicates(role, chosen)
        found += _leaks(role, chosen, pictures)
    return found


def _lossy(role: str, chosen: Sequence[Picture]) -> list[str]:
    lossy = [p for p in chosen if is_lossy(p.ref.path)]
    if not lossy:
        return []
    return [f"{len(lossy)} of {len(chosen)} {role} files are lossy: their artefacts are measured"]


def is_lossy(path: Path) -> bool:
    """Whether a file was compressed with loss: JPEG, or WebP that is not of its lossless kind."""
    if path.suffix.lower() in (".jpg", ".jpeg"):
        return True
    if path.suffix.lower() != ".webp":
        return False
    with path.open("rb") as file:
        return b"VP8L" not in file.read(64)


def _enlarged(role: str, chosen: Sequence[Picture], size: int | None) -> list[str]:
    small = [p for p in chosen if size is not None and 0 < min(p.shape) < size]
    if not small:
        return []
    least = min(min(p.shape) for p in small)
    return [
        f"{len(small)} of {len(chosen)} {role} pictures are enlarged to {size} pixels "
        f"(from {least} and more): their blur is measured"
    ]


def _soft(role: str, chosen: Sequence[Picture], size: int | None) -> list[str]:
    """Pictures that came enlarged, by their spectrum; those that we enlarge are told already."""
    ours = {p.ref for p in chosen if size is not None and 0 < min(p.shape) < size}
    refs = [p.ref for p in chosen if p.ref not in ours]
    sample = tuple(refs[:: max(1, -(-len(refs) // SAMPLE))])
    factors = [factor for factor in _factors(sample, size) if factor > 1.0]
    if not factors:
        return []
    return [
        f"{len(factors)} of {len(sample)} {role} pictures look enlarged or blurred (by a factor of "
        f"about {median(factors):.1f} or more): they lack fine detail"
    ]


@cache  # one data set is measured with many models
def _factors(refs: tuple[ImageRef, ...], size: int | None) -> list[float]:
    read = reader(size)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda ref: factor_of(read(ref)), refs))


def factor_of(picture: NDArray[np.uint8]) -> float:
    """By how much a picture, uint8 [H,W,3], looks enlarged or blurred; 1.0 where it does not."""
    share = bandwidth(picture)
    return 1 / share if share is not None and share <= SOFT else enlargement(picture)


def _duplicates(role: str, chosen: Sequence[Picture]) -> list[str]:
    groups: dict[str, list[Picture]] = defaultdict(list)
    for picture in chosen:
        groups[picture.digest].append(picture)
    repeated = [group for group in groups.values() if len(group) > 1]
    if not repeated:
        return []
    extra = sum(len(group) - 1 for group in repeated)
    names = _names([" = ".join(sorted(p.ref.path.name for p in group)) for group in repeated])
    return [f"{extra} of {len(chosen)} {role} pictures repeat another: {names}"]


def _leaks(role: str, chosen: Sequence[Picture], pictures: PictureSet) -> list[str]:
    known = _digests(pictures.training[role], pictures.size) if pictures.training else {}
    leaked = [p for p in chosen if p.digest in known]
    if not leaked:
        return []
    names = _names([f"{p.ref.path.name} = {known[p.digest]}" for p in leaked])
    return [f"{len(leaked)} of {len(chosen)} {role} pictures are among the training's: {names}"]


@cache  # one data set is measured with many models
def _digests(refs: tuple[ImageRef, ...], size: int | None) -> dict[str, str]:
    """Names by the content of training pictures; those that cannot be read are nobody's twin."""
    read = reader(size)

    def content(ref: ImageRef) -> str | None:
        try:
            return digest(read(ref))
        except BadImage:
            return None

    with ThreadPoolExecutor(THREADS) as pool:
        found = pool.map(content, refs)
        pairs = zip(found, refs, strict=True)
        return {content: ref.path.name for content, ref in pairs if content is not None}


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(sorted(names)[:SHOWN]) + more
