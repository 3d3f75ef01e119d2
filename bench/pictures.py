"""The pictures of one measurement: read once, resized as asked, known by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.datasets import Dataset, ImageRef
from data.errors import AtlasError, BadImage, UsageProblem
from data.images import digest, resize
from zoo.batches import batches

__all__ = ["Picture", "PictureSet", "collect", "reader"]

Array = NDArray[np.uint8]
Reader = Callable[[ImageRef], Array]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and the sha256 of its pixels as they are measured."""

    ref: ImageRef
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """What one run measures: sources, the reference set, and true answers where they exist."""

    sources: tuple[Picture, ...]
    references: tuple[Picture, ...]
    truths: tuple[Picture, ...] | None  # row i belongs to source i
    size: int | None
    skipped: tuple[str, ...]  # unreadable files that were left out because the person said so

    def digests(self) -> dict[str, str | None]:
        """One sha256 a role; order, names and places of the files do not matter."""
        pairs = (
            None
            if self.truths is None
            else [s.digest + t.digest for s, t in zip(self.sources, self.truths, strict=True)]
        )
        return {
            "dataset_digest": _join([p.digest for p in self.sources]),
            "reference_digest": _join([p.digest for p in self.references]),
            "pairs_digest": None if pairs is None else _join(pairs),
        }


def _join(digests: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


def reader(size: int | None) -> Reader:
    """Reads a picture as uint8 [H,W,3], or bicubic to a square of `size` pixels."""

    def read(ref: ImageRef) -> Array:
        picture = ref.read()
        return picture if size is None else resize(picture, (size, size))

    return read


def collect(
    dataset: Dataset,
    *,
    split: str,
    direction: str,
    size: int | None,
    limit: int | None,
    seed: int,
    skip_bad: bool,
) -> PictureSet:
    """Read every picture once and note its content.

    With `limit` that many sources are drawn: by `seed` and content, so that renaming changes
    nothing. Raises BadImage for an unreadable file (unless `skip_bad`), UsageProblem when fewer
    than two sources or references are left.
    """
    read = reader(size)
    bad: list[str] = []
    sources = _known(dataset.sources(split, direction), read, skip_bad, bad)
    references = _known(dataset.references(split, direction), read, skip_bad, bad)
    refs = dataset.truths(split, direction)
    truths = None if refs is None else {p.ref.id: p for p in _known(refs, read, skip_bad, bad)}
    if truths is not None:
        sources = [s for s in sources if s.ref.id in truths]
    sources = _draw(sources, limit, seed)
    for role, found in (("source", sources), ("reference", references)):
        if len(found) < 2:
            raise UsageProblem(
                f"'{dataset.name}' has {len(found)} {role} picture(s) in split '{split}', "
                "and a spread needs at least 2",
                hint="choose another --split, or a larger --limit",
            )
    return PictureSet(
        sources=tuple(sources := sorted(sources, key=lambda p: p.digest)),
        references=tuple(sorted(references, key=lambda p: p.digest)),
        truths=None if truths is None else tuple(truths[s.ref.id] for s in sources),
        size=size,
        skipped=tuple(bad),
    )


def _known(refs: Sequence[ImageRef], read: Reader, skip_bad: bool, bad: list[str]) -> list[Picture]:
    def refuse(ref: ImageRef, problem: BadImage) -> None:
        if not skip_bad:
            raise AtlasError(
                problem.message, hint="repair or remove it, or leave such files out: --skip-bad"
            ) from problem
        bad.append(f"{ref.path.name}: {problem.message}")

    found = []
    for items, pictures in batches(refs, read, 16, refuse):
        found += [Picture(ref, digest(p)) for ref, p in zip(items, pictures, strict=True)]
    return found


def _draw(sources: list[Picture], limit: int | None, seed: int) -> list[Picture]:
    if limit is None or limit >= len(sources):
        return sources
    drawn = sorted(sources, key=lambda p: hashlib.sha256(f"{seed}{p.digest}".encode()).digest())
    kept = {p.ref.id for p in drawn[:limit]}
    return [p for p in sources if p.ref.id in kept]
