"""Whether a picture was enlarged, by traces that interpolation leaves at regular distances.

Interpolated pixels lie on lines and curves between their neighbours, those that fell on a pixel of
the small picture do not, and the two take turns (Gallagher 2005; Mahdian and Saic 2008).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.sharpness import LEAST, LUMA, middle, shares

__all__ = ["enlargement"]

Floats = NDArray[np.float64]

GRID = 8  # pixels a block of JPEG, which has a rhythm of its own, at all multiples of 1/8
SAME = 3.0  # of 1/length: nearer than that two frequencies cannot be told apart
SLOWEST = 0.19  # cycles a pixel: below it are windows, fences and letters
BINS = 1024  # of the padded transform
NEAR = 4  # bins that a peak is wide
AROUND = 61  # bins on either side whose median a peak is held against
TREND = 9  # pixels of the mean that is taken off
UPPER = slice(12, 14)  # of 16 bands of frequencies: an enlarged picture has little there
# A peak's height over its surroundings, over what share of their power the upper bands have. Of
# 1,812 pictures as they are (benchmarks/enlarged.py) the most is 24.
EVIDENCE = 120.0
COMB = 1 / 3  # of a peak's height at half its frequency: it belongs to a grid that was shrunk
LEAST_FACTOR = 1.1


def enlargement(picture: NDArray[np.uint8]) -> float:
    """The factor from 1.1 to 2 by which a picture was enlarged, as one of 3 leaves the same trace.

    uint8 [H,W,3]; of more than 512 pixels a side, the middle. 1.0 where nothing tells of it: also
    where a factor is near 1, 4/3, 8/5 or 2, where a side is under 64 pixels, and after JPEG.
    """
    if min(picture.shape[:2]) < LEAST:
        return 1.0
    part = middle(picture)
    if (repeats := _repeats(part)) > 1.0:
        return repeats
    luminance = part @ LUMA
    both = [luminance, luminance.T]
    upper = [_upper(rows) for rows in both]
    known = [share for share in upper if share is not None]
    one, two = (_peak(rows) for rows in both)
    apart = abs(one.frequency - two.frequency) > SAME / min(luminance.shape)
    if not known or apart or min(one.half, two.half) >= COMB:
        return 1.0
    enough = min(one.height, two.height) >= EVIDENCE * max(known)
    return 1.0 / (1.0 - one.frequency) if enough else 1.0


class _Peak(NamedTuple):
    height: float  # over its surroundings
    frequency: float  # cycles a pixel
    half: float  # of its height, what is at half its frequency


def _upper(rows: Floats) -> float | None:
    """Power of the upper bands as a share of the low ones', both times frequency squared."""
    found = shares(rows)
    return None if found is None else float(np.exp(np.log(found[UPPER]).mean()))


def _peak(rows: Floats) -> _Peak:
    """The highest peak in how rough columns are, apart from JPEG's."""
    bent = np.abs(2 * rows[:, 1:-1] - rows[:, 2:] - rows[:, :-2])
    rough = np.sqrt(bent).mean(axis=0)
    padded = np.pad(rough, TREND // 2, mode="edge")
    rough = rough - np.convolve(padded, np.full(TREND, 1 / TREND), "valid")
    power = np.abs(np.fft.rfft(rough * np.hanning(len(rough)), BINS)) ** 2
    frequency = np.arange(len(power)) / BINS
    from_grid = np.abs(frequency * GRID - np.round(frequency * GRID)) / GRID
    asked = np.flatnonzero((frequency > SLOWEST) & (from_grid >= SAME / len(rough)))
    if not len(asked) or not power.any():
        return _Peak(0.0, 0.0, 0.0)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(power, AROUND, mode="reflect"), 2 * AROUND + 1
    )
    over = power / (np.median(windows, axis=1) + np.finfo(float).tiny)
    best = int(asked[over[asked].argmax()])
    half = over[best // 2 - NEAR : best // 2 + NEAR + 1].max()
    return _Peak(float(over[best]), float(frequency[best]), float(half / over[best]))


def _repeats(part: NDArray[np.uint8]) -> float:
    """The factor by which pixels were repeated along both axes; 1.0 where they were not."""
    factors = [_run(rows) for rows in (part, part.transpose(1, 0, 2))]
    alike = abs(factors[0] - factors[1]) <= 0.05 * max(factors)
    return float(np.mean(factors)) if alike and min(factors) >= LEAST_FACTOR else 1.0


def _run(rows: NDArray[np.uint8]) -> float:
    """The mean length of runs of equal columns, where all are of one or of two lengths in a row."""
    changes = np.flatnonzero((rows[:, 1:] != rows[:, :-1]).any(axis=(0, 2)))
    runs = np.diff(changes)
    if len(runs) < LEAST // GRID or runs.max() - runs.min() > 1:
        return 1.0
    return float(runs.mean())
