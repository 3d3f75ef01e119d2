"""Open the catalogue: a SQLite file under the home, or whatever $ATLAS_CATALOGUE names."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from data.console import say
from data.errors import AtlasError, UsageProblem
from data.files import lock, writing
from data.paths import Home
from survey.catalogue import problems, schema, tables
from survey.catalogue.meta import meta_value, set_meta

__all__ = ["FULL_TEXT", "Catalogue", "meta_value", "open_catalogue", "set_meta"]

Value = TypeVar("Value")
MOMENT = 0.5  # seconds that SQLite itself waits; it hears no Ctrl-C meanwhile

# What fails reaches the person as an error; a Ctrl-C while a connection closes is none, and without
# any handler SQLAlchemy's log of it would be a traceback on stderr.
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())

# Full text, kept by survey.derive; PostgreSQL searches the table itself.
FULL_TEXT = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS paper_text USING fts5("
    "id UNINDEXED, title, abstract, authors, venue, tokenize = 'porter unicode61')"
)


class Catalogue:
    """The database; readers are never blocked by a crawl.

    `path` is the SQLite file, None for another database; `home` is where its other files are.
    With `read_only` nothing is made or changed.
    """

    def __init__(
        self, url: str | URL, path: Path | None, read_only: bool = False, home: Home | None = None
    ) -> None:
        self.path = path
        self.home = home
        self.read_only = read_only
        self.engine = _engine(url)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _pragmas(read_only))

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite (with FTS5) and not PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with self._guard(), self._connect() as connection:
            if self.sqlite:
                # Without it, each SELECT would see the latest state.
                connection.exec_driver_sql("BEGIN")
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises."""
        with self._guard(), self._connect() as connection, connection.begin():
            if self.sqlite:
                # Takes the write lock first: a reader that turns writer could fail half-way.
                self._patiently(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            yield connection

    def value(self, name: str, default: str = "") -> str:
        """A value of the `meta` table."""
        with self.read() as connection:
            return meta_value(connection, name, default)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _connect(self) -> Connection:
        return self._patiently(self.engine.connect)

    def _patiently(self, attempt: Callable[[], Value]) -> Value:
        """Try for a minute while another process holds the database, and say so."""
        began, waiting = time.monotonic(), False
        while True:
            try:
                return attempt()
            except (OperationalError, sqlite3.OperationalError) as problem:
                left = began + problems.PATIENCE - time.monotonic()
                if not problems.locked(problem) or left <= 0:
                    raise
                if not waiting:
                    say(f"another process is writing to {self.path}: waiting for it")
                waiting = True

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as problem:
            where = str(self.path or self.engine.url.render_as_string(hide_password=True))
            raise problems.told(where, self.path, problem) from problem


def _engine(url: str | URL) -> Engine:
    try:
        # SQLite keeps its file open; a server's connections are given back when done with.
        if make_url(url).get_backend_name() == "sqlite":
            return create_engine(url)
        return create_engine(url, poolclass=NullPool)
    except (ArgumentError, ImportError) as problem:
        kind = str(url).partition(":")[0]  # the rest may hold a password
        raise UsageProblem(
            f"ATLAS_CATALOGUE begins with '{kind}', which is no database that can be used here",
            hint="pip install 'i2i-atlas[postgres]'; export ATLAS_CATALOGUE=postgresql://HOST/NAME",
        ) from problem


def open_catalogue(home: Home, *, create: bool = True, read_only: bool = False) -> Catalogue:
    """The catalogue of a home, brought to the newest schema.

    With `create=False` a missing one is a UsageProblem that names the command which makes it. One
    that this person may not write to is opened for reading only.
    """
    url = os.environ.get("ATLAS_CATALOGUE", "").strip()
    path = None if url else home.catalogue
    if path is not None and not create and not path.is_file():
        raise UsageProblem(
            f"there is no catalogue at {path}",
            hint="survey fetch --cites 1703.10593, or the bundled one: survey sample",
        )
    # Somebody else's catalogue can be read, with what was made of it last.
    read_only = read_only or (path is not None and path.is_file() and not _may_write(path))
    address = _driver(url) if path is None else _file(path, read_only)
    catalogue = Catalogue(address, path, read_only, home)
    try:
        _bring_up(catalogue, home)
    except BaseException:
        catalogue.close()
        raise
    return catalogue


def _bring_up(catalogue: Catalogue, home: Home) -> None:
    found = _schema(catalogue)
    if found == schema.SCHEMA:
        return
    if catalogue.read_only:
        raise AtlasError(
            "the catalogue is of an older version, and was opened for reading only",
            hint="bring it up to date: survey stats",
        )
    _prepare(catalogue, home)


def _schema(catalogue: Catalogue) -> int | None:
    """The schema that is there, None for none; found without waiting for any writer."""
    if catalogue.path is not None and not catalogue.path.is_file():
        return None
    with catalogue.read() as connection:
        return schema.schema_of(connection)


def _file(path: Path, read_only: bool) -> URL:
    # Not written as text: a folder may have a question mark in its name.
    if not read_only:
        return URL.create("sqlite", database=str(path))
    query = {"mode": "ro", "uri": "true"}
    if not _may_write(path) and not path.with_name(f"{path.name}-wal").exists():
        query["immutable"] = "1"  # there is no place for the files that a reader shares
    return URL.create("sqlite", database=f"file:{quote(str(path))}", query=query)


def _may_write(path: Path) -> bool:
    """SQLite makes files of its own beside the database."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _driver(url: str) -> str:
    # The driver that the `postgres` extra brings.
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _prepare(catalogue: Catalogue, home: Home) -> None:
    """Make the tables, or bring them to the newest schema, in one transaction."""
    from survey.tsvector import index  # reads papers, which are read through this module

    if catalogue.path is not None:
        home.ready()
        with writing(catalogue.path):
            catalogue.path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may find an empty file, or an old one, at the same time.
    with lock(home.root / "catalogue"), catalogue.write() as connection:
        found = schema.schema_of(connection)
        if found is None:
            tables.metadata.create_all(connection)
            set_meta(connection, "schema", str(schema.SCHEMA))
            if catalogue.sqlite:
                connection.execute(text(FULL_TEXT))
        elif found < schema.SCHEMA:
            schema.migrate(connection, found, catalogue.path)
        index(connection)


def _pragmas(read_only: bool) -> Callable[[Any, Any], None]:
    def prepare(raw: Any, _: Any) -> None:
        raw.execute(f"PRAGMA busy_timeout = {MOMENT * 1000:.0f}")
        if not read_only:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = NORMAL")

    return prepare
