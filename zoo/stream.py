"""PNG pictures from one stream to another: `zoo translate --model NAME - -` between programs."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image

from data.errors import BadImage
from data.images import MAX_PIXELS, decode_photo
from zoo.translate import apply

if TYPE_CHECKING:
    from zoo.translator import Translator

__all__ = ["pictures", "translate_stream"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST = 4 * MAX_PIXELS  # bytes of one chunk: more is no picture that would be read


def pictures(stream: BinaryIO) -> Iterator[bytes]:
    """The PNG files that follow one another in a stream, whole; BadImage for anything else."""
    number = 0
    while start := stream.read(len(SIGNATURE)):
        number += 1
        if start != SIGNATURE:
            raise BadImage(f"picture {number} of the input is no PNG")
        yield start + b"".join(_chunks(stream, number))


def _chunks(stream: BinaryIO, number: int) -> Iterator[bytes]:
    """Chunks of one picture (PNG specification, §5.3): length, type, data, checksum."""
    kind = b""
    while kind != b"IEND":
        head = stream.read(8)
        length, kind = struct.unpack(">I4s", head) if len(head) == 8 else (0, b"")
        rest = stream.read(length + 4) if kind and length <= LARGEST else b""
        if len(rest) != length + 4 or not kind:
            raise BadImage(f"picture {number} of the input is cut or damaged")
        yield head + rest


def translate_stream(translator: Translator, source: BinaryIO, target: BinaryIO) -> int:
    """Translate picture by picture, each given on before the next is read; how many there were."""
    count = 0
    for content in pictures(source):
        count += 1
        photo = decode_photo(content, f"picture {count} of the input")
        made = Image.fromarray(apply(translator, [photo.rgb])[0])
        if photo.alpha is not None:
            made.putalpha(Image.fromarray(photo.alpha))
        written = io.BytesIO()
        made.save(written, format="PNG", compress_level=1)
        target.write(written.getvalue())
        target.flush()
    return count
