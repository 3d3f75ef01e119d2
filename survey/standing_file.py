"""Standings kept on disk: reading 100,000 papers takes seconds, reading their points does not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection, func, select

from data.paths import Home
from survey import arrays_file
from survey.arrays_file import pack, unpack
from survey.catalogue import tables as t
from survey.catalogue.meta import meta_value
from survey.profiles import Profile
from survey.standing import Standing, as_of, standings
from survey.zoo_models import zoo_models

__all__ = ["keep", "standing"]

VERSION = "1"  # changes when the same papers get other points
MANY = 2_000  # papers, from which on a standing is worth a file


def standing(
    connection: Connection, profile: Profile, home: Home | None, *, write: bool = True
) -> Standing:
    """The standing of all papers, from the file of the home where that holds.

    Another one is written there, unless `write` is off or the folder cannot be written to.
    """
    key = _key(connection, profile)
    found = None if home is None else _read(_path(home, profile), key, profile)
    if found is None:
        (found,) = standings(connection, [profile])
        if home is not None and write:
            _write(_path(home, profile), key, found)
    return found


def keep(
    connection: Connection,
    profiles: Sequence[Profile],
    home: Home,
    on_work: Callable[[int], None],
) -> None:
    """Write the standings that are missing or of another state, from one reading of the papers.

    Before that `on_work` is told how many papers there are.
    """
    keys = {profile.name: _key(connection, profile) for profile in profiles}
    due = [p for p in profiles if _read(_path(home, p), keys[p.name], p) is None]
    papers = _papers(connection)
    if not due or papers < MANY:
        return
    on_work(papers)
    for profile, found in zip(due, standings(connection, due), strict=True):
        _write(_path(home, profile), keys[profile.name], found)


def _papers(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(t.paper)).scalar_one())


def _path(home: Home, profile: Profile) -> Path:
    name = hashlib.sha256(profile.name.encode()).hexdigest()[:16]  # a person may write anything
    return home.root / "triage" / f"standing-{name}.npz"


def _key(connection: Connection, profile: Profile) -> str:
    """Of all that points follow from."""
    looked_up = connection.execute(
        select(func.count(), func.max(t.repository.c.checked)).select_from(t.repository)
    ).one()
    told = (
        VERSION,
        meta_value(connection, "derived"),
        tuple(looked_up),
        _papers(connection),
        as_of(connection),
        profile,
        sorted(zoo_models().items()),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _write(path: Path, key: str, found: Standing) -> None:
    if len(found.ids) >= MANY:
        ids = pack(found.ids)
        arrays_file.write(path, key, ids=ids, points=found.points, means=found.means)


def _read(path: Path, key: str, profile: Profile) -> Standing | None:
    """None for a file that is missing, damaged or of another state."""
    stored = arrays_file.read(path, key)
    if stored is None or not {"ids", "points", "means"} <= stored.keys():
        return None
    return Standing(
        terms=tuple(profile.weights),
        ids=unpack(stored["ids"]),
        points=stored["points"],
        means=stored["means"],
    )
