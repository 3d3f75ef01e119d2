"""The pictures of one measurement: read once, resized as asked, known by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from data.datasets import Dataset, ImageRef
from data.errors import AtlasError, BadImage, UsageProblem
from data.images import digest, resize
from zoo.batches import batches

__all__ = ["Picture", "PictureSet", "collect", "reader"]

TRAINING = "train"  # the split that models learn from

Array = NDArray[np.uint8]
Reader = Callable[[ImageRef], Array]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, the sha256 of its pixels as they are measured, and its file's height and width."""

    ref: ImageRef
    digest: str
    shape: tuple[int, int] = (0, 0)  # 0 where nobody noted it


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """What one run measures: sources, the reference set, and true answers where they exist."""

    sources: tuple[Picture, ...]
    references: tuple[Picture, ...]
    truths: tuple[Picture, ...] | None  # row i belongs to source i
    size: int | None
    skipped: tuple[str, ...]  # unreadable files that were left out because the person said so
    # Training pictures of the same roles, where the data set has some that are not these.
    training: Mapping[str, tuple[ImageRef, ...]] = field(default_factory=dict)

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


Row = tuple[Picture, Picture | None]  # a source and its true answer


def _join(digests: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


def reader(size: int | None) -> Reader:
    """Reads a picture as uint8 [H,W,3], or bicubic to a square of `size` pixels."""

    return lambda ref: _sized(ref.read(), size)


def _sized(picture: Array, size: int | None) -> Array:
    return picture if size is None else resize(picture, (size, size))


def collect(
    dataset: Dataset,
    *,
    split: str,
    direction: str,
    size: int | None,
    limit: int | None,
    seed: int,
    skip_bad: bool,
    reference_split: str = "",
) -> PictureSet:
    """Read every picture once and note its content.

    With `limit` that many sources are drawn: by `seed` and content, so that renaming changes
    nothing. Raises BadImage for an unreadable file (unless `skip_bad`), UsageProblem when fewer
    than two sources or references are left.
    """
    bad: list[str] = []
    sources = dataset.sources(split, direction)
    references = dataset.references(reference_split or split, direction)
    truths = dataset.truths(split, direction)
    # Of a paired set the references are the true answers: each file is read once.
    wanted = dict.fromkeys([*sources, *references, *(truths or ())])
    known = _known(list(wanted), size, skip_bad, bad)
    rows = [
        (known[s], None if t is None else known[t])
        for s, t in zip(sources, truths or repeat(None), strict=False)
        if s in known and (t is None or t in known)
    ]
    rows = _draw(rows, limit, seed)
    against = sorted((known[r] for r in references if r in known), key=lambda p: p.digest)
    _enough(dataset, split, len(rows), len(against))
    return PictureSet(
        sources=tuple(source for source, _ in rows),
        references=tuple(against),
        truths=None if truths is None else tuple(t for _, t in rows if t is not None),
        size=size,
        skipped=tuple(bad),
        training=_training(dataset, direction, wanted.keys()),
    )


def _training(
    dataset: Dataset, direction: str, measured: Set[ImageRef]
) -> dict[str, tuple[ImageRef, ...]]:
    """Pictures to learn from, by role; where one folder is every split, those apart are none."""
    if TRAINING not in dataset.splits:
        return {}
    roles = {
        "source": dataset.sources(TRAINING, direction),
        "reference": dataset.references(TRAINING, direction),
    }
    return {role: tuple(r for r in refs if r not in measured) for role, refs in roles.items()}


def _enough(dataset: Dataset, split: str, sources: int, references: int) -> None:
    for role, count in (("source", sources), ("reference", references)):
        if count < 2:
            raise UsageProblem(
                f"'{dataset.name}' has {count} {role} picture(s) in split '{split}', "
                "and a spread needs at least 2",
                hint="choose another --split, or a larger --limit",
            )


def _known(
    refs: Sequence[ImageRef], size: int | None, skip_bad: bool, bad: list[str]
) -> dict[ImageRef, Picture]:
    shapes: dict[ImageRef, tuple[int, int]] = {}

    def read(ref: ImageRef) -> Array:
        picture = ref.read()
        shapes[ref] = (picture.shape[0], picture.shape[1])
        return _sized(picture, size)

    def refuse(ref: ImageRef, problem: BadImage) -> None:
        if not skip_bad:
            raise AtlasError(
                problem.message, hint="repair or remove it, or leave such files out: --skip-bad"
            ) from problem
        bad.append(f"{ref.path.name}: {problem.message}")

    found: dict[ImageRef, Picture] = {}
    for items, pictures in batches(refs, read, 16, refuse):
        for ref, picture in zip(items, pictures, strict=True):
            found[ref] = Picture(ref, digest(picture), shapes[ref])
    return found


def _draw(rows: list[Row], limit: int | None, seed: int) -> list[Row]:
    """Rows in the order of their content, or `limit` of them drawn by it."""
    rows = sorted(rows, key=_content)
    if limit is None or limit >= len(rows):
        return rows
    drawn = sorted(rows, key=lambda r: hashlib.sha256(f"{seed}{_content(r)}".encode()).digest())
    return sorted(drawn[:limit], key=_content)


def _content(row: Row) -> str:
    source, truth = row
    return source.digest + (truth.digest if truth else "")
