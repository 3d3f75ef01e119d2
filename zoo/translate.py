"""Translate a file or a folder of pictures, keeping names and skipping what cannot be read."""

from __future__ import annotations

import glob
import os
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data.errors import AtlasError, BadImage, StorageProblem, UsageProblem
from data.images import FORMATS, IMAGE_SUFFIXES, decode_photo, encode, find_images, is_image
from zoo.batches import batches
from zoo.compare import Sheet

if TYPE_CHECKING:
    from zoo.translator import Translator

__all__ = ["Job", "apply", "check_target", "plan", "translate"]


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to read and where its translation goes."""

    source: Path
    target: Path


def plan(source: Path, target: Path) -> list[Job]:
    """The jobs for a file, a folder (with its subfolders, but for `target` where it is inside)
    or a pattern such as `photos/*.jpg` (`**` goes into subfolders).

    In a folder `a/b.jpg` becomes `a/b.png`; where two sources would meet in one target, the
    old suffix stays in the name. Raises UsageProblem for a missing or empty source, a target
    that is a source, or one that cannot be written.
    """
    if source.is_file():
        jobs = [Job(source, _of_file(source, target))]
    elif source.is_dir():
        jobs = _of_folder(source, target, find_images(source, recursive=True))
    elif glob.has_magic(str(source)):
        anchor = Path(source.anchor or ".")  # pathlib takes patterns from a folder on
        found = anchor.glob(str(source.relative_to(source.anchor)))
        files = sorted(path for path in found if path.is_file() and is_image(path))
        jobs = _of_folder(_fixed(source), target, files)
    else:
        raise UsageProblem(f"nothing at {source}", hint="name a picture or a folder of pictures")
    _keep_sources(jobs)
    _check_place(target)
    return jobs


def _of_file(source: Path, target: Path) -> Path:
    suffix = target.suffix.lower()
    if target.is_dir() or not suffix:
        return target / f"{source.stem}.png"
    if suffix in FORMATS:
        return target
    raise UsageProblem(
        f"pictures cannot be written as {target.suffix}: {target}",
        hint=f"{' '.join(sorted(FORMATS))} can; for a folder of that name: mkdir {target}",
    )


def _fixed(pattern: Path) -> Path:
    """The folders of a pattern before its first wildcard."""
    parts = list(pattern.parts)
    while glob.has_magic(str(Path(*parts))):
        parts.pop()
    return Path(*parts)


def _of_folder(source: Path, target: Path, pictures: Sequence[Path]) -> list[Job]:
    if target.is_file():
        raise UsageProblem(f"{target} is a file, but {source} is a folder")
    if target.suffix.lower() in IMAGE_SUFFIXES and not target.is_dir():
        raise UsageProblem(
            f"{target} is the name of a picture, but {source} is a folder",
            hint="name a folder for the pictures",
        )
    if target.resolve() == source.resolve():
        raise UsageProblem(
            f"{target} is the folder that the pictures come from",
            hint="name another folder for the pictures",
        )
    found = _outside(pictures, target)
    if not found:
        raise UsageProblem(
            f"no pictures in {source}", hint=f"suffixes read: {' '.join(sorted(IMAGE_SUFFIXES))}"
        )
    names = _names([path.relative_to(source) for path in found])
    return [Job(path, target / name) for path, name in zip(found, names, strict=True)]


def _outside(found: Sequence[Path], target: Path) -> list[Path]:
    """Without what an earlier run wrote into the source's own tree."""
    aim = target.resolve()
    folders = {path.parent for path in found}
    inside = {folder for folder in folders if folder.resolve().is_relative_to(aim)}
    return [path for path in found if path.parent not in inside]


def _names(paths: Sequence[Path]) -> list[Path]:
    """A name for every output, no two the same for a file system that ignores case."""
    folders = {_folded(folder) for path in paths for folder in path.parents}
    names = [path.with_suffix(".png") for path in paths]
    while True:
        count = Counter(_folded(name) for name in names)
        longer = [
            path.with_name(f"{path.name}.png")
            if count[_folded(name)] > 1 or _folded(name) in folders
            else name
            for path, name in zip(paths, names, strict=True)
        ]
        if longer == names:
            return _numbered(names)
        names = longer


