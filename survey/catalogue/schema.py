"""Versions of the catalogue's tables: an older one is migrated, a newer one is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect

from data.console import say
from data.errors import AtlasError
from data.files import replacing
from survey.catalogue import tables
from survey.catalogue.meta import meta_value, set_meta

__all__ = ["MIGRATIONS", "SCHEMA", "Migration", "backup_of", "migrate", "schema_of"]

SCHEMA = 2  # of survey.catalogue.tables
Migration = Callable[[Connection], None]


def _remake_papers(connection: Connection) -> None:
    """Papers have places from schema 2 on, and wider indexes; the next command makes them anew."""
    tables.paper.drop(connection)
    tables.paper.create(connection)
    connection.exec_driver_sql("DROP INDEX IF EXISTS topic_topic")
    next(i for i in tables.topic.indexes if i.name == "topic_topic").create(connection)
    set_meta(connection, "derived", "")


# The one under N takes the catalogue from schema N to N + 1. Whoever changes tables.py raises
# SCHEMA, and adds one here that does the same to tables with rows in them: ALTER TABLE and UPDATE
# through `connection`, no commit. What is derived is best deleted and made anew.
MIGRATIONS: dict[int, Migration] = {1: _remake_papers}


def schema_of(connection: Connection) -> int | None:
    """The schema that is there, None where there are no tables yet.

    Raises AtlasError for a database of another program, and for a schema newer than SCHEMA.
    """
    names = inspect(connection).get_table_names()
    # A PostgreSQL database may have tables of others beside ours.
    if "meta" not in names and (not names or connection.dialect.name != "sqlite"):
        return None
    found = meta_value(connection, "schema") if "meta" in names else ""
    if not found.isdecimal():
        raise AtlasError(
            "the database is of another program: it has tables, and no schema of a catalogue",
            hint="use another folder: --home DIR",
        )
    if int(found) > SCHEMA:
        raise AtlasError(
            f"the catalogue has schema {found}, and this version knows up to {SCHEMA}",
            hint="install a newer i2i-atlas, or use another --home",
        )
    return int(found)


def migrate(connection: Connection, found: int, path: Path | None) -> None:
    """Take the tables from schema `found` to SCHEMA, all steps or none.

    `connection` holds the write lock. Before anything is changed, the SQLite file at `path` is
    copied beside it as `backup_of` names it; a server's backups are its own. Raises AtlasError
    where a step is missing, StorageProblem where there is no room for the copy.
    """
    steps = range(found, SCHEMA)
    if missing := [step for step in steps if step not in MIGRATIONS]:
        raise AtlasError(
            f"the catalogue has schema {found}, and this version cannot read it: there is no way "
            f"from schema {missing[0]}",
            hint="install the version that wrote it, or use another --home",
        )
    if path is not None:
        _copy(path, backup_of(path, found))
        say(f"bringing the catalogue to schema {SCHEMA}; as it was: {backup_of(path, found)}")
    for step in steps:
        MIGRATIONS[step](connection)
    set_meta(connection, "schema", str(SCHEMA))


def backup_of(path: Path, found: int) -> Path:
    """Where the copy of a catalogue of schema `found` lies: `catalogue.schema-1.db`."""
    return path.with_name(f"{path.stem}.schema-{found}{path.suffix}")


def _copy(path: Path, copy: Path) -> None:
    """Everything that is committed, whole or not at all, with what is still in the `-wal` file."""
    with (
        replacing(copy) as temporary,
        closing(sqlite3.connect(path)) as old,
        closing(sqlite3.connect(temporary)) as new,
    ):
        old.backup(new)
        # One file that needs no other beside it.
        new.execute("PRAGMA journal_mode = DELETE")
