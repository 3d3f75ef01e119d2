"""The `survey` command: one module for each group of verbs, imported when its verb is used."""

from __future__ import annotations

import importlib
from typing import Any

import click

from data.console import Group

__all__ = ["main"]

# Verb -> module of survey.cli that has a command of that name (dashes are underscores there).
VERBS = {
    "fetch": "fetch",
    "sources": "sources",
    "ls": "reading",
    "show": "reading",
    "stats": "reading",
    "doctor": "mending",
    "split": "mending",
    "join": "mending",
    "rank": "ranking",
    "why": "ranking",
    "triage": "triage",
    "keep": "triage",
    "drop": "triage",
    "later": "triage",
    "tag": "triage",
    "note": "triage",
    "undo": "triage",
    "decisions": "triage",
    "shortlist": "shortlist",
    "code": "code",
    "coverage": "coverage",
    "export": "exporting",
    "import": "exporting",
    "search": "finding",
    "similar": "finding",
    "graph": "graph",
    "new": "finding",
    "topics": "topics",
    "sample": "sample",
    "path": "path",
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
        module = importlib.import_module(f"survey.cli.{VERBS[cmd_name]}")
        command: Any = getattr(module, cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None


@click.group(cls=Lazy)
@click.version_option(package_name="i2i-atlas")
def main() -> None:
    """Every paper that cites pix2pix and CycleGAN, narrowed to the one to build on.

    \b
    survey fetch --cites 1703.10593
    survey triage
    survey shortlist
    """
