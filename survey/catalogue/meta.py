"""Named values of the catalogue: its schema, and what the papers were made of."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from survey.catalogue import tables

__all__ = ["meta_value", "set_meta"]


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
