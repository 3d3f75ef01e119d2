"""`survey fetch`: every paper that cites a seed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING

import click

from data.console import home_option
from data.errors import AtlasError, UsageProblem
from data.paths import Home, find_home

if TYPE_CHECKING:
    from survey.catalogue.catalogue import Catalogue
    from survey.cli.shown import Shown
    from survey.ids import PaperId
    from survey.report import Report
    from survey.sources.source import SourceCard
    from survey.wish import Wish

__all__ = ["fetch"]


@click.command()
@click.argument("more", metavar="[ID]...", nargs=-1)
@click.option(
    "--cites",
    multiple=True,
    metavar="ID",
    help="The cited paper: arXiv id, DOI or address. Several times, or several ids after it.",
)
@click.option(
    "--source", "names", multiple=True, metavar="NAME", help="Only this source; several times."
)
@click.option("--since", metavar="DATE", help="Only papers published since: 2024, 2024-05-01.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10**9),
    metavar="N",
    help="At most so many citing papers from each source: a first look.",
)
@click.option("--refresh", is_flag=True, help="Ask for everything again, not only what is new.")
@click.option("--offline", is_flag=True, help="Use the stored answers of earlier runs alone.")
@click.option("--json", "as_json", is_flag=True, help="What was found, as one object.")
@home_option
def fetch(
    more: tuple[str, ...],
    cites: tuple[str, ...],
    names: tuple[str, ...],
    since: str | None,
    limit: int | None,
    refresh: bool,
    offline: bool,
    as_json: bool,
    home: str | None,
) -> int:
    """Bring the catalogue up to date with every paper that cites the given ones.

    Asks Semantic Scholar and OpenAlex who cites them, and arXiv about what it has of these. Every
    page is kept as it comes: after any stop the same command goes on, and a second run asks only
    for what is new. Without --cites: all papers that were given before. $S2_API_KEY and
    $OPENALEX_API_KEY (both free) make it faster and more complete. Exit code 3: a source failed
    and others did not; 4: none could be reached.

    \b
    survey fetch --cites 1703.10593 --cites 1611.07004
    survey fetch --source huggingface --limit 200
    """
    from survey.catalogue.catalogue import open_catalogue
    from survey.topics import rules
    from survey.wish import Wish

    wish = Wish(
        cards=_cards(names), since=_day(since), limit=limit, refresh=refresh, offline=offline
    )
    given = _seeds([*cites, *more])
    place = find_home(home)
    rules(place)  # a mistake in a person's own is told before hours of reading, not after
    catalogue = open_catalogue(place, create=bool(given))
    try:
        with _alone(place):
            return _fetch(catalogue, place, given, wish, as_json)
    finally:
        catalogue.close()


def _cards(names: Sequence[str]) -> list[SourceCard]:
    from survey.sources.source import sources

    # `a,` names one source, and nothing names none.
    return sources([one for name in names for one in name.split(",") if one.strip() or one == name])


def _day(text: str | None) -> str:
    """The first day of a year, a month or a day."""
    if not text:
        return ""
    found = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", text.strip())
    try:
        if found:
            return date(*(int(part or 1) for part in found.groups())).isoformat()
    except ValueError:
        pass
    raise UsageProblem(f"'{text}' is no date", hint="--since 2024-05-01, 2024-05 or 2024")


def _seeds(texts: Sequence[str]) -> list[PaperId]:
    from survey.ids import parse_id

    found: list[PaperId] = []
    for text in texts:
        try:
            found.append(parse_id(text))
        except UsageProblem:
            parts = [part for part in re.split(r"[,\s]+", text) if part]
            if len(parts) < 2:
                raise
            found += [parse_id(part) for part in parts]  # a DOI may hold a comma itself
    return list(dict.fromkeys(found))


@contextmanager
def _alone(place: Home) -> Iterator[None]:
    """One fetch at a time: two would ask the same things, twice as fast as the services allow."""
    from filelock import FileLock, Timeout

    guard = FileLock(place.root / "fetch.lock")
    try:
        guard.acquire(timeout=0)
    except Timeout as problem:
        raise AtlasError(
            "another survey fetch works on this catalogue",
            hint="wait for it, or use another catalogue: --home DIR",
        ) from problem
    try:
        yield
    finally:
        guard.release()


def _fetch(
    catalogue: Catalogue, place: Home, given: Sequence[PaperId], wish: Wish, as_json: bool
) -> int:
    from survey.cli.shown import Shown
    from survey.cli.told import tell
    from survey.crawl import crawl
    from survey.settings import Settings

    seeds = list(given) or _before(catalogue)
    if not seeds and any(card.citing for card in wish.cards):
        raise UsageProblem(
            "no paper is given, and none was fetched before",
            hint="survey fetch --cites 1703.10593",
        )
    with Shown() as shown:
        settings = Settings(stored=place.http, offline=wish.offline, on_wait=shown.wait)
        try:
            report = crawl(catalogue, settings, seeds, wish, shown)
        finally:
            settings.close()
        new = _derive(catalogue, report, shown)
        _weigh(catalogue, place, shown)
    with catalogue.read() as connection:
        tell(connection, report, new, as_json)
    return report.exit_code


def _before(catalogue: Catalogue) -> list[PaperId]:
    """The seeds of earlier runs."""
    from survey.catalogue.crawls import known_seeds
    from survey.ids import parse_id

    with catalogue.read() as connection:
        return [parse_id(name) for name in known_seeds(connection)]


def _derive(catalogue: Catalogue, report: Report, shown: Shown) -> int:
    """Make papers of what came; returns how many of them are new among those citing the seeds."""
    from survey.derive import derive
    from survey.report import count_papers

    with catalogue.read() as connection:
        before = count_papers(connection, report.seeds)
    stage = ""

    def on_step(name: str, done: int, total: int) -> None:
        nonlocal stage
        if name != stage:
            stage = name
            shown.begin(f"making papers: {name}", 0, total, unit="records")
        shown.at(done, total)

    derive(catalogue, on_step)
    with catalogue.read() as connection:
        return max(0, count_papers(connection, report.seeds) - before)


def _weigh(catalogue: Catalogue, place: Home, shown: Shown) -> None:
    """Have the order of each profile and lines of charts ready, so that nobody waits for them."""
    from survey import drawn
    from survey.profiles import profiles
    from survey.standing_file import keep

    # A mistake in a person's profiles is told to who ranks by them.
    with suppress(UsageProblem):
        known = list(profiles(place).values())
        with catalogue.read() as connection:
            keep(connection, known, place, lambda count: shown.begin("weighing", 0, count))
    with catalogue.read() as connection:
        drawn.keep(connection, place)
