"""`survey doctor`, `survey split` and `survey join`: look at merging and mend it by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from data.console import echo, emit_json, home_option, say, table, warn
from data.paths import find_home

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from survey.catalogue.catalogue import Catalogue
    from survey.doctor import Finding

__all__ = ["doctor", "join", "split"]

SHOWN = 15  # findings of each kind in the tables
KINDS = ("doubtful merge", "shared identifier", "near duplicate")


@click.command()
@click.option("--kind", type=click.Choice(KINDS), help="Only these.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10**9),
    help=f"At most so many of each kind; {SHOWN}, and all with --json.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding on stdout.")
@home_option
def doctor(kind: str | None, limit: int | None, as_json: bool, home: str | None) -> None:
    """List what may be merged wrongly, and papers that may be one, with commands that settle it.

    What is settled, one way or the other, is not listed again.

    \b
    survey doctor
    survey doctor --kind 'near duplicate' --json
    """
    from survey.derive import reading
    from survey.doctor import examine

    with reading(find_home(home)) as connection:
        found = [f for f in examine(connection) if kind in (None, f.kind)]
    if as_json:
        for name in KINDS:
            emit_json([f.to_json() for f in found if f.kind == name][:limit])
        return
    for name in KINDS:
        _findings(name, [f for f in found if f.kind == name], limit or SHOWN)
    if not found:
        say("nothing doubtful")


def _findings(name: str, found: Sequence[Finding], limit: int) -> None:
    if not found:
        return
    echo(f"{name}: {len(found):,}\n")
    for finding in found[:limit]:
        for paper, title in zip(finding.papers, finding.titles, strict=True):
            echo(f"  {title or 'without a title'} ({paper})")
        echo(f"    {finding.why}")
        for command in sorted((finding.mend, finding.confirm)):
            papers = "one paper: " if command.startswith("survey join") else "two papers:"
            echo(f"    {papers} {command}")
        echo()
    if len(found) > limit:
        say(f"the first {limit}; more: survey doctor --kind '{name}' --limit {limit * 5}")


@click.command()
@click.argument("paper")
@click.argument("records", nargs=-1, required=True, metavar="RECORD…")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a paper on stdout.")
@home_option
def split(paper: str, records: tuple[str, ...], as_json: bool, home: str | None) -> None:
    """Take RECORDs out of PAPER; with another paper as RECORD: never let the two become one.

    A record is named as `survey show` names it, or by an identifier. What shares an identifier
    with it goes with it. That holds for every later fetch; `survey join` takes it back.

    \b
    survey show 1703.10593
    survey split 1703.10593 openalex/W2962793481
    """
    from survey import mend

    _mend(home, lambda c: mend.split(c, paper, records), (paper, *records), as_json)


@click.command()
@click.argument("first", metavar="PAPER")
@click.argument("second", metavar="PAPER")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a paper on stdout.")
@home_option
def join(first: str, second: str, as_json: bool, home: str | None) -> None:
    """Make two papers one; of a doubtful record of a paper: say that it is right.

    A paper that is not in the catalogue yet may be named by its identifier. That holds for every
    later fetch; `survey split` takes it back.

    \b
    survey join 1703.10593 10.1109/ICCV.2017.244
    """
    from survey import mend

    _mend(home, lambda c: mend.join(c, first, second), (first, second), as_json)


def _mend(
    home: str | None,
    change: Callable[[Connection], int],
    names: Sequence[str],
    as_json: bool,
) -> None:
    from survey.derive import derive, ready

    catalogue = ready(find_home(home))
    try:
        with catalogue.write() as connection:
            rows = change(connection)
        derive(catalogue)
        _told(catalogue, names, as_json)
    finally:
        catalogue.close()
    if not rows:
        say("that is so already")


def _told(catalogue: Catalogue, names: Sequence[str], as_json: bool) -> None:
    """What the papers are now that were named."""
    from survey.mend import side

    with catalogue.read() as connection:
        sides = [side(connection, name) for name in names]
    known = {one.paper: one.all for one in sides if one.paper}
    if as_json:
        emit_json({"paper": paper, "records": list(records)} for paper, records in known.items())
    else:
        table(["paper", "records"], [[paper, "  ".join(r)] for paper, r in known.items()])
    for one in sides:
        if not one.paper:
            warn(f"{one.text} is not in the catalogue yet; this will hold when it comes")
