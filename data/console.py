"""How the tools talk: data on stdout, talk on stderr, errors as `error:` and `hint:`."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
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

from data.errors import AtlasError, StorageProblem, UsageProblem, unknown

__all__ = [
    "Group",
    "echo",
    "emit_json",
    "fail",
    "harmless",
    "hint",
    "home_option",
    "progress",
    "say",
    "table",
    "warn",
]

# What moves a cursor, starts an escape sequence, turns the direction of text or cannot be encoded.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def harmless(text: str) -> str:
    """`text` with a replacement mark for each control character but newline and tab."""
    return text if text.isprintable() else _HARMFUL.sub("\ufffd", text.replace("\r\n", "\n"))


def _talk() -> Console:
    # Made at each use: tests and pipes swap sys.stderr after this module is imported.
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One line of talk on stderr; square brackets in `text` are shown as they are."""
    _talk().print(escape(harmless(text)))


def warn(text: str) -> None:
    """A warning on stderr."""
    _talk().print(f"[yellow]warning:[/yellow] {escape(harmless(text))}")


def hint(text: str) -> None:
    """What to do next, on stderr."""
    _talk().print(f"[cyan]hint:[/cyan] {escape(harmless(text))}")


def fail(error: AtlasError) -> None:
    """Show an error and its hint on stderr."""
    _talk().print(f"[bold red]error:[/bold red] {escape(harmless(error.message))}")
    if error.hint:
        hint(error.hint)


def echo(text: str = "") -> None:
    """One line of data on stdout, which text from outside cannot leave."""
    click.echo(harmless(text))


def emit_json(rows: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> None:
    """One JSON object a line on stdout; control characters are escaped, so nothing is lost."""
    for row in [rows] if isinstance(rows, Mapping) else rows:
        text = json.dumps(row, ensure_ascii=False, default=str, allow_nan=False)
        click.echo(text if text.isprintable() else _HARMFUL.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], title: str | None = None) -> None:
    """A table on stdout; cells are plain text from anywhere, columns are right-aligned when every
    cell in them starts with a digit, a sign or is empty."""
    cells = [[harmless(str(cell)) for cell in row] for row in rows]
    title = None if title is None else escape(harmless(title))
    view = Table(title=title, box=None, header_style="bold", pad_edge=False, title_justify="left")
    for i, name in enumerate(columns):
        numeric = bool(cells) and all(not r[i] or r[i][0] in "+-0123456789–" for r in cells)
        view.add_column(
            Text(harmless(name)), justify="right" if numeric else "left", overflow="fold"
        )
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
        program = not args and kwargs.get("args") is None  # and no test's runner
        _open_streams()
        if program:
            signal.signal(signal.SIGTERM, _interrupt)
        try:
            result = super().main(*args, **kwargs)
        except (click.exceptions.Abort, KeyboardInterrupt, click.ClickException) as problem:
            _hear_no_more(program)
            sys.exit(_ended(problem))
        except (AtlasError, OSError) as problem:
            _hear_no_more(program)
            if os.environ.get("ATLAS_DEBUG"):
                raise
            told = problem if isinstance(problem, AtlasError) else _refused(problem)
            fail(told)
            sys.exit(told.exit_code)
        _hear_no_more(program)
        sys.exit(result if isinstance(result, int) else 0)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; UsageProblem with near matches for none."""
        if args[0].isidentifier() and self.get_command(ctx, args[0]) is None:
            advice = f"{ctx.command_path} --help"
            raise unknown("command", args[0], self.list_commands(ctx), advice)
        return super().resolve_command(ctx, args)


def _open_streams() -> None:
    """A stream that the shell closed (`>&-`) is None: what goes there goes nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115


def _hear_no_more(program: bool) -> None:
    """All is done but the interpreter's own end: another Ctrl-C changes neither word nor code."""
    if program:
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, signal.SIG_IGN)


def _ended(problem: BaseException) -> int:
    """The exit code of what click raised, once the person was told."""
    if isinstance(problem, click.ClickException):
        _show(problem)
        return problem.exit_code
    say("interrupted; the same command goes on from here")
    return 130


def _show(problem: click.ClickException) -> None:
    if isinstance(problem, click.exceptions.NoArgsIsHelpError) or problem.exit_code != 2:
        problem.show()
        return
    context = getattr(problem, "ctx", None)
    advice = f"{context.command_path} --help" if context is not None else None
    fail(UsageProblem(problem.format_message().rstrip("."), hint=advice))


def _refused(problem: OSError) -> StorageProblem:
    """What the system refused where nobody expected it: mostly a full disk behind stdout."""
    # What is left in the buffer would be tried again at the end, with a traceback.
    if sys.stdout is sys.__stdout__:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    reason = problem.strerror or str(problem) or type(problem).__name__
    what = f": {problem.filename}" if problem.filename else ""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageProblem(f"{reason}{what}", hint="free some space, then the same command")
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG):
        return StorageProblem(f"{reason}{what}", hint="name a folder of yours: --home DIR")
    return StorageProblem(f"{reason}{what}", hint="the same command with ATLAS_DEBUG=1 says more")
