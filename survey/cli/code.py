"""`survey code`: how the repositories of papers are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from data.console import emit_json, hint, home_option, progress, say, table, warn
from data.errors import AtlasError
from data.paths import find_home
from survey.cli.filters import filter_options

if TYPE_CHECKING:
    from survey.catalogue.catalogue import Catalogue
    from survey.catalogue.papers import Filter
    from survey.repositories import Asked, Repository
    from survey.settings import Settings

__all__ = ["code"]

USUAL = 60  # papers, where nothing else says which: as many as GitHub answers without a token


@click.command()
@click.option(
    "--limit", type=click.IntRange(1, 10**9), help="At most so many papers that have code."
)
@click.option("--refresh", is_flag=True, help="Ask again, even what was asked in the last 30 days.")
@click.option(
    "--wait",
    "minutes",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    help="Minutes to wait for GitHub's allowance, all together.",
)
@click.option("--json", "as_json", is_flag=True, help="One object a repository on stdout.")
@filter_options
@home_option
def code(
    wanted: Filter,
    limit: int | None,
    refresh: bool,
    minutes: float,
    as_json: bool,
    home: str | None,
) -> int:
    """Look up stars, licence, last commit and state of papers' repositories at GitHub.

    Without filters: of the papers that triage kept, else of the most cited ones. GitHub answers
    60 questions an hour, or 5,000 with $GITHUB_TOKEN. Each answer is stored at once, so the same
    command goes on after any stop; answers are good for 30 days.

    \b
    survey code
    survey code --topic unpaired --year 2021- --limit 200 --wait 240
    """
    from survey.derive import ready
    from survey.http import Budget
    from survey.repositories import repositories
    from survey.settings import Settings

    catalogue = ready(find_home(home))
    try:
        chosen = _chosen(catalogue, wanted, limit)
        if not chosen:
            say("none of these papers has a code repository")
            return 0
        settings = Settings(budget=Budget(seconds=60 * minutes))
        asked, stopped = _look_up(catalogue, settings, list(chosen), refresh)
        with catalogue.read() as connection:
            known = repositories(connection, chosen)
        _show(known, chosen, as_json)
        _tell(asked, known)
        if stopped is not None:
            raise stopped
        return 3 if asked.failed else 0
    finally:
        catalogue.close()


def _chosen(catalogue: Catalogue, wanted: Filter, limit: int | None) -> dict[str, list[str]]:
    """Addresses with the ids of their papers; papers without code do not count."""
    from survey.catalogue.papers import Filter, papers

    tries = [(replace(wanted, code=True if wanted.code is None else wanted.code), limit)]
    if wanted == Filter():
        kept = Filter(status=("kept",), code=True)
        tries = [(kept, limit), (Filter(code=True), limit or USUAL)]
    found: dict[str, list[str]] = {}
    with catalogue.read() as connection:
        for which, most in tries:
            for paper in islice(papers(connection, which), most):
                for url in paper.code:
                    found.setdefault(url, []).append(paper.id)
            if found:
                break
    return found


def _look_up(
    catalogue: Catalogue, settings: Settings, urls: Sequence[str], refresh: bool
) -> tuple[Asked, AtlasError | None]:
    from survey.http import Denied, Spent
    from survey.repositories import Asked, look_up

    asked = Asked()
    with progress() as bar, closing(settings.host("github")) as host:
        task = bar.add_task("GitHub", total=len(urls), unit="repositories")

        def on_wait(reason: str) -> None:
            if reason:
                bar.console.print(escape(reason))

        host.on_wait = on_wait
        try:
            look_up(
                catalogue,
                host,
                urls,
                asked,
                refresh=refresh,
                on_step=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except Denied as problem:
            advice = f"unset GITHUB_TOKEN, or make a new one: {_page()}"
            return asked, Denied(problem.message, hint=problem.hint or advice)
        except Spent as problem:
            advice = "what came is kept; the same command goes on later, or waits: --wait 90"
            return asked, Spent(problem.message, hint=advice)
        except AtlasError as problem:
            return asked, problem
    return asked, None


def _show(known: dict[str, Repository], chosen: dict[str, list[str]], as_json: bool) -> None:
    rows = [(known[url], chosen[url]) for url in chosen if url in known]
    if as_json:
        emit_json({**repository.to_json(), "papers": ids} for repository, ids in rows)
    elif rows:
        table(
            ["repository", "state", "stars", "licence", "last commit", "papers"],
            [[*_cells(repository), " ".join(ids)] for repository, ids in rows],
        )


def _cells(repository: Repository) -> list[str]:
    known: list[Any] = [repository.stars, repository.licence, repository.pushed]
    state = f"{repository.state}, moved" if repository.moved else repository.state
    return [repository.url, state, *("" if cell is None else str(cell) for cell in known)]


def _tell(asked: Asked, known: dict[str, Repository]) -> None:
    from survey.settings import Settings

    dead = sum(repository.state in ("gone", "blocked") for repository in known.values())
    say(f"{asked.asked} asked, {asked.fresh} known from the last 30 days, dead links: {dead}")
    if asked.elsewhere:
        say(f"{asked.elsewhere} repositories are not at GitHub and were not asked")
    if asked.failed:
        warn(f"{asked.failed} did not answer; the same command asks them again")
    if asked.asked >= USUAL and not Settings().key("github"):
        hint(f"a token makes it 80 times as fast: export GITHUB_TOKEN=… from {_page()}")


def _page() -> str:
    from survey.settings import SERVICES

    return SERVICES["github"].key_page
