"""Pictures in and out: every file becomes uint8 RGB [H,W,3] by one rule, or a clear error."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from data.errors import AtlasError, BadImage
from data.files import replacing

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "Photo",
    "decode",
    "decode_photo",
    "digest",
    "encode",
    "find_images",
    "is_image",
    "resize",
]

Array = NDArray[np.uint8]
Made = TypeVar("Made")

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

# Ten times a 10-megapixel photograph; a decompression bomb of 20,000 × 20,000 is over it.
MAX_PIXELS = 100_000_000

FORMATS = {".bmp": "BMP", ".jpeg": "JPEG", ".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}


def is_image(path: Path) -> bool:
    """Whether the suffix is one that is read; hidden files are not."""
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def find_images(folder: Path, recursive: bool = False) -> list[Path]:
    """The pictures in a folder, by name."""
    found = folder.rglob("*") if recursive else folder.iterdir()
    return sorted(path for path in found if is_image(path) and path.is_file())


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture for the eye: sRGB uint8 [H,W,3], and where it is opaque, uint8 [H,W]."""

    rgb: Array
    alpha: Array | None = None


def decode(path: Path) -> Array:
    """A picture file as uint8 RGB [H,W,3], by the numbers in it, as metrics have it.

    EXIF orientation is applied, alpha laid on white, deeper grey scaled (not clipped), palette,
    grey and CMYK converted; of an animation the first frame. Raises BadImage for a file that is
    truncated, no picture, or has over MAX_PIXELS (told from its header).
    """
    return _read(path, path, _to_rgb)


def decode_photo(source: Path | bytes, name: str = "") -> Photo:
    """A picture file, or its content called `name`, as a person sees it: like `decode`, but
    colours are taken to sRGB by the profile in the file, and alpha is kept beside them."""
    path = source if isinstance(source, Path) else Path(name or "the picture")
    return _read(path, source if isinstance(source, Path) else io.BytesIO(source), _to_photo)


def _read(path: Path, source: Path | BinaryIO, convert: Callable[[Image.Image], Made]) -> Made:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own bomb warning: the limit below is ours
            with Image.open(source) as image:
                _check_size(path, image)
                image.load()
                return convert(ImageOps.exif_transpose(image))
    except BadImage as problem:
        raise BadImage(_with_path(path, problem.message)) from problem
    except FileNotFoundError as problem:
        raise BadImage(f"{path} does not exist") from problem
    except Image.DecompressionBombError as problem:
        raise BadImage(f"{path} is too large: over {MAX_PIXELS / 1e6:.0f} megapixels") from problem
    except UnidentifiedImageError as problem:
        raise BadImage(f"{path} cannot be read as a picture: no format is recognised") from problem
    except Exception as problem:  # decoders raise what the broken byte leads to
        reason = str(problem).replace(f"'{path}'", "the file") or type(problem).__name__
        raise BadImage(f"{path} cannot be read as a picture: {reason}") from problem


def _to_photo(image: Image.Image) -> Photo:
    alpha = None
    if "A" in image.getbands() or "transparency" in image.info:
        alpha = np.array(image.convert("RGBA").getchannel("A"))
    return Photo(_to_rgb(_to_srgb(image)), alpha)


def _to_srgb(image: Image.Image) -> Image.Image:
    """By the profile in the file; one that is damaged or for another kind of pixel is left."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("CMYK", "L", "RGB", "RGBA"):
        return image
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(
            colours, given, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    if made is None:
        return image
    if image.mode == "RGBA":
        made.putalpha(image.getchannel("A"))
    return made


def _with_path(path: Path, message: str) -> str:
    return message if message.startswith(str(path)) else f"{path}: {message}"


def _check_size(path: Path, image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImage(
            f"{path} is too large: {width}×{height} pixels are over "
            f"{MAX_PIXELS / 1e6:.0f} megapixels"
        )


def _to_rgb(image: Image.Image) -> Array:
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        return _grey16(image)
    if "A" in image.getbands() or "transparency" in image.info:
        front = image.convert("RGBA")
        back = Image.new("RGBA", front.size, (255, 255, 255, 255))
        image = Image.alpha_composite(back, front)
    return np.array(image.convert("RGB"))


def _grey16(image: Image.Image) -> Array:
    values = np.array(image).astype(np.float64)
    top = 65535.0 if image.mode.startswith("I;16") else _top(values, image.mode)
    grey = np.clip(np.rint(values * (255.0 / top)), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _top(values: NDArray[np.float64], mode: str) -> float:
    """White of a file that does not say how many bits it uses: 1, 8 or 16."""
    most = float(values.max())
    if not np.isfinite(values).all() or values.min() < 0 or most > 65535:
        raise BadImage(f"grey values from {values.min():g} to {most:g} are in no known range")
    if mode == "F" and most <= 1:
        return 1.0
    return 255.0 if most <= 255 else 65535.0


def encode(path: Path, picture: Array, effort: int = 1, alpha: Array | None = None) -> None:
    """Write uint8 RGB [H,W,3] as the suffix says (PNG without loss), whole or not at all.

    `effort` is zlib's level for PNG, 0 to 9: smaller files for more time. `alpha` uint8 [H,W]
    goes along where the format has it; where not, the picture is laid on white.
    """
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        raise AtlasError(f"cannot write {path.suffix or 'no suffix'}", hint="use .png or .jpg")
    by_format: dict[str, dict[str, Any]] = {
        "PNG": {"compress_level": effort},
        "JPEG": {"quality": 95},
        "WEBP": {"lossless": True},
    }
    with replacing(path) as temporary:
        image = _with_alpha(picture, alpha, name in ("PNG", "WEBP"))
        image.save(temporary, format=name, **by_format.get(name, {}))


def _with_alpha(picture: Array, alpha: Array | None, kept: bool) -> Image.Image:
    image = Image.fromarray(picture)
    if alpha is None:
        return image
    if kept:
        image.putalpha(Image.fromarray(alpha))
        return image
    white = Image.new("RGB", image.size, (255, 255, 255))
    return Image.composite(image, white, Image.fromarray(alpha))


def resize(picture: Array, size: tuple[int, int]) -> Array:
    """uint8 RGB to (height, width) by Pillow's bicubic filter, which antialiases."""
    if picture.shape[:2] == size:
        return picture
    height, width = size
    return np.array(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def digest(picture: Array) -> str:
    """sha256 over shape and pixels: the same for the same picture in any lossless file."""
    shape = "x".join(map(str, picture.shape)).encode()
    return hashlib.sha256(shape + b":" + np.ascontiguousarray(picture).data).hexdigest()
