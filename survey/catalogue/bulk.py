"""Many rows at once, in the fastest way that each database has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table, delete
from sqlalchemy.exc import DBAPIError

__all__ = ["MOST", "chunks", "fill", "remove"]

MOST = 5_000  # values of one statement; SQLite takes 32,766
Item = TypeVar("Item")


def chunks(items: Iterable[Item], size: int = MOST) -> Iterator[list[Item]]:
    """Lists of at most `size`."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


def fill(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert whole rows, their values in the order of the table's columns."""
    if not rows:
        return
    name = connection.dialect.identifier_preparer.format_table(table)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(table.columns))
        statement = f"INSERT INTO {name} VALUES ({places})"  # noqa: S608 - a name of ours
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        return
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    _copy(connection, f"COPY {name} ({columns}) FROM STDIN", rows)


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """PostgreSQL's own way, which SQLAlchemy does not know."""
    raw: Any = connection.connection.dbapi_connection
    driver: Any = connection.dialect.dbapi
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as problem:
        raise DBAPIError(statement, None, problem) from problem


def remove(connection: Connection, column: Column[Any], values: Iterable[Any]) -> None:
    """Delete the rows that have one of the values in a column."""
    for some in chunks(values):
        connection.execute(delete(column.table).where(column.in_(some)))
