"""The `zoo` command: one verb a file."""

from __future__ import annotations

import click

from data.console import Group
from zoo.cli.derive import derive
from zoo.cli.listing import ls, path, show
from zoo.cli.train import train
from zoo.cli.translate import translate
from zoo.cli.weights import convert, export, fetch

__all__ = ["main"]


@click.group(cls=Group)
@click.version_option(package_name="i2i-atlas")
def main() -> None:
    """Image-to-image translation models: list, translate, train.

    \b
    zoo ls
    zoo translate --model cyclegan photo.jpg toon.png
    zoo train pix2pix --dataset facades --direction BtoA
    """


for command in (ls, show, fetch, translate, train, derive, convert, export, path):
    main.add_command(command)
