"""What a translation takes of the memory that there is."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from torch import OutOfMemoryError

__all__ = ["available", "is_shortage", "needed"]

COPIES = 5  # of the widest layer live at once: padded, convolved, normalised, and oneDNN's own


def needed(width: int, height: int, columns: int) -> int:
    """Bytes that one picture takes in a network of `width` channels at full resolution."""
    return COPIES * 4 * width * height * columns


def available() -> int | None:
    """Bytes that this process may still take of the main memory; None where nothing tells."""
    here = [free for free in (_free(), _left_of_limit()) if free is not None]
    return min(here, default=None)


def _free() -> int | None:
    # Linux alone says what could be freed for a program; what is merely unused misleads.
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def _left_of_limit() -> int | None:
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return limit
    return max(0, limit - pages * os.sysconf("SC_PAGE_SIZE"))


def is_shortage(problem: BaseException) -> bool:
    """Whether an exception of torch or Python says that memory ran out."""
    if isinstance(problem, (MemoryError, OutOfMemoryError)):
        return True
    # The main memory has no exception of its own in torch.
    words = ("not enough memory", "can't allocate memory", "out of memory")
    return isinstance(problem, RuntimeError) and any(word in str(problem) for word in words)
