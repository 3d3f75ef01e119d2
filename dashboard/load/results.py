"""The reader of records: data sets, their tables, and the pictures that records name.

Files are parsed once for each version of them (path, time of change, size); what is kept in memory
has no list of pictures, which is most of a record, and is read again for the model that is looked
at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench import records
from bench.compare.kept import Kept
from bench.leaderboard import Table, tables
from bench.records import Record
from data.errors import AtlasError
from data.paths import PUBLISHED, find_home

__all__ = ["Board", "Stamp", "Unreadable", "board", "datasets", "kept_records", "pictures_of"]

Stamp = tuple[tuple[str, int, int], ...]  # path, time of change in ns, bytes
KEPT = 20_000  # records in memory, about 10 kB each


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no record, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Board:
    """The tables of one data set, the file of each record, and files that are no records."""

    dataset: str
    tables: list[Table]
    files: Mapping[str, Path]  # by record id
    unreadable: list[Unreadable]


def folders() -> tuple[Path, ...]:
    """Where records are: the project's own, then the home's, which win."""
    return (PUBLISHED, find_home().results)


def datasets() -> list[str]:
    """The data sets that have records, by the names of their folders."""
    found = {entry.name for folder in folders() for entry in _entries(folder) if entry.is_dir()}
    return sorted(name for name in found if any(_any(folder / name) for folder in folders()))


def _any(folder: Path) -> bool:
    return next(_stamps(folder), None) is not None


def stamp(dataset: str) -> Stamp:
    """What changes when a record of the data set does: every file, its time and its size."""
    return tuple(seen for folder in folders() for seen in sorted(_stamps(folder / dataset)))


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    for model in _entries(folder):
        if not model.is_dir():
            continue
        for entry in _entries(model.path):
            if entry.name.endswith(".json") and not entry.name.startswith("."):
                try:
                    about = entry.stat()
                except FileNotFoundError:  # taken away meanwhile
                    continue
                yield entry.path, about.st_mtime_ns, about.st_size


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # not there, not a folder, or not ours to read: nothing is in it
        return []


def board(dataset: str) -> Board:
    """The tables of a data set as its files are now; no tables for one that has no records."""
    known = dataset in {entry.name for folder in folders() for entry in _entries(folder)}
    return _board(dataset, stamp(dataset) if known else ())


@lru_cache(maxsize=32)
def _board(dataset: str, seen: Stamp) -> Board:
    found: dict[str, Record] = {}
    files: dict[str, Path] = {}
    unreadable = []
    for path, changed, size in seen:
        read = _read(path, changed, size)
        if isinstance(read, Unreadable):
            unreadable.append(read)
            continue
        found[read.id] = read
        files[read.id] = Path(path)
    return Board(dataset, tables(found.values(), _Kept(folders(), find_home())), files, unreadable)


class _Kept(Kept):
    """What `bench` keeps of records, for reading only: differences are paired where it has them."""

    def features(self, record: Record, metric: str) -> None:
        """Nothing: what follows from features would be written."""
        return

    def pictures(self, record: Record) -> tuple[Mapping[str, Any], ...]:
        """The pictures of a record; none where an entry is not what `bench` writes."""
        try:
            rows = super().pictures(record)
        except (AtlasError, KeyError, OSError):
            return ()
        return rows if all(isinstance(row.get("scores") or {}, Mapping) for row in rows) else ()


@lru_cache(maxsize=KEPT)
def _read(path: str, changed: int, size: int) -> Record | Unreadable:
    try:
        return replace(records.read(Path(path)), pictures=())
    except (AtlasError, OSError) as problem:
        return Unreadable(Path(path), str(problem))


def kept_records(model: str) -> list[Record]:
    """Every record, without pictures, of a model `name` or `name.weights`, in all data sets."""
    found: dict[str, Record] = {}
    for dataset in datasets():
        for table in board(dataset).tables:
            own = [row.record for row in table.rows] + table.failed
            found |= {r.id: r for r in own if r.model == model or r.model.split(".")[0] == model}
    return list(found.values())


def pictures_of(board: Board, record_id: str) -> tuple[Mapping[str, Any], ...]:
    """The pictures that a record names, read from its file; none for a record that is gone."""
    path = board.files.get(record_id)
    try:
        about = path.stat() if path else None
    except OSError:
        about = None
    if path is None or about is None:
        return ()
    return _pictures(str(path), about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _pictures(path: str, changed: int, size: int) -> tuple[Mapping[str, Any], ...]:
    try:
        return records.read(Path(path)).pictures
    except (AtlasError, OSError):
        return ()
