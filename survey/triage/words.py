"""The weighed words of all papers, kept on disk: reading them anew takes longer than anything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey import arrays_file
from survey.arrays_file import pack, unpack
from survey.catalogue.bulk import chunks
from survey.catalogue.catalogue import Catalogue
from survey.catalogue.papers import chosen
from survey.triage.learner import Weighed, missing, text_of, weigh

__all__ = ["NAME", "words_of"]

VERSION = "1"  # changes with survey.triage.learner.weigh
MANY = 2_000  # papers, from which on they are worth a file
NAME = "words.npz"
PIECE = 500  # papers read at once


def words_of(catalogue: Catalogue, ids: Sequence[str]) -> Weighed:
    """Of each paper of `ids`; from the file of an earlier sitting where that holds.

    AtlasError without scikit-learn.
    """
    if catalogue.home is None or len(ids) < MANY:
        return weigh(_texts(catalogue, ids))
    path = catalogue.home.root / "triage" / NAME
    rows, named = _sorted(tuple(ids))
    key = _key(catalogue, named)
    found = _read(path, key, _changed(path))
    if found is None:
        found = weigh(_texts(catalogue, sorted(ids)))
        if found.matrix is not None:
            _write(path, key, found)
    return Weighed(found.matrix, found.words, rows)


@lru_cache(maxsize=2)  # every sitting by the same profile has the same order
def _sorted(ids: tuple[str, ...]) -> tuple[NDArray[np.intp], str]:
    """The row of each paper among all of them by id, and these in one text."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rows = np.empty(len(order), dtype=np.intp)
    rows[order] = np.arange(len(order))
    return rows, "\n".join(ids[row] for row in order)


def _texts(catalogue: Catalogue, ids: Sequence[str]) -> list[str]:
    with catalogue.read() as connection:
        pieces = (chosen(connection, some) for some in chunks(ids, PIECE))
        return [text_of(paper) for papers in pieces for paper in papers]


def _key(catalogue: Catalogue, named: str) -> str:
    """Of all that the words follow from: papers as they were derived, and how words are weighed."""
    try:
        weigher = version("scikit-learn")  # importing it takes a second
    except PackageNotFoundError as problem:
        raise missing() from problem
    told = "\n".join([VERSION, weigher, catalogue.value("derived"), named])
    return hashlib.sha256(told.encode()).hexdigest()


def _write(path: Path, key: str, found: Weighed) -> None:
    matrix = found.matrix
    parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
    arrays_file.write(path, key, words=pack(found.words), **parts)


def _changed(path: Path) -> int:
    """When the file was written, in ns; 0 where there is none."""
    with suppress(OSError):
        return path.stat().st_mtime_ns
    return 0


@lru_cache(maxsize=1)  # another sitting of the same program has the same words
def _read(path: Path, key: str, changed: int) -> Weighed | None:
    """None for a file that is missing, damaged or of another state."""
    from scipy.sparse import csr_matrix

    stored = arrays_file.read(path, key)
    try:
        if stored is None:
            return None
        words: Any = unpack(stored["words"])
        parts = (stored["data"], stored["indices"], stored["indptr"])
        return Weighed(csr_matrix(parts, shape=(len(parts[2]) - 1, len(words))), words)
    except (KeyError, ValueError):  # of another program
        return None
