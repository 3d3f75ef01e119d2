"""`survey export` writes papers for other tools; `survey import` takes a list of papers in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from data.console import emit_json, hint, home_option, say, warn
from data.errors import AtlasError, UsageProblem
from data.paths import find_home
from survey.cli.filters import filter_options

if TYPE_CHECKING:
    from survey.catalogue.papers import Filter
    from survey.export import Format
    from survey.importing import Reading, Taken
    from survey.paper import Paper

__all__ = ["export", "import_papers"]

ORDER = ("citations", "date", "influential", "title")
TOLD = 20  # problems of a file that are told one by one


@click.command()
@click.option(
    "--format",
    "form",
    metavar="NAME",
    help="bibtex, csv, json (one object a line; also jsonl), markdown, parquet or ris. "
    "Without it, what the name of --out tells.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; else stdout.")
@click.option("--shortlist", is_flag=True, help="Only the papers that triage kept.")
@click.option("--order", type=click.Choice(ORDER), default="citations", show_default=True)
@click.option("--limit", type=click.IntRange(1, 10**9), help="At most so many papers.")
@filter_options
@home_option
def export(
    wanted: Filter,
    form: str | None,
    out: Path | None,
    shortlist: bool,
    order: str,
    limit: int | None,
    home: str | None,
) -> None:
    """Write papers as BibTeX, CSV, JSON Lines, Markdown, Parquet or RIS: all, or those that pass.

    Keys in BibTeX and RIS stay the same whatever else is exported. In CSV, text that a
    spreadsheet would run as a formula (it begins with = + - or @) gets an apostrophe before it.

    \b
    survey export --shortlist --out related.bib
    survey export --format csv --year 2022- --code --min-citations 20
    """
    from survey.catalogue.papers import papers
    from survey.derive import ready
    from survey.export import write_file

    kind = _format(form, out)
    if shortlist:
        wanted = replace(wanted, status=("kept",))
    catalogue = ready(find_home(home))
    try:
        with catalogue.read() as connection:
            chosen = islice(papers(connection, wanted, order), limit)
            if out is None:
                _to_stdout(kind, chosen)
            else:
                count = write_file(chosen, kind, out)
                say(f"{count} papers in {out} ({kind.title})")
    finally:
        catalogue.close()


def _format(form: str | None, out: Path | None) -> Format:
    from survey.export import FORMATS, format_named, format_of

    if form is None and out is None:
        raise UsageProblem(
            f"which format? One of {', '.join(FORMATS)}", hint="survey export --format csv"
        )
    kind = format_named(form) if form is not None else format_of(out or Path())
    if kind.binary and out is None and sys.stdout.isatty():
        file = f"papers{kind.suffixes[0]}"
        raise UsageProblem(
            f"{kind.title} is not for a terminal",
            hint=f"survey export --format {kind.name} --out {file}",
        )
    return kind


def _to_stdout(kind: Format, chosen: Iterator[Paper]) -> None:
    try:
        for chunk in kind.chunks(chosen):
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # a reader that has enough: `| head`
        raise
    except OSError as problem:
        raise AtlasError(
            f"cannot write to stdout: {problem.strerror}",
            hint=f"survey export --format {kind.name} --out papers{kind.suffixes[0]}",
        ) from problem


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="One object a paper on stdout.")
@home_option
def import_papers(file: BinaryIO, as_json: bool, home: str | None) -> int:
    """Keep the papers of a BibTeX file, or of a list of identifiers (one a line, # remarks).

    Papers that the catalogue does not have are added to it. What cannot be read is told by its
    line, and the rest is imported (exit code 3). A dash reads stdin.

    \b
    survey import thesis.bib
    echo 1703.10593 | survey import -
    """
    from survey.importing import read

    reading, name = read(file.read()), getattr(file, "name", "stdin")
    for problem in reading.problems[:TOLD]:
        warn(f"{name}, line {problem.line}: {problem.message}")
    if len(reading.problems) > TOLD:
        warn(f"{name}: {len(reading.problems) - TOLD:,} more lines or entries cannot be read")
    if not reading.wanted:
        raise UsageProblem(
            f"{name} names no paper",
            hint="a BibTeX file, or an arXiv id, DOI or address a line: survey import ids.txt",
        )
    _report(_take(reading, home), as_json)
    return 3 if reading.problems else 0


def _take(reading: Reading, home: str | None) -> list[Taken]:
    from survey.catalogue.catalogue import open_catalogue
    from survey.derive import derive
    from survey.importing import keep

    catalogue = open_catalogue(find_home(home))
    try:
        derive(catalogue)
        with catalogue.write() as connection:
            taken = keep(connection, reading.wanted)
        derive(catalogue)
        return taken
    finally:
        catalogue.close()


def _report(taken: list[Taken], as_json: bool) -> None:
    if as_json:
        emit_json(
            {
                "line": one.wanted.line,
                "id": one.wanted.name,
                "title": one.wanted.found.title,
                "outcome": one.outcome,
            }
            for one in taken
        )
    count = {name: sum(one.outcome == name for one in taken) for name in ("kept", "added")}
    say(
        f"{len(taken)} papers: {count['kept']} kept, {count['added']} new to the catalogue and "
        f"kept, {len(taken) - sum(count.values())} kept already"
    )
    hint("survey shortlist")


# `import` is a word of the language; the group asks for a verb by its name.
globals()["import"] = import_papers
