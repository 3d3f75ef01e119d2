"""A catalogue of schema 1, and a process that is stopped in the middle of its migration."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from survey.catalogue import schema

SCHEMA_1 = Path(__file__).with_name("schema_1.sql")
PAPERS = {"1703.10593": "Unpaired Translation", "1611.07004": "Paired Translation"}


def build(path: Path) -> None:
    """Two papers of one source with what was derived of them; one is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(SCHEMA_1.read_text())
        derived = ("derived", json.dumps({"version": "1", "records": "1", "mends": 0}))
        values = [("schema", "1"), ("records", "1"), derived]
        old.executemany("INSERT INTO meta VALUES (?, ?)", values)
        for arxiv, title in PAPERS.items():
            _paper(old, arxiv, title)
        old.execute("INSERT INTO event VALUES (1, '2020-01-01T', 'arxiv:1703.10593', 'keep', '')")


def _paper(old: sqlite3.Connection, arxiv: str, title: str) -> None:
    name = f"arxiv:{arxiv}"
    found = json.dumps({"source": "arxiv", "key": arxiv, "arxiv": arxiv, "title": title})
    row = {"source": "arxiv", "key": arxiv, "found": found, "seen": "2020", "changed": "2020"}
    _insert(old, "record", row)
    _insert(old, "paper", {"id": name, "title": title, "arxiv": arxiv, "digest": "old"})
    _insert(old, "member", {"source": "arxiv", "key": arxiv, "paper": name})
    _insert(old, "alias", {"identifier": name, "paper": name})
    _insert(old, "topic", {"paper": name, "topic": "unpaired", "place": "title"})
    _insert(old, "paper_text", {"id": name, "title": title})


def _insert(old: sqlite3.Connection, table: str, row: dict[str, str]) -> None:
    names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    values = tuple(row.values())
    old.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", values)


def stop(how: str) -> None:
    """End this process, or have it fail, in the way of $STOP."""
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    if how == "full":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    if how == "error":
        raise AssertionError("a mistake in the migration")


def stopping(migration: schema.Migration) -> schema.Migration:
    """A migration that is stopped when its work is done and not committed."""

    def changed(connection: Connection) -> None:
        migration(connection)
        stop(os.environ.get("STOP", ""))

    return changed


if __name__ == "__main__":  # `survey` with another migration 1
    from survey.cli import main

    schema.MIGRATIONS[1] = stopping(schema.MIGRATIONS[1])
    main(prog_name="survey")
