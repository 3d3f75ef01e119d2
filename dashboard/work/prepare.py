"""A program of its own: decode a picture within limits, make it small, write it as PNG.

`python -m dashboard.work.prepare UPLOAD PNG`; what is wrong is told on stderr, with exit code 1.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from data.errors import AtlasError
from data.images import decode, encode, resize

__all__ = ["LONGEST", "main"]

LONGEST = 1024  # px of the longer side
MEMORY = 2 * 2**30  # bytes that decoding may take
SECONDS = 30  # of processor time


def main(source: str, target: str) -> int:
    """Exit code 0 when the picture is written."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        picture = decode(Path(source))
        height, width = picture.shape[:2]
        scale = min(1.0, LONGEST / max(height, width))
        size = (max(1, round(height * scale)), max(1, round(width * scale)))
        encode(Path(target), resize(picture, size))
    except (AtlasError, MemoryError) as problem:
        told = str(problem).replace(source, "the file") or "too little memory for it"
        sys.stderr.write(f"error: {told}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:3]))
