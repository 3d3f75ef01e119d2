"""Features by extractor and by content of the picture: no picture is looked at twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.console import warn
from data.files import lock, write_text, writing

__all__ = ["FeatureStore", "Layers"]

Layers = dict[str, NDArray[np.float32]]

SCHEMA = 1
NAME, SUM = 32, 16  # bytes of an entry of the index: which picture, and a checksum of its row


class FeatureStore:
    """A folder with a table for every extractor; several processes may read and write at once.

    Tables are keyed by Found.key (extractor, version, weights, policy) and rows by the sha256 of
    the pixels, so sources, references and outputs share them and names, order and batches play
    no part. A table that was cut short or damaged is used as far as it is whole; what is lost is
    said, and made again by whoever asks for it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tables: dict[str, _Table] = {}
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def get(self, extractor: str, pictures: Sequence[str]) -> dict[str, Layers]:
        """The layers of those pictures that are known, by digest."""
        table = self._table(extractor)
        table.refresh()
        found = {picture: table.row(picture) for picture in pictures}
        return {picture: layers for picture, layers in found.items() if layers is not None}

    def put(self, extractor: str, rows: Mapping[str, Layers]) -> None:
        """Add pictures at once; those that are known stay. ValueError for rows of other layers."""
        if rows:
            self._table(extractor).append(rows)

    def close(self) -> None:
        """Let go of the files."""
        self._tables.clear()

    def _table(self, extractor: str) -> _Table:
        if extractor not in self._tables:
            name = hashlib.sha256(extractor.encode()).hexdigest()[:24]
            self._tables[extractor] = _Table(self.folder / name, extractor)
        return self._tables[extractor]


@dataclass(slots=True)
class _Table:
    """float32 rows [n,d] in one file a layer, mapped into memory, and an index of their names.

    A row counts once the index has it, and the index is written last: a process that dies
    in between leaves nothing that anybody would read.
    """

    folder: Path
    extractor: str
    layers: dict[str, int] = field(default_factory=dict)  # dimensions by name
    places: dict[bytes, int] = field(default_factory=dict)  # of the last whole row of a picture
    sums: list[bytes] = field(default_factory=list)
    maps: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    damaged: set[int] = field(default_factory=set)
    seen: int = -1  # bytes of the index when it was read

    @property
    def index(self) -> Path:
        return self.folder / "index.bin"

    def path(self, layer: str) -> Path:
        return self.folder / f"{layer}.f32"

    def refresh(self) -> None:
        """Read the index again if it changed."""
        size = self.index.stat().st_size if self.index.is_file() else 0
        if size == self.seen:
            return
        self._forget()
        self.seen = size
        if size and self._is_ours():
            self._read()

    def _forget(self) -> None:
        self.layers, self.places, self.sums, self.maps = {}, {}, [], {}

    def _is_ours(self) -> bool:
        try:
            about = json.loads((self.folder / "about.json").read_text(encoding="utf-8"))
            if about["schema"] != SCHEMA or about["extractor"] != self.extractor:
                raise ValueError(f"it holds those of {about['extractor']}")
            self.layers = {str(name): int(size) for name, size in about["layers"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            warn(f"features in {self.folder} are not used ({problem}): made again")
            return False
        return bool(self.layers)

    def _read(self) -> None:
        entries = self.index.read_bytes()
        named = len(entries) // (NAME + SUM)
        whole = min([named, *(_size(self.path(k)) // (4 * d) for k, d in self.layers.items())])
        if whole < named:
            warn(f"features in {self.folder} are cut short: {named - whole} rows are made again")
        for row in range(whole):
            start = row * (NAME + SUM)
            if row not in self.damaged:
                self.places[entries[start : start + NAME]] = row
            self.sums.append(entries[start + NAME : start + NAME + SUM])
        if whole:
            self.maps = {
                name: np.memmap(self.path(name), np.dtype("<f4"), "r", shape=(whole, size))
                for name, size in self.layers.items()
            }

    def row(self, picture: str) -> Layers | None:
        """A copy of a picture's row; None where there is none, or none that is whole."""
        place = self.places.get(_name(picture))
        if place is None:
            return None
        found = {name: np.array(rows[place]) for name, rows in self.maps.items()}
        if _checksum(found) != self.sums[place]:
            warn(f"a row of features in {self.folder} is damaged: made again")
            self.damaged.add(place)
            del self.places[_name(picture)]
            return None
        return found

    def append(self, rows: Mapping[str, Layers]) -> None:
        """Write the rows that are not there, data first, over whatever is not whole."""
        with lock(self.folder / "table"), writing(self.folder):
            self.refresh()
            if not self.layers:
                self._begin(next(iter(rows.values())))
            if any(row.keys() != self.layers.keys() for row in rows.values()):
                raise ValueError(f"{self.extractor} gives {sorted(self.layers)}")
            new = {k: v for k, v in rows.items() if _name(k) not in self.places}
            for name, size in self.layers.items():
                data = b"".join(_bytes(row[name]) for row in new.values())
                _extend(self.path(name), len(self.sums) * 4 * size, data)
            entries = b"".join(_name(k) + _checksum(v) for k, v in new.items())
            _extend(self.index, len(self.sums) * (NAME + SUM), entries)

    def _begin(self, row: Layers) -> None:
        self.layers = {name: len(values) for name, values in row.items()}
        about = {"schema": SCHEMA, "extractor": self.extractor, "layers": self.layers}
        write_text(self.folder / "about.json", json.dumps(about, indent=1))


def _name(picture: str) -> bytes:
    return hashlib.sha256(picture.encode()).digest()


def _bytes(values: NDArray[np.float32]) -> bytes:
    return values.astype("<f4").tobytes()


def _checksum(row: Layers) -> bytes:
    total = hashlib.blake2b(digest_size=SUM)
    for name in sorted(row):
        total.update(_bytes(row[name]))
    return total.digest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _extend(path: Path, start: int, data: bytes) -> None:
    """Put data at a place in a file, which ends there."""
    with path.open("r+b" if path.is_file() else "w+b") as file:
        file.truncate(start)
        file.seek(start)
        file.write(data)
