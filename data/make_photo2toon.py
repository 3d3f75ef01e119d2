"""Builds the bundled data set photo2toon: `python -m data.make_photo2toon FOLDER`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.console import say
from data.files import write_text
from data.images import encode, resize

__all__ = ["PHOTOGRAPHS", "Source", "build", "crops", "illustrate"]

Array = NDArray[np.uint8]
Floats = NDArray[np.float64]

CROP = 96  # pixels
SCALES = (0.75, 0.5, 0.375)  # of the photograph, so that crops show details and whole things

# Every crop gets one exposure and a grey-world white balance (Buchsbaum 1980), in both domains.
# With so few photographs a model would otherwise take the red of one cup for a mark of the
# domain; and instance norm cannot see the mean of a picture, only what deviates from it.
EXPOSURE = (55.0, 22.0)  # mean and deviation of the lightness of CIELAB
HUES = 8  # a training crop has its hues turned by one of so many angles, for the same reason
MARGIN = 12  # pixels around a crop that are illustrated with it, so that it has no border

# Photograph -> licence, as scikit-image's documentation of skimage.data states it.
PHOTOGRAPHS = {
    "astronaut": "public domain (NASA)",
    "brick": "CC0 (CC0Textures, Bricks25)",
    "camera": "CC0 (Lav Varshney)",
    "chelsea": "CC0 (Stéfan van der Walt)",
    "coffee": "CC0 (Rachel Michetti)",
    "immunohistochemistry": "no known copyright restrictions (CMMI)",
    "rocket": "public domain (SpaceX)",
}

# No photograph is in two folders: a crop of a test photograph is never seen in training, and
# illustrations of one domain never show what the photographs of the other do. The test folders
# pair photographs of like detail (fur with tissue), so that a distance between them measures the
# drawing more than the subject. A quarter of either training domain is grey (camera, brick):
# with more of it in one, a model learns to put colour where there is none.
Source = tuple[str, int]  # photograph, number of crops
FOLDERS: dict[str, tuple[Source, ...]] = {
    "trainA": (("astronaut", 90), ("camera", 30)),
    "trainB": (("coffee", 60), ("rocket", 30), ("brick", 30)),
    "testA": (("chelsea", 48),),
    "testB": (("immunohistochemistry", 48),),
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


def balance(photograph: Array, part: tuple[slice, slice], turn: float = 0.0) -> Array:
    """The photograph with the lightness of `part` in EXPOSURE and no colour cast there.

    Its hues are turned by `turn` radians around CIELAB's grey axis.
    """
    from skimage.color import rgb2lab

    lab: Floats = rgb2lab(photograph)
    mean, deviation = EXPOSURE
    cut = lab[part]
    lab[..., 0] = mean + (lab[..., 0] - cut[..., 0].mean()) * deviation / cut[..., 0].std()
    lab[..., 0] = np.clip(lab[..., 0], 0, 100)
    chroma = lab[..., 1:] - cut[..., 1:].mean(axis=(0, 1))
    sine, cosine = np.sin(turn), np.cos(turn)
    lab[..., 1:] = chroma @ np.array([[cosine, sine], [-sine, cosine]])
    return _rgb(lab)


def _photograph(name: str) -> Array:
    import skimage.data

    picture = np.asarray(getattr(skimage.data, name)())
    if picture.ndim == 2:
        picture = np.repeat(picture[:, :, None], 3, axis=2)
    return np.ascontiguousarray(picture[..., :3].astype(np.uint8))


def crops(name: str, count: int, train: bool) -> list[tuple[str, Array, Array]]:
    """`count` crops of a photograph with their true illustrations, and a name for each.

    Crops that show next to nothing are left out.
    """
    rng = np.random.default_rng([*name.encode()])
    photograph = _photograph(name)
    sizes = [tuple(round(side * scale) for side in photograph.shape[:2]) for scale in SCALES]
    scaled = [resize(photograph, (h, w)) for h, w in sizes if min(h, w) >= CROP + 2 * MARGIN]
    found: list[tuple[str, Array, Array]] = []
    while len(found) < count:
        photo = scaled[len(found) % len(scaled)]
        y, x = (int(rng.integers(0, side - CROP - 2 * MARGIN + 1)) for side in photo.shape[:2])
        patch = photo[y : y + CROP + 2 * MARGIN, x : x + CROP + 2 * MARGIN]
        part = (slice(MARGIN, MARGIN + CROP), slice(MARGIN, MARGIN + CROP))
        if patch[part].mean(axis=2).std() > 20:
            turn = 2 * np.pi / HUES * (len(found) % HUES) if train else 0.0
            balanced = balance(patch, part, turn)
            drawing = illustrate(balanced)
            found.append((f"{name}-{len(found):03d}", balanced[part], drawing[part]))
    return found


def build(folder: Path) -> None:
    """Write trainA trainB trainT testA testB testT and SOURCES.md into `folder`."""
    for part, sources in FOLDERS.items():
        split, domain = part[:-1], part[-1]
        for name, count in sources:
            for stem, photo, drawing in crops(name, count, split == "train"):
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
            "`testA`. No photograph is used in two folders. Every crop has one exposure and a",
            "grey-world white balance; training crops have their hues turned in eight steps.",
            "",
        ]
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
    say(f"built photo2toon in {sys.argv[1]}")
