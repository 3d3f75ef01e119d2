"""`survey search`, `survey similar` and `survey new`: find papers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from data.console import emit_json, hint, home_option, say, table, warn
from data.errors import UsageProblem
from data.paths import find_home
from survey.cli.filters import filter_options

if TYPE_CHECKING:
    from survey.catalogue.catalogue import Catalogue
    from survey.catalogue.papers import Filter
    from survey.new import Fresh, Look
    from survey.paper import Paper
    from survey.search import Hit
    from survey.similar import Similar

__all__ = ["new", "search", "similar"]

SHOWN, NEWS = 20, 100  # rows of a table, when no --limit is given
LISTS = "survey fetch --source openalex --cites 1703.10593"

_limit = click.option(
    "--limit", type=click.IntRange(1, 10**9), help=f"At most so many; {SHOWN}, and all with --json."
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("text", nargs=-1, required=True)
@filter_options
@_limit
@_json
@home_option
def search(
    text: Sequence[str], wanted: Filter, limit: int | None, as_json: bool, home: str | None
) -> None:
    """Find papers by words, "phrases", -exclusions, prefix*, a OR b, or by an identifier.

    \b
    survey search unpaired translation -video --year 2020-
    survey search '"semantic synthesis" OR inpainting' --code
    survey search 1703.10593 --json
    """
    from survey.derive import reading
    from survey.search import advise
    from survey.search import search as find

    words = _text(text)
    with reading(find_home(home)) as connection:
        hits = find(connection, words, wanted, limit if as_json or limit else SHOWN + 1)
        first = next(hits, None)
        if first is None:
            advice = advise(connection, words)
            say(advice.message)
            hint(advice.hint)
        elif as_json:
            emit_json(hit.to_json() for hit in (first, *hits))
        else:
            _hits([first, *hits], limit or SHOWN)


@click.command()
@click.argument("paper", metavar="ID")
@filter_options
@click.option("--limit", type=click.IntRange(1, 10**9), default=SHOWN, show_default=True)
@_json
@home_option
def similar(paper: str, wanted: Filter, limit: int, as_json: bool, home: str | None) -> None:
    """List the papers most like one: by shared references and citing papers, then by text.

    \b
    survey similar 2007.15651
    survey similar 10.1109/ICCV.2017.244 --year 2022- --code --json
    """
    from survey.catalogue.papers import look_up
    from survey.derive import reading
    from survey.similar import similar as find
    from survey.works import any_listed

    with reading(find_home(home)) as connection:
        found = find(connection, paper, wanted, limit)
        listed = any_listed(connection, [look_up(connection, paper) or ""])
    if as_json:
        emit_json(one.to_json() for one in found)
    elif found:
        columns = ["id", "year", "cited", "title", "both cite", "cited with", "text"]
        table(columns, map(_evidence, found))
    if not any(one.evidence.score for one in found):
        say("no shared references and no shared citing papers are known: by text alone")
        if not listed:
            hint(f"OpenAlex has the reference lists: {LISTS}")
    if len(found) < limit and find_spec("sklearn") is None:
        warn("scikit-learn is not installed: nothing was compared by text")
        hint("pip install 'i2i-atlas[survey]'")


def _evidence(one: Similar) -> list[str]:
    why = one.evidence
    text = "" if why.text is None else f"{why.text:.2f}"
    return [*_cells(one.paper), str(why.references), str(why.citing), text]


@click.command()
@click.option("--since", metavar="DATE", help="A day or so long ago: 2026-01-31, 36h, 7d, 2w, 3m.")
@filter_options
@click.option(
    "--limit", type=click.IntRange(1, 10**9), help=f"At most so many; {NEWS}, and all with --json."
)
@_json
@home_option
def new(
    since: str | None, wanted: Filter, limit: int | None, as_json: bool, home: str | None
) -> int:
    """List papers first seen, or dated, since a day; exit code 0 only if there are any, else 1.

    Without --since: those first seen since the last such look (at first, within 7 days). With
    filters or --limit a look shows only a part, so the next one starts where it did.

    \b
    survey new --since 7d
    survey fetch --cites 1703.10593 && survey new && survey triage
    """
    from survey.catalogue.papers import Filter
    from survey.derive import ready
    from survey.new import moment, remember

    at = moment(since) if since is not None else ""
    catalogue = ready(find_home(home))
    try:
        found, at, look = _since(catalogue, at, wanted)
        _fresh(found, at, limit, as_json)
        if look is not None and wanted == Filter() and limit is None:
            with catalogue.write() as connection:
                remember(connection, look)
        papers = "one new paper" if len(found) == 1 else f"{len(found) or 'no'} new papers"
        say(f"{papers} since {at[:16].replace('T', ' ')} UTC")
        if not found:
            _fetched(catalogue)
    finally:
        catalogue.close()
    return 0 if found else 1


def _since(
    catalogue: Catalogue, at: str, wanted: Filter
) -> tuple[Sequence[Fresh], str, Look | None]:
    """What is new since a moment, or since the last look; since when; and this look."""
    from survey.new import last_look, since_look, since_moment

    with catalogue.read() as connection:
        if at:
            return since_moment(connection, at, wanted), at, None
        last = last_look(connection)
        found, look = since_look(connection, last, wanted)
        return found, last.at, look


def _fresh(found: Sequence[Fresh], at: str, limit: int | None, as_json: bool) -> None:
    if as_json:
        emit_json(fresh.to_json() for fresh in found[:limit])
        return
    shown = found[: limit or NEWS]
    if shown:
        rows = ([*_cells(f.paper), f.paper.date, f.seen[:10]] for f in shown)
        table(["id", "year", "cited", "title", "dated", "seen"], rows)
    if len(found) > len(shown):
        say(f"the first {len(shown)} of {len(found)}")
        hint(f"all of them: survey new --since {at} --limit {len(found)}")


def _fetched(catalogue: Catalogue) -> None:
    from survey.new import last_fetch

    with catalogue.read() as connection:
        last = last_fetch(connection)
    if last:
        say(f"the last fetch ended {last[:16].replace('T', ' ')} UTC")
    hint("survey fetch --cites 1703.10593")


def _text(words: Sequence[str]) -> str:
    for word in words:
        if word.startswith("--") and word[2:3].isalpha():
            raise UsageProblem(f"there is no option '{word}'", hint="survey search --help")
    return " ".join(words)


def _hits(hits: Sequence[Hit], limit: int) -> None:
    table(
        ["id", "year", "cited", "title", "found"],
        ([*_cells(h.paper), h.snippet] for h in hits[:limit]),
    )
    if len(hits) > limit:
        say(f"the first {limit}; more: --limit {limit * 5}, or narrow it: survey search --help")


def _cells(paper: Paper) -> list[str]:
    cited = "" if paper.citations is None else str(paper.citations)
    return [paper.id, str(paper.year or ""), cited, paper.title]
