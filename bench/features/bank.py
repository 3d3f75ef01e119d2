"""The constants of the texture filter bank: its numbers are decided here and nowhere else."""

from __future__ import annotations

__all__ = ["CONSTANTS"]

CONSTANTS = {
    # Rows give luminance, red-green and yellow-blue from R, G, B in 0..1 (opponent colours).
    "opponent": [[0.299, 0.587, 0.114], [0.5, -0.5, 0.0], [0.25, 0.25, -0.5]],
    "sigmas": [0.7, 1.4, 2.8, 5.6],  # pixels; scales of the derivative filters
    "orientations": [0.0, 45.0, 90.0, 135.0],  # degrees
    "radius": 3.0,  # filters are cut at this many sigmas
    "gain": 3.0,  # energies are compressed as gain · sqrt(energy), which brings them near 1
}
