"""`survey path`: where the catalogue is."""

from __future__ import annotations

import click

from data.console import home_option
from data.paths import find_home

__all__ = ["path"]


@click.command()
@home_option
def path(home: str | None) -> None:
    """Print where the catalogue is kept."""
    click.echo(find_home(home).catalogue)
