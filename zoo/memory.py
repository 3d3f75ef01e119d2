"""What a translation takes of the memory that there is."""

from __future__ import annotations

import ctypes
import os
import resource
from functools import cache
from pathlib import Path

from torch import OutOfMemoryError

__all__ = ["available", "hold", "is_shortage", "needed"]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
LARGEST = 1 << 30  # bytes of a piece that is kept; a larger one goes back
KEPT = (1 << 31) - 1  # bytes without use that are kept in all
COPIES = 5  # of the widest layer live at once: padded, convolved, normalised, and oneDNN's own


def needed(width: int, height: int, columns: int) -> int:
    """Bytes that one picture takes in a network of `width` channels at full resolution."""
    return COPIES * 4 * width * height * columns


def available() -> int | None:
    """Bytes that this process may still take of the main memory; None where nothing tells."""
    here = [free for free in (_free(), _left_of_limit()) if free is not None]
    return min(here, default=None)


@cache
def hold() -> None:
    """Keep memory that a tensor gives back for the next ones, once in a process.

    glibc gives large pieces back to the system at once, and takes them again page by page: a fifth
    of the time of a translation on a CPU. With another C library nothing is changed.
    """
    try:
        setting = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    setting(M_MMAP_THRESHOLD, ctypes.c_int(LARGEST))
    setting(M_TRIM_THRESHOLD, ctypes.c_int(KEPT))


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
