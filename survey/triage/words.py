"""The weighed words of all papers, kept on disk: reading them anew takes longer than anything."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import StorageProblem
from data.files import replacing
from survey.catalogue.bulk import chunks
from survey.catalogue.catalogue import Catalogue
from survey.catalogue.papers import chosen
from survey.triage.learner import Weighed, text_of, weigh

__all__ = ["words_of"]

VERSION = "1"  # changes with survey.triage.learner.weigh
MANY = 2_000  # papers, from which on they are worth a file
NAME = "words.npz"
PIECE = 500  # papers read at once


def words_of(catalogue: Catalogue, ids: Sequence[str]) -> Weighed:
    """Of each paper, in the order of `ids`; from the file of an earlier sitting where that holds.

    AtlasError without scikit-learn.
    """
    if catalogue.home is None or len(ids) < MANY:
        return weigh(_texts(catalogue, ids))
    path = catalogue.home.root / "triage" / NAME
    order = sorted(range(len(ids)), key=lambda row: ids[row])
    named = [ids[row] for row in order]
    key = _key(catalogue, named)
    found = _read(path, key)
    if found is None:
        found = weigh(_texts(catalogue, named))
        if found.matrix is not None:
            with suppress(StorageProblem):  # it can be made again
                _write(path, key, found)
    if found.matrix is None:
        return found
    rows = np.empty(len(order), dtype=np.intp)
    rows[order] = np.arange(len(order))
    return Weighed(found.matrix[rows], found.words)


def _texts(catalogue: Catalogue, ids: Sequence[str]) -> list[str]:
    with catalogue.read() as connection:
        pieces = (chosen(connection, some) for some in chunks(ids, PIECE))
        return [text_of(paper) for papers in pieces for paper in papers]


def _key(catalogue: Catalogue, ids: Sequence[str]) -> str:
    """Of all that the words follow from: papers as they were derived, and how words are weighed."""
    import sklearn

    told = "\n".join([VERSION, sklearn.__version__, catalogue.value("derived"), *ids])
    return hashlib.sha256(told.encode()).hexdigest()


def _write(path: Path, key: str, found: Weighed) -> None:
    matrix = found.matrix
    parts = {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
    words = np.frombuffer("\n".join(found.words).encode(), dtype=np.uint8)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, key=np.array(key), words=words, **parts)


def _read(path: Path, key: str) -> Weighed | None:
    """None for a file that is missing, damaged or of another state."""
    from scipy.sparse import csr_matrix

    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            words: Any = np.array(stored["words"].tobytes().decode().split("\n"), dtype=object)
            parts = (stored["data"], stored["indices"], stored["indptr"])
            shape = (len(parts[2]) - 1, len(words))
            return Weighed(csr_matrix(parts, shape=shape), words)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
