"""`bench export` and `bench card`."""

from __future__ import annotations

from pathlib import Path

import click

from bench.cli.shown import folders_of, kept_of, records_of
from data.console import echo, home_option, say
from data.paths import find_home

__all__ = ["card", "export"]

FORMATS = ("csv", "json", "parquet", "markdown", "latex")


@click.command()
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--dataset", help="Only this data set's.")
@click.option("--published", is_flag=True, help="Only the results that come with the project.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: stdout.")
@home_option
def export(
    form: str, dataset: str | None, published: bool, out: Path | None, home: str | None
) -> None:
    """Write results for other programs: a row for every score, or tables for a paper.

    In LaTeX the best of each column and all that cannot be told apart from it are bold.

    \b
    bench export --format latex --dataset photo2toon
    """
    from bench.export.formats import exported
    from bench.store.index import headers
    from data.files import write_bytes

    where = find_home(home)
    folders = folders_of(where, published)
    records = headers(folders) if dataset is None else records_of(folders, dataset)
    with kept_of(where, published) as kept:
        content = exported(form, records, kept)
    if out is not None:
        write_bytes(out, content)
        say(f"{len(records)} records")
        echo(str(out))
    else:
        click.echo(content, nl=False)


@click.command()
@click.argument("model")
@click.option("--dataset", help="Only this data set's.")
@home_option
def card(model: str, dataset: str | None, home: str | None) -> None:
    """Print the head of a model card for the Hugging Face Hub, with the results of MODEL.

    \b
    bench card cyclegan.photo2toon > README.md
    """
    from bench.export.modelcard import model_card
    from bench.store.index import headers

    folders = folders_of(find_home(home))
    records = headers(folders) if dataset is None else records_of(folders, dataset)
    click.echo(model_card(model, records), nl=False)
