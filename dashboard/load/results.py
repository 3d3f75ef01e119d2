"""The reader of records: data sets, their tables, and the pictures that records name.

A file is parsed once for each version of it (path, time of change, size, inode), or taken from the
index that `bench` keeps where that has this version. What is kept in memory has no list of
pictures, which is most of a record, and is read again for the model that is looked at.
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
from bench.store.index import indexed
from data.errors import AtlasError
from data.paths import PUBLISHED, find_home

__all__ = [
    "Board",
    "Stamp",
    "Unreadable",
    "board",
    "boards",
    "datasets",
    "kept_records",
    "pictures_of",
    "whole",
]

Version = tuple[str, int, int, int]  # path, time of change in ns, bytes, inode
Stamp = tuple[Version, ...]
FEW = 20  # files: fewer are read faster than an index is


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
    """What changes when a record of the data set does: every file, its time, size and inode."""
    return tuple(seen for folder in folders() for seen in sorted(_stamps(folder / dataset)))


def _stamps(folder: Path) -> Iterator[Version]:
    for model in _entries(folder):
        if not model.is_dir():
            continue
        for entry in _entries(model.path):
            if entry.name.endswith(".json") and not entry.name.startswith("."):
                try:
                    about = entry.stat()
                except FileNotFoundError:  # taken away meanwhile
                    continue
                yield entry.path, about.st_mtime_ns, about.st_size, about.st_ino


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # not there, not a folder, or not ours to read: nothing is in it
        return []


def boards() -> Iterator[Board]:
    """Every data set that has records, as its files are now."""
    return map(board, datasets())


def board(dataset: str) -> Board:
    """The tables of a data set as its files are now; no tables for one that has no records."""
    at = folders()
    known = dataset in {entry.name for folder in at for entry in _entries(folder)}
    seen = stamp(dataset) if known else ()
    held = _boards.get((dataset, at))
    if held is None or held.seen != seen:
        held = _boards[dataset, at] = _made(dataset, at, seen, held.found if held else {})
    return held.board


@dataclass(frozen=True, slots=True)
class _Held:
    """The last version of a data set, and what its files are."""

    seen: Stamp
    board: Board
    found: Mapping[Version, Record | Unreadable]


_boards: dict[tuple[str, tuple[Path, ...]], _Held] = {}  # by data set and where its records are


def _made(
    dataset: str,
    at: tuple[Path, ...],
    seen: Stamp,
    former: Mapping[Version, Record | Unreadable],
) -> _Held:
    new = [version for version in seen if version not in former]
    listed = _listed(dataset, at, new) if len(new) > FEW else {}
    found = {v: former.get(v) or listed.get(v) or _read(v[0]) for v in seen}
    read = {v[0]: one for v, one in found.items() if isinstance(one, Record)}
    files = {one.id: Path(path) for path, one in read.items()}
    # Later folders win.
    own = {one.id: one for one in read.values()}
    made = tables(own.values(), _Kept(at, find_home()))
    unreadable = [one for one in found.values() if isinstance(one, Unreadable)]
    return _Held(seen, Board(dataset, made, files, unreadable), found)


def _listed(dataset: str, at: tuple[Path, ...], new: list[Version]) -> dict[Version, Record]:
    """Those files that the indexes of the data set know in the version that they have."""
    found: dict[Version, Record] = {}
    for part in (f"{folder / dataset}/" for folder in at):
        names = {v[0].removeprefix(part): v for v in new if v[0].startswith(part)}
        known = indexed(Path(part), {name: list(v[1:]) for name, v in names.items()})
        found |= {names[name]: record for name, record in known.items()}
    return found


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


def _read(path: str) -> Record | Unreadable:
    try:
        return replace(records.read(Path(path)), pictures=(), environment={})
    except (AtlasError, OSError) as problem:
        return Unreadable(Path(path), str(problem))


def kept_records(model: str) -> list[Record]:
    """Every record, without pictures, of a model `name` or `name.weights`, in all data sets."""
    found: dict[str, Record] = {}
    for one in boards():
        for table in one.tables:
            own = [row.record for row in table.rows] + table.failed
            found |= {r.id: r for r in own if r.model == model or r.model.split(".")[0] == model}
    return list(found.values())


def pictures_of(board: Board, record_id: str) -> tuple[Mapping[str, Any], ...]:
    """The pictures that a record names, read from its file; none for a record that is gone."""
    found = whole(board, record_id)
    return found.pictures if found else ()


def whole(board: Board, record_id: str) -> Record | None:
    """A record with its pictures and its environment, read from its file; None where it is gone."""
    path = board.files.get(record_id)
    try:
        about = path.stat() if path else None
    except OSError:
        about = None
    if path is None or about is None:
        return None
    return _whole(str(path), about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=64)
def _whole(path: str, changed: int, size: int) -> Record | None:
    try:
        return records.read(Path(path))
    except (AtlasError, OSError):
        return None
