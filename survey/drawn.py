"""What charts of papers are drawn from, of all papers at once: who cites whom, and topics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from data.paths import Home
from survey import arrays_file
from survey.arrays_file import pack, unpack
from survey.catalogue import tables as t
from survey.catalogue.meta import meta_value
from survey.catalogue.papers import ORDERS
from survey.works import works

__all__ = ["Drawn", "drawn", "keep"]

VERSION = "1"  # changes when the same papers give other arrays
MANY = 2_000  # papers, from which on they are worth a file
NAME = "drawn.npz"
Pairs = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Of N papers, each known by its place among them."""

    cites: Pairs  # [C, 2] citing and cited, two papers, sorted, each pair once
    topics: tuple[str, ...]
    of: Pairs  # [T, 2] a paper and the place of one of its topics in `topics`, by paper


def drawn(connection: Connection, ids: Sequence[str], home: Home | None) -> Drawn:
    """Of all papers, in the order of `ids`; from the file of the home where that holds."""
    stored = None if home is None else _read(home, _key(connection, ids))
    return stored or _made(connection, ids)


def keep(connection: Connection, home: Home) -> None:
    """Write the arrays of all papers, the most cited first, unless they are there."""
    if int(connection.execute(select(func.count()).select_from(t.paper)).scalar_one()) < MANY:
        return
    query = select(t.paper.c.id).order_by(*ORDERS["citations"])
    ids = [str(name) for name in connection.execute(query).scalars()]
    key = _key(connection, ids)
    if _read(home, key) is None:
        made = _made(connection, ids)
        topics = pack(made.topics)
        arrays_file.write(_path(home), key, cites=made.cites, topics=topics, of=made.of)


def _path(home: Home) -> Path:
    return home.root / "triage" / NAME


def _key(connection: Connection, ids: Sequence[str]) -> str:
    """Of all that the arrays follow from."""
    told = "\n".join([VERSION, meta_value(connection, "derived"), *ids])
    return hashlib.sha256(told.encode()).hexdigest()


def _read(home: Home, key: str) -> Drawn | None:
    """None for a file that is missing, damaged or of another state."""
    stored = arrays_file.read(_path(home), key)
    if stored is None or not {"cites", "topics", "of"} <= stored.keys():
        return None
    return Drawn(stored["cites"], unpack(stored["topics"]), stored["of"])


def _made(connection: Connection, ids: Sequence[str]) -> Drawn:
    places = {name: place for place, name in enumerate(ids)}
    cites = _sorted([*_references(connection, places), *_seeds(connection, places)], len(ids))
    rows = [tuple(row) for row in connection.execute(select(t.topic.c.paper, t.topic.c.topic))]
    topics = tuple(sorted({name for _, name in rows}))
    numbers = {name: number for number, name in enumerate(topics)}
    of = [(places[paper], numbers[name]) for paper, name in rows if paper in places]
    return Drawn(cites, topics, _sorted(of, max(len(topics), 1)))


def _references(connection: Connection, places: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """As OpenAlex's lists of references say."""
    named = {number: places.get(paper) for number, paper in works(connection).items()}
    query = select(t.reference.c.paper, t.reference.c.work)
    for paper, work in connection.execute(query):
        citing, cited = places.get(paper), named.get(work)
        if citing is not None and cited is not None and citing != cited:
            yield citing, cited


def _seeds(connection: Connection, places: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Who cites a seed; known where lists of references are not."""
    listed = lru_cache(maxsize=None)(json.loads)  # few different ones
    for paper, text in connection.execute(select(t.paper.c.id, t.paper.c.seeds)):
        citing = places.get(paper)
        for seed in listed(text):
            cited = places.get(seed)
            if citing is not None and cited is not None and citing != cited:
                yield citing, cited


def _sorted(pairs: Iterable[tuple[int, int]], below: int) -> Pairs:
    """Each once; the second of a pair is smaller than `below`."""
    flat = np.array([first * below + second for first, second in pairs], dtype=np.int64)
    first, second = np.divmod(np.unique(flat), below or 1)
    return np.stack([first, second], axis=1).astype(np.int32)
