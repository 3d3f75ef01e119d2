"""The only reader of stores: records of the home and of the project, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from bench.leaderboard import Table, tables
from bench.records import Record, read_all
from data.paths import PUBLISHED, Home, find_home

__all__ = ["Board", "boards", "picture", "stamp"]


@dataclass(frozen=True, slots=True)
class Board:
    """The tables of one data set."""

    dataset: str
    tables: list[Table]


def _folders(home: Home) -> list[Path]:
    return [PUBLISHED, home.results]


def stamp(home: Home) -> tuple[tuple[str, int], ...]:
    """What changes when a record does: every record file with its time of change."""
    files = [path for folder in _folders(home) for path in folder.glob("*/*/*.json")]
    return tuple(sorted((str(path), path.stat().st_mtime_ns) for path in files))


def boards() -> list[Board]:
    """All data sets that have records, by name."""
    home = find_home()
    return _boards(str(home.root), stamp(home))


@st.cache_data(show_spinner="Reading records", max_entries=4)
def _boards(root: str, seen: tuple[tuple[str, int], ...]) -> list[Board]:
    records: dict[str, list[Record]] = {}
    for record in read_all(_folders(Home(Path(root)))):
        records.setdefault(str(record.spec["dataset"]), []).append(record)
    return [Board(name, tables(group)) for name, group in sorted(records.items())]


def picture(relative: str | None) -> Path | None:
    """The file of a picture that a record names; None when it is not on this machine.

    A record is somebody's file: a path that leaves the home is treated as absent.
    """
    if not relative:
        return None
    root = find_home().root.resolve()
    path = (root / relative).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None
