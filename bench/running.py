"""What a `bench run` is at, for others to see: its cells, in a file that is there while it runs.

The file says what was asked; how far it is follows from records and pictures, which come anyway. A
process that is killed leaves the file and lets go of its lock: that is how the two are told apart.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from data.errors import StorageProblem
from data.files import write_text, writing
from data.paths import Home

__all__ = ["Asked", "Going", "forget", "going", "killed", "lock_of", "noted"]

ELSEWHERE = timedelta(days=7)  # of another machine, whose locks may not be seen from here


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A cell: its id and model, the data set, how many pictures, and whether it was done before."""

    id: str
    model: str
    dataset: str
    sources: int
    recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A run that began and has not come to its end: it goes on, or it was killed."""

    path: Path
    command: str
    host: str
    began: datetime
    cells: tuple[Asked, ...]


def lock_of(path: Path) -> Path:
    """The file that the run's process holds for as long as it lives."""
    return path.with_suffix(".lock")


@contextmanager
def noted(cells: Sequence[Asked], home: Home) -> Iterator[None]:
    """Keep the file of these cells for the time of the block; gone after it, however it ends.

    The same cells in another process share the first one's file. A home that cannot be written
    is no reason not to measure: the record will say so.
    """
    ids = "\n".join(sorted(cell.id for cell in cells))
    path = _folder(home) / f"bench-{hashlib.sha256(ids.encode()).hexdigest()[:16]}.json"
    guard = FileLock(lock_of(path))
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            guard.acquire(blocking=False)
    except (StorageProblem, Timeout):
        yield
        return
    try:
        with suppress(StorageProblem):
            write_text(path, json.dumps(_content(cells), indent=1))
        yield
    finally:
        path.unlink(missing_ok=True)
        lock_of(path).unlink(missing_ok=True)
        guard.release()


def _folder(home: Home) -> Path:
    return home.root / "running"


def _content(cells: Sequence[Asked]) -> dict[str, Any]:
    return {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "host": platform.node(),
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells": [asdict(cell) for cell in cells],
    }


def going(home: Home) -> list[Going]:
    """Every run that left its file, the latest first; files that are none are left out."""
    try:
        paths = sorted(_folder(home).glob("bench-*.json"))
    except OSError:
        return []
    found = [one for one in map(_read, paths) if one is not None]
    return sorted(found, key=lambda one: one.began, reverse=True)


def killed(home: Home) -> list[Going]:
    """Runs whose process let go of its lock without coming to its end.

    Of those of another machine only the ones that began a week ago, since not every file system
    shows the locks of others.
    """
    early = datetime.now(UTC) - ELSEWHERE
    told = [one for one in going(home) if one.host == platform.node() or one.began < early]
    return [one for one in told if not _held(lock_of(one.path))]


def _held(lock: Path) -> bool:
    if not lock.is_file():
        return False
    guard = FileLock(lock)
    try:
        guard.acquire(blocking=False)
    except Timeout:
        return True
    guard.release()
    return False


def forget(path: Path) -> bool:
    """Remove the file of a killed run; False, and nothing is removed, where a run has it now."""
    guard = FileLock(lock_of(path))
    try:
        guard.acquire(blocking=False)
    except Timeout:
        return False
    try:
        path.unlink(missing_ok=True)
        lock_of(path).unlink(missing_ok=True)
    finally:
        guard.release()
    return True


def _read(path: Path) -> Going | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Going(
            path=path,
            command=str(told["command"]),
            host=str(told["host"]),
            began=datetime.fromisoformat(told["began"]).astimezone(UTC),
            cells=tuple(map(_asked, told["cells"])),
        )
    except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError):
        return None


def _asked(told: Mapping[str, Any]) -> Asked:
    return Asked(
        id=str(told["id"]),
        model=str(told["model"]),
        dataset=str(told["dataset"]),
        sources=int(told["sources"]),
        recorded=bool(told["recorded"]),
    )
