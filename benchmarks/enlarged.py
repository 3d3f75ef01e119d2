"""How often pictures are taken for enlarged ones: as they are, and when they were enlarged.

python benchmarks/enlarged.py FOLDER … [--part right]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.cautions import factor_of
from data.images import decode, find_images

Picture = NDArray[np.uint8]
FILTERS = {name: Image.Resampling[name] for name in ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS")}


def main() -> None:
    """Print a line for every way of enlarging: how many of all pictures are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--part", choices=["whole", "left", "right"], default="whole")
    parser.add_argument("--limit", type=int, help="pictures that are enlarged; default: all")
    asked = parser.parse_args()
    files = [path for folder in asked.folders for path in find_images(folder)]
    pictures = [_part(decode(path), asked.part) for path in files]
    print(f"as they are: {_named(pictures)}")
    for size in (64, 96, 128, 192):
        print(
            f"shrunk to {size}: {_named([_resized(p, size / min(p.shape[:2])) for p in pictures])}"
        )
    for way, enlarged in _enlarged(pictures[: asked.limit]):
        print(f"{way}: {_named(enlarged)}")


def _part(picture: Picture, part: str) -> Picture:
    half = picture.shape[1] // 2
    return {"whole": picture, "left": picture[:, :half], "right": picture[:, half:]}[part]


def _resized(
    picture: Picture, factor: float, by: Image.Resampling = Image.Resampling.BICUBIC
) -> Picture:
    height, width = (round(side * factor) for side in picture.shape[:2])
    return np.asarray(Image.fromarray(picture).resize((width, height), by))


def _enlarged(pictures: list[Picture]) -> Iterator[tuple[str, list[Picture]]]:
    for factor in (1.25, 1.5, 2, 3, 4):
        small = [_resized(picture, 1 / factor) for picture in pictures]
        for name, by in FILTERS.items():
            yield f"{factor}x {name.lower()}", [_resized(p, factor, by) for p in small]


def _named(pictures: list[Picture]) -> str:
    found = [factor for factor in map(factor_of, pictures) if factor > 1.0]
    factor = f", median factor {np.median(found):.2f}" if found else ""
    return f"{len(found)} of {len(pictures)}{factor}"


if __name__ == "__main__":
    main()
