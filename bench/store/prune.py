"""What no record needs any more, and removing it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from bench.records import read_all
from bench.running import Going, forget, killed
from data.paths import Home

__all__ = ["Waste", "find_waste", "remove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste:
    """A file or folder that could go, its size, and why."""

    path: Path
    size: int  # bytes
    why: str
    run: bool = False  # the file of a killed run: it may have begun again meanwhile


def find_waste(home: Home, *, failed: bool = False, outputs: bool = False) -> list[Waste]:
    """Runs without a record, pictures that no record shows, files of killed runs and writers.

    With `failed` also records of errors; with `outputs` also the pictures of finished runs, of
    which scores and features stay. A run that is going on is left alone.
    """
    records = read_all([home.results])
    done = {record.id for record in records if record.status == "done"}
    shown = {
        str(row[r]) for record in records for row in record.pictures for r in ROLES if row.get(r)
    }
    found = [*_runs(home, done, outputs), *_copies(home, set() if outputs else shown)]
    found += [_waste(path, "left by a killed writer") for path in _temporary(home)]
    found += [_stopped(one) for one in killed(home)]
    if failed:
        for record in (r for r in records if r.status == "error"):
            paths = home.results.glob(f"*/*/{record.id}.json")
            found += [_waste(path, "a failure") for path in paths]
    return found


ROLES = ("source", "target")


def _runs(home: Home, done: set[str], outputs: bool) -> Iterator[Waste]:
    for folder in sorted(home.runs.glob("*/")):
        if folder.name in ("pictures", "sets") or _going_on(folder):
            continue
        if folder.name not in done:
            yield _waste(folder, "no finished record: an interrupted run would begin anew")
        elif outputs and (folder / "images").is_dir():
            yield _waste(folder / "images", "outputs; their scores and features stay")


def _going_on(folder: Path) -> bool:
    guard = FileLock(folder / "run.lock")
    try:
        with guard.acquire(timeout=0):
            return False
    except Timeout:
        return True


def _copies(home: Home, shown: set[str]) -> Iterator[Waste]:
    for path in sorted((home.runs / "pictures").glob("*.png")):
        if str(path.relative_to(home.root)) not in shown:
            yield _waste(path, "a copy that no record shows")


def _temporary(home: Home) -> Iterator[Path]:
    """Files that a killed `replacing` left; those of the running are younger than a day."""
    import time

    day = 24 * 3600.0
    for root in (home.results, home.runs, home.root / "running"):
        for path in root.rglob(".*.json.*") if root.is_dir() else ():
            if path.is_file() and time.time() - path.stat().st_mtime > day:
                yield path


def _waste(path: Path, why: str) -> Waste:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return Waste(path=path, size=sum(file.stat().st_size for file in files), why=why)


def _stopped(run: Going) -> Waste:
    when = f"{run.began:%Y-%m-%d %H:%M} UTC"
    return replace(_waste(run.path, f"a run of {when} that was killed: {run.command}"), run=True)


def remove(found: list[Waste]) -> list[Waste]:
    """Remove it; returns what went, without runs that have begun again."""
    return [waste for waste in found if _removed(waste)]


def _removed(waste: Waste) -> bool:
    if waste.run:
        return forget(waste.path)
    if waste.path.is_dir():
        shutil.rmtree(waste.path)
    else:
        waste.path.unlink(missing_ok=True)
    return True
