"""Builds the bundled data set photo2toon: `python -m data.make_photo2toon FOLDER`."""

from __future__ import annotations

import sys
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.console import say
from data.files import write_text
from data.images import encode, resize

__all__ = ["PHOTOGRAPHS", "Source", "build", "crops", "illustrate"]

Array = NDArray[np.uint8]
Floats = NDArray[np.float64]

CROP = 128  # pixels
SCALES = (1.0, 0.75, 0.5)  # of the photograph, so that crops show details and whole things

# Training photographs come in one exposure and with their hues turned: with so few of them a
# model would otherwise take the red of one cup, or one night sky, for a mark of the domain.
HUES = {"train": (0, 60, 120, 180, 240, 300), "test": (0,)}  # degrees around CIELAB's grey axis
EXPOSURE = (55.0, 22.0)  # mean and deviation of the lightness of a training photograph

# Photograph -> licence, as scikit-image's documentation of skimage.data states it.
PHOTOGRAPHS = {
    "astronaut": "public domain (NASA)",
    "brick": "CC0 (CC0Textures, Bricks25)",
    "camera": "CC0 (Lav Varshney)",
    "chelsea": "CC0 (Stéfan van der Walt)",
    "coffee": "CC0 (Rachel Michetti)",
    "grass": "CC0 (linolafett)",
    "gravel": "CC0 (CC0Textures, Gravel04)",
    "immunohistochemistry": "no known copyright restrictions (CMMI)",
    "rocket": "public domain (SpaceX)",
}

# No photograph is in two folders: a crop of a test photograph is never seen in training, and
# illustrations of one domain never show what the photographs of the other do. The test folders
# pair photographs of like detail (fur with tissue, gravel with grass), so that a distance between
# them measures the drawing more than the subject.
Source = tuple[str, int]  # photograph, number of crops
FOLDERS: dict[str, tuple[Source, ...]] = {
    "trainA": (("astronaut", 56), ("camera", 24)),
    "trainB": (("coffee", 40), ("rocket", 24), ("brick", 16)),
    "testA": (("chelsea", 30), ("gravel", 10)),
    "testB": (("immunohistochemistry", 30), ("grass", 10)),
}


def illustrate(photograph: Array) -> Array:
    """A photograph uint8 RGB [H,W,3] as a flat, inked illustration of the same size.

    Deterministic: total-variation smoothing in CIELAB (Chambolle 2004), soft quantisation of the
    lightness and ink lines by a difference of Gaussians (Winnemöller, Olsen and Gooch 2006,
    eq. 4 and 5), more saturated colours.
    """
    from skimage.color import rgb2lab
    from skimage.filters import gaussian
    from skimage.restoration import denoise_tv_chambolle

    lab: Floats = rgb2lab(photograph)
    flat: Floats = denoise_tv_chambolle(lab / 100.0, weight=0.09, channel_axis=2) * 100.0
    fine = gaussian(flat[..., 0], 0.8)
    coarse = gaussian(flat[..., 0], 1.6)
    edge = fine - 0.985 * coarse
    ink = np.where(edge > 0, 1.0, 1.0 + np.tanh(0.9 * edge))
    step = 12.0
    nearest = np.rint(flat[..., 0] / step) * step
    light = nearest + step / 2 * np.tanh((flat[..., 0] - nearest) / 3.0)
    drawn = np.stack([light * ink, flat[..., 1] * 1.35, flat[..., 2] * 1.35], axis=2)
    drawn[..., 0] = np.clip(drawn[..., 0], 0, 100)
    return _rgb(drawn)


def _rgb(lab: Floats) -> Array:
    from skimage.color import lab2rgb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # colours outside sRGB are clipped, as meant
        rgb: Floats = lab2rgb(lab)
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def _turned(photograph: Array, degrees: int) -> Array:
    """The photograph in EXPOSURE, with its hues turned."""
    from skimage.color import rgb2lab

    lab: Floats = rgb2lab(photograph)
    mean, deviation = EXPOSURE
    light = lab[..., 0]
    lab[..., 0] = np.clip(mean + (light - light.mean()) * deviation / light.std(), 0, 100)
    angle = np.deg2rad(degrees)
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    lab[..., 1] = np.cos(angle) * a - np.sin(angle) * b
    lab[..., 2] = np.sin(angle) * a + np.cos(angle) * b
    return _rgb(lab)


def _photograph(name: str) -> Array:
    import skimage.data

    picture = np.asarray(getattr(skimage.data, name)())
    if picture.ndim == 2:
        picture = np.repeat(picture[:, :, None], 3, axis=2)
    return np.ascontiguousarray(picture[..., :3].astype(np.uint8))


def crops(name: str, count: int, hues: tuple[int, ...]) -> list[tuple[str, Array, Array]]:
    """`count` crops of a photograph with their true illustrations, and a name for each.

    The whole scaled photograph is illustrated before cropping, so no crop has a border of its
    own. Crops that show next to nothing are left out.
    """
    rng = np.random.default_rng([*name.encode()])
    photograph = _photograph(name)
    scaled = []
    for scale, degrees in product(SCALES, hues):
        height, width = (round(side * scale) for side in photograph.shape[:2])
        if min(height, width) >= CROP:
            smaller = resize(photograph, (height, width))
            smaller = _turned(smaller, degrees) if len(hues) > 1 else smaller
            scaled.append((smaller, illustrate(smaller)))
    found: list[tuple[str, Array, Array]] = []
    while len(found) < count:
        photo, drawing = scaled[len(found) % len(scaled)]
        y = int(rng.integers(0, photo.shape[0] - CROP + 1))
        x = int(rng.integers(0, photo.shape[1] - CROP + 1))
        cut = np.s_[y : y + CROP, x : x + CROP]
        if photo[cut].mean(axis=2).std() > 14:
            found.append((f"{name}-{len(found):03d}", photo[cut], drawing[cut]))
    return found


def build(folder: Path) -> None:
    """Write trainA trainB trainT testA testB testT and SOURCES.md into `folder`."""
    for part, sources in FOLDERS.items():
        split, domain = part[:-1], part[-1]
        for name, count in sources:
            for stem, photo, drawing in crops(name, count, HUES[split]):
                shown = photo if domain == "A" else drawing
                encode(folder / part / f"{stem}.png", shown, effort=9)
                if domain == "A":
                    encode(folder / f"{split}T" / f"{stem}.png", drawing, effort=9)
    write_text(folder / "SOURCES.md", _sources())


def _sources() -> str:
    rows = [
        f"| {part} | {name} | {count} | {PHOTOGRAPHS[name]} |"
        for part, sources in FOLDERS.items()
        for name, count in sources
    ]
    return "\n".join(
        [
            "# photo2toon: where the pictures come from",
            "",
            "Made by `python -m data.make_photo2toon`. Photographs ship with scikit-image.",
            "",
            "| folder | photograph (`skimage.data`) | crops | licence |",
            "|---|---|---|---|",
            *rows,
            "",
            "`trainT` and `testT` hold the true illustration of every picture in `trainA` and",
            "`testA`. No photograph is used in two folders. The training crops have one exposure and",
            "hues turned in steps of 60 degrees; the test crops are as they were taken.",
            "",
        ]
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
    say(f"built photo2toon in {sys.argv[1]}")
