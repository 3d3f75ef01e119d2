"""The `bench` command: one module for each group of verbs, imported when its verb is used."""

from __future__ import annotations

import importlib
from typing import Any

import click

from data.console import Group

__all__ = ["main"]

# Verb -> module of bench.cli that has a command of that name.
VERBS = {
    "run": "run",
    "features": "features",
    "fetch": "weights",
    "leaderboard": "board",
    "compare": "board",
    "report": "board",
    "ls": "reading",
    "show": "reading",
    "metrics": "reading",
    "weights": "weights",
    "datasets": "reading",
    "protocols": "protocols",
    "reproduce": "protocols",
    "classifier": "classifier",
    "export": "exporting",
    "card": "exporting",
    "verify": "keeping",
    "merge": "keeping",
    "prune": "keeping",
    "path": "reading",
}


class Lazy(Group):
    """Imports a verb's module only when the verb is run or its help is shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs in the order of work, not of the alphabet."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"bench.cli.{VERBS[cmd_name]}")
        command: Any = getattr(module, cmd_name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=Lazy)
@click.version_option(package_name="i2i-atlas")
def main() -> None:
    """Measure image-to-image translation models on a data set.

    \b
    bench run --models ganilla,cyclegan --dataset photo2toon --metrics fid-texture,kid-texture
    bench leaderboard --dataset photo2toon
    bench compare ganilla cyclegan
    """
