"""`zoo ls`, `zoo show` and `zoo path`."""

from __future__ import annotations

from typing import Any

import click

from data.console import emit_json, home_option, say, table
from data.errors import unknown
from data.paths import find_home
from zoo import facts
from zoo.cli.installed import installed
from zoo.registry import card as find_card
from zoo.registry import cards, names, resolve

__all__ = ["ls", "path", "show"]


@click.command()
@click.argument("pattern", default="*")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@home_option
def ls(pattern: str, as_json: bool, home: str | None) -> None:
    """List models and weights, and which are here; PATTERN takes wildcards ('cyclegan.*')."""
    found = names(pattern)
    if not found:
        raise unknown("model", pattern, [*cards(), *names()], "zoo ls")
    folder = find_home(home)
    rows = [facts.row(name, folder) for name in found]
    if as_json:
        emit_json(rows)
        return
    columns = ["name", "task", "paper", "source", "target", "licence", "size", "here"]
    table(columns, [[_cell(row[column]) for column in columns] for row in rows])
    say(f"{len(rows)} models; more about one: zoo show NAME")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, int):
        return f"{value / 1e6:.1f} MB" if value else ""
    return str(value)


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="The whole card as JSON.")
@home_option
def show(name: str, as_json: bool, home: str | None) -> None:
    """Show a model: paper, licence, weights, how they were made and where they are kept.

    NAME is model, model.weights for these alone, or model@FILE for what a file holds.
    """
    choice = resolve(name) if "@" in name or "." in name else None
    if choice is not None and choice.file is not None:
        with installed():
            found = facts.file_facts(choice)
        lines = [(key, str(value)) for key, value in found.items() if value]
    else:
        entry, weights = (choice.card, choice.weights) if choice else (find_card(name), None)
        folder = find_home(home)
        found = facts.as_json(entry, folder, weights)
        lines = facts.facts(entry, folder, weights)
    if as_json:
        emit_json(found)
        return
    width = 2 + max(10, *(len(label) for label, _ in lines))
    for label, value in lines:
        click.echo(f"{label:<{width}}{value}")


@click.command()
@home_option
def path(home: str | None) -> None:
    """Print the folder where weights are kept."""
    click.echo(find_home(home).weights)
