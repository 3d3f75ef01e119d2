"""What the database refuses, in words that a person can act on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DatabaseError, OperationalError

from data.errors import AtlasError, StorageProblem

__all__ = ["PATIENCE", "locked", "told"]

PATIENCE = 60.0  # seconds that another process may hold the database
_FULL = "free some; what was written stays, and the same command goes on"


def locked(problem: Exception) -> bool:
    """Whether another process holds the database, so that waiting may help."""
    reason = str(getattr(problem, "orig", None) or problem)
    return isinstance(problem, OperationalError | sqlite3.OperationalError) and (
        "locked" in reason or "busy" in reason
    )


def told(where: str, path: Path | None, problem: Exception) -> AtlasError:
    """The error for what a database at `where` refused; `path` is its file, if it is one."""
    reason = str(getattr(problem, "orig", None) or problem).splitlines()[0]
    if locked(problem):
        return AtlasError(
            f"another process holds {where}, for {PATIENCE:.0f} s now: {reason}",
            hint=f"end it, or wait for it, and repeat; which one it is: fuser -v {path or where}",
        )
    if "disk is full" in reason:
        return StorageProblem(f"no space left to write {where}", hint=_FULL)
    if "disk I/O error" in reason:  # what SQLite says of a quota, and of a disk that fails
        return StorageProblem(
            f"{where} cannot be written: {reason} (no space, a quota, or a disk that fails)",
            hint=f"df -h {path.parent if path else '.'}; what was written stays, and the same "
            "command goes on",
        )
    if "readonly" in reason or "read-only" in reason:
        folder = path.parent if path else "."
        return StorageProblem(
            f"{where} cannot be written: {reason}",
            hint=f"a copy of your own can: cp -r {folder} COPY; then --home COPY",
        )
    if isinstance(problem, DatabaseError) and ("malformed" in reason or "not a database" in reason):
        return AtlasError(
            f"{where} is damaged: {reason}",
            # Not away: what a person decided is nowhere else.
            hint=f"set it aside and fetch again: mv {where} {where}.damaged",
        )
    if path is None:
        return AtlasError(f"{where} cannot be used: {reason}", hint="is $ATLAS_CATALOGUE right?")
    if isinstance(problem, OperationalError | sqlite3.Error):
        return AtlasError(f"{where} cannot be used: {reason}", hint="choose another --home DIR")
    return AtlasError(f"the catalogue {where} failed: {reason}")
