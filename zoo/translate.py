"""Translate a file or a folder of pictures, keeping names and skipping what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.errors import BadImage, UsageProblem
from data.images import IMAGE_SUFFIXES, decode, encode, find_images
from zoo.batches import batches

if TYPE_CHECKING:
    from zoo.translator import Translator

__all__ = ["Job", "apply", "plan", "translate"]


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to read and where its translation goes."""

    source: Path
    target: Path


def plan(source: Path, target: Path) -> list[Job]:
    """The jobs for a file or a folder (with its subfolders).

    In a folder `a/b.jpg` becomes `a/b.png`; where two sources would meet in one target, the
    old suffix stays in the name. Raises UsageProblem for a missing or empty source.
    """
    if source.is_file():
        is_file = target.suffix.lower() in IMAGE_SUFFIXES
        return [Job(source, target if is_file else target / f"{source.stem}.png")]
    if not source.is_dir():
        raise UsageProblem(f"nothing at {source}", hint="name a picture or a folder of pictures")
    if target.is_file():
        raise UsageProblem(f"{target} is a file, but {source} is a folder")
    found = find_images(source, recursive=True)
    if not found:
        raise UsageProblem(
            f"no pictures in {source}", hint=f"suffixes read: {' '.join(sorted(IMAGE_SUFFIXES))}"
        )
    stems = [path.with_suffix("") for path in found]
    return [
        Job(path, target / path.relative_to(source).with_name(_name(path, stems))) for path in found
    ]


def _name(path: Path, stems: Sequence[Path]) -> str:
    alone = stems.count(path.with_suffix("")) == 1
    return f"{path.stem if alone else path.name}.png"


def apply(translator: Translator, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures uint8 [H,W,3] of one size through the translator, as uint8 [N,H,W,3]."""
    import torch

    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return np.ascontiguousarray(translator(images).permute(0, 2, 3, 1).numpy())


def translate(
    translator: Translator,
    jobs: Sequence[Job],
    batch: int,
    advance: Callable[[], None],
) -> list[tuple[Path, str]]:
    """Run the jobs; returns the pictures that could not be read, with the reason."""
    bad: list[tuple[Path, str]] = []

    def skip(job: Job, problem: BadImage) -> None:
        bad.append((job.source, problem.message))
        advance()

    with ThreadPoolExecutor(2) as writers:
        written: list[Future[None]] = []
        for group, pictures in batches(jobs, lambda job: decode(job.source), batch, skip):
            for job, picture in zip(group, apply(translator, pictures), strict=True):
                written.append(writers.submit(encode, job.target, picture))
                advance()
        for future in written:
            future.result()
    return bad
