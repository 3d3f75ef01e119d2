"""`survey shortlist`: the kept papers side by side."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from data.console import echo, emit_json, hint, home_option, say, table
from data.errors import UsageProblem
from data.paths import find_home
from survey.cli.filters import filter_options

if TYPE_CHECKING:
    from survey.catalogue.papers import Filter
    from survey.shortlist import Entry

__all__ = ["shortlist"]

WIDE = 140  # columns of a terminal, from which on papers fit into the rows of a table
# What a table has room for; --json and --markdown have all.
COLUMNS = ("paper", "year", "what it does", "task", "data", "code", "licence", "in our zoo")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--markdown", "as_markdown", is_flag=True, help="A table in Markdown.")
@filter_options
@home_option
def shortlist(wanted: Filter, as_json: bool, as_markdown: bool, home: str | None) -> None:
    """Show the kept papers side by side: what each does, its task, data, code, licence and scores.

    What is not known is left empty. Scores are as their authors reported them; what was measured
    here is in: bench leaderboard.

    \b
    survey shortlist
    survey shortlist --markdown > shortlist.md
    survey shortlist --tag baseline --json
    """
    from dataclasses import replace

    from survey.derive import reading
    from survey.shortlist import markdown
    from survey.shortlist import shortlist as entries

    if as_json and as_markdown:
        raise UsageProblem("--json and --markdown are two formats", hint="survey shortlist --json")
    wanted = replace(wanted, status=wanted.status or ("kept",))
    with reading(find_home(home)) as connection:
        found = list(entries(connection, wanted))
    if as_json:
        emit_json(entry.to_json() for entry in found)
    elif not found:
        say("no paper is kept yet")
        hint("survey triage, or one by name: survey keep 1703.10593")
    elif as_markdown:
        echo("\n".join(markdown(found)))
    else:
        _show(found)


def _show(found: Sequence[Entry]) -> None:
    from shutil import get_terminal_size

    rows = [entry.cells() for entry in found]
    if sys.stdout.isatty() and get_terminal_size().columns < WIDE:
        _one_by_one(rows)
    else:
        scores = ("scores as reported",) if any(row["scores as reported"] for row in rows) else ()
        names = [*COLUMNS, *scores]
        table(names, [[row[name] for name in names] for row in rows])
    if any(entry.code and not entry.code[0].state for entry in found):
        hint("licences and stars of their code: survey code --status kept")


def _one_by_one(rows: Sequence[dict[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from survey.triage.view import plain

    console = Console(highlight=False)
    for row in rows:
        console.print(Text(plain(row.pop("paper")), style="bold"))
        view = Table.grid(padding=(0, 2))
        for name, cell in row.items():
            if cell:
                view.add_row(Text(name, style="dim"), Text(plain(cell), overflow="fold"))
        console.print(view)
        console.print()
