"""Sources beside their translations in one picture, to see at a glance what a model does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.images import encode

__all__ = ["Sheet"]

Array = NDArray[np.uint8]


class Sheet:
    """Collects pairs as thumbnails; the first `most` are kept, each `side` pixels at most."""

    def __init__(self, most: int = 24, side: int = 256, gap: int = 8) -> None:
        self.most, self.side, self.gap = most, side, gap
        self.rows: list[tuple[Image.Image, Image.Image]] = []

    def add(self, source: Array, output: Array) -> None:
        """uint8 [H,W,3] twice."""
        if len(self.rows) < self.most:
            self.rows.append((self._small(source), self._small(output)))

    def _small(self, picture: Array) -> Image.Image:
        image = Image.fromarray(picture)
        image.thumbnail((self.side, self.side), Image.Resampling.BICUBIC)
        return image

    def write(self, path: Path) -> None:
        """A white sheet with sources left and translations right, two pairs a row from four on."""
        pairs = 2 if len(self.rows) >= 4 else 1
        cell = self.side + self.gap
        down = -(-len(self.rows) // pairs)
        size = (2 * pairs * cell + self.gap, down * cell + self.gap)
        sheet = Image.new("RGB", size, (255, 255, 255))
        for number, row in enumerate(self.rows):
            for side, image in enumerate(row):
                x = (2 * (number % pairs) + side) * cell + self.gap
                sheet.paste(image, (x, number // pairs * cell + self.gap))
        encode(path, np.array(sheet))
