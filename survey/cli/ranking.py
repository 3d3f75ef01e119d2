"""`survey rank` puts papers in the order of a profile; `survey why` explains a score."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from data.console import echo, emit_json, hint, home_option, say, table
from data.paths import find_home
from survey.cli.filters import filter_options

if TYPE_CHECKING:
    from data.paths import Home
    from survey.catalogue.papers import Filter
    from survey.rank import Explanation, Ranked

__all__ = ["rank", "why"]

SHOWN = 20
SEEN = ("new", "kept", "later")  # statuses that are ranked where none is asked for
_profile = click.option(
    "--profile",
    "name",
    default="side-project",
    show_default=True,
    metavar="NAME",
    help="side-project, related-work, state-of-the-art, or one of your own.",
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.command()
@_profile
@click.option("--profiles", "listed", is_flag=True, help="Show the profiles and their weights.")
@click.option(
    "--limit", type=click.IntRange(1, 10**9), help=f"At most so many; {SHOWN}, and all with --json."
)
@_json
@filter_options
@home_option
def rank(
    wanted: Filter, name: str, listed: bool, limit: int | None, as_json: bool, home: str | None
) -> None:
    """Put papers in the order of a profile; dropped and withdrawn ones are left out.

    A profile is a list of weights in a file; profiles.toml in the home adds to it or changes it.
    The position is among all papers, whatever the filter.

    \b
    survey rank --profile side-project --code --year 2022-
    survey rank --profile related-work --limit 100 --json
    survey rank --profiles
    """
    from survey.derive import reading
    from survey.profiles import profile
    from survey.rank import passing, ranked
    from survey.standing_file import standing

    place = find_home(home)
    if listed:
        _profiles(place, as_json)
        return
    chosen = profile(name, place)
    with reading(place) as connection:
        among = standing(connection, chosen, place)
        rows = passing(connection, among, replace(wanted, status=wanted.status or SEEN))
        if as_json:
            emit_json(entry.to_json() for entry in ranked(connection, among, rows[:limit]))
        else:
            shown = rows[: limit or SHOWN]
            _table(list(ranked(connection, among, shown)), len(rows))


@click.command()
@click.argument("paper", metavar="ID")
@_profile
@_json
@home_option
def why(paper: str, name: str, as_json: bool, home: str | None) -> None:
    """Explain the score of a paper, term by term; the contributions add up to it.

    What is unknown is said to be, and counts as the mean of the papers where it is known.

    \b
    survey why 1703.10593
    survey why 1703.10593 --profile state-of-the-art --json
    """
    from survey.catalogue.papers import resolve
    from survey.derive import reading
    from survey.profiles import profile
    from survey.rank import explain
    from survey.standing_file import standing

    place = find_home(home)
    chosen = profile(name, place)
    with reading(place) as connection:
        among = standing(connection, chosen, place)
        explained = explain(connection, chosen, resolve(connection, paper), among=among)
    if as_json:
        emit_json(explained.to_json())
    else:
        _explanation(explained)


def _table(found: list[Ranked], passing: int) -> None:
    if not found:
        say("no paper passes")
        return
    rows = [
        [
            f"{entry.position:,}",
            str(entry.score),
            entry.paper.id,
            str(entry.paper.year or ""),
            entry.paper.title,
            ", ".join(f"{k} {v}" for k, v in sorted(entry.points.items(), key=_most)[:3] if v),
        ]
        for entry in found
    ]
    table(["#", "score", "id", "year", "title", "most of it"], rows)
    if len(found) < passing:
        say(f"the first {len(found)} of {passing:,}; more: --limit {len(found) * 5}")
    hint(f"survey why {found[0].paper.id}")


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _explanation(explained: Explanation) -> None:
    rows = [
        [
            line.term,
            line.raw,
            f"{line.normalised:.2f}" if line.known else f"~{line.normalised:.2f}",
            f"{line.weight:g}",
            str(line.contribution),
        ]
        for line in explained.lines
    ]
    rows.append(["score", "", "", f"{explained.total_weight:g}", str(explained.score)])
    place = f"{explained.position:,} of {explained.among:,}" if explained.position else "not ranked"
    echo(f"{explained.paper.title or explained.paper.id}")
    echo(f"{explained.profile}: {place}")
    table(["term", "value", "of 1", "weight", "points"], rows)
    if explained.paper.withdrawn:
        say("it was withdrawn by its authors or retracted, so it is in no ranking")
    if any(not line.known for line in explained.lines):
        say("~ is unknown and counts as the mean of the papers where it is known")


def _profiles(place: Home, as_json: bool) -> None:
    from survey.profiles import BUNDLED, profiles

    known = profiles(place)
    if as_json:
        emit_json(
            {"name": p.name, "about": p.about, "weights": dict(p.weights), "topics": dict(p.topics)}
            for p in known.values()
        )
        return
    for entry in known.values():
        total = sum(entry.weights.values())
        rows = [[term, f"{100 * w / total:.0f} %"] for term, w in entry.weights.items()]
        echo(f"{entry.name}: {entry.about}" if entry.about else entry.name)
        table(["term", "share"], rows)
        echo()
    hint(f"written in {BUNDLED}; yours: {place.root / 'profiles.toml'}")
