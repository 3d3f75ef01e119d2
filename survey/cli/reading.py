"""`survey ls`, `survey show` and `survey stats`: what the catalogue has."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from data.console import echo, emit_json, hint, home_option, say, table
from data.errors import UsageProblem
from data.paths import find_home
from survey.cli.filters import filter_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from survey.catalogue.papers import Filter
    from survey.numbers import Numbers
    from survey.paper import Paper

__all__ = ["ls", "show", "stats"]

SHOWN = 50  # rows of a table when no --limit is given
WIDE = 100  # columns of a terminal, from which on the addresses of code have room in a table
ORDERS = ("citations", "date", "influential", "title")  # those of survey.catalogue.papers

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")


@click.command()
@click.option("--order", type=click.Choice(ORDERS), default="citations", show_default=True)
@click.option(
    "--limit",
    type=click.IntRange(1, 10**9),
    help=f"At most so many; {SHOWN} in a table, and all with --json or -q.",
)
@_json
@click.option("-q", "--quiet", "ids_only", is_flag=True, help="Only ids, one a line.")
@filter_options
@home_option
def ls(
    wanted: Filter, order: str, limit: int | None, as_json: bool, ids_only: bool, home: str | None
) -> None:
    """List papers: all, or those that pass the filters.

    \b
    survey ls --year 2022- --code --topic unpaired
    survey ls --status kept -q | xargs -n 1 survey show
    survey ls --json --limit 100
    """
    from survey.catalogue.papers import how_many, names, papers
    from survey.derive import reading

    if as_json and ids_only:
        raise UsageProblem("--json and -q exclude each other", hint="survey ls -q")
    with reading(find_home(home)) as connection:
        if ids_only:
            for name in names(connection, wanted, order, limit):
                echo(name)
        elif as_json:
            emit_json(paper.to_json() for paper in papers(connection, wanted, order, limit))
        else:
            shown = list(papers(connection, wanted, order, limit or SHOWN))
            _table(shown, how_many(connection, wanted))


def _table(shown: Sequence[Paper], total: int) -> None:
    from shutil import get_terminal_size

    if not shown:
        say("no paper passes")
        hint("what there is: survey stats")
        return
    columns = ["title", "year", "citations", "topics", "code", "id", "status"]
    rows = [_row(paper) for paper in shown]
    if sys.stdout.isatty() and get_terminal_size().columns < WIDE:
        # Addresses of code would leave so little room that ids are broken: nobody could copy them.
        for row in (columns, *rows):
            del row[4]
    table(columns, rows)
    if total > len(shown):
        say(f"{len(shown):,} of {total:,}; more: --limit {len(shown) * 5}, or --json for all")
    hint(f"survey show {shown[0].id}")


def _row(paper: Paper) -> list[str]:
    return [
        paper.title + (" (withdrawn)" if paper.withdrawn else ""),
        str(paper.year or ""),
        "" if paper.citations is None else str(paper.citations),
        ", ".join(paper.topics),
        ", ".join(url.partition("://")[2] for url in paper.code),
        paper.id,
        paper.status,
    ]


@click.command()
@click.argument("paper", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@home_option
def show(paper: str, as_json: bool, home: str | None) -> None:
    """Show all that is known of a paper: what each source says, and why that is one paper.

    \b
    survey show 1703.10593
    survey show 10.1109/ICCV.2017.244 --json
    """
    from survey.about import about
    from survey.cli.sheet import sheet
    from survey.derive import reading

    with reading(find_home(home)) as connection:
        found = about(connection, paper)
    if as_json:
        emit_json(found)
        return
    for text in sheet(found):
        echo(text)
    hint(f"survey why {found['id']}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@home_option
def stats(as_json: bool, home: str | None) -> None:
    """Count papers: by source, year, topic, seed and decision, and what sources have in common.

    `citations` are pairs of a paper and a seed that it cites.

    \b
    survey stats
    survey stats --json
    """
    from survey.derive import reading
    from survey.numbers import count

    with reading(find_home(home)) as connection:
        numbers = count(connection)
    if as_json:
        emit_json(numbers.to_json())
    else:
        _numbers(numbers)


def _numbers(numbers: Numbers) -> None:
    content = numbers.to_json()
    single = [(name, value) for name, value in content.items() if isinstance(value, int)]
    table(["of all", "papers"], [[name.replace("_", " "), str(n)] for name, n in single])
    for name, value in content.items():
        if isinstance(value, dict) and value:
            click.echo()
            table([name.replace("_", " "), "papers"], [[k, str(n)] for k, n in value.items()])
