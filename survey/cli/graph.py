"""`survey graph`: who cites whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from data.console import emit_json, hint, home_option, say, table, warn
from data.errors import UsageProblem
from data.paths import find_home
from survey.cli.filters import filter_options

if TYPE_CHECKING:
    from survey.catalogue.papers import Filter
    from survey.graph import Graph

__all__ = ["graph"]

READABLE = 1000  # papers on one page


@click.command()
@filter_options
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="FILE.graphml for other programs, FILE.html for people.",
)
@click.option("--json", "as_json", is_flag=True, help="One citation a line, to stdout.")
@home_option
def graph(wanted: Filter, out: Path | None, as_json: bool, home: str | None) -> None:
    """Show who cites whom among the kept papers, or among those that the filters pass.

    \b
    survey graph --out graph.html
    survey graph --status any --topic unpaired --year 2020- --out unpaired.graphml
    """
    from survey.derive import reading
    from survey.graph import cite_graph
    from survey.works import any_listed

    kind = _kind(out)
    if not wanted.status:
        wanted = replace(wanted, status=("kept",))
    with reading(find_home(home)) as connection:
        found = cite_graph(connection, wanted)
        listed = any_listed(connection, [paper.id for paper in found.papers])
    if out is not None:
        _write(found, out, kind)
    if as_json:
        emit_json({"citing": citing, "cited": cited} for citing, cited in found.edges)
    elif out is None:
        _show(found)
    _tell(found, wanted, listed)


def _kind(out: Path | None) -> str:
    kind = "" if out is None else out.suffix.lower()
    if kind not in ("", ".graphml", ".html", ".htm") or (out is not None and not kind):
        raise UsageProblem(
            f"'{out}' ends neither in .graphml nor in .html", hint="survey graph --out graph.html"
        )
    return kind


def _write(found: Graph, out: Path, kind: str) -> None:
    from survey.graph import write_graphml
    from survey.graph_page import write_page

    if kind == ".graphml":
        write_graphml(found, out)
    else:
        write_page(found, out)
        if len(found.papers) > READABLE:
            warn(f"{len(found.papers)} papers on one page are hard to read")
            hint("narrow it, as by --year 2022- or --min-citations 50; all of them: FILE.graphml")
    say(f"wrote {out}")


def _show(found: Graph) -> None:
    if not found.papers:
        return
    cites, cited = found.cites(), found.cited()
    rows = (
        [paper.id, str(paper.year or ""), str(cites[paper.id]), str(cited[paper.id]), paper.title]
        for paper in found.papers
    )
    table(["id", "year", "cites", "cited by", "title"], rows)


def _tell(found: Graph, wanted: Filter, listed: bool) -> None:
    papers, citations = _count(len(found.papers), "paper"), _count(len(found.edges), "citation")
    say(f"{papers}, {citations} among them")
    if not found.papers and wanted.status == ("kept",):
        hint("keep some: survey triage; or take others: survey graph --status any")
    elif len(found.papers) > 1 and not found.edges and not listed:
        hint("OpenAlex has the reference lists: survey fetch --source openalex --cites 1703.10593")


def _count(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
