"""How the tools talk: data on stdout, talk on stderr, errors as `error:` and `hint:`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from data.errors import AtlasError

__all__ = ["Group", "emit_json", "fail", "hint", "home_option", "progress", "say", "table", "warn"]


def _talk() -> Console:
    # Made at each use: tests and pipes swap sys.stderr after this module is imported.
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One line of talk on stderr; square brackets in `text` are shown as they are."""
    _talk().print(escape(text))


def warn(text: str) -> None:
    """A warning on stderr."""
    _talk().print(f"[yellow]warning:[/yellow] {escape(text)}")


def hint(text: str) -> None:
    """What to do next, on stderr."""
    _talk().print(f"[cyan]hint:[/cyan] {escape(text)}")


def fail(error: AtlasError) -> None:
    """Show an error and its hint on stderr."""
    _talk().print(f"[bold red]error:[/bold red] {escape(error.message)}")
    if error.hint:
        hint(error.hint)


def emit_json(rows: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> None:
    """One JSON object a line on stdout."""
    for row in [rows] if isinstance(rows, Mapping) else rows:
        click.echo(json.dumps(row, ensure_ascii=False, default=str, allow_nan=False))


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], title: str | None = None) -> None:
    """A table on stdout; cells are plain text, columns after the first are right-aligned
    when every cell in them starts with a digit, a sign or is empty."""
    cells = [[str(cell) for cell in row] for row in rows]
    view = Table(title=title, box=None, header_style="bold", pad_edge=False, title_justify="left")
    for i, name in enumerate(columns):
        numeric = bool(cells) and all(not r[i] or r[i][0] in "+-0123456789–" for r in cells)
        view.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in cells:
        view.add_row(*(Text(cell) for cell in row))
    # A pipe has no width: let no cell be cut there.
    Console(highlight=False, width=None if sys.stdout.isatty() else 200).print(view)


class _Rate(ProgressColumn):
    """Steps a second, in the unit of the task."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        unit = task.fields.get("unit", "it")
        return Text(f"{speed:.1f} {unit}/s" if speed else f"– {unit}/s")


class _PlainProgress(Progress):
    """Where stderr is no terminal: one line for each finished task, no bars."""

    def stop(self) -> None:
        for task in self.tasks:
            if task.completed:
                took = f"{task.finished_time or task.elapsed or 0:.1f} s"
                say(f"{task.description}: {task.completed:.0f}/{task.total or 0:.0f} in {took}")
        super().stop()


def progress() -> Progress:
    """Bars on stderr with count, rate and time left; tasks take `unit="img"`."""
    console = _talk()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    kind = Progress if console.is_terminal else _PlainProgress
    return kind(*columns, console=console, refresh_per_second=8, disable=not console.is_terminal)


def home_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The `--home` flag that every command shares."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False),
        envvar="ATLAS_HOME",
        show_envvar=True,
        help="Folder for data sets, weights, runs and results.",
    )(command)


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


class Group(click.Group):
    """A command group whose AtlasErrors become `error:`/`hint:` and their exit code.

    Ctrl-C and a plain kill both end with 130; `ATLAS_DEBUG=1` shows the traceback.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["standalone_mode"] = False
        with contextlib.suppress(ValueError):  # not in the main thread: tests and servers
            signal.signal(signal.SIGTERM, _interrupt)
        try:
            result = super().main(*args, **kwargs)
        except click.exceptions.Abort:
            say("interrupted; the same command goes on from here")
            sys.exit(130)
        except click.ClickException as problem:
            problem.show()
            sys.exit(problem.exit_code)
        except AtlasError as problem:
            if os.environ.get("ATLAS_DEBUG"):
                raise
            fail(problem)
            sys.exit(problem.exit_code)
        sys.exit(result if isinstance(result, int) else 0)