def _numbered(names: Iterable[Path]) -> list[Path]:
    """Names that differ by case alone, told apart by a number."""
    made: list[Path] = []
    taken: set[str] = set()
    for name in names:
        unique, number = name, 1
        while _folded(unique) in taken:
            number += 1
            unique = name.with_name(f"{name.stem}-{number}.png")
        taken.add(_folded(unique))
        made.append(unique)
    return made


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()


def check_target(source: Path, target: Path) -> None:
    """UsageProblem or StorageProblem when the file `source` cannot be translated to `target`."""
    _keep_sources([Job(source, target)])
    _check_place(target)


def _keep_sources(jobs: Sequence[Job]) -> None:
    # By what the file system says is one file: links and other cases of letters are seen through.
    sources = {_identity(job.source) for job in jobs} - {None}
    for job in jobs:
        if _identity(job.target) in sources:
            raise UsageProblem(
                f"the translation would replace a source: {job.target}",
                hint="name another file or folder for the result",
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_place(target: Path) -> None:
    there = next((path for path in (target, *target.parents) if _identity(path)), Path())
    folder = there.parent if there == target and there.is_file() else there
    if not folder.is_dir():
        raise UsageProblem(
            f"{target} cannot be written: {there} is a file", hint="name another place"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StorageProblem(
            f"{target} cannot be written: no right to write in {folder}",
            hint="name a place that you may write to",
        )


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
    sheet: Sheet | None = None,
) -> list[BadImage]:
    """Run the jobs; returns what is wrong with each picture that could not be read.

    Colours are translated as they look (by the profile in the file), alpha is kept. Pairs go
    into `sheet` as they are made. Raises StorageProblem as soon as an output cannot be written,
    AtlasError when the network gives NaN.
    """
    bad: list[BadImage] = []
    alphas: dict[Job, NDArray[np.uint8]] = {}

    def read(job: Job) -> NDArray[np.uint8]:
        photo = decode_photo(job.source)
        if photo.alpha is not None:
            alphas[job] = photo.alpha
        return photo.rgb

    def skip(job: Job, problem: BadImage) -> None:
        bad.append(problem)
        advance()

    with ThreadPoolExecutor(2) as writers:
        written: deque[Future[None]] = deque()
        try:
            for group, pictures in batches(jobs, read, batch, skip):
                made = _translated(translator, group, pictures)
                for job, source, output in zip(group, pictures, made, strict=True):
                    written.append(
                        writers.submit(_write, job.target, output, alphas.pop(job, None))
                    )
                    if sheet is not None:
                        sheet.add(source, output)
                    advance()
                _settle(written, most=2 * batch)
            _settle(written, most=0)
        finally:
            for future in written:
                future.cancel()
    return bad


def _translated(
    translator: Translator, group: Sequence[Job], pictures: Sequence[NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    try:
        return apply(translator, pictures)
    except FloatingPointError as problem:
        exact = translator.precision == "float32"
        hint = "the weights are damaged or diverged; try others: zoo ls"
        raise AtlasError(
            f"{problem} for {group[0].source}" + (" or a picture after it" * (len(group) > 1)),
            hint=hint if exact else "--precision float32",
        ) from problem


def _settle(written: deque[Future[None]], most: int) -> None:
    """Raise what went wrong in writing, and let no more than `most` outputs wait."""
    while written and (len(written) > most or written[0].done()):
        written.popleft().result()


def _write(path: Path, picture: NDArray[np.uint8], alpha: NDArray[np.uint8] | None) -> None:
    try:
        encode(path, picture, alpha=alpha)
    except ValueError as problem:  # formats have limits of their own: WebP ends at 16383 pixels
        raise AtlasError(f"cannot write {path}: {problem}", hint="write it as .png") from problem
