"""What several verbs of `bench` share: which records, and how tables and failures are shown."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from bench.compare.kept import Kept
from bench.leaderboard import Table, footer, headers, line, tables
from bench.records import Record
from bench.store.index import headers as read_headers
from bench.store.index import keep
from data.console import hint, say, table, warn
from data.errors import UsageProblem, unknown
from data.paths import PUBLISHED, Home

__all__ = ["folders_of", "json_option", "kept_of", "name_of", "outcome", "records_of", "show_table"]

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def folders_of(home: Home, published: bool = False) -> list[Path]:
    """Where records are: the project's, then the person's."""
    return [PUBLISHED] if published else [PUBLISHED, home.results]


@contextmanager
def kept_of(home: Home, published: bool = False) -> Iterator[Kept]:
    """What is kept of the records of a home."""
    kept = Kept(folders_of(home, published), home)
    try:
        yield kept
    finally:
        kept.close()


def name_of(dataset: str) -> str:
    """What records call a data set that is named, or whose folder is."""
    return Path(dataset).resolve().name if Path(dataset).is_dir() else dataset


def records_of(folders: Sequence[Path], dataset: str) -> list[Record]:
    """The records of a data set by name or folder, without their pictures; UsageProblem where
    there are none."""
    from data.datasets import list_datasets  # brings requests: not on the way to a listing

    name = name_of(dataset)
    if found := read_headers(folders, name):
        return found
    known = {str(record.spec["dataset"]) for record in read_headers(folders)}
    if name in list_datasets() or Path(dataset).is_dir():
        raise UsageProblem(
            f"nothing is recorded for data set '{name}'",
            hint=f"bench run --models ganilla,cyclegan --dataset {shlex.quote(dataset)}",
        )
    raise unknown("data set with records", name, known, "bench ls")


def show_table(shown: Table, top: int | None = None) -> None:
    """A leaderboard for people on stdout, its footer on stderr."""
    asked = shown.question
    size = f", {asked['size']}×{asked['size']}" if asked["size"] else ""
    title = f"{asked['dataset']} {asked['direction']}, split {asked['split']}{size}"
    rows = shown.rows if top is None else shown.rows[:top]
    table(headers(shown), [line(shown, row) for row in rows], title=title)
    if len(rows) < len(shown.rows):
        say(f"  {len(shown.rows) - len(rows)} more models: --all")
    for note in footer(shown):
        say(f"  {note}")


def outcome(records: Sequence[Record], datasets: Iterable[str], home: Home) -> int:
    """Tables of what was measured, failures with what to do; the exit code."""
    failed = [record for record in records if record.status == "error"]
    for record in failed:
        error = record.error or {}
        warn(f"{record.model} failed: {error.get('type')}: {error.get('message')}")
        hint(f"bench show {record.id}")
    with kept_of(home) as kept:
        for shown in tables((record for record in records if record.status == "done"), kept):
            show_table(shown)
    say(f"{len(records) - len(failed)} of {len(records)} models measured")
    keep(home.results, datasets := list(dict.fromkeys(datasets)))
    for dataset in datasets:
        hint(f"bench leaderboard --dataset {shlex.quote(dataset)}")
    return 3 if failed else 0
