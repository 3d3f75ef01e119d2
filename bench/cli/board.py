"""`bench leaderboard`, `compare` and `report`."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.cli.shown import (
    folders_of,
    json_option,
    kept_of,
    name_of,
    records_of,
    show_table,
)
from bench.leaderboard import Row, markdown, tables
from bench.store.index import headers
from data.console import echo, emit_json, home_option, say, table, warn
from data.errors import UsageProblem
from data.paths import find_home

if TYPE_CHECKING:
    from bench.compare.pair import Comparison

__all__ = ["compare", "leaderboard", "report"]

TOP = 50  # rows that anybody looks at


@click.command()
@click.option("--dataset", required=True, help="A data set's name.")
@click.option("--published", is_flag=True, help="Only the results that come with the project.")
@click.option("--markdown", "as_markdown", is_flag=True, help="As a Markdown table.")
@click.option("--all", "everything", is_flag=True, help=f"More than {TOP} models as well.")
@json_option
@home_option
def leaderboard(
    dataset: str,
    published: bool,
    as_markdown: bool,
    everything: bool,
    as_json: bool,
    home: str | None,
) -> None:
    """Rank the models that were measured on a data set.

    Models that were asked different questions (other split, size, direction, pictures, protocol)
    are in tables of their own. Those that share a letter cannot be told apart.

    \b
    bench leaderboard --dataset photo2toon
    """
    where = find_home(home)
    with _uncollected(), kept_of(where, published) as kept:
        for shown in tables(records_of(folders_of(where, published), dataset), kept):
            if as_json:
                emit_json(row.to_json() for row in shown.rows)
                emit_json(Row(record.model, record).to_json() for record in shown.failed)
            elif as_markdown:
                echo(markdown(shown))
            else:
                show_table(shown, None if everything else TOP)
                for record in shown.failed:
                    warn(f"{record.model} failed: {(record.error or {}).get('message')}")


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage: thousands of records are made, and all of them stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="A B [C …]")
@click.option("--dataset", help="Where they were measured, if in several places.")
@click.option("--top", type=click.IntRange(0), default=5, show_default=True, help="Pictures.")
@json_option
@home_option
def compare(
    models: Sequence[str], dataset: str | None, top: int, as_json: bool, home: str | None
) -> None:
    """Compare models that translated the same sources: differences, intervals, pictures.

    A model is named as in the leaderboard, or by the beginning of its record's id; a method
    trained with several seeds by its name with {seed} in it.

    \b
    bench compare ganilla cyclegan --dataset photo2toon
    """
    from bench.compare.pair import choose
    from bench.compare.pair import compare as find_differences

    if len(models) < 2:
        raise UsageProblem("a comparison needs two models", hint="bench compare A B")
    where = find_home(home)
    folders = folders_of(where)
    records = headers(folders) if dataset is None else records_of(folders, dataset)
    with kept_of(where) as kept:
        found = find_differences(choose(records, models), kept, top)
    if as_json:
        emit_json(comparison.to_json() for comparison in found)
        return
    _show_differences(found)
    for comparison in found:
        _show_pictures(comparison)


def _show_differences(found: Sequence[Comparison]) -> None:
    rows = [
        [
            c.metric,
            f"{c.first} − {c.second}",
            f"{c.difference.value:+.4g}",
            f"{c.difference.low:+.4g} … {c.difference.high:+.4g}",
            f"{c.p_holm:.3g}",
            c.verdict,
        ]
        for c in found
    ]
    titles = ["metric", "difference of", "difference", "95 % interval", "p (Holm)", "so"]
    table(titles, rows)
    for how in dict.fromkeys(f"{c.metric}: n = {c.n}; {c.difference.how}" for c in found):
        say(f"  {how}")


def _show_pictures(comparison: Comparison) -> None:
    if not comparison.pictures:
        return
    own = comparison.pictures[0]["first"] is not None
    pair = f"{comparison.first} and {comparison.second}"
    title = f"{comparison.metric}: pictures on which {pair} differ most"
    names = [comparison.first, comparison.second] if own else []
    rows = [
        [
            str(p["id"]),
            *([f"{p['first']:.4g}", f"{p['second']:.4g}"] if own else []),
            f"{p['difference']:+.4g}",
            str(p["outputs"][0] or ""),
        ]
        for p in comparison.pictures
    ]
    table(["picture", *names, "difference" if own else "share of it", "output"], rows, title=title)


@click.command()
@click.option("--dataset", required=True, help="A data set's name.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="report.html.")
@home_option
def report(dataset: str, out: Path | None, home: str | None) -> None:
    """Write one HTML page with scores, pictures and how they were made; it needs no network.

    \b
    bench report --dataset photo2toon --out report.html
    """
    from bench.report.page import write_report

    where = find_home(home)
    folders = folders_of(where)
    records_of(folders, dataset)
    name = name_of(dataset)
    path = out or Path(f"{name}.html")
    with kept_of(where) as kept:
        write_report(path, folders, name, kept)
    say("one file: open it in any browser")
    echo(str(path))
