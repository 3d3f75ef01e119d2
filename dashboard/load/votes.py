"""The reader of votes: every whole line of a data set's file."""

from __future__ import annotations

from functools import lru_cache

from dashboard.votes import Vote, file_of, parse

__all__ = ["votes"]


def votes(dataset: str) -> tuple[list[Vote], int]:
    """The votes of a data set as its file is now, and how many lines of it are damaged."""
    path = file_of(dataset)
    try:
        about = path.stat()
    except OSError:
        return [], 0
    found, damaged = _votes(str(path), about.st_mtime_ns, about.st_size)
    return list(found), damaged


@lru_cache(maxsize=16)
def _votes(path: str, changed: int, size: int) -> tuple[tuple[Vote, ...], int]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            lines = [parse(line) for line in file if line.strip()]
    except OSError:
        return (), 0
    found = tuple(vote for vote in lines if vote is not None)
    return found, len(lines) - len(found)
