"""What may be uploaded: bytes and pixels are bounded before anything is decoded."""

from __future__ import annotations

import io
import warnings

from PIL import Image, UnidentifiedImageError

from data.errors import BadImage

__all__ = ["FORMATS", "LARGEST", "PIXELS", "check_upload"]

LARGEST = 10  # megabytes of a file
PIXELS = 16_000_000  # of a picture, told from its header
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")


def check_upload(content: bytes) -> None:
    """BadImage for what is too large or no picture; only the header is looked at."""
    if len(content) > LARGEST * 1_000_000:
        raise BadImage(f"the file has over {LARGEST} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own warning: the limit below is ours
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                width, height = image.size
    except Image.DecompressionBombError as problem:
        raise BadImage(f"the picture has over {PIXELS / 1e6:.0f} megapixels") from problem
    except UnidentifiedImageError as problem:
        raise BadImage(f"the file is no picture of {', '.join(FORMATS)}") from problem
    except Exception as problem:  # headers raise what the broken byte leads to
        raise BadImage("the picture's header is damaged") from problem
    if width * height > PIXELS:
        raise BadImage(f"{width}×{height} pixels are over {PIXELS / 1e6:.0f} megapixels")
