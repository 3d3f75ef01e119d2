"""The `survey` command; this version knows only where the catalogue will be."""

from __future__ import annotations

import click

from data.console import Group, home_option
from data.paths import find_home

__all__ = ["main"]


@click.group(cls=Group)
@click.version_option(package_name="i2i-atlas")
def main() -> None:
    """Papers that cite pix2pix and CycleGAN.

    Fetching and ranking papers is not in this version; `survey path` says where the catalogue
    will be.
    """


@main.command()
@home_option
def path(home: str | None) -> None:
    """Print where the catalogue is kept."""
    click.echo(find_home(home).catalogue)
