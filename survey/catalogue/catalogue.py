"""Open the catalogue: a SQLite file under the home, or whatever $ATLAS_CATALOGUE names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from data.errors import AtlasError, UsageProblem
from data.files import lock, writing
from data.paths import Home
from survey.catalogue import tables

__all__ = ["Catalogue", "meta_value", "open_catalogue", "set_meta"]

SCHEMA = 1
Migration = Callable[[Connection], None]
# A migration takes the catalogue from its place in the list (from 1) to the next version.
MIGRATIONS: tuple[Migration, ...] = ()

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
        with self._guard(), self.engine.connect() as connection:
            if self.sqlite:
                # Without it, each SELECT would see the latest state.
                connection.exec_driver_sql("BEGIN")
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises."""
        with self._guard(), self.engine.begin() as connection:
            if self.sqlite:
                # Takes the write lock first: a reader that turns writer could fail half-way.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def value(self, name: str, default: str = "") -> str:
        """A value of the `meta` table."""
        with self.read() as connection:
            return meta_value(connection, name, default)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as problem:
            raise _told(self, problem) from problem


def _engine(url: str | URL) -> Engine:
    # SQLite keeps its file open; a server's connections are given back when they are done with.
    if make_url(url).get_backend_name() == "sqlite":
        return create_engine(url)
    return create_engine(url, poolclass=NullPool)


def meta_value(connection: Connection, name: str, default: str = "") -> str:
    """A value of the `meta` table inside a transaction."""
    query = select(tables.meta.c.value).where(tables.meta.c.name == name)
    found = connection.execute(query).scalar()
    return default if found is None else str(found)


def set_meta(connection: Connection, name: str, value: str) -> None:
    """Set a value of the `meta` table inside a transaction."""
    changed = connection.execute(
        update(tables.meta).where(tables.meta.c.name == name).values(value=value)
    )
    if not changed.rowcount:
        connection.execute(insert(tables.meta).values(name=name, value=value))


def open_catalogue(home: Home, *, create: bool = True, read_only: bool = False) -> Catalogue:
    """The catalogue of a home, brought to the newest schema.

    With `create=False` a missing one is a UsageProblem that names the command which makes it.
    """
    url = os.environ.get("ATLAS_CATALOGUE", "").strip()
    path = None if url else home.catalogue
    if path is not None and not create and not path.is_file():
        raise UsageProblem(
            f"there is no catalogue at {path}",
            hint="survey fetch --cites 1703.10593, or the bundled one: survey sample",
        )
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
    if found == SCHEMA:
        return
    if catalogue.read_only and found < SCHEMA:
        raise AtlasError(
            "the catalogue is of an older version, and was opened for reading only",
            hint="bring it up to date: survey stats",
        )
    _refuse_newer(found)
    _prepare(catalogue, home)


def _schema(catalogue: Catalogue) -> int:
    """The schema that is there, 0 for none; found without waiting for any writer."""
    if catalogue.path is not None and not catalogue.path.is_file():
        return 0
    with catalogue.read() as connection:
        if not inspect(connection).has_table("meta"):
            return 0
        return int(meta_value(connection, "schema", "0"))


def _file(path: Path, read_only: bool) -> URL:
    # Not written as text: a folder may have a question mark in its name.
    if not read_only:
        return URL.create("sqlite", database=str(path))
    query = {"mode": "ro", "uri": "true"}
    return URL.create("sqlite", database=f"file:{quote(str(path))}", query=query)


def _driver(url: str) -> str:
    # The driver that the `postgres` extra brings.
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _prepare(catalogue: Catalogue, home: Home) -> None:
    if catalogue.path is not None:
        home.ready()
        with writing(catalogue.path):
            catalogue.path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may find an empty file at the same time.
    with lock(home.root / "catalogue"), catalogue.write() as connection:
        if not inspect(connection).has_table("meta"):
            tables.metadata.create_all(connection)
            set_meta(connection, "schema", str(SCHEMA))
        if catalogue.sqlite:
            connection.execute(text(FULL_TEXT))
        _migrate(connection)


def _migrate(connection: Connection) -> None:
    found = int(meta_value(connection, "schema", str(SCHEMA)))
    _refuse_newer(found)
    for version in range(found, SCHEMA):
        MIGRATIONS[version - 1](connection)
    if found < SCHEMA:
        set_meta(connection, "schema", str(SCHEMA))


def _refuse_newer(found: int) -> None:
    if found > SCHEMA:
        raise AtlasError(
            f"the catalogue has schema {found}, and this version knows up to {SCHEMA}",
            hint="install a newer i2i-atlas, or use another --home",
        )


def _pragmas(read_only: bool) -> Callable[[Any, Any], None]:
    def prepare(raw: Any, _: Any) -> None:
        raw.execute("PRAGMA busy_timeout = 60000")
        if not read_only:
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = NORMAL")

    return prepare


def _told(catalogue: Catalogue, problem: SQLAlchemyError) -> AtlasError:
    where = catalogue.path or catalogue.engine.url.render_as_string(hide_password=True)
    reason = str(getattr(problem, "orig", None) or problem).splitlines()[0]
    if "full" in reason:
        return AtlasError(
            f"no space left to write {where}",
            hint="free some; what was written stays, and the same command goes on",
        )
    if isinstance(problem, DatabaseError) and ("malformed" in reason or "not a database" in reason):
        return AtlasError(
            f"{where} is damaged: {reason}", hint=f"move it away and fetch again: mv {where} /tmp"
        )
    if isinstance(problem, OperationalError):
        return AtlasError(f"{where} cannot be used: {reason}", hint="choose another --home DIR")
    return AtlasError(f"the catalogue {where} failed: {reason}")
