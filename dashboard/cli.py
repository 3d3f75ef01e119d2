"""The `dashboard` command: starts Streamlit on the stores of a home, or writes a static copy."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import click

from dashboard.mode import BASE_PATH, READ_ONLY
from dashboard.theme import settings
from data.console import Group, hint, home_option, say
from data.errors import AtlasError
from data.paths import find_home

__all__ = ["attend", "main"]

SERVER = Path(__file__).with_name("server.py")
PATIENCE = 10  # s in which a server that is told to end does so
OWN = ("127.0.0.1", "localhost", "::1")


def _checked_path(context: click.Context, option: click.Parameter, given: str) -> str:
    """`/atlas`, however its slashes were written; it is put into pages and addresses as it is."""
    parts = [part for part in given.split("/") if part]
    if not all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", part) for part in parts):
        raise click.BadParameter("letters, digits, dots, dashes and slashes only")
    return "".join(f"/{part}" for part in parts)


@click.group(cls=Group, invoke_without_command=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; anything but 127.0.0.1 lets other machines see your records, "
    "pictures and papers, without a password.",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option(
    "--read-only",
    is_flag=True,
    envvar=READ_ONLY,
    show_envvar=True,
    help="Visitors cannot vote, triage or try models: for a public address.",
)
@click.option(
    "--base-path",
    default="",
    callback=_checked_path,
    help="The path below which a web server in front shows it, like /atlas.",
)
@click.option(
    "--export",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write leaderboards and pictures as pages that need no server, and end.",
)
@home_option
@click.version_option(package_name="i2i-atlas")
@click.pass_context
def main(
    context: click.Context,
    port: int,
    address: str,
    no_browser: bool,
    read_only: bool,
    base_path: str,
    export: Path | None,
    home: str | None,
) -> None:
    """Browse scores, the pictures behind them and the papers behind those.

    \b
    dashboard
    dashboard --home .atlas --port 8600 --no-browser
    dashboard --read-only --address 0.0.0.0
    dashboard --export site
    """
    context.obj = home
    if context.invoked_subcommand is not None:
        return
    _need_streamlit()
    os.environ["ATLAS_HOME"] = str(find_home(home).root)
    os.environ[BASE_PATH] = base_path
    if export is not None:
        _export(export)
    else:
        context.exit(_serve(port, address, no_browser, read_only))


@main.command()
@click.pass_obj
def path(home: str | None) -> None:
    """Print the folder whose records are shown."""
    click.echo(find_home(home).results)


def _need_streamlit() -> None:
    if importlib.util.find_spec("streamlit") is None:
        raise AtlasError("streamlit is not installed", hint="pip install 'i2i-atlas[dashboard]'")


def _serve(port: int, address: str, no_browser: bool, read_only: bool) -> int:
    options = {
        **settings(),
        "server.port": str(port),
        "server.address": address,
        "server.headless": "true" if no_browser else "false",
        "server.baseUrlPath": os.environ[BASE_PATH],
    }
    flags = [part for key, value in options.items() for part in (f"--{key}", value)]
    where = f"http://{address}:{port}{os.environ[BASE_PATH]}"
    say(f"stores of {find_home().root} on {where}, until Ctrl-C")
    if address not in OWN:
        _say_what_open_means(read_only)
    command = [sys.executable, "-m", "streamlit", "run", str(SERVER), *flags]
    return attend(command, {**os.environ, READ_ONLY: "1" if read_only else ""})


def attend(command: list[str], environment: dict[str, str]) -> int:
    """Run a command to its end; when we are told to end, it is told too and may do so in order.

    Killed at once it would leave its temporary folders.
    """
    with subprocess.Popen(command, env=environment) as running:
        try:
            return running.wait()
        except BaseException:
            running.terminate()
            try:
                running.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                running.kill()
            raise


def _say_what_open_means(read_only: bool) -> None:
    hint("anybody who can reach this machine can see the records, pictures and papers")
    if not read_only:
        hint("and vote, triage and use this machine's time; to forbid that: --read-only")


def _export(folder: Path) -> None:
    from dashboard.export import export

    found = export(folder)
    say(f"{found.tables} tables and {found.pictures} pictures in {folder}")
    for note in found.notes:
        hint(note)
    click.echo(folder / "index.html")
