"""The `zoo` command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from data.console import Group, emit_json, fail, home_option, progress, say, table, warn
from data.errors import AtlasError, UsageProblem, unknown
from data.paths import find_home
from zoo import facts
from zoo.ask import recipe_of, recipe_options
from zoo.registry import card as find_card
from zoo.registry import cards, names, resolve

__all__ = ["main"]

PRECISION = click.Choice(["auto", "float32", "bfloat16"])


@click.group(cls=Group)
@click.version_option(package_name="i2i-atlas")
def main() -> None:
    """Image-to-image translation models: list, translate, train.

    \b
    zoo ls
    zoo translate --model cyclegan photo.jpg toon.png
    zoo train pix2pix --dataset facades --direction BtoA
    """


@main.command()
@click.argument("pattern", default="*")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def ls(pattern: str, as_json: bool) -> None:
    """List models and weights; PATTERN takes wildcards ('cyclegan.*')."""
    found = names(pattern)
    if not found:
        raise unknown("model", pattern, [*cards(), *names()], "zoo ls")
    rows = [facts.row(name) for name in found]
    if as_json:
        emit_json(rows)
        return
    columns = ["name", "task", "paper", "source", "target", "licence", "size"]
    table(columns, [[_cell(row[column]) for column in columns] for row in rows])
    say(f"{len(rows)} models; more about one: zoo show NAME")


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f"{value / 1e6:.1f} MB" if value else ""
    return str(value)


@main.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="The whole card as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show a model: paper, licence, weights and how they were made.

    NAME is model, model.weights for these alone, or model@FILE for what a file holds.
    """
    choice = resolve(name) if "@" in name or "." in name else None
    if choice is not None and choice.file is not None:
        with _installed():
            found = facts.file_facts(choice)
        lines = [(key, str(value)) for key, value in found.items() if value]
    else:
        entry, weights = (choice.card, choice.weights) if choice else (find_card(name), None)
        found, lines = facts.as_json(entry, weights), facts.facts(entry, weights)
    if as_json:
        emit_json(found)
        return
    width = 2 + max(10, *(len(label) for label, _ in lines))
    for label, value in lines:
        click.echo(f"{label:<{width}}{value}")


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as problem:
        raise AtlasError(
            f"{problem.name} is not installed", hint="pip install 'i2i-atlas[zoo]'"
        ) from problem


@main.command()
@click.option("--model", required=True, help="model, model.weights or model@FILE.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps.")
@click.option("--precision", type=PRECISION, default="auto", show_default=True)
@click.option("--batch", type=click.IntRange(1), default=4, show_default=True, help="Pictures.")
@click.option(
    "--stochastic",
    is_flag=True,
    help="Translate as the pix2pix paper does (1611.07004, §3.3): dropout stays on, and batch norm "
    "uses the statistics of the picture at hand.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), help="Of --stochastic: another, another answer."
)
@home_option
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
def translate(
    model: str, batch: int, source: Path, target: Path, seed: int | None, **options: Any
) -> int:
    """Translate the picture or folder SOURCE into TARGET.

    Any size; names are kept, outputs are lossless PNG unless TARGET is a file name with another
    suffix. Unreadable pictures are skipped and reported (exit code 3); sources are never written
    over.

    \b
    zoo translate --model ganilla photo.jpg illustration.png
    zoo translate --model cyclegan@latest_net_G_A.pth photos/ out/
    """
    from zoo import load
    from zoo.translate import plan
    from zoo.translate import translate as run

    if seed is not None and not options["stochastic"]:
        raise UsageProblem("--seed decides nothing here", hint="add --stochastic")
    jobs = plan(source, target)
    with _installed():
        loaded = load(model, seed=seed or 0, **options)
    with progress() as bars:
        task = bars.add_task(f"translate {loaded.name}", total=len(jobs), unit="img")
        bad = run(loaded, jobs, batch, lambda: bars.advance(task))
    for problem in bad:
        warn(f"skipped: {problem.message}")
    say(f"{len(jobs) - len(bad)} of {len(jobs)} pictures translated to {target}")
    if len(bad) == len(jobs):
        fail(AtlasError("no picture could be read"))
        return 1
    return 3 if bad else 0


@main.command()
@click.argument("model")
@click.option("--dataset", required=True, help="A data set's name or a folder.")
@click.option(
    "--direction",
    type=click.Choice(["AtoB", "BtoA"]),
    help="[default: the data set's own, AtoB where it says none]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for checkpoint, log and results. [default: under the home]",
)
@recipe_options
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True
)
@click.option(
    "--devices", type=click.IntRange(1), default=1, show_default=True, help="How many of them."
)
@click.option(
    "--save-every",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Steps from one checkpoint to the next; 0: once an epoch.",
)
@home_option
def train(
    model: str,
    dataset: str,
    direction: str | None,
    home: str | None,
    out: Path | None,
    device: str,
    devices: int,
    save_every: int,
    **options: Any,
) -> None:
    """Train MODEL on the train split of a data set, as its paper does, and export it.

    Killed or interrupted, the same command goes on from its last checkpoint.

    \b
    zoo train cyclegan --dataset photo2toon --epochs 20 --decay-epochs 20
    zoo train pix2pix --dataset ./facades --direction BtoA --load 143 --crop 128 --depth 7
    """
    from data.datasets import load_dataset

    entry = find_card(model)
    recipe = recipe_of(entry, options)
    with _installed():
        from zoo.train.run import Place, train_model
    where = find_home(home)
    data = load_dataset(dataset, where)
    aim = direction or data.default_direction
    folder = out or where.root / "training" / f"{model}-{data.name}-{aim}"
    place = Place(out=folder, accelerator=device, devices=devices, save_every=save_every)
    files = train_model(entry, recipe, data, aim, place)
    for name, file in files.items():
        click.echo(f"{name}\t{file}")
    if files:
        say(f"next: zoo translate --model {entry.name}@{next(iter(files.values()))} IN OUT")


@main.command()
@home_option
def path(home: str | None) -> None:
    """Print the folder where weights are kept."""
    click.echo(find_home(home).weights)
