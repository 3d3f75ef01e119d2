"""Several answers to each picture: where the one of every seed goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from zoo.translate import Job

__all__ = ["spread"]


def spread(jobs: Sequence[Job], target: Path, seeds: Iterable[int]) -> dict[int, list[Job]]:
    """The jobs of every seed; those of a single one as they are.

    In a folder `target` a seed has a folder of its own, `target/seed-3/`, so that each is a whole
    set; a single file `toon.png` becomes `toon-seed-3.png`.
    """
    numbers = list(seeds)
    if len(numbers) == 1:
        return {numbers[0]: list(jobs)}
    return {
        seed: [replace(job, target=_place(job.target, target, seed)) for job in jobs]
        for seed in numbers
    }


def _place(path: Path, target: Path, seed: int) -> Path:
    if path == target:
        return path.with_name(f"{path.stem}-seed-{seed}{path.suffix}")
    return target / f"seed-{seed}" / path.relative_to(target)
