"""Training pictures decoded and resized once, kept as one memory-mapped file of uint8 a domain."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.datasets import ImageRef
from data.errors import BadImage, UsageProblem
from data.files import lock, replacing, write_text
from data.images import digest, resize

__all__ = ["Kept", "Resize", "keep", "stamps"]

VERSION = 1  # of the resizing: another one is another file
Array = NDArray[np.uint8]
Resize = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Kept:
    """One domain: uint8 [N,H,W,3], the digest of every picture's own pixels, and what is bad."""

    pixels: Array
    digests: list[str]  # "" for an unreadable picture, whose pixels are zeros
    bad: dict[int, str]  # row -> what is wrong


def keep(
    refs: Sequence[ImageRef],
    size: int,
    square: bool,
    folder: Path | None,
    advance: Callable[[], None],
) -> Kept:
    """Read, resize (Pillow's bicubic) and keep `refs`; `advance` is called once a picture.

    `square` resizes to `size`×`size`; otherwise the shorter side is `size`, or what it is where
    `size` is 0, which only pictures of one shape can share. With a `folder` the pixels are in a
    file there that later trainings find, as long as no path, length or time of change differs;
    without, they are in memory. Unreadable pictures are told in `bad`. Raises UsageProblem for
    pictures of several shapes.
    """
    resized = _square(size) if square else _shorter(size)
    if folder is None:
        rows = _read(refs, resized, advance)
        return _gather(rows, len(refs), lambda shape: np.zeros(shape, np.uint8))
    path = folder / f"{_key(refs, size, square)}.npy"
    with lock(path):  # several processes on one machine: one reads, the others find
        if not (path.is_file() and path.with_suffix(".json").is_file()):
            _build(path, refs, _read(refs, resized, advance))
    told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    # Copy on write: torch takes no array that cannot be written, and nothing here writes.
    pixels: Array = np.load(path, mmap_mode="c")
    return Kept(pixels, told["digests"], {int(row): why for row, why in told["bad"].items()})


def stamps(refs: Sequence[ImageRef]) -> list[tuple[str, int, int, str]]:
    """Path, length, time of change and part of every picture: what tells that a file changed."""
    found: list[tuple[str, int, int, str]] = []
    for ref in refs:
        try:
            state = ref.path.stat()
            found.append((str(ref.path.resolve()), state.st_size, state.st_mtime_ns, ref.part))
        except OSError:
            found.append((str(ref.path), -1, -1, ref.part))
    return found


def _key(refs: Sequence[ImageRef], size: int, square: bool) -> str:
    question = json.dumps([VERSION, size, square, stamps(refs)])
    return hashlib.sha256(question.encode()).hexdigest()[:24]


def _square(size: int) -> Resize:
    return lambda picture: resize(picture, (size, size))


def _shorter(size: int) -> Resize:
    def resized(picture: Array) -> Array:
        height, width = picture.shape[:2]
        if not size:
            return picture
        scale = size / min(height, width)
        return resize(picture, (round(height * scale), round(width * scale)))

    return resized


Row = tuple[int, Array | None, str]  # number, pixels or None, digest or what is wrong


def _read(refs: Sequence[ImageRef], resized: Resize, advance: Callable[[], None]) -> Iterator[Row]:
    def one(item: tuple[int, ImageRef]) -> Row:
        try:
            picture = item[1].read()
        except BadImage as problem:
            return item[0], None, problem.message
        return item[0], resized(picture), digest(picture)

    workers = os.cpu_count() or 1
    remaining = iter(enumerate(refs))
    with ThreadPoolExecutor(workers) as pool:
        while part := list(islice(remaining, 8 * workers)):  # no more than these in memory
            for row in pool.map(one, part):
                advance()
                yield row


def _gather(rows: Iterator[Row], count: int, make: Callable[[tuple[int, ...]], Array]) -> Kept:
    pixels: Array | None = None
    digests, bad = [""] * count, {}
    for number, picture, word in rows:
        if picture is None:
            bad[number] = word
            continue
        if pixels is None:
            pixels = make((count, *picture.shape))
        elif pixels.shape[1:] != picture.shape:
            raise UsageProblem(
                "pictures of several shapes cannot be trained on with their shapes kept",
                hint="one picture a domain, as SinCUT has it",
            )
        pixels[number], digests[number] = picture, word
    return Kept(np.zeros((count, 1, 1, 3), np.uint8) if pixels is None else pixels, digests, bad)


def _build(path: Path, refs: Sequence[ImageRef], rows: Iterator[Row]) -> None:
    with replacing(path) as temporary:

        def make(shape: tuple[int, ...]) -> Array:
            made: Array = np.lib.format.open_memmap(temporary, "w+", np.uint8, shape)
            return made

        kept = _gather(rows, len(refs), make)
        if isinstance(kept.pixels, np.memmap):
            kept.pixels.flush()
        else:  # nothing could be read
            with temporary.open("wb") as file:
                np.save(file, kept.pixels)
    write_text(path.with_suffix(".json"), json.dumps({"digests": kept.digests, "bad": kept.bad}))
