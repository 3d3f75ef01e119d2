"""Many lines as one picture below a chart: a browser without a graphics card draws 30,000 lines
one by one in seconds, each time that somebody zooms, and a picture at once."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

__all__ = ["painted"]

WIDTH, HEIGHT = 1600, 1000  # px
LAYERS = 3  # so many lines over each other are told apart
GREY = 127
SEEN = 0.35  # of a line, opacity

Numbers = NDArray[np.float64]


def painted(xs: Numbers, ys: Numbers) -> dict[str, Any]:
    """A picture for plotly's `layout.images` of lines [N, 2] in the units of the axes."""
    left, right, low, high = xs.min(), xs.max(), ys.min(), ys.max()
    wide, tall = float(right - left) or 1.0, float(high - low) or 1.0
    ends = np.stack([(xs - left) / wide * (WIDTH - 1), (high - ys) / tall * (HEIGHT - 1)], axis=-1)
    return {
        "source": f"data:image/png;base64,{base64.b64encode(_png(ends)).decode()}",
        "xref": "x",
        "yref": "y",
        "x": float(left),
        "y": float(high),
        "sizex": wide,
        "sizey": tall,
        "sizing": "stretch",
        "layer": "below",
    }


def _png(ends: Numbers) -> bytes:
    """Grey on nothing, the less seen through the more lines there are; ends in px [N, 2, 2]."""
    counted = Image.new("L", (WIDTH, HEIGHT))
    for start in range(LAYERS):
        layer = Image.new("L", (WIDTH, HEIGHT))
        brush = ImageDraw.Draw(layer)
        for line in ends[start::LAYERS].reshape(-1, 4).tolist():
            brush.line(line, fill=1)
        counted = ImageChops.add(counted, layer)
    counted.putpalette([GREY] * 3 * (LAYERS + 1))
    seen = bytes(round(255 * (1 - (1 - SEEN) ** lines)) for lines in range(LAYERS + 1))
    file = io.BytesIO()
    counted.save(file, "PNG", transparency=seen, compress_level=1)
    return file.getvalue()
