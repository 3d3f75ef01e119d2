"""Arrays kept on disk under a key: what follows from all papers is read rather than made again.

A file is an `.npz`, which numpy opens anywhere. Reading one here takes a fifth of the time of
`numpy.load`, which copies each array in small pieces.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from data.errors import StorageProblem
from data.files import replacing

__all__ = ["pack", "read", "unpack", "write"]

Array = NDArray[Any]
# A member of a zip file begins so: 26 bytes, then how long its name and its extra field are.
LOCAL = struct.Struct("<26xHH")
HEADER = 10_000  # bytes that no header of an array is longer than


def pack(texts: Iterable[str]) -> NDArray[np.uint8]:
    """Texts without ends of line as one array, however many there are."""
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8)


def unpack(packed: Array) -> tuple[str, ...]:
    """The texts of `pack`."""
    return tuple(packed.tobytes().decode().split("\n"))


def write(path: Path, key: str, **arrays: Array) -> None:
    """Keep the arrays; nothing happens where nothing can be written, as they can be made again."""
    named: dict[str, Any] = {"key": np.array(key), **arrays}
    with suppress(StorageProblem), replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **named)


def read(path: Path, key: str) -> dict[str, Array] | None:
    """The arrays of a file; None for one that is missing, damaged or kept under another key."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as whole:
            members = {info.filename.removesuffix(".npy"): info for info in whole.infolist()}
            if str(_array(file, members.pop("key"))) != key:
                return None
            return {name: _array(file, info) for name, info in members.items()}
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        struct.error,
        NotImplementedError,
        zipfile.BadZipFile,
    ):
        return None


def _array(file: IO[bytes], member: zipfile.ZipInfo) -> Array:
    """One array in one piece; ValueError where its checksum is another."""
    if member.compress_type != zipfile.ZIP_STORED:
        raise ValueError("it is packed, which none that is written here is")
    file.seek(member.header_offset)
    file.seek(sum(LOCAL.unpack(file.read(LOCAL.size))), io.SEEK_CUR)
    content: Any = np.fromfile(file, dtype=np.uint8, count=member.file_size)
    if zlib.crc32(content) != member.CRC:
        raise ValueError("it is damaged")
    head = io.BytesIO(content[:HEADER].tobytes())
    if npy.read_magic(head) != (1, 0):
        raise ValueError("its header is of another version")
    shape, columns_first, kind = npy.read_array_header_1_0(head)
    if kind.hasobject or columns_first:
        raise ValueError("it is no plain array")
    found: Array = content[head.tell() :].view(kind).reshape(shape)
    return found
