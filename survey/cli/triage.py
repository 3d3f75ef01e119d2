"""`survey triage` decides on papers with one key each; keep, drop and the like do it by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from data.console import emit_json, hint, home_option, say
from data.errors import UsageProblem
from data.paths import find_home
from survey.cli.filters import filter_options

if TYPE_CHECKING:
    from survey.catalogue.catalogue import Catalogue
    from survey.catalogue.papers import Filter

__all__ = ["decisions", "drop", "keep", "later", "note", "tag", "triage", "undo"]

_ids = click.argument("papers", metavar="ID...", nargs=-1, required=True)


@click.command()
@click.option(
    "--profile",
    "name",
    default="side-project",
    show_default=True,
    metavar="NAME",
    help="The order before there is anything to learn from.",
)
@click.option("--json", "as_json", is_flag=True, help="Only say where triage stands; ask nothing.")
@filter_options
@home_option
def triage(wanted: Filter, name: str, as_json: bool, home: str | None) -> None:
    """Decide on papers one by one: k keep, d drop, l later, t tag, n note, u undo, o open, q quit.

    Every key is saved at once. As soon as one paper is kept and one dropped, the queue learns
    from the words of what was decided; one of five papers is drawn at random, which is how it
    estimates how many more are worth keeping. Keys can also come from a pipe.

    \b
    survey triage
    survey triage --topic unpaired --year 2020- --code
    survey triage --status later
    survey triage --json
    """
    from survey.profiles import profile
    from survey.triage.screen import run
    from survey.triage.session import open_session

    chosen = profile(name, find_home(home))
    with _catalogue(home) as catalogue:
        session = open_session(catalogue, chosen, wanted)
        if not as_json:
            run(session)
            return
        session.start()
        emit_json(session.summary())


@click.command()
@_ids
@home_option
def keep(papers: Sequence[str], home: str | None) -> None:
    """Put papers on the shortlist.

    \b
    survey keep 1703.10593
    survey search ganilla --json | jq -r .id | xargs survey keep
    """
    _say_of_all(papers, "keep", "", "kept", home)


@click.command()
@_ids
@home_option
def drop(papers: Sequence[str], home: str | None) -> None:
    """Say that papers are of no use; they leave the queue and the ranking.

    \b
    survey drop 1703.10593
    survey drop doi:10.1109/iccv.2017.244
    """
    _say_of_all(papers, "drop", "", "dropped", home)


@click.command()
@_ids
@home_option
def later(papers: Sequence[str], home: str | None) -> None:
    """Set papers aside; survey triage --status later shows them again.

    \b
    survey later 1703.10593
    survey triage --status later
    """
    _say_of_all(papers, "later", "", "set aside", home)


@click.command()
@click.argument("text", metavar="TAG")
@_ids
@click.option("--remove", is_flag=True, help="Take the tag off.")
@home_option
def tag(text: str, papers: Sequence[str], remove: bool, home: str | None) -> None:
    """Put a tag on papers, or take it off.

    \b
    survey tag baseline 1703.10593 1611.07004
    survey tag baseline 1611.07004 --remove
    """
    past = "tag taken off" if remove else "tagged"
    _say_of_all(papers, "untag" if remove else "tag", _line(text, "tag"), past, home)


@click.command()
@click.argument("paper", metavar="ID")
@click.argument("text", metavar="TEXT", nargs=-1, required=True)
@home_option
def note(paper: str, text: Sequence[str], home: str | None) -> None:
    """Write a note about a paper, in place of the one before; "" takes it away.

    \b
    survey note 1703.10593 the baseline of everything
    survey note 1703.10593 ""
    """
    _say_of_all([paper], "note", _line(" ".join(text)), "noted", home)


@click.command()
@click.argument("papers", metavar="[ID]...", nargs=-1)
@home_option
def undo(papers: Sequence[str], home: str | None) -> None:
    """Take back the last decision, tag or note; with IDs, put these papers back among the new.

    \b
    survey undo
    survey undo 1703.10593
    """
    from survey.catalogue.events import undo as take_back

    if papers:
        _say_of_all(papers, "reset", "", "new again", home)
        return
    with _catalogue(home) as catalogue, catalogue.write() as connection:
        last = take_back(connection)
    value = f" '{last.value}'" if last.action in ("tag", "untag", "note") else ""
    say(f"taken back: {last.action}{value} of {last.paper}")


@click.command()
@click.option(
    "--import",
    "source",
    type=click.File("r", encoding="utf-8"),
    metavar="FILE",
    help="Add the decisions of an export; - reads standard input.",
)
@click.option("--json", "as_json", is_flag=True, help="Which it does anyway.")
@home_option
def decisions(source: TextIO | None, as_json: bool, home: str | None) -> None:
    """Print every decision as text, oldest first: one JSON object a line, to keep in git, say.

    Importing twice adds nothing. Where both catalogues decided on a paper, the later counts.

    \b
    survey decisions > decisions.jsonl
    survey decisions --import decisions.jsonl
    """
    from survey.triage.exchange import export, read, take

    with _catalogue(home) as catalogue:
        if source is None:
            with catalogue.read() as connection:
                emit_json(export(connection))
            return
        given = read(_lines(source))
        with catalogue.write() as connection:
            taken = take(connection, given)
    say(f"{taken.added} decisions added, {taken.present} were here already")
    if taken.unknown:
        say(f"{taken.unknown} are of papers that are not here yet; they count once they are")
    if taken.stayed:
        say(f"{taken.stayed} papers have a later decision here, which stays")


@contextmanager
def _catalogue(home: str | None) -> Iterator[Catalogue]:
    from survey.derive import ready

    catalogue = ready(find_home(home))
    try:
        yield catalogue
    finally:
        catalogue.close()


def _say_of_all(
    papers: Sequence[str], action: str, value: str, past: str, home: str | None
) -> None:
    """One event for each paper, all or none of them."""
    from survey.catalogue.events import add
    from survey.catalogue.papers import resolve

    with _catalogue(home) as catalogue, catalogue.write() as connection:
        found = dict.fromkeys(resolve(connection, paper) for paper in papers)
        for paper in found:
            add(connection, paper, action, value)
    say(f"{past}: {', '.join(found)}")
    if action == "keep":
        hint("survey shortlist")


def _line(text: str, what: str = "") -> str:
    """One line of plain text; UsageProblem where nothing is left and `what` has to be."""
    from survey.triage.view import plain

    line = " ".join(plain(text).split())
    if what and not line:
        raise UsageProblem(f"the {what} is empty", hint=f"survey {what} baseline 1703.10593")
    return line


def _lines(source: TextIO) -> list[str]:
    try:
        # All at once: a generator that is left half way would close standard input once more.
        return source.readlines()
    except UnicodeDecodeError as problem:
        where = source.name if source is not sys.stdin else "standard input"
        raise UsageProblem(
            f"{where} is not UTF-8 text", hint="survey decisions > FILE"
        ) from problem
