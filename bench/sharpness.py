"""How much of the frequencies that a picture could have it has: enlarged ones lack the upper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST", "LUMA", "bandwidth", "middle", "shares"]

Floats = NDArray[np.float64]

LEAST, MOST = 64, 512  # pixels a side: fewer have no spectrum to speak of, more add only time
LUMA = np.array([0.299, 0.587, 0.114])
BANDS = 16  # of equal width, from 0 to the highest frequency (Nyquist's)
LOW = slice(1, 4)  # what the others are held against: 1/16 to 4/16 of it
# Power falls as 1/f² in photographs and drawings alike (Field 1987). A band has detail where its
# power is at least this share of what the low bands foretell.
SHARE = 0.1
ROUNDING = 1 / 12  # power of 8-bit rounding: below it nothing can be told


def bandwidth(picture: NDArray[np.uint8]) -> float | None:
    """The highest frequency with detail along either axis, as a share of Nyquist's: k/16.

    uint8 [H,W,3]; of more than 512 pixels a side, the middle. A picture enlarged by s has about
    1/s, a sharp one 1. None where a side is under 64 pixels or the picture is nearly flat.
    """
    if min(picture.shape[:2]) < LEAST:
        return None
    luminance = middle(picture) @ LUMA
    found = [_along(rows) for rows in (luminance, luminance.T)]
    told = [value for value in found if value is not None]
    return max(told) if told else None


def middle(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At most 512 pixels a side out of the middle of a picture [H,W,3]."""
    top, left = (max(0, side - MOST) // 2 for side in picture.shape[:2])
    return picture[top : top + MOST, left : left + MOST]


def shares(rows: Floats) -> Floats | None:
    """Power of 16 bands times frequency squared, as shares of the low bands' median.

    Of the mean spectrum of rows [N,L] under Hann's window; None where there is next to nothing.
    """
    window = np.hanning(rows.shape[1])
    waves = np.fft.rfft((rows - rows.mean(axis=1, keepdims=True)) * window, axis=1)
    power = (np.abs(waves) ** 2).mean(axis=0)[1:] / (window**2).sum()
    bands = np.array([part.mean() for part in np.array_split(power, BANDS)])
    if np.median(bands[LOW]) < ROUNDING:
        return None
    whitened = bands * (np.arange(BANDS) + 0.5) ** 2
    return np.asarray(whitened / np.median(whitened[LOW]))


def _along(rows: Floats) -> float | None:
    found = shares(rows)
    return None if found is None else float((np.flatnonzero(found >= SHARE)[-1] + 1) / BANDS)
