"""The catalogue of papers, opened for reading: the home's, or the bundled sample where it has none.

Nothing here waits for a writer: SQLite's readers see the last finished transaction.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from sqlalchemy import URL, Connection, func, select

from data.errors import AtlasError
from data.paths import Home, find_home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue, meta_value, open_catalogue
from survey.catalogue.schema import SCHEMA, schema_of
from survey.derive import ready
from survey.sample.load import load as load_sample

__all__ = [
    "FETCH",
    "Source",
    "Stamp",
    "decided",
    "reading",
    "remove_samples",
    "source",
    "stamp",
    "writable",
]

FETCH = "survey fetch --cites 1703.10593 --cites 1611.07004"  # fills the catalogue

Stamp = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where papers are read: `sample` where the home has no catalogue, which nobody can change."""

    catalogue: Catalogue
    sample: bool


def source() -> Source:
    """The catalogue to show; AtlasError for a damaged one and one of another schema."""
    home = find_home()
    named = os.environ.get("ATLAS_CATALOGUE", "").strip()
    if not named and not home.catalogue.is_file():
        return Source(_sample().catalogue, sample=True)
    about = None if named else home.catalogue.stat()
    # A file that took the place of another is opened anew.
    return Source(_opened(str(home.root), named, about.st_ino if about else 0), sample=False)


@contextmanager
def reading() -> Iterator[tuple[Connection, Source]]:
    """One consistent state of the papers, as they were derived last."""
    found = source()
    with found.catalogue.read() as connection:
        yield connection, found


@contextmanager
def writable() -> Iterator[Connection]:
    """A transaction on the home's catalogue, for decisions; AtlasError where there is none."""
    catalogue = open_catalogue(find_home(), create=False)
    try:
        with catalogue.write() as connection:
            yield connection
    finally:
        catalogue.close()


def stamp(connection: Connection) -> Stamp:
    """What changes when papers or the state of code do; a crawl and a decision change nothing.

    The database's address is in it, so that one home's answers are never another's.
    """
    query = select(func.count(), func.max(t.repository.c.checked)).select_from(t.repository)
    return (
        connection.engine.url.render_as_string(),
        meta_value(connection, "derived"),
        str(tuple(connection.execute(query).one())),
    )


def decided(connection: Connection) -> Stamp:
    """The same, and what changes with every decision."""
    last = connection.execute(select(func.max(t.event.c.n))).scalar()
    return (*stamp(connection), str(last))


@st.cache_resource(show_spinner=False, max_entries=4, on_release=Catalogue.close)
def _opened(root: str, named: str, inode: int) -> Catalogue:
    home = Home(Path(root))
    try:
        return open_catalogue(home, create=False, read_only=True)
    except AtlasError:
        if named or os.access(root, os.W_OK):
            raise
        return _frozen(home)


def _frozen(home: Home) -> Catalogue:
    """On a disk that cannot be written, where SQLite cannot make the files of its log."""
    address = home.catalogue.absolute().as_uri()
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    url = URL.create("sqlite", database=address, query=query)
    catalogue = Catalogue(url, home.catalogue, read_only=True, home=home)
    try:
        with catalogue.read() as connection:
            if schema_of(connection) != SCHEMA:
                raise AtlasError(f"{home.catalogue} is of another version, on a read-only disk")
    except BaseException:
        catalogue.close()
        raise
    return catalogue


class _Sample:
    """The bundled papers in a folder that goes when the process does."""

    def __init__(self) -> None:
        self.folder = TemporaryDirectory(prefix="i2i-atlas-sample-")
        home = Home(Path(self.folder.name))
        made = open_catalogue(_unnamed(home))
        load_sample(made)
        made.close()
        ready(home).close()
        self.catalogue = open_catalogue(home, create=False, read_only=True)
        _samples.append(self)


_samples: list[_Sample] = []


def remove_samples() -> None:
    """Remove the folders of the bundled papers: a server that is told to end leaves no time for
    Python to do so."""
    _sample.clear()
    while _samples:
        sample = _samples.pop()
        sample.catalogue.close()
        sample.folder.cleanup()


def _unnamed(home: Home) -> Home:
    assert not os.environ.get("ATLAS_CATALOGUE", "").strip()  # else it would be filled
    return home


@st.cache_resource(show_spinner="Reading the bundled papers")
def _sample() -> _Sample:
    return _Sample()
