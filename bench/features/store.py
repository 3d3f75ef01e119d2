"""Features by extractor and by content of the picture: no picture is looked at twice."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import AtlasError, StorageProblem
from data.files import lock

__all__ = ["FeatureStore", "Layers"]

Layers = dict[str, NDArray[np.float32]]

SCHEMA = """
CREATE TABLE IF NOT EXISTS features (
    extractor TEXT NOT NULL,
    picture TEXT NOT NULL,
    layers BLOB NOT NULL,
    PRIMARY KEY (extractor, picture)
) STRICT, WITHOUT ROWID
"""
CHUNK = 500  # under SQLite's limit of parameters


class FeatureStore:
    """A SQLite file in WAL mode; several processes may read and write it at once.

    Rows are keyed by Found.key (extractor, version, weights, policy) and by the sha256 of the
    pixels, so sources, references and outputs share it and names, order and batches play no part.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Going over to WAL does not wait for another process that is just doing the same.
        with lock(path), self._guard():
            self.base = sqlite3.connect(path, timeout=60, check_same_thread=False)
            self.base.execute("PRAGMA journal_mode=WAL")
            self.base.execute("PRAGMA synchronous=NORMAL")
            self.base.execute(SCHEMA)
            self.base.commit()

    def get(self, extractor: str, pictures: Sequence[str]) -> dict[str, Layers]:
        """The layers of those pictures that are known, by digest."""
        found: dict[str, Layers] = {}
        with self._guard():
            for start in range(0, len(pictures), CHUNK):
                part = list(pictures[start : start + CHUNK])
                marks = ",".join("?" * len(part))
                query = f"SELECT picture, layers FROM features WHERE extractor = ? AND picture IN ({marks})"  # noqa: S608, E501 (marks are question marks)
                rows = self.base.execute(query, [extractor, *part])
                found |= {picture: _unpack(blob) for picture, blob in rows}
        return found

    def put(self, extractor: str, rows: Mapping[str, Layers]) -> None:
        """Add pictures in one transaction; those that are known stay."""
        with self._guard(), self.base:
            self.base.executemany(
                "INSERT OR IGNORE INTO features VALUES (?, ?, ?)",
                [(extractor, picture, _pack(layers)) for picture, layers in rows.items()],
            )

    def close(self) -> None:
        """Close the file."""
        self.base.close()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, ValueError, EOFError) as problem:
            if "full" in str(problem):
                raise StorageProblem(
                    f"no space left to write {self.path}",
                    hint="free some; the same command goes on",
                ) from problem
            raise AtlasError(
                f"the feature store {self.path} cannot be used: {problem}",
                hint=f"it can be made again: rm {self.path}*",
            ) from problem


def _pack(layers: Layers) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **layers)
    return buffer.getvalue()


def _unpack(blob: bytes) -> Layers:
    with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
