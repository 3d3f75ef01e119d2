"""The `dashboard` command: starts Streamlit on the records of a home."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click

from data.console import Group, hint, home_option, say
from data.errors import AtlasError
from data.paths import find_home

__all__ = ["main"]

APP = Path(__file__).parent / "app.py"

# Streamlit reads settings of the folder it starts in; ours travel with the command instead.
SETTINGS = {
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "server.fileWatcherType": "none",
    "theme.light.primaryColor": "#1f6f8b",
    "theme.dark.primaryColor": "#6fc3df",
    "theme.baseRadius": "small",
}


@click.group(cls=Group, invoke_without_command=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; anything but 127.0.0.1 lets other machines see your records.",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@home_option
@click.version_option(package_name="i2i-atlas")
@click.pass_context
def main(
    context: click.Context, port: int, address: str, no_browser: bool, home: str | None
) -> None:
    """Browse the leaderboard and the pictures behind it.

    \b
    dashboard
    dashboard --home .atlas --port 8600 --no-browser
    """
    context.obj = home
    if context.invoked_subcommand is None:
        context.exit(_serve(port, address, no_browser, home))


@main.command()
@click.pass_obj
def path(home: str | None) -> None:
    """Print the folder whose records are shown."""
    click.echo(find_home(home).results)


def _serve(port: int, address: str, no_browser: bool, home: str | None) -> int:
    if importlib.util.find_spec("streamlit") is None:
        raise AtlasError("streamlit is not installed", hint="pip install 'i2i-atlas[dashboard]'")
    root = find_home(home).root
    settings = {
        **SETTINGS,
        "server.port": str(port),
        "server.address": address,
        "server.headless": "true" if no_browser else "false",
    }
    flags = [part for key, value in settings.items() for part in (f"--{key}", value)]
    say(f"records of {root} on http://{address}:{port}, until Ctrl-C")
    if address not in ("127.0.0.1", "localhost", "::1"):
        hint("anybody who can reach this machine can see the records and pictures")
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *flags]
    return subprocess.run(command, env={**os.environ, "ATLAS_HOME": str(root)}).returncode
